"""Not too fast, and not on and on: the pace of requests to one remote, and the breaker of its connection."""

from __future__ import annotations

import asyncio


class RateLimiter:
    """Lets one request through every `60 / per_minute` seconds, in the order they came.

    Evenly spaced, so that a limit counted over any window is kept too.
    """

    def __init__(self, per_minute: float) -> None:
        self._gap = 60.0 / per_minute
        self._next = 0.0

    async def wait(self) -> None:
        """Return when the next request may leave."""
        now = asyncio.get_running_loop().time()
        at = max(self._next, now)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)


class CircuitBreaker:
    """Pauses one connection after a run of failures, or at once when the remote forbids; a person closes it again."""

    def __init__(self, limit: int = 5) -> None:
        self._limit = limit
        self._failures = 0
        self._rest_until = 0.0
        self.reason = ""

    @property
    def is_open(self) -> bool:
        """True while nothing more is to be sent there."""
        return bool(self.reason)

    def succeeded(self) -> None:
        """The remote answered and meant it."""
        self._failures = 0

    def failed(self, code: str) -> None:
        """A write was lost or could not be sent."""
        self._failures += 1
        if self._failures >= self._limit:
            self.reason = code

    def rest(self, seconds: float) -> None:
        """Send nothing there for so long: the remote asked for it. That is no failure of the connection."""
        self._rest_until = max(self._rest_until, asyncio.get_running_loop().time() + seconds)

    @property
    def resting(self) -> float:
        """The seconds that are left of a rest."""
        return max(0.0, self._rest_until - asyncio.get_running_loop().time())

    def trip(self, code: str) -> None:
        """Pause at once: a 403."""
        self.reason = code

    def reset(self) -> None:
        """A person looked; go on."""
        self.reason = ""
        self._failures = 0
