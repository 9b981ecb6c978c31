"""Bearer tokens, and where a token outlives its process: docs/protocol.md, "Rate limits". Sends nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from msgspec import Struct

from core.errors import BookClosed, HeldElsewhere
from core.push.ports import Lease
from core.push.team.ports import TeamBook


class Token(Struct, frozen=True):
    """A bearer token and the moment, in epoch seconds, up to which it is used."""

    bearer: str
    until: float

    def __repr__(self) -> str:
        """Return when the token ends, without the token itself."""
        return f"Token(until={self.until:.0f})"


class TokenKeep(Protocol):
    """A place where a token outlives the process and is shared with other processes. Some vendors give few tokens."""

    async def take(self) -> bool:
        """Take the lock without waiting; False if another process has it. Only its holder may request a token.

        Raises `BookClosed`, as `load` does.
        """
        ...

    async def release(self) -> None:
        """Release the lock."""
        ...

    async def load(self) -> Token | None:
        """Return the kept token; None if there is none or if it can't be read. Needs no lock."""
        ...

    async def save(self, token: Token) -> None:
        """Keep a token. Raises nothing: a token that can't be kept can still be used."""
        ...


class TeamToken:
    """The token of one credential in a team's book, for all desks and workers of the team. Implements `TokenKeep`.

    The lock is a lease of `lasts` seconds, so that a process that dies keeps the others waiting no longer. The book
    counts the life of a token on its own clock, because the clocks of the machines may differ.
    """

    def __init__(
        self, book: TeamBook, credential: str, lasts: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._book = book
        self._credential = credential
        self._lasts = lasts
        self._clock = clock
        self._is_taken = False
        self._lease: Lease | None = None

    async def take(self) -> bool:
        """See `TokenKeep.take`.

        The book takes all clients of a process for one sender, so a second client of the same place is refused here.
        """
        if self._is_taken:
            return False
        self._is_taken = True
        try:
            self._lease = await self._book.claim_token(self._credential, self._lasts)
        except HeldElsewhere:
            return False
        finally:
            self._is_taken = self._lease is not None
        return True

    async def release(self) -> None:
        """See `TokenKeep.release`."""
        lease, self._lease = self._lease, None
        try:
            if lease is not None:
                with suppress(BookClosed):  # it ends by itself
                    await self._book.release(lease)
        finally:
            self._is_taken = False

    async def load(self) -> Token | None:
        """See `TokenKeep.load`."""
        kept = await self._book.get_token(self._credential)
        return None if kept is None else Token(kept.bearer, self._clock() + kept.lasts)

    async def save(self, token: Token) -> None:
        """See `TokenKeep.save`."""
        with suppress(BookClosed):
            await self._book.put_token(self._credential, token.bearer, token.until - self._clock())
