"""The Payload tab of a card: the JSON that will be sent, with names, texts and numbers in their own colours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Unpack

from tui.text import fit
from tui.under_cursor import CopyableText, NamedValue
from tui.widgets.line_view import InDom, LineView, Piece

_LINE: Final = re.compile(
    r'(?P<blanks> *)(?:(?P<name>"(?:[^"\\]|\\.)*")(?P<colon>: ?))?(?P<value>.*?)(?P<comma>,?)'
)


class PayloadView(LineView):
    """Lines of indented JSON. Only the visible lines are painted."""

    def __init__(self, **dom: Unpack[InDom]) -> None:
        super().__init__(**dom)
        self._lines: Sequence[str] = ()

    def set_json(self, text: str) -> None:
        """Show indented JSON from the top."""
        self._lines = text.splitlines()
        self.set_reactive(LineView.cursor_line, 0 if self._lines else -1)
        self.lines_changed()
        self.scroll_to(y=0, animate=False, force=True)

    def copyable(self) -> CopyableText | None:
        """Return the whole JSON: a line of it is of no use."""
        return CopyableText("\n".join(self._lines), "The payload") if self._lines else None

    def whole_values(self) -> Sequence[NamedValue]:
        """Return the line under the cursor in full."""
        at = self.cursor_line
        return (NamedValue("", self._lines[at].strip()),) if 0 <= at < len(self._lines) else ()

    @property
    def line_total(self) -> int:
        """The number of lines."""
        return len(self._lines)

    def stops_at(self, line: int) -> bool:
        """Return True: the cursor walks through the lines."""
        return 0 <= line < len(self._lines)

    def paint(self, line: int, width: int) -> Sequence[Piece]:
        """Return the pieces of a line."""
        return pieces_of(fit(self._lines[line], width))


def pieces_of(line: str) -> list[Piece]:
    """Return a line of indented JSON in pieces: names, texts, numbers and words, signs."""
    found = _LINE.fullmatch(line.rstrip(" "))
    if found is None:
        return [(line, "plain")]
    value = found["value"]
    tone = "plain" if value.startswith('"') else "muted" if value[:1] in "{}[]" else "primary"
    pieces: list[Piece] = [
        (found["blanks"], "plain"),
        (found["name"] or "", "lilac"),
        (found["colon"] or "", "muted"),
        (value, tone),
        (found["comma"], "muted"),
    ]
    return [piece for piece in pieces if piece[0]]
