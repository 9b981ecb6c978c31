"""The first page of the board is read before anybody asks, and nothing of the board is read twice or lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from core.errors import Unreachable
from core.flex.read_ahead import Page, ReadAhead


class Board:
    """A board of numbered pages. `reads` has the pages that were asked for."""

    def __init__(self, pages: int, breaks_at: int | None = None) -> None:
        self.reads: list[int] = []
        self._pages = pages
        self._breaks_at = breaks_at

    async def summaries(self) -> AsyncIterator[Page]:
        for number in range(self._pages):
            self.reads.append(number)
            await asyncio.sleep(0)
            if number == self._breaks_at:
                raise Unreachable("unreachable", "BrokerEngine does not answer.")
            yield []


async def _pages_of(ahead: ReadAhead) -> int:
    return len([page async for page in ahead.pages()])


async def test_the_first_page_is_read_at_once_and_the_others_when_they_are_wanted() -> None:
    board = Board(3)
    ahead = ReadAhead(board.summaries)
    ahead.begin()
    for _ in range(5):
        await asyncio.sleep(0)
    assert board.reads == [0]
    assert await _pages_of(ahead) == 3
    assert board.reads == [0, 1, 2]


async def test_a_later_reading_begins_anew() -> None:
    board = Board(2)
    ahead = ReadAhead(board.summaries)
    assert await _pages_of(ahead) == 2
    ahead.begin()
    assert [await _pages_of(ahead) for _ in range(2)] == [2, 2]
    assert board.reads == [0, 1] * 3


async def test_an_empty_board_has_no_page() -> None:
    ahead = ReadAhead(Board(0).summaries)
    ahead.begin()
    assert await _pages_of(ahead) == 0


async def test_what_breaks_ahead_is_told_to_who_asks_and_the_next_reading_begins_anew() -> None:
    board = Board(2, breaks_at=0)
    ahead = ReadAhead(board.summaries)
    ahead.begin()
    for _ in range(2):
        with pytest.raises(Unreachable):
            await _pages_of(ahead)
    assert board.reads == [0, 0]


async def test_what_nobody_asked_for_ends_quietly() -> None:
    board = Board(2, breaks_at=0)
    for turns in range(4):
        ahead = ReadAhead(board.summaries)
        ahead.begin()
        for _ in range(turns):
            await asyncio.sleep(0)
        await ahead.end()
        await ahead.end()
