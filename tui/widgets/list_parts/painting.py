"""Paints the lines of a list: a row in its columns, a heading, the titles on top. Pure: pieces of text with tones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

from tui.cells import fit, width_of
from tui.widgets.line_view import Heading, Piece
from tui.widgets.list_parts.columns import ListColumn, Slot
from tui.widgets.search_text import found_in

R = TypeVar("R")

Direction = Literal["up", "down"]
Sorting = tuple[str, Direction]
"""The name of the column by which a list is sorted, with the direction."""


def row_pieces(
    row: R,
    columns: Sequence[ListColumn[R]],
    slots: Mapping[str, Slot],
    words: Sequence[str],
    *,
    lit: bool,
) -> list[Piece]:
    """Return a row in pieces. `words` are painted as matches where they are found; `lit` is the row of the cursor."""
    pieces: list[Piece] = []
    for column in columns:
        slot = slots.get(column.name)
        if slot is None:
            continue
        style = column.style if isinstance(column.style, str) else column.style(row)
        if lit and column.lit:
            style = column.lit
        text = fit(column.text(row), slot.width, column.align) + " " * column.gap
        pieces += _with_matches(text, style, words) if words else [(text, style)]
    return pieces


def _with_matches(text: str, style: str, words: Sequence[str]) -> list[Piece]:
    """Return a text in pieces: where a word is found, the piece is painted as a match."""
    pieces: list[Piece] = []
    at = 0
    for start, end in found_in(text, words):
        pieces += [(text[at:start], style), (text[start:end], f"{style} match")]
        at = end
    return [*pieces, (text[at:], style)]


def foldable_heading_pieces(heading: Heading, rows: int, *, folded: bool) -> Sequence[Piece]:
    """Return a heading that can be folded: a sign, the title, the number of its rows, its remark."""
    title, *remark = heading.pieces()
    sign = "▸ " if folded else " ▾ "
    return ((sign, "muted"), title, (f"  {rows:,}", "muted"), *remark)


def title_pieces(
    columns: Sequence[ListColumn[R]], slots: Mapping[str, Slot], sorting: Sorting | None
) -> list[Piece]:
    """Return the titles, with an arrow at the column by which the list is sorted."""
    pieces: list[Piece] = [(" ", "header")]
    for column in columns:
        slot = slots.get(column.name)
        if slot is None:
            continue
        sorted_here = sorting is not None and sorting[0] == column.name
        arrow = (" ▴" if sorting == (column.name, "up") else " ▾") if sorted_here else ""
        title = fit(column.title, min(slot.width, width_of(column.title))) + arrow
        tone = "header primary" if sorted_here else "header"
        pieces += [(fit(title, slot.width, column.align), tone), (" " * column.gap, "header")]
    return pieces
