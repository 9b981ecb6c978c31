"""Reads pushes back from the book: at the start those that a crash left unfinished, later one that is over.

Follows docs/protocol.md, "INTENT" and "Kept files". Sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from core.errors import ArchiveDamaged, DeskError
from core.push.live_push import LivePush, steps_of
from core.push.plan import Plan, rename_ref
from core.push.ports import Book, Clock
from core.push.records import KEPT, PLAN, Push, StepRecord, plan_file
from core.push.states import ACTIVE, PushState, StepState, push_state


async def recover_pushes(book: Book, clock: Clock, register: Callable[[LivePush], None]) -> None:
    """Read every unfinished push, the oldest first, and make each INTENT UNKNOWN: nobody saw the reply.

    `register` gets a push before its steps change, so that listeners hear of the changes. A push whose archive is
    damaged is left out. Raises `BookClosed`.
    """
    active = [push for state in ACTIVE for push in await book.where(Push, state=state)]
    for push in sorted(active, key=lambda push: (push.created_at, push.push_id)):
        try:
            live = await _load(book, push, clock)
            if live is None:
                await _close(book, push, clock)
                continue
        except ArchiveDamaged:
            continue  # the error is shown when somebody opens this push; the others go on
        register(live)
        await _doubt_interrupted_steps(live)
        await live.stand()


async def remove_leftover_files(book: Book) -> None:
    """Remove the plans of pushes that are DONE, and every file of a push that never began: they hold client data."""
    for name in await book.list_files():
        push_id, _, kind = name.rpartition(".")
        if kind not in KEPT:
            continue
        push = await book.get(Push, push_id)
        if push is None or (kind == PLAN and push.state is PushState.DONE):
            await book.delete_file(name)


async def read_back(book: Book, push_id: str, clock: Clock) -> LivePush:
    """Return a push of the book. If its plan is gone, a person can decide about its steps, but nothing can be sent.

    Raises `DeskError` if there is no such push, `ArchiveDamaged`, `BookClosed`.
    """
    push = await book.get(Push, push_id)
    if push is None:
        raise DeskError("unknown-push", f"There is no push {push_id}.")
    live = await _load(book, push, clock)
    if live is not None:
        return live
    no_steps = Plan(push.asset, push.subject, "", ())
    return LivePush(push, no_steps, await _unarchive_steps(book, push), book, clock)


async def _load(book: Book, push: Push, clock: Clock) -> LivePush | None:
    """Return a push with its plan, or None if the plan file is gone because every step is settled."""
    content = await book.get_file(plan_file(push.push_id))
    if content is None:
        return None
    plan = msgspec.json.decode(content, type=Plan)
    records = await steps_of(book, push)
    for record in records:  # "send as new" writes a step's new reference and leaves the plan file as it was
        if plan.steps[record.n].ref != record.ref:
            plan = rename_ref(plan, plan.steps[record.n].ref, record.ref)
    return LivePush(push, plan, records, book, clock)


async def _close(book: Book, push: Push, clock: Clock) -> None:
    """Write the end of a push without a plan: a crash came between its last step and that commit."""
    steps = await steps_of(book, push)
    state = push_state(step.state for step in steps)
    await book.commit(msgspec.structs.replace(push, state=state, updated_at=clock.now()))


async def _doubt_interrupted_steps(live: LivePush) -> None:
    for n, record in enumerate(live.steps):
        if record.state is StepState.INTENT:
            await live.doubt(n, "interrupted", sent_at=record.sent_at)


async def _unarchive_steps(book: Book, push: Push) -> list[StepRecord]:
    """Return the records of a push's steps, and put archived ones back into the live log.

    A change of one step must find the others without the archive. Raises `ArchiveDamaged`, `BookClosed`.
    """
    steps = await steps_of(book, push)
    if len(await book.get_many(StepRecord, [step.key for step in steps])) < len(steps):
        await book.commit(*steps)
    return steps
