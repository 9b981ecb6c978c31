"""One decision at a time on a shared book: of two people the second sees the first before anything is saved.

Follows docs/protocol.md, "Several people". Knows no kind of record.
"""

from __future__ import annotations

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
"""How often a decision is begun anew in all that other decisions of the same desk keep getting in the way of."""
_NOW: Final = 2.0
"""Seconds that count as "just now"."""


async def decide_alone(
    book: PushBook, look: LookAgain, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()
) -> None:
    """Do `Book.decide` on a book that several senders share."""
    gone = tuple(drop)
    for _ in range(_TRIES):
        lease = await claim_patiently(book, DECISIONS, _LASTS)
        try:
            await look()
            await book.commit_under(lease, *put, drop=gone)
        except LeaseLost:  # another decision of this desk has taken the lease
            continue
        else:
            return
        finally:
            with suppress(BookClosed):  # it ends by itself
                await book.release(lease)
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
