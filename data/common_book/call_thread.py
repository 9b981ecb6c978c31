"""A thread on which the calls of a book run one after the other, and commits that share a write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from core.errors import BookClosed

T = TypeVar("T")
C = TypeVar("C")


class CallThread:
    """Runs blocking calls on a thread of its own. `closed` makes the error of a call after `end`."""

    def __init__(self, name: str, closed: Callable[[], BookClosed]) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._closed = closed

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` on the thread and return its result. Cancelling ends the wait and not the work.

        Raises the errors of `work`, and `BookClosed` after `end`.
        """
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()

        def settle(done: Future[T]) -> None:
            if waiter.done():
                return
            error = done.exception()
            if error is None:
                waiter.set_result(done.result())
            else:
                waiter.set_exception(error)

        def hand_over(done: Future[T]) -> None:
            with suppress(RuntimeError):  # the loop may have ended in the meantime
                loop.call_soon_threadsafe(settle, done)

        try:
            self._pool.submit(work).add_done_callback(hand_over)
        except RuntimeError:
            raise self._closed() from None
        return await waiter

    def end(self, last: Callable[[], object]) -> None:
        """Finish the calls that have begun, then `last`, then end the thread. Blocks. A second call does nothing."""
        with suppress(RuntimeError):
            self._pool.submit(last)
        self._pool.shutdown(wait=True)


class SharedCommits(Generic[C]):
    """Commits that arrive while the thread is busy are written together.

    `write` writes commits in their order. It returns an entry for each of them, None or the error for which the commit
    was left out, or raises an error that holds for all of them.
    """

    def __init__(
        self, thread: CallThread, write: Callable[[Sequence[C]], Sequence[Exception | None]]
    ) -> None:
        self._thread = thread
        self._write = write
        self._waiting: SimpleQueue[tuple[C, Future[None]]] = SimpleQueue()

    async def write(self, commit: C) -> None:
        """Write a commit, together with those that wait. Raises its error."""
        done: Future[None] = Future()
        self._waiting.put((commit, done))
        await self._thread.run(lambda: self._write_waiting(done))

    def _write_waiting(self, mine: Future[None]) -> None:
        if waiting := self._take_waiting():
            try:
                failed = self._write([commit for commit, _ in waiting])
            except BaseException as error:  # the future of each commit gets the error
                for _, done in waiting:
                    done.set_exception(error)
            else:
                for (_, done), wrong in zip(waiting, failed, strict=True):
                    if wrong is None:
                        done.set_result(None)
                    else:
                        done.set_exception(wrong)
        mine.result()

    def _take_waiting(self) -> list[tuple[C, Future[None]]]:
        taken: list[tuple[C, Future[None]]] = []
        with suppress(Empty):
            while True:
                taken.append(self._waiting.get_nowait())
        return taken
