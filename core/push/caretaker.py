"""Looks after the pushes of one book: goes on with unfinished ones, checks for duplicates, archives finished ones.

Reports what happens as events; knows no screen. Decides nothing about a push.

A push is archived once nothing of it can be decided or sent any more: it is done, or refused and its plan is gone, and
none of its steps waits for a duplicate check. The push itself stays in the live log; its steps go to the archive of the
month in which it ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from typing import Final, Protocol, TypeAlias

import msgspec
from msgspec import Struct

from core.errors import ArchiveDamaged, BookClosed, DeskError
from core.push.duplicate_check import DuplicateChecker
from core.push.live_push import LivePush, steps_of
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
"""How many pushes one batch moves at most. A batch takes some 30 ms of the book's thread."""
STEPS_AT_ONCE: Final = 2_000
"""Once a batch has so many steps, no further push is added to it."""
SHORTEST_WAIT: Final = 60.0
"""The least number of seconds between two rounds of the caretaker."""
_OVER: Final = frozenset({PushState.DONE, PushState.REFUSED})
_DECLINED: Final = frozenset({StepState.REFUSED, StepState.SKIPPED})


class PushMemory(Protocol):
    """The part of the engine that archiving needs."""

    def live(self, push_id: str) -> LivePush | None:
        """Return a push that is in memory."""
        ...


class Archiver:
    """Archives finished pushes. `belongs` are the kinds of record that move with a push; their key is the push's id."""

    def __init__(self, book: Book, engine: PushMemory, belongs: Sequence[type[Record]] = ()) -> None:
        self._book = book
        self._engine = engine
        self._belongs = belongs

    async def run(self, batches: int | None = None) -> int:
        """Archive finished pushes, `AT_ONCE` at a time, then tidy the book. Return the number of archived pushes.

        `batches` is the largest number of batches; None means no limit. Raises `BookClosed`.
        """
        waiting = await self._over()
        moved = done = 0
        while waiting and (batches is None or done < batches):
            moved += await self._archive(waiting)
            done += 1
        await self._book.tidy()
        return moved

    async def _over(self) -> list[str]:
        """Return the ids of the finished pushes with steps in the live log, the oldest last."""
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
        """Archive one batch from the end of `waiting`, without pushes that are in memory again. Return its size."""
        filed: list[Filed] = []
        steps = 0
        while waiting and len(filed) < AT_ONCE and steps < STEPS_AT_ONCE:
            push_id = waiting.pop()
            if self._engine.live(push_id) is None and (push := await self._file(push_id)) is not None:
                filed.append(push)
                steps += len(push.records)
        # A push that is in memory again is about to be changed, so the records read above may be old.
        filed = [push for push in filed if self._engine.live(push.push_id) is None]
        if filed:
            await self._book.archive(*filed)
        return len(filed)

    async def _file(self, push_id: str) -> Filed | None:
        """Gather the records that move with a push; None where it is not over, or its older archive can't be read."""
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
        """Give the `Declined` records that creates leave, unless a newer one of the same thing is known.

        A create that arrived leaves one, without hashes, only where an older create that did not is still known.
        """
        creates = [step for step in steps if step.operation is Operation.CREATE]
        left = {step.link_key: declined(step) for step in creates if step.state in _DECLINED}
        made = {step.link_key: step for step in creates if step.state is StepState.DONE}
        keys = [*left, *made]
        known = {record.key: record for record in await self._book.get_many(Declined, keys)}
        ended = [
            step for state in sorted(_DECLINED) for step in await self._book.where(StepRecord, state=state)
        ]
        for key in {step.link_key for step in ended} | known.keys():
            if key in made:
                left[key] = msgspec.structs.replace(declined(made[key]), sent={})
        return [record for key, record in left.items() if key not in known or known[key].at <= record.at]


def shrunk(step: StepRecord) -> StepRecord:
    """Return a finished step with a shorter trail.

    Of several like events in a row the first and the last stay. Only the last exchange keeps its words.
    """
    words = max((n for n, event in enumerate(step.trail) if event.said), default=-1)
    trail = [
        event if n == words else TrailEvent(event.at, event.code, by=event.by)
        for n, event in enumerate(step.trail)
    ]
    kept = [
        event
        for n, event in enumerate(trail)
        if n in (0, words, len(trail) - 1) or not trail[n - 1].code == event.code == trail[n + 1].code
    ]
    return msgspec.structs.replace(step, trail=tuple(kept))


