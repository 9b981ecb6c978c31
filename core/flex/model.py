"""What BrokerEngine holds, in its own words: cards, their people, requirements, property and products.

The shapes are those of our BrokerEngine contract (data/contracts/brokerengine.yaml). Decoding is strict;
what a record holds beyond these shapes is kept as `Extra`, so that nothing is dropped silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from core.errors import DeskError


class Extra(Struct, frozen=True):
    """Something a card holds for which the published tables have no row."""

    section: str
    name: str
    value: str


class Address(Struct, frozen=True):
    """An address as BrokerEngine keeps it: two street lines."""

    street_1: str | None = None
    street_2: str | None = None
    suburb: str | None = None
    postcode: str | None = None
    state: str | None = None
    country: str | None = None


class Phones(Struct, frozen=True):
    """A person's three numbers."""

    mobile: str | None = None
    home: str | None = None
    office: str | None = None


class Person(Struct, frozen=True):
    """A BrokerEngine contact. `flex_id` is the FLEX contact it is linked to, as BrokerEngine knows it."""

    id: str
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    birth_date: date | None = None
    phones: Phones = Phones()
    home_address: Address | None = None
    postal_address: Address | None = None
    flex_id: str | None = None
    other: tuple[Extra, ...] = ()

    @property
    def name(self) -> str:
        """The name a person is called by on screens; the id where there is none."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.id


class Applicant(Struct, frozen=True):
    """A person on a card, in a role: Primary Applicant, Co-Applicant, Guarantor (board facts, weak)."""

    role: str
    contact: Person


class Requirements(Struct, frozen=True):
    """Requirements and Objectives (seed: the section). Amounts in dollars, the term in years."""

    loan_amount: Decimal | None = None
    loan_term: Decimal | None = None
    loan_category: str | None = None
    loan_purpose: str | None = None
    objectives: str | None = None
    pre_approval: bool | None = None
    split_loan: Decimal | None = None
    fixed_rate: bool | None = None
    standard_variable: bool | None = None
    principal_and_interest: bool | None = None
    interest_only: bool | None = None


class Property(Struct, frozen=True):
    """The property of a lead or deal (seed: Qualifications)."""

    valuation_amount: Decimal | None = None
    property_type: str | None = None
    usage: str | None = None
    purpose: str | None = None
    address: Address | None = None


class Product(Struct, frozen=True):
    """A loan product on a card, and where it stands in the product scenario (seed: products)."""

    id: str
    lender: str
    name: str
    tracked: bool = False
    shortlisted: bool = False
    highlighted: bool = False
    in_funding_position: bool = False


class FactFindMark(Struct, frozen=True):
    """Which Fact Find a card has, and whether it is the FLEX-integrated one (seed: the guard)."""

    id: str
    state: str
    flex_integrated: bool = False


class Card(Struct, frozen=True):
    """A lead or deal card, whole."""

    id: str
    title: str
    kind: str
    stage: str
    owner: str
    people: tuple[Applicant, ...] = ()
    requirements: Requirements = Requirements()
    property: Property | None = None
    products: tuple[Product, ...] = ()
    flex_id: str | None = None
    flex_kind: str | None = None
    fact_find: FactFindMark | None = None
    other: tuple[Extra, ...] = ()


class CardSummary(Struct, frozen=True):
    """A card as the board lists it."""

    id: str
    title: str
    kind: str
    stage: str
    owner: str
    purpose: str | None = None
    people: tuple[str, ...] = ()
    flex_id: str | None = None


class CatalogueProduct(Struct, frozen=True):
    """An entry of FLEX's product catalogue."""

    flex_id: str
    lender: str
    name: str


class Attachment(Struct, frozen=True):
    """A file on a note. `size` is bytes."""

    id: str
    file_name: str
    content_type: str
    size: int


class Note(Struct, frozen=True):
    """A note on a card, or one written at the desk (then `id` is the draft's and `author` the operator)."""

    id: str
    card_id: str
    text: str
    author: str | None = None
    created_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


