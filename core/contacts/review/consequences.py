"""What each answer to a question will do, and what happens if nobody decides; said before an answer is given. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from core.contacts.model import Reason, Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import LINKS_ASKED, Cost, ReviewItem
from core.contacts.review.reviewed import Reviewed
from core.push.plan import System
from core.systems import display_name

HOLDS_UNTIL = "not asked again unless a field changes"
_WOULD_CHANGE_OTHER = "not pushed: it would change the other"


def asks(item: ReviewItem) -> str:
    """Return the question in a person's words."""
    if item.row.reason is Reason.HALF_GONE:
        system = System.TOTAL_EXPERT if item.row.simplenexus_ids else System.SIMPLENEXUS
        return f"{item.row.gone} was not found in {display_name(system)}. Where does the link go?"
    if item.row.reason is Reason.MOVED:
        return "Still linked, with two owners?"
    if item.row.reason is Reason.LINKED_TWICE:
        return "Which link is the right one?"
    if item.row.reason is Reason.DOUBTED:
        return "Still one person?"
    if item.ours and item.theirs and len(item.ours) + len(item.theirs) > 2:
        return "One person?"
    if not (item.ours and item.theirs):
        return "Several records of one email: whose is this?"
    return "Same person?"


def stands(row: VerdictRow) -> str:
    """Return why a row that needs nobody has its verdict."""
    return row.reason.value or row.verdict.value


REVISED = {
    Answer.SAME: "linked",
    Answer.DIFFERENT: f"told apart, each goes its own way; {HOLDS_UNTIL}",
    Answer.HOUSEHOLD: "told apart, each goes its own way; noted as one household",
}
"""What another answer will do to a row that has no question: one was answered, or none was needed."""


def if_nobody_decides(reviewed: Reviewed, item: ReviewItem, writer: str) -> str:
    """Return what happens to the records of a question as long as nobody decides.

    `writer` is "desk" if the desk's own sync writes; it holds such records back. Otherwise the vendors' integration
    writes, which follows the rule alone.
    """
    match item.cost:
        case Cost.OVERWRITE:
            return _if_pushed(reviewed, item, writer)
        case Cost.DOUBLED:
            return _if_doubled(reviewed, item, writer)
        case Cost.HOUSEHOLD:
            return "held back: neither linked nor sent"
        case Cost.HELD:
            if item.row.reason in LINKS_ASKED:
                return "the links stay; nothing is sent"
            if item.row.reason is Reason.LINKED_TWICE:
                return f"held back: {item.row.reason.value}"
            return "held back: none of them is linked or sent"
        case Cost.GONE:
            return "the link stays; nothing is written to either record"


def _if_pushed(reviewed: Reviewed, item: ReviewItem, writer: str) -> str:
    names = [reviewed.matched.total_expert[contact_id].name for contact_id in item.theirs]
    change = f"change {' or '.join(names[:3])}{' …' if len(names) > 3 else ''}"
    return f"held back: a push would {change}" if writer == "desk" else f"the vendors' push will {change}"


def _if_doubled(reviewed: Reviewed, item: ReviewItem, writer: str) -> str:
    """Return what the rule alone does with both records of a possible duplicate, the imported record first."""
    rows = reversed(
        [
            *(row for our_id in item.row.own_simplenexus_ids for row in reviewed.if_apart((our_id, ""))),
            *(row for their_id in item.row.own_total_expert_ids for row in reviewed.if_apart(("", their_id))),
        ]
    )
    by_rule = ", ".join(dict.fromkeys(words for words in (_doubled(reviewed, row) for row in rows) if words))
    if not by_rule:
        return "nothing is sent; the two stay apart"
    return f"held back; by the rule alone {by_rule}" if writer == "desk" else by_rule


def _doubled(reviewed: Reviewed, row: VerdictRow) -> str:
    """Return how the record of a row becomes a second record of the same person; "" if nothing is sent."""
    if row.verdict is Verdict.IMPORT:
        return "imported as a second account"
    if row.verdict is Verdict.PUSH:
        hits = reviewed.hits(row.simplenexus_ids[0])
        return _would_change(reviewed, hits) if hits else "pushed as a second contact"
    return ""


def _would_change(reviewed: Reviewed, hits: Iterable[str]) -> str:
    names = " or ".join(reviewed.matched.total_expert[hit].name for hit in hits)
    return f"a push would change {names}"


