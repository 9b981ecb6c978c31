"""The watch itself: its signs of life in a long round, and what it says when a job ends well again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from itertools import pairwise
from random import Random

import pytest

from core.automatic.schedule import JobName, JobOutcome, Schedule
from core.automatic.watch import RoundReport, Watch, WatchEvent
from core.automatic.watch_status import HEARTBEAT, JobStatus, WatchEnd, WatchStatus
from tests.support.fakes import LoopClock
from tests.support.virtual_time import virtually

LONG = 20 * 60.0


class LongRounds:
    """Rounds that last 20 minutes each."""

    async def news(self) -> Collection[JobName]:
        return ()

    async def run(self, jobs: Sequence[JobName], ending: asyncio.Event) -> RoundReport:
        await asyncio.sleep(LONG)
        return RoundReport({job: JobOutcome() for job in jobs})


@virtually
async def test_a_long_round_gives_a_sign_of_life_every_minute() -> None:
    clock = LoopClock()
    statuses: list[WatchStatus] = []
    status = WatchStatus(1, "m.hale", clock.now(), clock.now())
    schedule = Schedule((JobName.RECONCILE,), clock, Random(1))
    watch = Watch(LongRounds(), schedule, status, clock, statuses.append, lambda event: None)
    assert await watch.run_once() is WatchEnd.ONCE
    times = [status.started, *(kept.alive_at for kept in statuses)]
    assert times[-1] - times[0] >= LONG
    assert all(after - before <= HEARTBEAT for before, after in pairwise(times))
    assert statuses[-1].job(JobName.RECONCILE).last_success == times[-1]


class GoodRounds(LongRounds):
    """Rounds in which every job ends well at once."""

    async def run(self, jobs: Sequence[JobName], ending: asyncio.Event) -> RoundReport:
        return RoundReport({job: JobOutcome() for job in jobs})


@pytest.mark.parametrize(
    ("before", "said"), [("unreachable", ["It works again."]), ("many-at-once", []), ("fewer-records", [])]
)
@virtually
async def test_what_waited_for_a_word_did_not_fail_so_it_does_not_work_again(
    before: str, said: list[str]
) -> None:
    clock = LoopClock()
    events: list[WatchEvent] = []
    job = JobStatus(JobName.MILESTONES, error=before)
    status = WatchStatus(1, "m.hale", clock.now(), clock.now(), (job,))
    schedule = Schedule((JobName.MILESTONES,), clock, Random(1))
    await Watch(GoodRounds(), schedule, status, clock, lambda kept: None, events.append).run_once()
    assert [event.text for event in events] == said
