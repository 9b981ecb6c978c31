"""Sentences with a sign before each: a sentence of several lines stays to the right of its sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Unpack

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.text import joined, plain, wrap
from tui.widgets.line_view import InDom, Tone
from tui.words.tones import TONES

_INDENT = 3


class SignedLine(NamedTuple):
    """A sentence, its sign, and what to do about it, which is written below in a quieter colour."""

    sign: str
    tone: Tone
    text: str
    advice: str = ""


class SignedLines(Widget):
    """Sentences with their signs. The widget takes no line if there is no sentence."""

    DEFAULT_CSS = "SignedLines { height: auto; }"

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._lines: tuple[SignedLine, ...] = ()

    def set_lines(self, lines: Sequence[SignedLine]) -> None:
        """Show these sentences. The same sentences as before cost no new layout of the screen."""
        before, self._lines = self._lines, tuple(lines)
        self.display = bool(lines)
        if self._lines != before:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's form
        """Return the number of lines that the sentences take."""
        return sum(len(_texts(line.text, width)) + len(_texts(line.advice, width)) for line in self._lines)

    def render(self) -> Content:
        """Return the sentences, broken for the present width."""
        width = self.size.width
        rows: list[Content] = []
        for line in self._lines:
            tone = TONES.get(line.tone, "")
            for n, text in enumerate(_texts(line.text, width)):
                sign = line.sign if n == 0 else ""
                rows.append(joined(plain(f"{sign:{_INDENT}}", tone), plain(text)))
            rows += [
                joined(plain(" " * _INDENT), plain(text, "$foreground-muted"))
                for text in _texts(line.advice, width)
            ]
        return Content("\n").join(rows)


def _texts(text: str, width: int) -> list[str]:
    return wrap(text, max(1, width - _INDENT)) if text else []
