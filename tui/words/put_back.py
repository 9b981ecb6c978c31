"""The words for what undoing a push of a card or Fact Find puts back."""

from __future__ import annotations

from collections.abc import Iterator

from core.flex.use_cases.undo import PutBackField, UndoPushPreview
from core.texts import how_many


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
