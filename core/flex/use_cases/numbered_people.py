"""Finds the people whom an earlier version linked under an id of card and initials, numbered by the order of the rows.

Such an id does not say who the person is. The keyed hashes of what was sent under the id do. If the names and the birth
date of a person were the last to be sent under a numbered id, the person keeps that id, with its link, reference and
history. If the hashes fit nobody, or two people, an operator has to say who is linked to what (`numbered-link`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.flex.field_map.apply import map_record
from core.flex.field_map.fates import Fate
from core.flex.field_map.model import FieldMap, Scope
from core.flex.model import Card, Person
from core.flex.person_ids import numbered_ids
from core.flex.use_cases.changed_since_push import arrived_fields, places
from core.push.plan import Entity, System, link_key
from core.push.ports import Book
from core.push.records import Link

_IDENTITY: Final = frozenset({"first_name", "last_name", "birth_date"})
"""The fields of a person from which the id is derived."""


class PeopleOfCard(Struct, frozen=True):
    """A card whose people bear the ids under which the book knows them.

    `unclear` maps the id of a person to the links under numbered ids that may be the person's.
    """

    card: Card
    unclear: Mapping[str, tuple[Link, ...]] = {}


async def with_numbered_people(book: Book, field_map: FieldMap, card: Card) -> PeopleOfCard:
    """Return the card with a numbered id for each person who is proved to be linked under one. Raises `BookClosed`."""
    people = {applicant.contact.id: applicant.contact for applicant in card.people}
    candidates = {person_id: numbered_ids(person_id) for person_id in people}
    if not any(candidates.values()):
        return PeopleOfCard(card)
    ids = [*people, *(numbered for ids in candidates.values() for numbered in ids)]
    keys = [link_key(System.FLEX, Entity.PERSON, local_id) for local_id in dict.fromkeys(ids)]
    links = {link.local_id: link for link in await book.get_many(Link, keys)}
    taken = {links[person_id].remote_id for person_id in people if person_id in links}
    taken |= {person.flex_id for person in people.values() if person.flex_id}
    waiting = [person for person in people.values() if person.id not in links and not person.flex_id]
    free = {
        person.id: [
            link
            for numbered in candidates[person.id]
            if (link := links.get(numbered)) and link.remote_id not in taken
        ]
        for person in waiting
    }
    if not any(free.values()):
        return PeopleOfCard(card)
    sent: dict[str, str] = {}
    for pushed in await arrived_fields(book, card.id):
        sent |= pushed.fields
    proved = _proved(book, field_map, waiting, free, sent)
    claimed = set(proved.values())
    unclear = {
        person_id: left
        for person_id, of_person in free.items()
        if person_id not in proved
        and (left := tuple(link for link in of_person if link.local_id not in claimed))
    }
    return PeopleOfCard(_renamed(card, proved), unclear)


def _proved(
    book: Book,
    field_map: FieldMap,
    waiting: Sequence[Person],
    free: Mapping[str, Sequence[Link]],
    sent: Mapping[str, str],
) -> dict[str, str]:
    """Return {person's id: numbered id} for each person whom the hashes prove, an id for one person alone."""
    fitting = {
        person.id: [
            link.local_id
            for link in free[person.id]
            if _was_sent_under(book, field_map, person, link.local_id, sent)
        ]
        for person in waiting
    }
    bearers = [numbered for ids in fitting.values() for numbered in ids]
    return {
        person_id: ids[0]
        for person_id, ids in fitting.items()
        if len(ids) == 1 and bearers.count(ids[0]) == 1
    }


def _was_sent_under(
    book: Book, field_map: FieldMap, person: Person, numbered: str, sent: Mapping[str, str]
) -> bool:
    """Return True if the person's names and birth date, and no others, were last sent under a numbered id."""
    rows = {(row.section, row.source) for row in field_map.rows(Scope.PERSON) if row.read in _IDENTITY}
    fields = map_record(field_map, Scope.PERSON, person, local_id=numbered).fields
    now = {
        place: book.keyed_hash(place, field.source_value) if field.fate is not Fate.EMPTY else None
        for place, field in zip(places(fields), fields, strict=True)
        if (field.section, field.source) in rows
    }
    return any(now.values()) and all(sent.get(place) == hashed for place, hashed in now.items())


def _renamed(card: Card, ids: Mapping[str, str]) -> Card:
    people = tuple(
        msgspec.structs.replace(
            applicant,
            contact=msgspec.structs.replace(
                applicant.contact, id=ids.get(applicant.contact.id, applicant.contact.id)
            ),
        )
        for applicant in card.people
    )
    return msgspec.structs.replace(card, people=people)
