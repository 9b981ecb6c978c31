"""Finds the people of a file without ids who are linked under another id than the one that is derived for them now.

An earlier version numbered people with equal initials by the order of the rows. Such an id does not say who the person
is. An id that is derived from a name changes if the file gets a column of birth dates, or loses it. The keyed hashes of
what was sent under the old id say who the person was:

- numbered id: the names and the birth date are the last that were sent under the id;
- birth dates that came or went: the names are the last that were sent under the id, one of the two birth dates is
  unknown, and the email or a phone is the same.

Such a person keeps the old id, with its link, reference and history. If the hashes fit nobody, or two people, an
operator has to say who is linked to what (`numbered-link`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.flex.field_map.apply import map_record
from core.flex.field_map.fates import Fate
from core.flex.field_map.model import FieldMap, Scope
from core.flex.model import Card, Person
from core.flex.person_ids import id_without_birth_date, is_derived, numbered_ids
from core.flex.use_cases.changed_since_push import arrived_fields, hashes_of, places
from core.push.plan import Entity, System, link_key
from core.push.ports import Book
from core.push.records import Link

_NAMES: Final = frozenset({"first_name", "last_name"})
_BIRTH_DATE: Final = frozenset({"birth_date"})
_CONTACT: Final = frozenset({"email", "phones.mobile", "phones.home", "phones.office"})
"""The fields of a person from which the id is derived, and those that say who somebody is where the date is unknown."""


class PeopleOfCard(Struct, frozen=True):
    """A card whose people have the ids under which the book knows them.

    `unclear` maps the id of a person to the links under other ids that may be the person's.
    """

    card: Card
    unclear: Mapping[str, tuple[Link, ...]] = {}


async def with_numbered_people(book: Book, field_map: FieldMap, card: Card) -> PeopleOfCard:
    """Return the card with the old id of each person who is proved to be linked under one. Raises `BookClosed`."""
    people = {applicant.contact.id: applicant.contact for applicant in card.people}
    if not any(is_derived(card.id, person_id) for person_id in people):
        return PeopleOfCard(card)
    links = await _links(book, people)
    taken = {links[person_id].remote_id for person_id in people if person_id in links}
    taken |= {person.flex_id for person in people.values() if person.flex_id}
    waiting = [person for person in people.values() if person.id not in links and not person.flex_id]
    waiting = [person for person in waiting if is_derived(card.id, person.id)]
    if not waiting:
        return PeopleOfCard(card)
    sent: dict[str, str] = {}
    for pushed in await arrived_fields(book, card.id):
        sent |= pushed.fields
    candidates = {person.id: _earlier_ids(card.id, person, sent) for person in waiting}
    links = await _links(book, [earlier for ids in candidates.values() for earlier in ids])
    free = {
        person.id: [
            link
            for earlier in candidates[person.id]
            if (link := links.get(earlier)) and link.remote_id not in taken
        ]
        for person in waiting
    }
    if not any(free.values()):
        return PeopleOfCard(card)
    proved = _proved(book, field_map, waiting, free, sent)
    claimed = set(proved.values())
    unclear = {
        person_id: left
        for person_id, of_person in free.items()
        if person_id not in proved
        and (left := tuple(link for link in of_person if link.local_id not in claimed))
    }
    return PeopleOfCard(_renamed(card, proved), unclear)


async def _links(book: Book, local_ids: Iterable[str]) -> dict[str, Link]:
    """Return the links of people by local id."""
    keys = [link_key(System.FLEX, Entity.PERSON, local_id) for local_id in dict.fromkeys(local_ids)]
    return {link.local_id: link for link in await book.get_many(Link, keys)}


def _earlier_ids(card_id: str, person: Person, sent: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ids under which a person may have been linked: numbered, and derived without or with a birth date.

    `sent` has what was sent of the card, by the places of the fields. A place names the id of its person.
    """
    numbered = numbered_ids(person.id)
    if person.birth_date is not None:
        dateless = id_without_birth_date(card_id, person)
        return (*numbered, dateless) if dateless else numbered
    stem = re.escape(f"{numbered[0]}-")
    places = (re.search(rf"/({stem}[0-9a-f]{{8}})/", place) for place in sent)
    return (*numbered, *dict.fromkeys(place[1] for place in places if place and place[1] != person.id))


def _proved(
    book: Book,
    field_map: FieldMap,
    waiting: Sequence[Person],
    free: Mapping[str, Sequence[Link]],
    sent: Mapping[str, str],
) -> dict[str, str]:
    """Return {person's id: earlier id} for each person whom the hashes fit under one id that fits nobody else."""
    fitting = {
        person.id: [
            link.local_id
            for link in free[person.id]
            if _was_sent_under(book, field_map, person, link.local_id, sent)
        ]
        for person in waiting
    }
    claims = Counter(local_id for ids in fitting.values() for local_id in ids)
    return {person_id: ids[0] for person_id, ids in fitting.items() if len(ids) == 1 and claims[ids[0]] == 1}


_NowAndSent = list[tuple[frozenset[str | None], str | None]]
"""For each field the hashes that fit its value now, and the hash of what was sent last; None for nothing."""


def _was_sent_under(
    book: Book, field_map: FieldMap, person: Person, earlier: str, sent: Mapping[str, str]
) -> bool:
    """Return True if what was last sent under an earlier id proves that the id is this person's."""

    def compared(read: frozenset[str]) -> _NowAndSent:
        return _now_and_sent(book, field_map, person, earlier, sent, read)

    names, born = compared(_NAMES), compared(_BIRTH_DATE)
    if earlier in numbered_ids(person.id):
        return _are_equal([*names, *born])
    is_unknown = all(before is None or None in now for now, before in born)
    shares = any(before is not None and before in now for now, before in compared(_CONTACT))
    return _are_equal(names) and is_unknown and shares


def _are_equal(fields: _NowAndSent) -> bool:
    """Return True if all fields hold what was sent, and at least one of them holds something."""
    says_something = any(None not in now for now, _ in fields)
    return says_something and all(before in now for now, before in fields)


def _now_and_sent(
    book: Book,
    field_map: FieldMap,
    person: Person,
    earlier: str,
    sent: Mapping[str, str],
    wanted: frozenset[str],
) -> _NowAndSent:
    """Return the state of the wanted fields of a person under an earlier id."""
    rows = {(row.section, row.source) for row in field_map.rows(Scope.PERSON) if row.read in wanted}
    fields = map_record(field_map, Scope.PERSON, person, local_id=earlier).fields
    return [
        (
            hashes_of(place, field, book.keyed_hash) if field.fate is not Fate.EMPTY else frozenset((None,)),
            sent.get(place),
        )
        for place, field in zip(places(fields), fields, strict=True)
        if (field.section, field.source) in rows
    ]


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
