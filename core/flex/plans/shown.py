"""Says where each value of a preview goes: which step carries it, and where in the record it is. Pure.

The receipt of a push keeps this, reads the records back and marks each value.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from core.flex.field_map.fates import ARRIVES, Field
from core.flex.plans.preview import Preview
from core.push.plan import Entity, Operation, Step, System, id_of
from core.receipts.model import Shown, ShownField
from core.receipts.shown import TO_COME, entry_name, fields_of_plan
from core.texts import without_lone_surrogates


def shown_of(preview: Preview, places: Iterable[str]) -> bytes:
    """Return a preview as the receipt keeps it, as JSON. `places` are the places of the fields on the card, in order.

    The values that are written back to BrokerEngine have no line of their own; they are added.
    """
    carriers = _Carriers(preview)
    fields = [carriers.place(field, place) for field, place in zip(preview.fields, places, strict=True)]
    written_back = {n for n, step in enumerate(preview.plan.steps) if step.operation is Operation.WRITE_BACK}
    shown = Shown(
        title=without_lone_surrogates(preview.title),
        fields=(*fields, *fields_of_plan(preview.plan, written_back)),
        warnings=tuple(map(without_lone_surrogates, preview.warnings)),
        look_alikes=tuple(
            without_lone_surrogates(f"{alike.person.name}, {contact.flex_id}")
            for alike in preview.look_alikes
            for contact in alike.found
        ),
    )
    return msgspec.json.encode(shown)


def carriers_of(preview: Preview, places: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return the place of the step that carries a field, from 0, and the name in the record, by the field's place.

    `places` are the places of the fields on the card, in order. Fields that do not arrive are left out.
    """
    carriers = _Carriers(preview)
    shown = [
        (place, carriers.place(field, place)) for field, place in zip(preview.fields, places, strict=True)
    ]
    return {
        place: (field.step, field.path[0]) for place, field in shown if field.step is not None and field.path
    }


_RECORD_OF: Final = {
    "Applicant": Entity.PERSON,
    "OtherAddress": Entity.PERSON,
    "Opportunity": Entity.OPPORTUNITY,
    "ProductFilter": Entity.OPPORTUNITY,
    "Property": Entity.PROPERTY,
    "Note": Entity.NOTE,
}
"""The kind of record that carries a target, by the first word of the target."""


class _Carriers:
    """The steps of a preview, by what they carry."""

    def __init__(self, preview: Preview) -> None:
        self._steps = [(n, step) for n, step in enumerate(preview.plan.steps) if step.system is System.FLEX]

    def place(self, field: Field, place: str) -> ShownField:
        """Return a field with the step that carries it and with its path in the record."""
        n, path = self._carrier(field) if field.fate in ARRIVES and field.target else (None, ())
        return ShownField(
            section=field.section,
            source=without_lone_surrogates(field.source),
            target=field.target,
            fate=field.fate,
            source_value=without_lone_surrogates(field.source_value),
            value=field.value,
            reason=without_lone_surrogates(field.reason),
            about=without_lone_surrogates(field.about),
            local_id=field.local_id,
            place=without_lone_surrogates(place),
            step=n,
            path=path,
        )

    def _carrier(self, field: Field) -> tuple[int | None, tuple[str, ...]]:
        kind, _, name = field.target.partition(".")
        if field.target == "Opportunity.Applicants.Role":
            return self._role(field.local_id)
        if kind == "Product":
            return self._product(field, name)
        if kind not in _RECORD_OF:
            return None, ()
        entity = _RECORD_OF[kind]
        path: tuple[str, ...] = (name,)
        if field.target == "Note.Attachments":
            path = (name, f"FileName={field.value}", "FileName")
        elif kind == "OtherAddress":
            path = (kind, "AddressType=Postal", name)
        elif kind == "ProductFilter":
            path = (kind, name)
        return self._of(entity, field.local_id if entity is Entity.PERSON else ""), path

    def _of(self, entity: Entity, local_id: str = "") -> int | None:
        """Return the place of the first step of a kind, or of the kind and a local id; None if there is none."""
        return next(
            (n for n, step in self._steps if step.entity is entity and local_id in ("", step.local_id)),
            None,
        )

    def _role(self, person: str) -> tuple[int | None, tuple[str, ...]]:
        """Return the step that names a person among the applicants."""
        of_person = next(
            (s for _, s in self._steps if s.entity is Entity.PERSON and s.local_id == person), None
        )
        for n, step in self._steps:
            if step.entity is Entity.APPLICANT and step.local_id.endswith(f"/{person}"):
                to_come = TO_COME if step.remote_id in step.needs else ""
                return n, ("Applicants", f"FLEXId={to_come}{step.remote_id}", "Role")
            for applicant in step.body.get("Applicants", ()):
                if of_person is not None and _is_of(of_person, applicant.get("FLEXId")):
                    return n, ("Applicants", entry_name(applicant), "Role")
        return None, ()

    def _product(self, field: Field, name: str) -> tuple[int | None, tuple[str, ...]]:
        links = [(n, step) for n, step in self._steps if step.entity is Entity.PRODUCT_LINK]
        if name == "SplitAmount":
            return next((n for n, step in links if name in step.body), None), (name,)
        of_product = next((n for n, step in links if step.local_id.endswith(f"/{field.local_id}")), None)
        return of_product, ("Product" if name == "ProductFLEXId" else name,)


def _is_of(step: Step, flex_id: object) -> bool:
    return flex_id in (step.remote_id, id_of(step.ref))
