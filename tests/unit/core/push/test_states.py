"""The table of states: which change may follow which, and what the steps make of a push."""

from __future__ import annotations

import itertools

import pytest

from core.push.states import ACTIVE, MAY_FOLLOW, IllegalChange, PushState, StepState, check_change, push_state

# Written by hand from the protocol: each state, and all that may come next.
PROTOCOL = {
    "ready": "intent done conflict refused blocked skipped needs-you",
    "intent": "done ready refused unknown conflict",
    "unknown": "done ready conflict needs-you skipped",
    "needs-you": "done ready skipped unknown",
    "conflict": "done ready skipped",
    "refused": "ready skipped",
    "blocked": "ready skipped",
    "skipped": "ready",
    "done": "conflict",
}
PAIRS = list(itertools.product(StepState, StepState))


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=[f"{a}-{b}" for a, b in PAIRS])
def test_a_change_is_legal_exactly_where_the_protocol_has_it(before: StepState, after: StepState) -> None:
    if after.value in PROTOCOL[before.value].split():
        check_change(before, after)
    else:
        with pytest.raises(IllegalChange):
            check_change(before, after)


def test_bytes_leave_only_from_ready_and_what_left_is_never_just_forgotten() -> None:
    assert [state for state in StepState if StepState.INTENT in MAY_FOLLOW[state]] == [StepState.READY]
    assert StepState.SKIPPED not in MAY_FOLLOW[StepState.INTENT]
    assert StepState.READY not in MAY_FOLLOW[StepState.DONE]


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ("", "done"),
        ("done done", "done"),
        ("done skipped", "done"),
        ("skipped", "done"),
        ("done needs-you", "needs-you"),
        ("conflict refused", "needs-you"),
        ("needs-you ready unknown", "needs-you"),
        ("done ready", "paused"),
        ("intent", "paused"),
        ("unknown done", "paused"),
        ("ready refused", "paused"),
        ("done refused blocked", "partial"),
        ("done blocked", "partial"),
        ("refused", "refused"),
        ("refused blocked skipped", "refused"),
    ],
)
def test_a_push_at_rest_stands_where_its_steps_put_it(steps: str, state: str) -> None:
    assert push_state(StepState(step) for step in steps.split()) is PushState(state)


def test_every_set_of_steps_gives_a_state_and_only_settled_ones_are_done() -> None:
    for size in (1, 2, 3):
        for steps in itertools.combinations(StepState, size):
            done = push_state(steps) is PushState.DONE
            assert done is (set(steps) <= {StepState.DONE, StepState.SKIPPED})


def test_a_push_that_can_still_send_something_is_active() -> None:
    for steps in itertools.combinations(StepState, 2):
        if {StepState.READY, StepState.INTENT, StepState.UNKNOWN, StepState.NEEDS_YOU} & set(steps):
            assert push_state(steps) in ACTIVE
