"""Hides client data in a painted line: the last step before a terminal draws, for every widget there is or will be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from textual.filter import LineFilter

from tui.cells import width_of
from tui.eyes.pieces import Span
from tui.eyes.vocabulary import Vocabulary

if TYPE_CHECKING:
    from rich.style import Style
    from textual.color import Color

DOT: Final = "•"
UNIT: Final = 8
"""Cells of the shortest mask. A shorter value gets as many, so that the mask does not tell its length."""

_BLANKS: Final = re.compile("  +")

Cell = tuple[str, "Style | None"]
"""A character with its style."""


class PrivacyFilter(LineFilter):
    """Replaces client data by dots. A filter has one state of the vocabulary, because Textual keeps filtered lines."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's form
        """Return a line without client data, of the same width."""
        line = "".join(segment.text for segment in segments if not segment.control)
        spans = self._vocabulary.spans(line)
        return masked(segments, line, spans) if spans else segments


class _BlankFilter(LineFilter):
    """Paints nothing."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's form
        """Return a line of blanks, of the same width."""
        return [
            Segment(" " * segment.cell_length, segment.style) for segment in segments if not segment.control
        ]


BLANK: Final = _BlankFilter()


def masked(segments: Sequence[Segment], line: str, spans: Sequence[Span]) -> list[Segment]:
    """Return a line with dots in place of the spans.

    A mask has at least `UNIT` cells. What it takes beyond its value comes from the blanks behind it: two or more, or
    those at the end of the line. Columns stay where they are as long as there are such blanks. Without
    any, the mask is as long as its value, so that no word of ours leaves the line.
    """
    cells: list[Cell] = [
        (char, segment.style) for segment in segments if not segment.control for char in segment.text
    ]
    made: list[Cell] = []
    owed = at = 0
    for begin, end in (*spans, (len(cells), len(cells))):
        owed = _copy(cells[at:begin], made, owed, is_last=begin == len(cells))
        if begin < end:
            width = width_of(line[begin:end])
            room = _room(line, end)
            wanted = -(-width // UNIT) * UNIT
            taken = wanted if width < UNIT or room > wanted - width else width
            taken = min(taken, width + max(0, _spare(line, end) - owed))
            made += [(DOT, cells[begin][1])] * taken
            owed += taken - width
        at = end
    return _cropped(made, width_of(line))


def _room(line: str, end: int) -> int:
    """Return how many blanks follow a place."""
    return len(line) - end - len(line[end:].lstrip(" "))


def _spare(line: str, end: int) -> int:
    """Return how many blanks behind a place can be taken away: those at the end, and of others all but one."""
    at_end = len(line) - len(line.rstrip(" "))
    return at_end + sum(len(run[0]) - 1 for run in _BLANKS.finditer(line, end, len(line) - at_end))


def _copy(cells: Sequence[Cell], made: list[Cell], owed: int, *, is_last: bool) -> int:
    """Copy cells, with fewer blanks where two or more follow each other. Return what is still owed."""
    n = 0
    while n < len(cells):
        if cells[n][0] != " " or not owed:
            made.append(cells[n])
            n += 1
            continue
        run = n
        while run < len(cells) and cells[run][0] == " ":
            run += 1
        at_end = is_last and run == len(cells)
        spared = min(owed, run - n if at_end else run - n - 1)
        made += cells[n + spared : run]
        owed -= spared
        n = run
    return owed


def _cropped(cells: Sequence[Cell], width: int) -> list[Segment]:
    """Return cells as segments of `width` cells together."""
    segments: list[Segment] = []
    text, style, used = "", None, 0
    for char, own in cells:
        size = width_of(char)
        if used + size > width:
            break
        if own is not style and text:
            segments.append(Segment(text, style))
            text = ""
        text, style, used = text + char, own, used + size
    return [*segments, Segment(text + " " * (width - used), style)]
