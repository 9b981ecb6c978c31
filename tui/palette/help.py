"""The keys by section, in a dialog over the screen: those of the screen first, each section with what it is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tui.actions import HelpRow, HelpSection, bindings_for
from tui.text import fit, width_of, wrap
from tui.widgets.line_view import Heading, LineView, Piece
from tui.widgets.modal import Modal

_MOST_KEYS = 20
_AROUND = 7
"""The lines of the frame, its padding, the footer and some blank lines."""


class KeyTable(LineView):
    """Keys with their effects, under headings. The table scrolls; nothing can be chosen.

    `shows_names` puts the name of each action, by which its keys can be changed, below its effect.
    """

    DEFAULT_CSS = """
    KeyTable { height: auto; max-height: 100%; }
    """

    def __init__(self, sections: Sequence[HelpSection]) -> None:
        super().__init__()
        self._sections = sections
        self._lines: list[Sequence[Piece]] = []
        self._width = 0
        self.shows_names = False
        keys = [width_of(row.keys) for section in sections for row in section.rows]
        self._keys_width = min(_MOST_KEYS, max(keys, default=0))

    def on_resize(self) -> None:
        """Wrap the texts for the new width."""
        self._wrap()

    def turn_names(self) -> None:
        """Show the names of the actions, or hide them."""
        self.shows_names = not self.shows_names
        self._wrap()
        self.lines_changed()
        self.refresh(layout=True)

    def _wrap(self) -> None:
        self._width = max(20, self.scrollable_content_region.width)
        self._lines = []
        for section in self._sections:
            self._lines += [()] if self._lines else []
            self._lines.append(Heading(section.title).pieces())
            if section.about:
                self._lines += [((line, "muted"),) for line in wrap(section.about, self._width)]
            for row in section.rows:
                self._lines += self._row(row)

    def _row(self, row: HelpRow) -> list[Sequence[Piece]]:
        texts = wrap(row.does, self._width - self._keys_width - 4)
        keys = wrap(row.keys, self._keys_width)
        lines: list[Sequence[Piece]] = []
        for at in range(max(len(texts), len(keys))):
            key = keys[at] if at < len(keys) else ""
            lines.append(
                (
                    (f"  {fit(key, self._keys_width)}  ", "strong primary"),
                    (texts[at] if at < len(texts) else "", "plain"),
                )
            )
        if self.shows_names:
            lines.append(((" " * (self._keys_width + 4) + row.action.name, "muted"),))
        return lines

    @property
    def line_total(self) -> int:
        """The number of lines, including gaps."""
        return len(self._lines)

    def stops_at(self, line: int) -> bool:
        """Return False: the cursor stops at no line, and the keys scroll."""
        return line < 0

    def paint(self, line: int, width: int) -> Sequence[Piece]:  # noqa: ARG002 - the lines are wrapped already
        """Return the pieces of a line."""
        return self._lines[line]


class HelpScreen(Modal[None]):
    """Shows what each key does, with the operator's own keys if there are any."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("help"), *bindings_for("key-help")]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical {
        width: 80%; min-width: 60; max-width: 96; height: auto;
        padding: 1 2; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    """

    def __init__(self, sections: Sequence[HelpSection]) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        """Yield the table."""
        with Vertical() as frame:
            frame.border_title = "Keys"
            yield KeyTable(self._sections)

    def on_resize(self, event: events.Resize) -> None:
        """Give the table the lines that the frame and the footer leave."""
        self.query_one(KeyTable).styles.max_height = max(3, event.size.height - _AROUND)

    def action_show_names(self) -> None:
        """Show the names of the actions, or hide them."""
        self.query_one(KeyTable).turn_names()
