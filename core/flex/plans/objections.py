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
    """Return the FLEX ID that the card is linked to, or None. BrokerEngine's ID wins over the book's."""
    link = inputs.link(Entity.OPPORTUNITY, inputs.card.id)
    return inputs.card.flex_id or (link.remote_id if link else None)


ROLES: Final = ("Primary Applicant", "Co-Applicant", "Guarantor")
"""The roles on a board, and the only roles that our FLEX contract takes (docs/domain.md, BrokerEngine)."""


def objections(inputs: CardInputs) -> list[Objection]:
    """Return every objection to pushing the card as it is, not only the first."""
    card = inputs.card
    against: list[Objection] = []
    if flex_id := flex_id_of(inputs):
        against.append(
            Objection(
                "already-linked",
                f"{card.id} is already in FLEX as {flex_id}; a second push would make a second opportunity.",
            )
        )
    if card.fact_find and card.fact_find.flex_integrated:
        against.append(
            Objection(
                "use-fact-find",
                f"{card.id} uses the FLEX-integrated Fact Find; pushing the card too would duplicate the opportunity.",
            )
        )
    if not card.people:
        against.append(
            Objection("no-people", f"{card.id} has nobody on it; an opportunity needs an applicant.")
        )
    for applicant in _distinct(card.people):
        against += [*name_objections(applicant.contact), *role_objections(applicant)]
        against += unclear_link_objections(inputs, applicant.contact)
    return against


def unclear_link_objections(inputs: CardInputs, person: Person) -> list[Objection]:
    """Object to a person who may be linked under an id of an earlier version, which two people could have had."""
    links = inputs.unclear.get(person.id, ())
    if not links:
        return []
    known = " or ".join(f"{link.remote_id} (under {link.local_id})" for link in links)
    message = f"{person.name} ({person.id}) may be FLEX contact {known}, linked by an earlier version."
    return [Objection("numbered-link", message)]


def role_objections(applicant: Applicant) -> list[Objection]:
    """Object to a role that FLEX's gateway does not know.

    The gateway would refuse the opportunity after the people were created.
    """
    if applicant.role in ROLES:
        return []
    message = f"{applicant.contact.name}'s role is “{applicant.role}”; FLEX takes {', '.join(ROLES)}."
    return [Objection("role-unknown", message)]


def _distinct(people: tuple[Applicant, ...]) -> list[Applicant]:
    return list({applicant.contact.id: applicant for applicant in reversed(people)}.values())[::-1]


def name_objections(person: Person) -> list[Objection]:
    """Return an objection for each missing name. FLEX seems to need a first and a last name (docs/domain.md, FLEX)."""
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
    """Return what a person should know before confirming, a sentence each."""
    link = inputs.link(Entity.OPPORTUNITY, inputs.card.id)
    flex_id = inputs.card.flex_id
    sentences: list[str] = []
    if link and flex_id and flex_id != link.remote_id:
        sentences.append(f"BrokerEngine says this card is {flex_id} in FLEX, the book says {link.remote_id}.")
    by_hand = sum(field.fate is Fate.NO_HOME for field in fields)
    if by_hand:
        sentences.append(
            f"{by_hand} {'field has' if by_hand == 1 else 'fields have'} no home in FLEX: to key by hand."
        )
    sentences += [_refusal(field) for field in fields if field.fate is Fate.REFUSED]
    sentences += [_not_linked(match) for match in products if not match.linked]
    if not inputs.writable:
        sentences.append(
            "This source can't be written to: BrokerEngine's own FLEX button will not know of this push."
        )
    return sentences


def _not_linked(match: ProductMatch) -> str:
    name = f"{match.product.lender} {match.product.name}"
    if match.merged_into is not None:
        return f"{name} ({match.standing}) is not linked by itself: {match.reason}."
    return f"{name} is not linked: {match.reason}."


def _refusal(field: Field) -> str:
    about = f" of {field.about}" if field.about else ""
    return f"{field.source}{about}: “{field.source_value}” is not sent: {field.reason}."