class FactFind(Struct, frozen=True):
    """A Fact Find as its people filled it out."""

    id: str
    card_id: str
    state: str
    flex_integrated: bool = False
    people: tuple[Applicant, ...] = ()
    property: Property | None = None


class FlexPerson(Struct, frozen=True):
    """A contact that FLEX holds already, as far as a person compares it with ours."""

    flex_id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    birth_date: str = ""
    mobile: str = ""
    street: str = ""
    integration_id: str = ""


class RejectedRecord(Struct, frozen=True):
    """A record that does not fit: which one, which field of it, and why."""

    system: str
    id: str
    field: str
    reason: str


class BadRecord(DeskError):
    """A record was set aside and can't be used until it is corrected where it comes from."""

    def __init__(self, aside: RejectedRecord) -> None:
        super().__init__(
            "bad-record",
            f"{aside.system} record {aside.id} was set aside: {aside.field}: {aside.reason}.",
            field=f"“{aside.field}”",
            source=aside.system,
        )
        self.aside = aside


T = TypeVar("T", bound=Struct)

_SKIPPED_KEYS: Final = frozenset({"updated_at"})
"""The source's own bookkeeping: not something a broker would miss in FLEX."""


def decode(raw: object, kind: type[T], system: str) -> T:
    """Make a noun of a JSON object; a blank amount or date is none. Raises `BadRecord` naming system, id and field."""
    try:
        noun = msgspec.convert(_without_blanks(raw), kind, strict=True)
    except msgspec.ValidationError as error:
        said, _, path = str(error).partition(" - at `$.")
        reason = _IN_WORDS.get(said, said)
        where = raw.get("id") if isinstance(raw, dict) else None
        aside = RejectedRecord(system, str(where or "(no id)"), path.rstrip("`") or "the record", reason)
        raise BadRecord(aside) from None
    for path in _broken_ids(raw, ""):
        where = raw.get("id", "") if isinstance(raw, dict) else ""
        raise BadRecord(RejectedRecord(system, whole(str(where)), path, "it holds half a character"))
    return noun


def _broken_ids(raw: Any, path: str) -> Iterator[str]:
    """Give the places of ids that can't be written as UTF-8: they go into addresses and references."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key in _IDS and isinstance(value, str) and whole(value) != value:
                yield f"{path}{key}"
            yield from _broken_ids(value, f"{path}{key}.")
    if isinstance(raw, list):
        for n, value in enumerate(raw):
            yield from _broken_ids(value, f"{path.rstrip('.')}[{n}].")


def whole(text: str) -> str:
    """Give a text with its half characters (lone surrogates) replaced, so that it can be written as UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_IDS: Final = frozenset({"id", "flex_id"})
_BLANKABLE: Final = frozenset({"loan_amount", "loan_term", "split_loan", "valuation_amount", "birth_date"})
_IN_WORDS: Final = {
    "Invalid decimal string": "it is no number",
    "Invalid RFC3339 encoded date": "it is no date",
}


def _without_blanks(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {
            key: None if key in _BLANKABLE and value == "" else _without_blanks(value)
            for key, value in raw.items()
        }
    if isinstance(raw, list):
        return [_without_blanks(one) for one in raw]
    return raw


def leftovers(raw: dict[str, Any], noun: Struct) -> list[Extra]:
    """List what a JSON object holds that its noun has no place for, by path."""
    return list(_beyond(raw, msgspec.to_builtins(noun, builtin_types=(date, Decimal)), ""))


def _beyond(raw: Any, known: Any, path: str) -> list[Extra]:
    if isinstance(raw, dict) and isinstance(known, dict):
        found: list[Extra] = []
        for key, value in raw.items():
            if key in known:
                found += _beyond(value, known[key], f"{path}{key}.")
            elif key not in _SKIPPED_KEYS and value not in (None, "", [], {}):
                found.append(Extra("Beyond the contract", f"{path}{key}", _text(value)))
        return found
    if isinstance(raw, list) and isinstance(known, (list, tuple)):
        pairs = zip(raw, known, strict=False)
        return [extra for one, other in pairs for extra in _beyond(one, other, path)]
    return []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
