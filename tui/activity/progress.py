"""How far a running push is, and how fast it goes. Knows no widget and no clock."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from core.push.activity import Progress, progress
from core.push.records import StepRecord
from core.texts import how_far
from tui.attention.long_work import SHOWN_AFTER
from tui.text import content
from tui.words.waiting import duration


class Pace:
    """The progress of one push, from the first time that it was seen running."""

    def __init__(self) -> None:
        self._since: tuple[float, int] | None = None
        self._now = 0.0
        self._done = Progress(0, 0)

    def take(self, steps: Sequence[StepRecord], now: float) -> None:
        """Take the steps as they are at `now`, in seconds since 1970."""
        if self._since is None:
            self._since = (now, progress(steps, (now, 0), now).over)
        self._now = now
        self._done = progress(steps, self._since, now)

    @property
    def _is_shown(self) -> bool:
        return self._since is not None and self._now - self._since[0] >= SHOWN_AFTER

    @property
    def short(self) -> str:
        """How far the push is, for a row: "1,200 of 5,000"; "" before it is worth saying."""
        return how_far(self._done.over, self._done.total) if self._is_shown else ""

    def line(self) -> Content:
        """Return count, rate and time left, and how to stop; nothing before it is worth saying."""
        if not self._is_shown:
            return content("")
        parts = [how_far(self._done.over, self._done.total, "steps")]
        if self._done.seconds_left is not None:
            parts += [f"{self._done.per_minute:,.0f} a minute", f"{duration(self._done.seconds_left)} left"]
        return content(
            "[$primary]$said[/]   [bold $primary]F9[/] [$foreground-muted]stops all sending[/]",
            said=" · ".join(parts),
        )
