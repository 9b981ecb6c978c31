"""The id of a person without one in a file of cards: made from card, name and birth date, never from the order of rows.

The form of an id is fixed for ever, because books and references hold it. That is why this module folds names itself.
The comparison of names has rules that may change.

Earlier versions numbered people with equal initials in the order of their rows (`C-1/JS`, `C-1/JS-2`). Books hold links
under such numbered ids. A numbered id says which initials a person has, and not who the person is.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date
from typing import Final

import msgspec

from core.flex.model import Applicant, Card, Person

_DERIVED: Final = re.compile(r"(.+/[A-Z]{2})-[0-9a-f]{8}", re.DOTALL)
_NUMBERED: Final = re.compile(r"(.+)/[A-Z]{2}(?:-[1-9][0-9]?)?", re.DOTALL)
_MOST_NUMBERED: Final = 20
"""The highest number that is looked for among the people of one card with equal initials."""


def derive_person_id(
    card_id: str, first_name: str | None, last_name: str | None, birth_date: date | None
) -> str:
    """Return the id of a person on a card, such as `C-1/JS-0f3a91c2`: initials and 32 bits of a hash.

    Case, accents, blanks and punctuation of the names do not count. Two people of one card with equal names and birth
    dates get one id: the caller has to refuse that.
    """
    born = birth_date.isoformat() if birth_date else ""
    whole = msgspec.json.encode([card_id, _fold(first_name), _fold(last_name), born])
    hashed = hashlib.blake2b(whole, digest_size=4).hexdigest()
    return f"{card_id}/{_initial(first_name)}{_initial(last_name)}-{hashed}"


def numbered_ids(person_id: str) -> tuple[str, ...]:
    """Return the ids that an earlier version may have given to a person with a derived id; () for any other id."""
    derived = _DERIVED.fullmatch(person_id)
    if derived is None:
        return ()
    return (derived[1], *(f"{derived[1]}-{number}" for number in range(2, _MOST_NUMBERED + 1)))


def is_derived(card_id: str, person_id: str) -> bool:
    """Return True if an id is one that `derive_person_id` makes for a person of the card."""
    derived = _DERIVED.fullmatch(person_id)
    return derived is not None and derived[1][:-3] == card_id


def id_without_birth_date(card_id: str, person: Person) -> str:
    """Return the id that a person had while the file had no birth dates; "" without a derived id or a birth date."""
    if person.birth_date is None or not is_derived(card_id, person.id):
        return ""
    return derive_person_id(card_id, person.first_name, person.last_name, None)


def is_another_person(local_id: str, person_id: str) -> bool:
    """Return True if a local id is another person's: not this one's, nor one that an earlier version may have given."""
    return local_id != person_id and local_id not in numbered_ids(person_id)


def is_numbered(card_id: str, person_id: str) -> bool:
    """Return True if an earlier version gave this id to a person of the card, by the order of the rows."""
    numbered = _NUMBERED.fullmatch(person_id)
    return numbered is not None and numbered[1] == card_id


def with_derived_ids(card: Card) -> Card:
    """Return the card with a derived id for each person whom an earlier version numbered."""
    return msgspec.structs.replace(card, people=tuple(_with_derived_id(card.id, one) for one in card.people))


def _with_derived_id(card_id: str, applicant: Applicant) -> Applicant:
    person = applicant.contact
    if not is_numbered(card_id, person.id):
        return applicant
    derived = derive_person_id(card_id, person.first_name, person.last_name, person.birth_date)
    return msgspec.structs.replace(applicant, contact=msgspec.structs.replace(person, id=derived))


def _fold(name: str | None) -> str:
    decomposed = unicodedata.normalize("NFKD", (name or "").casefold())
    return "".join(char for char in decomposed if char.isalnum())


def _initial(name: str | None) -> str:
    plain = unicodedata.normalize("NFKD", (name or "").strip()).upper()
    return next((char for char in plain if "A" <= char <= "Z"), "X")
