"""A column of the overview: lines, some of which lead to a list. Knows no record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Unpack

from textual import events
from textual.binding import BindingType
from textual.message import Message

from tui.actions import by_name
from tui.text import clip, width_of
from tui.widgets.line_view import InDom, LineView, Piece
from tui.words.overview import Destination, OverviewLine


class OverviewColumn(LineView):
    """Shows lines. The cursor rests on those that lead somewhere; Enter and a click go there."""

    BINDINGS: ClassVar[list[BindingType]] = [by_name()["list-open"].binding()]

    class Chosen(Message):
        """Posted when a person wants to go where a line leads."""

        def __init__(self, to: Destination) -> None:
            super().__init__()
            self.to = to

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._lines: Sequence[OverviewLine] = ()

    @property
    def line_total(self) -> int:
        """The number of lines."""
        return len(self._lines)

    def paint(self, line: int, width: int) -> Sequence[Piece]:
        """Return the pieces of a line, cut with "…". One that leads nowhere begins where the others do."""
        pieces = self._lines[line].pieces
        pieces = pieces if self.stops_at(line) else ((" ", "plain"), *pieces)
        painted: list[Piece] = []
        for text, tones in pieces:
            room = width - sum(width_of(before) for before, _ in painted)
            painted.append((clip(text, max(0, room)), tones))
        return painted

    def stops_at(self, line: int) -> bool:
        """Return True if a line leads somewhere."""
        return 0 <= line < len(self._lines) and self._lines[line].to is not None

    def show(self, lines: Sequence[OverviewLine]) -> None:
        """Show other lines. The cursor stays where it is, or goes to the nearest line that leads somewhere."""
        if list(lines) == list(self._lines):
            return
        self._lines = lines
        self.lines_changed()
        if not self.stops_at(self.cursor_line):
            self.cursor_line = max(self.first_stop(max(self.cursor_line, 0), 1), self.first_stop(0, 1))

    def action_open_row(self) -> None:
        """Go where the line under the cursor leads."""
        if self.stops_at(self.cursor_line) and (to := self._lines[self.cursor_line].to) is not None:
            self.post_message(self.Chosen(to))

    def on_click(self, event: events.Click) -> None:
        """Go where the clicked line leads."""
        line = self.line_under(event)
        if self.stops_at(line):
            self.cursor_line = line
            self.action_open_row()
