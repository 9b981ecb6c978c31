"""Decisions of one desk take turns, and are compared with what another desk has decided in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from core.push.plan import Entity, System
from core.push.ports import Lease
from core.push.records import Link
from tests.support.team_books import FakeTeamBook, Sender, SharedStore

T = TypeVar("T")


class DistantBook(FakeTeamBook):
    """A book that answers a few turns of the event loop later. `claimed` counts the leases it was asked for."""

    claimed = 0

    async def _ask(self, work: Callable[[], T]) -> T:
        for _ in range(3):
            await asyncio.sleep(0)
        return work()

    async def claim(self, name: str, lasts: float) -> Lease:
        self.claimed += 1
        return await super().claim(name, lasts)


async def decide(book: FakeTeamBook, n: int, seen: list[int]) -> None:
    async def look() -> None:
        seen.append(len(await book.all(Link)))

    await book.decide(look, Link(System.FLEX, Entity.PERSON, f"P-{n}", f"1-{n}", f"BD-{n}", 1.0))


async def test_many_decisions_of_one_desk_are_all_written_each_under_one_lease() -> None:
    book, seen = DistantBook(SharedStore(lambda: 0.0), Sender("s-1")), list[int]()
    await asyncio.gather(*(decide(book, n, seen) for n in range(30)))
    assert len(await book.all(Link)) == 30
    assert seen == list(range(30))
    assert book.claimed == 30
