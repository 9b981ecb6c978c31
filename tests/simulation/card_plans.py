"""The pushes of the cards' desk: two cards, two Fact Finds and a note, which share people in every way there is."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from core.flex.model import (
    Applicant,
    Card,
    CatalogueProduct,
    FactFind,
    Note,
    Person,
    Product,
    Property,
    Requirements,
)
from core.flex.plans.card import plan_card
from core.flex.plans.fact_find import FactFindInputs, plan_fact_find
from core.flex.plans.inputs import CardInputs
from core.flex.plans.note import NoteInputs, plan_note
from core.flex.plans.note_decision import NoteDecision
from core.flex.plans.preview import Preview
from core.push.plan import Plan
from data.maps import shipped_map

KNOWN = "1-KNOWN"
"""The contact of FLEX who is updated."""
LINKED = "1-OPPTY"
"""The opportunity that is in FLEX already."""
PEOPLE = ("P-1", "P-3", "P-4")
"""Those of BrokerEngine whom FLEX does not know yet."""
CARDS = ("C-1", "C-2", "C-3")
"""Those whose opportunity FLEX does not have yet."""

_LINH = Person("P-1", "Linh", None, "Nguyen", email="linh@example.com")
_BAO = Person("P-2", "Bao", None, "Tran", flex_id=KNOWN)
_MAEVE = Person("P-3", "Maeve", None, "O'Brien")
_TARIQ = Person("P-4", "Tariq", None, "Hassan")


def _card(card_id: str, *people: tuple[str, Person], **more: object) -> Card:
    applicants = tuple(Applicant(role, person) for role, person in people)
    return Card(card_id, f"Card {card_id}", "deal", "New", "m.hale", people=applicants, **more)  # type: ignore[arg-type]  # fields of a card, by name


@cache
def card_plans() -> tuple[Plan, ...]:
    """Give a card with all that a card can have, and one that shares its client."""
    selected = Product("PR-1", "Harbour Mutual", "Flexi", True, True, True, True)
    first = _card(
        "C-1",
        ("Primary Applicant", _LINH),
        ("Co-Applicant", _BAO),
        requirements=Requirements(loan_amount=Decimal(640000)),
        property=Property(property_type="House"),
        products=(selected,),
    )
    second = _card("C-2", ("Primary Applicant", _LINH), ("Guarantor", _MAEVE))
    return tuple(_pushed(plan_card(_gathered(card))) for card in (first, second))


@cache
def fact_find_plans() -> tuple[Plan, ...]:
    """Give a Fact Find that makes its card's opportunity, and one of a linked card; both share people with cards."""
    house = Property(property_type="House")
    alone = _of("F-1", _card("C-3"), house, ("Primary Applicant", _TARIQ), ("Co-Applicant", _LINH))
    linked = _card("C-4", flex_id=LINKED, flex_kind="opportunity")
    onto = _of("F-2", linked, house, ("Primary Applicant", _MAEVE), ("Co-Applicant", _BAO))
    return alone, onto


@cache
def note_plan() -> Plan:
    """Give one deliberate push of a note onto the linked card."""
    card = _card("C-4", flex_id=LINKED, flex_kind="opportunity")
    note = Note("N-1", card.id, "Spoke with Linh.")
    return _pushed(plan_note(NoteInputs(note, card, LINKED, NoteDecision("N-1"), shipped_map(), "sim")))


def _of(name: str, card: Card, house: Property, *people: tuple[str, Person]) -> Plan:
    applicants = tuple(Applicant(role, person) for role, person in people)
    fact_find = FactFind(name, card.id, "completed", people=applicants, property=house)
    return _pushed(plan_fact_find(FactFindInputs(fact_find, _gathered(card))))


def _gathered(card: Card) -> CardInputs:
    bank = CatalogueProduct("1-PROD1", "Harbour Mutual", "Flexi")
    return CardInputs(card, shipped_map(), "sim", catalogue={"harbour mutual": (bank,)})


def _pushed(preview: Preview) -> Plan:
    assert preview.pushable, preview.reasons
    return preview.plan
