"""What a push did in the end: what became of the record of a step, and of the push as a whole. Pure.

Every summary of a push takes its words from here, so that nothing is called sent, updated or arrived that was there
before.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from core.push.plan import Operation
from core.push.records import StepRecord
from core.push.states import CHANGED_NOTHING, StepState


class Made(StrEnum):
    """What became of the record of a step that is done."""

    CREATED = "created"
    EXISTING = "existing"
    """The record was there, and this push did not make it."""
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """The record held every value already."""
    LINKED = "linked"
    JOINED = "joined"
    LEFT = "left"
    SWITCHED_OFF = "switched off"
    SHARED = "shared"


_BY_OPERATION: Final = {
    Operation.CREATE: Made.CREATED,
    Operation.UPDATE: Made.UPDATED,
    Operation.WRITE_BACK: Made.UPDATED,
    Operation.LINK: Made.LINKED,
    Operation.JOIN_GROUP: Made.JOINED,
    Operation.LEAVE_GROUP: Made.LEFT,
    Operation.DISABLE: Made.SWITCHED_OFF,
    Operation.SHARE: Made.SHARED,
}
_FOUND: Final = frozenset({"found-by-ref", "linked-already"})
_CHOSEN: Final = "decided-link"
"""The event of a person who chose a record that is there."""

ALL_THERE: Final = "all-there"
"""The reason of a push that is done and changed nothing, because everything was there already."""
LEFT_OUT: Final = "left-out"
"""The reason of a push that is done, of which a person left every step out."""
PART_LEFT_OUT: Final = "part-left-out"
"""The reason of a push that is done, of which a person left a part out."""
LEFT_OPEN: Final = "left-open"
"""The reason of a push that is done, of which a person left a part as it is that was sent and may have arrived."""
END_REASONS: Final = (ALL_THERE, LEFT_OUT, PART_LEFT_OUT, LEFT_OPEN)
NOTHING_SENT: Final = frozenset({ALL_THERE, LEFT_OUT})
"""The reasons of a push that is done and changed nothing."""


def made_of(step: StepRecord) -> Made | None:
    """Return what became of the record of a step; None for a step that is not done.

    What the system itself says about it counts most. Otherwise the last event of the step tells. What an earlier
    request of the step may have made was not there before, whatever a later look or reply says.
    """
    if step.state is not StepState.DONE:
        return None
    if step.outcome is not None and step.outcome not in CHANGED_NOTHING:
        return Made(step.outcome.value)
    if step.reached:
        return _BY_OPERATION[step.operation]
    if step.outcome is not None:
        return Made(step.outcome.value)
    last = step.trail[-1].code if step.trail else ""
    if last == "there-already":
        return Made.UNCHANGED
    if last in _FOUND or (last == _CHOSEN and not step.attempts):
        return Made.EXISTING
    return _BY_OPERATION[step.operation]


def was_there(step: StepRecord) -> bool:
    """Return True if a step is done and changed nothing: its record, or every value of it, was there already."""
    return made_of(step) in (Made.EXISTING, Made.UNCHANGED)


def may_be_there(step: StepRecord) -> bool:
    """Return True if a step is not done, and what was sent of it may be there all the same: nobody knows."""
    return step.reached and step.state not in (StepState.DONE, StepState.REFUSED, StepState.BLOCKED)


def end_reason(steps: Sequence[StepRecord]) -> str:
    """Return the code that says how a push ended of which every step is settled; "" if all of it was carried out."""
    done = [step for step in steps if step.state is StepState.DONE]
    if any(map(may_be_there, steps)):
        return LEFT_OPEN
    if len(done) < len(steps):
        return PART_LEFT_OUT if done else LEFT_OUT
    return ALL_THERE if done and all(map(was_there, done)) else ""
