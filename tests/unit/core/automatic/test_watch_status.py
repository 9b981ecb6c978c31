"""When a job is overdue, and when a watch is dead."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.automatic.schedule import EVERY, OVERDUE_AFTER, JobName
from core.automatic.watch_status import DEAD_AFTER, JobStatus, WatchEnd, WatchStatus, is_dead, is_overdue
from core.automatic.weekly import WEEK
from core.stop import STOPPED

T0 = 1_800_000_000.0
LIMIT = OVERDUE_AFTER * EVERY[JobName.MILESTONES]
JOB = JobStatus(JobName.MILESTONES, T0, T0)
STATUS = WatchStatus(1, "m.hale", T0, T0, (JOB,))


@pytest.mark.parametrize("job", [JOB, JobStatus(JobName.MILESTONES)], ids=["succeeded", "never ran"])
def test_a_job_is_overdue_after_five_intervals_without_a_success(job: JobStatus) -> None:
    assert not is_overdue(STATUS, job, T0 + LIMIT, is_book_open=False)
    assert is_overdue(STATUS, job, T0 + LIMIT + 1, is_book_open=False)


def test_nothing_is_overdue_while_others_do_the_work_or_a_person_stopped_it() -> None:
    late = T0 + LIMIT + 1
    assert not is_overdue(STATUS, JOB, late, is_book_open=True)
    assert not is_overdue(replace(STATUS, left_at=late - 1), JOB, late, is_book_open=False), "just left"
    assert not is_overdue(replace(STATUS, ended=WatchEnd.BY_A_PERSON), JOB, late, is_book_open=False)
    assert not is_overdue(STATUS, replace(JOB, error=STOPPED), late, is_book_open=False)
    assert is_overdue(replace(STATUS, ended=WatchEnd.SIGNAL), JOB, late, is_book_open=False)


@pytest.mark.parametrize("end", WatchEnd)
def test_a_watch_that_is_silent_is_dead_unless_it_ended_as_it_was_meant_to(end: WatchEnd) -> None:
    """A signal is no such end: a restart of the computer sends one, and nobody started the watch again."""
    status = replace(STATUS, ended=end)
    assert not is_dead(status, T0 + DEAD_AFTER)
    for late in (1.0, 3_600.0, 10.0 * WEEK):
        assert is_dead(status, T0 + DEAD_AFTER + late) is (end in (WatchEnd.NOT, WatchEnd.SIGNAL))


def test_the_status_of_one_job_is_replaced_or_added() -> None:
    other = JobStatus(JobName.PUSHES, T0)
    both = STATUS.with_job(other)
    assert both.jobs == (JOB, other)
    changed = replace(JOB, error="unreachable")
    assert both.with_job(changed).jobs == (changed, other)
    assert both.job(JobName.NEW_USERS) == JobStatus(JobName.NEW_USERS)


def test_weekly_work_is_overdue_after_two_weeks_however_often_the_watch_is_started() -> None:
    week = EVERY[JobName.RECONCILE]
    job = JobStatus(JobName.RECONCILE, T0, T0)
    for status in (STATUS, replace(STATUS, started=T0 + 2 * week), replace(STATUS, left_at=T0 + 2 * week)):
        assert not is_overdue(status, job, T0 + week + 86_400, is_book_open=False)
        assert not is_overdue(status, job, T0 + 2 * week, is_book_open=False)
        assert is_overdue(status, job, T0 + 2 * week + 1, is_book_open=False)
    never = JobStatus(JobName.RECONCILE)
    assert not is_overdue(STATUS, never, T0 + 2 * week, is_book_open=False)
    assert is_overdue(STATUS, never, T0 + 2 * week + 1, is_book_open=False)
