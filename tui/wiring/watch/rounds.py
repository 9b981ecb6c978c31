"""Rounds of the watch over a profile's desk, and the status of a profile's watch."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from random import SystemRandom
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from msgspec import Struct

from core.automatic.backoff import NEEDS_A_WORD
from core.automatic.brake import Brake
from core.automatic.records import AutomaticWork, BrakedRound, StandingOrder
from core.automatic.resumption import Resumption
from core.automatic.schedule import JobName, JobOutcome, Schedule
from core.automatic.standing_orders import StandingOrders
from core.automatic.watch import RoundReport, Watch, WatchEvent
from core.automatic.watch_status import JobStatus, WatchStatus
from core.contacts.match.known_links import HeldLinks
from core.contacts.match.live.held import HeldMatch
from core.contacts.reading.shortfall import ShortRead
from core.errors import BookClosed, DeskError
from data.book.lock import Lock
from data.inbox import Inbox
from data.scale.choice import find_groups
from data.settings import Settings
from data.vendors.http import drift
from tui.wiring.book import ROUND, open_book, stop_file, watch_file
from tui.wiring.clock import WallClock, desk_time
from tui.wiring.contacts import short_reads
from tui.wiring.desk import KeptOpen, open_connections, open_desk
from tui.wiring.reconcile import WeeklyReconciliation
from tui.wiring.systems import CONTACT_SYSTEMS, contact_systems, copies_folder, inbox_folder
from tui.wiring.watch.crew import Crew, open_crew
from tui.wiring.watch.jobs import Deadline, WatchJobs, WatchTerms, Work

if TYPE_CHECKING:
    from tui.wiring.book import OpenBook
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
    wait. `state` returns how the files are in which a person's word is: another value means that somebody wrote.
    `has_changes` says whether something has changed at the vendors that the book lacks: a desk that can write writes
    it down at its end.
    """

    def __init__(
        self,
        opener: RoundOpener,
        jobs: WatchJobs,
        holder: Callable[[], str],
        has_news: Callable[[], bool],
        is_stopped: Callable[[], bool],
        state: Callable[[], object],
        *,
        has_changes: Callable[[], bool] = lambda: False,
        had_order: bool = False,
    ) -> None:
        """`had_order` is True if a standing order holds when the watch begins."""
        self._open = opener
        self._jobs = jobs
        self._holder = holder
        self._has_news = has_news
        self._is_stopped = is_stopped
        self._has_changes = has_changes
        self._state = state
        self._need_word = frozenset[JobName]()
        """The jobs that wait for a person's word."""
        self._state_then: object = None
        """How the files were when these jobs ran."""
        self._was_stopped = False
        self._had_order = had_order
        self._put_off: set[JobName] = set()

    async def news(self) -> Collection[JobName]:
        """See `Rounds.news`: deliveries are for the milestones; a stop that was lifted is for every job.

        What somebody wrote may be the word for which jobs wait.
        """
        stopped, before = await asyncio.to_thread(self._is_stopped), self._was_stopped
        self._was_stopped = stopped
        if before and not stopped:
            return tuple(JobName)
        jobs = {JobName.MILESTONES} if await asyncio.to_thread(self._has_news) else set[JobName]()
        if self._need_word and await asyncio.to_thread(self._state) != self._state_then:
            jobs |= self._need_word
        return jobs

    async def run(self, jobs: Sequence[JobName], ending: asyncio.Event) -> RoundReport:
        """See `Rounds.run`."""
        report = await self._run(jobs, ending)
        held = {
            job
            for job, outcome in report.outcomes.items()
            if outcome.code in NEEDS_A_WORD and job is not JobName.RECONCILE
        }  # a reconciliation takes minutes: it is not made again whenever somebody writes
        self._need_word = (self._need_word - report.outcomes.keys()) | held
        if self._need_word:
            self._state_then = await asyncio.to_thread(self._state)
        return report

    async def _run(self, jobs: Sequence[JobName], ending: asyncio.Event) -> RoundReport:
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
            if job is JobName.RECONCILE and works:
                continue  # it takes minutes, and would make the looks of the others old: it stays due
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
            return RoundReport(outcomes, left_to=desk.book.holder.words(desk.local))
        if not desk.book.is_shared and desk.book.version != version:
            # Somebody wrote in between, so the looks are old, and the jobs stay due. On a shared book somebody always
            # writes: there each push is checked before it is sent, and only one watch does the jobs.
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
    """Wait for a look, and cancel it once the watch has to end: a look changes nothing."""
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
    return (*jobs, JobName.DUPLICATE_CHECKS, JobName.RECONCILE)


def who_has_the_book(settings: Settings) -> str:
    """Return the app or command that has a profile's book open, as words; "" if nobody or a watch has it."""
    try:
        holder = Lock(settings.folder / "book.lock").holder_now()
    except OSError:
        return ""
    return "" if holder is None or holder.is_watch else holder.words(desk_time(settings))


class Backlog(Struct, frozen=True):
    """What a first watch finds that is older than itself: numbers of records.

    Each is None if there is a standing order already, or if the profile does not send that kind of work automatically.
    `ids` are those of all these records.
    """

    milestones: int | None = None
    new_users: int | None = None
    ids: frozenset[str] = frozenset()

    @property
    def asks(self) -> bool:
        """True if a person has to give an order first."""
        return self.milestones is not None or self.new_users is not None


