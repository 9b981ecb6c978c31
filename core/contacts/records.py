"""The contact desk's records in the book: a person's answers about two records, and the links of a sync.

Nothing here is a client's data. Opening a book imports this module, so this module imports little.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from core.push.records import Record

QUESTIONS_FILE: Final = "review.questions"
"""The private file of the book that holds the open questions of the last match."""


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


class OwnersAnswer(StrEnum):
    """What a person can say about all contacts that two owners share by email.

    `SEPARATE`: each owner has the contact by right, so each record is handled alone. `LEAVE`: nothing is made for them.
    """

    SEPARATE = "separate"
    LEAVE = "leave"


class JudgedOwners(Record, frozen=True):
    """A person's answer about all contacts of two owners that have one email.

    `first` and `second` are the keys of the owners in alphabetical order. The other fields are those of `Judged`.
    """

    table: ClassVar[str] = "judged-owners"

    first: str
    second: str
    answer: OwnersAnswer
    by: str
    at: float
    group: int
    before: JudgedOwners | None = None

    @property
    def key(self) -> str:
        """The keys of the two owners."""
        return owners_key(self.first, self.second)

    @property
    def pair(self) -> tuple[str, str]:
        """The keys of the two owners."""
        return self.first, self.second


def owners_key(first: str, second: str) -> str:
    """Return the key of the answer about the contacts of two owners, by the owners' keys."""
    return f"{first}|{second}"


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


class AppShareState(StrEnum):
    """What became of one link to the app."""

    ON_ITS_WAY = "on-its-way"
    """The push is not over, or a person has to say whether the link was sent."""
    SHARED = "shared"
    IN_DOUBT = "in-doubt"
    """Nobody knows whether the link was sent, and a person left the question open."""
    NOT_SHARED = "not-shared"


class AppShared(Record, frozen=True):
    """A confirmed link to the app. SimpleNexus lists no shares, so this record is the desk's only memory of it.

    `local_id` is that of the step; a further share with the same person has one of its own. `at` is when the share was
    confirmed, in seconds since 1970, UTC. `channels` are those that were used, `partner` is the id of the co-branding
    partner or "". The journal of the push `push_id` tells the state until `over` is True.
    """

    table: ClassVar[str] = "app-shares"
    indexes: ClassVar[tuple[str, ...]] = ("total_expert_id",)

    local_id: str
    total_expert_id: str
    push_id: str
    at: float
    channels: tuple[str, ...]
    partner: str = ""
    state: AppShareState = AppShareState.ON_ITS_WAY
    over: bool = False

    @property
    def key(self) -> str:
        """The local id of the step."""
        return self.local_id


RECORDS: Final[tuple[type[Record], ...]] = (Judged, JudgedOwners, Synced, AppShared)
"""Every kind of record of the contacts room."""
