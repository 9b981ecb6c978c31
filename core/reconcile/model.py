"""What a reconciliation finds, as values. Knows no system, no book and no screen.

A discrepancy names ids and names of fields, never a client's value: a report is kept, and the watch prints its counts.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from msgspec import Struct

from core.push.plan import Entity, System


class DiscrepancyKind(StrEnum):
    """What kind of difference it is (fixed words of `reconcile --json`)."""

    GONE = "gone"
    """The record of a link is not there any more, or is archived."""
    MERGED = "merged"
    """The record of a link is gone, and another record has its reference."""
    MOVED = "moved"
    """The two contacts of a link have different owners now."""
    OTHER_PERSON = "other-person"
    """The two sides of a link no longer look like one person."""
    UNKNOWN_REFERENCE = "unknown-reference"
    """A record has a reference of this workspace that this book does not know."""
    CHANGED = "changed"
    """A record holds other values than its receipt says."""
    SUM = "sum"
    """A confirmed push that is in none of the sums, or a receipt that does not fit the chain."""


class Remedy(StrEnum):
    """What a person can do about a discrepancy. Each has a command, and a place in the app."""

    UNLINK = "unlink"
    RELINK = "relink"
    FIND_LINKS = "find-links"
    BY_HAND = "by-hand"
    JUDGE_UNLINK = "judge-unlink"
    JUDGE_SAME = "judge-same"
    REVIEW = "review"
    FORGET = "forget"
    CHECK_RECEIPT = "check-receipt"
    SEND_PEOPLE_AGAIN = "send-people-again"
    VERIFY_RECEIPTS = "verify-receipts"


class Discrepancy(Struct, frozen=True, omit_defaults=True):
    """One difference between the book and a system.

    `system` is where the difference is; None if it is in the book or the receipts. `local_id` is the id of the thing
    that was pushed, `remote_id` the id of the record; "" for an id that is not known. `reason` is a sentence. `fields`
    are the names of the fields that changed. `other_id` is the record that took the place of the one that is gone.
    `about` is the card, person or contact to which the remedies apply, and `card` the card that the record belongs to.
    `pair` are the ids of two contacts (SimpleNexus, Total Expert). `operator` is who confirmed the push that wrote the
    record last; "" if the book does not know one.
    """

    kind: DiscrepancyKind
    reason: str
    system: System | None = None
    entity: Entity | None = None
    local_id: str = ""
    remote_id: str = ""
    fields: tuple[str, ...] = ()
    other_id: str = ""
    about: str = ""
    card: str = ""
    pair: tuple[str, str] = ("", "")
    remedies: tuple[Remedy, ...] = ()
    operator: str = ""


class NotCompared(Struct, frozen=True):
    """What a reconciliation could not compare, or did not: how many of what, and why. Each is a clause."""

    system: System
    what: str
    count: int
    why: str


class SystemLook(Struct, frozen=True):
    """How one system was looked at. `code` and `message` say why it could not be; "" if it could.

    `links` and `values` are how many of each were compared. `others` are the records that have a reference of another
    book of this workspace and are linked by it, `strangers` those that have a reference that this workspace did not
    make.
    """

    system: System
    links: int = 0
    values: int = 0
    others: int = 0
    strangers: int = 0
    code: str = ""
    message: str = ""


class SumLine(Struct, frozen=True):
    """The confirmed pushes of one day, operator and kind, and what became of them.

    `confirmed` counts every confirmation in the book or in a receipt. The other numbers come from the steps of
    each push. `receipt` is the number of the last verified receipt of these pushes, 0 if there
    is none. `records` are the records that were confirmed, `written` those that arrived.
    """

    day: str
    operator: str
    asset: str
    confirmed: int = 0
    arrived: int = 0
    in_part: int = 0
    refused: int = 0
    waiting: int = 0
    receipt: int = 0
    records: int = 0
    written: int = 0

    @property
    def off_by(self) -> int:
        """How many confirmed pushes are in none of the sums; 0 if the line adds up."""
        return self.confirmed - self.arrived - self.in_part - self.refused - self.waiting


class Sums(Struct, frozen=True):
    """The sums by day, operator and kind, the newest day first, and their total.

    `off` are sentences about what keeps a sum from adding up, `off_operators` whose push each is about. `last_receipt`
    is the number of the last receipt up to which the whole chain is sound, `receipts` how many receipts the book knows.
    """

    lines: tuple[SumLine, ...] = ()
    total: SumLine = SumLine("", "", "")
    off: tuple[str, ...] = ()
    last_receipt: int = 0
    receipts: int = 0
    off_operators: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        """True if every confirmed push is in one of the sums, in each line and in the total."""
        return not self.off and not self.total.off_by and not any(line.off_by for line in self.lines)


class Reconciliation(Struct, frozen=True):
    """One report. `at` is when it began, in seconds since 1970, UTC. `is_full` says that everything was read.

    A report about the pushes of one person names them as `operator`. `nobodys` then counts the differences of which the
    book does not know who confirmed them.
    """

    at: float
    systems: tuple[SystemLook, ...] = ()
    rows: tuple[Discrepancy, ...] = ()
    not_compared: tuple[NotCompared, ...] = ()
    sums: Sums = Sums()
    is_full: bool = False
    operator: str = ""
    nobodys: int = 0

    @property
    def counts(self) -> dict[DiscrepancyKind, int]:
        """The number of rows of each kind. A kind that does not occur has 0."""
        counts = Counter(row.kind for row in self.rows)
        return {kind: counts[kind] for kind in DiscrepancyKind}

    @property
    def failed(self) -> tuple[SystemLook, ...]:
        """The systems that could not be looked at."""
        return tuple(look for look in self.systems if look.code)


class KeptReconciliation(Struct, frozen=True):
    """What is kept of the last reconciliation. Times are in seconds since 1970, UTC; 0 is never.

    `asked_since` is when the watch first wanted one. `succeeded` is when a whole reconciliation last reached every
    system. `by` says who ran the report: `watch`, or the operator.
    """

    asked_since: float = 0.0
    succeeded: float = 0.0
    report: Reconciliation | None = None
    by: str = ""

    def with_report(self, report: Reconciliation, by: str) -> KeptReconciliation:
        """Return what is kept after a report about every system."""
        succeeded = self.succeeded if report.failed else report.at
        return KeptReconciliation(self.asked_since, succeeded, report, by)
