"""When each job of the watch is due, in one process. Knows the jobs by name only.

A job that failed is tried again with growing waits. A failure that a person has to mend keeps the job back until the
watch is started again; the other jobs go on. Waiting goes by the event loop's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from random import Random
from typing import Final

from msgspec import Struct

from core.automatic.backoff import ASKS_A_PERSON, NEEDS_A_WORD, Backoff, RetryTimer
from core.automatic.weekly import WEEK
from core.push.ports import Clock
from core.push.states import PASSES
from core.stop import STOPPED

OVERDUE_AFTER: Final = 5
"""A job is overdue when it has not succeeded for this many of its intervals. The number is ours."""


class JobName(StrEnum):
    """The jobs of the watch (fixed words)."""

    PUSHES = "pushes"
    DUPLICATE_CHECKS = "duplicate-checks"
    MILESTONES = "milestones"
    NEW_USERS = "new-users"
    RECONCILE = "reconcile"


EVERY: Final = {
    JobName.PUSHES: 120.0,
    JobName.DUPLICATE_CHECKS: 900.0,
    JobName.MILESTONES: 300.0,
    JobName.NEW_USERS: 300.0,
    JobName.RECONCILE: WEEK,
}
"""Seconds between two runs of each job if nothing asks for one. The numbers are ours."""


def overdue_after(job: JobName) -> float:
    """Return the seconds without a success after which a job is overdue. Weekly work gets one more week."""
    return 2 * WEEK if job is JobName.RECONCILE else OVERDUE_AFTER * EVERY[job]


class JobOutcome(Struct, frozen=True):
    """What became of one run of a job.

    `code` is why the run failed, "" after a success. `again_in` are the seconds after which the job wants to run again,
    0 if more is left to do at once, None for the job's own interval. `said` are sentences for the operator. `hurries`
    are other jobs that have something to do because of this run. `is_early` is True if the job only found that its time
    has not come: that is not a run.
    """

    code: str = ""
    again_in: float | None = None
    said: tuple[str, ...] = ()
    hurries: tuple[JobName, ...] = ()
    is_early: bool = False


class _Entry:
    def __init__(self, timer: RetryTimer) -> None:
        self.timer = timer
        self.due = 0.0
        self.code = ""
        self.is_held = False


class Schedule:
    """The due times of the jobs of one process. Every job is due at the start."""

    def __init__(
        self, jobs: Sequence[JobName], clock: Clock, random: Random, backoff: Backoff | None = None
    ) -> None:
        self._entries = {job: _Entry(RetryTimer(clock, random, backoff)) for job in jobs}

    @property
    def jobs(self) -> tuple[JobName, ...]:
        """The jobs, in the order in which they run."""
        return tuple(self._entries)

    def due(self) -> list[JobName]:
        """Return the jobs that are due, in order."""
        now = _now()
        return [job for job, entry in self._entries.items() if not entry.is_held and entry.due <= now]

    def hurry(self, job: JobName) -> None:
        """Let a job run now because there is news for it, unless it failed and waits.

        A job that waits for a person's word runs: the news may be the word.
        """
        entry = self._entries.get(job)
        if entry is not None and (entry.code in ("", STOPPED) or entry.code in NEEDS_A_WORD):
            entry.due = 0.0

    def ran(self, job: JobName, outcome: JobOutcome) -> None:
        """Take note of a run, and set the time of the next one."""
        entry = self._entries[job]
        entry.code = outcome.code
        entry.is_held = outcome.code in ASKS_A_PERSON and outcome.again_in is None
        wait = EVERY[job] if outcome.again_in is None else outcome.again_in
        if outcome.code in PASSES and outcome.again_in is None:
            wait = entry.timer.failed()
        elif not outcome.code:
            entry.timer.succeeded()
        entry.due = _now() + wait

    def code(self, job: JobName) -> str:
        """Return why the last run of a job failed, or ""."""
        return self._entries[job].code

    def is_held(self, job: JobName) -> bool:
        """Return True if a job waits for a person."""
        return self._entries[job].is_held

    def seconds_to(self, job: JobName) -> float | None:
        """Return the seconds until a job is due, None if it waits for a person."""
        entry = self._entries[job]
        return None if entry.is_held else max(0.0, entry.due - _now())

    def try_again(self) -> None:
        """Make every job due, also those that wait for a person: a person asked for it."""
        for entry in self._entries.values():
            entry.timer.succeeded()
            entry.due, entry.code, entry.is_held = 0.0, "", False


def _now() -> float:
    return asyncio.get_running_loop().time()
