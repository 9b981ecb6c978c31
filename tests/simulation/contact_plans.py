"""The pushes of the contacts' desk: imports and pushes of a sync, shared apps, an undo, and milestones."""

from __future__ import annotations

from functools import cache
from typing import Final

from core.contacts.model import Contact
from core.contacts.payloads import (
    NewContactOptions,
    app_link,
    new_account,
    new_contact,
    new_partner,
    new_prospect,
)
from core.milestones.insight_plan import Ids, make_plan
from core.milestones.insights import InsightContact as Met
from core.milestones.milestone_map import Milestone, MilestoneId, MilestoneMapRow
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
IDENTITY = ("first_name", "last_name", "email")
INVITED: Final = ("1-INVITED", "2-INVITED")
"""Partners who are invited."""
VICTIM, CHANGED = "1-VICTIM", "1-CHANGED"
"""A contact whom one of the pushes hits in error, and one whose old values an undo puts back."""
MET, TAKEN = "1-MET", "1-TAKEN"
"""A contact who gets insights and groups, and one who has an insight of that kind from elsewhere."""
STARTED_TYPE, ABANDONED_TYPE, STARTED_GROUP = "7", "8", "9"
OLD_EMAIL = "old@x.example"
HIT, ANOTHERS_ACCOUNT = "S20", "S32"
"""Those of the sync and of the sharing about whom a person is rightly asked."""


def person(n: int) -> Contact:
    """Give one of the people."""
    return Contact(f"S{n}", first_name=f"N{n}", last_name="Moss", email=f"n{n}@x.example", owner="O1")


@cache
def sync_steps() -> tuple[Step, ...]:
    """Give six imports, two of them of agents, and five pushes, the last of which hits somebody who is there."""
    imports = [_step(Entity.PROSPECT, n) for n in range(4)] + [_step(Entity.PARTNER, n) for n in (4, 5)]
    pushes = [_step(Entity.CONTACT, n) for n in range(10, 14)]
    return (*imports, *pushes, _step(Entity.CONTACT, 20, others=(VICTIM,)))


@cache
def share_steps() -> tuple[Step, ...]:
    """Give three accounts, the last with the email of an account that is there and is somebody else's."""
    return tuple(_step(Entity.BORROWER, n) for n in (30, 31, 32))


@cache
def links() -> Plan:
    """Send the link to the app to two people."""
    return Plan(Asset.SHARE, "links", "", (_link(40), _link(41)))


@cache
def invite() -> Plan:
    """Invite two partners."""
    steps = [
        Step(
            make_ref("sim", SN, Entity.INVITE, partner),
            SN,
            Entity.INVITE,
            Operation.CREATE,
            partner,
            "",
            {"action": "SEND_INVITE"},
            remote_id=partner,
            parent="O1",
        )
        for partner in INVITED
    ]
    return Plan(Asset.INVITE, "invite", "", tuple(steps))


def sync(steps: tuple[Step, ...], subject: str = "contacts") -> Plan:
    return Plan(Asset.SYNC, subject, "", steps)


def share(steps: tuple[Step, ...]) -> Plan:
    return Plan(Asset.SHARE, "share", "", steps)


@cache
def undo() -> Plan:
    """Put a contact's old email back."""
    step = Step(
        make_ref("sim", TE, Entity.CONTACT, "undo"),
        TE,
        Entity.CONTACT,
        Operation.WRITE_BACK,
        CHANGED,
        "",
        {"email": OLD_EMAIL},
        remote_id=CHANGED,
    )
    return Plan(Asset.UNDO, "undo", "", (step,))


@cache
def started(contact: str) -> Plan:
    """Give the insight of an application that was started, and the group that is joined after it."""
    row = MilestoneMapRow(Milestone.STARTED, "Started", join="In progress")
    return _milestone(contact, row, Ids(STARTED_TYPE, join=STARTED_GROUP))


@cache
def abandoned(contact: str) -> Plan:
    """Give the insight of an application that was abandoned, and the group that is left after it."""
    row = MilestoneMapRow(Milestone.ABANDONED, "Abandoned", leave="In progress")
    return _milestone(contact, row, Ids(ABANDONED_TYPE, leave=STARTED_GROUP))


def _milestone(contact: str, row: MilestoneMapRow, ids: Ids) -> Plan:
    id_ = MilestoneId(contact, row.milestone, "A1")
    return make_plan("sim", id_, row, Met(contact, "301"), ids, 1_700_000_000.0, map_version="m")


def _link(n: int) -> Step:
    """Give the link to the app for one of the people."""
    return Step(
        make_ref("sim", SN, Entity.APP_SHARE, f"S{n}"),
        SN,
        Entity.APP_SHARE,
        Operation.SHARE,
        f"S{n}",
        "",
        app_link(person(n), email=person(n).email, phone="", partner=""),
        parent="O1",
    )


def _step(entity: Entity, n: int, others: tuple[str, ...] = ()) -> Step:
    system = TE if entity is Entity.CONTACT else SN
    ref = make_ref("sim", system, entity, f"S{n}")
    bodies = {
        Entity.PROSPECT: lambda: new_prospect(person(n), ref),
        Entity.CONTACT: lambda: new_contact(person(n), "7", NewContactOptions("brokerdesk"), ref),
        Entity.BORROWER: lambda: new_account(person(n), "O1"),
        Entity.PARTNER: lambda: new_partner(person(n)),
    }
    return Step(
        ref,
        system,
        entity,
        Operation.CREATE,
        f"S{n}",
        "",
        bodies[entity](),
        parent="O1" if system is SN else None,
        identity=IDENTITY,
        others=others,
    )
