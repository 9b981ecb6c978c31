"""One push in memory: its record, its plan and its steps. Every change goes to the book first, then to memory.

Follows docs/protocol.md, "Step states". Knows no remote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

import msgspec

from core.errors import ArchiveDamaged
from core.push.made import end_reason
from core.push.plan import Entity, Operation, Plan, Step, System, as_update, fill_ids, rename_ref
from core.push.ports import Book, Clock, Lease, PushBook, Request
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
from core.push.states import (
    ON_THE_WAY,
    WAITS_FOR_A_PERSON,
    PushState,
    StepState,
    check_change,
    push_state,
)

Listener: TypeAlias = Callable[[Push, Sequence[StepRecord]], None]
"""Gets a push and all its steps after each change.

The steps are those that the engine itself holds. They go on changing, so a listener that keeps them copies them. A copy
for each change would cost as much as the push has steps.
"""
StepListener: TypeAlias = "Callable[[LivePush, StepRecord | None], None]"
"""Gets a push after each change, and the step that changed; None if the push itself changed."""
_WRITES: Final = (Operation.CREATE, Operation.UPDATE)
"""A step with one of these operations makes or changes the record that it names."""
_NO_ERROR = frozenset({StepState.READY, StepState.INTENT, StepState.DONE, StepState.SKIPPED})
"""A step in these states has no error to show."""


class Paused(Exception):
    """The push can't continue automatically now. `code` is the reason, of the error catalogue; `said` adds details."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.said = said


class PlanChanged(Exception):
    """Nothing of the push was sent, and the plan would be different now: a person has to confirm the new plan."""


