"""Lets a pilot see from outside that the app's widgets are done, where Textual sends each of them a message and waits.

Each press and each pause of a pilot waits for all widgets of the screen. Their messages, one a widget, took a good part
of the processor time of the app's tests.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from textual.message_pump import MessagePump
from textual.pilot import Pilot, WaitForScreenTimeout

from tests.support.patience import LAST_RESORT

_SHORT_TURNS = 50
"""Turns of the event loop that a pilot takes at once. Then a widget waits for a thread, and the pilot looks seldom."""
_LONG_TURN = 0.002
"""Seconds between later looks."""


def see_what_is_done() -> None:
    """Let every pilot of this process look at the widgets."""
    Pilot._wait_for_screen = _screen_is_done  # type: ignore[assignment, method-assign]  # for all pilots


async def _screen_is_done(self: Pilot[Any]) -> bool:
    """Wait until the app and all widgets of its screen have handled every message. Return False if the app broke."""
    app = self.app
    if not app._screen_stack:
        return False
    pumps = [app, *app.screen.walk_children(with_self=True)]
    end, turns = time.monotonic() + LAST_RESORT, 0
    while any(map(_is_at_work, pumps)):
        if app._exception is not None:
            return False
        if time.monotonic() > end:
            raise WaitForScreenTimeout("Timed out while waiting for widgets to process pending messages.")
        turns += 1
        await asyncio.sleep(0 if turns < _SHORT_TURNS else _LONG_TURN)
    return True


def _is_at_work(pump: MessagePump) -> bool:
    """Return True unless the pump waits for its next message, or takes none any more."""
    news: asyncio.Event = pump._message_queue.ready_event
    waits = not news.is_set() and bool(news._waiters)  # asyncio tells it nowhere else
    return not (waits or pump._closing or pump._closed)
