"""One push in memory: its record, its plan and where each step stands; every change of it is durable first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from core.push.plan import Entity, Operation, Plan, Step, System
from core.push.ports import Book, Clock
from core.push.records import (
    DuplicateCheck,
    Link,
    Push,
    Record,
    StepRecord,
    TrailEvent,
    Unlinked,
    duplicate_check_key,
    plan_file,
    step_key,
)
from core.push.states import PushState, StepState, check_change, push_state

Listener = Callable[[Push, tuple[StepRecord, ...]], None]


class LivePush:
    """A push and its steps. `record(n)` is what the book holds; `change` writes the book, then memory."""

    def __init__(self, push: Push, plan: Plan, steps: list[StepRecord], book: Book, clock: Clock) -> None:
        self.push = push
        self.plan = plan
        self.steps = steps
        self.ids: dict[str, str] = {}
        """The remote id of every step that is DONE and has one, by its ref."""
        self._places: dict[str, int] = {}
        self._made: dict[tuple[System, Entity, str], str] = {}
        """By which ref a record was made."""
        for n in range(len(steps)):
            self._index(n)
        self.tried: dict[int, float] = {}
        """When, on the event loop's clock, this process last tried to send a step."""
        self.proved_fresh = False
        self.called = asyncio.Event()
        """Set while a person's decision waits for the task that runs this push."""
        self._book = book
        self._clock = clock
        self.listen: Listener = lambda push, steps: None

    @property
    def untouched(self) -> bool:
        """True while nothing of it was ever sent."""
        return not any(record.attempts for record in self.steps)

    def standing(self, ref: str) -> StepState:
        """Give the state of the step that makes `ref`."""
        return self.steps[self._places[ref]].state

    def is_anothers(self, n: int, remote_id: str) -> bool:
        """Say whether a create is said to have made what another step of this push made: that reply is not its own."""
        record = self.steps[n]
        made = self._made.get((record.system, record.entity, remote_id), record.ref)
        return record.operation is Operation.CREATE and made != record.ref

    async def change(
        self,
        n: int,
        state: StepState,
        code: str,
        said: str = "",
        *,
        also: Iterable[Record] = (),
        drop: Iterable[tuple[type[Record], str]] = (),
        **fields: Any,
    ) -> None:
        """Move step `n` to `state`, with an event on its trail, and whatever else belongs in the same commit."""
        before = self.steps[n]
        check_change(before.state, state)
        now = self._clock.now()
        settled = state not in (StepState.READY, StepState.INTENT, StepState.DONE, StepState.SKIPPED)
        after = msgspec.structs.replace(
            before,
            **{"error": code if settled else "", "detail": said if settled else "", **fields},
            state=state,
            trail=(*before.trail, TrailEvent(now, code, said)),
        )
        await self._book.commit(after, *also, drop=drop)
        self.steps[n] = after
        self._index(n)
        self.listen(self.push, tuple(self.steps))

    async def note(self, n: int, code: str, said: str = "", **fields: Any) -> None:
        """Add to a step's trail without a change of state."""
        before = self.steps[n]
        event = TrailEvent(self._clock.now(), code, said)
        after = msgspec.structs.replace(before, **fields, trail=(*before.trail, event))
        await self._book.commit(after)
        self.steps[n] = after
        self.listen(self.push, tuple(self.steps))

    async def finish(
        self,
        n: int,
        remote_id: str,
        code: str,
        said: str = "",
        *,
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> None:
        """Move step `n` to DONE; the link goes into the same commit, so that links and journal can't differ."""
        record = self.steps[n]
        links = (
            []
            if record.operation is Operation.WRITE_BACK or not remote_id
            else [self._link(record, remote_id)]
        )
        await self.change(
            n,
            StepState.DONE,
            code,
            said,
            also=links,
            drop=[*drop, *((Unlinked, link.key) for link in links)],
            remote_id=remote_id,
            candidates=(),
            forced=False,
        )

    async def divert(self, n: int, remote_id: str, said: str = "") -> None:
        """Move step `n` to CONFLICT: it changed another record, which now bears our ref and is no link all the same."""
        record = self.steps[n]
        told = Unlinked(
            record.system,
            record.entity,
            record.local_id,
            remote_id,
            record.entity,
            record.ref,
            self.push.operator,
            self._clock.now(),
        )
        await self.change(n, StepState.CONFLICT, "diverted", said, also=(told,), candidates=(remote_id,))

    async def doubt(
        self, n: int, code: str, said: str = "", *, detail: str = "", sent_at: float | None = None
    ) -> None:
        """Move step `n` to UNKNOWN, and see to it that it is looked up again later, come what may.

        `sent_at` is when its bytes may last have left, if that was not just now.
        """
        check = self.duplicate_check(n, self.steps[n].attempts)
        sent_at = self._clock.now() if sent_at is None else sent_at
        await self.change(n, StepState.UNKNOWN, code, said, also=(check,), detail=detail, sent_at=sent_at)

    def duplicate_check(self, n: int, attempt: int) -> DuplicateCheck:
        """Return the record that lists one attempt (from 1) of step `n` for the duplicate check."""
        return DuplicateCheck(self.steps[n].key, attempt, self._clock.now())

    def duplicate_check_keys(self, n: int) -> list[tuple[type[Record], str]]:
        """Return kind and key of every check that the book may list for step `n`, to drop them."""
        record = self.steps[n]
        return [
            (DuplicateCheck, duplicate_check_key(record.key, attempt))
            for attempt in range(1, record.attempts + 1)
        ]

    async def stand(self, state: PushState | None = None, reason: str = "") -> None:
        """Write where the push as a whole stands: `state`, or what follows from its steps at rest."""
        state = state or push_state(record.state for record in self.steps)
        push = msgspec.structs.replace(self.push, state=state, reason=reason, updated_at=self._clock.now())
        if (push.state, push.reason) != (self.push.state, self.push.reason):
            await self._book.commit(push)
        self.push = push
        self.listen(self.push, tuple(self.steps))
        if state is PushState.DONE:
            await self._book.delete_file(plan_file(push.push_id))

    def _index(self, n: int) -> None:
        record = self.steps[n]
        self._places[record.ref] = n
        if record.remote_id and record.state is StepState.DONE:
            self.ids[record.ref] = record.remote_id
            if record.operation is Operation.CREATE:
                self._made[record.system, record.entity, record.remote_id] = record.ref
        else:
            self.ids.pop(record.ref, None)

    def _link(self, record: StepRecord, remote_id: str) -> Link:
        return Link(record.system, record.entity, record.local_id, remote_id, record.ref, self._clock.now())


def first_record(push_id: str, n: int, step: Step) -> StepRecord:
    """Give the record of a step that was confirmed and not begun."""
    return StepRecord(
        push_id=push_id,
        n=n,
        ref=step.ref,
        system=step.system,
        entity=step.entity,
        operation=step.operation,
        kind=step.kind,
        local_id=step.local_id,
        state=StepState.READY,
        remote_id=step.remote_id,
        parent=step.parent,
    )


async def steps_of(book: Book, push: Push) -> list[StepRecord]:
    """Read the records of a push's steps, in order, wherever they are; a step in the live log counts.

    Raises `ArchiveDamaged`, `BookClosed`.
    """
    keys = [step_key(push.push_id, n) for n in range(push.size)]
    live = await book.get_many(StepRecord, keys)
    if len(live) == len(keys):
        return live
    found = {step.key: step for step in await book.archived(push.push_id) if isinstance(step, StepRecord)}
    found |= {step.key: step for step in live}
    return [found[key] for key in keys if key in found]


def gate(live: LivePush, n: int) -> StepState | None:
    """Say whether step `n` may go (READY), can't (BLOCKED), or has to wait for a step before it (None)."""
    states = {live.standing(ref) for ref in live.plan.steps[n].needs}
    if states <= {StepState.DONE}:
        return StepState.READY
    if states & {StepState.REFUSED, StepState.BLOCKED, StepState.SKIPPED}:
        return StepState.BLOCKED
    return None


async def lift_blocks(live: LivePush) -> None:
    """Make the BLOCKED steps READY whose ground is no longer lost."""
    for n, record in enumerate(live.steps):
        if record.state is StepState.BLOCKED and gate(live, n) is not StepState.BLOCKED:
            await live.change(n, StepState.READY, "unblocked")
