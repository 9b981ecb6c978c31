"""Sharing the app: accounts for imported prospects, a step of its own on chosen people. Pure.

Seed: a contact is imported so that the loan officer can share the app to set him up as a user. An account can't be
taken back here: deleting it would delete the person's loan applications.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.match.vendor_rules import Accounts
from core.contacts.model import Contact, ContactKind
from core.contacts.payloads import new_account
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref

SHARE: Final = "share-the-app"
"""There is one under way at most."""
MAY_MAIL: Final = "SimpleNexus may send each of them an email or a text message; that can't be taken back."


class NotShared(Struct, frozen=True):
    """Somebody the app can't be shared with, and why."""

    total_expert_id: str
    name: str
    why: str


class SharePreview(Struct, frozen=True):
    """What sharing would do."""

    plan: Plan
    left_out: tuple[NotShared, ...]


def shareable(gathered: MatchSnapshot) -> list[tuple[str, Contact]]:
    """Give the prospects that stand for a contact of Total Expert, with that contact's id, in SimpleNexus's order."""
    ends = dict(gathered.links)
    return [
        (ends[one.id], one)
        for one in gathered.simplenexus
        if one.kind is ContactKind.PROSPECT and one.id in ends
    ]


def plan_share(gathered: MatchSnapshot, chosen: Sequence[str], workspace: str) -> SharePreview:
    """Plan an account for each of the chosen, named by id in Total Expert, who is a linked prospect."""
    accounts = Accounts(gathered.simplenexus)
    prospects = dict(shareable(gathered))
    names = {one.id: one.name for one in gathered.total_expert}
    steps: list[Step] = []
    left_out: list[NotShared] = []
    for one in dict.fromkeys(chosen):
        prospect = prospects.get(one)
        if prospect is None:
            why = "is no prospect of SimpleNexus that is linked" if one in names else "is not in Total Expert"
            left_out.append(NotShared(one, names.get(one, one), why))
        elif troubles := accounts.account(prospect).troubles:
            left_out.append(NotShared(one, prospect.name, "; ".join(troubles)))
        else:
            steps.append(_step(one, prospect, workspace))
    plan = Plan(Asset.SHARE, SHARE, f"share the app with {len(steps)}", tuple(steps))
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
