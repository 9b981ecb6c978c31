"""The same work for many things: several at once, with the results in the order of the things, or in short slices."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import Final, TypeVar

SLICE: Final = 500
"""The number of things taken without a pause. At 20 microseconds each, that is less than a frame."""
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


async def in_slices(things: Iterable[T]) -> AsyncGenerator[T, None]:
    """Yield the things, and let the event loop do something else after every `SLICE` of them."""
    for n, thing in enumerate(things, 1):
        yield thing
        if n % SLICE == 0:
            await asyncio.sleep(0)
