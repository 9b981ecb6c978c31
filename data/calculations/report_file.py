"""Reads a file of calculations, CSV or JSON Lines: the reports, and the rejected lines by line and column.

A bad row costs that row alone. The columns are those of the listener's endpoint.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from core.errors import UsageError
from core.milestones.calculations.report import COLUMNS, OddReport, report_of
from core.milestones.events import CalculationReport
from data.cards.columns import known_name
from data.cards.csv_table import DELIMITERS, TableRow, read_table
from data.cards.read_file import read_bytes
from data.cards.reading import BOM
from data.tables.rejected import RejectedLine

_WHOLE_ROW: Final = "the row"


class ReportsReading(Struct, frozen=True):
    """What a file of calculations holds. A row that is there twice is reported twice, which counts once."""

    reports: tuple[CalculationReport, ...] = ()
    rejected: tuple[RejectedLine, ...] = ()


def read_reports(path: Path, received: float) -> ReportsReading:
    """Read a whole file. `received` is the desk's time in seconds since 1970.

    Raises `UsageError` if the file can't be read, or if it has neither a column `contact_id` nor a column `email`, no
    column `at`, or no column `id`.
    """
    body = read_bytes(path).removeprefix(BOM)
    if body[:4096].lstrip().startswith(b"{"):
        rows = _json_rows(body)
    else:
        rows = _csv_rows(body.decode("utf-8", "surrogateescape"), path)
    reports: list[CalculationReport] = []
    rejected: list[RejectedLine] = []
    for line, columns, values in rows:
        if isinstance(values, RejectedLine):
            rejected.append(values)
            continue
        try:
            report = report_of(values, received)
        except OddReport as odd:
            rejected.append(RejectedLine(line, columns.get(odd.field), odd.field, odd.why))
        else:
            reports.append(report)
    return ReportsReading(tuple(reports), tuple(rejected))


_Row = tuple[int, Mapping[str, int], Mapping[str, str] | RejectedLine]
"""A row: its line, the columns by name, and the values by name or why the row can't be read."""


def _csv_rows(text: str, path: Path) -> Iterator[_Row]:
    """Yield the rows of a CSV file. Raises `UsageError` if a column is missing."""
    rows = read_table(text, _delimiter(text))
    header = rows[0] if rows else TableRow(1, ())
    columns: dict[str, int] = {}
    for column, cell in enumerate(header.cells, 1):
        if (name := known_name(cell)) in COLUMNS:
            columns.setdefault(name, column)
    missing = [name for name in ("at", "id") if name not in columns]
    if not {"contact_id", "email"} & columns.keys():
        missing.insert(0, "contact_id or email")
    if missing:
        raise UsageError("not-calculations", f"{path} has no column {', '.join(missing)}.")
    for row in rows[1:]:
        if row.wrong:
            yield row.line, columns, RejectedLine(row.line, row.column, _WHOLE_ROW, row.wrong)
        else:
            yield row.line, columns, {name: row.cells[column - 1] for name, column in columns.items()}


def _json_rows(body: bytes) -> Iterator[_Row]:
    """Yield the rows of a file with one JSON object a line."""
    for line, text in enumerate(body.splitlines(), 1):
        if not text.strip():
            continue
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict):
            yield line, {}, {name: str(content.get(name) or "") for name in COLUMNS}
        else:
            yield line, {}, RejectedLine(line, None, _WHOLE_ROW, "it is no JSON object")


def _delimiter(text: str) -> str:
    """Return the delimiter with which the first line has the most known columns."""
    first = text[:65_536].lstrip().splitlines()[:1]

    def known_columns(delimiter: str) -> int:
        return sum(known_name(cell.strip('"')) in COLUMNS for line in first for cell in line.split(delimiter))

    return max(DELIMITERS, key=known_columns)
