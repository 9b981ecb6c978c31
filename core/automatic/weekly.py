"""When weekly work is due: in the quiet hours of the desk, at night, when nobody else needs the rate. Pure.

A machine that sleeps at night must not miss the work for ever. So the work is done at any hour once it is a day late.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

QUIET_FROM: Final = 1
QUIET_UNTIL: Final = 5
"""The quiet hours: from one to five o'clock by the machine's own zone. The numbers are ours."""
WEEK: Final = 7 * 86_400.0
LATE: Final = 86_400.0
"""Seconds after which work that missed its quiet hours is done at any hour."""


def seconds_to_weekly(last: float, now: float, local: Callable[[float], datetime]) -> float:
    """Return the seconds until weekly work is due, 0 if it is due now.

    `last` is when the work last succeeded, `now` the present time: seconds since 1970. `local` returns a time in the
    desk's own zone. A success that is dated ahead of `now` was noted while the clock was wrong, and counts as none.
    """
    due = (last if last <= now + LATE else 0.0) + WEEK
    if now >= due + LATE:
        return 0.0
    from_then = max(now, due)
    at = local(from_then)
    if QUIET_FROM <= at.hour < QUIET_UNTIL:
        return from_then - now
    quiet = at.replace(hour=QUIET_FROM, minute=0, second=0, microsecond=0)
    if quiet <= at:
        quiet += timedelta(days=1)
    return min(from_then + (quiet - at).total_seconds(), due + LATE) - now
