"""Who did what: every confirmation, decision, tick and order in the book, each with the operator and the time.

Names records by their ids, so that no client's data is in the list. Knows every room's records, and no screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from core.automatic.records import AllowedRound, StandingOrder
from core.contacts.records import Judged, JudgedOwners
from core.flex.records import SamePerson, SameProduct, Tick
from core.milestones.records import Pause, Skip
from core.push.activity import pushes, read_activities
from core.push.ports import Book
from core.push.records import Unlinked
from core.receipts.records import ReceiptRecord


class AuditLine(Struct, frozen=True):
    """One thing that a person did. `at` is in seconds since 1970, UTC.

    `what` are words such as "confirmed card" or the code of a decision, `about` is the id of what it concerns.
    `push_id` is "" if it concerns no push.
    """

    at: float
    by: str
    what: str
    about: str
    push_id: str = ""


_Decision: TypeAlias = (
    Unlinked
    | Tick
    | SamePerson
    | SameProduct
    | Judged
    | JudgedOwners
    | Skip
    | Pause
    | StandingOrder
    | AllowedRound
)
"""A record of what a person decided, with who and when."""
_DECISIONS: Final[Mapping[type[_Decision], str]] = {
    Unlinked: "unlinked",
    Tick: "ticked as entered by hand",
    SamePerson: "said that two records are one person",
    SameProduct: "said that two products are one",
    Judged: "compared two contacts",
    JudgedOwners: "decided about two owners",
    Skip: "skipped a milestone",
    Pause: "paused a contact",
    StandingOrder: "ordered automatic sending",
    AllowedRound: "let a round go on",
}
"""What a record says that a person did. Of what was changed later, the book keeps the last word."""


async def audit_lines(book: Book) -> list[AuditLine]:
    """Return everything that people did, by person and time. Raises `BookClosed`."""
    lines: list[AuditLine] = []
    async for activity in read_activities(book, await pushes(book)):
        push = activity.push
        about = push.about or push.subject
        confirmed = f"confirmed {push.asset.replace('-', ' ')}"
        lines.append(AuditLine(push.created_at, push.operator, confirmed, about, push.push_id))
        lines += [
            AuditLine(event.at, event.by, event.code, step.local_id, push.push_id)
            for step in activity.steps
            for event in step.trail
            if event.by
        ]
    for kind, what in _DECISIONS.items():
        lines += [AuditLine(record.at, record.by, what, record.key) for record in await book.all(kind)]
    for receipt in await book.all(ReceiptRecord):
        if receipt.removed_at is not None:
            about = str(receipt.number)
            lines.append(AuditLine(receipt.removed_at, receipt.removed_by, "removed a receipt", about))
    return sorted(lines, key=lambda line: (line.by, line.at))
