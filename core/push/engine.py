"""The one engine for every outward write: begins confirmed plans, runs them, picks up what a crash left.

A push belongs to the engine, never to a screen. There is one task a push, one active push a subject, and
never two steps with the same ref at once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Final

import msgspec

from core.errors import ArchiveDamaged, BookClosed, DeskError, Unreachable
from core.push.live_push import Listener, LivePush, first_record, load, retrieve, steps_of
from core.push.plan import LOOKED_UP, Asset, Plan, System
from core.push.ports import Book, Clock, FreshCheck, Remote, Request
from core.push.push_driver import PushDriver
from core.push.rate_limit import CircuitBreaker
from core.push.records import KEPT, PLAN, DuplicateCheck, Push, Record, StepRecord, plan_file
from core.push.resolutions import Resolution, carry_out
from core.push.states import ACTIVE, PushState, StepState, push_state
from core.push.step_runner import PlanChanged

AUDIT_AFTER: Final = 900.0
"""Seconds after which a record that was made is looked up again: is there one of it?"""
LOOKS: Final = 2
"""So many looks, `AUDIT_AFTER` seconds apart, have to find one: the clock may have been set before the first."""
_NOT_OUT: Final = frozenset({StepState.READY, StepState.BLOCKED, StepState.REFUSED, StepState.SKIPPED})
"""Nothing of these is on its way; a step that is sent again is looked up again."""


class Engine:
    """Carries confirmed plans to their remotes. Call `recover` once before anything else."""

    def __init__(
        self,
        book: Book,
        remotes: Mapping[System, Remote],
        clock: Clock,
        random: Random,
        *,
        fresh: Mapping[Asset, FreshCheck] | None = None,
        listen: Listener = lambda push, steps: None,
    ) -> None:
        self._book = book
        self._remotes = remotes
        self._clock = clock
        self._listen = listen
        self._live: dict[str, LivePush] = {}
        self._open: dict[str, LivePush] = {}
        """Those that are not over, by id: one a subject, or two where the audit found that an older one is not."""
        self._tasks: dict[str, asyncio.Task[Push]] = {}
        self._driver = PushDriver(book, remotes, clock, random, fresh or {}, self._live.values)
        self._beginning = asyncio.Lock()

    @property
    def breakers(self) -> dict[System, CircuitBreaker]:
        """Give each connection's breaker."""
        return self._driver.breakers

    # -- beginning -------------------------------------------------------------------------------------

    async def recover(self) -> list[Push]:
        """Take up what the book holds: every INTENT becomes UNKNOWN. Gives the pushes that are not finished."""
        active = [push for state in ACTIVE for push in await self._book.where(Push, state=state)]
        for push in sorted(active, key=lambda push: (push.created_at, push.push_id)):
            try:
                live = await load(self._book, push, self._clock)
                if live is None:
                    await self._close(push)
                    continue
            except ArchiveDamaged:
                continue  # who opens this push is told; the others go on
            self._take(live)
            for n, record in enumerate(live.steps):
                if record.state is StepState.INTENT:
                    await live.doubt(n, "interrupted", sent_at=record.sent_at)
            await live.stand()
        await self._tidy()
        return self.unfinished()

    async def _tidy(self) -> None:
        """Remove what a crash left of a push that is done, or that was never begun: it holds clients' data."""
        for name in await self._book.list_files():
            push_id, _, kind = name.rpartition(".")
            push = await self._book.get(Push, push_id) if kind in KEPT else None
            if kind in KEPT and (push is None or (kind == PLAN and push.state is PushState.DONE)):
                await self._book.delete_file(name)

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
        if push_id in self._open or self._runs(push_id):
            return False
        self._live.pop(push_id, None)
        self._tasks.pop(push_id, None)
        return True

    # -- running ---------------------------------------------------------------------------------------

    def run(self, push_id: str) -> asyncio.Task[Push]:
        """Run a push in a task of its own, or give the task that already runs it."""
        if not self._runs(push_id):
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
        if self._runs(push_id):
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

    # -- looking again ---------------------------------------------------------------------------------

    async def audit(self) -> list[StepRecord]:
        """Look up once more each record that was lately made; gives the steps of which a second one turned up.

        A step stays on the list until `LOOKS` looks found one record, each `AUDIT_AFTER` seconds or more after it was
        sent, in doubt, or looked up before.
        """
        return await self._look_again(await self._book.all(DuplicateCheck))

    async def audit_due(self) -> list[StepRecord]:
        """Look up once more those alone whose time has come; gives what `audit` gives."""
        return await self._look_again(
            [one for one in await self._book.all(DuplicateCheck) if self._is_due(one)]
        )

    async def next_audit(self) -> float | None:
        """Give how many seconds remain until a step has to be looked up again; None where none has."""
        since = [audit.since for audit in await self._book.all(DuplicateCheck)]
        return max(0.0, min(since) + AUDIT_AFTER - self._clock.now()) if since else None

    async def _look_again(self, audits: Iterable[DuplicateCheck]) -> list[StepRecord]:
        over: list[DuplicateCheck] = []
        made: defaultdict[tuple[str, System], list[tuple[DuplicateCheck, StepRecord]]] = defaultdict(list)
        for audit in audits:
            record = await self._book.get(StepRecord, audit.step)
            if record is None or (record.state in _NOT_OUT and self._is_due(audit)):
                over.append(audit)
            elif record.state is StepState.DONE:
                made[record.push_id, record.system].append((audit, record))
        doubled: list[StepRecord] = []
        looked: list[DuplicateCheck] = []
        for (_, system), those in made.items():
            several = await self._several(system, [record for _, record in those])
            if several is None:
                continue
            looked += [audit for audit, record in those if record.key not in several and self._is_due(audit)]
            twice = {record.key: record for _, record in those if record.key in several}
            doubled += [await self._mark_doubled(record, several[key]) for key, record in twice.items()]
        over += [audit for audit in looked if audit.looks + 1 >= LOOKS]
        again = [
            msgspec.structs.replace(audit, since=self._clock.now(), looks=audit.looks + 1)
            for audit in looked
            if audit.looks + 1 < LOOKS
        ]
        if over or again:
            await self._book.commit(*again, drop=[(DuplicateCheck, audit.key) for audit in over])
        return doubled

    def _is_due(self, audit: DuplicateCheck) -> bool:
        return self._clock.now() >= audit.since + AUDIT_AFTER

    async def _several(
        self, system: System, records: Sequence[StepRecord]
    ) -> dict[str, tuple[str, ...]] | None:
        """Give, by the step's key, the ids under its ref where there are several; None where nobody answers."""
        remote = self._remotes.get(system)
        if remote is None:
            return None
        asked = [one for one in records if one.kind in LOOKED_UP and remote.can_look_up(one.entity)]
        try:
            found = await remote.look_up([_of_record(record) for record in asked]) if asked else {}
        except Unreachable:
            return None
        ours = {
            record.key: tuple(
                there.remote_id for there in found.get(record.ref, ()) if there.ref == record.ref
            )
            for record in asked
        }
        return {key: ids for key, ids in ours.items() if len(ids) > 1}

    async def _mark_doubled(self, record: StepRecord, ids: tuple[str, ...]) -> StepRecord:
        live = await self.bring_back(record.push_id)
        at_rest = not self._runs(record.push_id)
        asks = msgspec.structs.replace(live.push, state=PushState.NEEDS_YOU)
        await live.change(
            record.n,
            StepState.CONFLICT,
            "second-record",
            ", ".join(ids),
            also=[asks] if at_rest else [],  # or a crash might leave a push that is over and asks nobody
            drop=live.audits(record.n),
            candidates=ids,
        )
        if at_rest:
            await live.stand()
        return live.steps[record.n]

    async def bring_back(self, push_id: str) -> LivePush:
        """Give a push, from the book where it is over; without its plan its steps can be decided, not sent.

        Raises `DeskError` where there is no such push.
        """
        if live := self._live.get(push_id):
            return live
        push = await self._book.get(Push, push_id)
        if push is None:
            raise DeskError("unknown-push", f"There is no push {push_id}.")
        live = await load(self._book, push, self._clock)
        if live is None:
            plan = Plan(push.asset, push.subject, "", ())
            live = LivePush(push, plan, await retrieve(self._book, push), self._book, self._clock)
        self._take(live)
        return live

    # -- small things ----------------------------------------------------------------------------------

    def _take(self, live: LivePush) -> None:
        live.listen = self._listen
        self._live[live.push.push_id] = live
        if live.push.state in ACTIVE and live.plan.steps:
            self._open[live.push.push_id] = live

    def _runs(self, push_id: str) -> bool:
        return push_id in self._tasks and not self._tasks[push_id].done()

    async def _close(self, push: Push) -> None:
        """Write down that a push whose plan is gone is over: a crash came between its last step and this."""
        steps = await steps_of(self._book, push)
        state = push_state(_states(steps))
        await self._book.commit(msgspec.structs.replace(push, state=state, updated_at=self._clock.now()))


def _of_record(record: StepRecord) -> Request:
    """Give what a record can be looked up by once its plan, and so its body, is gone."""
    return Request(record.ref, record.entity, record.operation, {}, record.remote_id, record.parent)


def _states(steps: Iterable[StepRecord]) -> list[StepState]:
    return [step.state for step in steps]