class LivePush:
    """A push and its steps. `steps[n]` is what the book holds for step `n` of the plan (from 0).

    `plan_is_gone` is True if the plan file is gone. The steps of `plan` have no body then, and nothing can be sent.
    Every change is committed under `lease`. Without one this process only shows the push.
    """

    def __init__(
        self,
        push: Push,
        plan: Plan,
        steps: list[StepRecord],
        book: PushBook,
        clock: Clock,
        *,
        plan_is_gone: bool = False,
    ) -> None:
        self.lease: Lease | None = None
        """The lease of this process on the push; None while it does not hold the push."""
        self._book = book
        self._clock = clock
        self.steps: list[StepRecord] = []
        self.ids: dict[str, str] = {}
        """The remote ids of the DONE steps, by reference."""
        self._places: dict[str, int] = {}
        self._made: dict[tuple[System, Entity, str], str] = {}
        """The reference under which each remote record was created."""
        self._writers: dict[tuple[System, Entity, str], tuple[int, ...]] = {}
        """The numbers of the steps that make or update each remote record."""
        self._was_sent = False
        self.tried: dict[int, float] = {}
        """The event loop's time at which this process last tried to send a step, by step number."""
        self.show(push, plan, steps, plan_is_gone=plan_is_gone)
        self.proved_fresh = False
        self.decision_waits = asyncio.Event()
        """Set while a person's decision waits until the task of this push stops."""
        self.listen: StepListener = lambda live, step: None

    def show(self, push: Push, plan: Plan, steps: Sequence[StepRecord], *, plan_is_gone: bool) -> None:
        """Hold what was read from the book, in place of what was held before."""
        self.push, self.plan, self.plan_is_gone = push, plan, plan_is_gone
        for n in [n for n in self.tried if self.steps[n].attempts != steps[n].attempts]:
            del self.tried[n]  # another sender tried it last
        self.steps[:] = steps
        for index in (self.ids, self._places, self._made, self._writers):
            index.clear()
        self._was_sent = False
        for n, record in enumerate(steps):
            self._index(n, record)

    async def _commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Commit a change of this push. Raises `LeaseLost` if another sender has taken it over, `BookClosed`."""
        if self.lease is None:
            raise AssertionError(f"{self.push.push_id} is changed without its lease")
        await self._book.commit_under(self.lease, *put, drop=drop)

    @property
    def untouched(self) -> bool:
        """True while nothing of the push was sent."""
        return not self._was_sent

    @property
    def can_go_on(self) -> bool:
        """True if a run can do something: the plan is there, or a step without its plan is still to be looked up."""
        return not self.plan_is_gone or any(record.state in ON_THE_WAY for record in self.steps)

    def step(self, n: int) -> Step:
        """Return step `n` as it is sent: as an update, if a person chose so for a create that found other values."""
        step, record = self.plan.steps[n], self.steps[n]
        if record.operation is step.operation:
            return step
        return as_update(step, record.remote_id or "")

    def request(self, n: int) -> Request:
        """Return the request of step `n`, with the ids of earlier steps filled in. Raises `KeyError` without an id."""
        step = self.step(n)
        return Request(
            ref=step.ref,
            entity=step.entity,
            operation=step.operation,
            body=fill_ids(step.body, self.ids),
            remote_id=self.ids.get(step.remote_id, step.remote_id) if step.remote_id else None,
            parent=self.ids.get(step.parent, step.parent) if step.parent else None,
        )

    def state_of(self, ref: str) -> StepState:
        """Return the state of the step with the reference `ref`."""
        return self.steps[self._places[ref]].state

    def is_made_by_another_step(self, n: int, remote_id: str) -> bool:
        """Return True if the reply to the create `n` names a record that another step of this push created.

        The reply then belongs to another request, so the step is UNKNOWN (docs/decisions, decision 8).
        """
        record = self.steps[n]
        made = self._made.get(_record_key(record, remote_id), record.ref)
        return record.operation is Operation.CREATE and made != record.ref

    def other_step_with(self, n: int, remote_id: str) -> StepRecord | None:
        """Return another step of this push that makes or updates a record which step `n` would take; None if none does.

        Two people of a push would be one contact otherwise.
        """
        writers = self._writers.get(_record_key(self.steps[n], remote_id), ())
        others = (self.steps[k] for k in sorted(writers) if k != n)
        return next((other for other in others if other.state is not StepState.SKIPPED), None)

    async def change(
        self,
        n: int,
        state: StepState,
        code: str,
        said: str = "",
        *,
        by: str = "",
        also: Iterable[Record] = (),
        drop: Iterable[tuple[type[Record], str]] = (),
        **fields: Any,
    ) -> None:
        """Move step `n` to `state` and add an event to its trail. `also` and `drop` go into the same commit.

        `by` is the operator who decided it.

        Raises `IllegalChange` if the table of states does not allow the change, `LeaseLost`, `BookClosed`.
        """
        before = self.steps[n]
        check_change(before.state, state)
        now = self._clock.now()
        after = msgspec.structs.replace(
            before,
            **{
                "error": "" if state in _NO_ERROR else code,
                "detail": "" if state in _NO_ERROR else said,
                **fields,
            },
            state=state,
            trail=(*before.trail, TrailEvent(now, code, said, by)),
        )
        push = self._push_after(n, after)
        await self._commit(after, *push, *also, drop=drop)
        self._put(n, after)
        for changed in push:
            self.push = changed
        self.listen(self, after)

    def _push_after(self, n: int, after: StepRecord) -> tuple[Push, ...]:
        """Return the push as it stands after a change of step `n`, if that answers the last question to a person.

        Both are one commit: a push that asks nothing any more must not wait for a person.
        """
        if self.push.state is not PushState.NEEDS_YOU or self.steps[n].state not in WAITS_FOR_A_PERSON:
            return ()
        state = push_state(after.state if k == n else record.state for k, record in enumerate(self.steps))
        if state is PushState.NEEDS_YOU:
            return ()
        return (msgspec.structs.replace(self.push, state=state, updated_at=self._clock.now()),)

    async def note(self, n: int, code: str, said: str = "", **fields: Any) -> None:
        """Add an event to a step's trail without a change of state. Raises `LeaseLost`, `BookClosed`."""
        before = self.steps[n]
        event = TrailEvent(self._clock.now(), code, said)
        after = msgspec.structs.replace(before, **fields, trail=(*before.trail, event))
        await self._commit(after)
        self._put(n, after)
        self.listen(self, after)

    async def finish(
        self,
        n: int,
        remote_id: str,
        code: str,
        said: str = "",
        *,
        drop: Iterable[tuple[type[Record], str]] = (),
        **fields: Any,
    ) -> None:
        """Move step `n` to DONE. The same commit writes the link, so that links and journal can't contradict.

        `fields` are further fields of the step's record.
        """
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
            **fields,
        )

    async def send_as_new(
        self,
        n: int,
        refs: Mapping[int, str],
        also: Iterable[Record],
        drop: Iterable[tuple[type[Record], str]],
        by: str,
    ) -> None:
        """Move step `n` to READY, and give the steps in `refs` their new references, all in one commit.

        `refs` maps step numbers, `n` among them. `also` and `drop` go into the same commit. A crash leaves no step with
        the reference of a record that belongs to the old record of step `n`.
        """
        old = self.steps[n].ref
        others = {
            k: msgspec.structs.replace(
                self.steps[k],
                ref=ref,
                parent=refs[n] if self.steps[k].parent == old else self.steps[k].parent,
            )
            for k, ref in refs.items()
            if k != n
        }
        plan = self.plan
        for k, ref in refs.items():
            plan = rename_ref(plan, self.steps[k].ref, ref)
        await self.change(
            n,
            StepState.READY,
            "decided-as-new",
            by=by,
            also=(*others.values(), *also),
            drop=drop,
            ref=refs[n],
            candidates=(),
        )
        self.plan = plan  # recovery does the same from the records of the steps
        for k, record in others.items():
            self._put(k, record)

    async def divert(self, n: int, remote_id: str, said: str = "") -> None:
        """Move step `n` to CONFLICT: the system changed another record instead.

        That record may have our reference now. It counts as unlinked, so that no later push adopts it.
        """
        record = self.steps[n]
        unlinked = Unlinked(
            record.system,
            record.entity,
            record.local_id,
            remote_id,
            record.entity,
            record.ref,
            self.push.operator,
            self._clock.now(),
            diverted=True,
        )
        await self.change(
            n, StepState.CONFLICT, "diverted", said, also=(unlinked,), candidates=(remote_id,), reached=True
        )

    async def doubt(
        self,
        n: int,
        code: str,
        said: str = "",
        *,
        detail: str = "",
        sent_at: float | None = None,
        **fields: Any,
    ) -> None:
        """Move step `n` to UNKNOWN, and list it for the duplicate check in the same commit.

        `sent_at` is when its bytes may last have left (seconds since 1970, UTC); now, if it is None. `fields` are
        further fields of the step's record; `reached` is True if they do not say otherwise.
        """
        fields.setdefault("reached", True)
        check = self.duplicate_check(n, self.steps[n].attempts)
        sent_at = self._clock.now() if sent_at is None else sent_at
        await self.change(
            n, StepState.UNKNOWN, code, said, also=(check,), detail=detail, sent_at=sent_at, **fields
        )

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
        """Write the state of the whole push: `state`, or what follows from its steps at rest.

        Once the push is DONE its plan file is removed. Raises `LeaseLost`, `BookClosed`.
        """
        state = state or push_state(record.state for record in self.steps)
        if state is PushState.DONE:
            reason = reason or end_reason(self.steps)
        push = msgspec.structs.replace(self.push, state=state, reason=reason, updated_at=self._clock.now())
        if (push.state, push.reason) != (self.push.state, self.push.reason):
            await self._commit(push)
        self.push = push
        self.listen(self, None)
        if state is PushState.DONE:
            await self._book.delete_file(plan_file(push.push_id))

    def _put(self, n: int, record: StepRecord) -> None:
        """Hold the new record of step `n`."""
        before, self.steps[n] = self.steps[n], record
        if before.ref != record.ref and self._places.get(before.ref) == n:
            del self._places[before.ref]
        if (key := _record_key(before, before.remote_id or "")) in self._writers:
            self._writers[key] = tuple(k for k in self._writers[key] if k != n)
        self._index(n, record)

    def _index(self, n: int, record: StepRecord) -> None:
        """Note where the record of step `n` is looked for."""
        self._places[record.ref] = n
        self._was_sent = self._was_sent or record.attempts > 0
        if not record.remote_id:
            self.ids.pop(record.ref, None)
            return
        key = _record_key(record, record.remote_id)
        if record.operation in _WRITES:
            self._writers[key] = (*self._writers.get(key, ()), n)
        if record.state is StepState.DONE:
            self.ids[record.ref] = record.remote_id
            if record.operation is Operation.CREATE:
                self._made[key] = record.ref
        else:
            self.ids.pop(record.ref, None)

    def _link(self, record: StepRecord, remote_id: str) -> Link:
        return Link(record.system, record.entity, record.local_id, remote_id, record.ref, self._clock.now())


