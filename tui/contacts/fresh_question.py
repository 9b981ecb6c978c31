"""A question that has just come onto the screen: a key that was pressed before is no answer to it."""

from __future__ import annotations

from typing import Final

from textual.timer import Timer
from textual.widget import Widget

SEEN_AFTER: Final = 0.2
"""Seconds for which a question has to be on the screen, at most, before a key answers it. A key that is held down or
typed ahead comes sooner."""
TOO_EARLY: Final = (
    "That came before the next question was on the screen. Look at it, then press the key again."
)


class FreshQuestion:
    """Says whether the question that is shown was on the screen long enough to be answered."""

    def __init__(self, place: Widget, grace: float) -> None:
        """`place` is what shows the questions. `grace` is the app's, in seconds; the shorter of the two counts."""
        self._place = place
        self._grace = min(grace, SEEN_AFTER)
        self._timer: Timer | None = None
        self._is_fresh = False
        self._is_told = False

    def came(self) -> None:
        """Note that another question is shown now."""
        self._is_fresh, self._is_told = True, False
        self._wait()

    def refuses(self) -> str:
        """Return what to say of a key that came too early; "" for one that counts, and for one after which it was said.

        Each key that comes too early begins the wait anew, so that a key that is held down never answers.
        """
        if not self._is_fresh:
            return ""
        self._wait()
        said, self._is_told = "" if self._is_told else TOO_EARLY, True
        return said

    @property
    def is_fresh(self) -> bool:
        """True while a key would come too early."""
        return self._is_fresh

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._place.call_after_refresh(self._painted)

    def _painted(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._place.set_timer(self._grace, self._seen) if self._grace else None
        if self._timer is None:
            self._seen()

    def _seen(self) -> None:
        self._is_fresh = False
