"""What a person looks for in the other system to tell whether a record arrived: names, amounts, dates. Pure.

Knows no widget, so that commands say the same as the Activity room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, NamedTuple

from core.local_forms import DeskTime, money
from core.push.plan import Entity, Plan, Step
from core.push.records import StepRecord
from core.push.states import StepState

ASKING: Final = frozenset({StepState.NEEDS_YOU, StepState.CONFLICT, StepState.UNKNOWN})
"""A step in one of these states asks what is in the other system."""


class Clue(NamedTuple):
    """One thing by which a person recognises a record in the other system. `mark` says what is known of it."""

    label: str
    value: str
    mark: str = ""


class _Part(NamedTuple):
    """A clue of a kind of record: its label, and the fields that are joined to its value."""

    label: str
    fields: tuple[str, ...]
    between: str = " "


_PARTS: Final[Mapping[Entity, tuple[_Part, ...]]] = {
    Entity.PERSON: (
        _Part("Name", ("FirstName", "MiddleName", "LastName")),
        _Part("Born", ("DateOfBirth",)),
        _Part("Email", ("EmailAddress",)),
        _Part("Mobile", ("CellularPhone",)),
    ),
    Entity.OPPORTUNITY: (
        _Part("Loan", ("LoanPurpose", "ProposedLoanAmount", "ProposedLoanTerm"), ", "),
        _Part("Category", ("LoanCategory",)),
    ),
    Entity.PROPERTY: (_Part("Property", ("PropertyType", "Usage", "Purpose", "Value"), ", "),),
    Entity.NOTE: (_Part("Text", ("Text",)),),
    Entity.CONTACT: (
        _Part("Name", ("first_name", "last_name")),
        _Part("Email", ("email",)),
        _Part("Phone", ("phone_cell",)),
    ),
    Entity.PROSPECT: (
        _Part("Name", ("first_name", "last_name")),
        _Part("Email", ("email",)),
        _Part("Phone", ("cell_phone",)),
    ),
    Entity.BORROWER: (
        _Part("Name", ("first_name", "last_name")),
        _Part("Email", ("email",)),
        _Part("Phone", ("phone",)),
    ),
    Entity.PARTNER: (
        _Part("Name", ("first_name", "last_name")),
        _Part("Email", ("email",)),
        _Part("Phone", ("mobile_phone",)),
    ),
}
"""The fields by which a person recognises a record. Of other kinds the step's summary is shown alone."""
_MONEY: Final = frozenset({"ProposedLoanAmount", "Value"})
_YEARS: Final = "ProposedLoanTerm"
_LONGEST: Final = 80
"""Characters of a value that are shown. A note is recognised by its beginning."""


def clues_in(entity: Entity, fields: Mapping[str, Any]) -> list[Clue]:
    """Return the clues by which a person recognises a record, from the fields of a body or of a system's reply."""
    found: list[Clue] = []
    for part in _PARTS.get(entity, ()):
        texts = [text for name in part.fields if (text := _shown_value(name, fields.get(name)))]
        if texts:
            found.append(Clue(part.label, part.between.join(texts)))
    return found


def _shown_value(name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, str):
        text = " ".join(value.split())
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    if name in _MONEY:
        return money(value)
    return f"{value:g} years" if name == _YEARS else f"{value:g}"


def clues_of(step: Step | None, summary: str, plan: Plan | None, records: Sequence[StepRecord]) -> list[Clue]:
    """Return what to look for to tell whether a step arrived: its own values, then the people of the same push.

    `step` is None if the plan is gone; then only `summary` is known. `plan` and `records` are those of the push.
    """
    found = clues_in(step.entity, step.body) if step is not None else []
    if not found:
        found = [Clue(step.entity.replace("-", " ").capitalize() if step is not None else "Record", summary)]
    if step is None or plan is None or step.entity is Entity.PERSON:
        return found
    people = [
        (planned, record)
        for planned, record in zip(plan.steps, records, strict=False)
        if planned.entity is Entity.PERSON and planned.system is step.system
    ]
    for planned, record in people:
        is_there = record.state is StepState.DONE and record.remote_id
        value = f"{planned.summary}, {record.remote_id}" if record.remote_id else planned.summary
        found.append(Clue("Applicant", value, "is there" if is_there else ""))
    return found


def search_text(entity: Entity, clues: Sequence[Clue], client: str, ref: str) -> str:
    """Return the text to type into the other system's search box: a person's name, else the client's, else `ref`.

    That the search takes a name is our assumption: FLEX's own search is not published.
    """
    values = {clue.label: clue.value for clue in reversed(clues)}
    if entity in (Entity.OPPORTUNITY, Entity.PROPERTY, Entity.PRODUCT_LINK) and "Applicant" in values:
        return values["Applicant"].rpartition(", ")[0] or values["Applicant"]
    return values.get("Name") or client or ref


_CREATED: Final = ("CreatedAt", "created_at")
"""The names of the fields in which a record may say when it was created."""


def record_words(entity: Entity, fields: Mapping[str, Any], zone: DeskTime) -> str:
    """Return what a record is, in one line: its clues and when it was created, as far as its system says it."""
    parts = [clue.value for clue in clues_in(entity, fields)]
    if (at := _created_at(fields)) is not None:
        parts.append(f"created {zone.moment(at)}")
    return ", ".join(parts)


def _created_at(fields: Mapping[str, Any]) -> float | None:
    """Return when a record was created, in seconds since 1970; None if it does not say it with a time zone."""
    for text in (fields.get(name) for name in _CREATED):
        with suppress(ValueError):
            if isinstance(text, str) and (moment := datetime.fromisoformat(text)).tzinfo is not None:
                return moment.timestamp()
    return None
