"""One rate for all who share a credential: each request takes a turn that the shared book gives out.

Follows docs/protocol.md, "Rate limits". Knows no HTTP.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Protocol

LATE: Final = 1.0
"""Seconds for which a turn may be used. A sender that comes later, because it was paused, takes a new turn."""
SPARE: Final = 2.0
"""Seconds by which requests may come closer than their turns: so late they leave, and so long they travel."""
MOST_AHEAD: Final = 8
"""How many turns a sender reserves at once. A sender that is paused or ends leaves those unused."""


class RateBudget(Protocol):
    """Gives out turns to all senders of a book."""

    async def reserve(self, name: str, count: int, gap: float) -> float:
        """See `core.push.team.ports.TeamBook.reserve`."""
        ...


def gap_of(per_minute: float) -> float:
    """Return the seconds between two turns, so that no 60 seconds ever have more than `per_minute` requests.

    In `60 + SPARE` seconds there are at most `60 / gap + SPARE / gap + 1` turns. At 6,000 a minute that costs 3 of 100.
    """
    return (60.0 + SPARE) / max(per_minute - 1.0, 0.5)


class SharedRateLimiter:
    """Lets requests through in the turns that the book gives out. Has the method of `RateLimiter`.

    `name` is the same for all who share a credential. `wait` raises `BookClosed` while the book is away.
    """

    def __init__(self, budget: RateBudget, name: str, per_minute: float) -> None:
        self._budget = budget
        self._name = name
        self._gap = gap_of(per_minute)
        self._turns: deque[tuple[float, float]] = deque()
        """The turns that nobody has used: each from when to when, by the event loop's clock."""
        self._waiting = 0
        self._asking = asyncio.Lock()

    async def wait(self) -> None:
        """Wait until the next request may leave."""
        self._waiting += 1
        try:
            while True:
                begins, ends = await self._next_turn()
                await asyncio.sleep(max(0.0, begins - _now()))
                if _now() <= ends:
                    return
        finally:
            self._waiting -= 1

    async def _next_turn(self) -> tuple[float, float]:
        async with self._asking:
            while self._turns and self._turns[0][1] < _now():
                self._turns.popleft()
            if not self._turns:
                await self._reserve(min(self._waiting, MOST_AHEAD))
            return self._turns.popleft()

    async def _reserve(self, count: int) -> None:
        """Reserve turns. None begins before the book means it, and none ends late, however slow the reply."""
        asked = _now()
        first = await self._budget.reserve(self._name, count, self._gap)
        answered = _now()
        for n in range(count):
            wait = first + n * self._gap
            self._turns.append((answered + wait, asked + wait + LATE))


def _now() -> float:
    return asyncio.get_running_loop().time()
