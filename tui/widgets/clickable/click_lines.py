"""Lines of text in which some cells act like a key when they are clicked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Unpack

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.text import content, width_of
from tui.widgets.line_view import InDom


class Spot(NamedTuple):
    """The cells of a line that do something when clicked: `action` is a Textual action of the room."""

    line: int
    start: int
    end: int
    action: str


class ClickText(NamedTuple):
    """Lines, and what can be clicked in them."""

    lines: tuple[Content, ...]
    spots: tuple[Spot, ...] = ()


NO_TEXT = ClickText(())
_BETWEEN = 3


class KeyOffer(NamedTuple):
    """A key, what it does in words, and the action that a click runs too."""

    key: str
    words: str
    action: str


def offers_line(offers: Iterable[KeyOffer]) -> ClickText:
    """Return several offers as one line, each of which can be clicked."""
    parts: list[Content] = []
    spots: list[Spot] = []
    at = 0
    for offer in offers:
        parts.append(
            content("[bold $primary]$key[/] [$foreground-muted]$words[/]", key=offer.key, words=offer.words)
        )
        cells = width_of(offer.key) + 1 + width_of(offer.words)
        spots.append(Spot(0, at, at + cells, offer.action))
        at += cells + _BETWEEN
    return ClickText((content(" " * _BETWEEN).join(parts),), tuple(spots))


class ClickLines(Static):
    """Shows lines. A click on a spot posts the spot's action, which the room runs."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """Cells were clicked that stand for an action of the room."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._spots: tuple[Spot, ...] = ()

    def show(self, text: ClickText) -> None:
        """Show other lines."""
        self._spots = text.spots
        self.update(content("\n").join(text.lines))

    def on_click(self, event: events.Click) -> None:
        """Post the action of the clicked cells."""
        offset = event.get_content_offset(self)
        for line, start, end, action in self._spots:
            if offset is not None and offset.y == line and start <= offset.x < end:
                event.stop()
                self.post_message(self.Clicked(action))
                return