class WatchSetup:
    """Everything that a watch over a profile's book needs. `open` makes it."""

    def __init__(self, settings: Settings, kept: KeptOpen, crew: Crew | None = None) -> None:
        self._settings = settings
        self._kept = kept
        self._crew = crew

    @classmethod
    async def open(cls, settings: Settings, stack: AsyncExitStack, *, stays: bool) -> WatchSetup:
        """Make the connections, which are open until `stack` ends. A watch of a team's book that `stays` also sends.

        Raises `UsageError`, `Unreachable`, `BookClosed`.
        """
        crew = await open_crew(settings, stack) if stays and settings.has_team_book else None
        connections = crew.connections if crew is not None else await open_connections(settings, stack)
        resumption, match = Resumption(WallClock(), SystemRandom()), HeldMatch(find_groups)
        kept = KeptOpen(connections, resumption, {}, match, HeldLinks())
        return cls(settings, kept, crew)

    async def backlog(self) -> Backlog:
        """Look what there is before the first round. Reads the systems, and writes nothing.

        Raises `Unreachable`, `BookClosed`, `DeskError` (careful-start).
        """
        settings = self._settings
        async with open_desk(settings, write=False, watch=self._kept) as desk:
            if desk.orders is None or desk.milestones is None or desk.syncs is None:
                return Backlog()
            milestones, users = None, None
            ids = set[str]()
            if settings.profile.writes == "desk" and not await desk.orders.of(AutomaticWork.MILESTONES):
                due = (await desk.milestones.look()).due
                milestones = len(due)
                ids |= {line.name for line in due}
            if settings.profile.auto_push and not await desk.orders.of(AutomaticWork.NEW_USERS):
                found = await desk.syncs.look_for_new_users()
                users = len(found.ids) if found is not None else None
                ids |= set(found.ids) if found is not None else set()
            return Backlog(milestones, users, frozenset(ids))

    async def watch(self, terms: WatchTerms, tell: Callable[[WatchEvent], None]) -> Watch:
        """Return the watch. `tell` gets each event. Raises `BookClosed`.

        The orders are read before the watch says that it is alive: whoever ends them after that ends this watch too.
        """
        settings, clock, crew = self._settings, WallClock(), self._crew
        if crew is not None:
            await crew.start(tell)
        rounds = DeskRounds(
            lambda *, write: open_desk(settings, write=write, watch=self._kept),
            WatchJobs(self._kept.resumption, terms, clock, WeeklyReconciliation(settings, clock)),
            crew.who_does_the_jobs if crew is not None else lambda: who_has_the_book(settings),
            Inbox(inbox_folder(settings)).has_news,
            stop_file(settings).is_set,
            lambda: state_of_word(settings),
            has_changes=drift.has_news,
            had_order=await _has_order(settings),
        )
        names, now, file = jobs_of(settings), clock.now(), watch_file(settings)
        if crew is not None:
            names = tuple(name for name in names if name is not JobName.PUSHES)
        before = file.read()
        jobs = tuple(before.job(name) if before is not None else JobStatus(name) for name in names)
        status = WatchStatus(os.getpid(), settings.operator, now, now, jobs)
        return Watch(rounds, Schedule(names, clock, SystemRandom()), status, clock, file.keep, tell)


class WaitingForWord(Struct, frozen=True):
    """What of a profile waits for a person's word: rounds that the brake holds, and reads that lack records."""

    braked: tuple[BrakedRound, ...] = ()
    short: tuple[ShortRead, ...] = ()


async def waiting_for_word(settings: Settings) -> WaitingForWord:
    """Return what waits for a person's word, whoever noticed it. Asks no system. Raises `BookClosed`."""
    book = await open_book(settings, write=False)
    try:
        return WaitingForWord(
            tuple(await _brake(settings, book).waiting()), await asyncio.to_thread(short_reads, settings)
        )
    finally:
        book.close()


async def allow_round(settings: Settings, number: int) -> list[BrakedRound]:
    """Let the rounds that wait with this number go on once. Return them.

    Raises `DeskError` (another-number), `BookClosed`.
    """
    book = await open_book(settings, write=True)
    try:
        brake = _brake(settings, book)
        chosen = await brake.waiting_of(number)
        for braked in chosen:
            await brake.allow(braked)
        return chosen
    finally:
        book.close()


async def leave_round(settings: Settings, number: int) -> list[BrakedRound]:
    """Leave the rounds that wait with this number to a person. Return them. Raises what `allow_round` raises."""
    book = await open_book(settings, write=True)
    try:
        brake, orders = _brake(settings, book), StandingOrders(book, settings.operator, WallClock())
        chosen = await brake.waiting_of(number)
        for braked in chosen:
            await orders.leave(braked.what, braked.ids)
            await brake.forget(braked)
        return chosen
    finally:
        book.close()


def _brake(settings: Settings, book: OpenBook) -> Brake:
    return Brake(book, settings.profile.at_most, settings.operator, WallClock(), desk_time(settings))


def state_of_word(settings: Settings) -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of each file in which a person's word is: the book, and the counts of records."""
    found = []
    for path in (settings.folder / "book.log", *sorted(copies_folder(settings).glob("*.count"))):
        with suppress(OSError):
            stat = path.stat()
            found.append((path.name, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


async def _has_order(settings: Settings) -> bool:
    """Return True if a standing order holds. Raises `BookClosed`."""
    book = await open_book(settings, write=False)
    try:
        return bool(await book.all(StandingOrder))
    finally:
        book.close()


async def end_watch(settings: Settings) -> list[StandingOrder]:
    """End the standing orders of a profile, and with them its watch. Return the orders. Raises `BookClosed`.

    What waited for a person's word waits no more.
    """
    book = await open_book(settings, write=True)
    try:
        brake = _brake(settings, book)
        for braked in await brake.waiting():
            await brake.forget(braked)
        return await StandingOrders(book, settings.operator, WallClock()).end()
    finally:
        book.close()
