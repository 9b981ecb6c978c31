"""Undoing a sync, as far as honesty allows: links are taken back, old values put back, nothing is ever deleted. Pure.

What a contact held is known only for those whom a push might have changed in error, and only within the window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact
from core.contacts.payloads import put_back, total_expert_fields
from core.contacts.records import Synced
from core.push.equality import same_fields
from core.push.plan import Asset, Body, Entity, Operation, Plan, Step, System, link_key, make_ref
from core.push.records import Link, StepRecord
from core.push.states import StepState


class Before(Struct, frozen=True):
    """What a push sends, and what those hold whom Total Expert might take it for, by their id."""

    sent: Body
    old: dict[str, Contact]


class OldValues(Struct, frozen=True):
    """What a sync may have to put back, by the reference of the step."""

    pushes: dict[str, Before]


class Stays(Struct, frozen=True):
    """Something that can't be undone, and why."""

    what: str
    remote_id: str
    why: str


class UndoInputs(Struct, frozen=True):
    """All that undoing a sync goes by. `links` are the book's, by key; `kept` is None once the window is over."""

    synced: Synced
    steps: tuple[StepRecord, ...]
    links: Mapping[str, Link]
    kept: OldValues | None
    now: MatchSnapshot


class UndoPreview(Struct, frozen=True):
    """What undoing would do: the values that are put back, the links that are taken back, and what stays."""

    plan: Plan
    unlinks: tuple[Link, ...]
    stays: tuple[Stays, ...]


NO_DELETE: Final = {
    Entity.PROSPECT: "a prospect of SimpleNexus can't be removed",
    Entity.CONTACT: "the desk never deletes a client's record",
}


def old_values(plan: Plan, gathered: MatchSnapshot) -> OldValues | None:
    """Give what a sync's pushes might change in error; None where there is nobody."""
    held = {one.id: one for one in gathered.total_expert}
    pushes = {
        step.ref: Before(step.body, {one: held[one] for one in step.others if one in held})
        for step in plan.steps
        if step.others
    }
    return OldValues(pushes) if pushes else None


def plan_undo(gathered: UndoInputs, workspace: str) -> UndoPreview:
    """Plan the undoing of one sync."""
    push_id = gathered.synced.push_id
    steps: list[Step] = []
    stays: list[Stays] = []
    for record in gathered.steps:
        if record.state is StepState.DONE:
            what = f"{record.entity} {record.remote_id}"
            stays.append(
                Stays(what, record.remote_id or "", f"{NO_DELETE[record.entity]}; its link is taken back")
            )
        for changed in _diverted(record):
            step = _put_back(gathered, record, changed, workspace)
            if isinstance(step, Step):
                steps.append(step)
            else:
                stays.append(step)
    title = f"undo {push_id}"
    plan = Plan(Asset.UNDO, f"undo-{push_id}", title, tuple(steps), about=push_id)
    return UndoPreview(plan, tuple(_unlinks(gathered)), tuple(stays))


def _diverted(record: StepRecord) -> Iterator[str]:
    """Give the record that a step changed in error, if it did."""
    if record.state is not StepState.DONE and any(event.code == "diverted" for event in record.trail):
        yield from record.candidates[:1]


def _unlinks(gathered: UndoInputs) -> Iterator[Link]:
    """Give the links of a sync that stand as it made them."""
    made = made_links(gathered.synced)
    made |= {
        record.link_key: record.remote_id or "" for record in gathered.steps if record.state is StepState.DONE
    }
    for key, remote_id in made.items():
        link = gathered.links.get(key)
        if link is not None and link.remote_id == remote_id:
            yield link


def made_links(synced: Synced) -> dict[str, str]:
    """Give the Total Expert id of each link that a sync made in the book alone, by the link's key."""
    return {link_key(System.TOTAL_EXPERT, Entity.CONTACT, ours): theirs for ours, theirs in synced.links}


def _put_back(gathered: UndoInputs, record: StepRecord, changed: str, workspace: str) -> Step | Stays:
    """Plan the old values of a contact that was changed in error, or say why they stay."""
    what = f"contact {changed}, changed in error"
    before = gathered.kept.pushes.get(record.ref) if gathered.kept else None
    old = before.old.get(changed) if before else None
    if before is None or old is None:
        return Stays(what, changed, "what it held is not known here any more")
    now = next((one for one in gathered.now.total_expert if one.id == changed), None)
    if now is None:
        return Stays(what, changed, "it is not there any more")
    body = put_back(before.sent, old)
    held = total_expert_fields(now)
    if same_fields(body, held):
        return Stays(what, changed, "it holds its old values already")
    if not same_fields(before.sent, {name: held.get(name) for name in before.sent}, body):
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
