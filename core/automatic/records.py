"""What the book keeps of automatic work: the standing orders. Opening a book imports this module."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from core.push.records import Record


class AutomaticWork(StrEnum):
    """What a person can order once and for all (fixed words)."""

    MILESTONES = "milestones"
    NEW_USERS = "new-users"


class StandingOrder(Record, frozen=True):
    """A person's word that the desk sends one kind of work by itself from a moment on.

    `at` is when the order was given, `since` the moment from which on it counts: seconds since 1970, UTC. What is older
    than `since` is left to a person; 0 leaves nothing. `left` are the ids in SimpleNexus of the users who were new when
    the order was given, and who are left to a person too.
    """

    table: ClassVar[str] = "standing-orders"

    what: AutomaticWork
    by: str
    at: float
    since: float = 0.0
    left: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The kind of work: each has one order at most."""
        return self.what


RECORDS: Final[tuple[type[Record], ...]] = (StandingOrder,)
"""Every kind of record of automatic work."""
