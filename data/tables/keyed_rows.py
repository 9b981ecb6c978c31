"""Rows that name their columns themselves, such as the objects of JSON, as a table with named columns. Pure.

Each row is matched by its own headers: one row may call a column `first_name` and another `Given Name`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from data.tables.columns import (
    ColumnAnswers,
    ColumnMatch,
    WantedColumns,
    join_reports,
    match_columns,
)
from data.tables.rows import TableRow
from data.tables.table import Table


class KeyedRow(Struct, frozen=True):
    """A row of a file: its line from 1, and its cells by header."""

    line: int
    cells: Mapping[str, str]


def table_of(rows: Sequence[KeyedRow], wanted: WantedColumns, answers: ColumnAnswers) -> Table | None:
    """Return rows as a table; None if there are none. The header counts as in the first row's line."""
    if not rows:
        return None
    matches: dict[tuple[str, ...], ColumnMatch] = {}
    columns: dict[tuple[str, str], str] = {}
    placed: list[tuple[int, dict[tuple[str, str], str]]] = []
    for row in rows:
        headers = tuple(row.cells)
        match = matches.get(headers)
        if match is None:
            match = matches[headers] = match_columns(headers, wanted, answers)
        cells: dict[tuple[str, str], str] = {}
        for name, written, cell in _named(headers, match, row.cells, wanted):
            key = name, "" if name else written
            cells[key] = cell
            columns.setdefault(key, written)
        placed.append((row.line, cells))
    names = tuple(name for name, _ in columns)
    place = {name: at for at, name in enumerate(names, 1) if name}
    report = join_reports([match.report for match in matches.values()], wanted)
    header = TableRow(rows[0].line, tuple(columns.values()))
    table_rows = [TableRow(line, [cells.get(key, "") for key in columns]) for line, cells in placed]
    return Table(ColumnMatch(names, place, report), header, table_rows)


def _named(
    headers: Sequence[str], match: ColumnMatch, cells: Mapping[str, str], wanted: WantedColumns
) -> Iterator[tuple[str, str, str]]:
    """Yield our column or "", the header, and the cell. A further header of one column is one without a column."""
    values = list(cells.values())
    read, places = match.read(values)
    for name, at in {**match.place, **places}.items():
        yield name, headers[at - 1], read.get(name, "")
    for at, (name, header, cell) in enumerate(zip(match.names, headers, values, strict=True), 1):
        is_free = not name and at not in match.dropped
        is_second = bool(name) and match.place[name] != at and cell not in ("", read.get(name, ""))
        if wanted.keeps_others and (is_free or is_second):
            yield "", header, cell
