"""Which contacts and opportunities of FLEX the cards in progress seem to be: suggestions, which link nothing. Pure.

A suggestion is sure if the FLEX record has our reference, or if one record alone fits exactly. Every other one needs
a look: who is unsure is compared side by side. The rules are our own (docs/domain.md, "Linking up").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.flex.model import Card, FlexOpportunity, FlexPerson, Person
from core.flex.plans.identity import shared_by
from core.local_forms import money
from core.push.plan import Entity
from core.texts import how_many


class SearchedPerson(Struct, frozen=True):
    """A person of the cards. `flex_id` is the contact the person is linked to, `hits` are the contacts that FLEX found.

    `refs` are the references that a contact made for the person may bear.
    """

    person: Person
    refs: frozenset[str]
    flex_id: str | None = None
    hits: tuple[FlexPerson, ...] = ()


class SearchedCard(Struct, frozen=True):
    """A card that was searched for. `flex_id` is the record that the card is linked to, `ref` its own reference."""

    card: Card
    ref: str
    flex_id: str | None = None


class FlexCandidate(Struct, frozen=True):
    """A FLEX record that a card or a person may be. `kind` is contact, opportunity or application.

    `words` say what the record is. `contact` is set for a contact.
    """

    flex_id: str
    kind: str
    words: str
    contact: FlexPerson | None = None


class LinkSuggestion(Struct, frozen=True):
    """A card or a person that is not linked, and the FLEX records that it may be.

    `cards` are the cards that it is about. `sure` is the FLEX ID that can be linked without a look, or None. `reason`
    says why it is sure, or why not. `person` is set for a person.
    """

    entity: Entity
    local_id: str
    name: str
    cards: tuple[str, ...]
    candidates: tuple[FlexCandidate, ...]
    sure: str | None
    reason: str
    person: Person | None = None


OUR_REFERENCE: Final = "it has our reference"


def suggest(
    cards: Sequence[SearchedCard],
    people: Mapping[str, SearchedPerson],
    opportunities: Iterable[FlexOpportunity],
    taken: frozenset[str],
) -> list[LinkSuggestion]:
    """Return a suggestion for each card and person that is not linked and that FLEX may have, people first.

    `people` are the people of all cards by id. `taken` are the FLEX IDs that the book knows as something else.
    """
    on_cards: dict[str, list[str]] = {}
    for searched in cards:
        for person_id in dict.fromkeys(applicant.contact.id for applicant in searched.card.people):
            on_cards.setdefault(person_id, []).append(searched.card.id)
    held = taken | {person.flex_id for person in people.values() if person.flex_id}
    of_people = _unless_shared(
        suggestion
        for person_id, person in people.items()
        if person.flex_id is None
        and (suggestion := _of_a_person(person, tuple(on_cards.get(person_id, ())), held))
    )
    contacts = {person_id: person.flex_id for person_id, person in people.items() if person.flex_id}
    contacts |= {suggestion.local_id: suggestion.sure for suggestion in of_people if suggestion.sure}
    free = [opportunity for opportunity in opportunities if opportunity.flex_id not in taken]
    of_cards = _unless_shared(
        suggestion
        for searched in cards
        if searched.flex_id is None and (suggestion := _of_a_card(searched, contacts, free))
    )
    return [*of_people, *of_cards]


def _of_a_person(
    searched: SearchedPerson, cards: tuple[str, ...], held: frozenset[str | None]
) -> LinkSuggestion | None:
    person = searched.person
    hits = [hit for hit in searched.hits if hit.flex_id not in held]
    if not hits:
        return None
    ours = [hit for hit in hits if hit.integration_id in searched.refs]
    exact = {hit.flex_id: shared for hit in hits if (shared := shared_by(person, hit))}
    sure: str | None = None
    if len(ours) == 1:
        sure, reason = ours[0].flex_id, OUR_REFERENCE
    elif not ours and len(exact) == 1:
        ((sure, shared),) = exact.items()
        reason = f"the same {', '.join(('name', *shared[:-1]))} and {shared[-1]}"
    elif len(ours) > 1 or exact:
        reason = f"{how_many(len(ours) or len(exact), 'contact')} match"
    else:
        reason = "only the name or the email is the same"
    candidates = tuple(_contact(hit) for hit in hits)
    return LinkSuggestion(Entity.PERSON, person.id, person.name, cards, candidates, sure, reason, person)


def _contact(hit: FlexPerson) -> FlexCandidate:
    name = " ".join(part for part in (hit.first_name, hit.last_name) if part)
    words = ", ".join(part for part in (name, hit.email, hit.birth_date and f"born {hit.birth_date}") if part)
    return FlexCandidate(hit.flex_id, "contact", words, hit)


def _of_a_card(
    searched: SearchedCard, contacts: Mapping[str, str | None], free: Sequence[FlexOpportunity]
) -> LinkSuggestion | None:
    card = searched.card
    people = list(dict.fromkeys(applicant.contact.id for applicant in card.people))
    known = {contacts[person_id] for person_id in people if contacts.get(person_id)}
    found = [
        record
        for record in free
        if record.integration_id == searched.ref or known.intersection(record.applicants)
    ]
    if not found:
        return None
    ours = [record for record in found if record.integration_id == searched.ref]
    whole = len(known) == len(people)
    exact = [
        record for record in found if whole and set(record.applicants) == known and _same_amount(card, record)
    ]
    sure: str | None = None
    if len(ours) == 1:
        sure, reason = ours[0].flex_id, OUR_REFERENCE
    elif not ours and len(exact) == 1 and len(found) == 1:
        sure, reason = exact[0].flex_id, "the same people and loan amount"
    elif len(found) > 1:
        reason = f"its people are on {how_many(len(found), 'record')}"
    elif not whole:
        reason = f"{len(known)} of {len(people)} people are known in FLEX"
    else:
        reason = "other applicants or another loan amount"
    candidates = tuple(_record(record, known) for record in found)
    return LinkSuggestion(Entity.OPPORTUNITY, card.id, card.title, (card.id,), candidates, sure, reason)


def _same_amount(card: Card, record: FlexOpportunity) -> bool:
    """Return True if the loan amounts are equal. An amount that is missing on both sides is not evidence."""
    ours, theirs = card.requirements.loan_amount, record.loan_amount
    return ours is not None and theirs is not None and ours == theirs


def _record(record: FlexOpportunity, known: set[str | None]) -> FlexCandidate:
    amount = money(record.loan_amount) if record.loan_amount is not None else "no loan amount"
    same = len(known.intersection(record.applicants))
    words = f"{record.kind}, {amount}, {same} of {how_many(len(record.applicants), 'applicant')}"
    return FlexCandidate(record.flex_id, record.kind, words)


def _unless_shared(suggestions: Iterable[LinkSuggestion]) -> list[LinkSuggestion]:
    """Return the suggestions. Those that are sure of one FLEX record together are not sure any more."""
    found = list(suggestions)
    claims = Counter(suggestion.sure for suggestion in found if suggestion.sure)
    return [
        msgspec.structs.replace(
            suggestion, sure=None, reason=f"{claims[suggestion.sure]} of yours fit {suggestion.sure}"
        )
        if suggestion.sure and claims[suggestion.sure] > 1
        else suggestion
        for suggestion in found
    ]
