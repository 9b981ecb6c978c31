"""The features of a contact: the forms in which the fields of two records are compared. Pure."""

from __future__ import annotations

from msgspec import Struct

from core.compare.addresses import Street, building_of, postcode_of, street_of
from core.compare.dates import plain_date
from core.compare.emails import plain_local
from core.compare.folding import fold
from core.compare.name_parts import bare_middle_name, generation, surname
from core.compare.names import given_name
from core.compare.phones import digits
from core.contacts.model import Contact


class Features(Struct, frozen=True, gc=False):
    """A contact in the forms in which its fields are compared. "" and () stand for missing values.

    `given`, `middle` and `surname` are folded, without title and generation. `generation` is jr, sr, ii, iii, iv or v.
    `born` is `yyyymmdd`, or `mmdd`
    if the year is not kept. `phones` are national digits. `local` is the part of the email before the @, without dots
    and +tag. `building` is the name of a building in the second address line. `place` is (postcode, city, state).
    """

    contact: Contact
    given: str
    middle: str
    surname: str
    generation: str
    born: str
    phones: tuple[str, ...]
    local: str
    street: Street
    building: str
    place: tuple[str, str, str]

    @property
    def place_key(self) -> str:
        """The postcode; if there is none, city and state; "" if there is no city."""
        code, city, state = self.place
        return code or (f"{city} {state}" if city else "")


def features_of(contact: Contact, *, keeps_year: bool = True) -> Features:
    """Return the features of a contact.

    `keeps_year` is False for a contact of Total Expert, which stores every birthday with the year 1970.
    """
    return Features(
        contact,
        given_name(contact.first_name),
        fold(bare_middle_name(contact.middle_name)),
        surname(contact.last_name),
        generation(contact.suffix, contact.last_name, contact.first_name, contact.middle_name),
        plain_date(contact.birth_date, keeps_year=keeps_year),
        tuple(dict.fromkeys(number for number in map(digits, contact.phones) if number)),
        plain_local(contact.email),
        street_of(contact.street, contact.street_2),
        building_of(contact.street_2) if contact.street.strip() else "",
        (postcode_of(contact.postcode), fold(contact.city), fold(contact.state)),
    )
