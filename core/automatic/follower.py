"""Hears of what other senders do with the pushes of a shared book, so that every desk shows it.

Follows docs/protocol.md, "Several senders". Asks the book in short intervals; the book may answer sooner than a change
would be found by reading everything. Knows no screen.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final, Protocol

from core.errors import ArchiveDamaged, BookClosed, DeskError
from core.push.team.ports import TeamBook

LOOK_EVERY: Final = 1.5
"""Seconds between two questions for news. A change is seen within two seconds."""


class FollowingEngine(Protocol):
    """The part of the engine that shows other senders' pushes."""

    async def follow(self, push_id: str) -> None:
        """Read a push again that another sender may have changed, and let listeners hear of it."""
        ...


class Follower:
    """Follows the pushes of other senders for as long as the desk is open."""

    def __init__(self, engine: FollowingEngine, book: TeamBook) -> None:
        self._engine = engine
        self._book = book
        self._mark = ""

    async def begin(self) -> None:
        """Follow what changes from now on. Raises `BookClosed`.

        This comes before the desk reads the unfinished pushes, so that no change is missed in between.
        """
        self._mark = (await self._book.changes("")).mark

    async def run(self) -> None:
        """Look again and again. While the book is away, nothing is shown; it is caught up with afterwards."""
        while True:
            with suppress(BookClosed):
                await self._look()
            await asyncio.sleep(LOOK_EVERY)

    async def _look(self) -> None:
        news = await self._book.changes(self._mark)
        for push_id in news.push_ids:
            try:
                await self._engine.follow(push_id)
            except BookClosed:
                raise
            except (ArchiveDamaged, DeskError):
                continue  # it is shown when somebody opens this push
        self._mark = news.mark
