"""The steps that send one milestone: its insight, then the groups to join and to leave. Pure.

An insight has no field for a reference. Our reference is therefore a word of its description.
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from core.milestones.insights import InsightContact
from core.milestones.milestone_map import MilestoneId, MilestoneMapRow
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref


def insight_ref(workspace: str, id_: MilestoneId) -> str:
    """Return the reference of a milestone's insight."""
    return make_ref(workspace, System.TOTAL_EXPERT, Entity.INSIGHT, id_.encode())


class Ids(Struct, frozen=True):
    """Total Expert's ids of an insight type and of the groups to join and to leave; None is not a group."""

    type: str
    join: str | None = None
    leave: str | None = None


def make_plan(
    workspace: str,
    id_: MilestoneId,
    row: MilestoneMapRow,
    contact: InsightContact,
    ids: Ids,
    at: float,
    *,
    map_version: str,
    overrides: tuple[str, ...] = (),
) -> Plan:
    """Return the plan of one milestone: its insight, then the groups to join and to leave.

    `at` is when the milestone happened, in seconds since 1970. `overrides` are the doubts that a person overruled.
    """
    name, ref = id_.encode(), insight_ref(workspace, id_)
    insight = Step(
        ref=ref,
        system=System.TOTAL_EXPERT,
        entity=Entity.INSIGHT,
        operation=Operation.CREATE,
        local_id=name,
        summary=f"insight “{row.insight}”",
        body={
            "contact": {"id": contact.id},
            "type": {"id": ids.type},
            "owner": {"id": contact.owner},
            "insight_date": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "data": {"description": f"{row.insight} {ref}"},
        },
        parent=contact.id,
        identity=("contact", "type"),
    )
    steps = [insight]
    for operation, group, field, label in (
        (Operation.JOIN_GROUP, ids.join, "contact_groups", f"join “{row.join}”"),
        (Operation.LEAVE_GROUP, ids.leave, "remove_contact_groups", f"leave “{row.leave}”"),
    ):
        if group is not None:
            place = f"{name}|{operation}"
            steps.append(
                Step(
                    ref=make_ref(workspace, System.TOTAL_EXPERT, Entity.GROUP, place),
                    system=System.TOTAL_EXPERT,
                    entity=Entity.GROUP,
                    operation=operation,
                    local_id=place,
                    summary=label,
                    body={field: [{"id": group}]},
                    remote_id=contact.id,
                    needs=(ref,),
                )
            )
    return Plan(
        asset=Asset.MILESTONE,
        subject=f"milestone:{name}",
        title=f"{row.milestone} for contact {contact.id}",
        steps=tuple(steps),
        map_version=map_version,
        about=contact.id,
        overrides=overrides,
    )
