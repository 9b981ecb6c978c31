"""One decision at a time on a shared book: of two people the second sees the first before anything is saved.

Follows docs/protocol.md, "Several people". Knows no kind of record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from core.errors import BookClosed, DecidedMeanwhile, LeaseLost
from core.push.ports import LookAgain, PushBook
from core.push.records import Record
from core.push.team.lease_keeper import claim_patiently
from core.push.team.ports import lease_lost
from core.texts import say_span

DECISIONS: Final = "decisions"
"""The name of the lease under which a decision is compared with the book and written."""
_LASTS: Final = 15.0
_TRIES: Final = 8
"""How often a decision is begun anew in all, each time because its lease was over."""
_NOW: Final = 2.0
"""Seconds that count as "just now"."""


class DecisionTurns:
    """The decisions of one desk on a book that several senders share. They take turns.

    A desk takes a lease from itself too, so two decisions of one desk would take it from each other again and again.
    """

    def __init__(self, book: PushBook) -> None:
        self._book = book
        self._turn = asyncio.Lock()

    async def decide(
        self, look: LookAgain, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()
    ) -> None:
        """Do `Book.decide`. Raises what `look` raises, `LeaseLost` if other desks take every lease, `BookClosed`."""
        gone = tuple(drop)
        async with self._turn:
            for _ in range(_TRIES):
                lease = await claim_patiently(self._book, DECISIONS, _LASTS)
                try:
                    await look()
                    await self._book.commit_under(lease, *put, drop=gone)
                except LeaseLost:  # this desk was paused past the lease, and another desk has taken it
                    continue
                else:
                    return
                finally:
                    with suppress(BookClosed):  # it ends by itself
                        await self._book.release(lease)
        raise lease_lost(DECISIONS)


def said_meanwhile(by: str, what: str, seconds: float) -> str:
    """Return the message for a person who would have overwritten what `by` did `seconds` ago.

    `what` are words that follow the name, such as "ticked Income".
    """
    when = "just now" if seconds < _NOW else f"{say_span(seconds)} ago"
    return f"{by} {what}, {when}. Nothing of yours was saved."


def decided_meanwhile(by: str, what: str, seconds: float) -> DecidedMeanwhile:
    """Return the error for a person who would have overwritten what `by` did. See `said_meanwhile`."""
    return DecidedMeanwhile("decided-meanwhile", said_meanwhile(by, what, seconds))
