"""Shows what happened in the built-in sandbox, the newest first, and where the app shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.actions import bindings_for
from tui.sandbox.words import NEXT_ACT, NO_DAY, ROOM_NAMES, TAKEN_ONCE
from tui.text import content, paragraph, plain, wrap
from tui.widgets.modal import Modal

if TYPE_CHECKING:
    from data.practice.control import PlayedAct, PlayedDays

_SAID_WIDTH: Final = 43
"""Cells of what happened, in the narrowest dialog."""
_INDENT: Final = "\n" + " " * 21


class DayDialog(Modal[None]):
    """Shows what was played, until one of the closing keys is pressed. The arrow keys scroll."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("help")]
    DEFAULT_CSS = """
    DayDialog {
        align: center middle;
        & > Vertical {
            width: 74; max-width: 98%; height: auto; max-height: 90%;
            padding: 1 2; background: $surface; border: round $primary;
            border-title-color: $foreground; border-title-style: bold;
        }
        & VerticalScroll { height: auto; max-height: 100%; }
        & Static { height: auto; }
        &.-tiny > Vertical { padding: 0 2; }
    }
    """

    def __init__(self, played: PlayedDays, local: Callable[[float], datetime]) -> None:
        super().__init__()
        self._played = played
        self._local = local

    def compose(self) -> ComposeResult:
        """Yield the acts in their frame."""
        with Vertical() as frame:
            frame.border_title = "What happened today in the sandbox"
            with VerticalScroll():
                yield Static(content("\n").join(self._lines()))

    def _lines(self) -> list[Content]:
        played = self._played
        lines = [self._line(act) for act in reversed(played.acts)] or [plain(NO_DAY)]
        if played.next is not None:
            after = NEXT_ACT.format(at=f"{self._local(played.next):%H:%M}")
            lines.insert(0, plain(after, "$foreground-muted"))
        return [*lines, plain(""), paragraph("\n".join(wrap(TAKEN_ONCE, 66)), "$foreground-muted")]

    def _line(self, act: PlayedAct) -> Content:
        return content(
            "[$foreground-muted]$at  $room[/]  $said",
            at=f"{self._local(act.at):%H:%M}",
            room=f"{ROOM_NAMES[act.room]:<12}",
            said=paragraph(_INDENT.join(wrap(act.said, _SAID_WIDTH))),
        )
