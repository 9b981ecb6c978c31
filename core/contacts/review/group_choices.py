"""What can be answered about several records at once, and what an answer would do, for a screen that asks. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from core.contacts.linkage.explain import fields_by_agreement
from core.contacts.model import Comparison, Contact, Reason, Role, Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.consequences import consequence, why_not_same
from core.contacts.review.decisions import PairAnswer
from core.contacts.review.queue import ReviewItem
from core.contacts.review.reviewed import Reviewed
from core.contacts.review.side_by_side import EQUAL, NONE, OTHER
from core.local_forms import CountryWords
from core.push.plan import System

_OUTCOMES: Final = {
    Verdict.LINKED: ("stays linked", "stay linked"),
    Verdict.LINK: ("linked", "linked"),
    Verdict.UNLINKED: ("stays unlinked", "stay unlinked"),
    Verdict.IMPORT: ("imported as a prospect", "imported as prospects"),
    Verdict.PUSH: ("pushed as a contact", "pushed as contacts"),
    Verdict.SKIP_ONE_WAY: ("left to the one-way integration", "left to the one-way integration"),
    Verdict.CANNOT: ("not sent", "not sent"),
    Verdict.HOUSEHOLD: ("in the queue", "in the queue"),
    Verdict.HOLD: ("in the queue", "in the queue"),
    Verdict.GONE: ("in the queue", "in the queue"),
    Verdict.POSSIBLE_DUPLICATE: ("in the queue", "in the queue"),
}
"""What becomes of one record with a verdict, and of several."""
_PARTNER: Final = ("imported as a partner", "imported as partners")
_WOULD_OVERWRITE: Final = ("not pushed", "not pushed")


def outcome(reviewed: Reviewed, answers: Sequence[PairAnswer]) -> str:
    """Return in words what answers would make of the records: "2 imported as prospects, 1 in the queue"."""
    counts = Counter[tuple[str, str]]()
    for row in reviewed.what_if(answers):
        records = len(row.own_simplenexus_ids) + len(row.own_total_expert_ids)
        counts[_becomes(reviewed, row)] += records
    return ", ".join(
        f"{count:,} {one if count == 1 else several}" for (one, several), count in counts.items() if count
    )


def consequence_of_all(reviewed: Reviewed, items: Sequence[ReviewItem], answer: Answer) -> str:
    """Return what one answer to several questions will do: to each of them, or how often what where that differs."""
    words = {consequence(reviewed, item, item.first, answer) for item in items}
    if len(words) == 1:
        return words.pop()
    return outcome(reviewed, [(item.first, answer) for item in items])


def _becomes(reviewed: Reviewed, row: VerdictRow) -> tuple[str, str]:
    """Return in words what becomes of the records of a row; an agent becomes a partner, never a prospect."""
    imported = row.total_expert_ids if row.verdict is Verdict.IMPORT else ()
    if any(reviewed.matched.total_expert[contact_id].role is Role.AGENT for contact_id in imported):
        return _PARTNER
    if row.verdict is Verdict.PUSH and reviewed.hits(row.simplenexus_ids[0]):
        return _OUTCOMES[Verdict.HOLD]
    if row.reason is Reason.WOULD_OVERWRITE:
        return _WOULD_OVERWRITE
    return _OUTCOMES[row.verdict]


def why_refused(reviewed: Reviewed, answers: Sequence[PairAnswer]) -> str:
    """Return in a sentence why answers about pairs can't be given together; "" if they can."""
    if not answers:
        return "No two records of different systems are left."
    for ids, answer in answers:
        if answer in reviewed.offered(ids):
            continue
        names = " and ".join(
            f"{contact.name} ({contact.id})" for contact in reviewed.contacts(ids) if contact
        )
        reason = why_not_same(reviewed, ids) if answer is Answer.SAME else ""
        return f"“{answer}” can't be said of {names}{f': {reason}' if reason else ''}."
    return ""


SystemRecord = tuple[System, Contact]
"""A record and its system."""


def officer_sign(reviewed: Reviewed, reference: SystemRecord, record: SystemRecord) -> str:
    """Return the sign between the owners of two records; "" if one of them has no owner, or if both are one record."""
    (system, first), (other_system, second) = reference, record
    if reference == record or not (first.owner and second.owner):
        return NONE
    if system is other_system:
        return EQUAL if first.owner == second.owner else OTHER
    ids = (first.id, second.id) if system is System.SIMPLENEXUS else (second.id, first.id)
    return EQUAL if reviewed.one_owner(ids) else OTHER


def short_reasons(comparison: Comparison, words: CountryWords) -> str:
    """Return what the two records share, then what differs, in few words: "phone, address; another first name"."""
    fields = fields_by_agreement(comparison, words)
    parts = [", ".join((*fields.same, *fields.similar))]
    if fields.other:
        parts.append(f"another {', '.join(fields.other)}")
    return "; ".join(part for part in parts if part)
