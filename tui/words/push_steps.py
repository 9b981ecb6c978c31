"""The steps of a push as rows of a step strip."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.push.plan import Operation, Plan, StepKind, System
from core.push.records import StepRecord
from core.push.states import StepState
from core.systems import display_name
from tui.widgets.step_strip import StripStep
from tui.words.pushes import STEP_SIGN, STEP_WORDS

_TONED: Final = frozenset(
    {StepState.UNKNOWN, StepState.NEEDS_YOU, StepState.CONFLICT, StepState.REFUSED, StepState.INTENT}
)
"""States that colour the step's remark too."""


def push_steps(plan: Plan | None, records: Iterable[StepRecord]) -> list[StripStep]:
    """Return the steps of a push with their states. Without a plan a step's local id replaces its summary."""
    summaries = [step.summary for step in plan.steps] if plan and plan.steps else []
    return [
        StripStep(
            number=str(record.n + 1),
            operation=str(record.operation),
            entity=record.entity.replace("-", " "),
            summary=summaries[record.n] if summaries else record.local_id,
            remark=_remark(record),
            sign=STEP_SIGN[record.state][0],
            tone=STEP_SIGN[record.state][1],
            operation_tone="muted" if record.kind is StepKind.UPDATE else "plain",
            remark_tone=STEP_SIGN[record.state][1] if record.state in _TONED else "muted",
            copied=record.remote_id or "",
        )
        for record in records
    ]


def _remark(record: StepRecord) -> str:
    """Return the word of a step's state, or the id under which its record arrived."""
    if word := STEP_WORDS.get(record.state):
        return word
    return (
        display_name(System.BROKERENGINE)
        if record.operation is Operation.WRITE_BACK
        else record.remote_id or ""
    )
