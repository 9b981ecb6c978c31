"""Whether anything says that two records of one email are two people. Pure; weighs nothing, asks a person instead.

Couples and families share an inbox. So an equal email links two records only if no other field objects. The rules
are in docs/matching.md, "Rule".
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates, plain_date, years_apart
from core.compare.folding import parts
from core.compare.name_parts import bare_middle_name, generation, surname
from core.compare.names import compare_given, compare_middle, compare_surname, given_name, is_alike
from core.compare.phones import digits, is_slip
from core.contacts.field_limits import cut_at
from core.contacts.linkage.features import without_filler_names
from core.contacts.model import Contact, Reason

GENERATION: Final = 13
"""Years between two birth dates from which the two people can be parent and child."""

_AGREE: Final = frozenset({AgreementLevel.EQUAL, AgreementLevel.CROSSED})
_ANOTHER_DATE: Final = frozenset({AgreementLevel.DIFFERENT, AgreementLevel.YEARS})
_EQUAL_DATE: Final = frozenset({AgreementLevel.EQUAL, AgreementLevel.DAY_AND_MONTH})


class _Compared(Struct, frozen=True):
    """How two records of one email compare, by field."""

    given: AgreementLevel
    middle: AgreementLevel
    surname: AgreementLevel
    born: AgreementLevel
    phone: AgreementLevel

    @property
    def same_date(self) -> bool:
        """True if the birth dates are equal, as far as both systems keep them."""
        return self.born in _EQUAL_DATE

    @property
    def same_phone(self) -> bool:
        """True if the records share a number."""
        return self.phone is AgreementLevel.EQUAL

    @property
    def another_phone(self) -> bool:
        """True if both records have numbers and none is shared."""
        return self.phone is AgreementLevel.DIFFERENT


def objection(ours: Contact, theirs: Contact) -> Reason | None:
    """Return why two records of one email can be of two people; None if nothing says so.

    A name that was cut at the limit of its field is not another name, and may have lost its generation.

    `ours` is SimpleNexus's record. What one record does not know objects to nothing, except a generation: a father
    seldom writes Sr.
    """
    ours, theirs = without_filler_names(ours), without_filler_names(theirs)
    born = plain_date(ours.birth_date), plain_date(theirs.birth_date, keeps_year=False)
    compared = _compare(ours, theirs, compare_dates(*born))
    if compared.given is AgreementLevel.DIFFERENT and not _is_spelling(ours, theirs, compared):
        return Reason.OTHER_NAME
    if _may_be_a_generation_apart(compared.born, years_apart(*born)):
        return Reason.OTHER_PERSON
    may_be_cut_off = compared.same_date or bool(cut_at("last_name", ours, theirs))
    if _generation(ours) != _generation(theirs) and not (
        may_be_cut_off and not (_generation(ours) and _generation(theirs))
    ):
        return Reason.OTHER_PERSON
    return Reason.OTHER_DETAILS if _several_differ(compared) else None


def _may_be_a_generation_apart(born: AgreementLevel, years: int | None) -> bool:
    """Return True if two birth dates can be of parent and child. `years` is None if a record lacks the year."""
    if years is None:
        return born not in (AgreementLevel.DAY_AND_MONTH, AgreementLevel.MISSING)
    return years >= GENERATION


def _compare(ours: Contact, theirs: Contact, born: AgreementLevel) -> _Compared:
    given = compare_given(ours.first_name, theirs.first_name)
    last = compare_surname(ours.last_name, theirs.last_name)
    if given is not AgreementLevel.EQUAL and cut_at("first_name", ours, theirs):
        given = AgreementLevel.EQUAL
    if last is not AgreementLevel.EQUAL and cut_at("last_name", ours, theirs):
        last = AgreementLevel.EQUAL
    if AgreementLevel.EQUAL not in (given, last) and _crossed(ours, theirs):
        given = last = AgreementLevel.CROSSED
    return _Compared(
        given, compare_middle(ours.middle_name, theirs.middle_name), last, born, _compare_phones(ours, theirs)
    )


def _crossed(ours: Contact, theirs: Contact) -> bool:
    """Return True if the first name of each record is the last name of the other, but for a slip."""
    names = given_name(ours.first_name), surname(ours.last_name)
    other = given_name(theirs.first_name), surname(theirs.last_name)
    if not all((*names, *other)):
        return False
    levels = compare_surname(names[0], other[1]), compare_surname(names[1], other[0])
    return AgreementLevel.EQUAL in levels and {*levels} <= {AgreementLevel.EQUAL, AgreementLevel.CLOSE}


def _compare_phones(ours: Contact, theirs: Contact) -> AgreementLevel:
    left = [number for number in map(digits, ours.phones) if number]
    right = [number for number in map(digits, theirs.phones) if number]
    if not left or not right:
        return AgreementLevel.MISSING
    if not {*left}.isdisjoint(right):
        return AgreementLevel.EQUAL
    slipped = any(is_slip(our_number, their_number) for our_number in left for their_number in right)
    return AgreementLevel.CLOSE if slipped else AgreementLevel.DIFFERENT


def _generation(contact: Contact) -> str:
    return generation(contact.suffix, contact.last_name, contact.first_name, contact.middle_name)


def _is_spelling(ours: Contact, theirs: Contact, compared: _Compared) -> bool:
    """Return True if an equal birth date or phone outweighs two first names that differ.

    One may be a bad spelling of the other. With an equal birth date, one may also be a middle name of the other record.
    """
    if compared.same_date and _is_middle_name(ours, theirs):
        return True
    alike = is_alike(given_name(ours.first_name), given_name(theirs.first_name))
    return alike and (compared.same_date or compared.same_phone)


def _is_middle_name(ours: Contact, theirs: Contact) -> bool:
    """Return True if the first name of one record is a middle name of the other."""
    left, right = given_name(ours.first_name), given_name(theirs.first_name)
    our_middle = parts(bare_middle_name(ours.middle_name))
    their_middle = parts(bare_middle_name(theirs.middle_name))
    return (len(left) > 1 and left in their_middle) or (len(right) > 1 and right in our_middle)


def _several_differ(compared: _Compared) -> bool:
    """Return True if two details differ, each of which alone says little.

    A person changes a number, marries, or is written in another way. Two such changes at once are as likely another
    person of the household. An equal birth date outweighs them.
    """
    if compared.same_date:
        return False
    same_name = compared.given in _AGREE
    another_surname = compared.surname is AgreementLevel.DIFFERENT
    if compared.born in _ANOTHER_DATE:
        return compared.another_phone or another_surname or not same_name
    if another_surname and not same_name:
        return True
    other_form = not same_name and compared.given is not AgreementLevel.MISSING
    other_middle = compared.middle is AgreementLevel.DIFFERENT
    return (other_form and compared.another_phone) or (other_middle and not compared.same_phone)
