"""A planned life against Total Expert's own rules: its insights and groups are taken as they are planned, in order."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from core.compare.keys import label_key
from core.milestones.candidates import applications_to_read
from core.milestones.events import ApplicationReading, EventKind, MilestoneEvent
from core.milestones.facts import QUIET, FactState, fold
from core.milestones.inputs import MilestoneInputs, MilestoneStanding
from core.milestones.insights import Insight, InsightContact
from core.milestones.plan import plan_milestones
from core.milestones.records import MilestoneState
from core.push.plan import Entity, System
from core.push.ports import Applied
from data.maps.milestones import shipped_milestones
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.total_expert.client import TotalExpert
from tests.support.sandbox_home import Sandbox

T0 = 1_800_000_000.0


@pytest.fixture
async def there(sandbox: Sandbox) -> AsyncIterator[TotalExpert]:
    wire = HttpClient(
        SystemAddress(
            System.TOTAL_EXPERT,
            sandbox.urls["total-expert"],
            "sandbox",
            "sandbox",
            rate=60_000,
            deadline=100,
        )
    )
    yield TotalExpert(wire, "brokerdesk")
    await wire.close()


async def test_what_is_planned_is_taken_and_found_again(sandbox: Sandbox, there: TotalExpert) -> None:
    held, *_ = [contact async for page in there.contacts() for contact in page.records if contact.owner]
    assert held.owner is not None
    who = InsightContact(held.key, held.owner.key)
    types = {
        label_key(one.type or ""): (one.key,) async for page in there.insight_types() for one in page.records
    }
    groups = {
        (one.owner.key, label_key(one.group_name)): one.key
        async for page in there.groups()
        for one in page.records
        if one.owner
    }
    state = fold(
        FactState(),
        [
            MilestoneEvent("1", EventKind.ACCOUNT, "B1", T0 - 60, T0),
            MilestoneEvent("2", EventKind.BEGUN, "A1", T0, T0, "B1"),
        ],
    )
    standings: dict[str, MilestoneStanding] = {}
    inside: list[bool] = []
    now = T0 + QUIET
    read = {"A1": ApplicationReading("A1", now, now, made=T0, changed=T0, person="B1")}
    world = MilestoneInputs(now, "test", shipped_milestones(), people={"B1": who}, types=types, groups=groups)
    for _ in range(3):
        asked = MilestoneInputs(
            **{name: getattr(world, name) for name in world.__struct_fields__}
            | {"readings": read, "standings": dict(standings)}
        )
        (line,) = plan_milestones(state, asked).due
        assert line.plan is not None
        for step in line.plan.steps:
            if step.entity is Entity.INSIGHT:
                outcome = await there.create_insight(step.body)
            else:
                outcome = await there.update_contact(str(step.remote_id), step.body)
            assert isinstance(outcome, Applied), outcome
        standings[line.name] = MilestoneStanding(MilestoneState.SENT, line.at)
        contact = await there.contact(who.id)
        assert contact is not None
        inside.append(
            "SN Loan Application Started" in [group.group_name for group in contact.contact_groups or ()]
        )
    assert inside == [False, True, False]
    found = [
        Insight(one.key, one.type_id, one.description)
        async for page in there.insights()
        for one in page.records
        if one.contact and one.contact.key == who.id
    ]
    lost = MilestoneInputs(
        **{name: getattr(world, name) for name in world.__struct_fields__} | {"insights": {who.id: found}}
    )
    again = plan_milestones(state, lost)
    sent = [line.milestone for line in again.lines if line.state is MilestoneState.SENT]
    assert (sent, again.due) == (["SN Borrower Linked", "SN Loan Application Started"], ())
    assert applications_to_read(state, replace(lost, readings={})) == ("A1",)
