"""What a push will do, as a value: the plan, every field's fate, every objection. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from core.flex.field_map.fates import BY_HAND, Fate, Field, count
from core.flex.model import WrittenNote
from core.flex.plans.identity import LookAlike, PersonQuestion
from core.flex.plans.products import ProductMatch
from core.push.plan import Asset, Plan


class Objection(Struct, frozen=True):
    """A reason why a push can't be made now: a code of the error catalogue, and a sentence for a person."""

    code: str
    message: str


class Preview(Struct, frozen=True):
    """A plan before it is confirmed. It can be pushed if `reasons` is empty.

    `card_fields` are the lines of the card itself when its Fact Find was planned; () for other pushes. `forgets` are
    the keys of links that the book drops at the confirmation, because FLEX no longer has their records.

    `questions` are the open questions about people; each has an objection of the same code in `reasons`. `look_alikes`
    are the people whom the push creates, with the contacts of FLEX that look like them. `settled` maps the local id of
    a person to the doubts about the person's contact that the confirmation settles. `searched` is the number of people
    for whom FLEX was searched because the push creates them.
    """

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
    card_fields: tuple[Field, ...] = ()
    forgets: tuple[str, ...] = ()
    questions: tuple[PersonQuestion, ...] = ()
    look_alikes: tuple[LookAlike, ...] = ()
    settled: Mapping[str, tuple[str, ...]] = {}
    searched: int = 0
    in_flex_since: tuple[str, ...] = ()
    """The times, in words, since which FLEX has the same note."""
    written: WrittenNote | None = None
    """The note that was written here; None for every other push."""
    ticked: frozenset[int] = frozenset()
    """The positions in `fields` of the values that a person ticked as entered in FLEX by hand."""

    @property
    def pushable(self) -> bool:
        """True if there is no objection to the push."""
        return not self.reasons

    @property
    def only_people_stop_it(self) -> bool:
        """True if nothing but questions about people stands against the push."""
        asked = {question.code for question in self.questions}
        return all(reason.code in asked for reason in self.reasons)

    @property
    def counts(self) -> dict[Fate, int]:
        """How many fields have each fate."""
        return count(self.fields)

    @property
    def by_hand(self) -> tuple[Field, ...]:
        """The fields that a person still has to enter in FLEX by hand: they hold something and do not arrive.

        Refused fields are among them; fields that a person ticked are not. Whoever says how many fields are left to
        enter counts these.
        """
        return tuple(
            field
            for n, field in enumerate(self.fields)
            if field.fate in BY_HAND and not field.left_out and n not in self.ticked
        )


class PreviewChange(Struct, frozen=True):
    """A field that changed: its line before and after, None for a line that was or is not there."""

    before: Field | None
    after: Field | None

    @property
    def name(self) -> str:
        """BrokerEngine's name of the field, and the person or product of the field."""
        field = self.after or self.before
        if field is None:
            return ""
        return f"{field.source}, {field.about}" if field.about else field.source


def changes(old: Preview, new: Preview) -> list[PreviewChange]:
    """Return the fields that differ between two previews of one card, in source value, sent value or fate."""
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
