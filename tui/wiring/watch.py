"""Rounds of the watch over a profile's desk, and the status of a profile's watch."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from random import SystemRandom
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from msgspec import Struct

from core.automatic.records import AutomaticWork, StandingOrder
from core.automatic.resumption import Resumption
from core.automatic.schedule import JobName, JobOutcome, Schedule
from core.automatic.standing_orders import StandingOrders
from core.automatic.watch import RoundReport, Watch, WatchEvent
from core.automatic.watch_status import JobStatus, WatchStatus
from core.errors import BookClosed, DeskError
from data.book.lock import Lock
from data.inbox import Inbox
from data.settings import Settings
from data.vendors.http import drift
from tui.wiring.book import ROUND, open_book, stop_file, watch_file
from tui.wiring.clock import WallClock
from tui.wiring.desk import KeptOpen, open_connections, open_desk
from tui.wiring.systems import CONTACT_SYSTEMS, contact_systems, inbox_folder
from tui.wiring.watch_jobs import Deadline, WatchJobs, WatchTerms, Work

if TYPE_CHECKING:
    from tui.wiring.desk import Desk

T = TypeVar("T")

LOCKED: Final = "book-locked"


class RoundOpener(Protocol):
    """Opens the desk of a round, as `open_desk` does."""

    def __call__(self, *, write: bool) -> AbstractAsyncContextManager[Desk]:
        """Open a desk to look, or one to work."""


class DeskRounds:
    """Carries out the jobs on one book. Honours `core.automatic.watch.Rounds`.

    `holder` returns the name of the app or command that has the book open, or "". `has_news` says whether deliveries
    wait. `has_changes` says whether something has changed at the vendors that the book lacks: a desk that can write
    writes it down at its end.
    """

    def __init__(
        self,
        opener: RoundOpener,
        jobs: WatchJobs,
        holder: Callable[[], str],
        has_news: Callable[[], bool],
        is_stopped: Callable[[], bool],
        has_changes: Callable[[], bool] = lambda: False,
    ) -> None:
        self._open = opener
        self._jobs = jobs
        self._holder = holder
        self._has_news = has_news
        self._is_stopped = is_stopped
        self._has_changes = has_changes
        self._was_stopped = False
        self._had_order = False
        self._put_off: set[JobName] = set()

    async def news(self) -> Collection[JobName]:
        """See `Rounds.news`: deliveries are for the milestones; a stop that was lifted is for every job."""
        stopped, before = await asyncio.to_thread(self._is_stopped), self._was_stopped
        self._was_stopped = stopped
        if before and not stopped:
            return tuple(JobName)
        return (JobName.MILESTONES,) if await asyncio.to_thread(self._has_news) else ()

    async def run(self, jobs: Sequence[JobName], ending: asyncio.Event) -> RoundReport:
        """See `Rounds.run`."""
        try:
            if holder := await asyncio.to_thread(self._holder):
                return RoundReport(left_to=holder)
            async with self._open(write=False) as looking:
                if await self._is_ended(looking):
                    return RoundReport(is_ended=True)
                outcomes, works = await _until(ending, self._look(looking, jobs)) or ({}, {})
                version = looking.book.version
            if (works or self._has_changes()) and not ending.is_set():
                async with self._open(write=True) as desk:
                    return await self._work(desk, version, outcomes, works, ending)
        except BookClosed as error:
            if error.code == LOCKED:
                return RoundReport(left_to="another process")
            return RoundReport(dict.fromkeys(jobs, _failed(error)))
        except DeskError as error:
            return RoundReport(dict.fromkeys(jobs, _failed(error)))
        return RoundReport(outcomes)

    async def _is_ended(self, desk: Desk) -> bool:
        """Return True if there were standing orders in this run, and a person has ended them."""
        orders = await desk.book.all(StandingOrder)
        is_ended = self._had_order and not orders
        self._had_order = bool(orders)
        return is_ended

    async def _look(
        self, looking: Desk, jobs: Sequence[JobName]
    ) -> tuple[dict[JobName, JobOutcome], dict[JobName, Work]]:
        """Let each job look. Return the outcomes of those that have nothing to do, and the work of the others."""
        outcomes: dict[JobName, JobOutcome] = {}
        works: dict[JobName, Work] = {}
        for job in jobs:
            try:
                found = await self._jobs.look(job)(looking)
            except BookClosed:
                raise
            except DeskError as error:
                outcomes[job] = _failed(error)
                continue
            if isinstance(found, JobOutcome):
                outcomes[job] = found
            else:
                works[job] = found
        return outcomes, works

    async def _work(
        self,
        desk: Desk,
        version: tuple[int, int],
        outcomes: dict[JobName, JobOutcome],
        works: dict[JobName, Work],
        ending: asyncio.Event,
    ) -> RoundReport:
        if (barred := desk.book.read_only) is not None:
            if desk.book.holder is None:
                raise barred
            return RoundReport(outcomes, left_to=str(desk.book.holder))
        if (
            desk.book.version != version
        ):  # somebody wrote in between, so the looks are old, and the jobs stay due
            return RoundReport(outcomes)
        deadline = Deadline(ROUND, ending)
        in_turn = sorted(works, key=lambda job: job not in self._put_off)  # those that had no time come first
        self._put_off.clear()
        for job in in_turn:
            work = works[job]
            if not deadline.left:
                self._put_off.add(job)  # it stays due
                continue
            try:
                outcomes[job] = await work(desk, deadline)
            except BookClosed:
                raise
            except DeskError as error:
                outcomes[job] = _failed(error)
        self._had_order = bool(await desk.book.all(StandingOrder))
        return RoundReport(outcomes)


async def _until(ending: asyncio.Event, work: Awaitable[T]) -> T | None:
    """Wait for a look, and cancel it once the watch is told to end: a look changes nothing."""
    looking, ended = asyncio.ensure_future(work), asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait({looking, ended}, return_when=asyncio.FIRST_COMPLETED)
        return looking.result() if looking.done() else None
    finally:
        looking.cancel()
        ended.cancel()
        await asyncio.gather(looking, ended, return_exceptions=True)


def _failed(error: DeskError) -> JobOutcome:
    return JobOutcome(error.code, said=(f"{error.message} {error.fix}".strip(),))


def jobs_of(settings: Settings) -> tuple[JobName, ...]:
    """Return the jobs that a profile needs."""
    jobs = [JobName.PUSHES]
    if contact_systems(settings) == CONTACT_SYSTEMS:
        jobs.append(JobName.MILESTONES)
        if settings.profile.auto_push:
            jobs.append(JobName.NEW_USERS)
    return (*jobs, JobName.DUPLICATE_CHECKS)


def who_has_the_book(settings: Settings) -> str:
    """Return the app or command that has a profile's book open, as words; "" if nobody or a watch has it."""
    try:
        holder = Lock(settings.folder / "book.lock").holder_now()
    except OSError:
        return ""
    return "" if holder is None or holder.is_watch else str(holder)


