"""Round after round of one application: when a round ends, when another begins, and who is in the group of Started."""

from __future__ import annotations

import pytest

from core.milestones.events import EventKind, MilestoneEvent
from core.milestones.facts import QUIET, FactState, fold
from core.milestones.inputs import MilestoneInputs, MilestoneStanding
from core.milestones.milestone_map import Milestone, MilestoneRules
from core.milestones.records import MilestoneState
from core.milestones.rounds import happenings, in_started
from tests.unit.core.milestones.milestone_setup import (
    ABANDONED,
    STARTED,
    SUBMITTED,
    T0,
    a_world,
    event,
    with_rules,
)

BEGUN = event(EventKind.BEGUN, "A1", T0, "B1")
CHANGED = event(EventKind.CHANGED, "A1", T0 + 2 * QUIET)
SENT = MilestoneStanding(MilestoneState.SENT, T0 + QUIET)


def world(standings: dict[Milestone, MilestoneStanding], *, started_again: bool = False) -> MilestoneInputs:
    rules = MilestoneRules(started_again=started_again)
    return a_world(
        T0 + 3 * QUIET,
        map=with_rules(rules),
        standings={f"9001|{milestone}|A1": standing for milestone, standing in standings.items()},
    )


def happened(inputs: MilestoneInputs, *events: MilestoneEvent) -> list[tuple[Milestone, float, int]]:
    facts = fold(FactState(), events)
    return [(one.milestone, one.at, one.round) for one in happenings(facts, inputs)]


def test_an_application_that_changes_after_it_was_abandoned_begins_a_new_round() -> None:
    inputs = world({ABANDONED: SENT}, started_again=True)
    assert happened(inputs, BEGUN, CHANGED) == [
        (STARTED, T0, 0),
        (ABANDONED, T0 + QUIET, 0),
        (STARTED, T0 + 2 * QUIET, 1),
        (ABANDONED, T0 + 3 * QUIET, 1),
    ]


@pytest.mark.parametrize("ending", [EventKind.CLOSED, EventKind.SUBMITTED])
def test_an_application_that_is_over_begins_no_new_round(ending: EventKind) -> None:
    inputs = world({ABANDONED: SENT}, started_again=True)
    found = happened(inputs, BEGUN, CHANGED, event(ending, "A1", T0 + 2 * QUIET + 60))
    assert [(milestone, again) for milestone, _, again in found if milestone is not SUBMITTED] == [
        (STARTED, 0),
        (ABANDONED, 0),
    ]


def test_without_another_round_an_application_is_abandoned_once() -> None:
    assert happened(world({ABANDONED: SENT}), BEGUN, CHANGED) == [
        (STARTED, T0, 0),
        (ABANDONED, T0 + QUIET, 0),
    ]


@pytest.mark.parametrize(
    ("state", "contacts"), [(MilestoneState.SENT, {"9001": {"A1"}}), (MilestoneState.DUE, {})]
)
def test_a_contact_is_in_started_once_the_started_of_an_open_application_is_sent(
    state: MilestoneState, contacts: dict[str, set[str]]
) -> None:
    inputs = world({STARTED: MilestoneStanding(state, T0)})
    assert in_started(happenings(fold(FactState(), [BEGUN]), inputs), inputs) == contacts
