"""What a question is about in a few words, for a line of the queue: "email typo, same phone". Pure.

Both names are never said if they are the same. If they differ, the words begin with the other record's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel
from core.compare.emails import inbox_keys, plain_local
from core.compare.keys import text_key
from core.contacts.linkage.explain import ranked_evidence
from core.contacts.model import Comparison, Contact, ContactKind, Evidence, Reason, VerdictRow
from core.contacts.review.queue import Cost, ReviewItem
from core.contacts.review.reason_words import REASON_WORDS
from core.contacts.review.reviewed import Reviewed
from core.local_forms import CountryWords

_AT_MOST: Final = 2
"""Parts of a line's words. The detail of the question has the rest."""
_BY_REASON: Final = {
    Reason.HALF_GONE: "linked record not found",
    Reason.MOVED: "linked, two owners now",
    Reason.LINKED_TWICE: "linked with several records",
    Reason.SEVERAL_LINKS: "several links, one person?",
    Reason.DOUBTED: "linked, may be two people",
    Reason.OTHER_OWNER: "email also under another owner",
    Reason.BESIDE_A_LINK: "email of a linked person",
    Reason.OTHER_ROLE: "an agent and a borrower",
}
"""The words of questions that are not about how two records compare."""
_DIFFERS: Final = {
    ("role", AgreementLevel.DIFFERENT): "an agent and a borrower",
    ("first_name", AgreementLevel.CROSSED): "names swapped",
    ("middle_name", AgreementLevel.DIFFERENT): "other middle name",
    ("email", AgreementLevel.DIFFERENT): "other email",
    ("birth_date", AgreementLevel.SWAPPED): "birth day and month swapped",
    ("birth_date", AgreementLevel.CLOSE): "birth date typo",
    ("birth_date", AgreementLevel.PARTLY): "other birth date",
    ("birth_date", AgreementLevel.NEARBY): "other birth date",
    ("birth_date", AgreementLevel.YEARS): "other birth date",
    ("birth_date", AgreementLevel.DIFFERENT): "other birth date",
    ("phone", AgreementLevel.DIFFERENT): "other phone",
    ("phone", AgreementLevel.CLOSE): "phone typo",
    ("address", AgreementLevel.DIFFERENT): "other address",
    ("address", AgreementLevel.CLOSE): "similar address",
    ("place", AgreementLevel.DIFFERENT): "other {town}",
}
"""The words for what differs, by field and level, in the order in which they are said. The country has some words."""
_SAME: Final = {
    ("phone", AgreementLevel.EQUAL): "same phone",
    ("email", AgreementLevel.EQUAL): "same email",
    ("birth_date", AgreementLevel.EQUAL): "same birth date",
    ("birth_date", AgreementLevel.DAY_AND_MONTH): "same birthday",
    ("address", AgreementLevel.EQUAL): "same address",
    ("place", AgreementLevel.EQUAL): "same {town}",
    ("last_name", AgreementLevel.EQUAL): "same {last_name}",
    ("first_name", AgreementLevel.EQUAL): "same first name",
}
"""The words for what is the same."""


def queue_words(reviewed: Reviewed, item: ReviewItem, words: CountryWords) -> str:
    """Return what a question is about in a few words, for a line that begins with the name of its first record."""
    records = len(item.ours) + len(item.theirs)
    if by_reason := _BY_REASON.get(item.row.reason):
        return by_reason
    if item.cost is Cost.OVERWRITE:
        return f"would change {_names(reviewed, item)}"
    if records > 2 or not (item.ours and item.theirs):
        return f"{records:,} records"
    compared = item.comparison or reviewed.compare(item.first)
    ours, theirs = reviewed.contacts(item.first)
    if compared is None or ours is None or theirs is None:
        return REASON_WORDS[item.row.reason]
    return pair_words(compared, ours, theirs, words)


def _names(reviewed: Reviewed, item: ReviewItem) -> str:
    first, *others = (reviewed.matched.total_expert[contact_id].name for contact_id in item.theirs)
    return f"{first} +{len(others)}" if others else first


def pair_words(compared: Comparison, ours: Contact, theirs: Contact, words: CountryWords) -> str:
    """Return what differs between two records, then what they share: "Kate Moss-Lee, same phone"."""
    differs, shared = list(_differences(compared, ours, theirs, words)), list(_shared(compared, words))
    same = [said for said in shared if "name" not in said]
    if differs and same:
        return f"{differs[0]}, {same[0]}"
    return ", ".join([*differs, *(same or shared)][:_AT_MOST])


def _differences(compared: Comparison, ours: Contact, theirs: Contact, words: CountryWords) -> Iterator[str]:
    lines = {(line.field, line.level): line for line in compared.evidence}
    if ("suffix", AgreementLevel.DIFFERENT) in lines:
        line = lines["suffix", AgreementLevel.DIFFERENT]
        yield f"{line.left} and {line.right}" if line.left and line.right else theirs.name
    elif text_key(ours.name) != text_key(theirs.name) and not _is_longer(lines):
        yield theirs.name
    if about_emails := _email_words(lines):
        yield about_emails
    yield from (said.format(town=words.town) for key, said in _DIFFERS.items() if key in lines)


def _is_longer(lines: dict[tuple[str, AgreementLevel], Evidence]) -> bool:
    """Return True if first and last name are equal: one of the two names has a middle name or a suffix besides."""
    return all((field, AgreementLevel.EQUAL) in lines for field in ("first_name", "last_name"))


def _email_words(lines: dict[tuple[str, AgreementLevel], Evidence]) -> str:
    """Return how two emails that are close differ; "" if they are not close."""
    line = lines.get(("email", AgreementLevel.CLOSE))
    if line is None:
        return ""
    pairs = [(left, right) for left in inbox_keys(line.left) for right in inbox_keys(line.right)]
    if any(OSA.distance(left, right, score_cutoff=1) <= 1 for left, right in pairs):
        return "email typo"
    if any(plain_local(left) == plain_local(right) for left, right in pairs):
        return "other email domain"
    return "similar email"


def _shared(compared: Comparison, words: CountryWords) -> Iterator[str]:
    """Yield what two records share, the field that says most first."""
    for line in ranked_evidence(compared):
        if said := _SAME.get((line.field, line.level)):
            yield said.format(town=words.town, last_name=words.last_name)


def settled_words(row: VerdictRow, ours: Contact | None, theirs: Contact | None) -> str:
    """Return a few words about a row that needs nobody: how to reach the person, or why nothing is done.

    A prospect is called so: the app can be shared with that person.
    """
    contact = ours or theirs
    reached = (contact.email or next(iter(contact.phones), "")) if contact is not None else ""
    words = reached or REASON_WORDS[row.reason]
    return f"prospect: {words}" if ours is not None and ours.kind is ContactKind.PROSPECT else words
