"""Asks the book and FLEX who the people of a push are, before a plan is made of the answers. Writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from core.compare.mailboxes import inbox_in
from core.flex.model import Applicant, FlexPerson, Person
from core.flex.plans.identity import doubts, looks_like, standing_id, target_id
from core.flex.plans.inputs import NEW, CardInputs, PersonInFlex
from core.flex.ports import FlexRecords
from core.flex.records import SamePerson, same_person_key
from core.flex.use_cases.flex_ids import meant_ids, read_contact
from core.push.plan import Entity, Plan, System
from core.push.ports import Book
from core.push.records import Link

AT_ONCE: Final = 4
"""How many people FLEX is asked about at the same time. The client keeps the rate."""
NOTHING_CHOSEN: Final[Mapping[str, str]] = MappingProxyType({})
"""The choices of a push for which nobody has chosen anything."""


def people_of(applicants: Iterable[Applicant]) -> list[Person]:
    """Return each person once, in order."""
    people: dict[str, Person] = {}
    for applicant in applicants:
        people.setdefault(applicant.contact.id, applicant.contact)
    return list(people.values())


def choices_of(plan: Plan) -> dict[str, str]:
    """Return the choices about people that a confirmed plan was made with."""
    return {**dict(plan.links), **dict.fromkeys(plan.anew, NEW)}


def sends_only_people(plan: Plan) -> bool:
    """Return True if a plan of a card sends its people again and nothing else."""
    return all(step.entity is Entity.PERSON for step in plan.steps)


def sends_the_same(plan: Plan, confirmed: Plan) -> bool:
    """Return True if two plans send the same. What FLEX held when each was made may differ.

    The engine compares a contact with `Step.seen` of the confirmed plan just before it is changed.
    """
    return _without_seen(plan) == _without_seen(confirmed)


def _without_seen(plan: Plan) -> Plan:
    steps = tuple(
        msgspec.structs.replace(step, seen={}) if step.system is System.FLEX else step for step in plan.steps
    )
    return msgspec.structs.replace(plan, steps=steps)


async def remembered_people(
    book: Book, inputs: CardInputs, people: Sequence[Person], choices: Mapping[str, str]
) -> CardInputs:
    """Return the inputs with the choices for this push, and with what the book knows about the people's FLEX IDs.

    Raises `DeskError` (bad-flex-id) for a choice that can't be a FLEX ID, `BookClosed`.
    """
    choices = {
        person_id: choice if choice == NEW else meant_ids(choice)[0] for person_id, choice in choices.items()
    }
    inputs = msgspec.structs.replace(inputs, choices=choices)
    flex_ids = {flex_id for person in people if (flex_id := target_id(inputs, person))}
    return await _with_decisions(
        book, msgspec.structs.replace(inputs, holders=await _holders(book, flex_ids)), people
    )


async def look_at_people(
    records: FlexRecords | None, book: Book, inputs: CardInputs, people: Sequence[Person]
) -> CardInputs:
    """Return the inputs with what FLEX has about these people; unchanged if FLEX can't be asked.

    Reads each contact that would be updated, and searches for each person who would be created or whose contact is in
    doubt. Raises `Unreachable`, `BookClosed`.
    """
    if records is None:
        return inputs
    slots = asyncio.Semaphore(AT_ONCE)

    async def look(person: Person) -> PersonInFlex:
        async with slots:
            return await _look_at(records, inputs, person)

    answers = await asyncio.gather(*(look(person) for person in people))
    shown = {
        hit.flex_id
        for answer in answers
        for hit in (*answer.alike, *((answer.record,) if answer.record else ()))
    }
    looked_at = msgspec.structs.replace(
        inputs,
        in_flex={person.id: answer for person, answer in zip(people, answers, strict=True)},
        holders={**inputs.holders, **await _holders(book, shown - inputs.holders.keys())},
    )
    return await _with_decisions(book, looked_at, people)


async def _with_decisions(book: Book, inputs: CardInputs, people: Sequence[Person]) -> CardInputs:
    """Return the inputs with the pairs of a person and a contact of which every doubt was settled before.

    The pairs of other people in the inputs stay.
    """
    others = {pair for pair in inputs.same_people if pair[0] not in {person.id for person in people}}
    in_doubt: dict[str, tuple[str, ...]] = {}
    for person in people:
        said = inputs.in_flex.get(person.id)
        if flex_id := target_id(inputs, person):
            reasons = doubts(inputs, person, flex_id, said.record if said else None)
            in_doubt[same_person_key(person.id, flex_id)] = reasons
    known = await book.get_many(SamePerson, in_doubt)
    settled = {
        (same.person, same.flex_id)
        for same in known
        if hashed_doubts(book, in_doubt[same.key]) <= {*same.reasons}
    }
    return msgspec.structs.replace(inputs, same_people=frozenset(others | settled))


def hashed_doubts(book: Book, reasons: Iterable[str]) -> set[str]:
    """Return the keyed hashes of doubts about a contact, as the book keeps them."""
    return {book.keyed_hash("doubt", reason) for reason in reasons}


async def _look_at(records: FlexRecords, inputs: CardInputs, person: Person) -> PersonInFlex:
    flex_id = target_id(inputs, person)
    is_chosen = flex_id != standing_id(inputs, person)
    record = None
    if flex_id:
        record = await (read_contact(records, flex_id) if is_chosen else records.person(flex_id))
    if flex_id and record and not is_chosen and not doubts(inputs, person, flex_id, record):
        return PersonInFlex(record)
    return PersonInFlex(record, await contacts_like(records, person))


async def contacts_like(records: FlexRecords, person: Person) -> tuple[FlexPerson, ...]:
    """Return the contacts of FLEX with a person's first and last name, or the person's email. Raises `Unreachable`.

    The search is by the email as it is sent: nobody is searched for by a filler. A gateway may ignore a filter that it
    does not know. Other records that it gives are left out.
    """
    first, last, email = person.first_name or "", person.last_name or "", inbox_in(person.email or "")
    found = await records.people_like(first.strip(), last.strip(), email)
    return tuple(hit for hit in found if looks_like(person, hit))


async def _holders(book: Book, flex_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the local ids of the people whom the book knows as each contact of FLEX. Raises `BookClosed`."""
    return {
        flex_id: tuple(link.local_id for link in await links_to_contact(book, flex_id))
        for flex_id in sorted(flex_ids)
    }


async def links_to_contact(book: Book, flex_id: str) -> list[Link]:
    """Return the links of people whom the book knows as one contact of FLEX. Raises `BookClosed`."""
    return [
        link
        for link in await book.where(Link, remote_id=flex_id)
        if link.system is System.FLEX and link.entity is Entity.PERSON
    ]
