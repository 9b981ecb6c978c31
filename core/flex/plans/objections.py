"""What stands against a push, and what a person should know before confirming one. Pure."""

from __future__ import annotations

from typing import Final

from core.flex.decoding import without_lone_surrogates
from core.flex.field_map.fates import Fate, Field
from core.flex.model import Applicant, Person
from core.flex.plans.inputs import CardInputs
from core.flex.plans.preview import Objection
from core.flex.plans.products import ProductMatch
from core.push.plan import Entity


def flex_id_of(inputs: CardInputs) -> str | None:
    """Give the FLEX ID the card is linked to; BrokerEngine's word wins over the book's."""
    link = inputs.link(Entity.OPPORTUNITY, inputs.card.id)
    return inputs.card.flex_id or (link.remote_id if link else None)


ROLES: Final = ("Primary Applicant", "Co-Applicant", "Guarantor")
"""The roles on a board (board facts, weak), and the ones our FLEX contract takes."""


def objections(inputs: CardInputs) -> list[Objection]:
    """List everything that stands against pushing the card as it is, not the first thing only."""
    card = inputs.card
    found: list[Objection] = []
    if flex_id := flex_id_of(inputs):
        found.append(
            Objection(
                "already-linked",
                f"{card.id} is already in FLEX as {flex_id}; a second push would make a second opportunity.",
            )
        )
    if card.fact_find and card.fact_find.flex_integrated:
        found.append(
            Objection(
                "use-fact-find",
                f"{card.id} uses the FLEX-integrated Fact Find; pushing the card too would duplicate the opportunity.",
            )
        )
    if not card.people:
        found.append(
            Objection("no-people", f"{card.id} has nobody on it; an opportunity needs an applicant.")
        )
    for applicant in _distinct(card.people):
        found += [*name_objections(applicant.contact), *role_objections(applicant)]
    return found


def role_objections(applicant: Applicant) -> list[Objection]:
    """Object to a role that FLEX's gateway does not know: it would refuse the opportunity after the people exist."""
    if applicant.role in ROLES:
        return []
    said = f"{applicant.contact.name}'s role is “{applicant.role}”; FLEX takes {', '.join(ROLES)}."
    return [Objection("role-unknown", said)]


def _distinct(people: tuple[Applicant, ...]) -> list[Applicant]:
    return list({applicant.contact.id: applicant for applicant in reversed(people)}.values())[::-1]


def name_objections(person: Person) -> list[Objection]:
    """List the names a person lacks (DOMAIN: FLEX seems to need both, weak)."""
    missing = [
        label
        for label, value in (("first name", person.first_name), ("last name", person.last_name))
        if not (value or "").strip() or without_lone_surrogates(value or "") != value
    ]
    return [
        Objection(
            "name-missing", f"{person.name} has no {label} that can be sent; FLEX seems to need both names."
        )
        for label in missing
    ]


def warnings(inputs: CardInputs, fields: tuple[Field, ...], products: tuple[ProductMatch, ...]) -> list[str]:
    """List what a person should know before confirming."""
    link = inputs.link(Entity.OPPORTUNITY, inputs.card.id)
    held = inputs.card.flex_id
    said: list[str] = []
    if link and held and held != link.remote_id:
        said.append(f"BrokerEngine says this card is {held} in FLEX, the book says {link.remote_id}.")
    by_hand = sum(field.fate is Fate.NO_HOME for field in fields)
    if by_hand:
        said.append(
            f"{by_hand} {'field has' if by_hand == 1 else 'fields have'} no home in FLEX: to key by hand."
        )
    said += [_refusal(field) for field in fields if field.fate is Fate.REFUSED]
    said += [
        f"{match.product.lender} {match.product.name} is not linked: {match.reason}."
        for match in products
        if not match.linked
    ]
    if not inputs.writable:
        said.append(
            "This source can't be written to: BrokerEngine's own FLEX button will not know of this push."
        )
    return said


def _refusal(field: Field) -> str:
    whose = f" of {field.about}" if field.about else ""
    return f"{field.source}{whose}: “{field.source_value}” is not sent: {field.reason}."
