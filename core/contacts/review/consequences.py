"""Says before an answer is given what each answer will do, and what happens if nobody decides. Pure."""

from __future__ import annotations

from typing import Final

from core.contacts.model import Contact, Reason, Role, Verdict, VerdictRow
from core.contacts.records import Answer, OwnersAnswer
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import LINKS_ASKED, Cost, ReviewItem
from core.contacts.review.reason_words import REASON_WORDS
from core.contacts.review.reviewed import Reviewed
from core.push.plan import System
from core.systems import display_name

HOLDS_UNTIL = "not asked again unless a field changes"
_WOULD_CHANGE_OTHER = "not pushed: a push would change the other record"
_ASKED_NEXT = "not pushed: you are asked, because a push would change another contact"


def asks(item: ReviewItem) -> str:
    """Return the question in a person's words."""
    if item.row.reason is Reason.HALF_GONE:
        system = System.TOTAL_EXPERT if item.row.simplenexus_ids else System.SIMPLENEXUS
        return f"{item.row.gone} wasn't found in {display_name(system)}. Where does the link go?"
    if item.row.reason is Reason.MOVED:
        return "Two owners now: does the link stay?"
    if item.row.reason is Reason.LINKED_TWICE:
        return "Which link is the right one?"
    if item.row.reason is Reason.DOUBTED:
        return "Is this still one person?"
    if item.row.reason is Reason.OTHER_OWNER:
        return "Two owners have a contact with this email. Who owns this one?"
    if item.ours and item.theirs and len(item.ours) + len(item.theirs) > 2:
        return "One person?"
    if not (item.ours and item.theirs):
        return "Several records share one email. Who is this?"
    return "Same person?"


def stands(row: VerdictRow, contact: Contact | None = None) -> str:
    """Return why a row that needs nobody has its verdict. `contact` is the record of a row about one record.

    For an agent the text also says what the sync makes of the record.
    """
    why = REASON_WORDS[row.reason] or row.verdict.value
    if contact is None or contact.role is not Role.AGENT:
        return why
    match row.verdict:
        case Verdict.IMPORT:
            return f"{why}; {IMPORTED_AGENT}"
        case Verdict.PUSH:
            return f"{why}; {PUSHED_AGENT}"
        case (
            Verdict.LINKED
            | Verdict.LINK
            | Verdict.UNLINKED
            | Verdict.HOUSEHOLD
            | Verdict.HOLD
            | Verdict.POSSIBLE_DUPLICATE
            | Verdict.SKIP_ONE_WAY
            | Verdict.GONE
            | Verdict.CANNOT
        ):
            return why


IMPORTED_AGENT: Final = "imported as an agent (a partner)"
PUSHED_AGENT: Final = "pushed as an agent (a contact in the group of agents)"


OF_OWNERS = {
    OwnersAnswer.SEPARATE: "each officer gets their own record: imported and pushed as usual",
    OwnersAnswer.LEAVE: "nothing is imported or pushed for them, and you are not asked again",
}
"""What an answer about all contacts of two owners will do."""

REVISED = {
    Answer.SAME: "linked",
    Answer.DIFFERENT: f"two people: each is linked or sent on its own; {HOLDS_UNTIL}",
    Answer.HOUSEHOLD: "two people: each is linked or sent on its own; noted as one household",
}
"""What another answer will do to a row that has no question: one was answered, or none was needed."""


def if_nobody_decides(reviewed: Reviewed, item: ReviewItem, writer: str) -> str:
    """Return what happens to the records of a question as long as nobody decides.

    The text continues "If you skip this: ". `writer` is "desk" if the desk's own sync writes; that sync sends nothing
    for such records. Otherwise the vendors' integration writes, which follows the rule alone.
    """
    match item.cost:
        case Cost.OVERWRITE:
            return _if_pushed(reviewed, item, writer)
        case Cost.DOUBLED:
            return _if_doubled(reviewed, item, writer)
        case Cost.HOUSEHOLD:
            return NOTHING_HAPPENS
        case Cost.HELD:
            if item.row.reason in LINKS_ASKED:
                return "the links stay; nothing is sent"
            if item.row.reason is Reason.OTHER_OWNER:
                held = "nothing is imported or pushed"
                return (
                    held if writer == "desk" else "brokerdesk sends nothing; the vendors' integration decides"
                )
            return NOTHING_HAPPENS
        case Cost.GONE:
            return "the link stays; nothing is written to either record"


NOTHING_HAPPENS: Final = "nothing is linked or sent"


def _if_pushed(reviewed: Reviewed, item: ReviewItem, writer: str) -> str:
    names = [reviewed.matched.total_expert[contact_id].name for contact_id in item.theirs]
    change = f"change {' or '.join(names[:3])}{' …' if len(names) > 3 else ''}"
    return (
        f"nothing is sent, because a push would {change}"
        if writer == "desk"
        else f"the vendors' push will {change}"
    )


