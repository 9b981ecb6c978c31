"""The contact desk's records in the book: a person's answers about two records, and the links of a sync.

Nothing here is a client's data. Opening a book imports this module, so this module imports little.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from core.push.records import Record


class Answer(StrEnum):
    """What a person can say about two records."""

    SAME = "same"
    DIFFERENT = "different"
    HOUSEHOLD = "household"
    LATER = "later"
    UNLINK = "unlink"
    """The link between the two is removed: one of them is gone, or their owners differ now."""


class Judged(Record, frozen=True):
    """A person's answer about two records. `at` is in seconds since 1970, UTC; `by` is who gave the answer.

    `fingerprint` is a keyed hash of the fields that the person saw. `group` is the number of the decision: all answers
    of one key press have the same number, and the highest number is undone first. `before` is the earlier answer about
    the same two records, which undoing brings back. `place` is the answer's place among the answers of its decision:
    of several records that are one person, the first pair of two systems is linked.
    """

    table: ClassVar[str] = "judged"
    indexes: ClassVar[tuple[str, ...]] = ("simplenexus_id", "total_expert_id")

    simplenexus_id: str
    total_expert_id: str
    answer: Answer
    fingerprint: str
    by: str
    at: float
    group: int
    before: Judged | None = None
    place: int = 0

    @property
    def key(self) -> str:
        """The two ids."""
        return f"{self.simplenexus_id}|{self.total_expert_id}"

    @property
    def ids(self) -> tuple[str, str]:
        """The two ids."""
        return self.simplenexus_id, self.total_expert_id


class Synced(Record, frozen=True):
    """A confirmed sync. `links` are the pairs that it linked: (SimpleNexus id, Total Expert id).

    `at` is in seconds since 1970, UTC. `kept` is True while an undo file holds the old values.
    """

    table: ClassVar[str] = "syncs"

    push_id: str
    links: tuple[tuple[str, str], ...]
    at: float
    kept: bool

    @property
    def key(self) -> str:
        """The push's id."""
        return self.push_id


RECORDS: Final[tuple[type[Record], ...]] = (Judged, Synced)
"""Every kind of record of the contacts room."""
