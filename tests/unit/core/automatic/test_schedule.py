"""When each job of the watch is due: its interval, growing waits after a failure, and what waits for a person."""

from __future__ import annotations

import asyncio
from random import Random

from core.automatic.backoff import Backoff
from core.automatic.schedule import EVERY, JobName, JobOutcome, Schedule
from core.stop import STOPPED
from tests.support.fakes import LoopClock
from tests.support.virtual_time import virtually

JOBS = (JobName.PUSHES, JobName.MILESTONES)
STEADY = Backoff(first=60.0, longest=600.0, spread=0.0)


def a_schedule() -> Schedule:
    return Schedule(JOBS, LoopClock(), Random(1), STEADY)


@virtually
async def test_every_job_is_due_at_the_start_and_then_after_its_interval() -> None:
    schedule = a_schedule()
    assert schedule.due() == [*JOBS]
    schedule.ran(JobName.PUSHES, JobOutcome())
    assert schedule.due() == [JobName.MILESTONES]
    await asyncio.sleep(EVERY[JobName.PUSHES] - 1)
    assert schedule.due() == [JobName.MILESTONES]
    await asyncio.sleep(1)
    assert schedule.due() == [*JOBS]


@virtually
async def test_the_waits_after_failures_grow_and_a_success_ends_them() -> None:
    schedule = a_schedule()
    waits = []
    for _ in range(5):
        schedule.ran(JobName.PUSHES, JobOutcome("unreachable"))
        waits.append(schedule.seconds_to(JobName.PUSHES))
    assert waits == [60.0, 120.0, 240.0, 480.0, 600.0]
    schedule.ran(JobName.PUSHES, JobOutcome())
    schedule.ran(JobName.PUSHES, JobOutcome("unreachable"))
    assert schedule.seconds_to(JobName.PUSHES) == 60.0


@virtually
async def test_what_a_person_has_to_mend_is_never_due_until_somebody_asks_for_it() -> None:
    schedule = a_schedule()
    schedule.ran(JobName.PUSHES, JobOutcome("forbidden"))
    await asyncio.sleep(86_400)
    assert schedule.is_held(JobName.PUSHES)
    assert schedule.seconds_to(JobName.PUSHES) is None
    assert schedule.due() == [JobName.MILESTONES]
    schedule.hurry(JobName.PUSHES)
    assert schedule.due() == [JobName.MILESTONES], "news do not mend it"
    schedule.try_again()
    assert schedule.due() == [*JOBS]


@virtually
async def test_a_job_that_says_when_it_wants_to_run_again_is_not_held() -> None:
    schedule = a_schedule()
    schedule.ran(JobName.PUSHES, JobOutcome("forbidden", again_in=30.0))
    assert schedule.seconds_to(JobName.PUSHES) == 30.0


@virtually
async def test_news_make_a_job_due_unless_it_waits_after_a_failure() -> None:
    schedule = a_schedule()
    for code, is_due in (("", True), (STOPPED, True), ("unreachable", False), ("careful-start", False)):
        schedule.ran(JobName.MILESTONES, JobOutcome(code))
        schedule.hurry(JobName.MILESTONES)
        assert (JobName.MILESTONES in schedule.due()) is is_due, code


@virtually
async def test_news_lets_a_job_run_that_waits_for_a_persons_word_and_no_other_failed_one() -> None:
    schedule = a_schedule()
    schedule.ran(JobName.PUSHES, JobOutcome("unreachable"))
    schedule.ran(JobName.MILESTONES, JobOutcome("many-at-once"))
    assert schedule.due() == []
    for job in JOBS:
        schedule.hurry(job)
    assert schedule.due() == [JobName.MILESTONES]
    schedule.ran(JobName.MILESTONES, JobOutcome("many-at-once"))
    assert schedule.seconds_to(JobName.MILESTONES) == EVERY[JobName.MILESTONES]
    assert not schedule.is_held(JobName.MILESTONES)
