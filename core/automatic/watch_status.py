"""What the watch says of itself to others: when each job ran and succeeded last, and whether the watch is alive. Pure.

The status is a file of its own next to the book, because the watch also notes its rounds while it leaves the work to an
app or a command that has the book open.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.automatic.schedule import EVERY, JobName, overdue_after
from core.automatic.weekly import WEEK
from core.stop import STOPPED

HEARTBEAT: Final = 60.0
"""Seconds after which a living watch writes its status although nothing happened."""
DEAD_AFTER: Final = 5 * HEARTBEAT
"""Seconds without a new status after which the watch counts as dead."""


class WatchEnd(StrEnum):
    """How a watch ended; NOT while it runs or if it was killed (fixed words)."""

    NOT = ""
    SIGNAL = "signal"
    ONCE = "once"
    BY_A_PERSON = "by-a-person"


_AS_MEANT: Final = frozenset({WatchEnd.BY_A_PERSON, WatchEnd.ONCE})
"""The ends after which nobody waits for the watch: a person ended it, or it was to run every job once and did."""


class JobStatus(Struct, frozen=True):
    """One job: when it ran and succeeded last, and why it failed last. Times are in seconds since 1970; 0 is never.

    `waits` is True if a person has to mend something before the job is tried again.
    """

    job: JobName
    last_run: float = 0.0
    last_success: float = 0.0
    error: str = ""
    waits: bool = False


class WatchStatus(Struct, frozen=True):
    """The watch of one book. Times are in seconds since 1970, UTC.

    `alive_at` is when the watch wrote this. `left_to` names the app or command that has the book open, to which the
    watch leaves the work, and `left_at` is when the watch last left it; "" and 0 if it did not.
    """

    pid: int
    operator: str
    started: float
    alive_at: float
    jobs: tuple[JobStatus, ...] = ()
    left_to: str = ""
    left_at: float = 0.0
    ended: WatchEnd = WatchEnd.NOT

    def job(self, name: JobName) -> JobStatus:
        """Return the status of a job."""
        return next((job for job in self.jobs if job.job is name), JobStatus(name))

    def with_job(self, changed: JobStatus) -> WatchStatus:
        """Return the status with another status of one job."""
        jobs = tuple(changed if job.job is changed.job else job for job in self.jobs)
        return replace(self, jobs=jobs if changed in jobs else (*jobs, changed))


def is_overdue(status: WatchStatus, job: JobStatus, now: float, *, is_book_open: bool) -> bool:
    """Return True if a job has not succeeded for too long (`overdue_after`), and nobody else does the work.

    `is_book_open` is True if an app or a command has the book open: the work is theirs then. Nothing is overdue if a
    person ended the watch, or stopped all sending. An app does no weekly work automatically, and a watch may be started
    again every day: for weekly work the last success counts, once there is one.
    """
    if is_book_open or status.ended is WatchEnd.BY_A_PERSON or job.error == STOPPED:
        return False
    last = max(job.last_success, status.left_at, status.started)
    if EVERY[job.job] >= WEEK and job.last_success:
        last = job.last_success
    return now - last > overdue_after(job.job)


def is_dead(status: WatchStatus, now: float) -> bool:
    """Return True if a watch gives no sign of life that was meant to go on working.

    A killed watch is dead, and so is a watch that a signal ended: a restart of the computer sends one.
    """
    return status.ended not in _AS_MEANT and now - status.alive_at > DEAD_AFTER
