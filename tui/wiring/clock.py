"""The machine's clock, and the desk's local time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from data.settings import read_desk_time

if TYPE_CHECKING:
    from core.local_forms import DeskTime
    from data.settings import Settings


class WallClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()


def desk_time(settings: Settings) -> DeskTime:
    """Return the time of a profile's desk, in its zone and the forms of its country. Raises `UsageError`."""
    return read_desk_time(settings)
