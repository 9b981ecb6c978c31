"""What is read before a plan: the applications that may be abandoned, and the insights of contacts that may get one."""

from __future__ import annotations

from typing import Any

import pytest

from core.milestones.candidates import applications_to_read, candidates, insights_to_read
from core.milestones.events import ApplicationReading, EventKind, MilestoneEvent, Unreadable, from_reading
from core.milestones.facts import QUIET, FactState, fold
from core.milestones.inputs import MilestoneStanding, Writer
from core.milestones.insights import InsightContact
from core.milestones.milestone_map import Milestone
from core.milestones.plan import plan_milestones
from core.milestones.records import Approval, Doubt, MilestoneState
from core.milestones.rounds import happenings
from tests.unit.core.milestones.milestone_setup import (
    ABANDONED,
    OWNER,
    STARTED,
    SUBMITTED,
    T0,
    TYPES,
    a_world,
    event,
)

S = MilestoneState
BEGUN = event(EventKind.BEGUN, "A1", T0, "B1")
ENDED = event(EventKind.SUBMITTED, "A1", T0 + 9)
NAME = f"9001|{STARTED}|A1"
SENT = {NAME: MilestoneStanding(S.SENT, T0)}
QUIET_READING = ApplicationReading("A1", T0 + QUIET, T0 + QUIET, made=T0, changed=T0, person="B1")


def known(*events: MilestoneEvent) -> FactState:
    return fold(FactState(), events)


def test_each_application_is_read_once_and_those_that_simplenexus_calls_abandoned_come_first() -> None:
    facts = known(
        BEGUN,
        event(EventKind.BEGUN, "A2", T0 - 60, "B2"),
        event(EventKind.BEGUN, "A3", T0 + QUIET, "B3"),
        event(EventKind.PROMPTED, "A1", T0 + QUIET),
    )
    assert applications_to_read(facts, a_world(T0 + QUIET)) == ("A1", "A2", "A3"), "A3 was never read"


@pytest.mark.parametrize(
    "more", [{"since": T0 + QUIET + 1}, {"standings": {f"9001|{ABANDONED}|A1": SENT[NAME], **SENT}}]
)
def test_an_application_with_nothing_left_to_say_is_not_read(more: dict[str, Any]) -> None:
    assert applications_to_read(known(BEGUN), a_world(T0 + QUIET)) == ("A1",)
    assert applications_to_read(known(BEGUN), a_world(T0 + QUIET, **more)) == ()


@pytest.mark.parametrize(
    ("more", "contacts"),
    [
        ({}, {"9001"}),
        ({"people": {}}, set()),
        ({"paused": {"9001"}}, set()),
        ({"types": {}}, set()),
        ({"types": TYPES | {STARTED.casefold(): ("1", "2")}}, set()),
        ({"since": T0 + 1}, set()),
        ({"standings": SENT}, set()),
        ({"standings": {NAME: MilestoneStanding(S.DUE, T0)}}, set()),
        ({"writer": Writer.VENDOR}, {"9001"}),
        ({"writer": Writer.VENDOR, "types": {}}, {"9001"}),
        ({"writer": Writer.VENDOR, "standings": SENT}, set()),
    ],
)
def test_insights_are_read_for_the_contacts_for_whom_something_can_be_sent_or_is_watched(
    more: dict[str, Any], contacts: set[str]
) -> None:
    assert set(insights_to_read(known(BEGUN), a_world(T0 + 60, **more))) == contacts


def test_only_the_insights_of_the_milestones_own_types_are_read() -> None:
    both = known(event(EventKind.PARTNER, "B1", T0), event(EventKind.CALCULATED, "B1", T0 + 1))
    ids = [TYPES[one.casefold()][0] for one in (Milestone.PARTNER_LINKED, Milestone.RAN_CALCULATION)]
    assert insights_to_read(both, a_world(T0 + 60)) == {"9001": frozenset(ids)}
    one = known(event(EventKind.PARTNER, "B1", T0))
    assert insights_to_read(one, a_world(T0 + 60)) == {"9001": frozenset(ids[:1])}


def test_a_partner_is_never_a_linked_borrower_whatever_an_event_says() -> None:
    partner, account = event(EventKind.PARTNER, "B1", T0 + 1), event(EventKind.ACCOUNT, "B1", T0)
    for facts in (known(partner, account), known(account, partner)):
        happened = happenings(facts, a_world(T0 + 60))
        assert [one.milestone for one in happened] == [Milestone.PARTNER_LINKED]


def test_an_open_milestone_that_waits_for_its_type_keeps_the_later_ones_of_its_application_from_a_look() -> (
    None
):
    without = {name: ids for name, ids in TYPES.items() if name != STARTED.casefold()}
    assert insights_to_read(known(BEGUN, ENDED), a_world(T0 + 60, types=without)) == {}
    other = event(EventKind.BEGUN, "A2", T0, "B2")
    skipped = {NAME: MilestoneStanding(S.SKIPPED, T0)}
    world = a_world(T0 + 60, types=without, standings=skipped)
    assert set(insights_to_read(known(BEGUN, ENDED, other), world)) == {"9001"}


def test_a_milestone_without_an_application_keeps_no_other_from_a_look() -> None:
    facts = known(event(EventKind.PARTNER, "B1", T0), event(EventKind.ACCOUNT, "B2", T0 + 1))
    without = {name: ids for name, ids in TYPES.items() if name != Milestone.PARTNER_LINKED.casefold()}
    assert set(insights_to_read(facts, a_world(T0 + 60, types=without))) == {"9002"}


def test_an_abandoned_needs_insights_once_its_reading_or_a_person_says_so() -> None:
    now = T0 + QUIET
    cannot = {"A1": Unreadable("A1", "403", now)}
    yes = Approval(f"9001|{ABANDONED}|A1", Doubt.UNREADABLE, now, "m.hale")
    for more, contacts in (
        ({}, set()),
        ({"readings": {"A1": QUIET_READING}}, {"9001"}),
        ({"readings": cannot}, set()),
        ({"readings": cannot, "approvals": {yes.key: yes}}, {"9001"}),
    ):
        assert set(insights_to_read(known(BEGUN), a_world(now, standings=SENT, **more))) == contacts


def test_a_contact_with_two_accounts_has_each_milestone_once_and_two_people_without_a_contact_have_theirs() -> (
    None
):
    facts = known(event(EventKind.ACCOUNT, "B1", T0), event(EventKind.ACCOUNT, "B2", T0 + 1))
    contact = InsightContact("9001", OWNER)
    for people, persons in (({"B1": contact, "B2": contact}, ["B1"]), ({}, ["B1", "B2"])):
        world = a_world(T0 + 60, people=people)
        assert [one.line.person for one in candidates(happenings(facts, world), world)] == persons


def test_an_abandoned_application_of_nobody_waits() -> None:
    """The reading says that 90 minutes are over, and that nobody has the application's email."""
    now = T0 + QUIET
    reading = ApplicationReading("A1", now, now, made=T0, changed=T0)
    facts = fold(known(event(EventKind.BEGUN, "A1", T0)), from_reading(reading))
    lines = plan_milestones(facts, a_world(now, readings={"A1": reading})).lines
    assert [(line.milestone, line.state, line.reason) for line in lines] == [
        (STARTED, S.WAITING, "nobody in SimpleNexus has the application's email"),
        (ABANDONED, S.WAITING, "nobody in SimpleNexus has the application's email"),
    ]
    assert SUBMITTED not in {line.milestone for line in lines}
