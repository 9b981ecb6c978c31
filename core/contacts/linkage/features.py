"""The features of a contact: the forms in which the fields of two records are compared. Pure."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from core.compare.addresses import Street, building_of, postcode_of, state_of, street_of
from core.compare.dates import plain_date
from core.compare.emails import plain_locals
from core.compare.fillers import filler_names
from core.compare.folding import fold
from core.compare.mailboxes import inbox_in
from core.compare.name_parts import bare_middle_name, generation, surname
from core.compare.names import given_name
from core.compare.phones import digits
from core.contacts.model import Contact


class Features(Struct, frozen=True, gc=False):
    """A contact in the forms in which its fields are compared. "" and () stand for missing values.

    `first_name` and `last_name` are as they are written. `given`, `middle` and `surname` are folded, without title and
    generation. `generation` is jr, sr, ii, iii, iv or v. `born` is `yyyymmdd`, or `mmdd` if the year is not kept.
    `phones` are national digits. `local_parts` are the parts of the emails before the @, without dots and +tag.
    `building` is the name of a building in the second address line. `place` is (postcode, city, state).
    """

    contact: Contact
    first_name: str
    last_name: str
    given: str
    middle: str
    surname: str
    generation: str
    born: str
    phones: tuple[str, ...]
    local_parts: tuple[str, ...]
    street: Street
    building: str
    place: tuple[str, str, str]

    @property
    def place_key(self) -> str:
        """The postcode; if there is none, city and state; "" if there is no city."""
        code, city, state = self.place
        return code or (f"{city} {state}" if city else "")


def known_names(contact: Contact) -> tuple[str, str]:
    """Return first and last name of a contact as they are written; "" for a filler: Unknown, or Test Test."""
    others = (contact.email, *contact.phones)
    fillers = filler_names(contact.first_name, contact.last_name, others)
    return ("" if fillers[0] else contact.first_name), ("" if fillers[1] else contact.last_name)


def without_filler_names(contact: Contact) -> Contact:
    """Return a contact with "" in the place of a first or last name that is a filler."""
    first_name, last_name = known_names(contact)
    if (first_name, last_name) == (contact.first_name, contact.last_name):
        return contact
    return msgspec.structs.replace(contact, first_name=first_name, last_name=last_name)


def is_nobody(contact: Contact) -> bool:
    """Return True if a record names nobody: it has a name, email or phone, and all of them are fillers.

    A birth date or an address that is not a filler says who the record is about.
    """
    if inbox_in(contact.email) or any(map(digits, contact.phones)):
        return False
    if any(map(str.strip, (*known_names(contact), contact.street))) or plain_date(contact.birth_date):
        return False
    return any(map(str.strip, (contact.first_name, contact.last_name, contact.email, *contact.phones)))


def features_of(contact: Contact, *, keeps_year: bool = True) -> Features:
    """Return the features of a contact.

    `keeps_year` is False for a contact of Total Expert, which stores every birthday with the year 1970.
    """
    first_name, last_name = known_names(contact)
    return Features(
        contact,
        first_name,
        last_name,
        given_name(first_name),
        fold(bare_middle_name(contact.middle_name)),
        surname(last_name),
        generation(contact.suffix, contact.last_name, contact.first_name, contact.middle_name),
        plain_date(contact.birth_date, keeps_year=keeps_year),
        tuple(dict.fromkeys(number for number in map(digits, contact.phones) if number)),
        plain_locals(contact.email),
        street_of(contact.street, contact.street_2),
        building_of(contact.street_2) if contact.street.strip() else "",
        (postcode_of(contact.postcode), fold(contact.city), state_of(contact.state)),
    )
