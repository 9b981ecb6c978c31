"""How far a long read or write has come, and how a person stops it. Pure: the clock is injected.

A loop over rows reports to a `Meter` now and then. The meter works out the rate and the time left, passes them to
whoever shows them, and ends the loop if somebody has asked for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from msgspec import Struct

from core.errors import DeskError

T = TypeVar("T")

QUIET: Final = 1.0
"""Seconds during which nothing is shown: shorter work needs no progress."""
EVERY: Final = 0.25
"""Seconds between two reports to whoever shows the progress."""
_ROWS: Final = 512
"""Rows between two looks at the clock."""


class CutShort(DeskError):
    """A person ended a long read or write before its end."""

    def __init__(self, what: str) -> None:
        super().__init__("cut-short", f"You ended this early: {what}. Nothing was kept.")


class RowProgress(Struct, frozen=True):
    """How far the work on `what` has come.

    `done` and `total` count the rows of one pass over them; `total` is None if nobody knows it. `seconds` is the time
    since the beginning of the pass. `bound` says what limits the rate, "" if nothing does but the machine.
    """

    what: str
    done: int
    total: int | None
    seconds: float
    bound: str = ""

    @property
    def rate(self) -> float:
        """Rows a second since the beginning of the pass; 0.0 before the first."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """The seconds that the rest takes at the present rate; None if the total or the rate is unknown."""
        if self.total is None or self.rate <= 0:
            return None
        return max(0, self.total - self.done) / self.rate


class Meter:
    """Counts the rows of one piece of work for whoever shows the progress, and ends the work on request.

    `tell` is called at most every `EVERY` seconds, from the thread of the work, and not before the work has taken
    `QUIET` seconds. `stop` may be set from any thread. Work that goes over the rows several times begins a pass each
    time: the rows and their rate count from 0 again, `QUIET` does not.
    """

    def __init__(
        self,
        what: str,
        tell: Callable[[RowProgress], None] = lambda progress: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.what = what
        self.bound = ""
        """What limits the rate, in words; see `RowProgress`."""
        self.stop = threading.Event()
        self._tell = tell
        self._clock = clock
        self._began = clock()
        """When the present pass began."""
        self._next = self._began + QUIET

    def begin(self) -> None:
        """Begin another pass over the rows."""
        self._began = self._clock()

    def at(self, done: int, total: int | None = None) -> None:
        """Report that `done` of `total` rows are done. Raises `CutShort` if somebody asked for the end."""
        self.look()
        now = self._clock()
        if now >= self._next:
            self._next = now + EVERY
            self._tell(RowProgress(self.what, done, total, now - self._began, self.bound))

    def through(self, rows: Iterable[T], total: int | None = None) -> Iterator[T]:
        """Yield the rows as a pass, and report now and then. Raises `CutShort` if somebody asked for the end."""
        self.begin()
        for done, row in enumerate(rows):
            if done % _ROWS == 0:
                self.at(done, total)
            yield row

    def look(self) -> None:
        """Raise `CutShort` if somebody asked for the end."""
        if self.stop.is_set():
            raise CutShort(self.what)


class LastProgress:
    """The newest report about work on several things in turn, for whoever looks now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.newest: RowProgress | None = None
        """None before the work on the present thing has taken long enough to be reported."""
        self._clock = clock

    def meter(self, what: str) -> Meter:
        """Return the meter for the work on the next thing."""
        self.newest = None
        return Meter(what, self._hear, self._clock)

    def _hear(self, progress: RowProgress) -> None:
        self.newest = progress


SILENT: Final = Meter("")
"""The meter of work of which nobody wants to know how far it has come. Nobody may stop it."""
