"""The flex room's records in the book: keyed hashes, ids and who decided, never a client's data.

Opening a book imports this module, so this module imports little.
"""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from core.push.records import Record


class PushedFields(Record, frozen=True):
    """The fields of one confirmed push. `fields` maps a field's place on the card to the keyed hash of its value.

    `at` is in seconds since 1970, UTC. `whole` is False if the push sent a part of the card: its people, or a Fact
    Find. `card_fields` has the places at which the card itself held another value at that moment than the one sent: the
    keyed hash of the card's value, or "" if the card held nothing. `carriers` maps the place of a field that was to
    arrive to the place of its step in the plan, from 0, and to the name of the record's field.
    """

    table: ClassVar[str] = "copied"
    indexes: ClassVar[tuple[str, ...]] = ("card",)

    push_id: str
    card: str
    at: float
    fields: dict[str, str]
    whole: bool = True
    card_fields: dict[str, str] = msgspec.field(default_factory=dict)
    carriers: dict[str, tuple[int, str]] = msgspec.field(default_factory=dict)

    @property
    def key(self) -> str:
        """The push's id."""
        return self.push_id


class NoteSent(Record, frozen=True):
    """One confirmed push of a note. `text` is the keyed hash of the note, so that the same text is noticed again.

    `at` is in seconds since 1970, UTC.
    """

    table: ClassVar[str] = "notes-sent"
    indexes: ClassVar[tuple[str, ...]] = ("card",)

    push_id: str
    card: str
    text: str
    at: float

    @property
    def key(self) -> str:
        """The push's id."""
        return self.push_id


class SameProduct(Record, frozen=True):
    """A person's decision that a BrokerEngine product is an entry of FLEX's catalogue although the names differ.

    `product` is the folded "lender/name"; `at` is in seconds since 1970, UTC.
    """

    table: ClassVar[str] = "same-products"

    product: str
    flex_id: str
    by: str
    at: float

    @property
    def key(self) -> str:
        """The folded lender and name."""
        return self.product


class SamePerson(Record, frozen=True):
    """A person's decision that a contact of BrokerEngine is a contact of FLEX, although the records look different.

    `person` is the contact's local id. `reasons` are the keyed hashes of the reasons for the doubt. The desk asks about
    the pair again only for another reason. `at` is in seconds since 1970, UTC.
    """

    table: ClassVar[str] = "same-people"
    indexes: ClassVar[tuple[str, ...]] = ("person",)

    person: str
    flex_id: str
    reasons: tuple[str, ...]
    by: str
    at: float

    @property
    def key(self) -> str:
        """The local id and the FLEX ID."""
        return same_person_key(self.person, self.flex_id)


def same_person_key(person: str, flex_id: str) -> str:
    """Return the key of the decision about a contact of BrokerEngine and a contact of FLEX."""
    return f"{person}|{flex_id}"


class Tick(Record, frozen=True):
    """A tick on the checklist: `by` keyed a field into FLEX.

    `value` is the keyed hash of the value that was keyed.

    `at` is in seconds since 1970, UTC.
    """

    table: ClassVar[str] = "ticks"
    indexes: ClassVar[tuple[str, ...]] = ("card",)

    card: str
    place: str
    value: str
    by: str
    at: float

    @property
    def key(self) -> str:
        """The card, and the field's place on the card."""
        return f"{self.card}:{self.place}"


RECORDS: Final[tuple[type[Record], ...]] = (PushedFields, NoteSent, SameProduct, SamePerson, Tick)
"""Every kind of record of the flex room."""
