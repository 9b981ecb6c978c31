"""The states of a step and of a push, and the table of allowed changes: docs/protocol.md, "Step states"."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from core.stop import STOPPED


class StepState(StrEnum):
    """The state of one outward write."""

    READY = "ready"
    """Nothing is on its way. The step may be sent."""
    INTENT = "intent"
    """The intent to send is durable. Bytes may have left."""
    UNKNOWN = "unknown"
    """The write may or may not have arrived. It is looked up before anything else happens."""
    NEEDS_YOU = "needs-you"
    """The desk can't find out whether the write arrived. A person can."""
    CONFLICT = "conflict"
    """The remote system holds something else than this step would make. The desk chooses nothing."""
    REFUSED = "refused"
    """The remote system said no clearly."""
    BLOCKED = "blocked"
    """A step that this step needs did not arrive."""
    SKIPPED = "skipped"
    """A person decided not to send it."""
    DONE = "done"
    """The record is there, and its id is known."""


class WriteOutcome(StrEnum):
    """What a system says that a write did. Words of our FLEX contract, from 1.1 on."""

    CREATED = "created"
    """The record was made."""
    EXISTING = "existing"
    """A create found a record with its reference, and nothing was changed."""
    UPDATED = "updated"
    """At least one value of the record changed."""
    UNCHANGED = "unchanged"
    """Every value was already as it was sent."""


CHANGED_NOTHING: Final = frozenset({WriteOutcome.EXISTING, WriteOutcome.UNCHANGED})
"""What a system says of a request that changed nothing."""


class PushState(StrEnum):
    """The state of a whole push. At rest it follows from the steps (`push_state`)."""

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
"""Nothing more happens to a step in these states."""
WAITS_FOR_A_PERSON = frozenset({_S.NEEDS_YOU, _S.CONFLICT})

ON_THE_WAY = frozenset({_S.READY, _S.INTENT, _S.UNKNOWN})
"""A step in these states continues automatically."""

ACTIVE = frozenset({PushState.QUEUED, PushState.RUNNING, PushState.PAUSED, PushState.NEEDS_YOU})
"""While a push is in one of these states, no other push of its subject begins."""


PASSES: Final = frozenset(
    {
        *("unreachable", "connection-rests", "keeps-failing", "rate-limited", "no-token"),
        *("deadline", "no-reply", "bad-reply", "bad-answer", "server-error", "file-changed"),
        *("outside-hours", "held-elsewhere", "book-away"),
    }
)
"""The codes of a pause that may pass without a person: the connection failed, the system had no time, or
it is too early or too late to contact somebody, or another sender or the network keeps the book from this one."""
QUIT: Final = "quit"
"""The code of a pause because the program ends. The push goes on at the next start."""
INTERRUPTED: Final = "interrupted"
"""The code of a push or a step of which the program ended while the step was on its way. The next start looks it up."""
WAITS: Final = PASSES | {STOPPED, QUIT, INTERRUPTED, ""}
"""The codes of a pause in which nobody is asked: it may pass, or the push goes on after a stop or at the next start."""


class IllegalChange(AssertionError):
    """A change of state that the table does not allow. That is an error of the program, never of its data."""


def check_change(before: StepState, after: StepState) -> None:
    """Raise `IllegalChange` unless `after` may follow `before`."""
    if after not in MAY_FOLLOW[before]:
        raise IllegalChange(f"{before} -> {after}")


def push_state(steps: Iterable[StepState]) -> PushState:
    """Return the state of a push that no task runs, from the states of its steps.

    A step that could continue automatically (ready, intent, unknown) makes the push `paused`.
    """
    states = set(steps)
    if states <= SETTLED:
        return PushState.DONE
    if states & WAITS_FOR_A_PERSON:
        return PushState.NEEDS_YOU
    if states & ON_THE_WAY:
        return PushState.PAUSED
    return PushState.PARTIAL if _S.DONE in states else PushState.REFUSED
