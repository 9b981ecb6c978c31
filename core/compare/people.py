"""Whether two records are of one person: exactly the same, or clearly another. Pure; knows no record of a system.

The rules are in docs/domain.md, "Who a contact is".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates, plain_date
from core.compare.emails import inbox_keys
from core.compare.fillers import filler_names
from core.compare.folding import fold, parts
from core.compare.name_parts import surname, without_title
from core.compare.names import clearly_another, compare_surname
from core.compare.phones import digits

_DAY_FIRST: Final = re.compile(r"\s*([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})\s*")


class Traits(Struct, frozen=True):
    """What tells people apart, as it is written; "" stands for what is not known.

    `birth_date` is `yyyy-mm-dd` or `dd/mm/yyyy`.
    """

    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    birth_date: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


def shared_by_one_person(left: Traits, right: Traits) -> tuple[str, ...]:
    """Return which of email, phone and birth date two namesakes share.

    Returns () for people with other first or last names. Names are compared without case, accents and punctuation,
    phones by their digits, emails without case.
    """
    names = (fold(left.first_name), surname(left.last_name))
    if not all(names) or names != (fold(right.first_name), surname(right.last_name)) or _is_unnamed(left):
        return ()
    shared = {
        "email": _inboxes(left) & _inboxes(right),
        "phone": {digits(phone) for phone in left.phones} & {digits(phone) for phone in right.phones},
        "birth date": {plain_birth_date(left.birth_date)} & {plain_birth_date(right.birth_date)},
    }
    return tuple(what for what, values in shared.items() if values - {""})


def has_same_name_or_email(left: Traits, right: Traits) -> bool:
    """Return True if two records have the same first and last name, or the same email. Fillers are neither."""
    names = (fold(left.first_name), fold(left.last_name))
    same_name = all(names) and names == (fold(right.first_name), fold(right.last_name))
    return (same_name and not _is_unnamed(left)) or not _inboxes(left).isdisjoint(_inboxes(right))


def _is_unnamed(person: Traits) -> bool:
    """Return True if a first or last name is a filler."""
    return any(filler_names(person.first_name, person.last_name, (*person.emails, *person.phones)))


def _inboxes(person: Traits) -> set[str]:
    return {key for email in person.emails for key in inbox_keys(email)}


def other_person(left: Traits, right: Traits) -> str:
    """Return why two records are clearly of two people, in words; "" if they can be of one person.

    Two people have wholly other first names, or other birth dates and other surnames. A title, a nickname, an initial,
    a typing error, a middle name that is used as the first name, swapped first and last names, a new surname, and a
    corrected digit of a birth date make nobody another person. What is not known is not a difference.
    """
    if _swapped(left, right):
        return ""
    if _another_first_name(left, right):
        return "another first name"
    dates = compare_dates(plain_birth_date(left.birth_date), plain_birth_date(right.birth_date))
    surnames = compare_surname(left.last_name, right.last_name)
    if dates is AgreementLevel.DIFFERENT and surnames is AgreementLevel.DIFFERENT:
        return "another last name and another birth date"
    return ""


def _another_first_name(left: Traits, right: Traits) -> bool:
    """Return True if no given name of one person agrees with the first name of the other."""
    ours, theirs = without_title(left.first_name), without_title(right.first_name)
    if not fold(ours) or not fold(theirs) or not clearly_another(ours, theirs):
        return False
    return all(clearly_another(one, other) for one, other in _given_pairs(left, right))


def _given_pairs(left: Traits, right: Traits) -> Iterator[tuple[str, str]]:
    """Yield each word of one first name with each given name of the other person. Initials are left out."""
    for one, other in ((left, right), (right, left)):
        for word in _words(without_title(one.first_name)):
            for given in (*_words(without_title(other.first_name)), *_words(other.middle_name)):
                yield word, given


def _words(name: str) -> tuple[str, ...]:
    return tuple(word for word in parts(name) if len(word) > 1)


def _swapped(left: Traits, right: Traits) -> bool:
    first, last = fold(without_title(left.first_name)), fold(left.last_name)
    crossed = fold(without_title(right.first_name)), fold(right.last_name)
    return bool(first and last) and (last, first) == crossed


def plain_birth_date(date: str) -> str:
    """Return a birth date, written as `yyyy-mm-dd` or `dd/mm/yyyy`, as `yyyymmdd`; "" for what is not a date."""
    if day_first := _DAY_FIRST.fullmatch(date):
        day, month, year = day_first.groups()
        date = f"{year}-{int(month):02}-{int(day):02}"
    return plain_date(date)
