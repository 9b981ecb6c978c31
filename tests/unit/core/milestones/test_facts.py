"""What is remembered of an application and of a person: earliest and latest moments, and when they are forgotten."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from core.milestones.events import EventKind, MilestoneEvent
from core.milestones.facts import (
    ApplicationFacts,
    FactState,
    FinishedApplication,
    PersonFacts,
    changes,
    fold,
    recall,
    settle_down,
)
from core.milestones.milestone_map import MilestoneRules
from tests.unit.core.milestones.milestone_setup import T0, event

DAYS_30 = 2_592_000.0


def known(*events: MilestoneEvent) -> ApplicationFacts:
    """Return what is known of application A1 after these events."""
    return fold(FactState(), events).applications["A1"]


def begun(at: float, person: str = "") -> MilestoneEvent:
    return event(EventKind.BEGUN, "A1", at, person)


# -- the operator's rules ---------------------------------------------------------------------------------


def test_by_default_a_round_does_not_begin_again_and_a_milestone_is_late_after_72_hours() -> None:
    assert MilestoneRules() == MilestoneRules(started_again=False, late=259_200.0)


def test_a_rule_that_is_not_known_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `latest`"):
        msgspec.convert({"latest": 1}, MilestoneRules)


# -- facts ------------------------------------------------------------------------------------------------


def test_to_begin_an_application_again_keeps_the_first_beginning_and_is_a_change() -> None:
    for events in ((begun(T0), begun(T0 + 60)), (begun(T0 + 60), begun(T0))):
        assert (known(*events).begun, known(*events).changed) == (T0, T0 + 60)


@pytest.mark.parametrize(
    ("what", "facts"),
    [
        (EventKind.MADE, ApplicationFacts("A1", made=T0)),
        (EventKind.SUBMITTED, ApplicationFacts("A1", submitted=T0)),
    ],
)
def test_the_earliest_making_and_submission_count(what: EventKind, facts: ApplicationFacts) -> None:
    assert known(event(what, "A1", T0 + 5), event(what, "A1", T0), event(what, "A1", T0 + 9)) == facts


@pytest.mark.parametrize(
    ("what", "facts"),
    [
        (EventKind.IMPORTED, ApplicationFacts("A1", imported=T0 + 9)),
        (EventKind.CHANGED, ApplicationFacts("A1", changed=T0 + 9)),
        (EventKind.PROMPTED, ApplicationFacts("A1", prompted=T0 + 9)),
        (EventKind.LOOKED, ApplicationFacts("A1", looked=T0 + 9)),
        (EventKind.CLOSED, ApplicationFacts("A1", closed=T0 + 9)),
    ],
)
def test_the_latest_of_the_other_events_counts(what: EventKind, facts: ApplicationFacts) -> None:
    assert known(event(what, "A1", T0 + 5), event(what, "A1", T0 + 9), event(what, "A1", T0)) == facts


def test_whose_an_application_is_was_told_last_and_an_event_without_a_person_tells_nothing() -> None:
    application = known(begun(T0 + 5, "B2"), begun(T0, "B1"), begun(T0 + 9))
    assert (application.person, application.told) == ("B2", T0 + 5)
    both = known(begun(T0, "B1"), begun(T0, "B2")), known(begun(T0, "B2"), begun(T0, "B1"))
    assert {one.person for one in both} == {"B2"}, "the order of arrival decides nothing"


def test_a_doubled_event_writes_nothing() -> None:
    events = [begun(T0, "B1"), *(event(what, "A1", T0 + 5, "B1") for what in EventKind)]
    events += [event(what, "B1", T0) for what in (EventKind.ACCOUNT, EventKind.PARTNER, EventKind.CALCULATED)]
    once = fold(FactState(), events)
    assert changes(once, fold(once, events)) == ([], [])


def test_of_a_person_the_earliest_of_each_moment_counts() -> None:
    told = [
        event(EventKind.ACCOUNT, "B1", T0 + 5),
        event(EventKind.ACCOUNT, "B1", T0),
        event(EventKind.PARTNER, "B1", T0 + 7),
        event(EventKind.PARTNER, "B1", T0 + 8),
        event(EventKind.CALCULATED, "B1", T0 + 9),
        event(EventKind.CALCULATED, "B1", T0 + 3),
    ]
    expected = PersonFacts("B1", account=T0, partner=T0 + 7, calculated=T0 + 3)
    assert fold(FactState(), told).people == {"B1": expected}


def test_a_finished_application_is_not_begun_again_by_a_late_event() -> None:
    state = FactState(finished={"A1": FinishedApplication("A1", T0)})
    assert fold(state, [begun(T0 + 60)]) == state


# -- what follows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "started"),
    [
        ({"begun": 5.0, "made": 3.0}, 5.0),
        ({"made": 3.0}, 3.0),
        ({"made": 3.0, "imported": 4.0}, 0.0),
        ({"begun": 5.0, "imported": 4.0}, 5.0),
    ],
)
def test_an_application_is_started_by_its_user_and_not_by_an_import(
    facts: dict[str, float], started: float
) -> None:
    assert ApplicationFacts("A1", **facts).started == started


@pytest.mark.parametrize("fact", ["begun", "made", "imported", "changed"])
def test_each_of_these_may_have_been_a_change(fact: str) -> None:
    assert ApplicationFacts("A1", **{fact: 7.0}).touched == 7.0


@pytest.mark.parametrize(
    ("facts", "going_on"),
    [
        ({"begun": 5.0}, True),
        ({"imported": 5.0, "changed": 6.0}, True),
        ({"imported": 5.0}, False),
        ({"begun": 5.0, "submitted": 9.0}, False),
        ({"begun": 5.0, "closed": 5.0}, False),
        ({"begun": 5.0, "closed": 5.0, "changed": 6.0}, True),
        ({}, False),
    ],
)
def test_an_application_is_in_progress_until_it_is_submitted_or_closed(
    facts: dict[str, float], going_on: bool
) -> None:
    assert ApplicationFacts("A1", **facts).in_progress is going_on


@pytest.mark.parametrize(
    ("facts", "wants"),
    [
        ({"prompted": 5.0, "person": "B1"}, True),
        ({"prompted": 5.0, "looked": 5.0, "person": "B1"}, False),
        ({"prompted": 6.0, "looked": 5.0, "person": "B1"}, True),
        ({"changed": 6.0, "looked": 5.0}, True),
        ({"changed": 6.0, "looked": 6.0}, False),
        ({"submitted": 6.0, "looked": 5.0}, True),
        ({"changed": 6.0, "looked": 5.0, "person": "B1"}, False),
        ({}, False),
    ],
)
def test_an_application_is_read_again_where_it_was_called_abandoned_or_is_nobodys_yet(
    facts: dict[str, Any], wants: bool
) -> None:
    assert ApplicationFacts("A1", **facts).wants_a_look is wants


# -- forgetting -------------------------------------------------------------------------------------------


def test_what_is_done_is_forgotten_but_for_the_id_of_what_was_submitted() -> None:
    submitted, closed = ApplicationFacts("A1", submitted=T0), ApplicationFacts("A2", closed=T0)
    open_ = ApplicationFacts("A3", begun=T0)
    state = FactState(
        {one.id: one for one in (submitted, closed, open_)},
        {"B1": PersonFacts("B1"), "B2": PersonFacts("B2")},
    )
    rest = settle_down(state, ("A1", "A2", "A9"), ("B1", "B9"), T0 + 60)
    assert rest == FactState(
        {"A3": open_}, {"B2": PersonFacts("B2")}, {"A1": FinishedApplication("A1", T0 + 60)}
    )
    assert len(state.applications) == 3, "the state before is as it was"


def test_what_is_finished_is_remembered_for_30_days() -> None:
    state = FactState(finished={"A1": FinishedApplication("A1", T0)})
    assert settle_down(state, (), (), T0 + DAYS_30) == state
    assert settle_down(state, (), (), T0 + DAYS_30 + 1) == FactState()


def test_a_book_that_gets_the_changes_holds_the_new_state() -> None:
    kept, old, new = ApplicationFacts("A1"), ApplicationFacts("A2"), ApplicationFacts("A2", begun=T0)
    before = FactState(
        {"A1": kept, "A2": old}, {"B1": PersonFacts("B1")}, {"A7": FinishedApplication("A7", T0)}
    )
    now = FactState({"A1": kept, "A2": new}, {"B2": PersonFacts("B2")}, {"A8": FinishedApplication("A8", T0)})
    put, drop = changes(before, now)
    assert put == [new, PersonFacts("B2"), FinishedApplication("A8", T0)]
    assert drop == [(PersonFacts, "B1"), (FinishedApplication, "A7")]
    assert changes(now, now) == ([], [])
    assert recall(now.applications.values(), now.people.values(), now.finished.values()) == now
    assert [one.key for one in (kept, PersonFacts("B1"), FinishedApplication("A7", T0))] == ["A1", "B1", "A7"]
