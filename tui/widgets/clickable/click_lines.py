"""Lines of text in which some cells act like a key when they are clicked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Unpack

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from tui.text import content, set_text, width_of
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
EMPTY = Content()
_BETWEEN = 3


def lines_of(text: Content, width: int, action: str = "") -> ClickText:
    """Return a text as lines of at most `width` cells. With an `action`, a click on any of them runs it."""
    if not text.plain:
        return NO_TEXT
    lines = tuple(text.wrap(max(1, width)))
    spots = tuple(Spot(n, 0, width, action) for n in range(len(lines))) if action else ()
    return ClickText(lines, spots)


def stacked(texts: Iterable[ClickText], *, apart: int = 0) -> ClickText:
    """Return texts one below the other, `apart` blank lines between two. Texts without lines are left out."""
    lines: list[Content] = []
    spots: list[Spot] = []
    for text in texts:
        if not text.lines:
            continue
        lines += [content("")] * (apart if lines else 0)
        spots += [spot._replace(line=spot.line + len(lines)) for spot in text.spots]
        lines += text.lines
    return ClickText(tuple(lines), tuple(spots))


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

    def __init__(self, text: Content = EMPTY, **dom: Unpack[InDom]) -> None:
        super().__init__(text, **dom)
        self._spots: tuple[Spot, ...] = ()

    def show(self, text: ClickText) -> None:
        """Show other lines."""
        self._spots = text.spots
        set_text(self, content("\n").join(text.lines))

    def on_click(self, event: events.Click) -> None:
        """Post the action of the clicked cells."""
        offset = event.get_content_offset(self)
        for line, start, end, action in self._spots:
            if offset is not None and offset.y == line and start <= offset.x < end:
                event.stop()
                self.post_message(self.Clicked(action))
                return
