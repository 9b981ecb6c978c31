"""How many threads the event loop of the app may begin."""

from __future__ import annotations

from data.platform.threads import make_room_for_timers

__all__ = ["make_room_for_timers"]
