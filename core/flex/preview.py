"""What a push will do, as a value: the plan, every field's fate, what stands against it. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from core.flex.fates import Fate, Field, count
from core.flex.products import ProductMatch
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
