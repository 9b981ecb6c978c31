"""When the listener last took a delivery of a system: the time of an empty file for each. Holds nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core.push.plan import System


class DeliveryMarks:
    """The files in a folder. `now` gives seconds since 1970. Nothing here raises: a mark is only for `doctor`."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._folder = folder
        self._now = now

    def mark(self, system: System) -> None:
        """Note that a delivery was taken now."""
        path, now = self._path(system), self._now()
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            os.utime(path, (now, now))

    def last(self, system: System) -> float | None:
        """Return when a delivery was last taken, in seconds since 1970; None if none was."""
        try:
            return self._path(system).stat().st_mtime
        except OSError:
            return None

    def _path(self, system: System) -> Path:
        return self._folder / f"taken.{system}"
