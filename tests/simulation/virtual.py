"""A loop whose time is virtual: it opens nothing, waits for nothing, and notices what would wait for ever."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from heapq import heappop, heappush
from typing import Any, TypeVar, TypeVarTuple

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class Hang(AssertionError):
    """Nothing is scheduled and something is awaited: it would wait for ever."""


class _Handle:
    """What the loop is to call: `asyncio.Handle` without what only debugging needs."""

    __slots__ = ("args", "call", "context", "is_cancelled")

    def __init__(
        self, call: Callable[..., object], args: tuple[Any, ...], context: contextvars.Context | None
    ) -> None:
        self.call = call
        self.args = args
        self.context = contextvars.copy_context() if context is None else context
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop that jumps to the next thing due instead of waiting for it. Has no files and no threads."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.tasks: list[asyncio.Task[Any]] = []
        """Every task that was ever made."""
        self._due: deque[_Handle] = deque()
        self._later: list[tuple[float, int, _Handle]] = []
        self._count = 0

    def time(self) -> float:
        return self.now

    # Typeshed says that these return asyncio's own handles; a caller needs no more than ours has.
    def call_soon(  # type: ignore[override]  # our own handle
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> _Handle:
        handle = _Handle(callback, args, context)
        self._due.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # there are no threads

    def call_at(  # type: ignore[override]  # our own handle
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> _Handle:
        handle = _Handle(callback, args, context)
        self._count += 1
        heappush(self._later, (when, self._count, handle))
        return handle

    def call_later(  # type: ignore[override]  # our own handle
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> _Handle:
        return self.call_at(self.now + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]  # any coroutine
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Any = None
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=self, name=name or "", context=context)
        self.tasks.append(task)
        return task

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Ts], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Call at once and in this thread: a thread would take real time."""
        done: asyncio.Future[_T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done

    def close(self) -> None:
        self._due.clear()
        self._later.clear()
        self.tasks.clear()
        super().close()

    def _run_once(self) -> None:
        """Do what is due, one after the other, until told to stop; where nothing is, let time pass. Raises `Hang`."""
        due, later = self._due, self._later
        while not self._stopping:  # type: ignore[attr-defined]  # a private name of asyncio's
            while later and (later[0][0] <= self.now or later[0][2].is_cancelled):
                due.append(heappop(later)[2])
            if not due:
                if not later:
                    raise Hang("nothing is scheduled")
                self.now = later[0][0]
                continue
            for _ in range(len(due)):
                handle = due.popleft()
                if not handle.is_cancelled:
                    self._call(handle)

    def _call(self, handle: _Handle) -> None:
        try:
            handle.context.run(handle.call, *handle.args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            self.call_exception_handler({"message": "a callback failed", "exception": error})
