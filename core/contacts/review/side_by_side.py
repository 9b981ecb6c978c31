"""Records side by side, field by field, with a sign for how two values compare. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from typing import Final

from msgspec import Struct

from core.compare.addresses import compare_places, compare_streets
from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates
from core.compare.emails import compare_emails
from core.compare.keys import text_key
from core.compare.names import compare_given, compare_middle, compare_surname
from core.compare.phones import digits, is_slip
from core.contacts.consent import consent_words
from core.contacts.field_limits import cut_at
from core.contacts.linkage.features import Features, features_of
from core.contacts.model import Contact, ContactKind, Role
from core.local_forms import Country, CountryWords, date_text, day_text, words_of
from core.push.plan import System

EQUAL, CLOSE, OTHER, NONE = "=", "≈", "≠", ""
SIGNS: Final = {
    AgreementLevel.EQUAL: EQUAL,
    AgreementLevel.DAY_AND_MONTH: EQUAL,
    AgreementLevel.YEARS: OTHER,
    AgreementLevel.DIFFERENT: OTHER,
    AgreementLevel.MISSING: NONE,
}
"""The sign of each agreement level. Every other level has the sign of close values."""

CONSENT: Final = "consent"
"""The label of what a contact wants and does not want, as Total Expert says it."""
NameOwner = Callable[[Contact], str]
"""Returns the name of a contact's owner."""


class SideBySide(Struct, frozen=True):
    """One field of two records: its label, both values as a person reads them, and the sign between them."""

    label: str
    left: str
    sign: str
    right: str


def side_by_side(
    ours: Contact | None,
    theirs: Contact | None,
    named: NameOwner,
    country: Country,
    *,
    one_owner: bool = False,
) -> list[SideBySide]:
    """Return the fields of two records; a field that both lack is left out. None stands for a missing record.

    Labels and dates are those of the desk's country. A filler has no sign. The label of a name or an email that was cut
    says so.

    `one_owner` is True if the owners of the two records are tied to each other.
    """
    words = words_of(country)
    left = features_of(ours or _NOBODY)
    right = features_of(theirs or _NOBODY, keeps_year=False)
    cut = {label for label, names in _CUT.items() if any(_is_cut(name, left, right) for name in names)}
    fields = [
        SideBySide(
            f"{label_text(label, words)} (cut)" if label in cut else label_text(label, words),
            left_value,
            sign if left_value and right_value else NONE,
            right_value,
        )
        for label, left_value, sign, right_value in _fields(left, right, country)
        if left_value or right_value
    ]
    fields += _only_displayed(left.contact, right.contact)
    left_wish, right_wish = (consent_words(contact) if contact else "" for contact in (ours, theirs))
    if left_wish or right_wish:
        fields.append(SideBySide(CONSENT, left_wish, NONE, right_wish))
    left_owner, right_owner = named(ours) if ours else "", named(theirs) if theirs else ""
    if left_owner or right_owner:
        sign = NONE if ours is None or theirs is None else EQUAL if one_owner else OTHER
        fields.append(SideBySide("officer", left_owner, sign, right_owner))
    left_since, right_since = origin_of(ours, country), origin_of(theirs, country)
    if left_since or right_since:
        fields.append(SideBySide("since", left_since, NONE, right_since))
    return fields


CUT_LEVEL: Final = AgreementLevel.CLOSE
_NOBODY: Final = Contact("")
_DISPLAYED: Final = (
    ("profession", "professional_title"),
    ("honorific", "title"),
    ("license", "license_number"),
    ("employer", "employer"),
    ("co. license", "employer_license"),
)
"""The fields that are displayed and not compared: their label and their name."""
_CUT: Final = {"name": ("first_name", "last_name"), "email": ("email",)}
"""By label: the fields of which a value may have been cut at its limit."""


def _is_cut(field: str, left: Features, right: Features) -> bool:
    return bool(cut_at(field, left.contact, right.contact))


def _only_displayed(ours: Contact, theirs: Contact) -> Iterator[SideBySide]:
    for label, name in _DISPLAYED:
        values = getattr(ours, name), getattr(theirs, name)
        if any(values):
            yield SideBySide(label, values[0], NONE, values[1])


def role_words(contact: Contact) -> str:
    """Return what a person is, as a person reads it; "" if the record's system does not say."""
    match contact.role:
        case Role.AGENT:
            return f"agent, by {contact.agent_by}" if contact.agent_by else "agent"
        case Role.BORROWER:
            return "borrower"
        case Role.UNKNOWN:
            return ""


LABELS: Final = ("name", "email", "mobile", "home", "work", "birth date", "address", "city", "role")
"""The fields that are compared, in the order in which they are shown. `label_text` says what a person reads."""


def label_text(label: str, words: CountryWords) -> str:
    """Return a label in the words of the desk's country: "city" is "suburb" in Australia."""
    match label:
        case "mobile":
            return words.mobile
        case "city":
            return words.town
        case _:
            return label


