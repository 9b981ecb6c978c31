"""The only part that sends writes: begins confirmed plans, runs them, carries out what a person decides.

A push belongs to the engine, never to a screen. Each push has at most one task, and each subject at most one active
push. The rules are in docs/protocol.md; this module knows no card, no contact, no screen and no HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Final
from weakref import WeakValueDictionary

import msgspec

from core.errors import BookClosed, DeskError, HeldElsewhere, LeaseLost
from core.in_order import in_slices
from core.push.live_push import Listener, LivePush, PlanChanged, first_record
from core.push.plan import Asset, Plan, System
from core.push.ports import (
    Clock,
    FreshCheck,
    Lease,
    PushBook,
    Remote,
    RemoteRecord,
    ReplacedKeeper,
    StepGuard,
    Witness,
)
from core.push.push_driver import PushDriver
from core.push.rate_limit import CircuitBreaker
from core.push.records import Push, Record, StepRecord, attempt_key, plan_file, seen_file
from core.push.recovery import (
    doubt_interrupted_steps,
    read_back,
    recover_pushes,
    remove_leftover_files,
)
from core.push.resolutions import Resolution, carry_out, read_candidates
from core.push.states import ACTIVE, PushState, StepState
from core.push.step_runner import StepRunner
from core.push.team.lease_keeper import LeaseKeeper
from core.push.team.ports import LASTS
from core.stop import STOPPED, check_not_stopped

LOOK_EVERY: Final = 2.0
"""Seconds between two looks at a push that another sender carries."""


class Engine:
    """Carries confirmed plans to their remotes. Call `recover` once before anything else.

    A push is changed only while its lease is held. `lasts` is how many seconds a lease is taken for; it must be longer
    than any request may take. `rest` returns for how many seconds other senders leave a push alone that was paused for
    a reason. `head_start` returns for how many seconds this sender leaves a queued push to workers.
    """

    def __init__(  # noqa: PLR0913 - everything that the engine is joined with, by name
        self,
        book: PushBook,
        remotes: Mapping[System, Remote],
        clock: Clock,
        random: Random,
        *,
        fresh: Mapping[Asset, FreshCheck] | None = None,
        keepers: Mapping[Asset, ReplacedKeeper] | None = None,
        guards: Mapping[Asset, StepGuard] | None = None,
        listen: Listener = lambda push, steps: None,
        witness: Witness | None = None,
        lasts: float = LASTS,
        rest: Callable[[str], float] = lambda reason: 0.0,
        head_start: Callable[[], Awaitable[float]] | None = None,
    ) -> None:
        self.leases = LeaseKeeper(book, clock, lasts=lasts)
        self._rest = rest
        self._head_start = head_start or _no_head_start
        self._book = book
        self._remotes = remotes
        self.last_tries: dict[str, float] = {}
        """The event loop's time of the last attempt of each step in doubt, by `attempt_key`; written by `stop`.

        A process that has several engines one after the other gives each the dictionary of the one before, ahead of
        `recover`. Then the settle time of a step does not start again with each engine.
        """
        self._witness = witness
        self._clock = clock
        self._random = random
        self._fresh = fresh or {}
        self._keepers = keepers or {}
        self._guards = guards or {}
        self._listen = listen
        self._live: WeakValueDictionary[str, LivePush] = WeakValueDictionary()
        """Every push that anybody holds. So one push is never in memory twice, and one that is over takes no memory."""
        self._open: dict[str, LivePush] = {}
        """Unfinished pushes by push id: one per subject, or two where the duplicate check reopened an older push."""
        self._in_doubt: dict[str, set[tuple[str, int]]] = {}
        """Push id and number of each step in doubt, by reference."""
        self._tasks: dict[str, asyncio.Task[Push]] = {}
        """The pushes that run."""
        self._driver = PushDriver(remotes, self._runner_of, self._steps_in_doubt, self.hold, book.stop)
        self._beginning = asyncio.Lock()

    @property
    def breakers(self) -> dict[System, CircuitBreaker]:
        """Return the circuit breaker of each connection."""
        return self._driver.breakers

    # -- beginning -------------------------------------------------------------------------------------

    async def recover(self) -> list[Push]:
        """Read the unfinished pushes back from the book, and remove leftover files. Return those pushes.

        Raises `BookClosed`.
        """
        await recover_pushes(self._book, self._clock, self._register, self.hold)
        await remove_leftover_files(self._book)
        return self.unfinished()

    async def begin(
        self,
        plan: Plan,
        operator: str,
        push_id: str,
        also: Iterable[Record] = (),
        drop: Iterable[tuple[type[Record], str]] = (),
        *,
        shown: bytes = b"",
    ) -> Push:
        """Make a confirmed plan durable in one commit, and return its push, which is `queued`.

        If the plan has an unfinished push, of whichever sender, return that one and write nothing. The commit of the
        push also writes `also` and removes `drop`. `shown` is what the person saw, for the witness. Raises `DeskError`
        (another-plan-waits, stopped), `BookClosed`.
        """
        async with self._beginning:
            if self._book.is_shared and (known := self.active(plan.subject)) is not None:
                await self._read_again(known)  # another sender may have finished it
            if running := self.unfinished_push_of(plan):
                return running
            check_not_stopped(self._book.stop())
            push = self._queued(plan, operator, push_id)
            steps = [first_record(push_id, n, step) async for n, step in in_slices(enumerate(plan.steps))]
            files = {plan_file(push_id): msgspec.json.encode(plan)}
            if self._witness is not None:
                seen = await asyncio.to_thread(self._witness.confirmed, push, plan, shown)
                files[seen_file(push_id)] = seen
            begun = await self._book.begin(push, *steps, *also, files=files, drop=drop)
            if begun.push_id != push_id:  # another sender began a push of the subject at the same time
                _check_same_plan(begun, plan)
                return (await self.bring_back(begun.push_id)).push
            live = LivePush(push, plan, steps, self._book, self._clock)
            self._register(live)
            self._heard(live, None)
            return push

    def _queued(self, plan: Plan, operator: str, push_id: str) -> Push:
        now = self._clock.now()
        return Push(
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

    # -- running ---------------------------------------------------------------------------------------

    def run(self, push_id: str) -> asyncio.Task[Push]:
        """Run a push in a task, or return the task that already runs it.

        The task raises `BookClosed`, and what `bring_back` raises for a push that is not in memory.
        """
        if not self.is_running(push_id):
            task = asyncio.get_running_loop().create_task(self._run(push_id))
            self._tasks[push_id] = task
            task.add_done_callback(lambda done: self._ran(push_id, done))
        return self._tasks[push_id]

    async def _run(self, push_id: str) -> Push:
        """Carry a push as far as it goes. While another sender carries it, wait until that has left it at rest."""
        is_new = self.leases.has_taken(push_id) and push_id not in self._live
        live = await self.bring_back(push_id)
        if live.push.state is PushState.QUEUED and await self._is_carried_by_a_worker(live):
            return live.push
        while True:
            try:
                async with self.hold(live, is_read=is_new):
                    return await self._drive(live) if live.push.state in ACTIVE else live.push
            except HeldElsewhere:
                await asyncio.sleep(LOOK_EVERY)
            except LeaseLost:  # nothing more of it is sent here
                is_new = False
            if self._driver.stopping or await self._is_at_rest(live):
                return live.push

    async def _is_carried_by_a_worker(self, live: LivePush) -> bool:
        """Give workers the time to take a queued push. Return True if one has carried it as far as it goes."""
        if self.leases.has_taken(live.push.push_id) or not (seconds := await self._head_start()):
            return False
        await asyncio.sleep(seconds)
        return await self._is_at_rest(live)

    def _ran(self, push_id: str, task: asyncio.Task[Push]) -> None:
        if self._tasks.get(push_id) is task:
            del self._tasks[push_id]

    async def finish(self, push_id: str) -> Push:
        """Run a push and wait for it. Cancelling the wait does not cancel the push."""
        return await asyncio.shield(self.run(push_id))

    async def resume(self) -> list[Push]:
        """Close every circuit breaker, run every unfinished push as far as it goes, and return the pushes.

        Raises `BookClosed`.
        """
        for breaker in self.breakers.values():
            breaker.reset()
        tasks = [self.run(push_id) for push_id in self._open]
        return list(await asyncio.shield(asyncio.gather(*tasks)))

    def held_by_stop(self) -> list[Push]:
        """Return the pushes that a stop has paused. They can go on once the stop is lifted."""
        return [push for push in self.unfinished() if push.reason == STOPPED]

    async def stop(self, patience: float) -> int:
        """Send nothing new, wait `patience` seconds at most for requests in flight, then cancel them.

        Return the number of steps whose outcome is not known: they are looked up at the next start.
        """
        self._driver.stopping = True
        tasks = [task for task in self._tasks.values() if not task.done()]
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._remember_tries()
        return sum(
            record.state in (StepState.UNKNOWN, StepState.INTENT)
            for live in list(self._live.values())
            for record in live.steps
        )

    def _remember_tries(self) -> None:
        """Keep for the next engine of this process when each step in doubt was tried last."""
        self.last_tries.clear()
        for live in list(self._live.values()):
            for n, at in live.tried.items():
                if live.steps[n].state in (StepState.UNKNOWN, StepState.INTENT):
                    self.last_tries[attempt_key(live.steps[n])] = at

    async def _drive(self, live: LivePush) -> Push:
        """Carry every step of one push as far as it goes, and write the state of the push."""
        try:
            await live.stand(PushState.RUNNING)
            reason = await self._driver.carry(live)
            await live.stand(reason=reason)
        except PlanChanged:
            await self._refuse_all(live, "plan-changed")
        except BookClosed as error:
            live.push = msgspec.structs.replace(live.push, state=PushState.PAUSED, reason=error.code)
            self._heard(live, None)
            raise
        return live.push

    @asynccontextmanager
    async def hold(self, live: LivePush, *, is_read: bool = False) -> AsyncIterator[None]:
        """Hold the lease of a push, and make UNKNOWN what its last sender left as INTENT.

        `is_read` says that the push was read from the book after its lease was taken. Raises `HeldElsewhere`,
        `LeaseLost`, `BookClosed`, and the errors of `recovery.read_back`.
        """

        async def taken(lease: Lease) -> None:
            if self._book.is_shared and not is_read:
                await self._read_again(live)
            live.lease = lease
            await doubt_interrupted_steps(live)
            await self._know_of_doubts(live)

        name = live.push.push_id
        try:
            async with self.leases.hold(name, taken):
                try:
                    yield
                finally:
                    self.leases.let_rest(name, self._rest(live.push.reason))
        finally:
            if not self.leases.is_held(name):
                live.lease = None

    async def follow(self, push_id: str) -> None:
        """Read a push again that another sender may have changed, and let listeners hear of it.

        A push that is held here is left alone. Raises the errors of `bring_back`.
        """
        if self.leases.is_held(push_id):
            return
        if (live := self._live.get(push_id)) is not None:
            await self._read_again(live)
        else:
            self._heard(await self.bring_back(push_id), None)

    async def _read_again(self, live: LivePush) -> None:
        """Show what the book holds of a push now, and hear of it. While the push is held here, memory is newer."""
        read = await read_back(self._book, live.push.push_id, self._clock)
        if live.lease is None:
            live.show(read.push, read.plan, read.steps, plan_is_gone=read.plan_is_gone)
            self._register(live)
            self._heard(live, None)

    async def _is_at_rest(self, live: LivePush) -> bool:
        """Read a push again that another sender has or had. Return True if that sender has left it at rest."""
        await self._read_again(live)
        return live.push.state not in (PushState.QUEUED, PushState.RUNNING)

    async def _know_of_doubts(self, live: LivePush) -> None:
        """Bring back the pushes of a shared book that left a step in doubt with a reference of this push."""
        if not self._book.is_shared:
            return
        refs = {record.ref for record in live.steps}
        doubted = await self._book.where_any(StepRecord, "state", (StepState.INTENT, StepState.UNKNOWN))
        for push_id in sorted({step.push_id for step in doubted if step.ref in refs} - {live.push.push_id}):
            await self._read_again(await self.bring_back(push_id))

    def _runner_of(self, live: LivePush) -> StepRunner:
        asset = live.plan.asset
        return StepRunner(
            live,
            self._book,
            self.leases,
            self._clock,
            self._random,
            self._fresh.get(asset),
            self._keepers.get(asset),
            self._guards.get(asset),
        )

    async def _refuse_all(self, live: LivePush, code: str) -> None:
        """Refuse every READY step with `code`, end the push, and remove its plan."""
        for n, record in enumerate(live.steps):
            if record.state is StepState.READY:
                await live.change(n, StepState.REFUSED, code)
        await live.stand(reason=code)
        await self._book.delete_file(plan_file(live.push.push_id))

    # -- deciding --------------------------------------------------------------------------------------

    async def decide(self, push_id: str, n: int, decision: Resolution) -> Push:
        """Carry out what a person decided about step `n`, and go on with the push if it can.

        A push that runs here is paused first. Raises `DeskError` if the step does not offer the choice,
        `HeldElsewhere`, `LeaseLost`, `BookClosed`.
        """
        live = await self.bring_back(push_id)
        if self.is_running(push_id):
            live.decision_waits.set()
            await asyncio.wait([self._tasks[push_id]])
            live.decision_waits.clear()
        async with self.hold(live):
            await carry_out(live, n, decision, self._book)
            await live.stand()
        self._register(live)
        if live.push.state is PushState.PAUSED:
            return await self.run(push_id)
        return live.push

    async def candidates(self, push_id: str, n: int) -> list[RemoteRecord]:
        """Return the records from which a person chooses for step `n`. Raises as `read_candidates` and `bring_back`."""
        live = await self.bring_back(push_id)
        return await read_candidates(live, n, self._remotes[live.steps[n].system])

    # -- pushes in memory ------------------------------------------------------------------------------

    def unfinished(self) -> list[Push]:
        """Return the pushes that are not finished."""
        return [live.push for live in self._open.values()]

    def active(self, subject: str) -> LivePush | None:
        """Return the unfinished push of a subject, if there is one."""
        return next((live for live in self._open.values() if live.push.subject == subject), None)

    def unfinished_push_of(self, plan: Plan) -> Push | None:
        """Return the unfinished push of a confirmed plan, or None if the plan's subject has no unfinished push.

        A confirmed plan is never answered with the push of another plan: raises `DeskError` (another-plan-waits) if the
        unfinished push of the subject has another plan.
        """
        running = self.active(plan.subject)
        if running is None:
            return None
        _check_same_plan(running.push, plan)
        return running.push

    def live(self, push_id: str) -> LivePush | None:
        """Return a push that is in memory: every unfinished one is, and one that is over while somebody holds it."""
        return self._live.get(push_id)

    async def bring_back(self, push_id: str) -> LivePush:
        """Return a push, from the book if it is not in memory. Raises the errors of `recovery.read_back`."""
        if live := self._live.get(push_id):
            return live
        read = await read_back(self._book, push_id, self._clock)
        if live := self._live.get(push_id):  # somebody else read the push back at the same time
            return live
        self._register(read)
        return read

    def carries(self, push_id: str) -> bool:
        """Return True unless another sender may carry the push: it is told only what happens then."""
        return not self._book.is_shared or self.leases.is_held(push_id)

    def is_running(self, push_id: str) -> bool:
        """Return True while a task runs the push."""
        return push_id in self._tasks and not self._tasks[push_id].done()

    def _register(self, live: LivePush) -> None:
        """Hold a push in memory and listen to it. A push that is active and can go on counts as unfinished."""
        live.listen = self._heard
        for n, record in enumerate(live.steps):
            self._note_doubt(live, record)
            if self.last_tries and (at := self.last_tries.get(attempt_key(record))) is not None:
                live.tried.setdefault(n, at)
        self._live[live.push.push_id] = live
        if live.push.state in ACTIVE and live.can_go_on:
            self._open[live.push.push_id] = live
        else:
            self._open.pop(live.push.push_id, None)

    def _heard(self, live: LivePush, step: StepRecord | None) -> None:
        """Hear of a change of a push, and of the step that changed.

        A push that is over makes room for the next push of its subject before listeners hear of it.
        """
        if step is not None:
            self._note_doubt(live, step)
        elif live.push.state not in ACTIVE:
            self._open.pop(live.push.push_id, None)
        self._listen(live.push, live.steps)

    def _note_doubt(self, live: LivePush, step: StepRecord) -> None:
        """Note whether a step is in doubt. An INTENT of a push that is not held here was left by another sender."""
        place = (live.push.push_id, step.n)
        if step.state is StepState.UNKNOWN or (step.state is StepState.INTENT and live.lease is None):
            self._in_doubt.setdefault(step.ref, set()).add(place)
        elif places := self._in_doubt.get(step.ref):
            places.discard(place)
            if not places:
                del self._in_doubt[step.ref]

    def _steps_in_doubt(self, ref: str) -> list[tuple[LivePush, int]]:
        """Return the steps in doubt of all pushes in memory that have a reference, in a fixed order."""
        places = sorted(self._in_doubt.get(ref, ()))
        return [(live, n) for push_id, n in places if (live := self._live.get(push_id)) is not None]


def _check_same_plan(push: Push, plan: Plan) -> None:
    """Raise `DeskError` (another-plan-waits) if an unfinished push of a plan's subject has another plan."""
    if push.plan != plan.digest:
        raise DeskError(
            "another-plan-waits",
            f"{push.subject} has a push of plan {push.plan} that is not finished ({push.state}, confirmed by "
            f"{push.operator}); plan {plan.digest} was not sent.",
        )


async def _no_head_start() -> float:
    """Return 0: there is no worker."""
    return 0.0