def why_not_same(reviewed: Reviewed, ids: Ids) -> str:
    """Return why nobody can answer that two records are the same; "" if they can, or if there is one record only."""
    if None in reviewed.contacts(ids) or Answer.SAME in reviewed.offered(ids):
        return ""
    linked = reviewed.linked_to(ids)
    if linked is None or linked.reason is Reason.HALF_GONE:
        return "their owners are not tied to each other"
    ours, theirs = linked.simplenexus_ids, linked.total_expert_ids
    partners = [reviewed.matched.total_expert[n] for n in theirs if ids[0] in ours and n != ids[1]]
    partners += [reviewed.matched.simplenexus[n] for n in ours if ids[1] in theirs and n != ids[0]]
    names = " and ".join(f"{partner.name} ({partner.id})" for partner in partners)
    return f"one of the two is linked with {names or 'somebody who is gone'}"


def consequence(reviewed: Reviewed, item: ReviewItem, ids: Ids, answer: Answer) -> str:
    """Return what an answer about the two records `ids` of a question will do."""
    match answer:
        case Answer.SAME:
            return _if_same(reviewed, item, ids)
        case Answer.LATER:
            return "stays in the queue, at its end"
        case Answer.UNLINK:
            return _if_unlinked(reviewed, item.row)
        case Answer.HOUSEHOLD:
            return f"{_if_apart(reviewed, item, ids)}; noted as one household"
        case Answer.DIFFERENT:
            return f"{_if_apart(reviewed, item, ids)}; {HOLDS_UNTIL}"


def _if_unlinked(reviewed: Reviewed, row: VerdictRow) -> str:
    """Return what happens to the records of a link that is removed: each is matched again."""
    if row.reason is Reason.MOVED:
        return "the link is removed; each of the two is matched again"
    rows = reviewed.if_apart(((row.simplenexus_ids or ("",))[0], (row.total_expert_ids or ("",))[0]))
    words = " and ".join(_OUTCOMES[row.verdict] for row in rows)
    return f"the link is removed; {words} unless another record matches"


_OUTCOMES = {
    Verdict.IMPORT: "imported as new",
    Verdict.PUSH: "pushed as new",
    Verdict.SKIP_ONE_WAY: "left to the one-way integration",
    Verdict.CANNOT: "not sent",
}


def _if_same(reviewed: Reviewed, item: ReviewItem, ids: Ids) -> str:
    if item.row.reason is Reason.MOVED:
        return "the two stay linked"
    if item.row.reason is Reason.HALF_GONE:
        return "the link goes to this record"
    if item.row.reason in LINKS_ASKED:
        return "the links stay; nothing is sent"
    if reviewed.linked_to(ids) is not None:
        return "noted as a second record, nothing created; the link stays"
    match item.cost:
        case Cost.DOUBLED:
            return "linked, nothing imported"
        case Cost.OVERWRITE:
            return "linked, nothing pushed"
        case Cost.HOUSEHOLD | Cost.HELD | Cost.GONE:
            return "these two are linked; the others stay held" if item.pairs > 1 else "linked"


def _if_apart(reviewed: Reviewed, item: ReviewItem, ids: Ids) -> str:
    """Return what happens to the records of a question after two of them were told apart."""
    if item.cost is Cost.OVERWRITE:
        return "ruled out; asked of the others" if len(item.theirs) > 1 else _WOULD_CHANGE_OTHER
    if item.row.reason in LINKS_ASKED:
        return "the links stay"
    if item.pairs > 1:
        return "ruled out; each goes its own way when nobody else is left"
    words = dict.fromkeys(
        _alone(reviewed, row, ids)
        for row in reversed(reviewed.if_apart(ids))
        if {*row.simplenexus_ids} & {*item.row.own_simplenexus_ids}
        or {*row.total_expert_ids} & {*item.row.own_total_expert_ids}
    )
    return ", ".join(words)


def _alone(reviewed: Reviewed, row: VerdictRow, ids: Ids) -> str:
    """Return what happens to a record that is handled alone, by the rule. `ids` are the two that were told apart."""
    match row.verdict:
        case Verdict.IMPORT:
            return "imported"
        case Verdict.PUSH:
            return _WOULD_CHANGE_OTHER if {*reviewed.hits(row.simplenexus_ids[0])} == {ids[1]} else "pushed"
        case Verdict.SKIP_ONE_WAY:
            return "left to the one-way integration"
        case Verdict.CANNOT:
            if row.reason is Reason.WOULD_OVERWRITE:
                return _WOULD_CHANGE_OTHER
            return "not imported: no email, no phone"
        case (
            Verdict.LINKED
            | Verdict.LINK
            | Verdict.HOUSEHOLD
            | Verdict.HOLD
            | Verdict.GONE
            | Verdict.POSSIBLE_DUPLICATE
        ):
            raise AssertionError(f"a record alone is never {row.verdict}")