def field_values(contact: Contact, system: System, country: Country) -> dict[str, str]:
    """Return each compared field of a record of `system` as a person reads it, by label; "" for a missing value."""
    return {
        "name": _name(contact),
        "email": contact.email,
        "mobile": contact.mobile_phone,
        "home": contact.home_phone,
        "work": contact.work_phone,
        "birth date": _birth_date(contact, country, keeps_year=system is System.SIMPLENEXUS),
        "address": _street(contact),
        "city": _city(contact),
        "role": role_words(contact) if contact.role is Role.AGENT else "",
    }


def field_signs(left: Features, right: Features) -> dict[str, str]:
    """Return the sign between the values of two records, by label. Both may be of one system."""
    ours, theirs = left.contact, right.contact
    phones = {
        label: _phone_sign(our_phone, their_phone, left, right)
        for label, our_phone, their_phone in (
            ("mobile", ours.mobile_phone, theirs.mobile_phone),
            ("home", ours.home_phone, theirs.home_phone),
            ("work", ours.work_phone, theirs.work_phone),
        )
    }
    return {
        "name": _name_sign(left, right),
        "email": _sign(compare_emails(ours.email, theirs.email)),
        **phones,
        "birth date": _sign(compare_dates(left.born, right.born)),
        "address": _street_sign(left, right),
        "city": _sign(compare_places(left.place, right.place)),
        "role": OTHER if ours.has_other_role(theirs) else EQUAL,
    }


def _fields(left: Features, right: Features, country: Country) -> Iterator[tuple[str, str, str, str]]:
    """Yield (label, left value, sign, right value) of each field."""
    left_values = field_values(left.contact, System.SIMPLENEXUS, country)
    right_values = field_values(right.contact, System.TOTAL_EXPERT, country)
    if left_values["role"] or right_values["role"]:  # the role is shown where an agent is one of the two
        left_values["role"] = role_words(left.contact) if left.contact.id else ""
        right_values["role"] = role_words(right.contact)
    signs = field_signs(left, right)
    for label in LABELS:
        yield label, left_values[label], signs[label], right_values[label]


def _sign(level: AgreementLevel) -> str:
    return SIGNS.get(level, CLOSE)


def _name(contact: Contact) -> str:
    return contact.name if contact.name != contact.id else ""


def _name_sign(left: Features, right: Features) -> str:
    """Return the sign of two names. A name that is a filler has no sign."""
    if not (left.given or left.surname) or not (right.given or right.surname):
        return NONE
    given = compare_given(left.first_name, right.first_name)
    last = compare_surname(left.last_name, right.last_name)
    levels = (
        CUT_LEVEL if _is_cut("first_name", left, right) else given,
        compare_middle(left.middle, right.middle),
        CUT_LEVEL if _is_cut("last_name", left, right) else last,
    )
    if left.generation and right.generation and left.generation != right.generation:
        return OTHER
    if AgreementLevel.DIFFERENT in levels:
        return OTHER
    left_name = (left.given, left.middle, left.surname, left.generation)
    return EQUAL if left_name == (right.given, right.middle, right.surname, right.generation) else CLOSE


def _phone_sign(our_phone: str, their_phone: str, left: Features, right: Features) -> str:
    """Return the sign of two numbers of one label. They are equal too if one is another number of the other record.

    A text that is not a number has no sign.
    """
    our_digits, their_digits = digits(our_phone), digits(their_phone)
    if not our_digits or not their_digits:
        return NONE
    if our_digits in right.phones or their_digits in left.phones:
        return EQUAL
    return CLOSE if is_slip(our_digits, their_digits) else OTHER


def _street_sign(left: Features, right: Features) -> str:
    """Return the sign of two addresses. Equal addresses that are written in two ways have the sign of close values."""
    sign = _sign(compare_streets(left.street, right.street))
    written_alike = text_key(_street(left.contact)) == text_key(_street(right.contact))
    return CLOSE if sign == EQUAL and not written_alike else sign


NO_YEAR: Final = ", no year"
"""What follows a birth date of a system that keeps no year."""
_LEAP_YEAR: Final = "2000"


def _birth_date(contact: Contact, country: Country, *, keeps_year: bool = True) -> str:
    """Return a birth date as a person reads it, without the year 1970 if the system keeps no year.

    A text that isn't a date is returned as the system has it.
    """
    text = contact.birth_date.strip()
    if not keeps_year and text.startswith("1970-"):
        text = f"-{text[4:]}"
    has_year = not text.startswith("--")
    try:
        day = date.fromisoformat(text if has_year else f"{_LEAP_YEAR}{text[1:]}")
    except ValueError:
        return text
    return date_text(day, country) if has_year else f"{day_text(day, country)}{NO_YEAR}"


def _street(contact: Contact) -> str:
    return " ".join(line for line in (contact.street, contact.street_2) if line)


def _city(contact: Contact) -> str:
    return " ".join(part for part in (contact.city, contact.state, contact.postcode) if part)


def origin_of(contact: Contact | None, country: Country) -> str:
    """Return the day on which a record was made and where it came from; "" if its system does not say."""
    if contact is None:
        return ""
    kind = "" if contact.kind is ContactKind.CONTACT else contact.kind.value
    since = contact.since[:_DAY]
    with suppress(ValueError):
        since = date_text(date.fromisoformat(since), country)
    return ", ".join(part for part in (since, contact.origin or kind) if part)


_DAY: Final = 10
"""Characters of the day in a moment: "2024-06-02"."""
