"""The watch: it lets each job run when the job is due, keeps the status, and says what happened. Knows no job.

A round takes the book's lock for some seconds at most and gives it back. While an app or a command has the book open,
the watch leaves the work to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from core.automatic.backoff import ASKS_A_PERSON, NEEDS_A_WORD
from core.automatic.schedule import JobName, JobOutcome, Schedule
from core.automatic.watch_status import HEARTBEAT, WatchEnd, WatchStatus
from core.push.ports import Clock

LOOK_EVERY: Final = 2.0
"""Seconds between two looks for news. A look takes no lock and asks no system."""


class RoundReport(Struct, frozen=True):
    """What one round did. `left_to` names the app or command that has the book open, to which the work was left.

    `is_ended` is True if a person has ended the watch (`watch --end`).
    """

    outcomes: Mapping[JobName, JobOutcome] = {}
    left_to: str = ""
    is_ended: bool = False


class WatchEvent(Struct, frozen=True):
    """Something to tell the operator. `at` and `next_at` are seconds since 1970; `job` is "" for the watch itself.

    `code` is why a job failed, and `waits` is True if a person has to mend that first. `next_at` is 0 if the job is not
    tried again in this run.
    """

    at: float
    text: str
    job: JobName | str = ""
    code: str = ""
    next_at: float = 0.0
    waits: bool = False


class Rounds(Protocol):
    """Carries out the jobs."""

    async def news(self) -> Collection[JobName]:
        """Return the jobs for which something has arrived. Takes no lock."""
        ...

    async def run(self, jobs: Sequence[JobName], ending: asyncio.Event) -> RoundReport:
        """Carry out these jobs. Begin nothing new once `ending` is set."""
        ...


class Watch:
    """One run of the watch. `keep` writes the status, `tell` gets each event."""

    def __init__(
        self,
        rounds: Rounds,
        schedule: Schedule,
        status: WatchStatus,
        clock: Clock,
        keep: Callable[[WatchStatus], None],
        tell: Callable[[WatchEvent], None],
    ) -> None:
        self.status = status
        self._rounds = rounds
        self._schedule = schedule
        self._clock = clock
        self._keep = keep
        self._tell = tell
        self._ending = asyncio.Event()
        self._kept_at = 0.0

    def end(self) -> None:
        """Begin nothing new, and let `run` return once the round in progress is over."""
        self._ending.set()

    def try_again(self) -> None:
        """Let every job run now, also those that wait for a person."""
        self._schedule.try_again()

    async def run(self) -> WatchEnd:
        """Work until `end` is called, or until a person ends the watch. Return which."""
        await self._write(self.status)
        while not self._ending.is_set():
            if await self._look():
                return await self._ended(WatchEnd.BY_A_PERSON)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._ending.wait()
        return await self._ended(WatchEnd.SIGNAL)

    async def run_once(self) -> WatchEnd:
        """Run every job once. Return how the watch ended."""
        is_ended = await self._look()
        return await self._ended(WatchEnd.BY_A_PERSON if is_ended else WatchEnd.ONCE)

    async def _look(self) -> bool:
        """Run what is due. Return True if a person has ended the watch."""
        for job in await self._rounds.news():
            self._schedule.hurry(job)
        if due := self._schedule.due():
            report = await self._run_round(due)
            await self._note(report)
            return report.is_ended
        if abs(self._clock.now() - self._kept_at) >= HEARTBEAT:
            await self._write(self.status)
        return False

    async def _run_round(self, due: Sequence[JobName]) -> RoundReport:
        """Run a round, and give a sign of life once a minute: a round may take long."""
        running = asyncio.ensure_future(self._rounds.run(due, self._ending))
        try:
            while not (await asyncio.wait({running}, timeout=HEARTBEAT))[0]:
                await self._write(self.status)
            return running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _note(self, report: RoundReport) -> None:
        """Keep and tell what a round did."""
        now, before = self._clock.now(), self.status
        status = before
        if report.left_to:
            status = replace(status, left_to=report.left_to, left_at=now)
            if report.left_to != before.left_to:
                self._say(f"The book is open in {report.left_to}, which does the work now.")
        elif before.left_to:
            status = replace(status, left_to="")
            self._say("The book is free again: the watch continues.")
        hurried: set[JobName] = set()
        for job, outcome in report.outcomes.items():
            code_before = before.job(job).error
            self._schedule.ran(job, outcome)
            if outcome.is_early:
                continue
            self._tell_outcome(job, outcome, code_before)
            last = status.job(job)
            success = last.last_success if outcome.code else now
            hurried.update(outcome.hurries)
            status = status.with_job(
                replace(
                    last,
                    last_run=now,
                    last_success=success,
                    error=outcome.code,
                    waits=_waits(outcome),
                )
            )
        for job in hurried:
            self._schedule.hurry(job)
        if report.outcomes or abs(now - self._kept_at) >= HEARTBEAT or status.left_to != before.left_to:
            await self._write(status)
        else:
            self.status = status

    def _tell_outcome(self, job: JobName, outcome: JobOutcome, code_before: str) -> None:
        if code_before and code_before not in NEEDS_A_WORD and not outcome.code:
            self._say("It works again.", job)
        left = self._schedule.seconds_to(job)
        if outcome.code and outcome.code == code_before:
            return  # the same failure is reported once
        for text in outcome.said:
            self._tell(
                WatchEvent(
                    self._clock.now(),
                    text,
                    job,
                    outcome.code,
                    0.0 if left is None else self._clock.now() + left,
                    waits=_waits(outcome),
                )
            )

    def _say(self, text: str, job: JobName | str = "") -> None:
        self._tell(WatchEvent(self._clock.now(), text, job))

    async def _ended(self, end: WatchEnd) -> WatchEnd:
        await self._write(replace(self.status, ended=end))
        return end

    async def _write(self, status: WatchStatus) -> None:
        """Write the status down. A disk that refuses does not end the watch: its age tells the others."""
        self.status = replace(status, alive_at=self._clock.now())
        self._kept_at = self._clock.now()
        with suppress(OSError):
            await asyncio.to_thread(self._keep, self.status)


def _waits(outcome: JobOutcome) -> bool:
    """Return True if a person has to mend something or to give a word."""
    return outcome.code in ASKS_A_PERSON or outcome.code in NEEDS_A_WORD
