"""Carries the steps of one push to their remotes: in order, or side by side where no step needs another.

Never two steps with the same ref at once, whichever pushes they are of.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Final

from core.push.live_push import LivePush, lift_blocks
from core.push.plan import Asset, System
from core.push.ports import Book, Clock, FreshCheck, Remote
from core.push.rate_limit import CircuitBreaker
from core.push.states import StepState
from core.push.step_runner import SENDS_A_RUN, Paused, StepRunner

LANES: Final = 32
"""So many steps of one system are on their way at once: what a crash may leave UNKNOWN, and what one fsync covers."""


class PushDriver:
    """Drives pushes. `pushes` gives those in memory.

    `fresh` maps an asset to the check of its plans before the first send. Other assets are sent unchecked.
    """

    def __init__(
        self,
        book: Book,
        remotes: Mapping[System, Remote],
        clock: Clock,
        random: Random,
        fresh: Mapping[Asset, FreshCheck],
        pushes: Callable[[], Iterable[LivePush]],
    ) -> None:
        self._book = book
        self._remotes = remotes
        self._clock = clock
        self._random = random
        self._fresh = fresh
        self._pushes = pushes
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.breakers: dict[System, CircuitBreaker] = {system: CircuitBreaker() for system in remotes}
        self.stopping = False
        """True when the operator quits: what is in flight is finished, nothing new is sent."""

    async def carry(self, live: LivePush) -> str:
        """Carry every step of a push as far as it goes; gives the code of why it is paused, if it now is.

        Raises `PlanChanged` where nothing was sent and the plan no longer holds, `BookClosed`.
        """
        await lift_blocks(live)
        runner = self._runner(live)
        if not live.plan.stands_side_by_side:
            reason = ""
            for n in range(len(live.steps)):
                reason = await self._step(runner, live, n) or reason
            return reason
        systems: defaultdict[System, list[int]] = defaultdict(list)
        for n, record in enumerate(live.steps):
            systems[record.system].append(n)
        reasons = await _all(self._side_by_side(runner, live, system, ns) for system, ns in systems.items())
        return next((reason for reason in reasons if reason), "")

    # -- one step --------------------------------------------------------------------------------------

    async def _step(self, runner: StepRunner, live: LivePush, n: int, *, settle: bool = True) -> str:
        """Run one step; gives the code of why the push is paused, if it now is."""
        step = live.plan.steps[n]
        remote = self._remotes.get(step.system)
        if remote is None:
            return _without_gateway(live, [n])
        async with self._locks[step.ref]:
            try:
                await self._settle_elsewhere(step.ref, live, remote)
                breaker = self.breakers[step.system]
                await runner.run(n, remote, breaker, lambda: not self.stopping, settle=settle)
            except Paused as pause:
                await live.note(n, pause.code, pause.said)
                return pause.code
        return ""

    async def _settle_elsewhere(self, ref: str, live: LivePush, remote: Remote) -> None:
        """Settle what another push does not know of the same record, before this one may write to it."""
        for other in list(self._pushes()):
            for n, record in enumerate(other.steps):
                if other is not live and record.ref == ref:
                    await self._runner(other).settle(n, remote)

    # -- many ------------------------------------------------------------------------------------------

    async def _side_by_side(
        self, runner: StepRunner, live: LivePush, system: System, ns: Sequence[int]
    ) -> str:
        """Send the steps of one system in lanes, then settle what became UNKNOWN with one look for all; again."""
        remote = self._remotes.get(system)
        if remote is None:
            return _without_gateway(live, ns)
        reason = ""
        for _ in range(SENDS_A_RUN):
            try:
                unknown = _those(live, ns, StepState.UNKNOWN)
                async with self._held(live, unknown):
                    await runner.settle_many(unknown, remote)
                ready = _those(live, ns, StepState.READY)
                if reason or not ready:
                    return reason
                await runner.prove_fresh()
                await runner.look_first(ready, remote)
            except Paused as pause:
                return pause.code
            reason = await self._lanes(runner, live, _those(live, ns, StepState.READY))
        return reason or ("keeps-failing" if _those(live, ns, StepState.READY, StepState.UNKNOWN) else "")

    async def _lanes(self, runner: StepRunner, live: LivePush, ns: Sequence[int]) -> str:
        """Run steps, `LANES` at a time; once one is paused, what is in flight is finished and nothing else begun."""
        waiting = iter(ns)
        reasons: list[str] = []

        async def lane() -> None:
            for n in waiting:
                if reason := await self._step(runner, live, n, settle=False):
                    reasons.append(reason)
                if reasons:
                    return

        await _all(lane() for _ in range(min(LANES, len(ns))))
        return next(iter(reasons), "")

    @asynccontextmanager
    async def _held(self, live: LivePush, ns: Sequence[int]) -> AsyncIterator[None]:
        """Hold the refs of several steps, always in one order, so that two pushes can't wait for each other."""
        async with AsyncExitStack() as stack:
            for ref in sorted({live.steps[n].ref for n in ns}):
                await stack.enter_async_context(self._locks[ref])
            yield

    def _runner(self, live: LivePush) -> StepRunner:
        return StepRunner(live, self._book, self._clock, self._random, self._fresh.get(live.plan.asset))


def _those(live: LivePush, ns: Sequence[int], *states: StepState) -> list[int]:
    return [n for n in ns if live.steps[n].state in states]


def _without_gateway(live: LivePush, ns: Sequence[int]) -> str:
    return "no-gateway" if _those(live, ns, StepState.READY, StepState.UNKNOWN) else ""


async def _all(tasks: Iterable[Awaitable[str | None]]) -> list[str | None]:
    """Wait for all, also where one fails, then raise the first failure: what is in flight is never cut off by it."""
    done = await asyncio.gather(*tasks, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return [result for result in done if not isinstance(result, BaseException)]
