"""The watch's weekly reconciliation on a virtual clock: at night, once a week, again after an outage, beside an app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from core.automatic import watch as watching
from core.automatic.resumption import Resumption
from core.automatic.schedule import JobName, Schedule
from core.automatic.watch import Watch, WatchEvent
from core.automatic.watch_status import WatchStatus, is_overdue
from core.automatic.weekly import QUIET_FROM, QUIET_UNTIL, WEEK
from core.errors import Unreachable
from core.flex.model import CardSummary
from core.local_forms import machine_zone
from core.push.plan import Entity
from core.reconcile.ports import RecordPage
from tests.support.fakes import FakeBook, LoopClock
from tests.support.virtual_time import virtually
from tests.unit.core.reconcile.test_flex_findings import Lists
from tui.wiring import settings_of
from tui.wiring.desk import Desk
from tui.wiring.receipts import receipt_use_cases
from tui.wiring.reconcile import MOST_OF_A_WATCH, WeeklyReconciliation
from tui.wiring.watch.jobs import TRY_AGAIN, WatchJobs, WatchTerms
from tui.wiring.watch.rounds import DeskRounds

HOUR = 3_600.0
DAY = 24 * HOUR


class FlexAtTimes(Lists):
    """A FLEX that can't be reached at times. `looks` are the times of its looks."""

    def __init__(self, clock: LoopClock) -> None:
        super().__init__(20_000)
        self.clock = clock
        self.is_down = False
        self.looks: list[float] = []

    async def listed(self, entity: Entity) -> AsyncGenerator[RecordPage, None]:
        if entity is Entity.PERSON:
            self.looks.append(self.clock.now())
        if self.is_down:
            raise Unreachable("unreachable", "FLEX can't be reached.")
        async for page in super().listed(entity):
            yield page


class Night:
    """A watch that does nothing but reconcile, in the home `path`."""

    def __init__(self, path: Path) -> None:
        self.clock = LoopClock()
        self.flex = FlexAtTimes(self.clock)
        self.book: Any = FakeBook()
        self.book.version, self.book.read_only, self.book.holder = (0, 0), None, None
        self.settings = settings_of(str(path), None)
        self.events: list[WatchEvent] = []
        self.statuses: list[WatchStatus] = []
        self.holder = ""
        self.weekly = WeeklyReconciliation(self.settings, self.clock)

    @asynccontextmanager
    async def open(self, *, write: bool) -> AsyncIterator[Desk]:
        """Open the desk of a round. A reconciliation never asks for the lock."""
        assert not write, "a reconciliation writes nothing"
        unused: Any = None

        async def cards() -> AsyncGenerator[list[CardSummary], None]:
            yield [CardSummary("C-1", "", "", "", "")]

        cards_alone: Any = SimpleNamespace(cards=cards)
        yield Desk(
            settings=self.settings,
            book=self.book,
            flex=cards_alone,
            notes=unused,
            fact_finds=unused,
            links=unused,
            undo=unused,
            engine=None,
            connections={},
            receipts=receipt_use_cases(self.settings, self.book, {}),
            flex_lists=self.flex,
        )

    def watch(self) -> Watch:
        jobs = WatchJobs(
            Resumption(self.clock, Random(1)), WatchTerms(self.clock.now()), self.clock, self.weekly
        )
        rounds = DeskRounds(self.open, jobs, lambda: self.holder, lambda: False, lambda: False, lambda: 0)
        now = self.clock.now()
        status = self.statuses[-1] if self.statuses else WatchStatus(1, "m.hale", now, now)
        schedule = Schedule((JobName.RECONCILE,), self.clock, Random(2))
        return Watch(rounds, schedule, status, self.clock, self.statuses.append, self.events.append)

    async def goes_on(self, seconds: float) -> None:
        """Let a new watch run for so long."""
        watch = self.watch()
        running = asyncio.ensure_future(watch.run())
        await asyncio.sleep(seconds)
        watch.end()
        await running

    def is_late(self) -> bool:
        status = self.statuses[-1]
        job = status.job(JobName.RECONCILE)
        return is_overdue(status, job, self.clock.now(), is_book_open=bool(self.holder))


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    monkeypatch.setattr(watching, "LOOK_EVERY", 300.0)
    return Night(tmp_path)


@virtually
async def test_the_watch_reconciles_in_the_first_night_and_then_once_a_week_at_night(night: Night) -> None:
    for _ in range(24):
        await night.goes_on(DAY)  # a unit that starts it again each day
        assert not night.is_late()
    looks = night.flex.looks
    assert len(looks) == 4
    assert looks[0] - 1_700_000_000.0 <= DAY
    assert all(QUIET_FROM <= machine_zone(at).hour < QUIET_UNTIL for at in looks)
    assert all(WEEK <= later - at <= WEEK + DAY for at, later in pairwise(looks))
    job = night.statuses[-1].job(JobName.RECONCILE)
    assert abs(job.last_success - looks[-1]) < HOUR, "a look at the clock is no run"
    assert [event.text for event in night.events] == [
        "Nothing differs, but not everything was compared. brokerdesk reconcile --last shows more."
    ] * 4
    kept = night.weekly.kept()
    assert (kept.by, kept.succeeded) == ("watch", looks[-1])
    assert night.flex.asked <= 4 * MOST_OF_A_WATCH


@virtually
async def test_after_an_outage_it_is_made_again_and_does_not_count_as_done(night: Night) -> None:
    night.flex.is_down = True
    await night.goes_on(2 * DAY)
    looks = night.flex.looks
    assert len(looks) > 5
    assert all(later - at >= TRY_AGAIN for at, later in pairwise(looks))
    late = looks[0] + DAY
    assert all(QUIET_FROM <= machine_zone(at).hour < QUIET_UNTIL for at in looks if at < late - DAY / 2)
    (told,) = [event for event in night.events if event.code and "FLEX" in event.text]
    assert (told.job, told.code) == (JobName.RECONCILE, "unreachable")
    kept = night.weekly.kept()
    assert kept.succeeded == 0
    assert kept.report is not None
    assert kept.report.failed
    night.flex.is_down = False
    await night.goes_on(DAY)
    assert night.weekly.kept().succeeded > 0


@virtually
async def test_an_outage_of_weeks_is_overdue(night: Night) -> None:
    await night.goes_on(2 * DAY)
    night.flex.is_down = True
    await night.goes_on(2 * WEEK - 2 * DAY)
    assert not night.is_late()
    await night.goes_on(3 * DAY)
    assert night.is_late()


@virtually
async def test_while_the_app_has_the_book_the_work_waits(night: Night) -> None:
    await night.goes_on(60)
    night.holder = "process 7"
    await night.goes_on(3 * DAY)
    assert night.flex.looks == []
    assert not night.is_late()
    night.holder = ""
    await night.goes_on(HOUR)
    assert len(night.flex.looks) == 1, "it is a day late, so the hour does not count"


@virtually
async def test_a_reconciliation_of_a_person_counts_for_the_week(night: Night) -> None:
    await night.goes_on(2 * DAY)
    begun = len(night.flex.looks)
    await asyncio.sleep(4 * DAY)
    async with night.open(write=False) as desk:
        await night.weekly.run(desk)
    await night.goes_on(4 * DAY)
    assert len(night.flex.looks) == begun + 1
