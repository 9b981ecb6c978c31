"""The base of all dialogs: Textual's modal screen with help, copying and a footer of its own. Knows no room.

The screen below is dimmed quickly. Textual dims it again for each frame of a dialog, and blends the colours of each
piece of text anew. A screen has some dozen styles and hundreds of pieces, so each style is blended once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import ClassVar

from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.color import Color
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import active_worker

from tui.action_model import NamesKeys
from tui.actions import bindings_of
from tui.text import notify
from tui.widgets.key_footer import KeyFooter
from tui.widgets.top_bar import TopBar

CLOSE_FIRST = "Close this dialog first."
"""Why a room that was clicked behind a dialog is not shown."""


class Modal(ModalScreen[ScreenResultType], NamesKeys):
    """A screen over another one, which stays visible and is dimmed.

    On a terminal of few lines the top line stays visible, because it shows whether the profile is live. The answers
    stay visible too; what is asked scrolls above them.
    """

    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (18, "-roomy")]  # noqa: RUF012 - Textual's own form
    DEFAULT_CSS = "Modal AnswerBar { dock: bottom; }"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of("help", "copy", "whole-value")]
    _close_on_top: Callable[[], object] | None = None

    def footer_of(self, action: str) -> str | None:
        """Leave copying out of the footer: few dialogs show a value."""
        return "" if action == "copy" else None

    def _extend_compose(self, widgets: list[Widget]) -> None:
        """Add a footer with the dialog's keys, unless the dialog has its own."""
        if not any(isinstance(widget, KeyFooter) for widget in widgets):
            widgets.append(KeyFooter())
        super()._extend_compose(widgets)

    @property
    def is_on_top(self) -> bool:
        """True if no other screen lies over the dialog. (Textual's `is_current` is also true below another dialog.)"""
        return bool(self.app.screen_stack) and self.app.screen is self

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close the dialog and end its own work: the work would look for widgets that are gone already.

        Work that calls this goes on, and so does work that the app owns. Textual closes the screen on top, whichever
        that is. So a dialog that lies below another one closes when it is on top again, and one that is closed already
        does nothing.
        """
        for worker in self.app.workers:
            if worker.node is self and worker is not active_worker.get(None):
                worker.cancel()
        if self.is_on_top:
            return super().dismiss(result)
        if self in self.app.screen_stack:
            self._close_on_top = lambda: self.dismiss(result)
        return AwaitComplete()

    @on(events.ScreenResume)
    def _on_top_again(self) -> None:
        if self._close_on_top is not None:
            self._close_on_top()

    async def on_click(self, event: events.Click) -> None:
        """Go to the room, or to Connections, of which the name was clicked behind the dialog.

        The dialog is closed as Escape closes it, unless something is typed in it.
        """
        behind = self.app.screen_stack[0].query(TopBar)
        action = next((bar.action_at(event) for bar in behind), "")
        if not action or event.widget is not self:
            return
        escape = self.active_bindings.get("escape")
        if escape is None or self._has_text:
            notify(self.app, CLOSE_FIRST, severity="warning")
            return
        await self.app.run_action(escape.binding.action, escape.node)
        if self not in self.app.screen_stack:
            self.app.call_later(self.app.run_action, action)

    @property
    def _has_text(self) -> bool:
        """True if a line that a person typed would be lost with the dialog. The text of a note is kept as a draft."""
        return any(box.value for box in self.query(Input))

    def render(self) -> RenderableType:
        """Return what lies below the dialog's own widgets."""
        below = super().render()
        return _DimmedScreen(below.screen, below.color) if isinstance(below, BackgroundScreen) else below


class _DimmedScreen(BackgroundScreen):
    """Textual's dimmed screen, which blends each style once."""

    @classmethod
    def process_segments(cls, segments: Iterable[Segment], color: Color) -> Iterable[Segment]:
        """Yield the segments as Textual would: dimmed, without links and actions."""
        for segment in segments:
            if segment.control:
                yield segment
            else:
                yield segment._replace(style=_dimmed(segment.style, color))


@lru_cache(maxsize=4096)
def _dimmed(style: Style | None, color: Color) -> Style | None:
    (segment,) = BackgroundScreen.process_segments((Segment("", style),), color)
    return segment.style