class GoingOn(Struct, frozen=True):
    """An unfinished push runs again, in the task `run`. The task raises `BookClosed` if the book fails."""

    push: Push
    run: asyncio.Task[Push]


class NeedsPerson(Struct, frozen=True):
    """An unfinished push waits for a person. The task `run` carries the steps that can go on, as with `GoingOn`."""

    push: Push
    run: asyncio.Task[Push]


class SecondRecord(Struct, frozen=True):
    """The duplicate check found a second record of `step`. The step is now a CONFLICT with all ids as candidates."""

    step: StepRecord


class CareStopped(Struct, frozen=True):
    """The book can't be read or written, so the caretaker stopped."""

    error: DeskError


CareEvent: TypeAlias = GoingOn | NeedsPerson | SecondRecord | CareStopped


class Resumed(Struct, frozen=True):
    """What `Caretaker.resume` did: the pushes that it concerned, and the steps that have a second record."""

    pushes: tuple[Push, ...]
    doubled: tuple[StepRecord, ...]


class DuplicateChecksRun(Struct, frozen=True):
    """What `Caretaker.check` did: the steps that have a second record, and the seconds until a check is due again."""

    doubled: tuple[StepRecord, ...]
    again_in: float | None


class PushRunner(Protocol):
    """The part of the engine that the caretaker needs."""

    def unfinished(self) -> list[Push]:
        """Return the pushes that are not finished."""
        ...

    def run(self, push_id: str) -> asyncio.Task[Push]:
        """Run a push in a task, or return the task that already runs it."""
        ...

    async def resume(self) -> list[Push]:
        """Close every breaker, run every unfinished push as far as it goes, and return the pushes."""
        ...

    async def bring_back(self, push_id: str) -> LivePush:
        """Return a push, from the book if it is not in memory."""
        ...


class Caretaker:
    """Looks after the pushes of one book."""

    def __init__(self, engine: PushRunner, duplicates: DuplicateChecker, archiver: Archiver) -> None:
        self._engine = engine
        self._duplicates = duplicates
        self._archiver = archiver

    async def run(self) -> AsyncIterator[CareEvent]:
        """Go on with what an earlier run left, then check for duplicates and archive for as long as the desk is open.

        Yield what a person should hear of. All checks run at once; after that each check runs when it is due.
        """
        try:
            for push in self._engine.unfinished():
                event = NeedsPerson if push.state is PushState.NEEDS_YOU else GoingOn
                yield event(push, self._engine.run(push.push_id))
            doubled = await self._duplicates.run_all()
            while True:
                await self.archive()
                for step in doubled:
                    yield SecondRecord(step)
                await asyncio.sleep(max(SHORTEST_WAIT, await self._duplicates.seconds_to_next() or 0.0))
                doubled = await self._duplicates.run_due()
        except DeskError as error:
            yield CareStopped(error)

    async def resume(self) -> Resumed:
        """Run every duplicate check, and every unfinished push as far as it goes. Raises `BookClosed`."""
        doubled = await self._duplicates.run_all()
        pushes = {push.push_id: push for push in await self._engine.resume()}
        for step in doubled:
            pushes[step.push_id] = (await self._engine.bring_back(step.push_id)).push
        return Resumed(tuple(pushes.values()), tuple(doubled))

    async def check(self) -> DuplicateChecksRun:
        """Run the duplicate checks that are due, once, and archive what is over. Raises `BookClosed`."""
        doubled = await self._duplicates.run_due()
        await self.archive(batches=1)
        return DuplicateChecksRun(tuple(doubled), await self._duplicates.seconds_to_next())

    async def archive(self, batches: int | None = None) -> None:
        """Archive finished pushes, at most `batches` batches if given. If the book can't be written, do nothing.

        The next write of the book says why it can't be written.
        """
        with suppress(BookClosed):
            await self._archiver.run(batches)
