"""The keys by section, in a dialog over the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tui.action_model import Action
from tui.actions import ACTIONS, bindings_for, help_sections
from tui.text import fit, width_of
from tui.widgets.key_footer import KeyFooter
from tui.widgets.line_view import Heading, LineView, Piece
from tui.widgets.modal import Modal

_MOST_KEYS = 26
_AROUND = 7
"""The lines of the frame, its padding, the footer and some blank lines."""


class KeyTable(LineView):
    """Keys with their effects, under headings. The table scrolls; nothing can be chosen."""

    DEFAULT_CSS = """
    KeyTable { height: auto; max-height: 100%; }
    """

    def __init__(self, keymap: Mapping[str, str], actions: Sequence[Action]) -> None:
        super().__init__()
        self._lines: list[Heading | tuple[str, str] | None] = []
        for section, rows in help_sections(keymap, actions).items():
            self._lines += [None] if self._lines else []
            self._lines.append(Heading(section))
            self._lines += [(row.keys, row.does) for row in rows]
        keys = [width_of(line[0]) for line in self._lines if isinstance(line, tuple)]
        self._keys_width = min(_MOST_KEYS, max(keys, default=0))

    @property
    def line_total(self) -> int:
        """The number of lines, including gaps."""
        return len(self._lines)

    def stops_at(self, line: int) -> bool:
        """Return False: the cursor stops at no line, and the keys scroll."""
        return line < 0

    def paint(self, line: int, width: int) -> Sequence[Piece]:
        """Return the pieces of a key with its effect, or of a heading."""
        shown = self._lines[line]
        if shown is None:
            return ()
        if isinstance(shown, Heading):
            return shown.pieces()
        keys, does = shown
        return (
            (f"  {fit(keys, self._keys_width)}  ", "strong primary"),
            (fit(does, max(0, width - self._keys_width - 4)), "plain"),
        )


class HelpScreen(Modal[None]):
    """Shows what each key does, with the operator's own keys if there are any."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("help")]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical {
        width: 80%; min-width: 60; max-width: 88; height: auto;
        padding: 1 2; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    """

    def __init__(self, keymap: Mapping[str, str] | None = None, actions: Sequence[Action] = ACTIONS) -> None:
        super().__init__()
        self._keymap = dict(keymap or {})
        self._actions = actions

    def compose(self) -> ComposeResult:
        """Yield the table, and a footer that says how to leave."""
        with Vertical() as frame:
            frame.border_title = "Keys"
            yield KeyTable(self._keymap, self._actions)
        yield KeyFooter([action for action in self._actions if action.group == "help"])

    def on_resize(self, event: events.Resize) -> None:
        """Give the table the lines that the frame and the footer leave."""
        self.query_one(KeyTable).styles.max_height = max(3, event.size.height - _AROUND)
