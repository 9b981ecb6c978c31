"""The event loop of commands and servers, on Windows and elsewhere."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

if sys.platform == "win32":
    from data.platform import windows_loop

T = TypeVar("T")


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop. Its servers outlive a client that has left before it was taken, on Windows too."""
    if sys.platform == "win32":
        return windows_loop.PatientLoop()
    return asyncio.new_event_loop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of its own and return its result, as `asyncio.run` does."""
    if sys.platform == "win32":
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(work)
    return asyncio.run(work)