def _record_key(step: StepRecord, remote_id: str) -> tuple[System, Entity, str]:
    """Return what tells the remote record of a step from all others."""
    return step.system, step.entity, remote_id


def first_record(push_id: str, n: int, step: Step) -> StepRecord:
    """Return the record of a confirmed step before anything is sent."""
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
        remote_id=None if step.remote_id in step.needs else step.remote_id,
        parent=step.parent,
    )


async def steps_of(book: Book, push: Push) -> list[StepRecord]:
    """Return the records of a push's steps, in order, from the live log and the archive. The live log comes first.

    Raises `ArchiveDamaged`, `BookClosed`.
    """
    steps = (await steps_of_many(book, [push]))[push.push_id]
    if isinstance(steps, ArchiveDamaged):
        raise steps
    return steps


async def steps_of_many(
    book: Book, pushes: Sequence[Push]
) -> Mapping[str, list[StepRecord] | ArchiveDamaged]:
    """Return {push id: the records of its steps, as `steps_of`}, or the error of its archive in their place.

    The book is asked twice at most, however many pushes there are. Raises `BookClosed`.
    """
    keys = {push.push_id: [step_key(push.push_id, n) for n in range(push.size)] for push in pushes}
    live = {step.key: step for step in await book.get_many(StepRecord, chain.from_iterable(keys.values()))}
    short = [push_id for push_id, own in keys.items() if not all(key in live for key in own)]
    archived = await book.archived_many(StepRecord, short) if short else {}
    found: dict[str, list[StepRecord] | ArchiveDamaged] = {}
    for push_id, own in keys.items():
        old = archived.get(push_id, [])
        if isinstance(old, ArchiveDamaged):
            found[push_id] = old
            continue
        steps = {step.key: step for step in old}
        found[push_id] = [step for key in own if (step := live.get(key) or steps.get(key)) is not None]
    return found


def check_needs(live: LivePush, n: int) -> StepState | None:
    """Return READY if every step that step `n` needs is DONE, BLOCKED if one did not arrive, else None: `n` waits."""
    states = {live.state_of(ref) for ref in live.plan.steps[n].needs}
    if states <= {StepState.DONE}:
        return StepState.READY
    if states & {StepState.REFUSED, StepState.BLOCKED, StepState.SKIPPED}:
        return StepState.BLOCKED
    return None


async def lift_blocks(live: LivePush) -> None:
    """Make READY each BLOCKED step of which no needed step is lost any more."""
    for n, record in enumerate(live.steps):
        if record.state is StepState.BLOCKED and check_needs(live, n) is not StepState.BLOCKED:
            await live.change(n, StepState.READY, "unblocked")
