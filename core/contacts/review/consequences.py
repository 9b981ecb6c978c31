"""What happens to a question's records if nobody decides, and what each answer will do, said before. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from core.contacts.model import Reason, Verdict, VerdictRow
from core.contacts.records import Answer
from core.contacts.review.decisions import Ids
from core.contacts.review.queue import Cost, ReviewItem
from core.contacts.review.reviewed import Reviewed

HOLDS_UNTIL = "not asked again unless a field changes"


def asks(item: ReviewItem) -> str:
    """Give the question in a person's words."""
    match item.row.reason:
        case Reason.HALF_GONE:
            return "Where did the other record go?"
        case Reason.LINKED_TWICE:
            return "Which link is the right one?"
        case Reason.SEVERAL if not (item.ours and item.theirs):
            return "Several records of one email: whose is this?"
        case _:
            return "Same person?"


def stands(row: VerdictRow) -> str:
    """Say why a row that needs nobody is as it is."""
    return row.reason.value or row.verdict.value


REVISED = {
    Answer.SAME: "linked",
    Answer.DIFFERENT: f"told apart, each goes its own way; {HOLDS_UNTIL}",
    Answer.HOUSEHOLD: "told apart, each goes its own way; noted as one household",
}
"""What another answer will do where one was given, or needed, before."""


def if_nobody_decides(reviewed: Reviewed, item: ReviewItem, writer: str) -> str:
    """Say what becomes of an item's records as long as nobody decides.

    The desk's own sync holds back what waits; where the vendors' integration is the `writer`, it goes by the rule.
    """
    match item.cost:
        case Cost.OVERWRITE:
            names = [reviewed.matched.total_expert[one].name for one in item.theirs]
            would = f"change {' or '.join(names[:3])}{' …' if len(names) > 3 else ''}"
            return (
                f"held back: a push would {would}" if writer == "desk" else f"the vendors' push will {would}"
            )
        case Cost.DOUBLED:
            done = [_doubled(reviewed, row) for row in reversed(reviewed.if_apart(item.first))]
            said = ", ".join(one for one in done if one)
            if not said:
                return "nothing is sent; the two stay apart"
            return f"held back; by the rule alone {said}" if writer == "desk" else said
        case Cost.HOUSEHOLD:
            return "held back: neither linked nor sent"
        case _ if item.row.reason in (Reason.HALF_GONE, Reason.LINKED_TWICE):
            return f"held back: {item.row.reason.value}"
        case _:
            return "held back: none of them is linked or sent"


def _doubled(reviewed: Reviewed, row: VerdictRow) -> str:
    if row.verdict is Verdict.IMPORT:
        return "imported as a second account"
    if row.verdict is Verdict.PUSH:
        hits = reviewed.hits(row.simplenexus_ids[0])
        return _changes(reviewed, hits) if hits else "pushed as a second contact"
    return ""


def _changes(reviewed: Reviewed, hits: Iterable[str]) -> str:
    return "a push would change " + " or ".join(reviewed.matched.total_expert[one].name for one in hits)


def why_not_same(reviewed: Reviewed, ids: Ids) -> str:
    """Say why two records can't be told to be one person; "" where they can, or where there is only one."""
    if None in reviewed.contacts(ids) or Answer.SAME in reviewed.offered(ids):
        return ""
    linked = reviewed.linked_to(ids)
    if linked is None:
        return "their owners are not tied to each other"
    mine = linked.simplenexus_ids == (ids[0],)
    held, others = (
        (reviewed.matched.total_expert, linked.total_expert_ids)
        if mine
        else (reviewed.matched.simplenexus, linked.simplenexus_ids)
    )
    names = [f"{held[one].name} ({one})" for one in others if one in held]
    return f"one of the two is linked with {' and '.join(names) or 'somebody who is gone'}"


def consequence(reviewed: Reviewed, item: ReviewItem, ids: Ids, answer: Answer) -> str:
    """Say what an answer about two records of an item will do."""
    match answer:
        case Answer.SAME:
            return _if_same(item)
        case Answer.LATER:
            return "stays in the queue, at its end"
        case Answer.HOUSEHOLD:
            return f"{_if_apart(reviewed, item, ids)}; noted as one household"
        case Answer.DIFFERENT:
            return f"{_if_apart(reviewed, item, ids)}; {HOLDS_UNTIL}"


def _if_same(item: ReviewItem) -> str:
    match item.cost:
        case Cost.DOUBLED:
            return "linked, nothing imported"
        case Cost.OVERWRITE:
            return "linked, nothing pushed"
        case _ if item.pairs > 1:
            return "these two are linked; the others stay held"
        case _:
            return "linked"


def _if_apart(reviewed: Reviewed, item: ReviewItem, ids: Ids) -> str:
    if item.cost is Cost.OVERWRITE:
        others = len(item.theirs) > 1
        return "ruled out; asked of the others" if others else "not pushed: it would change the other"
    if item.pairs > 1:
        return "ruled out; each goes its own way when nobody else is left"
    said = dict.fromkeys(
        _goes(reviewed, row, ids)
        for row in reversed(reviewed.if_apart(ids))
        if {*row.simplenexus_ids} & {*item.row.simplenexus_ids}
        or {*row.total_expert_ids} & {*item.row.total_expert_ids}
    )
    return ", ".join(said) or "nothing is sent"


def _goes(reviewed: Reviewed, row: VerdictRow, ids: Ids) -> str:
    match row.verdict:
        case Verdict.IMPORT:
            return "imported"
        case Verdict.PUSH:
            hits = [one for one in reviewed.hits(row.simplenexus_ids[0]) if one != ids[1]]
            mine = ids[1] in reviewed.hits(row.simplenexus_ids[0])
            return "not pushed: it would change the other" if mine and not hits else "pushed"
        case Verdict.SKIP_ONE_WAY:
            return "left to the one-way integration"
        case _ if row.reason is Reason.WOULD_OVERWRITE:
            return "not pushed: it would change the other"
        case _:
            return "not imported: no email, no phone"
