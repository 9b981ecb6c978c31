"""A file's bytes as a table with named columns, whatever the form of the file. Knows no path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from core.progress import SILENT, Meter
from data.tables.columns import ColumnAnswers, ColumnMatch, WantedColumns, match_columns, score
from data.tables.layout import Layout, lay_out_rows, lay_out_text
from data.tables.rejected import RejectedLine
from data.tables.rows import CountedRows, TableRow
from data.tables.text import decode_text, is_spreadsheet

if TYPE_CHECKING:
    from data.tables.spreadsheet import Sheet


class Table(Struct, frozen=True):
    """The columns of a table, its rows, and what a person should know.

    `doubts` are those of the notices that concern values: a letter or a zero may be another one.
    """

    columns: ColumnMatch
    header: TableRow
    rows: CountedRows
    notices: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    unfinished: int | None = None
    """The line of a last row that may be cut off; None if there is none."""

    @property
    def usable(self) -> bool:
        """True if the rows can be read: the header is whole and has the needed columns."""
        return not self.header.wrong and not self.columns.report.missing

    def flaws(self) -> list[RejectedLine]:
        """Return what is wrong with the header: a column that is there twice, or a needed one that is missing."""
        flaws = [
            RejectedLine(
                self.header.line,
                at,
                self.columns.names[at - 1] or self.header.cells[at - 1].strip(),
                f"the header has it already, in column {first}",
            )
            for at, first in self.columns.repeats
            if self.columns.names[at - 1]
        ]
        flaws += [
            RejectedLine(self.header.line, None, group, "the header has no such column")
            for group in self.columns.report.missing
        ]
        if self.header.wrong:
            flaws.append(RejectedLine(self.header.line, self.header.column, "the header", self.header.wrong))
        return flaws


def read_table(
    data: bytes, wanted: WantedColumns, answers: ColumnAnswers, meter: Meter = SILENT
) -> Table | None:
    """Return the table in a file; None if it is empty. Raises `NotATable`, and `UsageError` without the extra `excel`.

    `meter` hears of the rows of a spreadsheet, and may raise `CutShort`.
    Of several sheets the first one with the needed columns is taken, else the one with the most columns.
    """

    def likeness(cells: Sequence[str]) -> int:
        return score(cells, wanted, answers)

    if is_spreadsheet(data):
        from data.tables.spreadsheet import read_sheets  # noqa: PLC0415 - most desks never read one

        book = read_sheets(data, meter)
        laid_out = [(sheet, lay_out_rows(sheet.rows, likeness)) for sheet in book.sheets]
        return _best(
            [(sheet, _named(layout, wanted, answers, book.doubts)) for sheet, layout in laid_out if layout]
        )
    decoded = decode_text(data)
    layout = lay_out_text(decoded.text, likeness)
    return None if layout is None else _named(layout, wanted, answers, decoded.doubts)


def _named(layout: Layout, wanted: WantedColumns, answers: ColumnAnswers, doubts: tuple[str, ...]) -> Table:
    columns = match_columns(layout.header.cells, wanted, answers)
    taken = (f"line {layout.header.line} looks like a person, and was taken for the header",)
    notices = (*doubts, *layout.notices, *(taken if columns.report.has_values else ()))
    return Table(columns, layout.header, layout.rows, notices, doubts, layout.unfinished)


def _header_size(named: tuple[Sheet, Table]) -> tuple[int, int]:
    report = named[1].columns.report
    return len(report.found), len(report.headers)


def _best(named: Sequence[tuple[Sheet, Table]]) -> Table | None:
    """Return the table of the sheet that is used, with a notice that names the other sheets."""
    if not named:
        return None
    fitting = [(sheet, table) for sheet, table in named if table.usable]
    used, table = fitting[0] if fitting else max(named, key=_header_size)
    others = ", ".join(f"“{sheet.name}”" for sheet, _ in named if sheet is not used)
    if not others:
        return table
    return replace(table, notices=(*table.notices, f"only the sheet “{used.name}” was read, not {others}"))
