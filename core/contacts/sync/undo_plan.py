"""Undoing a sync as far as possible: links are taken back, old values are put back, nothing is ever deleted. Pure.

A partner that the sync made is switched off, unless the partner has accepted an invite. Old values are known only for
contacts that a push might have changed in error, and only for some days after the sync.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from core.compare.equal_forms import is_each_equal
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact, ContactKind
from core.contacts.payloads import put_back, total_expert_fields
from core.contacts.records import AppShared, Synced
from core.contacts.sync.share_plan import said_of, was_sent
from core.local_forms import UTC_TIME, DeskTime
from core.push.plan import Asset, Body, Entity, Operation, Plan, Step, System, link_key, make_ref
from core.push.records import Link, StepRecord
from core.push.states import StepState


class Before(Struct, frozen=True):
    """What a push sends, and the contacts that Total Expert might change instead, by their id."""

    sent: Body
    old: dict[str, Contact]


class OldValues(Struct, frozen=True):
    """What undoing a sync may have to put back, by the reference of the step."""

    pushes: dict[str, Before]


class Stays(Struct, frozen=True):
    """Something that can't be undone, and why."""

    what: str
    remote_id: str
    why: str


class UndoInputs(Struct, frozen=True):
    """Everything that the plan of an undo depends on.

    `links` are the links in the book, by key. `kept` is None if there are no old values or their days are over. `now`
    is what both systems hold now. `shared` are the links to the app that the book knows. `local` writes a day for the
    person who asks.
    """

    synced: Synced
    steps: tuple[StepRecord, ...]
    links: Mapping[str, Link]
    kept: OldValues | None
    now: MatchSnapshot
    shared: tuple[AppShared, ...] = ()
    local: DeskTime = UTC_TIME


class UndoPreview(Struct, frozen=True):
    """What undoing would do: its steps, the links that are taken back, and what stays.

    The steps put values back, and switch partners off.
    """

    plan: Plan
    unlinks: tuple[Link, ...]
    stays: tuple[Stays, ...]

    @property
    def put_back(self) -> tuple[Step, ...]:
        """The steps that put old values back."""
        return tuple(step for step in self.plan.steps if step.operation is Operation.WRITE_BACK)

    @property
    def switched_off(self) -> tuple[Step, ...]:
        """The steps that switch a partner off."""
        return tuple(step for step in self.plan.steps if step.operation is Operation.DISABLE)


NO_DELETE: Final = {
    Entity.PROSPECT: "a prospect of SimpleNexus can't be removed",
    Entity.PARTNER: "brokerdesk never deletes a partner of SimpleNexus",
    Entity.CONTACT: "brokerdesk never deletes a client's record",
}


def old_values(plan: Plan, gathered: MatchSnapshot) -> OldValues | None:
    """Return the contacts that a sync's pushes might change in error; None if there are none."""
    contacts = {contact.id: contact for contact in gathered.total_expert}
    pushes = {
        step.ref: Before(step.body, {other: contacts[other] for other in step.others if other in contacts})
        for step in plan.steps
        if step.others
    }
    return OldValues(pushes) if pushes else None


def plan_undo(gathered: UndoInputs, workspace: str) -> UndoPreview:
    """Plan how one sync is undone."""
    push_id = gathered.synced.push_id
    steps: list[Step] = []
    stays: list[Stays] = []
    partners = {
        contact.id: contact for contact in gathered.now.simplenexus if contact.kind is ContactKind.PARTNER
    }
    for record in gathered.steps:
        if record.state is StepState.DONE and record.entity is Entity.PARTNER:
            switched = _switch_off(gathered, record, partners.get(record.remote_id or ""), workspace)
            if isinstance(switched, Step):
                steps.append(switched)
            else:
                stays.append(switched)
        if record.state is StepState.DONE:
            what = f"{record.entity} {record.remote_id}"
            stays.append(
                Stays(what, record.remote_id or "", f"{NO_DELETE[record.entity]}; its link is removed")
            )
        for changed in _diverted(record):
            step = _put_back(gathered, record, changed, workspace)
            if isinstance(step, Step):
                steps.append(step)
            else:
                stays.append(step)
    stays += _sent_links(gathered)
    title = f"undo {push_id}"
    plan = Plan(Asset.UNDO, f"undo-{push_id}", title, tuple(steps), about=push_id)
    return UndoPreview(plan, tuple(_unlinks(gathered)), tuple(stays))


