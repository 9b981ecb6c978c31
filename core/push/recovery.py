"""Reads pushes back from the book: at the start those that a crash left unfinished, later one that is over.

Follows docs/protocol.md, "INTENT" and "Kept files". Sends nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Final

from msgspec.structs import replace

from core.decoding.typed_json import decode_json
from core.errors import ArchiveDamaged, DeskError, HeldElsewhere, LeaseLost
from core.push.live_push import LivePush, steps_of, steps_of_many
from core.push.plan import Plan, Step, rename_ref
from core.push.ports import Book, Clock, PushBook
from core.push.records import KEPT, PLAN, Push, Record, StepRecord, plan_file
from core.push.states import ACTIVE, INTERRUPTED, PushState, StepState

_AT_ONCE: Final = 50
"""How many unfinished pushes are read from the book with the same questions."""


SENDING: Final = (PushState.QUEUED, PushState.RUNNING)
"""The states of a push that a process is sending, or is about to send."""


async def unfinished_pushes(book: Book) -> list[Push]:
    """Return the pushes in a state of `ACTIVE`, the oldest first. Raises `BookClosed`.

    The book is asked once: a push that another sender moves from one state to another meanwhile is not missed.
    """
    active = await book.where_any(Push, "state", sorted(ACTIVE))
    return sorted(active, key=lambda push: (push.created_at, push.push_id))


async def recover_pushes(
    book: PushBook,
    clock: Clock,
    register: Callable[[LivePush], None],
    hold: Callable[[LivePush], AbstractAsyncContextManager[None]],
) -> None:
    """Read every unfinished push, the oldest first, and make each INTENT that no living sender holds UNKNOWN.

    `register` gets a push before its steps change, so that listeners hear of the changes. `hold` takes the lease of a
    push and makes its INTENTs UNKNOWN. A push that another sender holds is only shown. A push whose archive is damaged
    is left out. Raises `BookClosed`.
    """
    async for live in _read_unfinished(book, clock):
        if live.can_go_on:  # else a crash came between the last step and the end of the push
            register(live)
        if book.is_shared and not _is_cut_off(live):
            continue  # it waits for its sender
        with suppress(HeldElsewhere, LeaseLost):
            async with hold(live):
                gone = live.can_go_on and live.plan_is_gone
                await live.stand(reason="plan-gone" if gone else "")


async def _read_unfinished(book: PushBook, clock: Clock) -> AsyncIterator[LivePush]:
    """Yield every unfinished push, the oldest first, with a few questions for `_AT_ONCE` of them.

    One with a damaged archive is left out: the error is shown when somebody opens that push. Raises `BookClosed`.
    """
    unfinished = await unfinished_pushes(book)
    for first in range(0, len(unfinished), _AT_ONCE):
        pushes = unfinished[first : first + _AT_ONCE]
        plans = await book.get_files([plan_file(push.push_id) for push in pushes])
        steps = await steps_of_many(book, pushes)
        for push in pushes:
            records = steps[push.push_id]
            if not isinstance(records, ArchiveDamaged):
                yield _as_live(book, push, plans.get(plan_file(push.push_id)), records, clock)


def _is_cut_off(live: LivePush) -> bool:
    """Return True if the sender of a push may be dead: the push runs, or it is over without saying so."""
    return live.push.state is PushState.RUNNING or not live.can_go_on


async def cut_off(book: Book) -> list[Record]:
    """Return every push that is queued or running, and its steps on their way, as they are once nobody sends them.

    For a reader who knows that no process has the book open for writing. The next start makes the same of them.
    Raises `BookClosed`.
    """
    pushes = await book.where_any(Push, "state", SENDING)
    steps = await book.where(StepRecord, state=StepState.INTENT) if pushes else []
    return [
        *(replace(push, state=PushState.PAUSED, reason=INTERRUPTED) for push in pushes),
        *(replace(step, state=StepState.UNKNOWN, error=INTERRUPTED) for step in steps),
    ]


async def doubt_interrupted_steps(live: LivePush) -> None:
    """Make each INTENT of a push UNKNOWN: nobody saw the reply. Raises `LeaseLost`, `BookClosed`."""
    for n, record in enumerate(live.steps):
        if record.state is StepState.INTENT:
            await live.doubt(n, INTERRUPTED, sent_at=record.sent_at)


async def remove_leftover_files(book: Book) -> None:
    """Remove the plans of pushes that are DONE, and every file of a push that never began: they hold client data."""
    parts = [(name, *name.rpartition(".")[::2]) for name in await book.list_files()]
    kept = [(name, push_id, kind) for name, push_id, kind in parts if kind in KEPT]
    found = await book.get_many(Push, dict.fromkeys(push_id for _, push_id, _ in kept))
    pushes = {push.push_id: push for push in found}
    for name, push_id, kind in kept:
        push = pushes.get(push_id)
        if push is None or (kind == PLAN and push.state is PushState.DONE):
            await book.delete_file(name)


async def read_back(book: PushBook, push_id: str, clock: Clock) -> LivePush:
    """Return a push of the book. If its plan is gone, its steps can be looked up and decided, but not sent.

    Raises `DeskError` if there is no such push, `ArchiveDamaged`, `BookClosed`.
    """
    push = await book.get(Push, push_id)
    if push is None:
        raise DeskError("unknown-push", f"There is no push {push_id}.")
    content = await book.get_file(plan_file(push.push_id))
    live = _as_live(book, push, content, await steps_of(book, push), clock)
    if live.plan_is_gone:
        await _unarchive_steps(book, live.steps)
    return live


def _as_live(
    book: PushBook, push: Push, content: bytes | None, records: list[StepRecord], clock: Clock
) -> LivePush:
    """Return a push with its plan. `content` is that of the plan's file.

    There is no such file if every step is settled, or if the log was restored alone.
    """
    if content is None:
        return LivePush(push, plan_to_look_up(push, records), records, book, clock, plan_is_gone=True)
    plan = decode_json(content, Plan)
    for record in records:  # "send as new" writes a step's new reference and leaves the plan file as it was
        if plan.steps[record.n].ref != record.ref:
            plan = rename_ref(plan, plan.steps[record.n].ref, record.ref)
    return LivePush(push, plan, records, book, clock)


def plan_to_look_up(push: Push, records: Sequence[StepRecord]) -> Plan:
    """Return the plan of a push whose plan file is gone, as far as the records of its steps know the plan.

    The steps have no body. They can be looked up by their references, and nothing can be sent.
    """
    refs = {record.ref for record in records}
    steps = tuple(
        Step(
            ref=record.ref,
            system=record.system,
            entity=record.entity,
            operation=record.operation,
            local_id=record.local_id,
            summary=record.local_id,
            body={},
            remote_id=record.remote_id,
            parent=record.parent,
            needs=(record.parent,) if record.parent and record.parent in refs else (),
        )
        for record in records
    )
    return Plan(push.asset, push.subject, "", steps, about=push.about)


async def _unarchive_steps(book: Book, steps: Sequence[StepRecord]) -> None:
    """Put the archived records of a push's steps back into the live log.

    A change of one step must find the others without the archive. Raises `BookClosed`.
    """
    if len(await book.get_many(StepRecord, [step.key for step in steps])) < len(steps):
        await book.commit(*steps)
