"""The overview room: the day, the week, what waits; each number leads to its list. Reads the book, asks no system."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from core.errors import DeskError
from tui.actions import bindings_for
from tui.overview.known import read_overview
from tui.overview.lines import OverviewColumn
from tui.room import Room
from tui.words.overview import columns_of, in_one_column

if TYPE_CHECKING:
    from textual import events

    from core.overview.model import DeskOverview
    from core.overview.use_cases import OverviewUseCases
    from tui.messages import PushChanged
    from tui.wiring import Desk

LOOK_EVERY: Final = 5.0
"""Seconds after which the ages of the answers are shown again."""
WIDE: Final = 120
"""From how many columns on there are two columns of lines."""


class OverviewScreen(Room):
    """The lines of the overview: in two columns where there is room, else one below the other."""

    room = "overview"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("overview")]
    CSS_PATH = "screen.tcss"

    def __init__(self) -> None:
        super().__init__()
        self._use_cases: OverviewUseCases | None = None
        self.seen: DeskOverview | None = None
        """The overview as it is shown; None before the book was read."""

    def compose_room(self) -> ComposeResult:
        """Yield the two columns."""
        with Horizontal(id="overview"):
            yield OverviewColumn(id="overview-left")
            yield OverviewColumn(id="overview-right")

    def on_mount(self) -> None:
        """Start in the first column, and show ages as they pass."""
        self._left.placeholder = "Reading the book …"
        self.set_focus(self._left)
        self.while_shown(LOOK_EVERY, self._age)

    def desk_opened(self, desk: Desk) -> None:
        """Read the book."""
        self._use_cases = desk.overview
        self.look()

    def desk_failed(self, error: DeskError) -> None:
        """Show in place of the overview why there is none."""
        self._left.placeholder = f"{error.message}\n\n{error.fix}"
        self._left.placeholder_tone = "bad"

    def push_changed(self, event: PushChanged) -> None:
        """Show the new state of a push."""
        if self._use_cases is not None:
            self._use_cases.push_changed(event.push)
            if self.is_current:
                self.look()

    def milestones_seen(self) -> None:
        """Show how many milestones wait now."""
        if self.is_current:
            self.look()

    def on_screen_resume(self) -> None:
        """Show what other rooms have read since."""
        self.look()

    def on_resize(self, event: events.Resize) -> None:
        """Use one column or two."""
        self._show(event.size.width)

    # -- what is shown ---------------------------------------------------------------------------------

    def _age(self) -> None:
        """Show how old everything is by now."""
        self.look()

    @work(exclusive=True, group="overview")
    async def look(self) -> None:
        """Read the book again, and show that with what the app knows."""
        desk, use_cases = self.desk, self._use_cases
        if desk is None or use_cases is None:
            return
        try:
            self.seen = await read_overview(self.desk_app, desk, use_cases)
        except DeskError as error:
            self.desk_failed(error)
            return
        self._show(self.size.width)

    def _show(self, width: int) -> None:
        if self.seen is None:
            return
        shown = (self.seen, self.desk_app.local, self.desk_app.titles)
        self._right.display = width >= WIDE
        if self._right.display:
            left, right = columns_of(*shown)
            self._left.show(left)
            self._right.show(right)
        else:
            self._left.show(in_one_column(*shown))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer no filter: each list has its own."""
        return False if action == "filter" else super().check_action(action, parameters)

    # -- actions ---------------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Return why an action can't be done."""
        if action == "next_column" and not self._right.display:
            return "There is one column: it scrolls."
        return ""

    @on(OverviewColumn.Chosen)
    async def _chosen(self, event: OverviewColumn.Chosen) -> None:
        await self.desk_app.rooms.go_to(event.to.room, event.to.words)

    def action_next_column(self) -> None:
        """Go to the other column."""
        if self._right.display:
            self.set_focus(self._left if self._right.has_focus else self._right)

    def action_read_overview(self) -> None:
        """Ask each system, and show everything again."""
        self.desk_app.look_at_systems()
        self.desk_app.milestone_watch.read()
        self.look()

    @property
    def _left(self) -> OverviewColumn:
        return self.query_one("#overview-left", OverviewColumn)

    @property
    def _right(self) -> OverviewColumn:
        return self.query_one("#overview-right", OverviewColumn)
