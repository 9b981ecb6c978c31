"""The machine's clock and its local time."""

from __future__ import annotations

import time
from datetime import datetime


class WallClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()


def local_time(at: float) -> datetime:
    """Return seconds since 1970 as the machine's local time."""
    return datetime.fromtimestamp(at).astimezone()
