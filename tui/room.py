"""What every room is: a screen with the top bar and the footer, told by the app of its desk and of pushes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen

from tui.widgets.key_footer import KeyFooter
from tui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from core.errors import DeskError
    from tui.app import DeskApp
    from tui.messages import PushChanged
    from tui.wiring import Desk

ROOMS = {"cards": "1 Cards", "contacts": "2 Contacts", "milestones": "3 Milestones", "activity": "4 Activity"}
"""The rooms with their keys."""
GRACE = 0.5
"""Seconds after a dialog was painted in which no key confirms: a key meant for the room sends nothing."""


class HearsPushes:
    """A screen or dialog that the app tells of every push."""

    def push_changed(self, event: PushChanged) -> None:
        """A push moved on."""


class Room(Screen[None], HearsPushes):
    """One of the app's rooms."""

    room: ClassVar[str]
    # Textual declares these as plain class attributes, not as ClassVar.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        """Give the top bar, the room, the footer."""
        yield TopBar(ROOMS, self.room)
        yield from self.compose_room()
        yield KeyFooter()

    def compose_room(self) -> ComposeResult:
        """Give what is between the two bars: nothing, unless the room overrides this."""
        return ()

    @property
    def desk_app(self) -> DeskApp:
        """The app, by its own type."""
        return cast("DeskApp", self.app)

    @property
    def desk(self) -> Desk | None:
        """The desk, once it is open."""
        return self.desk_app.desk

    def desk_opened(self, desk: Desk) -> None:
        """The desk is open now."""

    def desk_failed(self, error: DeskError) -> None:
        """The desk could not be opened."""

    def milestones_seen(self) -> None:
        """The milestones were looked at, or could not be: the app says how they stand."""

    def map_changed(self) -> None:
        """The desk goes by another field map: what was planned by the old one is to be read again."""
