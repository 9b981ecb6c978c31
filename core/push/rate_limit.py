"""The rate limiter and the circuit breaker of one connection: docs/protocol.md, "Rate limits", "Circuit breaker"."""

from __future__ import annotations

import asyncio


class RateLimiter:
    """Lets one request through every `60 / per_minute` seconds, in the order of the calls.

    Even spacing keeps a limit that is counted over any window.
    """

    def __init__(self, per_minute: float) -> None:
        self._gap = 60.0 / per_minute
        self._next = 0.0

    async def wait(self) -> None:
        """Wait until the next request may leave."""
        now = asyncio.get_running_loop().time()
        at = max(self._next, now)
        self._next = at + self._gap
        if at > now:
            await asyncio.sleep(at - now)


class CircuitBreaker:
    """Pauses one connection after `limit` failures in a row, or at once after a 403. A person closes it again.

    `reason` is the code of the error that opened it, or "".
    """

    def __init__(self, limit: int = 5) -> None:
        self._limit = limit
        self._failures = 0
        self._rest_until = 0.0
        self.reason = ""

    @property
    def is_open(self) -> bool:
        """True while nothing is to be sent over the connection."""
        return bool(self.reason)

    def succeeded(self) -> None:
        """Count an answer that means something. It ends the run of failures."""
        self._failures = 0

    def failed(self, code: str) -> None:
        """Count a write that was lost or could not be sent. `code` is of the error catalogue."""
        self._failures += 1
        if self._failures >= self._limit:
            self.reason = code

    def rest(self, seconds: float) -> None:
        """Send nothing for so many seconds, because the remote asked for it. That is no failure."""
        self._rest_until = max(self._rest_until, asyncio.get_running_loop().time() + seconds)

    @property
    def resting(self) -> float:
        """The seconds that are left of a rest, 0 without one."""
        return max(0.0, self._rest_until - asyncio.get_running_loop().time())

    def trip(self, code: str) -> None:
        """Pause the connection at once, after a 403."""
        self.reason = code

    def reset(self) -> None:
        """Close the breaker: a person has looked."""
        self.reason = ""
        self._failures = 0
