"""The failures that are known: what the random stories leave out until each is mended.

The numbers are those of docs/fidelity.md. When a failure is mended, its entry is removed from `KNOWN_FAILURES`; the
stories are stricter from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from core.flex.field_map.fates import ARRIVES
from core.flex.plans.preview import Preview
from core.push.plan import Asset, Entity, Step, System
from tests.fidelity.board import REFUSED_BY_FLEX, Act, Happening
from tests.fidelity.difference import Dump, RecordKey, Values, is_equal


class Moment(Struct, frozen=True):
    """What is about to happen in a story: the operation, the preview it leads to, and what happened before.

    `before` is a dump of the systems just before the push. `with_faults` is True where the network fails at times.
    """

    happening: Happening
    preview: Preview
    past: Sequence[Happening]
    before: Dump
    with_faults: bool = False


def known_failure(moment: Moment) -> int | None:
    """Return the number of the known failure that a push would show; None for a push that must be faithful."""
    if not moment.preview.pushable:
        return None
    return next((number for number, shows in KNOWN_FAILURES.items() if shows(moment)), None)


def _second_note_while_one_waits(moment: Moment) -> bool:
    return moment.happening.act is Act.WRITE_WHILE_WAITING


def _refused_by_flex(moment: Moment) -> bool:
    odd = {value.strip() for values in REFUSED_BY_FLEX.values() for value in values}
    amounts = {name: {float(v) for v in REFUSED_BY_FLEX[name]} for name in _AMOUNTS.values()}
    for field in moment.preview.fields:
        if field.fate not in ARRIVES:
            continue
        if str(field.value) in odd or field.value == "01/01/2080":
            return True
        if field.value in amounts.get(_AMOUNTS.get(field.source, ""), ()):
            return True
    steps = moment.preview.plan.steps
    return any(step.body.get("BaseSplitAmount") == 0 for step in steps)


_AMOUNTS: Final[Mapping[str, str]] = {
    "Loan Amount": "loan_amount",
    "Loan Term": "loan_term",
    "Valuation Amount": "valuation_amount",
}


def _new_valuation_of_a_linked_card(moment: Moment) -> bool:
    return _is_adopted_otherwise(moment) and moment.preview.flex_id is not None


def _is_adopted_otherwise(moment: Moment) -> bool:
    """Return True if the plan makes a property that is there already with another value or another parent."""
    for step in _of(moment.preview, Entity.PROPERTY):
        there = _with_ref(moment.before, step.ref)
        if there is not None and _would_differ(step, there, moment.before):
            return True
    return False


def _would_differ(step: Step, there: Values, before: Dump) -> bool:
    values = {
        name: value for name, value in step.body.items() if name not in ("IntegrationId", "Opportunity")
    }
    parent = step.parent or ""
    above = there.get(("Opportunity", "FLEXId"))
    ours = _with_ref(before, parent)
    same = above == parent or (ours is not None and ours.get(("FLEXId",)) == above)
    unlinked_before = parent in step.needs
    return (
        unlinked_before
        or not same
        or any(not is_equal((name,), value, there.get((name,))) for name, value in values.items())
    )


def _role_of_a_person_beside_the_opportunity(moment: Moment) -> bool:
    preview = moment.preview
    if preview.asset is not Asset.FACT_FIND or preview.flex_id is None:
        return False
    kind = "applications" if preview.flex_kind == "application" else "opportunities"
    there = moment.before.get(RecordKey("flex", kind, preview.flex_id), {})
    return any(
        there.get(("Applicants", step.remote_id or "", "Role")) != _role(preview, step.local_id)
        for step in _of(preview, Entity.PERSON)
    )


def _people_again_shows_what_it_does_not_send(moment: Moment) -> bool:
    if moment.happening.act is not Act.PUSH_PEOPLE:
        return False
    preview = moment.preview
    sent = {step.local_id: step for step in _of(preview, Entity.PERSON)}
    shown = {field.local_id for field in preview.fields if field.fate in ARRIVES}
    kind = "applications" if preview.flex_kind == "application" else "opportunities"
    there = moment.before.get(RecordKey("flex", kind, preview.flex_id or ""), {})
    roles = all(
        there.get(("Applicants", step.remote_id or "", "Role")) == _role(preview, person)
        for person, step in sent.items()
    )
    return bool(shown - sent.keys()) or not roles


def _property_of_an_application(moment: Moment) -> bool:
    preview = moment.preview
    return preview.flex_kind == "application" and any(
        field.target.startswith("Property.") and field.fate in ARRIVES for field in preview.fields
    )


def _of(preview: Preview, entity: Entity) -> list[Step]:
    return [step for step in preview.plan.steps if step.system is System.FLEX and step.entity is entity]


def _role(preview: Preview, person: str) -> Any:
    return next(
        (
            field.value
            for field in preview.fields
            if field.local_id == person and field.target == "Opportunity.Applicants.Role"
        ),
        None,
    )


def _with_ref(dump: Dump, ref: str) -> Values | None:
    return next((values for values in dump.values() if values.get(("IntegrationId",)) == ref), None)


KNOWN_FAILURES: Final[Mapping[int, Callable[[Moment], bool]]] = {
    2: _second_note_while_one_waits,
    4: _refused_by_flex,
    6: _new_valuation_of_a_linked_card,
    7: _role_of_a_person_beside_the_opportunity,
    38: _people_again_shows_what_it_does_not_send,
    39: _property_of_an_application,
}
"""How each known failure is recognised just before the push."""
