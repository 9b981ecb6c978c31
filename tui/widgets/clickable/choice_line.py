"""A line of words that can be clicked, each with its action: `owner ▾  stage ▾`, or the keys of a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Unpack

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.text import joined, plain, width_of
from tui.widgets.line_view import InDom

_BETWEEN = 2


class ClickWord(NamedTuple):
    """A word, and the Textual action that a click runs, such as "screen.choose_stage"."""

    text: str
    action: str
    style: str = "$foreground-muted"


class ChoiceLine(Widget):
    """Shows words side by side. The word under the mouse is underlined, a click runs its action."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ChoiceLine { width: auto; height: 1; }
    """

    _under_mouse: reactive[int] = reactive(-1)

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._words: tuple[ClickWord, ...] = ()

    def set_words(self, words: Sequence[ClickWord]) -> None:
        """Show these words."""
        self._words = tuple(words)
        self.refresh(layout=True)

    def render(self) -> Content:
        """Return the line. Each word has blanks before it."""
        parts: list[Content] = []
        for number, word in enumerate(self._words):
            style = f"underline {word.style}" if number == self._under_mouse else word.style
            parts += [plain(" " * _BETWEEN), plain(word.text, style)]
        return joined(*parts)

    def _word_at(self, event: events.MouseEvent) -> int:
        """Return the number of the word under the mouse, -1 for none."""
        offset = event.get_content_offset(self)
        at = 0
        for number, word in enumerate(self._words):
            start = at + _BETWEEN
            at = start + width_of(word.text)
            if offset is not None and start <= offset.x < at:
                return number
        return -1

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Underline the word under the mouse."""
        self._under_mouse = self._word_at(event)

    def on_leave(self) -> None:
        """Underline nothing."""
        self._under_mouse = -1

    async def on_click(self, event: events.Click) -> None:
        """Run the action of the clicked word."""
        if (number := self._word_at(event)) >= 0:
            event.stop()
            await self.app.run_action(self._words[number].action, self.screen)
