"""Sharing the app: accounts for imported prospects that a person chose. Pure.

A contact is imported so that the loan officer can share the app and set the person up as a user. The desk can't take an
account back, because deleting it would delete the person's loan applications.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.match.vendor_rules import Accounts
from core.contacts.model import Contact, ContactKind
from core.contacts.payloads import new_account
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref

SHARE: Final = "share-the-app"
"""The subject of every push that shares the app begins with this word; the people follow as a short hash."""
MAY_MAIL: Final = "SimpleNexus may send each of them an email or a text message; that can't be taken back."


class NotShared(Struct, frozen=True):
    """A person with whom the app can't be shared, and why."""

    total_expert_id: str
    name: str
    why: str


class SharePreview(Struct, frozen=True):
    """What sharing would do."""

    plan: Plan
    left_out: tuple[NotShared, ...]


def shareable(gathered: MatchSnapshot) -> list[tuple[str, Contact]]:
    """Return the linked prospects as (id of the contact in Total Expert, prospect), in the order of SimpleNexus.

    A prospect whose link asks where it goes is left out.
    """
    asking = frozenset(gathered.asking)
    ends = {ours: theirs for ours, theirs in gathered.links if (ours, theirs) not in asking}
    return [
        (ends[contact.id], contact)
        for contact in gathered.simplenexus
        if contact.kind is ContactKind.PROSPECT and contact.id in ends
    ]


def share_subject(total_expert_ids: Iterable[str]) -> str:
    """Return the subject of the push that shares the app with these people.

    A share with other people is a push of its own, also while this one is not finished.
    """
    people = msgspec.json.encode(sorted(total_expert_ids))
    return f"{SHARE}-{hashlib.sha256(people).hexdigest()[:12]}"


def plan_share(gathered: MatchSnapshot, chosen: Sequence[str], workspace: str) -> SharePreview:
    """Plan an account for each chosen contact that is a linked prospect. `chosen` are ids in Total Expert."""
    accounts = Accounts(gathered.simplenexus)
    prospects = dict(shareable(gathered))
    names = {contact.id: contact.name for contact in gathered.total_expert}
    steps: list[Step] = []
    left_out: list[NotShared] = []
    for contact_id in dict.fromkeys(chosen):
        prospect = prospects.get(contact_id)
        if prospect is None:
            why = (
                "is no prospect of SimpleNexus that is linked"
                if contact_id in names
                else "is not in Total Expert"
            )
            left_out.append(NotShared(contact_id, names.get(contact_id, contact_id), why))
        elif troubles := accounts.account(prospect).troubles:
            left_out.append(NotShared(contact_id, prospect.name, "; ".join(troubles)))
        else:
            accounts.add(prospect)
            steps.append(_step(contact_id, prospect, workspace))
    subject = share_subject([step.local_id for step in steps])
    plan = Plan(Asset.SHARE, subject, f"share the app with {len(steps)}", tuple(steps))
    return SharePreview(plan, tuple(left_out))


def _step(total_expert_id: str, prospect: Contact, workspace: str) -> Step:
    return Step(
        make_ref(workspace, System.SIMPLENEXUS, Entity.BORROWER, total_expert_id),
        System.SIMPLENEXUS,
        Entity.BORROWER,
        Operation.CREATE,
        total_expert_id,
        prospect.name,
        new_account(prospect, prospect.owner),
        parent=prospect.owner,
        identity=("first_name", "last_name", "email"),
    )
