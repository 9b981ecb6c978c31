"""Each rule by itself: when a milestone waits, when it is due, when a person is asked, and what is then sent."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from core.compare.keys import label_key
from core.milestones.candidates import applications_to_read
from core.milestones.events import ApplicationReading, EventKind, MilestoneEvent, Unreadable, from_reading
from core.milestones.facts import KEEP, QUIET, FactState, changes, fold, settle_down
from core.milestones.inputs import MilestoneInputs, MilestoneLine, Milestones, MilestoneStanding, Writer
from core.milestones.insight_plan import Ids, insight_ref, make_plan
from core.milestones.insights import Insight, InsightContact, is_from_elsewhere
from core.milestones.milestone_map import Milestone, MilestoneId, MilestoneRules
from core.milestones.plan import plan_milestones
from core.milestones.records import (
    ApplicationFacts,
    Approval,
    Doubt,
    FinishedApplication,
    MilestoneState,
    PersonFacts,
)
from core.push.plan import Plan, StepKind
from tests.unit.core.milestones.milestone_setup import (
    ABANDONED,
    MINUTE,
    OWNER,
    SHIPPED,
    STARTED,
    STARTED_GROUP,
    SUBMITTED,
    T0,
    TYPES,
    a_world,
    event,
    lines,
    with_rules,
)

S = MilestoneState
LINKED, PARTNER, CALCULATED = (
    Milestone.BORROWER_LINKED,
    Milestone.PARTNER_LINKED,
    Milestone.RAN_CALCULATION,
)
BEGUN = event(EventKind.BEGUN, "A1", T0, "B1")
ID = MilestoneId("9001", STARTED, "A1")
NAME = f"9001|{STARTED}|A1"
ANOTHER = MilestoneId("9001", STARTED, "A2")
GONE = f"9001|{ABANDONED}|A1"


def told(*events: MilestoneEvent) -> FactState:
    return fold(FactState(), events)


def read(now: float, changed: float = T0, **more: Any) -> dict[str, ApplicationReading | Unreadable]:
    return {"A1": ApplicationReading("A1", now, now, made=T0, changed=changed, person="B1", **more)}


def sent(*names: str, at: float = T0) -> dict[str, MilestoneStanding]:
    return {name: MilestoneStanding(S.SENT, at) for name in names}


# -- which milestones there are ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "fired"),
    [
        ([event(EventKind.ACCOUNT, "B1", T0)], {LINKED}),
        ([event(EventKind.PARTNER, "B1", T0)], {PARTNER}),
        ([event(EventKind.CALCULATED, "B1", T0 + n) for n in range(9)], {CALCULATED}),
        ([BEGUN], {STARTED, ABANDONED}),
        ([BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9)], {STARTED, SUBMITTED}),
        ([event(EventKind.MADE, "A1", T0, "B1")], {STARTED, ABANDONED}),
        ([event(EventKind.MADE, "A1", T0, "B1"), event(EventKind.IMPORTED, "A1", T0 + 1)], set()),
        ([event(EventKind.CHANGED, "A1", T0, "B1")], {ABANDONED}),
        ([event(EventKind.PROMPTED, "A1", T0, "B1")], set()),
        ([BEGUN, event(EventKind.CLOSED, "A1", T0 + 9)], {STARTED}),
        (
            [BEGUN, event(EventKind.CLOSED, "A1", T0 + 9), event(EventKind.CHANGED, "A1", T0 + 10)],
            {STARTED, ABANDONED},
        ),
    ],
)
def test_what_was_told_is_the_milestones_it_stands_for(
    events: list[MilestoneEvent], fired: set[Milestone]
) -> None:
    assert set(lines(told(*events), a_world(T0 + 60))) == fired


def test_an_imported_contact_who_gets_an_account_is_linked_like_any_other() -> None:
    """A first login and a new account are one milestone, in whatever order they are told."""
    state = told(event(EventKind.ACCOUNT, "B1", T0 + 5), event(EventKind.ACCOUNT, "B1", T0))
    assert lines(state, a_world(T0 + 9))[LINKED].at == T0


# -- Abandoned -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "state"), [(5_399, S.WAITING), (5_400, S.DUE), (5_401, S.DUE)])
def test_an_application_is_abandoned_after_90_minutes_and_not_a_second_earlier(
    seconds: int, state: MilestoneState
) -> None:
    now = T0 + seconds
    line = lines(told(BEGUN), a_world(now, readings=read(now), standings=sent(NAME)))[ABANDONED]
    assert (line.state, line.at) == (state, T0 + 5_400)
    assert line.until == (T0 + 5_400 if state is S.WAITING else None)


@pytest.mark.parametrize(
    ("after", "state", "reason", "reads"),
    [
        (QUIET - 1, S.WAITING, "waiting out the 90 minutes", ()),
        (QUIET, S.WAITING, "the application is read again first", ("A1",)),
    ],
)
def test_the_desks_timer_says_when_to_look(
    after: float, state: MilestoneState, reason: str, reads: tuple[str, ...]
) -> None:
    world = a_world(T0 + after, standings=sent(NAME))
    planned = plan_milestones(told(BEGUN), world)
    line = planned.lines[-1]
    assert (line.milestone, line.state, line.reason) == (ABANDONED, state, reason)
    assert applications_to_read(told(BEGUN), world) == reads
    assert (line.until == T0 + QUIET) is (after < QUIET)


@pytest.mark.parametrize(
    ("reading", "state", "until"),
    [
        ({}, S.DUE, None),
        ({"changed": T0 + 1}, S.WAITING, T0 + QUIET + 1),
        ({"submitted": True}, S.WAITING, T0 + QUIET),
        ({"active": False}, S.WAITING, T0 + QUIET),
        ({"gone": True}, S.WAITING, T0 + QUIET),
    ],
)
@pytest.mark.parametrize("folded_in", [True, False])
def test_what_is_read_last_decides(
    reading: dict[str, Any], state: MilestoneState, until: float | None, folded_in: bool
) -> None:
    now = T0 + QUIET
    found = read(now, **reading)
    world = a_world(now, readings=found, standings=sent(NAME))
    first = told(BEGUN)
    held = lines(fold(first, from_reading(found["A1"])) if folded_in else first, world)  # type: ignore[arg-type]  # a Reading
    if folded_in and not {"submitted", "active", "gone"}.isdisjoint(reading):
        assert ABANDONED not in held
        return
    line = held[ABANDONED]
    ended = "it is not in progress any more"
    reason = ended if reading and "changed" not in reading else "waiting out the 90 minutes"
    assert (line.state, line.until, line.reason) == (state, until, "" if state is S.DUE else reason)
    assert line.at == T0 + QUIET + reading.get("changed", T0) - T0


@pytest.mark.parametrize("ahead", [-7200, 3600])
def test_a_desk_whose_clock_is_wrong_goes_by_the_vendors(ahead: float) -> None:
    """It is 80, then 90 minutes by the vendor's clock; the desk's says something else."""
    for minutes, state in ((80, S.WAITING), (90, S.DUE)):
        vendor = T0 + minutes * MINUTE
        reading = ApplicationReading("A1", vendor, vendor + ahead, made=T0, changed=T0, person="B1")
        world = a_world(vendor + ahead, readings={"A1": reading}, standings=sent(NAME))
        line = lines(told(BEGUN), world)[ABANDONED]
        assert line.state is state
        if state is S.WAITING:
            assert line.until == T0 + QUIET + ahead
            later = msgspec_replace(world, now=world.now + 300, readings={}, ahead=ahead)
            assert lines(told(BEGUN), later)[ABANDONED].until == line.until
            assert not applications_to_read(told(BEGUN), later)


def msgspec_replace(world: MilestoneInputs, **more: Any) -> MilestoneInputs:
    return a_world(**{name: getattr(world, name) for name in world.__struct_fields__ if name != "map"} | more)


def test_simplenexuss_own_abandoned_prompts_a_look_and_nothing_else() -> None:
    state = told(BEGUN, event(EventKind.PROMPTED, "A1", T0 + 600))
    world = a_world(T0 + 601, standings=sent(NAME))
    assert applications_to_read(state, world) == ("A1",)
    assert plan_milestones(state, world).lines[-1].state is S.WAITING
    looked = fold(state, from_reading(read(T0 + 601)["A1"]))  # type: ignore[arg-type]  # a Reading
    assert not applications_to_read(looked, a_world(T0 + 602, standings=sent(NAME)))


def test_what_cant_be_read_waits_for_a_person_and_for_his_word_on_this_very_change() -> None:
    now = T0 + QUIET
    cannot = {"A1": Unreadable("A1", "403 Forbidden", now)}
    world = a_world(now, readings=cannot, standings=sent(NAME))
    line = lines(told(BEGUN), world)[ABANDONED]
    assert (line.state, line.doubt) == (S.NEEDS_YOU, Doubt.UNREADABLE)
    assert "403 Forbidden" in line.reason
    yes = Approval(GONE, Doubt.UNREADABLE, line.at, "m.hale")
    approved = a_world(now, readings=cannot, standings=sent(NAME), approvals={yes.key: yes})
    due = lines(told(BEGUN), approved)[ABANDONED]
    assert (due.state, due.plan and due.plan.overrides) == (S.DUE, ("unreadable",))
    changed = told(BEGUN, event(EventKind.CHANGED, "A1", T0 + 60))
    later = msgspec_replace(
        approved, now=now + 60, readings={"A1": Unreadable("A1", "403 Forbidden", now + 60)}
    )
    assert lines(changed, later)[ABANDONED].state is S.NEEDS_YOU


@pytest.mark.parametrize("again", [False, True])
def test_an_abandoned_application_that_goes_on_begins_anew_only_where_the_map_says_so(again: bool) -> None:
    now = T0 + 3 * QUIET
    done = sent(NAME) | sent(GONE, at=T0 + QUIET)
    state = told(BEGUN, event(EventKind.CHANGED, "A1", now - 60))
    planned = plan_milestones(
        state, a_world(now, standings=done, map=with_rules(MilestoneRules(started_again=again)))
    )
    due = [line.name for line in planned.due]
    assert due == ([NAME + "|1"] if again else [])
    if again:
        other = planned.due[0].plan
        assert other is not None
        assert other.steps[0].ref != insight_ref("test", ID)


# -- what is sent ----------------------------------------------------------------------------------------------


def test_a_started_is_an_insight_that_bears_our_reference_and_then_a_group() -> None:
    (line,) = plan_milestones(told(BEGUN), a_world(T0 + 60)).due
    assert line.plan is not None
    insight, group = line.plan.steps
    assert insight.body == {
        "contact": {"id": "9001"},
        "type": {"id": TYPES[STARTED.casefold()][0]},
        "owner": {"id": OWNER},
        "insight_date": "2027-01-15 08:00:00",
        "data": {"description": f"{STARTED} {insight_ref('test', ID)}"},
    }
    assert (insight.local_id, insight.kind, group.kind) == (NAME, StepKind.APPEND, StepKind.SET)
    assert (group.body, group.remote_id) == ({"contact_groups": [{"id": STARTED_GROUP}]}, "9001")
    assert group.needs == (insight.ref,)


def test_abandoned_leaves_started_unless_he_is_at_another_application() -> None:
    now = T0 + QUIET
    other = event(EventKind.BEGUN, "A2", now - 60, "B1")
    for state, steps in ((told(BEGUN), 2), (told(BEGUN, other), 1)):
        standings = sent(NAME, NAME.replace("A1", "A2"))
        planned = plan_milestones(state, a_world(now, readings=read(now), standings=standings))
        (line,) = planned.due
        assert line.plan is not None
        assert (line.milestone, len(line.plan.steps)) == (ABANDONED, steps)


def test_submitted_leaves_started_where_the_map_says_so() -> None:
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9))
    rows = dict(SHIPPED.rows)
    for leave, steps in (("", 1), ("SN Loan Application Started", 2)):
        rows[SUBMITTED] = type(rows[SUBMITTED])(SUBMITTED, SUBMITTED, leave=leave)
        world = a_world(T0 + 60, standings=sent(NAME), map=type(SHIPPED)(rows))
        (line,) = plan_milestones(state, world).due
        assert line.plan is not None
        assert len(line.plan.steps) == steps


def test_of_one_contact_one_is_due_at_a_time_the_earliest_first() -> None:
    state = told(
        BEGUN,
        event(EventKind.BEGUN, "A2", T0 + 1, "B1"),
        event(EventKind.ACCOUNT, "B1", T0 - 9),
        event(EventKind.ACCOUNT, "B2", T0),
    )
    planned = plan_milestones(state, a_world(T0 + 60))
    assert [(line.contact, line.milestone) for line in planned.due] == [("9001", LINKED), ("9002", LINKED)]
    assert [line.reason for line in planned.lines if line.contact == "9001"][1:3] == [f"after “{LINKED}”"] * 2
    on_its_way = {f"9001|{LINKED}|": MilestoneStanding(S.DUE, T0)}
    busy = plan_milestones(state, a_world(T0 + 60, standings=on_its_way))
    assert [line.contact for line in busy.due] == ["9002"]
    later = {f"9001|{STARTED}|A2": MilestoneStanding(S.DUE, T0 + 1)}
    still = plan_milestones(state, a_world(T0 + 60, standings=later))
    assert [line.contact for line in still.due] == ["9002"]


def test_started_goes_before_submitted_whatever_the_vendors_clocks_say() -> None:
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0 - 5))
    planned = plan_milestones(state, a_world(T0 + 60))
    assert [line.milestone for line in planned.due] == [STARTED]
    waiting = plan_milestones(state, a_world(T0 + 60, types={}))
    assert [line.milestone for line in waiting.lines] == [STARTED, SUBMITTED]
    assert waiting.lines[1].reason == f"after “{STARTED}”"


def test_two_people_who_are_one_contact_have_one_milestone() -> None:
    one = InsightContact("9001", OWNER)
    state = told(event(EventKind.CALCULATED, "B1", T0), event(EventKind.CALCULATED, "B2", T0 + 1))
    (line,) = plan_milestones(state, a_world(T0 + 9, people={"B1": one, "B2": one})).lines
    assert (line.person, line.state) == ("B1", S.DUE)


# -- what waits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "said"),
    [
        ({"types": {}}, f"no such insight type: ask Total Expert to add “{STARTED}”"),
        ({"types": {STARTED.casefold(): ("1", "2")}}, f"2 insight types “{STARTED}”: name the right one"),
        ({"groups": {}}, f"no such group: ask Total Expert for “{STARTED}” of user {OWNER}"),
        ({"paused": {"9001"}}, "paused"),
        ({"people": {}}, "not linked with a contact of Total Expert yet"),
        (
            {"people": {"B1": InsightContact("9001", OWNER, asks=True)}},
            "its contact is gone or has another owner: decide in Contacts",
        ),
    ],
)
def test_what_is_missing_is_named_and_what_comes_after_waits_too(world: dict[str, Any], said: str) -> None:
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9))
    found = lines(state, a_world(T0 + 60, **world))
    assert found[STARTED].state is S.WAITING
    assert found[STARTED].reason.startswith(said)
    assert found[SUBMITTED].state is S.WAITING
    assert not plan_milestones(state, a_world(T0 + 60, **world)).done_applications


def test_another_milestones_missing_type_holds_nothing_else() -> None:
    types = {name: ids for name, ids in TYPES.items() if name != SUBMITTED.casefold()}
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9))
    found = lines(state, a_world(T0 + 60, types=types))
    assert (found[STARTED].state, found[SUBMITTED].state) == (S.DUE, S.WAITING)


def test_whose_application_it_is_takes_a_look() -> None:
    state = told(event(EventKind.BEGUN, "A1", T0))
    planned = plan_milestones(state, a_world(T0 + 60))
    assert applications_to_read(state, a_world(T0 + 60)) == ("A1",)
    assert planned.lines[0].reason == "the application is read first, to learn its loan officer"
    cannot = a_world(T0 + 60, readings={"A1": Unreadable("A1", "BETA", T0 + 60)})
    asked = lines(state, cannot)[STARTED]
    assert asked.state is S.NEEDS_YOU
    assert asked.reason == "the application can't be read, so its loan officer isn't known: BETA"
    nobody = ApplicationReading("A1", T0 + 60, T0 + 60, made=T0, changed=T0)
    known = fold(state, from_reading(nobody))
    planned = plan_milestones(known, a_world(T0 + 61))
    assert planned.lines[0].reason == "nobody in SimpleNexus has the application's email"
    assert not applications_to_read(known, a_world(T0 + 61))


def test_what_happened_before_the_desk_watched_is_never_sent() -> None:
    state = told(BEGUN, event(EventKind.ACCOUNT, "B1", T0))
    world = a_world(T0 + QUIET + 9, since=T0 + QUIET + 5)
    planned = plan_milestones(state, world)
    assert {(line.state, line.reason) for line in planned.lines} == {(S.SKIPPED, "before brokerdesk watched")}
    assert not applications_to_read(state, world)


def test_what_happened_before_the_first_sync_is_never_sent() -> None:
    state = told(BEGUN, event(EventKind.ACCOUNT, "B1", T0))
    world = a_world(T0 + QUIET + 9, first_sync=T0 + 5)
    planned = plan_milestones(state, world)
    assert {line.milestone for line in planned.lines} >= {
        STARTED,
        Milestone.ABANDONED,
        Milestone.BORROWER_LINKED,
    }
    assert {(line.state, line.reason) for line in planned.lines} == {
        (S.SKIPPED, "from before the first sync")
    }
    assert not applications_to_read(state, world)
    after = plan_milestones(state, a_world(T0 + 60, first_sync=T0))
    assert S.SKIPPED not in {line.state for line in after.lines}


def test_an_abandoned_counts_down_to_its_time_although_its_application_is_from_before_the_first_sync() -> (
    None
):
    world = a_world(T0 + 60, first_sync=T0 + 5)
    line = lines(told(BEGUN), world)[Milestone.ABANDONED]
    assert (line.state, line.counts_down, line.until) == (S.WAITING, True, T0 + QUIET)
    assert not applications_to_read(told(BEGUN), world)
    behind = a_world(T0 + QUIET + 60, first_sync=T0 + 5, ahead=90.0)
    line = lines(told(BEGUN), behind)[Milestone.ABANDONED]
    assert line.counts_down, "the vendor's clock decides"


def test_an_application_is_abandoned_after_the_first_sync_if_its_started_was_sent() -> None:
    state = told(BEGUN)
    sent = {MilestoneId("9001", STARTED, "A1").encode(): MilestoneStanding(S.SENT, T0)}
    world = a_world(T0 + QUIET + 9, first_sync=T0 + 5, standings=sent)
    assert applications_to_read(state, world) == ("A1",)


# -- what a person is asked ------------------------------------------------------------------------------------


def test_one_of_the_same_kind_from_elsewhere_holds_ours() -> None:
    theirs = Insight("7001", TYPES[STARTED.casefold()][0], "Application started")
    world = a_world(T0 + 60, insights={"9001": [theirs]})
    line = lines(told(BEGUN), world)[STARTED]
    assert (line.state, line.doubt, "7001" in line.reason) == (S.NEEDS_YOU, Doubt.ELSEWHERE, True)
    yes = Approval(NAME, Doubt.ELSEWHERE, T0, "m.hale")
    assert lines(told(BEGUN), msgspec_replace(world, approvals={yes.key: yes}))[STARTED].state is S.DUE


def test_ours_that_is_there_is_taken_for_sent() -> None:
    ours = Insight("7001", "4", f"Something else {insight_ref('test', ID)}")
    line = lines(told(BEGUN), a_world(T0 + 60, insights={"9001": [ours]}))[STARTED]
    assert (line.state, line.insight_id) == (S.SENT, "7001")
    assert line.reason == "found in Total Expert under its reference"


@pytest.mark.parametrize(
    ("description", "type_id", "once", "elsewhere"),
    [
        ("", "4", False, True),
        ("started", "4", False, True),
        ("", "5", False, False),
        (f"started {insight_ref('test', ID)}", "4", False, False),
        (f"started {insight_ref('test', ANOTHER)}", "4", False, False),
        (f"linked {insight_ref('test', ANOTHER)}", "4", True, True),
        (f"started x{insight_ref('test', ANOTHER)}", "4", False, True),
    ],
)
def test_ours_are_told_from_others(description: str, type_id: str, once: bool, elsewhere: bool) -> None:
    insight = Insight("7001", type_id, description)
    assert is_from_elsewhere(insight, "4", insight_ref("test", ID), once=once) is elsewhere


@pytest.mark.parametrize("hours", [73, 4000])
def test_what_happened_long_ago_is_asked_about(hours: int) -> None:
    late = a_world(T0 + hours * 3600)
    line = lines(told(event(EventKind.ACCOUNT, "B1", T0)), late)[LINKED]
    assert (line.state, line.doubt, line.reason) == (
        S.NEEDS_YOU,
        Doubt.LATE,
        f"it happened {hours} hours ago",
    )


def test_a_milestone_is_not_late_until_more_than_72_hours_have_passed() -> None:
    state = told(event(EventKind.ACCOUNT, "B1", T0))
    assert lines(state, a_world(T0 + 72 * 3600))[LINKED].state is S.DUE
    assert lines(state, a_world(T0 + 72 * 3600 + 1))[LINKED].state is S.NEEDS_YOU


def test_the_first_of_several_insights_from_elsewhere_is_named() -> None:
    theirs = [Insight(id_, TYPES[STARTED.casefold()][0]) for id_ in ("7001", "7002")]
    line = lines(told(BEGUN), a_world(T0 + 60, insights={"9001": theirs}))[STARTED]
    assert line.reason == "insight 7001 of this kind is there and is not ours"


def test_the_desks_insight_of_another_application_is_a_doubt_only_for_what_a_contact_has_once() -> None:
    for milestone, happened, state in (
        (STARTED, BEGUN, S.DUE),
        (LINKED, event(EventKind.ACCOUNT, "B1", T0), S.NEEDS_YOU),
    ):
        ours = Insight("7001", TYPES[milestone.casefold()][0], insight_ref("test", ANOTHER))
        world = a_world(T0 + 60, insights={"9001": [ours]})
        assert lines(told(happened), world)[milestone].state is state


def test_a_milestone_that_waits_for_an_earlier_one_has_no_plan() -> None:
    state = told(event(EventKind.ACCOUNT, "B1", T0), event(EventKind.CALCULATED, "B1", T0 + 1))
    found = lines(state, a_world(T0 + 60))
    assert (found[LINKED].plan is None, found[CALCULATED].plan is None) == (False, True)


def test_a_skipped_milestone_keeps_no_later_one_of_its_application_waiting() -> None:
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9))
    skipped = {NAME: MilestoneStanding(S.SKIPPED, T0)}
    assert lines(state, a_world(T0 + 60, standings=skipped))[SUBMITTED].state is S.DUE


def test_an_open_milestone_of_a_person_keeps_none_of_another_contact_waiting() -> None:
    state = told(event(EventKind.PARTNER, "B1", T0), event(EventKind.ACCOUNT, "B2", T0 + 1))
    types = {name: ids for name, ids in TYPES.items() if name != PARTNER.casefold()}
    found = lines(state, a_world(T0 + 60, types=types))
    assert (found[PARTNER].state, found[LINKED].state) == (S.WAITING, S.DUE)


def test_the_order_follows_the_moment_at_which_the_book_says_an_application_was_abandoned() -> None:
    """The submission has an earlier time than the Abandoned, which was sent before."""
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 60), event(EventKind.CALCULATED, "B1", T0 + 90))
    standings = sent(NAME) | sent(GONE, at=T0 + QUIET)
    planned = plan_milestones(state, a_world(T0 + 2 * QUIET, standings=standings))
    assert [line.milestone for line in planned.lines] == [STARTED, CALCULATED, ABANDONED, SUBMITTED]


# -- the vendors' own integration ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("insights", "reason", "insight_id"),
    [
        ({}, "the vendors' integration sends it", ""),
        ({"9001": []}, "the vendors' integration has not sent it", ""),
        ({"9001": [Insight("7", "4")]}, "the vendors' integration sent it", "7"),
    ],
)
def test_where_the_vendor_writes_the_desk_compares_and_sends_nothing(
    insights: Any, reason: str, insight_id: str
) -> None:
    world = a_world(T0 + 60, writer=Writer.VENDOR, insights=insights)
    planned = plan_milestones(told(BEGUN), world)
    line = planned.lines[0]
    assert (line.state, line.reason, line.insight_id) == (S.OBSERVED, reason, insight_id)
    assert not planned.due


# -- what is remembered ----------------------------------------------------------------------------------------


def test_a_finished_application_is_known_by_its_id_alone_and_its_events_change_nothing() -> None:
    submitted = [BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9)]
    state, standings = told(*submitted), sent(NAME, f"9001|{SUBMITTED}|A1")
    planned = plan_milestones(state, a_world(T0 + 60, standings=standings))
    assert planned.done_applications == ("A1",)
    rest = settle_down(state, planned.done_applications, planned.done_people, T0 + 60)
    assert (rest.applications, list(rest.finished)) == ({}, ["A1"])
    again = fold(rest, [*submitted, event(EventKind.PROMPTED, "A1", T0 + 99)])
    assert again == rest
    assert not applications_to_read(again, a_world(T0 + 99, standings=standings))
    assert not settle_down(rest, (), (), T0 + 61 + KEEP).finished


def test_what_belongs_to_no_contact_is_let_go_in_the_end() -> None:
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9), event(EventKind.ACCOUNT, "B1", T0))
    for now, done in ((T0 + KEEP - 60, ((), ())), (T0 + KEEP + 60, (("A1",), ("B1",)))):
        planned = plan_milestones(state, a_world(now, people={}))
        assert (planned.done_applications, planned.done_people) == done


def test_what_belongs_to_no_contact_is_remembered_for_30_days_and_what_waits_for_a_person_for_longer() -> (
    None
):
    state = told(event(EventKind.ACCOUNT, "B1", T0))
    for now, people, done in (
        (T0 + KEEP, {}, ()),
        (T0 + KEEP + 1, {}, ("B1",)),
        (T0 + KEEP + 1, {"B1": InsightContact("9001", OWNER)}, ()),
    ):
        assert plan_milestones(state, a_world(now, people=people)).done_people == done


@pytest.mark.parametrize(("seconds", "done"), [(0, ()), (1, ("A1",))])
def test_an_application_without_open_milestones_is_let_go_after_30_days_and_not_earlier(
    seconds: int, done: tuple[str, ...]
) -> None:
    state = told(event(EventKind.IMPORTED, "A1", T0, "B1"))
    assert plan_milestones(state, a_world(T0 + KEEP + seconds)).done_applications == done


def test_only_what_changed_is_written() -> None:
    before = told(BEGUN, event(EventKind.ACCOUNT, "B1", T0), event(EventKind.BEGUN, "A2", T0))
    now = fold(before, [BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9)])
    assert [record.key for record in changes(before, now)[0]] == ["A1"]
    rest = settle_down(now, ["A1"], ["B1"], T0 + 60)
    put, drop = changes(now, rest)
    assert put == [FinishedApplication("A1", T0 + 60)]
    assert drop == [(ApplicationFacts, "A1"), (PersonFacts, "B1")]


def test_the_name_of_an_insight_type_is_found_but_for_case_and_outer_blanks_in_any_script() -> None:
    assert label_key(" Große Anfrage\t") == label_key("GROSSE ANFRAGE") == "grosse anfrage"


def test_a_milestone_that_was_sent_shows_its_moment_insight_and_reason() -> None:
    standing = MilestoneStanding(S.SENT, T0 - 5, insight_id="7001", reason="sent by hand")
    line = lines(told(BEGUN), a_world(T0 + 60, standings={NAME: standing}))[STARTED]
    assert (line.state, line.at, line.insight_id, line.reason) == (S.SENT, T0 - 5, "7001", "sent by hand")


def test_a_milestone_that_is_switched_off_has_no_line_and_holds_nothing() -> None:
    rows = dict(SHIPPED.rows) | {Milestone.STARTED: replace(SHIPPED.rows[STARTED], off=True)}
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0 + 9))
    found = lines(state, a_world(T0 + 60, map=replace(SHIPPED, rows=rows)))
    assert STARTED not in found
    assert found[SUBMITTED].state is S.DUE


@pytest.mark.parametrize("state", [S.SKIPPED, S.NEEDS_YOU])
def test_an_abandoned_that_was_not_sent_begins_no_new_round(state: MilestoneState) -> None:
    now = T0 + 3 * QUIET
    standings = sent(NAME) | {GONE: MilestoneStanding(state, T0 + QUIET)}
    again = told(BEGUN, event(EventKind.CHANGED, "A1", now - 60))
    world = a_world(now, standings=standings, map=with_rules(MilestoneRules(started_again=True)))
    assert plan_milestones(again, world).due == ()


@pytest.mark.parametrize(("hours", "done"), [(72, ()), (73, ("A1",))])
def test_what_the_vendor_did_not_send_is_waited_for_as_long_as_it_is_not_late(
    hours: int, done: tuple[str, ...]
) -> None:
    state = told(BEGUN, event(EventKind.SUBMITTED, "A1", T0))
    world = a_world(T0 + hours * 3600, writer=Writer.VENDOR, insights={"9001": []})
    assert plan_milestones(state, world).done_applications == done


@pytest.mark.parametrize(("after", "due"), [(0, []), (1, [f"{NAME}|1"])])
def test_a_new_round_begins_with_a_change_later_than_the_abandoned_was_reckoned_from(
    after: int, due: list[str]
) -> None:
    now = T0 + 3 * QUIET
    standings = sent(NAME) | sent(GONE, at=T0 + QUIET)
    state = told(BEGUN, event(EventKind.CHANGED, "A1", T0 + after))
    world = a_world(now, standings=standings, map=with_rules(MilestoneRules(started_again=True)))
    assert [line.name for line in plan_milestones(state, world).due] == due


@pytest.mark.parametrize("last", [EventKind.CLOSED, EventKind.PROMPTED, EventKind.IMPORTED])
@pytest.mark.parametrize(("days", "done"), [(29, ()), (31, ("A1",))])
def test_an_imported_application_is_let_go_30_days_after_the_last_that_happened_to_it(
    last: EventKind, days: int, done: tuple[str, ...]
) -> None:
    state = told(event(EventKind.IMPORTED, "A1", T0, "B1"), event(last, "A1", T0 + 86_400))
    assert plan_milestones(state, a_world(T0 + (days + 1) * 86_400)).done_applications == done


def test_what_the_vendor_sent_is_done_at_once() -> None:
    state = told(event(EventKind.ACCOUNT, "B1", T0))
    type_id = TYPES[LINKED.casefold()][0]
    world = a_world(T0 + 60, writer=Writer.VENDOR, insights={"9001": [Insight("7001", type_id, "Linked")]})
    assert plan_milestones(state, world).done_people == ("B1",)
    assert plan_milestones(state, replace(world, insights={"9001": []})).done_people == ()


# -- the plan itself ----------------------------------------------------------------------------------------


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
