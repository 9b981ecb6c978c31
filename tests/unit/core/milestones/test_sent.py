"""How a milestone that was taken up stands, by the states of its push's steps: the insight, then the groups."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from core.error_catalogue import meaning_of
from core.milestones.inputs import MilestoneLine, MilestoneStanding
from core.milestones.milestone_map import MilestoneId
from core.milestones.records import MilestoneState, SentMilestone
from core.milestones.sent import as_the_journal_says, line_of, standing_of
from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.records import Push, StepRecord
from core.push.states import PushState, StepState
from tests.unit.core.milestones.milestone_setup import STARTED, T0

ID = MilestoneId("9001", STARTED, "A1", 1)
TAKEN = SentMilestone(ID.encode(), T0, "P1")
PUSH = Push(
    "P1", Asset.MILESTONE, f"milestone:{ID.encode()}", "d1", PushState.RUNNING, "m.hale", T0, T0, 2, "9001"
)
S = StepState


def steps(
    *states: StepState, error: str = "", operation: Operation = Operation.JOIN_GROUP
) -> list[StepRecord]:
    """Return the steps of a push: the insight and then its groups. `error` is the last step's."""
    records = [
        StepRecord(
            "P1",
            n,
            f"r{n}",
            System.TOTAL_EXPERT,
            Entity.GROUP if n else Entity.INSIGHT,
            operation if n else Operation.CREATE,
            StepKind.SET if n else StepKind.APPEND,
            ID.encode(),
            state,
            remote_id="7001" if state is S.DONE and not n else None,
        )
        for n, state in enumerate(states)
    ]
    return [*records[:-1], replace(records[-1], error=error)]


def stands(push: Push | None, records: list[StepRecord]) -> tuple[MilestoneState, str, bool, str] | None:
    """Return (state, reason, whether it is over, the insight's id) by the journal; None if it is planned again."""
    found = as_the_journal_says(TAKEN, push, records)
    return (found.state, found.reason, found.over, found.insight_id) if found is not None else None


@pytest.mark.parametrize(("push", "records"), [(None, []), (PUSH, []), (None, steps(S.DONE))])
def test_a_milestone_without_its_push_is_looked_up_by_a_person(
    push: Push | None, records: list[StepRecord]
) -> None:
    reason = "the journal has no such push; look in Total Expert"
    assert stands(push, records) == (MilestoneState.NEEDS_YOU, reason, False, "")


@pytest.mark.parametrize("state", [S.READY, S.INTENT, S.UNKNOWN])
def test_an_insight_that_is_not_settled_is_on_its_way_and_says_why_it_waits(state: StepState) -> None:
    assert stands(PUSH, steps(state)) == (MilestoneState.DUE, "on its way", False, "")
    paused = replace(PUSH, state=PushState.PAUSED, reason="unreachable")
    reason = f"on its way: {meaning_of('unreachable')}"
    assert stands(paused, steps(state)) == (MilestoneState.DUE, reason, False, "")


def test_an_insight_that_a_person_left_is_skipped_for_good() -> None:
    reason = "left by a person, in Activity"
    assert stands(PUSH, steps(S.SKIPPED, S.SKIPPED)) == (MilestoneState.SKIPPED, reason, True, "")


@pytest.mark.parametrize("state", [S.REFUSED, S.BLOCKED, S.CONFLICT, S.NEEDS_YOU])
def test_an_insight_in_trouble_is_decided_in_activity(state: StepState) -> None:
    reason = f"{meaning_of('refused')}: decide it in Activity (4)"
    assert stands(PUSH, steps(state, error="refused")) == (MilestoneState.NEEDS_YOU, reason, False, "")


def test_an_insight_that_was_refused_because_its_plan_changed_is_planned_anew() -> None:
    assert stands(PUSH, steps(S.REFUSED, error="plan-changed")) is None
    blocked = stands(PUSH, steps(S.BLOCKED, error="plan-changed"))
    assert blocked is not None
    assert blocked[0] is MilestoneState.NEEDS_YOU


@pytest.mark.parametrize("state", [S.READY, S.INTENT, S.UNKNOWN])
def test_an_insight_that_is_sent_waits_for_its_groups_while_the_push_goes_on(state: StepState) -> None:
    reason = "sent; its groups are on their way"
    assert stands(PUSH, steps(S.DONE, state)) == (MilestoneState.DUE, reason, False, "7001")


@pytest.mark.parametrize("state", [S.DONE, S.SKIPPED])
def test_a_milestone_is_over_once_its_insight_and_its_groups_are_settled(state: StepState) -> None:
    assert stands(PUSH, steps(S.DONE, state)) == (MilestoneState.SENT, "", True, "7001")


def test_a_group_that_failed_is_named_and_the_milestone_is_sent() -> None:
    done = replace(PUSH, state=PushState.PARTIAL)
    records = steps(S.DONE, S.DONE, S.REFUSED, error="refused", operation=Operation.LEAVE_GROUP)
    reason = f"leave-group: {meaning_of('refused')}; see Activity (4)"
    assert stands(done, records) == (MilestoneState.SENT, reason, False, "7001")


def test_a_group_that_was_never_sent_by_a_push_that_ended_is_named() -> None:
    ended = replace(PUSH, state=PushState.PARTIAL)
    found = stands(ended, steps(S.DONE, S.READY, error="unreachable"))
    assert found == (
        MilestoneState.SENT,
        f"join-group: {meaning_of('unreachable')}; see Activity (4)",
        False,
        "7001",
    )


def test_a_milestone_that_only_the_book_knows_has_a_line_with_everything_that_it_keeps() -> None:
    taken = SentMilestone(ID.encode(), T0, "P1", MilestoneState.SENT, "7001", "a reason", over=True)
    standing = standing_of(taken)
    assert standing == MilestoneStanding(MilestoneState.SENT, T0, "7001", "a reason")
    assert line_of(ID, standing) == MilestoneLine(
        STARTED,
        "",
        T0,
        MilestoneState.SENT,
        reason="a reason",
        contact="9001",
        application="A1",
        id=ID,
        insight_id="7001",
    )