def _switch_off(
    gathered: UndoInputs, record: StepRecord, partner: Contact | None, workspace: str
) -> Step | Stays:
    """Plan to switch off a partner that the sync made, or return why that is not done."""
    partner_id = record.remote_id or ""
    what = f"partner {partner_id}, on or off"
    if partner is None:
        return Stays(what, partner_id, "it is not there any more")
    if _access_key(partner_id) in gathered.links:
        return Stays(what, partner_id, "it was switched off already")
    if partner.accepted_invite:
        return Stays(what, partner_id, "it has accepted an invite and stays on: switch it off in SimpleNexus")
    return Step(
        make_ref(workspace, System.SIMPLENEXUS, Entity.ACCESS, partner_id),
        System.SIMPLENEXUS,
        Entity.ACCESS,
        Operation.DISABLE,
        partner_id,
        partner.name,
        {"action": "DISABLE"},
        remote_id=partner_id,
        parent=partner.owner,
    )


def access_keys(steps: Iterable[StepRecord]) -> list[str]:
    """Return the keys under which the book remembers that the partners of a sync were switched off."""
    return [_access_key(step.remote_id) for step in steps if step.entity is Entity.PARTNER and step.remote_id]


def _access_key(partner_id: str) -> str:
    return link_key(System.SIMPLENEXUS, Entity.ACCESS, partner_id)


def _sent_links(gathered: UndoInputs) -> Iterator[Stays]:
    """Yield the links to the app that were sent to people whom the sync imported."""
    imported = {record.local_id for record in gathered.steps if record.entity is Entity.PROSPECT}
    for share in gathered.shared:
        if share.total_expert_id in imported and was_sent(share):
            what = f"link to the app for contact {share.total_expert_id}"
            yield Stays(
                what, "", f"{said_of(share, gathered.local)}; a link that was sent can't be called back"
            )


def _diverted(record: StepRecord) -> Iterator[str]:
    """Yield the id of the contact that a step changed in error, if there is one."""
    if record.state is not StepState.DONE and any(event.code == "diverted" for event in record.trail):
        yield from record.candidates[:1]


def _unlinks(gathered: UndoInputs) -> Iterator[Link]:
    """Yield the links of a sync that have not changed since the sync made them."""
    made = made_links(gathered.synced)
    made |= {
        record.link_key: record.remote_id or "" for record in gathered.steps if record.state is StepState.DONE
    }
    for key, remote_id in made.items():
        link = gathered.links.get(key)
        if link is not None and link.remote_id == remote_id:
            yield link


def made_links(synced: Synced) -> dict[str, str]:
    """Return the links that a sync made in the book alone, as {key of the link: id in Total Expert}."""
    return {link_key(System.TOTAL_EXPERT, Entity.CONTACT, ours): theirs for ours, theirs in synced.links}


def _put_back(gathered: UndoInputs, record: StepRecord, changed: str, workspace: str) -> Step | Stays:
    """Plan to put back the old values of a contact that was changed in error, or return why that is not done."""
    what = f"contact {changed}, changed in error"
    before = gathered.kept.pushes.get(record.ref) if gathered.kept else None
    old = before.old.get(changed) if before else None
    if before is None or old is None:
        return Stays(what, changed, "its old value is no longer known here")
    now = next((contact for contact in gathered.now.total_expert if contact.id == changed), None)
    if now is None:
        return Stays(what, changed, "it is not there any more")
    body = put_back(before.sent, old)
    fields = total_expert_fields(now)
    if is_each_equal(body, fields):
        return Stays(what, changed, "it holds its old values already")
    if not is_each_equal(before.sent, fields, body):
        return Stays(what, changed, "somebody changed it since")
    return Step(
        make_ref(workspace, System.TOTAL_EXPERT, Entity.CONTACT, f"undo|{record.ref}|{changed}"),
        System.TOTAL_EXPERT,
        Entity.CONTACT,
        Operation.WRITE_BACK,
        changed,
        old.name,
        body,
        remote_id=changed,
    )
