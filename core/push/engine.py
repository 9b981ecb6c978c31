"""The one engine for every outward write: begins confirmed plans, runs them, picks up what a crash left.

A push belongs to the engine, never to a screen. There is one task a push, one active push a subject, and
never two steps with the same ref at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from random import Random

import msgspec

from core.errors import BookClosed
from core.push.live_push import Listener, LivePush, first_record
from core.push.plan import Asset, Plan, System
from core.push.ports import Book, Clock, Remote
from core.push.push_driver import PushDriver
from core.push.rate_limit import CircuitBreaker
from core.push.records import Push, Record, StepRecord, plan_file
from core.push.recovery import read_back, recover_pushes, remove_leftover_files
from core.push.resolutions import Resolution, carry_out
from core.push.states import ACTIVE, PushState, StepState, push_state
from core.push.step_runner import PlanChanged

Fresh = Callable[[Plan], Awaitable[bool]]
"""Reads the source again and says whether the same plan would be made now."""


class Engine:
    """Carries confirmed plans to their remotes. Call `recover` once before anything else."""

    def __init__(
        self,
        book: Book,
        remotes: Mapping[System, Remote],
        clock: Clock,
        random: Random,
        *,
        fresh: Mapping[Asset, Fresh] | None = None,
        listen: Listener = lambda push, steps: None,
    ) -> None:
        self._book = book
        self._remotes = remotes
        self._clock = clock
        self._fresh = fresh or {}
        self._listen = listen
        self._live: dict[str, LivePush] = {}
        self._open: dict[str, LivePush] = {}
        """Unfinished pushes by push id: one per subject, or two where the duplicate check reopened an older push."""
        self._tasks: dict[str, asyncio.Task[Push]] = {}
        self._driver = PushDriver(book, remotes, clock, random, self._is_fresh, self._live.values)
        self._beginning = asyncio.Lock()

    @property
    def breakers(self) -> dict[System, CircuitBreaker]:
        """Give each connection's breaker."""
        return self._driver.breakers

    # -- beginning -------------------------------------------------------------------------------------

    async def recover(self) -> list[Push]:
        """Read the unfinished pushes back from the book, and remove leftover files. Return those pushes.

        Raises `BookClosed`.
        """
        await recover_pushes(self._book, self._clock, self._take)
        await remove_leftover_files(self._book)
        return self.unfinished()

    def unfinished(self) -> list[Push]:
        """Give the pushes that are not finished, as they stand in memory."""
        return [live.push for live in self._open.values()]

    async def begin(
        self,
        plan: Plan,
        operator: str,
        push_id: str,
        also: Iterable[Record] = (),
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> Push:
        """Make a confirmed plan durable and its push `queued`; where the subject has an active push, give that one.

        `also` is written, `drop` removed in the same commit as the push. Raises `BookClosed`.
        """
        async with self._beginning:
            if running := self.active(plan.subject):
                return running.push
            now = self._clock.now()
            push = Push(
                push_id=push_id,
                asset=plan.asset,
                subject=plan.subject,
                plan=plan.digest,
                state=PushState.QUEUED,
                operator=operator,
                created_at=now,
                updated_at=now,
                size=len(plan.steps),
                about=plan.about,
            )
            steps = [first_record(push_id, n, step) for n, step in enumerate(plan.steps)]
            await self._book.put_file(plan_file(push_id), msgspec.json.encode(plan))
            await self._book.commit(push, *steps, *also, drop=drop)
            live = LivePush(push, plan, steps, self._book, self._clock)
            self._take(live)
            self._listen(push, tuple(steps))
            return push

    def active(self, subject: str) -> LivePush | None:
        """Give the push of a subject that is not finished, if there is one."""
        return next((live for live in self._open.values() if live.push.subject == subject), None)

    def live(self, push_id: str) -> LivePush | None:
        """Give a push that is in memory."""
        return self._live.get(push_id)

    def release(self, push_id: str) -> bool:
        """Forget a push that is over, so that the book alone holds it; False where it is not at rest."""
        if push_id in self._open or self.is_running(push_id):
            return False
        self._live.pop(push_id, None)
        self._tasks.pop(push_id, None)
        return True

    # -- running ---------------------------------------------------------------------------------------

    def run(self, push_id: str) -> asyncio.Task[Push]:
        """Run a push in a task of its own, or give the task that already runs it."""
        if not self.is_running(push_id):
            drive = self._drive(self._live[push_id])
            self._tasks[push_id] = asyncio.get_running_loop().create_task(drive)
        return self._tasks[push_id]

    async def finish(self, push_id: str) -> Push:
        """Run a push and wait for it; who stops waiting stops nothing that is on its way."""
        return await asyncio.shield(self.run(push_id))

    async def resume(self) -> list[Push]:
        """Run every unfinished push as far as it goes, connections closed again first; gives where each stands."""
        for breaker in self.breakers.values():
            breaker.reset()
        tasks = [self.run(push_id) for push_id in self._open]
        return list(await asyncio.shield(asyncio.gather(*tasks)))

    async def stop(self, patience: float) -> int:
        """Send nothing new, wait `patience` seconds for what is in flight; gives how many steps are left to check."""
        self._driver.stopping = True
        tasks = [task for task in self._tasks.values() if not task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return sum(
            record.state in (StepState.UNKNOWN, StepState.INTENT)
            for live in self._live.values()
            for record in live.steps
        )

    async def _drive(self, live: LivePush) -> Push:
        """Carry every step of one push as far as it goes, and write where the push then stands."""
        try:
            await live.stand(PushState.RUNNING)
            reason = await self._driver.carry(live)
            self._let_go(live)
            await live.stand(reason=reason)
        except PlanChanged:
            await self._refuse_all(live, "plan-changed")
        except BookClosed as error:
            live.push = msgspec.structs.replace(live.push, state=PushState.PAUSED, reason=error.code)
            self._listen(live.push, tuple(live.steps))
            raise
        return live.push

    def _let_go(self, live: LivePush) -> None:
        """Make room for the next push of a subject before anybody hears that this one is over."""
        if push_state(_states(live.steps)) not in ACTIVE:
            self._open.pop(live.push.push_id, None)

    async def _is_fresh(self, live: LivePush) -> bool:
        fresh = self._fresh.get(live.plan.asset)
        return fresh is None or await fresh(live.plan)

    async def _refuse_all(self, live: LivePush, code: str) -> None:
        for n, record in enumerate(live.steps):
            if record.state is StepState.READY:
                await live.change(n, StepState.REFUSED, code)
        self._let_go(live)
        await live.stand(reason=code)
        await self._book.delete_file(plan_file(live.push.push_id))

    # -- deciding --------------------------------------------------------------------------------------

    async def decide(self, push_id: str, n: int, decision: Resolution) -> Push:
        """Carry out what a person decided about step `n`, and go on with the push where it now can.

        Raises `DeskError` where the step does not offer that choice, `BookClosed`.
        """
        live = await self.bring_back(push_id)
        if self.is_running(push_id):
            live.called.set()
            await asyncio.wait([self._tasks[push_id]])
            live.called.clear()
        await carry_out(live, n, decision, self._book)
        await live.stand()
        self._take(live)
        if live.push.state is PushState.PAUSED:
            return await self.run(push_id)
        self._let_go(live)
        return live.push

    # -- reading back -------------------------------------------------------------------------------------

    async def bring_back(self, push_id: str) -> LivePush:
        """Return a push, from the book if it is not in memory. Raises the errors of `recovery.read_back`."""
        if live := self._live.get(push_id):
            return live
        live = await read_back(self._book, push_id, self._clock)
        self._take(live)
        return live

    # -- small things ----------------------------------------------------------------------------------

    def _take(self, live: LivePush) -> None:
        live.listen = self._listen
        self._live[live.push.push_id] = live
        if live.push.state in ACTIVE and live.plan.steps:
            self._open[live.push.push_id] = live

    def is_running(self, push_id: str) -> bool:
        """Return True while a task runs the push."""
        return push_id in self._tasks and not self._tasks[push_id].done()


def _states(steps: Iterable[StepRecord]) -> list[StepState]:
    return [step.state for step in steps]
