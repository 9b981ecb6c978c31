"""Carries the steps of one push to their remotes: one after the other, or in lanes if no step needs another.

Two steps with the same reference never run at once, whichever pushes they belong to. Follows docs/protocol.md, "INTENT"
and "Many steps at once". Knows no book: a runner carries each step.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final, Protocol
from weakref import WeakValueDictionary

from core.errors import HeldElsewhere
from core.push.live_push import LivePush, Paused, lift_blocks
from core.push.plan import System
from core.push.ports import Remote
from core.push.rate_limit import CircuitBreaker
from core.push.states import QUIT, StepState
from core.stop import STOPPED, Stop

LANES: Final = 32
"""How many steps of one system are on their way at once. A crash leaves this many UNKNOWN at most."""
ROUNDS: Final = 5
"""How often one run goes through the steps of one system, sending and settling, before it pauses."""

Held = Callable[[], str]
"""Returns the code why nothing new is sent now, or ""."""


class Runner(Protocol):
    """Carries single steps of one push. Each method may raise `Paused`, `PlanChanged`, `LeaseLost` and `BookClosed`."""

    async def run(self, n: int, remote: Remote, breaker: CircuitBreaker, held: Held) -> None:
        """Send step `n`, and settle it, as far as it goes."""
        ...

    async def send(self, n: int, remote: Remote, breaker: CircuitBreaker, held: Held) -> None:
        """Send step `n`, and leave it if it becomes UNKNOWN or a reply denies it."""
        ...

    async def settle(self, n: int, remote: Remote) -> None:
        """Find out what became of step `n`, and send nothing."""
        ...

    async def settle_many(self, ns: Iterable[int], remote: Remote) -> None:
        """Find out what became of many steps."""
        ...

    async def look_first(self, ns: Iterable[int], remote: Remote) -> None:
        """Look up many steps before they are sent, and adopt the records that are there."""
        ...

    async def prove_fresh(self) -> None:
        """Before the first send: would the same plan be made now?"""
        ...


RunStep = Callable[[int, Remote, CircuitBreaker, Held], Awaitable[None]]


class PushDriver:
    """Drives pushes.

    `runner_of` makes the runner of a push. `in_doubt` returns the steps in doubt that have a reference: each as its
    push and its number. `hold` takes the lease of a push. `stop` returns the stop of all sending, if a person
    has set one.
    """

    def __init__(
        self,
        remotes: Mapping[System, Remote],
        runner_of: Callable[[LivePush], Runner],
        in_doubt: Callable[[str], Sequence[tuple[LivePush, int]]],
        hold: Callable[[LivePush], AbstractAsyncContextManager[None]],
        stop: Callable[[], Stop | None],
    ) -> None:
        self._stop = stop
        self._remotes = remotes
        self._runner_of = runner_of
        self._in_doubt = in_doubt
        self._hold = hold
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """The lock of each reference of which a step is carried now. Those who hold it or wait for it keep it."""
        self.breakers: dict[System, CircuitBreaker] = {system: CircuitBreaker() for system in remotes}
        self.stopping = False
        """True once the operator quits: a request in flight is finished, nothing new is sent."""

    async def carry(self, live: LivePush) -> str:
        """Carry every step of a push as far as it goes. Return the code of the reason if the push is paused, or "".

        Raises `PlanChanged` if nothing was sent and the plan would be different now, `BookClosed`.
        """
        await lift_blocks(live)
        if live.plan.runs_in_lanes:
            return await self._carry_in_lanes(live)
        return await self._carry_in_order(live)

    async def _carry_in_order(self, live: LivePush) -> str:
        runner = self._runner_of(live)
        reason = ""
        for n in range(len(live.steps)):
            paused = await self._step(live, n, runner.run)
            reason = reason or paused
        return reason

    async def _carry_in_lanes(self, live: LivePush) -> str:
        runner = self._runner_of(live)
        steps: defaultdict[System, list[int]] = defaultdict(list)
        for n, record in enumerate(live.steps):
            steps[record.system].append(n)
        reasons = await _all(self._rounds(runner, live, system, ns) for system, ns in steps.items())
        return next((reason for reason in reasons if reason), "")

    # -- one step --------------------------------------------------------------------------------------

    def _held(self) -> str:
        if self.stopping:
            return QUIT
        return STOPPED if self._stop() else ""

    async def _step(self, live: LivePush, n: int, run: RunStep) -> str:
        """Carry one step with `run`. Return the code of the reason if the push is paused, or ""."""
        step = live.plan.steps[n]
        remote = self._remotes.get(step.system)
        if remote is None:
            return _no_gateway(live, [n])
        async with self._lock(step.ref):
            try:
                await self._settle_elsewhere(step.ref, live, remote)
                await run(n, remote, self.breakers[step.system], self._held)
            except Paused as pause:
                await live.note(n, pause.code, pause.said)
                return pause.code
        return ""

    async def _settle_elsewhere(self, ref: str, live: LivePush, remote: Remote) -> None:
        """Settle the steps of other pushes that may have written the same record, before `live` writes to it."""
        for other, n in self._in_doubt(ref):
            if other is live:
                continue
            try:
                async with self._hold(other):
                    await self._runner_of(other).settle(n, remote)
            except HeldElsewhere as error:
                raise Paused(error.code, error.message) from error

    def _lock(self, ref: str) -> asyncio.Lock:
        """Return the lock of a reference."""
        return self._locks.setdefault(ref, asyncio.Lock())

    # -- many steps ------------------------------------------------------------------------------------

    async def _rounds(self, runner: Runner, live: LivePush, system: System, ns: Sequence[int]) -> str:
        """Go through the steps of one system: settle the UNKNOWN ones together, send the READY ones in lanes; repeat.

        Return the code of the reason if the push is paused, or "".
        """
        remote = self._remotes.get(system)
        if remote is None:
            return _no_gateway(live, ns)
        reason = ""
        for _ in range(ROUNDS):
            try:
                unknown = _in_state(live, ns, StepState.UNKNOWN)
                async with self._hold_refs(live, unknown):
                    await runner.settle_many(unknown, remote)
                ready = _in_state(live, ns, StepState.READY)
                if reason or not ready:
                    return reason
                await runner.prove_fresh()
                await runner.look_first(ready, remote)
            except Paused as pause:
                return pause.code
            reason = await self._send_in_lanes(runner, live, _in_state(live, ns, StepState.READY))
        if reason:
            return reason
        return "keeps-failing" if _in_state(live, ns, StepState.READY, StepState.UNKNOWN) else ""

    async def _send_in_lanes(self, runner: Runner, live: LivePush, ns: Sequence[int]) -> str:
        """Send steps, `LANES` at a time. Once one pauses, finish those in flight and begin no other.

        Return the code of the reason if the push is paused, or "".
        """
        waiting = iter(ns)
        reasons: list[str] = []

        async def lane() -> None:
            for n in waiting:
                if reason := await self._step(live, n, runner.send):
                    reasons.append(reason)
                if reasons:
                    return

        await _all(lane() for _ in range(min(LANES, len(ns))))
        return next(iter(reasons), "")

    @asynccontextmanager
    async def _hold_refs(self, live: LivePush, ns: Sequence[int]) -> AsyncIterator[None]:
        """Hold the locks of several steps' references, always in one order, so that two pushes can't deadlock."""
        async with AsyncExitStack() as stack:
            for ref in sorted({live.steps[n].ref for n in ns}):
                await stack.enter_async_context(self._lock(ref))
            yield


def _in_state(live: LivePush, ns: Sequence[int], *states: StepState) -> list[int]:
    """Return those of the steps `ns` that are in one of `states`."""
    return [n for n in ns if live.steps[n].state in states]


def _no_gateway(live: LivePush, ns: Sequence[int]) -> str:
    """Return the reason of a pause if the steps of a system without a connection are not settled, or ""."""
    return "no-gateway" if _in_state(live, ns, StepState.READY, StepState.UNKNOWN) else ""


async def _all(tasks: Iterable[Awaitable[str | None]]) -> list[str | None]:
    """Wait for all tasks, then raise the first failure: a failure must not cut off what is in flight."""
    done = await asyncio.gather(*tasks, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return [result for result in done if not isinstance(result, BaseException)]
