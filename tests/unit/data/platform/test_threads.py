"""An app with many timers still has threads for its work on Windows, where each timer takes one."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from data.platform import threads
from tests.support.patience import LAST_RESORT

TIMERS = 33 + (os.cpu_count() or 1)
"""More than Python's own pool has threads on any machine."""


async def test_every_timer_of_an_app_on_windows_has_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WINDOWS", True)
    threads.make_room_for_timers(asyncio.get_running_loop())
    all_wait = threading.Barrier(TIMERS)
    await asyncio.gather(*(asyncio.to_thread(all_wait.wait, LAST_RESORT) for _ in range(TIMERS)))


async def test_elsewhere_the_loop_keeps_its_own_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WINDOWS", False)
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "set_default_executor", lambda pool: pytest.fail("another pool"), raising=False)
    threads.make_room_for_timers(loop)
