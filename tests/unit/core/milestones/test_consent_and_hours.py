"""Milestones of people who opted out wait for a person; outside the hours all of them wait."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from core.milestones.events import EventKind
from core.milestones.facts import FactState, fold
from core.milestones.inputs import MilestoneInputs, MilestoneLine
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import Milestone
from core.milestones.records import Approval, Doubt, MilestoneState
from core.push.plan import StatedConsent
from core.send_hours import SendHours, zone_named
from tests.unit.core.milestones.milestone_setup import OWNER, STARTED, T0, a_world, event, lines
from tests.unit.core.milestones.test_use_cases import LINKED, Office, lived, sent, states, told

SAID = "contact 9000: email no, calls no, mail no, silenced"
SILENT = InsightContact("9000", OWNER, SAID, "silenced (contact 9000)", "silenced (contact 9000)", "NY")
OPEN = InsightContact("9000", OWNER, "contact 9000: email yes", "", "", "NY")
NIGHT = (T0 // 86_400 + 1) * 86_400 + 6 * 3_600
"""One o'clock in the morning in New York."""
HOURS = SendHours(8, 20, zone_named("UTC"))
_S = MilestoneState


def an_account(
    contact: InsightContact, now: float = T0 + 60, **more: Any
) -> tuple[FactState, MilestoneInputs]:
    facts = fold(FactState(), [event(EventKind.ACCOUNT, "B0", T0)])
    return facts, a_world(now, **{"people": {"B0": contact}, **more})


def the_line(contact: InsightContact, **more: Any) -> MilestoneLine:
    return lines(*an_account(contact, **more))[Milestone.BORROWER_LINKED]


def test_a_silenced_contact_waits_for_a_person_with_the_reason() -> None:
    line = the_line(SILENT)
    assert (line.state, line.doubt, line.plan) == (_S.NEEDS_YOU, Doubt.CONSENT, None)
    assert line.reason == "opted out: silenced (contact 9000)"
    assert the_line(OPEN).state is _S.DUE


def test_an_approval_counts_for_the_consent_that_was_seen_and_stands_in_the_plan() -> None:
    line = the_line(SILENT)
    word = Approval(line.name, Doubt.CONSENT, line.at, "m.hale", SAID)
    approved = the_line(SILENT, approvals={word.key: word})
    assert approved.plan is not None
    assert approved.plan.consent == (StatedConsent("9000", SAID, "m.hale"),)
    assert approved.plan.overrides == ("consent",)
    other = replace(SILENT, consent=f"{SAID}; the address is unsubscribed for the organisation")
    assert the_line(other, approvals={word.key: word}).state is _S.NEEDS_YOU


def test_what_is_said_of_consent_is_a_part_of_the_plan() -> None:
    plan, other = the_line(OPEN).plan, the_line(replace(OPEN, consent="contact 9000: email no")).plan
    assert plan is not None
    assert other is not None
    assert plan.consent == (StatedConsent("9000", OPEN.consent),)
    assert plan.digest != other.digest


@pytest.mark.parametrize(
    ("state", "opens"), [("NY", 13), ("Illinois", 14), ("CA", 16), ("TX", 15), ("", 8), ("NSW", 8)]
)
def test_outside_the_hours_it_waits_until_they_begin_where_the_contact_is(state: str, opens: int) -> None:
    line = the_line(replace(OPEN, state=state), hours=HOURS, now=NIGHT)
    assert (line.state, line.plan, line.doubt) == (_S.WAITING, None, None)
    assert line.opens == NIGHT // 86_400 * 86_400 + opens * 3_600
    assert line.reason.startswith("outside the hours 8–20")
    assert the_line(replace(OPEN, state=state), hours=HOURS, now=line.opens).state is _S.DUE
    assert the_line(replace(OPEN, state=state), hours=HOURS, now=line.opens - 1).state is _S.WAITING


def test_an_opt_out_is_asked_about_at_night_too() -> None:
    assert the_line(SILENT, hours=HOURS, now=NIGHT).state is _S.NEEDS_YOU


@lived
async def test_a_person_may_send_after_all_and_the_plan_keeps_who(office: Office) -> None:
    office.ties.held["B0"] = SILENT
    told(office, EventKind.ACCOUNT, "B0", 60)
    seen = await office.desk.send(office.engine)
    assert states(seen) == {LINKED: _S.NEEDS_YOU}
    assert sent(office) == []
    (line,) = seen.lines
    seen = await office.desk.approve(line.name)
    assert sent(office) == [], "an approval sends nothing"
    (plan,) = [due.plan for due in seen.due]
    assert plan is not None
    assert plan.consent[0].overruled_by == "m.hale"
    seen = await office.desk.send(office.engine)
    assert states(seen) == {LINKED: _S.SENT}


@lived
async def test_consent_that_is_withdrawn_after_the_preview_stops_the_send(office: Office) -> None:
    office.ties.held["B0"] = OPEN
    told(office, EventKind.ACCOUNT, "B0", 60)
    seen = await office.desk.look()
    assert states(seen) == {LINKED: _S.DUE}
    office.ties.held["B0"] = SILENT
    seen = await office.desk.send_shown(seen, [line.name for line in seen.due], office.engine)
    assert states(seen) == {LINKED: _S.NEEDS_YOU}
    assert "silenced" in seen.lines[0].reason
    assert sent(office) == []


@lived
async def test_another_opt_out_after_the_preview_is_shown_before_it_is_sent(office: Office) -> None:
    office.ties.held["B0"] = OPEN
    told(office, EventKind.ACCOUNT, "B0", 60)
    seen = await office.desk.look()
    office.ties.held["B0"] = replace(
        OPEN, consent="contact 9000: email no", opt_outs="no email (contact 9000)"
    )
    again = await office.desk.send_shown(seen, [line.name for line in seen.due], office.engine)
    assert states(again) == {LINKED: _S.DUE}
    assert again.lines[0].opt_outs == "no email (contact 9000)"
    assert sent(office) == []
    assert states(await office.desk.send(office.engine)) == {LINKED: _S.SENT}


def test_a_later_milestone_of_an_application_waits_for_the_earlier_one() -> None:
    facts = fold(
        FactState(),
        [event(EventKind.BEGUN, "A1", T0, "B0"), event(EventKind.SUBMITTED, "A1", T0 + 10, "B0")],
    )
    found = lines(facts, a_world(T0 + 60, people={"B0": SILENT}))
    assert found[STARTED].state is _S.NEEDS_YOU
    assert found[Milestone.SUBMITTED].reason == f"after “{STARTED}”"
