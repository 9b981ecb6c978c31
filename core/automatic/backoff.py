"""How long the desk waits before it tries something again automatically, and what it leaves to a person.

The waits grow with each failure in a row and have a random part, so that many desks do not come back at one moment.
The numbers are ours.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

from msgspec import Struct

from core.push.ports import Clock

ASKS_A_PERSON: Final = frozenset({"forbidden", "not-authorised", "wrong-secret", "redirected", "no-gateway"})
"""The codes of a failure that stays until a person has changed something. Trying again can lock an account."""

NEEDS_A_WORD: Final = frozenset({"many-at-once", "fewer-records"})
"""The codes of work that waits for a person's word. It is looked at again after its interval, and sends nothing."""


_REST: Final = 60.0
_UNTIL_A_PERSON: Final = 86_400.0


def rest_after(reason: str) -> float:
    """Return the seconds for which no worker takes up a push that was paused for a reason, a code or "".

    Who paused it tries again in its own time; another worker is to do that only if that one is gone.
    """
    if reason in ("", "quit"):
        return 0.0
    return _UNTIL_A_PERSON if reason in ASKS_A_PERSON else _REST


class Backoff(Struct, frozen=True):
    """How waits grow: `first` seconds, twice as long after each failure, `longest` seconds at most.

    A random part of up to `spread` of the wait is taken off.
    """

    first: float = 60.0
    longest: float = 1_800.0
    spread: float = 0.25

    def wait(self, failures: int, random: Random) -> float:
        """Return the seconds to wait after `failures` failures in a row, from 1."""
        whole = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return whole * (1.0 - self.spread * random.random())


class WaitingSend(Struct, frozen=True):
    """Something that waits and is tried again automatically. Times are in seconds since 1970, UTC.

    `what` names it in words. `code` is the reason, a code of the error catalogue. `failures` counts the failures in a
    row.
    """

    what: str
    code: str
    since: float
    next_at: float
    failures: int = 1


class RetryTimer:
    """Says when something that failed is due again. Waiting goes by the event loop, times to show by the wall clock."""

    def __init__(self, clock: Clock, random: Random, backoff: Backoff | None = None) -> None:
        self._clock = clock
        self._random = random
        self._backoff = backoff or Backoff()
        self._failures = 0
        self._since = 0.0
        self._due = 0.0

    @property
    def failures(self) -> int:
        """How many tries in a row have failed."""
        return self._failures

    @property
    def seconds_left(self) -> float:
        """The seconds until the next try, 0 if it is due."""
        return max(0.0, self._due - _now())

    def failed(self, at_least: float = 0.0) -> float:
        """Count a failure. Return the seconds until the next try, `at_least` at the least."""
        if self._failures == 0:
            self._since = self._clock.now()
        self._failures += 1
        wait = max(at_least, self._backoff.wait(self._failures, self._random))
        self._due = _now() + wait
        return wait

    def wait_again(self, at_least: float) -> None:
        """Wait again without a failure: nothing was tried, because something else has to pass first."""
        if self._failures == 0:
            self.failed(at_least)
            return
        spread = self._backoff.first * self._backoff.spread * self._random.random()
        self._due = _now() + max(at_least, 1.0) + spread

    def succeeded(self) -> None:
        """Forget the failures."""
        self._failures, self._due = 0, 0.0

    def waiting(self, what: str, code: str) -> WaitingSend:
        """Return what is to be shown: what waits and why, since when, and when it is tried next."""
        return WaitingSend(what, code, self._since, self._clock.now() + self.seconds_left, self._failures)


def _now() -> float:
    return asyncio.get_running_loop().time()
