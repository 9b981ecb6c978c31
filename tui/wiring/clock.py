"""The machine's clock and its local time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.settings import Settings


class WallClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()


def local_time(at: float) -> datetime:
    """Return seconds since 1970 as the machine's local time."""
    return datetime.fromtimestamp(at).astimezone()


def desk_time(settings: Settings) -> Callable[[float], datetime]:
    """Return what gives the desk's local time: that of the profile's `zone`, else that of this machine.

    Raises `UsageError` if this machine knows no such zone.
    """
    name = settings.profile.zone
    if not name:
        return local_time
    from core.errors import UsageError
    from core.send_hours import zone_named

    try:
        return zone_named(name)
    except ValueError as error:
        message = f"{settings.home / 'config.toml'}: profiles.{settings.name}.zone: “{name}” {error}."
        raise UsageError("bad-config", message, when="there is no such zone") from None
