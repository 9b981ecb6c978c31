"""CSV as rows of cells, each with the line on which it begins. Knows nothing of cards.

The standard reader reads the file first. If it fails, or if a quote may have swallowed lines, a careful reader reads
the file again. With the careful reader, an unpaired quote spoils one row and not the rest of the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

DELIMITERS: Final = (",", ";", "\t")
LONGEST_CELL: Final = 131_072
"""Characters. A longer cell is taken for a quote that was never closed."""


class TableRow(Struct, frozen=True):
    """A row: the line on which it begins, and its cells. `wrong` and `column` say why the row can't be used, if so."""

    line: int
    cells: Sequence[str]
    column: int | None = None
    wrong: str = ""


def read_table(text: str, delimiter: str) -> list[TableRow]:
    """Return the rows that are not empty, the header first. A row without the header's width is marked as wrong."""
    rows = _fast(text, delimiter)
    if rows is None:
        rows = list(_careful(text, delimiter))
    width = len(rows[0].cells) if rows else 0
    return [_of_width(row, width) for row in rows]


def _of_width(row: TableRow, width: int) -> TableRow:
    count = len(row.cells)
    if row.wrong or count == width:
        return row
    if count > width and not any(cell.strip() for cell in row.cells[width:]):
        return TableRow(row.line, row.cells[:width])
    wrong = f"the row has {count} cells, the header has {width}"
    return TableRow(row.line, row.cells, min(count, width) + 1, wrong)


def _fast(text: str, delimiter: str) -> list[TableRow] | None:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[TableRow] = []
    before = 0
    try:
        for cells in reader:
            lines, before = reader.line_num - before, reader.line_num
            if not any(cells):
                continue
            rows.append(TableRow(before - lines + 1, cells))
            width = len(rows[0].cells)
            if lines > 1 and (len(cells) != width or _swallowed(cells, delimiter, width)):
                return None
    except csv.Error:
        return None
    return rows


_BREAK: Final = re.compile(r"\r\n|\r|\n")
_UNCLOSED: Final = "a quote that opens here is not closed in its row"


def _swallowed(cells: Sequence[str], delimiter: str, width: int) -> int:
    """Return the column (from 1) of a cell with several lines that has enough delimiters for whole rows; 0 for none."""
    if width < 4:
        return 0
    for column, cell in enumerate(cells, 1):
        breaks = len(_BREAK.findall(cell))
        if breaks and cell.count(delimiter) >= breaks * (width - 1):
            return column
    return 0


def _careful(text: str, delimiter: str) -> Iterator[TableRow]:
    cut = re.escape(delimiter)
    quoted = re.compile(rf'"((?:[^"]++|"")*+)"(?={cut}|\r|\n|\Z)')
    plain = re.compile(rf"[^{cut}\r\n]*+")
    at, line, width = 0, 1, 0
    while at < len(text):
        stop = _BREAK.search(text, at)
        line_end = stop.start() if stop else len(text)
        cells, end, wrong = _record(text, at, delimiter, quoted, plain)
        column = len(cells) + 1
        if not wrong and end > line_end and width:
            swallowed = _swallowed(cells, delimiter, width)
            if swallowed or len(cells) != width:
                opened = next((n for n, cell in enumerate(cells, 1) if _BREAK.search(cell)), 1)
                wrong, column = _UNCLOSED, swallowed or opened
        if wrong:
            rest = csv.reader([text[at : min(line_end, at + LONGEST_CELL)]], delimiter=delimiter)
            yield TableRow(line, next(rest, []), column, wrong)
            end = line_end
        elif any(cells):
            width = width or len(cells)
            yield TableRow(line, cells)
        stop = _BREAK.match(text, end)
        end = stop.end() if stop else end
        line += len(_BREAK.findall(text, at, end))
        at = end


def _record(
    text: str, at: int, delimiter: str, quoted: re.Pattern[str], plain: re.Pattern[str]
) -> tuple[list[str], int, str]:
    """Read one record. Return its cells, its end, and what is wrong with the cell after the last returned cell."""
    cells: list[str] = []
    while True:
        if text.startswith('"', at):
            cell = quoted.match(text, at, min(len(text), at + LONGEST_CELL))
            if cell is None:
                return cells, at, _UNCLOSED
            cells.append(cell[1].replace('""', '"'))
        else:
            cell = plain.match(text, at)
            if cell is None:
                raise AssertionError("a plain cell may be empty")
            if len(cell[0]) > LONGEST_CELL:
                return cells, at, "it is too long"
            cells.append(cell[0])
        at = cell.end()
        if not text.startswith(delimiter, at):
            return cells, at, ""
        at += len(delimiter)
