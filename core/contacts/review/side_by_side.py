"""Two records side by side, field by field, with a sign for how they compare. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from core.compare.addresses import compare_places, compare_streets
from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates
from core.compare.emails import compare_emails
from core.compare.keys import text_key
from core.compare.names import compare_given, compare_middle, compare_surname
from core.compare.phones import digits, is_slip
from core.contacts.linkage.features import Features, features_of
from core.contacts.model import Contact, ContactKind

EQUAL, CLOSE, OTHER, NONE = "=", "≈", "≠", ""
SIGNS: Final = {
    AgreementLevel.EQUAL: EQUAL,
    AgreementLevel.DAY_AND_MONTH: EQUAL,
    AgreementLevel.DIFFERENT: OTHER,
    AgreementLevel.MISSING: NONE,
}
"""What stands between two values; every other level is close."""

NameOwner = Callable[[Contact], str]
"""Gives how a contact's owner is called."""


class SideBySide(Struct, frozen=True):
    """One field of two records: its label, both values as they are read, and the sign between them."""

    label: str
    left: str
    sign: str
    right: str


def side_by_side(
    ours: Contact | None, theirs: Contact | None, named: NameOwner, *, one_owner: bool = False
) -> list[SideBySide]:
    """Lay two records side by side; a field that neither holds is left out. `one_owner`: their owners are tied."""
    left = features_of(ours or _NOBODY)
    right = features_of(theirs or _NOBODY, keeps_year=False)
    both = ours is not None and theirs is not None
    found = [
        SideBySide(label, mine, sign if both and mine and yours else NONE, yours)
        for label, mine, sign, yours in _lines(left, right)
        if mine or yours
    ]
    owners = named(ours) if ours else "", named(theirs) if theirs else ""
    if any(owners):
        found.append(
            SideBySide("officer", owners[0], (EQUAL if one_owner else OTHER) if both else NONE, owners[1])
        )
    if any(since := (_since(ours), _since(theirs))):
        found.append(SideBySide("since", since[0], NONE, since[1]))
    return found


_NOBODY: Final = Contact("")


def _lines(left: Features, right: Features) -> Iterator[tuple[str, str, str, str]]:
    one, other = left.contact, right.contact
    yield "name", _name(one), _name_sign(left, right), _name(other)
    yield "email", one.email, _sign(compare_emails(one.email, other.email)), other.email
    for label, field in (("mobile", "mobile_phone"), ("home", "home_phone"), ("work", "work_phone")):
        mine, yours = getattr(one, field), getattr(other, field)
        yield label, mine, _phone_sign(mine, yours, left, right), yours
    born = _sign(compare_dates(left.born, right.born))
    yield "birth date", _born(one.birth_date), born, _born(other.birth_date, keeps_year=False)
    street = _sign(compare_streets(left.street, right.street))
    if street == EQUAL and text_key(_street(one)) != text_key(_street(other)):
        street = CLOSE
    yield "address", _street(one), street, _street(other)
    yield "city", _city(one), _sign(compare_places(left.place, right.place)), _city(other)


def _sign(level: AgreementLevel) -> str:
    return SIGNS.get(level, CLOSE)


def _name(contact: Contact) -> str:
    return contact.name if contact.name != contact.id else ""


def _name_sign(left: Features, right: Features) -> str:
    one, other = left.contact, right.contact
    levels = (
        compare_given(one.first_name, other.first_name),
        compare_middle(left.middle, right.middle),
        compare_surname(one.last_name, other.last_name),
    )
    if left.generation and right.generation and left.generation != right.generation:
        return OTHER
    if AgreementLevel.DIFFERENT in levels:
        return OTHER
    same = (left.given, left.middle, left.surname, left.generation)
    return EQUAL if same == (right.given, right.middle, right.surname, right.generation) else CLOSE


def _phone_sign(mine: str, yours: str, left: Features, right: Features) -> str:
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


def _city(contact: Contact) -> str:
    return " ".join(one for one in (contact.city, contact.state, contact.postcode) if one)


def _since(contact: Contact | None) -> str:
    if contact is None:
        return ""
    kind = "" if contact.kind is ContactKind.CONTACT else contact.kind.value
    return ", ".join(one for one in (contact.since[:10], contact.origin or kind) if one)
