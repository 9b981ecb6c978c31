"""The states of a step and of a push, and which change may follow which. A table, not scattered ifs."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class StepState(StrEnum):
    """Where one outward write stands (RELIABILITY: the protocol)."""

    READY = "ready"
    """Nothing of it is on its way; it may be sent."""
    INTENT = "intent"
    """Written down, durable; bytes may have left."""
    UNKNOWN = "unknown"
    """It may or may not have arrived; it is looked up before anything else happens to it."""
    NEEDS_YOU = "needs-you"
    """The desk can't find out whether it arrived; a person can."""
    CONFLICT = "conflict"
    """The remote holds something other than what this step would make; the desk chooses nothing."""
    REFUSED = "refused"
    """The remote said no, and said so clearly."""
    BLOCKED = "blocked"
    """A step it stands on did not arrive."""
    SKIPPED = "skipped"
    """A person decided that it is not to be sent."""
    DONE = "done"
    """The record is there, and this is its id."""


class PushState(StrEnum):
    """Where a whole push stands; follows from its steps (`push_state`) but for `queued`."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    PARTIAL = "partial"
    NEEDS_YOU = "needs-you"
    REFUSED = "refused"
    DONE = "done"


_S = StepState
MAY_FOLLOW: dict[StepState, frozenset[StepState]] = {
    # DONE straight from READY is an adoption: the record was found before anything was sent.
    _S.READY: frozenset({_S.INTENT, _S.DONE, _S.CONFLICT, _S.REFUSED, _S.BLOCKED, _S.SKIPPED, _S.NEEDS_YOU}),
    _S.INTENT: frozenset({_S.DONE, _S.READY, _S.REFUSED, _S.UNKNOWN, _S.CONFLICT}),
    _S.UNKNOWN: frozenset({_S.DONE, _S.READY, _S.CONFLICT, _S.NEEDS_YOU, _S.SKIPPED}),
    _S.NEEDS_YOU: frozenset({_S.DONE, _S.READY, _S.SKIPPED, _S.UNKNOWN}),
    _S.CONFLICT: frozenset({_S.DONE, _S.READY, _S.SKIPPED}),
    _S.REFUSED: frozenset({_S.READY, _S.SKIPPED}),
    _S.BLOCKED: frozenset({_S.READY, _S.SKIPPED}),
    _S.SKIPPED: frozenset({_S.READY}),
    # A DONE step leaves that state only when the duplicate check finds a second record.
    _S.DONE: frozenset({_S.CONFLICT}),
}

SETTLED = frozenset({_S.DONE, _S.SKIPPED})
"""Nothing more is to happen to these."""
WAITS_FOR_A_PERSON = frozenset({_S.NEEDS_YOU, _S.CONFLICT})

ACTIVE = frozenset({PushState.QUEUED, PushState.RUNNING, PushState.PAUSED, PushState.NEEDS_YOU})
"""No push of a subject is begun beside one in these states; a second press shows that one."""


class IllegalChange(AssertionError):
    """A change of state that the table does not allow: a fault of the desk, never of its data."""


def check_change(before: StepState, after: StepState) -> None:
    """Raise `IllegalChange` unless `after` may follow `before`."""
    if after not in MAY_FOLLOW[before]:
        raise IllegalChange(f"{before} -> {after}")


def push_state(steps: Iterable[StepState]) -> PushState:
    """Give the state of a push at rest (no task runs it) from the states of its steps.

    A step that can go on by itself (ready, intent, unknown) while nobody runs it makes the push `paused`.
    """
    states = set(steps)
    if states <= SETTLED:
        return PushState.DONE
    if states & WAITS_FOR_A_PERSON:
        return PushState.NEEDS_YOU
    if states & {_S.READY, _S.INTENT, _S.UNKNOWN}:
        return PushState.PAUSED
    return PushState.PARTIAL if _S.DONE in states else PushState.REFUSED
