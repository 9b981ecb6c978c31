"""Does the same work for many things, several at once, and gives the results in the order of the things."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_order(
    things: Iterable[T], work: Callable[[T], Awaitable[R]], *, at_once: int
) -> AsyncGenerator[R, None]:
    """Yield what `work` returns for each thing, in the order of the things. At most `at_once` are ahead of the yield.

    Raises what the work raised, in the place of its result. Then, and when nobody asks for another result, the work
    that still goes on is cancelled.
    """
    begun: deque[asyncio.Future[R]] = deque()
    try:
        for thing in things:
            begun.append(asyncio.ensure_future(work(thing)))
            if len(begun) >= at_once:
                yield await begun.popleft()
        while begun:
            yield await begun.popleft()
    finally:
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)
