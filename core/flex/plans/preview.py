"""What a push will do, as a value: the plan, every field's fate, what stands against it. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from core.flex.field_map.fates import Fate, Field, count
from core.flex.plans.products import ProductMatch
from core.push.plan import Asset, Plan


class Objection(Struct, frozen=True):
    """A reason why a push can't be made now: a code of the catalogue, and the sentence for a person."""

    code: str
    message: str


class Preview(Struct, frozen=True):
    """A plan before it is confirmed. It may be pushed exactly when there are no `reasons`."""

    asset: Asset
    subject: str
    title: str
    plan: Plan
    reasons: tuple[Objection, ...]
    warnings: tuple[str, ...]
    fields: tuple[Field, ...]
    products: tuple[ProductMatch, ...]
    payload: dict[str, Any]
    flex_id: str | None = None
    flex_kind: str | None = None
    fact_find_id: str | None = None

    @property
    def pushable(self) -> bool:
        """True when nothing stands against the push."""
        return not self.reasons

    @property
    def counts(self) -> dict[Fate, int]:
        """How many fields have each fate."""
        return count(self.fields)

    @property
    def by_hand(self) -> tuple[Field, ...]:
        """What does not arrive and holds something: the checklist to key by hand in FLEX."""
        return tuple(field for field in self.fields if field.fate in (Fate.NO_HOME, Fate.REFUSED))


class PreviewChange(Struct, frozen=True):
    """A field that stands otherwise than it did: the line before and after; None where there was or is none."""

    before: Field | None
    after: Field | None

    @property
    def name(self) -> str:
        """Whose field it is, in the seed's words."""
        field = self.after or self.before
        if field is None:
            return ""
        return f"{field.source}, {field.about}" if field.about else field.source


def changes(old: Preview, new: Preview) -> list[PreviewChange]:
    """List the fields of which the value, here or there, differs between two previews of one card."""
    before, after = _by_place(old), _by_place(new)
    return [
        PreviewChange(before.get(place), after.get(place))
        for place in {**before, **after}
        if _says(before.get(place)) != _says(after.get(place))
    ]


def _by_place(preview: Preview) -> dict[tuple[object, ...], Field]:
    places: dict[tuple[object, ...], Field] = {}
    for field in preview.fields:
        name = (field.section, field.source, field.local_id)
        again = sum(place[:3] == name for place in places) if field.fate is Fate.NO_HOME else 0
        places[(*name, again)] = field
    return places


def _says(field: Field | None) -> tuple[str, object, Fate] | None:
    return None if field is None else (field.source_value, field.value, field.fate)
