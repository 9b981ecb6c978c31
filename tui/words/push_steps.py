"""The steps of a push as rows of a step strip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from core.push.made import Made, made_of, was_there
from core.push.plan import Operation, Plan, StepKind
from core.push.records import StepRecord
from core.push.states import StepState
from core.systems import display_name
from tui.widgets.step_strip import StripStep
from tui.words.plans import entity_word
from tui.words.pushes import STEP_SIGN, STEP_WORDS, step_sign

_TONED: Final = frozenset(
    {StepState.UNKNOWN, StepState.NEEDS_YOU, StepState.CONFLICT, StepState.REFUSED, StepState.INTENT}
)
"""States that colour the step's remark too."""


def step_summaries(plan: Plan | None, names: Sequence[str], records: Iterable[StepRecord]) -> list[str]:
    """Return what each step is about: as the plan says, else as `names` say, else the step's local id."""
    said = [step.summary for step in plan.steps] if plan is not None and plan.steps else list(names)
    return [said[record.n] if record.n < len(said) else record.local_id for record in records]


def push_steps(
    plan: Plan | None, records: Sequence[StepRecord], names: Sequence[str] = ()
) -> list[StripStep]:
    """Return the steps of a push with their states. `names` says what the steps are about if the plan is gone."""
    return [
        StripStep(
            number=str(record.n + 1),
            operation=record.operation.replace("-", " "),
            entity=entity_word(record.entity),
            summary=summary,
            remark=_remark(record),
            sign=step_sign(record)[0],
            tone=step_sign(record)[1],
            operation_tone="muted" if record.kind is StepKind.UPDATE else "plain",
            remark_tone=STEP_SIGN[record.state][1] if record.state in _TONED else "muted",
            copied=record.remote_id or "",
        )
        for record, summary in zip(records, step_summaries(plan, names, records), strict=True)
    ]


def _remark(record: StepRecord) -> str:
    """Return the word of a step's state, or the id under which its record arrived.

    A link that was not sent yet has the id of what it will link to. That is not the id of a link, so it is not shown.
    """
    if word := STEP_WORDS.get(record.state):
        return word
    if record.operation is Operation.LINK and record.state is StepState.READY:
        return ""
    where = (
        display_name(record.system) if record.operation is Operation.WRITE_BACK else record.remote_id or ""
    )
    if was_there(record):
        return f"{where} {'has it' if made_of(record) is Made.UNCHANGED else 'was there'} already".strip()
    return where
