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
from data.tables.columns import NO_ANSWERS, WantedColumns
from data.tables.rejected import NotATable, RejectedLine
from data.tables.source import read_bytes, shown_name
from data.tables.table import read_table
from data.tables.text import BOM

_WHOLE_ROW: Final = "the row"
CALCULATIONS: Final = WantedColumns(
    kind="calculations", names=tuple(COLUMNS), needed=(("contact_id", "email"), ("at",), ("id",))
)
_NEEDED: Final = ("contact_id or email", "at", "id")


class ReportsReading(Struct, frozen=True):
    """What a file of calculations holds. A row that is there twice is reported twice, which counts once."""

    reports: tuple[CalculationReport, ...] = ()
    rejected: tuple[RejectedLine, ...] = ()


def read_reports(path: Path, received: float) -> ReportsReading:
    """Read a whole file. `received` is the desk's time in seconds since 1970.

    Raises `UsageError` if the file can't be read, or if it has neither a column `contact_id` nor a column `email`, no
    column `at`, or no column `id`.
    """
    data = read_bytes(path)
    body = data.removeprefix(BOM)
    rows = _json_rows(body) if body[:4096].lstrip().startswith(b"{") else _table_rows(data, path)
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


def _table_rows(data: bytes, path: Path) -> Iterator[_Row]:
    """Yield the rows of a table. Raises `UsageError` if a column is missing, or if the bytes are no table."""
    try:
        table = read_table(data, CALCULATIONS, NO_ANSWERS)
    except NotATable as error:
        raise UsageError("not-calculations", f"{shown_name(path)} {error}.") from None
    missing = _NEEDED if table is None else table.columns.report.missing
    if table is not None and table.header.wrong:
        raise UsageError("not-calculations", f"{shown_name(path)} has a header that can't be read.")
    if table is None or missing:
        raise UsageError("not-calculations", f"{shown_name(path)} has no column {', '.join(missing)}.")
    for row in table.rows:
        if row.wrong:
            yield row.line, {}, RejectedLine(row.line, row.column, _WHOLE_ROW, row.wrong)
        else:
            values, columns = table.columns.read(row.cells)
            yield row.line, columns, values


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
            yield line, {}, RejectedLine(line, None, _WHOLE_ROW, "it isn't a JSON object")
