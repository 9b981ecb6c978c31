"""The app's watch over the milestones: takes in what was received, every minute, whichever room is shown.

It sends nothing by itself until a person switches that on, and then only as long as the app runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Final

from textual import on, work
from textual.app import App

from core.errors import DeskError
from core.push.plan import Asset
from core.push.states import PushState
from tui.milestones.messages import MilestonesFailed, MilestonesSeen
from tui.text import notify

if TYPE_CHECKING:
    from core.milestones.use_cases import MilestoneUseCases, Overview
    from core.push.records import Push
    from tui.wiring import Desk

SUBJECT: Final = "milestone:"
"""What the subject of a milestone's push begins with, before its local id."""
EVERY: Final = 60.0
"""Seconds between two looks at what was received."""


class MilestoneWatch(App[str]):
    """The part of the app that watches.

    `milestones` is how everything stood when last looked at, `watch_trouble` why that may be old.
    """

    desk: Desk | None = None
    milestones: Overview | None = None
    watch_trouble: DeskError | None = None
    titles: dict[str, str]
    sends_milestones: bool = False
    """True once a person let what is due be sent by itself, in this run."""
    _at_it: bool = False
    _once_more: bool = False

    def begin_watch(self) -> None:
        """Look now, and every minute from now on."""
        if self.desk is not None and self.desk.milestones is not None:
            self.look_at_milestones()
            self.set_interval(EVERY, self.look_at_milestones)

    def look_at_milestones(self) -> None:
        """Take in what is new; look again where that calls for it."""
        self._look(lambda room: room.tick())

    def read_milestones(self) -> None:
        """Ask SimpleNexus and look at everything again."""
        self._look(lambda room: room.look())

    def decide_milestones(self, decide: Callable[[MilestoneUseCases], Awaitable[Overview]]) -> None:
        """Carry out what a person decided, and show where everything then stands."""
        self._look(decide, wait=False)

    def _look(self, how: Callable[[MilestoneUseCases], Awaitable[Overview]], *, wait: bool = True) -> None:
        """Begin a look; one that may wait is left to the one that is under way."""
        if self._at_it and wait:
            self._once_more = True
        else:
            self._watch(how)

    @work(group="milestones")
    async def _watch(
        self, how: Callable[[MilestoneUseCases], Awaitable[Overview]], *, may_send: bool = True
    ) -> None:
        room = self.desk.milestones if self.desk is not None else None
        if room is None:
            return
        self._at_it, self._once_more = True, False
        try:
            overview = await how(room)
            if self._once_more:
                overview = await room.look_again()
            if self.sends_milestones and may_send:
                await self._send([line.name for line in overview.due])
        except DeskError as error:
            self.post_message(MilestonesFailed(error))
        else:
            self.post_message(MilestonesSeen(overview))
        finally:
            self._at_it = False

    @work(group="milestones")
    async def send_milestones(self, names: Collection[str]) -> None:
        """Send these of what is due: a person said yes."""
        try:
            await self._send(names)
        except DeskError as error:
            self.post_message(MilestonesFailed(error))

    async def _send(self, names: Collection[str]) -> None:
        desk = self.desk
        if desk is None or desk.milestones is None or not names:
            return
        for push in await desk.milestones.begin(names, desk.can_push):
            self.run_push(push.push_id)

    def run_push(self, push_id: str) -> None:
        """Run a push that was begun; the app owns it."""
        raise NotImplementedError

    def milestone_pushed(self, push: Push) -> None:
        """A push of a milestone came to rest: what comes next of its contact may be due.

        One whose plan changed is planned anew at once, and sent by itself at the next minute at the earliest.
        """
        at_rest = push.state not in (PushState.QUEUED, PushState.RUNNING)
        if push.asset is Asset.MILESTONE and at_rest:
            self._watch(lambda room: room.look_again(), may_send=push.reason != "plan-changed")

    @on(MilestonesSeen)
    def _milestones_seen(self, event: MilestonesSeen) -> None:
        for notice in event.overview.notices:
            notify(self, notice, title="Received events", severity="warning")
        self.milestones, self.watch_trouble = event.overview, None
        for line in event.overview.lines:
            if line.name:
                self.titles[f"{SUBJECT}{line.name}"] = f"{line.milestone}, contact {line.contact}"
        self.tell_rooms_of_milestones()

    @on(MilestonesFailed)
    def _milestones_failed(self, event: MilestonesFailed) -> None:
        before, self.watch_trouble = self.watch_trouble, event.error
        if before is None or before.code != event.error.code:  # said once, not every minute
            said = f"{event.error.message}\n{event.error.fix}"
            notify(self, said, title="Milestones", severity="warning")
        self.tell_rooms_of_milestones()

    def tell_rooms_of_milestones(self) -> None:
        """Let the rooms show what was seen."""
        raise NotImplementedError
