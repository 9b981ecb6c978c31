"""Finds the header of a table and the delimiter of a text. Knows no column: a score says how like a header a row is.

Above a header there may be a line such as `sep=;`, by which a spreadsheet names the delimiter, and title lines. A row
that ends early lacks blank cells at its end: several programs leave them out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from msgspec import Struct

from core.texts import how_many
from data.tables.rows import CountedRows, TableRow, line_breaks, of_width, read_rows

DELIMITERS: Final[tuple[str, ...]] = (",", ";", "\t", "|")
HEADER_ROWS: Final = 30
"""How many rows from the top are looked at for the header."""
_HEAD: Final = 65_536
"""Characters in which the header must be."""
_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=([^\w\s"]|\t)[^\r\n]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)

Score = Callable[[Sequence[str]], int]
"""Returns how many cells of a row are known as headers."""


class Layout(Struct, frozen=True):
    """A table's header, the rows below it, and what a person should know."""

    header: TableRow
    rows: CountedRows
    notices: tuple[str, ...] = ()
    unfinished: int | None = None
    """The line of a last row that may be cut off: it has no line end and alone lacks cells. None if there is none."""


def lay_out_text(text: str, score: Score) -> Layout | None:
    """Return the table in a text; None if it holds no row."""
    line, body, delimiters = 1, text, DELIMITERS
    if hint := _SEPARATOR_LINE.match(text):
        line += sum(1 for _ in line_breaks(hint[0]))
        body, delimiters = text[hint.end() :], (hint[1],)
    heads = {delimiter: _head(body, delimiter) for delimiter in delimiters}

    def likeness(delimiter: str) -> tuple[int, int]:
        rows = heads[delimiter]
        header = rows[header_place(rows, score)].cells if rows else ()
        return score(header), len(header)

    delimiter = max(delimiters, key=likeness)
    rows = heads[delimiter]
    if not rows:
        return None
    above = rows[: header_place(rows, score)]
    start = rows[len(above)].line
    if start > 1:
        body = body[_offset(body, start) :]
    header, below = read_rows(body, delimiter, line + start - 1)
    if header is None:
        return None
    unfinished = None
    if not isinstance(below, list):
        return Layout(header, below, _above(above))
    if below and not text.endswith(("\n", "\r")):
        last = below[-1]
        if last.wrong or (last.missing and not any(row.missing for row in below[:-1])):
            unfinished = last.line
    return Layout(header, below, (*_above(above), *_short(below, unfinished)), unfinished)


def lay_out_rows(rows: Sequence[TableRow], score: Score) -> Layout | None:
    """Return the table in a sheet's rows; None if all are blank."""
    filled = [row for row in rows if any(row.cells)]
    if not filled:
        return None
    top = filled[:HEADER_ROWS]
    place = header_place(top, score)
    header = filled[place]
    return Layout(header, of_width(filled[place + 1 :], len(header.cells)), _above(top[:place]))


def header_place(rows: Sequence[TableRow], score: Score) -> int:
    """Return which of the first rows is the header, from 0.

    The header is the first row that no other one surpasses in known headers. If no row has a known header, the header
    is the first row with more than half as many filled cells as the fullest one, so that a title is passed over.
    """
    scores = [score(row.cells) for row in rows]
    best = max(scores, default=0)
    if best:
        return scores.index(best)
    filled = [sum(bool(cell.strip()) for cell in row.cells) for row in rows]
    fullest = max(filled, default=0)
    return next((n for n, cells in enumerate(filled) if 2 * cells > fullest), 0)


def _head(text: str, delimiter: str) -> list[TableRow]:
    """Return the first rows that are not empty, as far as they can be read, with their lines from 1."""
    reader = csv.reader(io.StringIO(text[:_HEAD], newline=""), delimiter=delimiter)
    rows: list[TableRow] = []
    before = 0
    try:
        for cells in islice(reader, HEADER_ROWS):
            if any(cells):
                rows.append(TableRow(before + 1, cells))
            before = reader.line_num
    except csv.Error:
        pass  # the rows before it are enough to find the header
    return rows


def _offset(text: str, line: int) -> int:
    """Return where a line begins. Lines count from 1."""
    return next(islice(line_breaks(text), line - 2, None)).end()


def _above(rows: Sequence[TableRow]) -> tuple[str, ...]:
    if not rows:
        return ()
    return (f"{_lines(len(rows))} above the header {'was' if len(rows) == 1 else 'were'} passed over",)


def _lines(number: int) -> str:
    return how_many(number, "line")


def _short(rows: Sequence[TableRow], unfinished: int | None) -> tuple[str, ...]:
    short = sum(bool(row.missing) and row.line != unfinished for row in rows)
    if not short:
        return ()
    ends = "1 row ends" if short == 1 else f"{short:,} rows end"
    return (f"{ends} early: the missing cells at the end count as blank",)
