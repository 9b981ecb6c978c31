"""A worker: claims the next pushes of a shared book and carries them. Any number of workers, on any machine.

Follows docs/protocol.md, "Several senders". Knows no room but push, and no screen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from core.errors import BookClosed, DeskError, HeldElsewhere
from core.push.engine import Engine
from core.push.plan import Asset
from core.push.ports import Clock
from core.push.records import Push
from core.push.team.lease_keeper import LeaseKeeper
from core.push.team.ports import TeamBook

AT_ONCE: Final = 16
"""How many pushes a worker carries at once."""
CLAIM_EVERY: Final = 1.0
"""Seconds between two looks for the next pushes."""
HEAD_START: Final = 5.0
"""Seconds for which a desk leaves a queued push to the workers, if there are any."""
WORKER: Final = "worker:"
"""How the names of the leases begin by which others see that there is a worker."""


class Worker:
    """Carries the pushes of `assets`, which are those of which it can read the source again.

    `name` is another one for each worker of the book. `ended` gets each push that this worker has carried as far as it
    goes, `failed` the error if the book is away, and None when it is there again.
    """

    def __init__(
        self,
        name: str,
        engine: Engine,
        book: TeamBook,
        clock: Clock,
        assets: Collection[Asset],
        *,
        at_once: int = AT_ONCE,
        ended: Callable[[Push], None] = lambda push: None,
        failed: Callable[[DeskError | None], None] = lambda error: None,
    ) -> None:
        self._name = name
        self._engine = engine
        self._book = book
        self._seen = LeaseKeeper(book, clock)
        self._assets = assets
        self._at_once = at_once
        self._ended = ended
        self._failed = failed
        self._is_away = False
        self._running: set[asyncio.Task[Push]] = set()

    async def run(self, ending: asyncio.Event) -> None:
        """Work until `ending` is set. What is under way then is ended by `Engine.stop`."""
        while not ending.is_set():
            try:
                async with self._seen.hold(WORKER + self._name, _nothing):
                    await self._work(ending)
            except (BookClosed, HeldElsewhere) as error:
                self._tell(error)
                await self._pause(ending)

    async def _work(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            free = self._at_once - len(self._running)
            if free and self._book.stop() is None:
                for push_id in await self._engine.leases.take(
                    lambda lasts: self._book.claim_next(free, lasts, self._assets)  # noqa: B023 - called at once
                ):
                    self._running.add(self._engine.run(push_id))
            self._tell(None)
            await self._pause(ending)

    async def _pause(self, ending: asyncio.Event) -> None:
        """Wait for the next look, for the end of a push, or for the end of the work."""
        over = asyncio.ensure_future(ending.wait())
        try:
            await asyncio.wait(
                {over, *self._running}, timeout=CLAIM_EVERY, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            over.cancel()
        for task in [task for task in self._running if task.done()]:
            self._running.discard(task)
            self._take_end(task)

    def _take_end(self, task: asyncio.Task[Push]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._ended(task.result())
        elif isinstance(error, DeskError):
            self._tell(error)
        else:
            raise error

    def _tell(self, error: DeskError | None) -> None:
        """Say once that the book is away, and once that it is there again."""
        if self._is_away != (error is not None):
            self._is_away = error is not None
            self._failed(error)


async def _nothing(lease: object) -> None:
    """Do nothing with a lease that only shows that there is a worker."""


class HeadStart:
    """How long a desk leaves a queued push to workers: not at all if there is none."""

    def __init__(self, book: TeamBook) -> None:
        self._book = book

    async def seconds(self) -> float:
        """Return the seconds. Raises `BookClosed`."""
        return HEAD_START if await self._book.held(WORKER) else 0.0
