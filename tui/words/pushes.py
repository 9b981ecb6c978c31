"""Signs and words for the state of a push and of its steps."""

from __future__ import annotations

from typing import Final

from core.push.states import PushState, StepState
from tui.words.tones import Sign

PUSH_SIGN: Final[dict[PushState, Sign]] = {
    PushState.QUEUED: ("·", "muted"),
    PushState.RUNNING: ("◐", "primary"),
    PushState.PAUSED: ("‖", "warn"),
    PushState.PARTIAL: ("◐", "warn"),
    PushState.NEEDS_YOU: ("?", "warn"),
    PushState.REFUSED: ("✗", "bad"),
    PushState.DONE: ("✓", "good"),
}
PUSH_WORDS: Final[dict[PushState, str]] = {
    PushState.QUEUED: "about to be sent",
    PushState.RUNNING: "on its way",
    PushState.PAUSED: "paused",
    PushState.NEEDS_YOU: "needs you: see Activity",
    PushState.PARTIAL: "arrived in part: see Activity",
    PushState.REFUSED: "refused",
    PushState.DONE: "done",
}
"""The state of a push; after a colon, where the broker can do something about the state."""
STEP_SIGN: Final[dict[StepState, Sign]] = {
    StepState.READY: ("·", "muted"),
    StepState.INTENT: ("◐", "primary"),
    StepState.UNKNOWN: ("?", "warn"),
    StepState.NEEDS_YOU: ("?", "warn"),
    StepState.CONFLICT: ("≠", "warn"),
    StepState.REFUSED: ("✗", "bad"),
    StepState.BLOCKED: ("–", "muted"),
    StepState.SKIPPED: ("–", "muted"),
    StepState.DONE: ("✓", "good"),
}
STEP_WORDS: Final[dict[StepState, str]] = {
    StepState.UNKNOWN: "not known yet",
    StepState.NEEDS_YOU: "needs you",
    StepState.CONFLICT: "needs you",
    StepState.REFUSED: "refused",
    StepState.BLOCKED: "blocked",
    StepState.SKIPPED: "left",
    StepState.INTENT: "on its way",
}
"""The state of a step. A step that is READY has no word; the id of its record stands for a step that is DONE."""
