"""Inviting agents: SimpleNexus sends an invite to partners that a person chose. Pure.

The app is shared with borrowers; an agent is invited. A sync never invites anybody. An invite can't be taken back, and
nothing that can be read tells whether one was sent, so a lost reply is a person's to settle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.consent import Channel
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact, ContactKind
from core.contacts.sync.contacting import NOBODY_ASKED, Contacting, NotContacted
from core.contacts.sync.share_plan import person_of
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref

INVITE: Final = "invite"
"""The subject of every push that invites begins with this word; the agents follow as a short hash."""
SENDS_MAIL: Final = "SimpleNexus sends each of them an invite; that can't be taken back."
_ACTION: Final = "SEND_INVITE"


class PastInvites(Struct, frozen=True):
    """What the book knows of invites.

    `times` are when each partner was invited, by the partner's id: seconds since 1970, the earliest first. `used` are
    the local ids of these invites. `switched_off` are the ids of the partners that an undo of this desk switched off.
    """

    times: Mapping[str, Sequence[float]] = {}
    used: frozenset[str] = frozenset()
    switched_off: frozenset[str] = frozenset()


class InvitePreview(Struct, frozen=True):
    """What inviting would do. `again` are those who were invited from this book before: (name, day in words)."""

    plan: Plan
    left_out: tuple[NotContacted, ...]
    again: tuple[tuple[str, str], ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person has to know before they confirm. The receipt keeps these sentences."""
        again = (f"{name} was already invited on {day}." for name, day in self.again)
        return (SENDS_MAIL, *again) if self.plan.steps else ()


def linked_partners(gathered: MatchSnapshot) -> Iterator[tuple[str, Contact]]:
    """Yield the linked partners as (id of the contact in Total Expert, partner), in the order of SimpleNexus."""
    ends = dict(gathered.links)
    for contact in gathered.simplenexus:
        if contact.kind is ContactKind.PARTNER and contact.id in ends:
            yield ends[contact.id], contact


def plan_invite(
    gathered: MatchSnapshot,
    chosen: Sequence[str],
    workspace: str,
    past: PastInvites,
    contacting: Contacting = NOBODY_ASKED,
) -> InvitePreview:
    """Plan an invite for each chosen contact that is linked with a partner. `chosen` are ids in Total Expert.

    An invite counts as an email (our assumption). Nobody is in the plan whom `contacting` keeps from being contacted.
    SimpleNexus refuses to invite a partner who is switched off (412), and no field that can be read says who is.
    """
    partners = dict(linked_partners(gathered))
    contacts = {contact.id: contact for contact in gathered.total_expert}
    steps: list[Step] = []
    left_out: list[NotContacted] = []
    again: list[tuple[str, str]] = []
    for contact_id in dict.fromkeys(chosen):
        partner, contact = partners.get(contact_id), contacts.get(contact_id)
        name = (partner or contact or Contact(contact_id)).name
        if why := _why_not(partner, contact, past.switched_off):
            left_out.append(NotContacted(contact_id, name, why))
        elif contact is not None and (stop := contacting.stop(contact, Channel.EMAIL)):
            left_out.append(NotContacted(contact_id, name, stop.why, stop.opens))
        elif partner is not None:
            if before := past.times.get(partner.id):
                again.append((name, contacting.local.date(before[-1])))
            steps.append(_step(contact_id, partner, workspace, past.used))
    people = msgspec.json.encode(sorted(step.local_id for step in steps))
    subject = f"{INVITE}-{hashlib.sha256(people).hexdigest()[:12]}"
    title = f"invite {len(steps)}"
    stated = contacting.stated(person_of(step) for step in steps)
    plan = Plan(Asset.INVITE, subject, title, tuple(steps), consent=stated)
    return InvitePreview(plan, tuple(left_out), tuple(again))


def _why_not(partner: Contact | None, contact: Contact | None, switched_off: Collection[str]) -> str:
    """Return why an agent can't be invited; "" if nothing is in the way."""
    if contact is None:
        return "is not in Total Expert"
    if partner is None:
        return "is not a linked partner of SimpleNexus"
    if partner.accepted_invite:
        return "has accepted an invite already"
    if partner.id in switched_off:
        return "was switched off by an undo in brokerdesk: switch the agent on and send the invite in SimpleNexus"
    return ""


def _step(contact_id: str, partner: Contact, workspace: str, used: Collection[str]) -> Step:
    """Return the step of an invite. `used` are the local ids of earlier invites: each invite is one of its own."""
    local_ids = chain((contact_id,), (f"{contact_id}@{number}" for number in count(1)))
    local_id = next(one for one in local_ids if one not in used)
    return Step(
        make_ref(workspace, System.SIMPLENEXUS, Entity.INVITE, local_id),
        System.SIMPLENEXUS,
        Entity.INVITE,
        Operation.CREATE,
        local_id,
        partner.name,
        {"action": _ACTION},
        remote_id=partner.id,
        parent=partner.owner,
    )
