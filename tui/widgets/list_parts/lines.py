"""Which line of a list has which row: headings, blank lines above them, rows, and what is folded. Knows no widget."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final, NamedTuple

from tui.widgets.line_view import Heading
from tui.widgets.rows import Arrangement

NO_LINE: Final = -1
"""Stands for a line or an index that is not there."""


class _Block(NamedTuple):
    """Rows under one heading: the first line, the first line of a row, and the first index in the arrangement.

    `size` is the number of rows. A folded block shows its heading alone.
    """

    line: int
    first_row: int
    first_index: int
    size: int
    heading: Heading | None
    folded: bool = False


class RowLines:
    """The lines of an arrangement of rows.

    A row has a place, its number among all rows of the list, and an index, its number among those that are arranged.
    A heading is known by its text, so that it stays folded when its remark changes.
    """

    def __init__(self, folded: Iterable[str]) -> None:
        self.places: Sequence[int] = ()
        """The places of the rows, in order, also of those under folded headings."""
        self.total = 0
        """The number of lines, including the headings and the blank lines above them."""
        self.all_open = False
        """True while nothing is folded, whatever a person folded: words are looked for, and each row that has them."""
        self._folded = set(folded)
        self._groups: tuple[tuple[Heading | None, int], ...] = ()
        self._blocks: list[_Block] = []

    def set_rows(self, arrangement: Arrangement) -> None:
        """Take the rows of an arrangement in place of those of before."""
        self.places = arrangement.places
        self._groups = arrangement.groups
        self.lay()

    def lay(self) -> None:
        """Count the lines anew, because headings were folded or opened."""
        self._blocks = []
        line = index = 0
        was_folded = False
        for heading, count in self._groups:
            folded = self.is_folded(heading)
            start = line
            if heading is not None:
                line += 2 if start and not (folded and was_folded) else 1
            elif start:
                line += 1
            self._blocks.append(_Block(start, line, index, count, heading, folded))
            line += 0 if folded else count
            index += count
            was_folded = folded
        self.total = line

    # From lines to rows and back

    def index_of_line(self, line: int) -> int:
        """Return the index of the row on a line; -1 for a line without a row."""
        if not 0 <= line < self.total:
            return NO_LINE
        block = self._block_of_line(line)
        return block.first_index + line - block.first_row if line >= block.first_row else NO_LINE

    def place_of_line(self, line: int) -> int | None:
        """Return the place of the row on a line; None for a line without a row."""
        index = self.index_of_line(line)
        return None if index < 0 else self.places[index]

    def line_of_index(self, index: int) -> int:
        """Return the line of a row, or of its heading if the row is folded; -1 for none."""
        if not 0 <= index < len(self.places):
            return NO_LINE
        block = self._blocks[bisect_right(self._blocks, index, key=lambda block: block.first_index) - 1]
        return block.first_row - 1 if block.folded else block.first_row + index - block.first_index

    def line_of_place(self, place: int | None) -> int:
        """Return the line of a row, or of its heading if the row is folded; -1 for none."""
        if place is None:
            return NO_LINE
        try:
            return self.line_of_index(self.places.index(place))
        except ValueError:
            return NO_LINE

    def shown_places(self) -> list[int]:
        """Return the places of the rows that are shown, in order, without those of folded headings."""
        blocks = [block for block in self._blocks if not block.folded]
        parts = (self.places[block.first_index : block.first_index + block.size] for block in blocks)
        return list(chain.from_iterable(parts))

    def _block_of_line(self, line: int) -> _Block:
        return self._blocks[bisect_right(self._blocks, line, key=lambda block: block.line) - 1]

    # Headings

    def stops_at(self, line: int) -> bool:
        """Return True for a row and a folded heading, False for another heading or a blank line."""
        if self.index_of_line(line) >= 0:
            return True
        return self.heading_at(line) is not None and self._block_of_line(line).folded

    def heading_at(self, line: int) -> Heading | None:
        """Return the heading on a line; None if the line has none."""
        if not 0 <= line < self.total:
            return None
        block = self._block_of_line(line)
        return block.heading if line == block.first_row - 1 else None

    def heading_above(self, line: int) -> Heading | None:
        """Return the heading under which a line is, or which it is; None for a line without one."""
        return self._block_of_line(line).heading if 0 <= line < self.total else None

    def first_place_under(self, text: str) -> int | None:
        """Return the place of the first row under a heading; None if there is no such heading."""
        indexes = (
            block.first_index for block in self._blocks if block.heading and block.heading.text == text
        )
        index = next(indexes, None)
        return None if index is None else self.places[index]

    def rows_under(self, line: int) -> int:
        """Return how many rows the heading has under which a line is."""
        return self._block_of_line(line).size

    @property
    def counts(self) -> dict[Heading | None, int]:
        """The number of rows under each heading that has any, also if they are folded."""
        return {block.heading: block.size for block in self._blocks}

    # Folding

    @property
    def headings(self) -> set[str]:
        """The texts of the headings that have rows."""
        return {heading.text for heading, _ in self._groups if heading is not None}

    @property
    def folded(self) -> frozenset[str]:
        """The texts of the headings that a person folded."""
        return frozenset(self._folded)

    def is_folded(self, heading: Heading | None) -> bool:
        """Return True if a heading's rows are hidden."""
        return heading is not None and not self.all_open and heading.text in self._folded

    def fold(self, opened: Iterable[str], closed: Iterable[str]) -> None:
        """Show the rows of some headings and hide those of others, by the headings' texts."""
        self._folded = (self._folded - set(opened)) | set(closed)
        self.lay()

    def will_show(self, heading: Heading) -> bool:
        """Unfold a heading at the next laying. Return True if it was folded."""
        was_folded = heading.text in self._folded
        self._folded.discard(heading.text)
        return was_folded

    def line_of_folded(self, text: str) -> int:
        """Return the line of a folded heading; -1 if there is none of this text."""
        lines = (
            block.first_row - 1
            for block in self._blocks
            if block.folded and block.heading is not None and block.heading.text == text
        )
        return next(lines, NO_LINE)
