"""Everything that the plan of a card push needs, read beforehand and held in one value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct

from core.flex.field_map.model import FieldMap
from core.flex.model import Card, CatalogueProduct, Extra, FlexPerson
from core.push.plan import Entity, System, link_key, make_ref
from core.push.records import Link

NEW: Final = "new"
"""The choice for a person that a new contact is created in FLEX."""


class PersonInFlex(Struct, frozen=True):
    """What FLEX said about a person of a push.

    `record` is the contact that an update would change, None if FLEX has no such contact or if nobody is updated.
    `alike` are the contacts with the person's name or email.
    """

    record: FlexPerson | None = None
    alike: tuple[FlexPerson, ...] = ()


class CardInputs(Struct, frozen=True):
    """A card as it was read, and what the book and FLEX's catalogue say about it.

    `links` and `generations` map link keys. `catalogue` maps a lender, case-folded, to FLEX's entries; it has the
    lenders of the card's tracked products. `writable` is True if the source stores FLEX IDs. `overrides` are the codes
    of the objections that a person overrode. `same_products` maps a `product_key` to the FLEX ID of the catalogue entry
    that a person chose although the names differ. `unclear` maps the id of a person to the links that may be the
    person's: an earlier version made them under an id of card and initials. `today` is the last day that a birth date
    may be, in UTC. `has_gateway` is False in a profile without a gateway of FLEX, in which nothing can be pushed.

    `in_flex` maps the id of a person to what FLEX said; it lacks the people about whom FLEX was not asked. `holders`
    maps a FLEX ID to the local ids of the people whom the book knows as this contact. `same_people` are the pairs of a
    person's id and a FLEX ID of which every doubt was settled before. `choices` maps the id of a person to the FLEX ID
    that was chosen for this push, or to `NEW`.
    """

    card: Card
    field_map: FieldMap
    workspace: str
    extras: tuple[Extra, ...] = ()
    links: Mapping[str, Link] = {}
    generations: Mapping[str, int] = {}
    catalogue: Mapping[str, tuple[CatalogueProduct, ...]] = {}
    writable: bool = True
    overrides: tuple[str, ...] = ()
    same_products: Mapping[str, str] = {}
    in_flex: Mapping[str, PersonInFlex] = {}
    holders: Mapping[str, tuple[str, ...]] = {}
    same_people: frozenset[tuple[str, str]] = frozenset()
    choices: Mapping[str, str] = {}
    unclear: Mapping[str, tuple[Link, ...]] = {}
    today: date = date.max
    has_gateway: bool = True

    def ref(self, entity: Entity, local_id: str, system: System = System.FLEX) -> str:
        """Return the reference of the remote copy of a local record."""
        generation = self.generations.get(link_key(system, entity, local_id), 0)
        return make_ref(self.workspace, system, entity, local_id, generation)

    def refs(self, entity: Entity, local_id: str) -> frozenset[str]:
        """Return every reference that the FLEX copy of a local record has or had."""
        last = self.generations.get(link_key(System.FLEX, entity, local_id), 0)
        return frozenset(
            make_ref(self.workspace, System.FLEX, entity, local_id, generation)
            for generation in range(last + 1)
        )

    def link(self, entity: Entity, local_id: str) -> Link | None:
        """Return the book's link of a local record to FLEX, or None."""
        return self.links.get(link_key(System.FLEX, entity, local_id))
