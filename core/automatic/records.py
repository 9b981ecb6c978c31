"""What the book keeps of automatic work: standing orders, and what the brake knows. Opening a book imports this."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from core.push.records import Record


class AutomaticWork(StrEnum):
    """What a person can order once and for all (fixed words)."""

    MILESTONES = "milestones"
    NEW_USERS = "new-users"


class StandingOrder(Record, frozen=True):
    """A person's word that the desk sends one kind of work automatically from a moment on.

    `at` is when the order was given, `since` the moment from which on it counts: seconds since 1970, UTC. What is older
    than `since` is left to a person; 0 leaves nothing. `left` are left to a person too: the ids in SimpleNexus of the
    users who were new when the order was given, and the ids of what a person left when the brake held it back.
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


class BrakeReason(StrEnum):
    """Which limit a round would pass (fixed words)."""

    AT_MOST = "at-most"
    USUAL = "usual"


class UsualRounds(Record, frozen=True):
    """How many records the rounds of one kind of work touched, so that an unusual round is noticed.

    `sizes` are the last rounds that are over, the oldest first. The latest round began at `at` (seconds since 1970,
    UTC), and has begun `begun` records so far. What a person confirmed is not counted.
    """

    table: ClassVar[str] = "usual-rounds"

    what: AutomaticWork
    sizes: tuple[int, ...] = ()
    at: float = 0.0
    begun: int = 0

    @property
    def key(self) -> str:
        """The kind of work."""
        return self.what


class BrakedRound(Record, frozen=True):
    """A round that waits for a person, because it would touch more than `limit` records at once.

    `ids` are the local ids of milestones, or the ids in SimpleNexus of new users. `since` is when the first of them was
    held back, in seconds since 1970, UTC.
    """

    table: ClassVar[str] = "braked-rounds"

    what: AutomaticWork
    ids: tuple[str, ...]
    limit: int
    why: BrakeReason
    since: float

    @property
    def key(self) -> str:
        """The kind of work: one round of each waits at most."""
        return self.what

    @property
    def number(self) -> int:
        """How many records wait."""
        return len(self.ids)


class AllowedRound(Record, frozen=True):
    """A person's word to let a round go on this once. `ids` are those of `BrakedRound`; `at` is when it was given."""

    table: ClassVar[str] = "allowed-rounds"

    what: AutomaticWork
    ids: tuple[str, ...]
    by: str
    at: float

    @property
    def key(self) -> str:
        """The kind of work."""
        return self.what


RECORDS: Final[tuple[type[Record], ...]] = (StandingOrder, UsualRounds, BrakedRound, AllowedRound)
"""Every kind of record of automatic work."""
