"""What is said of a step and of a push in the end comes from what happened to each step."""

from __future__ import annotations

import msgspec
import pytest

from core.error_catalogue import meaning_of
from core.push.made import END_REASONS, Made, end_reason, made_of, may_be_there, was_there
from core.push.plan import Operation
from core.push.records import StepRecord, TrailEvent
from core.push.resolutions import Choice
from core.push.states import StepState, WriteOutcome
from tests.support.book_fakes import a_step


def a_record(
    event: str,
    operation: Operation = Operation.UPDATE,
    state: StepState = StepState.DONE,
    outcome: WriteOutcome | None = None,
    attempts: int = 0,
    *,
    reached: bool = False,
) -> StepRecord:
    return msgspec.structs.replace(
        a_step(0),
        operation=operation,
        state=state,
        outcome=outcome,
        attempts=attempts,
        reached=reached,
        trail=(TrailEvent(0.0, event),),
    )


THERE = a_record("there-already")
SENT = a_record("applied", attempts=1)
LEFT = a_record("decided-leave", state=StepState.SKIPPED)


@pytest.mark.parametrize(
    ("step", "made"),
    [
        (SENT, Made.UPDATED),
        (THERE, Made.UNCHANGED),
        (a_record("there-already", Operation.LINK), Made.UNCHANGED),
        (a_record("there-already", Operation.WRITE_BACK), Made.UNCHANGED),
        (a_record("applied", outcome=WriteOutcome.UNCHANGED, attempts=1), Made.UNCHANGED),
        (a_record("found-by-ref", Operation.CREATE), Made.EXISTING),
        (a_record("linked-already", Operation.LINK), Made.EXISTING),
        (a_record(f"decided-{Choice.LINK}", Operation.CREATE), Made.EXISTING),
        (a_record(f"decided-{Choice.LINK}", Operation.CREATE, attempts=1), Made.CREATED),
        (a_record("found-after-all", Operation.CREATE, attempts=1), Made.CREATED),
        (a_record("refused", state=StepState.REFUSED), None),
        # an earlier request of the same step may have made or changed it
        (a_record("found-by-ref", Operation.CREATE, attempts=2, reached=True), Made.CREATED),
        (a_record("there-already", attempts=2, reached=True), Made.UPDATED),
        (a_record("applied", outcome=WriteOutcome.UNCHANGED, attempts=2, reached=True), Made.UPDATED),
        (
            a_record(
                "found-after-all", Operation.CREATE, outcome=WriteOutcome.EXISTING, attempts=2, reached=True
            ),
            Made.CREATED,
        ),
        (
            a_record("found-after-all", Operation.CREATE, outcome=WriteOutcome.EXISTING, attempts=1),
            Made.EXISTING,
        ),
        (a_record("applied", outcome=WriteOutcome.CREATED, attempts=1, reached=True), Made.CREATED),
    ],
)
def test_what_became_of_a_record_comes_from_what_happened(step: StepRecord, made: Made | None) -> None:
    assert made_of(step) is made
    assert was_there(step) is (made in (Made.UNCHANGED, Made.EXISTING))


def test_a_push_that_changed_nothing_says_so() -> None:
    assert end_reason([SENT, THERE]) == ""
    assert end_reason([THERE, THERE]) == "all-there"
    assert end_reason([LEFT]) == "left-out"
    assert end_reason([SENT, LEFT]) == "part-left-out"
    assert end_reason([]) == ""


def test_what_was_sent_and_then_left_is_never_called_unsent() -> None:
    left = msgspec.structs.replace(LEFT, reached=True)
    assert end_reason([left]) == end_reason([SENT, left]) == end_reason([THERE, LEFT, left]) == "left-open"
    assert end_reason([msgspec.structs.replace(LEFT, attempts=3), SENT]) == "part-left-out"
    assert [may_be_there(one) for one in (left, LEFT, msgspec.structs.replace(SENT, reached=True))] == [
        True,
        False,
        False,
    ]
    refused = a_record("invalid", state=StepState.REFUSED, attempts=2, reached=True)
    assert not may_be_there(refused)


def test_each_end_has_words() -> None:
    assert all(meaning_of(code) != code for code in END_REASONS)
