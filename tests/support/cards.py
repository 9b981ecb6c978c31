"""Cards for the plan's tests: one that is all filled, and the small changes of it that a test is about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from core.flex.field_map.fates import Field
from core.flex.model import (
    Address,
    Applicant,
    Card,
    CatalogueProduct,
    Extra,
    Person,
    Phones,
    Product,
    Property,
    Requirements,
)
from core.flex.plans.card import plan_card
from core.flex.plans.inputs import CardInputs
from core.flex.plans.preview import Preview
from core.push.plan import Entity, Step, System, make_ref
from core.push.records import Link
from data.maps import shipped_map

MAP = shipped_map()
LINH = Person(
    "P-1",
    "Linh",
    "Thi",
    "Nguyen",
    email="linh@example.com",
    birth_date=date(1988, 2, 29),
    phones=Phones("0491 570 006", "(02) 5550 1234", "(02) 7010 4321"),
    home_address=Address("Unit 4", "12 Darling Street", "Balmain", "2041", "New South Wales", "Australia"),
    postal_address=Address("PO Box 77", None, "Balmain", "2041", "NSW", "Australia"),
)
BAO = Person("P-2", "Bao", None, "Tran")
FLEXI = CatalogueProduct("1-PROD1", "Harbour Mutual", "Flexi Home Loan")
BASIC = CatalogueProduct("1-PROD2", "Harbour Mutual", "Basic Variable")
CATALOGUE = {"harbour mutual": (FLEXI, BASIC)}
SELECTED = Product("PR-1", "Harbour Mutual", "Flexi Home Loan", True, True, True, True)
CONSIDERED = Product("PR-2", "Harbour Mutual", "Basic Variable", True, True, False, False)
FULL = Card(
    "C-1",
    "Nguyen & Tran",
    "deal",
    "AIP Issued",
    "m.hale",
    people=(Applicant("Primary Applicant", LINH), Applicant("Co-Applicant", BAO)),
    requirements=Requirements(
        Decimal("640000.00"),
        Decimal(30),
        "Residential",
        "Refinancing",
        "Keep repayments steady.",
        True,
        Decimal("140000.50"),
        False,
        True,
        True,
        False,
    ),
    property=Property(
        Decimal(900000), "Unit", "Security", "Owner Occupied", Address("1 Bay Rd", None, "Manly")
    ),
    products=(SELECTED, CONSIDERED),
    other=(Extra("Assets", "Savings", "20000"),),
)


Noun = TypeVar("Noun", bound=msgspec.Struct)


def but(noun: Noun, **changed: Any) -> Noun:
    """Return a noun with some of its parts changed."""
    return msgspec.structs.replace(noun, **changed)


def with_person(person: Person, *more: Person) -> Card:
    """Give the full card with these people alone."""
    people = [Applicant("Primary Applicant", person), *(Applicant("Co-Applicant", one) for one in more)]
    return but(FULL, people=tuple(people))


def with_loan(**changed: Any) -> Card:
    """Give the full card with other requirements."""
    return but(FULL, requirements=but(FULL.requirements, **changed))


def gather(card: Card = FULL, **more: Any) -> CardInputs:
    """Gather a card with the shipped map and a catalogue of one lender."""
    return CardInputs(
        card, more.pop("field_map", MAP), **{"workspace": "test", "catalogue": CATALOGUE, **more}
    )


def preview(card: Card = FULL, **more: Any) -> Preview:
    """Plan the push of a card."""
    return plan_card(gather(card, **more))


def line(shown: Preview, source: str, local_id: str = "") -> Field:
    """Give the one line of a field."""
    (found,) = [f for f in shown.fields if f.source == source and local_id in ("", f.local_id)]
    return found


def step(shown: Preview, entity: Entity, n: int = 0, system: System = System.FLEX) -> Step:
    """Give the n-th step that makes one kind of record."""
    return [one for one in shown.plan.steps if one.entity is entity and one.system is system][n]


def link(entity: Entity, local_id: str, remote_id: str) -> dict[str, Link]:
    """Give the book's link of a local thing, by its key."""
    ref = make_ref("test", System.FLEX, entity, local_id)
    one = Link(System.FLEX, entity, local_id, remote_id, ref, 0.0)
    return {one.key: one}
