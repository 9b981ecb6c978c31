"""Moves the details of pushes that are over out of the live log, and has the book tidied. Decides nothing about a push.

A push leaves once nothing of it can be decided or sent any more: it is done, or refused and its plan is gone; none of
its steps is to be looked up again. The push itself stays in the live log, its steps go to the archive of its month.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from core.errors import ArchiveDamaged
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import Operation
from core.push.ports import Book, Filed
from core.push.records import (
    Declined,
    DuplicateCheck,
    Push,
    Record,
    StepRecord,
    TrailEvent,
    declined,
    plan_file,
)
from core.push.states import PushState, StepState

AT_ONCE: Final = 20
"""So many pushes are moved with one write of the archive and one of the log: some 30 ms of the book's thread."""
STEPS_AT_ONCE: Final = 2_000
"""So many steps, after which no further push is added to the same write."""
_OVER: Final = frozenset({PushState.DONE, PushState.REFUSED})
_DECLINED: Final = frozenset({StepState.REFUSED, StepState.SKIPPED})


class Caretaker:
    """Cares for one book. `belongs` are the kinds of record that a push takes along; their key is the push's id."""

    def __init__(self, book: Book, engine: Engine, belongs: Sequence[type[Record]] = ()) -> None:
        self._book = book
        self._engine = engine
        self._belongs = belongs

    async def run(self, batches: int | None = None) -> int:
        """Archive pushes that are over, `AT_ONCE` at a time, then tidy the book; gives how many were archived.

        With `batches` it stops after so many. Raises `BookClosed`.
        """
        waiting = await self._over()
        moved = done = 0
        while waiting and (batches is None or done < batches):
            moved += await self._archive(waiting)
            done += 1
        await self._book.tidy()
        return moved

    async def _over(self) -> list[str]:
        """Name the pushes that are over and still have steps in the live log, the oldest first, for `pop`."""
        to_check = {check.step.rpartition(":")[0] for check in await self._book.all(DuplicateCheck)}
        plans = set(await self._book.list_files())
        ids = [
            push_id
            for push_id in await self._book.values(StepRecord, "push_id")
            if push_id not in to_check and plan_file(push_id) not in plans
        ]
        pushes = await self._book.get_many(Push, ids)
        return [push.push_id for push in reversed(pushes) if push.state in _OVER]

    async def _archive(self, waiting: list[str]) -> int:
        """Archive the next pushes; those that somebody brought back meanwhile are left."""
        filed: list[Filed] = []
        steps = 0
        while waiting and len(filed) < AT_ONCE and steps < STEPS_AT_ONCE:
            push_id = waiting.pop()
            if self._engine.release(push_id) and (one := await self._file(push_id)) is not None:
                filed.append(one)
                steps += len(one.records)
        # One that is in memory again is on its way to be changed; what was read of it may be old.
        filed = [one for one in filed if self._engine.live(one.push_id) is None]
        if filed:
            await self._book.archive(*filed)
        return len(filed)

    async def _file(self, push_id: str) -> Filed | None:
        """Gather what a push takes along; None where it is not over, or its older archive can't be read."""
        push = await self._book.get(Push, push_id)
        if push is None or push.state not in _OVER:
            return None
        try:
            steps = await steps_of(self._book, push)
            before = await self._book.archived(push_id)
        except ArchiveDamaged:
            return None
        kept: dict[tuple[type[Record], str], Record] = {
            (type(record), record.key): record for record in before if not isinstance(record, StepRecord)
        }
        for kind in self._belongs:
            if (record := await self._book.get(kind, push_id)) is not None:
                kept[kind, push_id] = record
        records = (*(shrunk(step) for step in steps), *kept.values())
        return Filed(push_id, push.updated_at, records, tuple(await self._declined(steps)))

    async def _declined(self, steps: Iterable[StepRecord]) -> list[Declined]:
        """Give what stays of creates, unless what is known of the same thing is newer.

        One that arrived leaves a word only where an older one that did not is still known.
        """
        creates = [step for step in steps if step.operation is Operation.CREATE]
        found = {step.link_key: declined(step) for step in creates if step.state in _DECLINED}
        made = {step.link_key: step for step in creates if step.state is StepState.DONE}
        keys = [*found, *made]
        known = {one.key: one for one in await self._book.get_many(Declined, keys)}
        ended = [
            step for state in sorted(_DECLINED) for step in await self._book.where(StepRecord, state=state)
        ]
        for key in {step.link_key for step in ended} | known.keys():
            if key in made:
                found[key] = msgspec.structs.replace(declined(made[key]), sent={})
        return [one for key, one in found.items() if key not in known or known[key].at <= one.at]


def shrunk(step: StepRecord) -> StepRecord:
    """Give a step that is over with less of a trail: of a run of like events the first and the last.

    Every code and its time stay, and the words of the last exchange; those of the exchanges before it go.
    """
    told = max((n for n, event in enumerate(step.trail) if event.said), default=-1)
    trail = [event if n == told else TrailEvent(event.at, event.code) for n, event in enumerate(step.trail)]
    kept = [
        event
        for n, event in enumerate(trail)
        if n in (0, told, len(trail) - 1) or not trail[n - 1].code == event.code == trail[n + 1].code
    ]
    return msgspec.structs.replace(step, trail=tuple(kept))
