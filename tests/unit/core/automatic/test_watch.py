"""The watch itself: while a long round runs, the status still says that the watch is alive."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from itertools import pairwise
from random import Random

from core.automatic.schedule import JobName, JobOutcome, Schedule
from core.automatic.watch import RoundReport, Watch
from core.automatic.watch_status import HEARTBEAT, WatchEnd, WatchStatus
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
