"""How many threads the event loop of an app may begin."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from data.platform import WINDOWS

MOST: Final = 256
"""Threads that the loop of an app may begin on Windows. A thread is begun only when it is needed."""


def make_room_for_timers(loop: asyncio.AbstractEventLoop) -> None:
    """Let an event loop begin a thread for every timer of an app. Call it on the loop.

    On Windows each timer of Textual 8.2.8 waits in a thread of the loop's own pool, and Python gives that pool four
    threads more than the machine has processors. When timers have all of them, whatever else needs a thread, such as
    opening the book, waits for ever.
    """
    if WINDOWS:
        loop.set_default_executor(ThreadPoolExecutor(MOST, thread_name_prefix="asyncio"))
