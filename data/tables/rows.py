"""CSV as rows of cells, each with the line on which it begins. Knows neither header nor column names.

A regular file is read row by row. The standard reader reads any other file first. If it fails, or if a quote may have
swallowed lines, a careful reader reads the file again. With the careful reader, an unpaired quote spoils one row and
not the rest of the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from core.texts import how_many

LONGEST_CELL: Final = 131_072
"""Characters. A longer cell is taken for a quote that was never closed."""


class TableRow(Struct, frozen=True):
    """A row: the line on which it begins, and its cells. `wrong` and `column` say why the row can't be used, if so.

    `missing` counts the cells at the end that the file does not have; here they are blank.
    """

    line: int
    cells: Sequence[str]
    column: int | None = None
    wrong: str = ""
    missing: int = 0


class RegularRows:
    """The rows of a text in which each row has the same width and takes one line. Each loop reads the text again."""

    def __init__(self, text: str, delimiter: str, line: int, count: int) -> None:
        self._text = text
        self._delimiter = delimiter
        self._line = line
        self._count = count

    def __len__(self) -> int:
        """Return the number of rows below the header."""
        return self._count

    def __iter__(self) -> Iterator[TableRow]:
        """Yield the rows below the header."""
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self._delimiter)
        rows = (TableRow(line, cells) for line, cells in enumerate(reader, self._line) if any(cells))
        next(rows, None)
        return rows


CountedRows = list[TableRow] | RegularRows
"""Rows of which the number is known before they are read. They can be looped over more than once."""


def read_rows(text: str, delimiter: str, line: int) -> tuple[TableRow | None, CountedRows]:
    """Return the header and the rows that are not empty. `line` is the number of the first line of `text`.

    Each row gets the header's width. Blank cells beyond the header are dropped; a row with other cells there is wrong.
    """
    if count := _regular_rows(text, delimiter):
        reader = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), line)
        header = next((TableRow(number, cells) for number, cells in reader if any(cells)), None)
        return header, RegularRows(text, delimiter, line, count - 1)
    rows = _fast(text, delimiter, line)
    if rows is None:
        rows = list(_careful(text, delimiter, line))
    return (rows[0], of_width(rows[1:], len(rows[0].cells))) if rows else (None, [])


def of_width(rows: Iterable[TableRow], width: int) -> list[TableRow]:
    """Return rows with `width` cells each. A row is marked as wrong if it has cells beyond them that are not blank."""
    return [_of_width(row, width) for row in rows]


def _of_width(row: TableRow, width: int) -> TableRow:
    count = len(row.cells)
    if row.wrong or count == width:
        return row
    if count < width:
        return TableRow(row.line, [*row.cells, *[""] * (width - count)], missing=width - count)
    if not any(cell.strip() for cell in row.cells[width:]):
        return TableRow(row.line, row.cells[:width])
    return TableRow(
        row.line, row.cells, width + 1, f"the row has {how_many(count, 'cell')}, the header has {width}"
    )


def _regular_rows(text: str, delimiter: str) -> int:
    """Return the number of rows, the header included; 0 unless each has the header's width and takes one line."""
    width = count = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for n, cells in enumerate(reader, 1):
            if any(cells):
                width = width or len(cells)
                count += 1
                if len(cells) != width or reader.line_num != n:
                    return 0
    except csv.Error:
        return 0
    return count


def _fast(text: str, delimiter: str, line: int) -> list[TableRow] | None:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[TableRow] = []
    before = 0
    try:
        for cells in reader:
            lines, before = reader.line_num - before, reader.line_num
            if not any(cells):
                continue
            rows.append(TableRow(line + before - lines, cells))
            width = len(rows[0].cells)
            if lines > 1 and (
                _may_lack_cells(cells, delimiter, width) or _swallowed(cells, delimiter, width)
            ):
                return None
    except csv.Error:
        return None
    return rows


_BREAK: Final = re.compile(r"\r\n|\r|\n")
_UNCLOSED: Final = "a quote that opens here is not closed in its row"


def line_breaks(text: str) -> Iterator[re.Match[str]]:
    """Yield the ends of the lines of a text."""
    return _BREAK.finditer(text)


def _may_lack_cells(cells: Sequence[str], delimiter: str, width: int) -> bool:
    """Return True if a row of several lines has another width because a quote may have swallowed delimiters.

    A short row is fine if its cells of several lines hold no delimiter at all.
    """
    if len(cells) == width:
        return False
    return len(cells) > width or any(_BREAK.search(cell) and delimiter in cell for cell in cells)


def _swallowed(cells: Sequence[str], delimiter: str, width: int) -> int:
    """Return the column (from 1) of a cell with several lines that has enough delimiters for whole rows; 0 for none."""
    if width < 4:
        return 0
    for column, cell in enumerate(cells, 1):
        breaks = len(_BREAK.findall(cell))
        if breaks and cell.count(delimiter) >= breaks * (width - 1):
            return column
    return 0


def _careful(text: str, delimiter: str, line: int) -> Iterator[TableRow]:
    cut = re.escape(delimiter)
    quoted = re.compile(rf'"((?:[^"]++|"")*+)"(?={cut}|\r|\n|\Z)')
    plain = re.compile(rf"[^{cut}\r\n]*+")
    at, width = 0, 0
    while at < len(text):
        stop = _BREAK.search(text, at)
        line_end = stop.start() if stop else len(text)
        cells, end, wrong = _record(text, at, delimiter, quoted, plain)
        column = len(cells) + 1
        if not wrong and end > line_end and width:
            swallowed = _swallowed(cells, delimiter, width)
            if swallowed or _may_lack_cells(cells, delimiter, width):
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
