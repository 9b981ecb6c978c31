"""Work that takes longer than a person waits: how far it is, how fast, and how it is stopped. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.push.activity import Progress
from core.texts import how_far
from tui.words.waiting import duration

SHOWN_AFTER = 1.0
"""Seconds after which work is shown. Shorter work is over before anybody can read it."""
TOLD_AFTER = 10.0
"""Seconds after which a person who looks elsewhere gets a notice when the work ends."""


class LongWork:
    """One piece of work: what it is ("cards"), the ids of its items, and how many are done. `stop` begins nothing new.

    `not_begun` has the ids of the items that are still to begin.
    """

    def __init__(
        self, what: str, items: Sequence[str], now: Callable[[], float], stop: Callable[[], None]
    ) -> None:
        self.what = what
        self.total = len(items)
        self.not_begun = list(items)
        self.done = 0
        self.stop = stop
        self._now = now
        self.began = now()
        """Seconds since 1970 at which the work began."""

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return self._now() - self.began

    @property
    def progress(self) -> Progress:
        """How far the work is, with its pace once something is done."""
        if not self.done or self.seconds <= 0:
            return Progress(self.done, self.total)
        rate = self.done / self.seconds
        return Progress(self.done, self.total, rate * 60, (self.total - self.done) / rate)

    @property
    def line(self) -> str:
        """Return count, rate and time left: "7 of 12 cards · 9 a minute · 33 s left"."""
        far = self.progress
        parts = [how_far(far.over, far.total, self.what)]
        if far.seconds_left is not None:
            parts += [f"{far.per_minute:,.0f} a minute", f"{duration(far.seconds_left)} left"]
        return " · ".join(parts)