def _if_doubled(reviewed: Reviewed, item: ReviewItem, writer: str) -> str:
    """Return what the rule alone does with both records of a possible duplicate, the imported record first."""
    rows = [
        *(row for our_id in item.row.own_simplenexus_ids for row in reviewed.if_apart((our_id, ""))),
        *(row for their_id in item.row.own_total_expert_ids for row in reviewed.if_apart(("", their_id))),
    ][::-1]
    created = dict.fromkeys(noun for row in rows if (noun := _second(reviewed, row)))
    changed = dict.fromkeys(names for row in rows if (names := _changed(reviewed, row)))
    made, others = " and ".join(created), " and ".join(changed)
    if not (made or others):
        return "nothing is sent; the two stay separate"
    if writer == "desk":
        acts = (f"create {made}" if made else "", f"change {others}" if others else "")
        return f"nothing is sent, because a sync would {' and '.join(filter(None, acts))}"
    creation = f"{made} {'is' if len(created) == 1 else 'are'} created" if made else ""
    change = f"the vendors' push will change {others}" if others else ""
    return ", and ".join(filter(None, (creation, change)))


def _second(reviewed: Reviewed, row: VerdictRow) -> str:
    """Return which second record of the same person is created for a row; "" for none."""
    if row.verdict is Verdict.IMPORT:
        contact = reviewed.matched.total_expert[row.total_expert_ids[0]]
        return "a second partner" if contact.role is Role.AGENT else "a second account"
    creates = row.verdict is Verdict.PUSH and not reviewed.hits(row.simplenexus_ids[0])
    return "a second contact" if creates else ""


def _changed(reviewed: Reviewed, row: VerdictRow) -> str:
    """Return whom a push of a row changes; "" for nobody."""
    hits = reviewed.hits(row.simplenexus_ids[0]) if row.verdict is Verdict.PUSH else ()
    return " or ".join(reviewed.matched.total_expert[hit].name for hit in hits)


def why_not_same(reviewed: Reviewed, ids: Ids) -> str:
    """Return why nobody can answer that two records are the same; "" if they can, or if there is one record only."""
    if None in reviewed.contacts(ids) or Answer.SAME in reviewed.offered(ids):
        return ""
    linked = reviewed.linked_to(ids)
    if linked is None or linked.reason is Reason.HALF_GONE:
        return "their owners are not matched with each other"
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
            return "stays in the queue, at the end"
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
    Verdict.IMPORT: "imported as a new record",
    Verdict.PUSH: "pushed as a new record",
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
        return "noted as a second record; nothing is created, and the link stays"
    roles = _roles_kept(reviewed, ids)
    match item.cost:
        case Cost.DOUBLED:
            return f"linked{roles}; nothing is created"
        case Cost.OVERWRITE:
            return f"linked{roles}; nothing is pushed"
        case Cost.HOUSEHOLD | Cost.HELD | Cost.GONE:
            others = "; the others still wait" if item.pairs > 1 else ""
            return f"{'these two are linked' if others else 'linked'}{roles}{others}"


def _roles_kept(reviewed: Reviewed, ids: Ids) -> str:
    """Return in words that two linked records keep their roles; "" unless one of them is an agent's.

    A link changes no record: whoever is a borrower here and an agent there stays both.
    """
    known = [
        (contact.role, display_name(system))
        for system, contact in zip(_SYSTEMS, reviewed.contacts(ids), strict=True)
        if contact is not None and contact.role is not Role.UNKNOWN
    ]
    if Role.AGENT not in [role for role, _ in known]:
        return ""
    kept = " and ".join(f"{_A[role]} in {system}" for role, system in known)
    return f", and stays {kept}"


_SYSTEMS: Final = (System.SIMPLENEXUS, System.TOTAL_EXPERT)
_A: Final = {Role.AGENT: "an agent", Role.BORROWER: "a borrower"}


def _if_apart(reviewed: Reviewed, item: ReviewItem, ids: Ids) -> str:
    """Return what happens to the records of a question after two of them were told apart."""
    if item.cost is Cost.OVERWRITE:
        return "not this one; you are asked about the others" if len(item.theirs) > 1 else _WOULD_CHANGE_OTHER
    if item.row.reason in LINKS_ASKED:
        return "the links stay"
    if item.pairs > 1:
        return "not this one; each is linked or sent on its own when no other record is left"
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
            contact = reviewed.matched.total_expert[row.total_expert_ids[0]]
            return IMPORTED_AGENT if contact.role is Role.AGENT else "imported"
        case Verdict.PUSH:
            hits = {*reviewed.hits(row.simplenexus_ids[0])}
            if hits:
                return _WOULD_CHANGE_OTHER if hits == {ids[1]} else _ASKED_NEXT
            contact = reviewed.matched.simplenexus[row.simplenexus_ids[0]]
            return PUSHED_AGENT if contact.role is Role.AGENT else "pushed"
        case Verdict.SKIP_ONE_WAY:
            return "left to the one-way integration"
        case Verdict.CANNOT:
            if row.reason is Reason.WOULD_OVERWRITE:
                return _WOULD_CHANGE_OTHER
            return "not imported: no email and no phone"
        case (
            Verdict.LINKED
            | Verdict.LINK
            | Verdict.UNLINKED
            | Verdict.HOUSEHOLD
            | Verdict.HOLD
            | Verdict.GONE
            | Verdict.POSSIBLE_DUPLICATE
        ):
            raise AssertionError(f"a record alone is never {row.verdict}")
