"""The part of a watch that a team's book adds: it sends with the other workers, and takes turns with them at the jobs.

Follows docs/protocol.md, "Several senders". Any number of watches work on one book; one of them does the jobs.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from core.automatic.resumption import TriedAgain
from core.automatic.watch import WatchEvent
from core.automatic.worker import Worker
from core.errors import BookClosed, HeldElsewhere, LeaseLost
from core.push.plan import Asset, System
from core.push.team.lease_keeper import LeaseKeeper
from tui.wiring.book import team_of
from tui.wiring.clock import WallClock
from tui.wiring.desk import open_desk

if TYPE_CHECKING:
    from core.errors import DeskError
    from core.push.ports import Lease
    from core.push.records import Push
    from core.push.team.ports import TeamBook
    from data.connections import Connection
    from data.settings import Settings
    from tui.wiring.desk import Desk

JOBS: Final = "watch"
"""The name of the lease on the jobs: milestones, new users, duplicate checks and the reconciliation."""
_SEEK_EVERY: Final = 5.0
"""Seconds between two tries to get the turn at the jobs, and between two looks whether it is still ours."""
_CARDS: Final = frozenset({Asset.CARD, Asset.FACT_FIND, Asset.NOTE, Asset.LINK, Asset.UNLINK})
_CONTACTS: Final = frozenset({Asset.SYNC, Asset.SHARE, Asset.INVITE, Asset.MILESTONE})


class Crew:
    """Sends what is queued on a team's book. `open_crew` makes it."""

    def __init__(self, settings: Settings, desk: Desk, team: TeamBook) -> None:
        self.connections: Mapping[System, Connection] = desk.connections
        self._settings = settings
        self._desk = desk
        self._team = team
        self._clock = WallClock()
        self._leases = LeaseKeeper(team, self._clock)
        self._ending = asyncio.Event()
        self._sought = asyncio.Event()
        self._others = ""
        self._tasks: list[asyncio.Task[None]] = []

    def who_does_the_jobs(self) -> str:
        """Return the name of the watch that has the turn at the jobs, or "" if it is this one."""
        return self._others

    async def start(self, tell: Callable[[WatchEvent], None]) -> None:
        """Begin to send. `tell` gets each push that ended here. Returns once it is known whose turn the jobs are."""

        def ended(push: Push) -> None:
            why = f" ({push.reason})" if push.reason else ""
            said = f"{push.asset.replace('-', ' ')} {push.subject}, confirmed by {push.operator}: {push.state}{why}."
            tell(WatchEvent(self._clock.now(), said))

        def failed(error: DeskError | None) -> None:
            said = "The book is there again." if error is None else f"{error.message} {error.fix}"
            tell(WatchEvent(self._clock.now(), said, code="" if error is None else error.code))

        worker = Worker(
            secrets.token_hex(4),
            self._desk.can_push,
            self._team,
            self._clock,
            assets_of(self._settings, self._desk),
            ended=ended,
            failed=failed,
        )
        self._tasks = [
            asyncio.create_task(work)
            for work in (worker.run(self._ending), self._try_again(ended), self._seek_turn())
        ]
        await asyncio.wait(
            {asyncio.ensure_future(self._sought.wait()), *self._tasks}, return_when=asyncio.FIRST_COMPLETED
        )

    async def end(self) -> None:
        """Claim nothing more, and leave the jobs to others. The desk finishes what is under way when it closes."""
        self._ending.set()
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _try_again(self, ended: Callable[[Push], None]) -> None:
        """Try again what a failed connection has paused here, in growing intervals."""
        resumption = self._desk.resumption
        if resumption is None:
            return
        async for event in resumption.run(self._desk.can_push):
            if isinstance(event, TriedAgain):
                event.run.add_done_callback(
                    lambda run: None if run.cancelled() or run.exception() else ended(run.result())
                )

    async def _seek_turn(self) -> None:
        """Hold the lease on the jobs if nobody else does, for as long as it is ours."""
        while True:
            try:
                async with self._leases.hold(JOBS, _nothing):
                    self._others = ""
                    self._sought.set()
                    while True:
                        await asyncio.sleep(_SEEK_EVERY)
                        await self._leases.ensure(JOBS)
            except (HeldElsewhere, LeaseLost, BookClosed):
                self._others = await self._name_of_holder()
            self._sought.set()
            await asyncio.sleep(_SEEK_EVERY)

    async def _name_of_holder(self) -> str:
        try:
            held = [lease for lease in await self._team.held(JOBS) if lease.name == JOBS]
        except BookClosed:
            held = []
        return f"the watch of {held[0].operator} on {held[0].host}" if held else "another watch"


async def open_crew(settings: Settings, stack: AsyncExitStack) -> Crew:
    """Open the desk with which a watch sends, until `stack` ends. Raises what `open_desk` and `Desk.can_push` raise."""
    desk = await stack.enter_async_context(open_desk(settings, write=True, is_worker=True))
    team = team_of(desk.book)
    if team is None:
        raise AssertionError("only a team's book has a crew")
    _ = desk.can_push
    crew = Crew(settings, desk, team)
    stack.push_async_callback(crew.end)
    return crew


def assets_of(settings: Settings, desk: Desk) -> frozenset[Asset]:
    """Return what a worker of this profile can send: that of which it can read the source again.

    Cards that come from files are on the machine of the desk that confirmed them, so that desk sends them.
    """
    cards = settings.profile.brokerengine
    assets = frozenset({Asset.UNDO})
    if settings.embedded or (cards is not None and cards.url):
        assets |= _CARDS
    if desk.syncs is not None:
        assets |= _CONTACTS
    return assets


async def _nothing(lease: Lease) -> None:
    """Do nothing with the lease on the jobs: rounds ask who has it."""
