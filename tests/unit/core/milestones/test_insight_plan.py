"""What the plan of one milestone says besides the records that it sends, and what an overview calls due."""

from __future__ import annotations

from core.milestones.inputs import MilestoneLine, Milestones
from core.milestones.insight_plan import Ids, make_plan
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import MilestoneId
from core.milestones.records import MilestoneState
from core.push.plan import Plan
from tests.unit.core.milestones.milestone_setup import ABANDONED, OWNER, SHIPPED, STARTED, T0

ID = MilestoneId("9001", STARTED, "A1")


def made() -> Plan:
    return make_plan(
        "test",
        ID,
        SHIPPED.rows[STARTED],
        InsightContact("9001", OWNER),
        Ids("4", join="13"),
        T0,
        map_version="0a1b2c3d",
    )


def test_a_plan_names_its_contact_and_the_version_of_the_map() -> None:
    plan = made()
    assert (plan.about, plan.map_version) == ("9001", "0a1b2c3d")


def test_an_insight_belongs_to_its_contact_and_is_known_by_contact_and_type() -> None:
    """An insight of another contact or another type is not the one that was sent, whatever its description says."""
    insight = made().steps[0]
    assert (insight.parent, insight.identity) == ("9001", ("contact", "type"))


def test_only_a_due_milestone_with_a_plan_can_be_sent() -> None:
    due = MilestoneLine(STARTED, "B1", T0, MilestoneState.DUE, plan=made())
    on_its_way = MilestoneLine(STARTED, "B1", T0, MilestoneState.DUE)
    waiting = MilestoneLine(ABANDONED, "B1", T0, MilestoneState.WAITING, plan=made())
    assert Milestones((due, on_its_way, waiting)).due == (due,)
