"""The rate limiter and the circuit breaker of one connection: docs/protocol.md, "Rate limits", "Circuit breaker"."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol


class RequestPace(Protocol):
    """Spaces the requests of one connection."""

    async def wait(self) -> None:
        """Wait until the next request may leave. Raises `BookClosed` if a shared book has to be asked, and is away."""
        ...


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


FIRST_REST: Final = 60.0
"""Seconds for which a connection rests after a run of failures. The rest doubles with each try that fails."""
LONGEST_REST: Final = 960.0
"""The longest rest of a connection in seconds."""


class CircuitBreaker:
    """Pauses one connection after `limit` failures in a row, or at once after a 403.

    After a run of failures the connection rests. Then one request is let through: an answer closes the breaker, another
    failure begins a longer rest. After a 403 only a person closes the breaker. Times are those of the event loop.
    """

    def __init__(self, limit: int = 5) -> None:
        self._limit = limit
        self._failures = 0
        self._rest_until = 0.0
        self._closed_until = 0.0
        self._tripped = ""
        self.last_failure = ""
        """The code of the last failure, or ""."""

    @property
    def reason(self) -> str:
        """The code why nothing is sent over the connection, or "". It is of the error catalogue."""
        if self._tripped:
            return self._tripped
        resting = self._failures >= self._limit and _now() < self._closed_until
        return "connection-rests" if resting else ""

    @property
    def is_open(self) -> bool:
        """True while nothing is to be sent over the connection."""
        return bool(self.reason)

    def admit(self) -> str:
        """Let one request through and return "", or return the code why it may not leave.

        After a run of failures one request is let through for each rest.
        """
        reason = self.reason
        if not reason and self._failures >= self._limit:
            self._closed_until = _now() + self._next_rest
        return reason

    @property
    def rest_left(self) -> float:
        """The seconds until a request may be let through again; 0 if one may now, or if only a person can allow it."""
        resting = self._failures >= self._limit and not self._tripped
        return max(self.resting, self._closed_until - _now() if resting else 0.0)

    def succeeded(self) -> None:
        """Count an answer that means something. It ends the run of failures."""
        self._failures = 0

    def failed(self, code: str) -> None:
        """Count a write that was lost or could not be sent. `code` is of the error catalogue."""
        self._failures += 1
        self.last_failure = code
        if self._failures >= self._limit:
            self._closed_until = _now() + self._next_rest

    @property
    def _next_rest(self) -> float:
        beyond = min(self._failures - self._limit, 10)
        return float(min(LONGEST_REST, FIRST_REST * 2**beyond))

    def rest(self, seconds: float) -> None:
        """Send nothing for `seconds` seconds, because the remote asked for it. That is not a failure."""
        self._rest_until = max(self._rest_until, _now() + seconds)

    @property
    def resting(self) -> float:
        """The seconds that are left of a rest that the remote asked for, 0 without one."""
        return max(0.0, self._rest_until - _now())

    def trip(self, code: str) -> None:
        """Pause the connection at once, after a 403. Only `reset` closes the breaker again."""
        self._tripped = code

    def reset(self) -> None:
        """Close the breaker: a person has looked."""
        self._tripped = ""
        self._failures = 0


def _now() -> float:
    return asyncio.get_running_loop().time()