class Backlog(Struct, frozen=True):
    """What a first watch finds that is older than itself: numbers of records.

    Each is None if there is a standing order already, or if the profile does not send that kind of work by itself.
    """

    milestones: int | None = None
    new_users: int | None = None

    @property
    def asks(self) -> bool:
        """True if a person has to give an order first."""
        return self.milestones is not None or self.new_users is not None


class WatchSetup:
    """Everything that a watch over a profile's book needs. `open` makes it."""

    def __init__(self, settings: Settings, kept: KeptOpen) -> None:
        self._settings = settings
        self._kept = kept

    @classmethod
    async def open(cls, settings: Settings, stack: AsyncExitStack) -> WatchSetup:
        """Make the connections, which are open until `stack` ends. Raises `UsageError`, `Unreachable`."""
        connections = await open_connections(settings, stack)
        return cls(settings, KeptOpen(connections, Resumption(WallClock(), SystemRandom()), {}))

    async def backlog(self) -> Backlog:
        """Look what there is before the first round. Reads the systems, and writes nothing.

        Raises `Unreachable`, `BookClosed`, `DeskError` (careful-start).
        """
        settings = self._settings
        async with open_desk(settings, write=False, watch=self._kept) as desk:
            if desk.orders is None or desk.milestones is None or desk.syncs is None:
                return Backlog()
            milestones, users = None, None
            if settings.profile.writes == "desk" and not await desk.orders.of(AutomaticWork.MILESTONES):
                milestones = len((await desk.milestones.look()).due)
            if settings.profile.auto_push and not await desk.orders.of(AutomaticWork.NEW_USERS):
                found = await desk.syncs.look_for_new_users()
                users = len(found.ids) if found is not None else None
            return Backlog(milestones, users)

    def watch(self, terms: WatchTerms, tell: Callable[[WatchEvent], None]) -> Watch:
        """Return the watch. `tell` gets each event."""
        settings, clock = self._settings, WallClock()
        rounds = DeskRounds(
            lambda *, write: open_desk(settings, write=write, watch=self._kept),
            WatchJobs(self._kept.resumption, terms, clock),
            lambda: who_has_the_book(settings),
            Inbox(inbox_folder(settings)).has_news,
            stop_file(settings).is_set,
            drift.has_news,
        )
        names, now, file = jobs_of(settings), clock.now(), watch_file(settings)
        before = file.read()
        jobs = tuple(before.job(name) if before is not None else JobStatus(name) for name in names)
        status = WatchStatus(os.getpid(), settings.operator, now, now, jobs)
        return Watch(rounds, Schedule(names, clock, SystemRandom()), status, clock, file.keep, tell)


async def end_watch(settings: Settings) -> list[StandingOrder]:
    """End the standing orders of a profile, and with them its watch. Return the orders. Raises `BookClosed`."""
    book = await open_book(settings, write=True)
    try:
        return await StandingOrders(book, settings.operator, WallClock()).end()
    finally:
        book.close()
