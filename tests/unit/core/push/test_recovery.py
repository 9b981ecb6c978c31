"""Which pushes are unfinished, while other senders of the same book go on with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import msgspec
import pytest

from core.push.records import Push, Record
from core.push.recovery import remove_leftover_files, unfinished_pushes
from core.push.states import ACTIVE, PushState
from tests.support.book_fakes import a_push
from tests.support.fakes import FakeBook

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


class AskedBook(FakeBook):
    """Counts the questions about records."""

    asked = 0

    async def get(self, kind: type[R], key: str) -> R | None:
        self.asked += 1
        return await super().get(kind, key)

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        self.asked += 1
        found = [await FakeBook.get(self, kind, key) for key in keys]
        return [record for record in found if record is not None]


async def test_the_files_that_are_left_over_go_after_one_question() -> None:
    book = AskedBook()
    await book.commit(a_push(1, PushState.DONE), a_push(2, PushState.RUNNING), a_push(3, PushState.DONE))
    for name in ("P1.plan", "P2.plan", "P3.seen", "P9.plan", "P9.seen", "note.draft"):
        await book.put_file(name, b"{}")
    await remove_leftover_files(book)
    assert await book.list_files() == ["P2.plan", "P3.seen", "note.draft"]
    assert book.asked == 1
