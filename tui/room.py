"""What every room has in common: the top bar, the footer, and what the app tells every room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from tui.action_model import NamesKeys, SaysWhyNot
from tui.widgets.key_footer import KeyFooter
from tui.widgets.line_view import LineView
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.timer import Timer

    from core.contacts.model import Verdict
    from core.contacts.review.queue import Cost
    from core.errors import DeskError
    from core.overview.model import CardsKnown
    from tui.app import DeskApp
    from tui.messages import PushChanged
    from tui.wiring import Desk

ROOMS = {
    "overview": "0 Overview",
    "cards": "1 Cards",
    "contacts": "2 Contacts",
    "milestones": "3 Milestones",
    "activity": "4 Activity",
}
"""The rooms with their keys."""


class HearsPushes:
    """A screen or dialog that hears of every change of a push."""

    def push_changed(self, event: PushChanged) -> None:
        """Show the new state of a push."""


class HearsStop:
    """A screen or dialog that hears when all sending is stopped, and when it goes on."""

    def stop_changed(self) -> None:
        """Show whether all sending is stopped."""


class Room(Screen[None], HearsPushes, NamesKeys, SaysWhyNot):
    """One of the app's rooms."""

    room: ClassVar[str]
    # Textual declares these as plain class attributes, not as ClassVar.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]  # noqa: RUF012 - declared by Textual, as said above
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012 - as above

    _was_shown = False

    def begin(self, app: DeskApp) -> None:
        """Take over what the app has, before anything of the room is styled: its size and its present theme."""
        for edges, cells in (
            (self.HORIZONTAL_BREAKPOINTS, app.size.width),
            (self.VERTICAL_BREAKPOINTS, app.size.height),
        ):
            self.add_class(next(name for least, name in reversed(edges) if cells >= least), update=False)
        self._css_update_count = app._css_update_count  # noqa: SLF001 - Textual has no public way

    @on(events.ScreenResume)
    def _style_once(self, event: events.ScreenResume) -> None:
        """Style nothing again when the room is shown for the first time: its widgets were styled as they came."""
        event.refresh_styles = self._was_shown
        self._was_shown = True

    def _compositor_refresh(self) -> None:
        """Paint nothing while the app collects changes: Textual renders the whole screen, and shows nothing of it."""
        if self.app._batch_count:  # noqa: SLF001 - Textual has no public way
            self.refresh()
        else:
            super()._compositor_refresh()

    NEEDS_LINES: ClassVar[frozenset[str]] = frozenset({"copy"})
    """The actions that do nothing while the list in focus is empty, by their names."""

    def footer_of(self, action: str) -> str | None:
        """Leave out of the footer what needs a line while the list in focus has none."""
        is_empty = isinstance(self.focused, LineView) and not self.focused.line_total
        return "" if is_empty and action in self.NEEDS_LINES else None

    def compose(self) -> ComposeResult:
        """Yield the top bar, the room, the footer."""
        bar = TopBar(ROOMS, self.room)
        self.desk_app.header.fill(bar)
        yield bar
        yield from self.compose_room()
        yield KeyFooter()

    def compose_room(self) -> ComposeResult:
        """Yield what is between the two bars: nothing, unless the room overrides this."""
        return ()

    @property
    def desk_app(self) -> DeskApp:
        """The app, typed."""
        return cast("DeskApp", self.app)

    @property
    def desk(self) -> Desk | None:
        """The desk, once it is open."""
        return self.desk_app.desk

    def desk_opened(self, desk: Desk) -> None:
        """Show what the desk holds: it is open now."""

    def desk_failed(self, error: DeskError) -> None:
        """Show why the desk could not be opened."""

    def milestones_seen(self) -> None:
        """Show what the watch over the milestones found, or why it found nothing."""

    def map_changed(self) -> None:
        """Plan again: the desk uses another field map."""

    # -- what a saved view holds of a room, with the words of its filter and the sorting ------------------------

    def choices(self) -> Mapping[str, str]:
        """Return what is chosen now, such as {"stage": "Lead"}: only rows that have it are shown."""
        return {}

    def choose(self, choices: Mapping[str, str]) -> None:
        """Choose this and nothing else."""

    def predicate_of(self, choices: Mapping[str, str]) -> Callable[[Any], bool] | None:  # noqa: ARG002 - no choices
        """Return whether a row has what is chosen; None if all rows have it."""
        return None

    # -- what the overview asks of a room --------------------------------------------------------------

    def known_cards(self) -> CardsKnown | None:
        """Return what this room has read of the cards; None if it has read none."""
        return None

    def known_match(self) -> tuple[float, Mapping[Verdict, int], Mapping[Cost, int]] | None:
        """Return when the match of this room was made, its rows by verdict, and its open questions by cost."""
        return None

    def show_only(self, words: str) -> None:
        """Show what holds these words in the room's list, or everything with ""."""
        for box in self.query(Input):
            box.value = words
            return

    _timers_while_shown: tuple[Timer, ...] = ()

    def while_shown(self, seconds: float, act: Callable[[], None]) -> None:
        """Call `act` every `seconds` seconds while the room is shown. A hidden room need not wake the app."""
        self._timers_while_shown = (*self._timers_while_shown, self.set_interval(seconds, act))

    @on(events.ScreenSuspend)
    def _pause_timers(self) -> None:
        for timer in self._timers_while_shown:
            timer.pause()

    @on(events.ScreenResume)
    def _resume_timers(self) -> None:
        for timer in self._timers_while_shown:
            timer.resume()
