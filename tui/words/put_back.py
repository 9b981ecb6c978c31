"""The words for what undoing a push of a card or Fact Find puts back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from core.flex.use_cases.undo import PutBackField, UndoPushPreview
from core.push.plan import Entity, Operation, Plan, Step, System
from core.texts import how_many

NO_WAY_BACK: Final = "This can't be undone from brokerdesk."


def way_back(plans: Iterable[Plan], undo_days: int) -> str:
    """Return what of a push can be undone afterwards, and how.

    `undo_days` is for how many days old values are kept. Whether an update replaces anything is known once it was sent.
    """
    steps = [step for plan in plans for step in plan.steps if step.system is System.FLEX]
    if not undo_days or not any((step.entity, step.operation) == _REPLACES for step in steps):
        return NO_WAY_BACK
    stays = "New records can't be undone from brokerdesk. " if any(map(_is_new, steps)) else ""
    days = how_many(undo_days, "day")
    return f"{stays}What this replaces on contacts in FLEX, z in Activity (4) puts back, for {days}."


def _is_new(step: Step) -> bool:
    return step.operation is not Operation.UPDATE


_REPLACES: Final = (Entity.PERSON, Operation.UPDATE)


def undo_lines(preview: UndoPushPreview) -> Iterator[str]:
    """Yield a line for each field that is put back, for each that is left, and for each record that stays."""
    for field in preview.fields:
        if not field.why:
            yield f"← {_place(field)}: {_value(field.now)} → {_value(field.old)}"
    for field in preview.fields:
        if field.why:
            yield f"· {_place(field)} stays {_value(field.now)}: {field.why}"
    yield from (f"· {line}" for line in preview.stays)


def undo_sum(preview: UndoPushPreview) -> str:
    """Return how many values are put back on how many contacts of FLEX."""
    values = sum(not field.why for field in preview.fields)
    contacts = len(preview.plan.steps)
    return f"{how_many(values, 'old value')} on {how_many(contacts, 'contact')} in FLEX"


def _place(field: PutBackField) -> str:
    return f"{field.name}, {field.field}"


def _value(value: object) -> str:
    return "nothing" if value in (None, "", []) else str(value)
