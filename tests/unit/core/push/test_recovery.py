"""Which pushes are unfinished, while other senders of the same book go on with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec
import pytest

from core.errors import ArchiveDamaged, HeldElsewhere
from core.push.live_push import LivePush, first_record
from core.push.ports import Filed
from core.push.records import Push, Record, plan_file
from core.push.recovery import recover_pushes, remove_leftover_files, unfinished_pushes
from core.push.states import ACTIVE, PushState
from tests.support.book_fakes import a_push
from tests.support.fakes import FakeBook, LoopClock, person_step, plan_of

R = TypeVar("R", bound=Record)


class BookOfSeveral(FakeBook):
    """After each question about an index, another sender has moved every push from `before` to `after`."""

    def __init__(self, before: PushState, after: PushState) -> None:
        super().__init__()
        self._before, self._after = before, after

    async def where(self, kind: type[R], **field: str) -> list[R]:
        found = await super().where(kind, **field)
        await self._move()
        return found

    async def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        found = await super().where_any(kind, field, values)
        await self._move()
        return found

    async def _move(self) -> None:
        for push in await self.all(Push):
            if push.state is self._before:
                await self.commit(msgspec.structs.replace(push, state=self._after))


@pytest.mark.parametrize("before", sorted(ACTIVE))
@pytest.mark.parametrize("after", sorted(ACTIVE))
async def test_a_push_that_moves_meanwhile_is_not_missed(before: PushState, after: PushState) -> None:
    book = BookOfSeveral(before, after)
    await book.commit(a_push(1, before), a_push(2, PushState.DONE), a_push(3, after))
    assert [push.push_id for push in await unfinished_pushes(book)] == ["P1", "P3"]


DAMAGED = ArchiveDamaged("archive-damaged", "It can't be read.")


class AskedBook(FakeBook):
    """Counts the questions about records and the contents of files."""

    asked = 0
    damaged: frozenset[str] = frozenset()

    async def get_file(self, name: str) -> bytes | None:
        self.asked += 1
        return await super().get_file(name)

    async def get_files(self, names: Collection[str]) -> dict[str, bytes]:
        self.asked += 1
        return await super().get_files(names)

    async def archived(self, push_id: str) -> list[Record]:
        self.asked += 1
        return await super().archived(push_id)

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        self.asked += 1
        found = dict(await super().archived_many(kind, push_ids))
        return found | dict.fromkeys(self.damaged & found.keys(), DAMAGED)

    async def get(self, kind: type[R], key: str) -> R | None:
        self.asked += 1
        return await super().get(kind, key)

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        self.asked += 1
        found = [await FakeBook.get(self, kind, key) for key in keys]
        return [record for record in found if record is not None]


@asynccontextmanager
async def _held_by_another(live: LivePush) -> AsyncIterator[None]:
    raise HeldElsewhere("held-elsewhere", f"m.hale works on {live.push.push_id}.")
    yield  # never reached; it makes this a context manager


async def test_many_unfinished_pushes_are_read_with_few_questions() -> None:
    """Also those of which some steps are in an archive, or the plan is gone. A damaged archive costs its own push."""
    book = AskedBook()
    numbers = range(40)
    for n in numbers:
        steps = [person_step(f"P-{n}-{i}") for i in range(2)]
        plan = plan_of(*steps, subject=f"C-{n}")
        push = Push(f"P{n:02}", plan.asset, plan.subject, "", PushState.PAUSED, "m.hale", float(n), 2.0, 2)
        records = [first_record(push.push_id, i, step) for i, step in enumerate(steps)]
        await book.commit(push, *records[: 1 + n % 2])
        await book.archive(Filed(push.push_id, 1.0, tuple(records[1 + n % 2 :])))
        if n % 3:
            await book.put_file(plan_file(push.push_id), msgspec.json.encode(plan))
    book.damaged = frozenset({"P04"})
    read: list[LivePush] = []
    await recover_pushes(book, LoopClock(), read.append, _held_by_another)
    assert [live.push.push_id for live in read] == [f"P{n:02}" for n in numbers if n != 4]
    assert [live.plan_is_gone for live in read] == [n % 3 == 0 for n in numbers if n != 4]
    assert {len(live.steps) for live in read} == {2}
    assert book.asked <= 4


async def test_the_files_that_are_left_over_go_after_one_question() -> None:
    book = AskedBook()
    await book.commit(a_push(1, PushState.DONE), a_push(2, PushState.RUNNING), a_push(3, PushState.DONE))
    for name in ("P1.plan", "P2.plan", "P3.seen", "P9.plan", "P9.seen", "note.draft"):
        await book.put_file(name, b"{}")
    await remove_leftover_files(book)
    assert await book.list_files() == ["P2.plan", "P3.seen", "note.draft"]
    assert book.asked == 1
