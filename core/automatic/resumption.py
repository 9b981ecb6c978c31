"""Continues automatically with pushes that a failed connection has paused.

A push that was confirmed and waits for a connection needs no second word from a person. The waits grow
(`core/automatic/backoff.py`) and are never shorter than the rest of the connection's circuit breaker. What a person has
to decide (a step that needs them, a refusal, a 403) is left alone. Knows no room but push, and no screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from random import Random
from typing import Protocol, TypeAlias

from msgspec import Struct

from core.automatic.backoff import Backoff, RetryTimer, WaitingSend
from core.push.plan import System
from core.push.ports import Clock
from core.push.rate_limit import CircuitBreaker
from core.push.records import Push, StepRecord
from core.push.states import ON_THE_WAY, PASSES, PushState

_AT_REST = frozenset({PushState.PAUSED, PushState.NEEDS_YOU})
_AT_WORK = frozenset({PushState.QUEUED, PushState.RUNNING})


class PausedPush(Struct, frozen=True):
    """A push was paused and is tried again automatically."""

    push: Push
    waiting: WaitingSend


class TriedAgain(Struct, frozen=True):
    """A paused push runs again, in the task `run`. The task raises `BookClosed` if the book fails."""

    push: Push
    run: asyncio.Task[Push]


ResumptionEvent: TypeAlias = PausedPush | TriedAgain


class ResumableEngine(Protocol):
    """The part of the engine that resuming needs."""

    @property
    def breakers(self) -> Mapping[System, CircuitBreaker]:
        """The circuit breaker of each connection."""
        ...

    def unfinished(self) -> list[Push]:
        """Return the pushes that are not finished."""
        ...

    def is_running(self, push_id: str) -> bool:
        """Return True while a task runs the push."""
        ...

    def run(self, push_id: str) -> asyncio.Task[Push]:
        """Run a push in a task, or return the task that already runs it."""
        ...


class _Entry:
    """A push that failed at least once, and whether it waits or is being tried."""

    def __init__(self, push: Push, timer: RetryTimer) -> None:
        self.push = push
        self.timer = timer
        self.waits = False


class Resumption:
    """Hears of every change of a push, and tries again what a failed connection has paused."""

    def __init__(self, clock: Clock, random: Random, backoff: Backoff | None = None) -> None:
        self._clock = clock
        self._random = random
        self._backoff = backoff or Backoff()
        self._entries: dict[str, _Entry] = {}
        self._news: list[PausedPush] = []
        self._changed = asyncio.Event()

    def heard(self, push: Push, steps: Sequence[StepRecord], engine: ResumableEngine) -> None:
        """Take note of the state of a push. A push that a failed connection has paused gets its next try."""
        entry = self._entries.get(push.push_id)
        if push.state in _AT_WORK:
            if entry is not None:
                entry.waits = False
            return
        left = {step.system for step in steps if step.state in ON_THE_WAY}
        if push.state not in _AT_REST or push.reason not in PASSES or not left:
            self._entries.pop(push.push_id, None)
            return
        if entry is None:
            timer = RetryTimer(self._clock, self._random, self._backoff)
            entry = self._entries[push.push_id] = _Entry(push, timer)
        if entry.waits:
            return  # the same pause, heard again
        entry.push, entry.waits = push, True
        rests = [engine.breakers[system].rest_left for system in left if system in engine.breakers]
        rest = max(rests, default=0.0)
        if push.reason == "connection-rests":
            entry.timer.wait_again(rest)
        else:
            entry.timer.failed(rest)
        self._news.append(PausedPush(push, self._shown(entry)))
        self._changed.set()

    def waiting(self) -> list[WaitingSend]:
        """Return what waits and is tried again automatically, the next one first."""
        shown = [self._shown(entry) for entry in self._entries.values() if entry.waits]
        return sorted(shown, key=lambda waiting: waiting.next_at)

    def waiting_push(self, push_id: str) -> WaitingSend | None:
        """Return how a push waits; None if it does not wait for a next try."""
        entry = self._entries.get(push_id)
        return self._shown(entry) if entry is not None and entry.waits else None

    async def run(self, engine: ResumableEngine) -> AsyncIterator[ResumptionEvent]:
        """Try again what is due for as long as the desk is open. Yield each pause and each try."""
        while True:
            self._changed.clear()
            while self._news:
                yield self._news.pop(0)
            for push_id in self._due(engine):
                self._entries[push_id].waits = False
                yield TriedAgain(self._entries[push_id].push, engine.run(push_id))
            await self._sleep()

    def _due(self, engine: ResumableEngine) -> list[str]:
        """Return the ids of the pushes of which the next try is due. Forget those that are not unfinished any more."""
        unfinished = {push.push_id for push in engine.unfinished()}
        for push_id in [push_id for push_id in self._entries if push_id not in unfinished]:
            del self._entries[push_id]
        return [
            push_id
            for push_id, entry in self._entries.items()
            if entry.waits and entry.timer.seconds_left == 0 and not engine.is_running(push_id)
        ]

    async def _sleep(self) -> None:
        """Wait for the next try, or until another push is paused."""
        left = [entry.timer.seconds_left for entry in self._entries.values() if entry.waits]
        try:
            async with asyncio.timeout(max(min(left), 1.0) if left else None):
                await self._changed.wait()
        except TimeoutError:
            return

    def _shown(self, entry: _Entry) -> WaitingSend:
        push = entry.push
        return entry.timer.waiting(f"{push.asset.replace('-', ' ')} {push.subject}", push.reason)
