"""Two records side by side, field by field, with a sign for how they compare. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from core.contacts.addresses import compare_places, compare_streets
from core.contacts.dates import compare_dates
from core.contacts.emails import compare_emails
from core.contacts.evidence import Seen, see
from core.contacts.names import compare_given, compare_middle, compare_surname
from core.contacts.nouns import Contact, Kind, Level
from core.contacts.phones import digits, is_slip

EQUAL, CLOSE, OTHER, NONE = "=", "≈", "≠", ""
SIGNS: Final = {Level.EQUAL: EQUAL, Level.DAY_AND_MONTH: EQUAL, Level.DIFFERENT: OTHER, Level.MISSING: NONE}
"""What stands between two values; every other level is close."""

NameOwner = Callable[[Contact], str]
"""Gives how a contact's owner is called."""


class Beside(Struct, frozen=True):
    """One field of two records: its label, both values as they are read, and the sign between them."""

    label: str
    left: str
    sign: str
    right: str


def beside(
    ours: Contact | None, theirs: Contact | None, named: NameOwner, *, one_owner: bool = False
) -> list[Beside]:
    """Lay two records side by side; a field that neither holds is left out. `one_owner`: their owners are tied."""
    left = see(ours or _NOBODY)
    right = see(theirs or _NOBODY, keeps_year=False)
    both = ours is not None and theirs is not None
    found = [
        Beside(label, mine, sign if both and mine and yours else NONE, yours)
        for label, mine, sign, yours in _lines(left, right)
        if mine or yours
    ]
    owners = named(ours) if ours else "", named(theirs) if theirs else ""
    if any(owners):
        found.append(
            Beside("officer", owners[0], (EQUAL if one_owner else OTHER) if both else NONE, owners[1])
        )
    if any(since := (_since(ours), _since(theirs))):
        found.append(Beside("since", since[0], NONE, since[1]))
    return found


_NOBODY: Final = Contact("")


def _lines(left: Seen, right: Seen) -> Iterator[tuple[str, str, str, str]]:
    one, other = left.contact, right.contact
    yield "name", _name(one), _name_sign(left, right), _name(other)
    yield "email", one.email, _sign(compare_emails(one.email, other.email)), other.email
    for label, field in (("mobile", "mobile_phone"), ("home", "home_phone"), ("work", "work_phone")):
        mine, yours = getattr(one, field), getattr(other, field)
        yield label, mine, _phone_sign(mine, yours, left, right), yours
    born = _sign(compare_dates(left.born, right.born))
    yield "birth date", _born(one.birth_date), born, _born(other.birth_date, keeps_year=False)
    street = _sign(compare_streets(left.street, right.street))
    if street == EQUAL and _plain(_street(one)) != _plain(_street(other)):
        street = CLOSE
    yield "address", _street(one), street, _street(other)
    yield "city", _city(one), _sign(compare_places(left.place, right.place)), _city(other)


def _sign(level: Level) -> str:
    return SIGNS.get(level, CLOSE)


def _name(contact: Contact) -> str:
    return contact.name if contact.name != contact.id else ""


def _name_sign(left: Seen, right: Seen) -> str:
    one, other = left.contact, right.contact
    levels = (
        compare_given(one.first_name, other.first_name),
        compare_middle(left.middle, right.middle),
        compare_surname(one.last_name, other.last_name),
    )
    if left.generation and right.generation and left.generation != right.generation:
        return OTHER
    if Level.DIFFERENT in levels:
        return OTHER
    same = (left.given, left.middle, left.surname, left.generation)
    return EQUAL if same == (right.given, right.middle, right.surname, right.generation) else CLOSE


def _phone_sign(mine: str, yours: str, left: Seen, right: Seen) -> str:
    one, other = digits(mine), digits(yours)
    if one == other or one in right.phones or other in left.phones:
        return EQUAL
    return CLOSE if is_slip(one, other) else OTHER


def _born(text: str, *, keeps_year: bool = True) -> str:
    text = text.strip()
    if not keeps_year and text.startswith("1970-"):
        text = f"-{text[4:]}"
    return f"{text[2:]}, year not kept" if text.startswith("--") else text


def _street(contact: Contact) -> str:
    return " ".join(one for one in (contact.street, contact.street_2) if one)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _city(contact: Contact) -> str:
    return " ".join(one for one in (contact.city, contact.state, contact.postcode) if one)


def _since(contact: Contact | None) -> str:
    if contact is None:
        return ""
    kind = "" if contact.kind is Kind.CONTACT else contact.kind.value
    return ", ".join(one for one in (contact.since[:10], contact.origin or kind) if one)
