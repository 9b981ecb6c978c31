"""Signals for code that runs in an event loop, on systems whose loop takes them and on Windows, whose loop does not."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

from data.platform import WINDOWS

if sys.platform == "win32":
    from data.platform import windows_console

INTERRUPT: Final = ("SIGINT",)
"""Ctrl-C."""
END: Final = ("SIGTERM", "SIGBREAK")
"""What asks a process to end.

SIGBREAK is Ctrl-Break on Windows, which has no SIGTERM from other processes. The end of a window counts as SIGBREAK.
"""
HANG_UP: Final = ("SIGHUP",)
"""The terminal is gone. Windows has no such signal."""

Order = Callable[[], object]
"""What is done when a signal comes, inside the event loop. Its result is dropped."""


def obey(orders: Mapping[str, Order], *, by_loop: bool = not WINDOWS) -> Callable[[], None]:
    """From now on do in the running loop what `orders` says of each signal, by name. Return what undoes this.

    Names of signals that this system lacks are left out. Only the main thread hears signals: in any other one nothing
    is done. `by_loop` is False where the loop takes no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    loop = asyncio.get_running_loop()
    numbers = {getattr(signal, name): order for name, order in orders.items() if hasattr(signal, name)}
    if by_loop:
        for number, order in numbers.items():
            loop.add_signal_handler(number, order)

        def undo() -> None:
            for number in numbers:
                loop.remove_signal_handler(number)

        return undo
    before = {number: signal.signal(number, _handler(loop, order)) for number, order in numbers.items()}
    leave_window = _at_window_end(loop, orders)

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        leave_window()

    return put_back


@contextmanager
def obeying(orders: Mapping[str, Order], *, by_loop: bool = not WINDOWS) -> Iterator[None]:
    """Do `obey` while inside."""
    undo = obey(orders, by_loop=by_loop)
    try:
        yield
    finally:
        undo()


def _at_window_end(loop: asyncio.AbstractEventLoop, orders: Mapping[str, Order]) -> Callable[[], None]:
    """Let the end of a window of Windows count as SIGBREAK. Return what undoes this."""

    def end() -> None:
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(orders["SIGBREAK"])

    if sys.platform == "win32" and "SIGBREAK" in orders:
        return windows_console.at_window_end(end)
    return lambda: None


def _handler(loop: asyncio.AbstractEventLoop, order: Order) -> Callable[[int, FrameType | None], None]:
    """Return a handler that hands the order to the loop. Once the loop has ended, the signal ends the process."""

    def hear(number: int, _frame: FrameType | None) -> None:
        try:
            loop.call_soon_threadsafe(order)
        except RuntimeError:  # the loop is closed
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    return hear
