"""Two records compared, field by field, in bits a person can read; and what they seem to be. Pure, decides nothing.

A household is another answer than one person, not a low score: where given names, generations or birth dates disagree
beyond a slip, the likeness is `household`, however much else is shared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final

from msgspec import Struct

from core.compare import names
from core.compare.addresses import (
    Street,
    building_of,
    compare_places,
    compare_streets,
    postcode_of,
    street_of,
)
from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates, plain_date
from core.compare.emails import compare_emails, plain_local
from core.compare.keys import email_key
from core.compare.phones import digits, is_slip
from core.contacts.linkage.weights import M, TermFrequency, match_weight, prior, term_frequency
from core.contacts.model import Comparison, Contact, Evidence, Likeness

Line = tuple[str, AgreementLevel, float]
"""A field, its level, its bits."""


class Features(Struct, frozen=True, gc=False):
    """A contact in the forms in which it compares."""

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
        """The postcode, else city and state."""
        code, city, state = self.place
        return code or (f"{city} {state}" if city else "")


def features_of(contact: Contact, *, keeps_year: bool = True) -> Features:
    """Give a contact in the forms in which it compares; Total Expert keeps no birth year (1970 stands for none)."""
    return Features(
        contact,
        names.fold(contact.first_name),
        names.fold(contact.middle_name),
        names.surname(contact.last_name),
        names.generation(contact.suffix, contact.last_name),
        plain_date(contact.birth_date, keeps_year=keeps_year),
        tuple(dict.fromkeys(one for one in map(digits, contact.phones) if one)),
        plain_local(contact.email),
        street_of(contact.street, contact.street_2),
        building_of(contact.street_2) if contact.street.strip() else "",
        (postcode_of(contact.postcode), names.fold(contact.city), names.fold(contact.state)),
    )


_CONFIRMING: Final = frozenset(
    {AgreementLevel.EQUAL, AgreementLevel.CLOSE, AgreementLevel.SWAPPED, AgreementLevel.DAY_AND_MONTH}
)
_OFTEN: Final = 3
"""Bearers that make a given name of a book a name and no slip."""


class MatchModel(Struct, frozen=True):
    """What the books at hand say about chance: how rare each value is, which names there are, how many records."""

    given: TermFrequency
    surname: TermFrequency
    middle: TermFrequency
    initial: TermFrequency
    born: TermFrequency
    day: TermFrequency
    phone: TermFrequency
    email: TermFrequency
    local: TermFrequency
    home: TermFrequency
    road: TermFrequency
    building: TermFrequency
    place: TermFrequency
    city: TermFrequency
    chance: dict[tuple[str, AgreementLevel], float]
    compare_given: Callable[[str, str], AgreementLevel]
    prior: float

    def compare(self, left: Features, right: Features) -> Comparison:
        """Compare two records whole, with a line for each field that either of them holds."""
        lines = self.lines(left, right)
        mine, yours = _values(left.contact), _values(right.contact)
        shown = (
            Evidence(field, level, said, mine.get(field, ""), yours.get(field, ""))
            for field, level, said in lines
        )
        kept = tuple(one for one in shown if one.level is not AgreementLevel.MISSING or one.left or one.right)
        return Comparison(likeness(left, right, lines), total(lines), kept)

    def lines(self, left: Features, right: Features) -> list[Line]:
        """Compare field by field."""
        return [
            *self._names(left, right),
            self._middle(left, right),
            _suffix(left.generation, right.generation),
            self._born(left.born, right.born),
            self._phone(left.phones, right.phones),
            self._email(left, right),
            *self._address(left, right),
            ("prior", AgreementLevel.PRIOR, self.prior),
        ]

    def _names(self, left: Features, right: Features) -> tuple[Line, Line]:
        given = self.compare_given(left.contact.first_name, right.contact.first_name)
        family = names.compare_surname(left.contact.last_name, right.contact.last_name)
        if AgreementLevel.DIFFERENT is given is family and _crossed(left, right):
            given = family = AgreementLevel.CROSSED
        return (
            (
                "first_name",
                given,
                self._name_bits("first_name", given, (left.given, right.given), self.given),
            ),
            (
                "last_name",
                family,
                self._name_bits("last_name", family, (left.surname, right.surname), self.surname),
            ),
        )

    def _name_bits(
        self, field: str, level: AgreementLevel, values: tuple[str, str], rare: TermFrequency
    ) -> float:
        if level is AgreementLevel.MISSING:
            return 0.0
        m = M[field][level]
        one, other = values
        if level is AgreementLevel.DIFFERENT:
            return match_weight(m, 0.98)
        if level is AgreementLevel.INITIAL or (level is AgreementLevel.EQUAL and len(one) == 1):
            return match_weight(m, self.initial.u(one[:1]))
        if level is AgreementLevel.EQUAL:
            return match_weight(m, rare.u(one))
        u = min(0.9, rare.u(one) + rare.u(other))
        return match_weight(
            m, u if level is AgreementLevel.CROSSED else u + self.chance.get((field, level), 0.002)
        )

    def _middle(self, left: Features, right: Features) -> Line:
        level = names.compare_middle(left.middle, right.middle)
        said = self._name_bits("middle_name", level, (left.middle, right.middle), self.middle)
        return "middle_name", level, said

    def _born(self, left: str, right: str) -> Line:
        level = compare_dates(left, right)
        if level is AgreementLevel.MISSING:
            return "birth_date", level, 0.0
        u = {
            AgreementLevel.EQUAL: self.born.u(left),
            AgreementLevel.CLOSE: 1e-3,
            AgreementLevel.SWAPPED: 5e-5,
            AgreementLevel.DAY_AND_MONTH: self.day.u(left[-4:]),
        }.get(level, 1.0)
        return "birth_date", level, match_weight(M["birth_date"][level], u)

    def _phone(self, left: Sequence[str], right: Sequence[str]) -> Line:
        if not left or not right:
            return "phone", AgreementLevel.MISSING, 0.0
        shared = [one for one in left if one in right]
        if shared:
            return (
                "phone",
                AgreementLevel.EQUAL,
                match_weight(M["phone"][AgreementLevel.EQUAL], min(map(self.phone.u, shared))),
            )
        if any(is_slip(one, other) for one in left for other in right):
            return "phone", AgreementLevel.CLOSE, match_weight(M["phone"][AgreementLevel.CLOSE], 2e-5)
        return "phone", AgreementLevel.DIFFERENT, match_weight(M["phone"][AgreementLevel.DIFFERENT], 1.0)

    def _email(self, left: Features, right: Features) -> Line:
        level = compare_emails(left.contact.email, right.contact.email)
        if level is AgreementLevel.MISSING:
            return "email", level, 0.0
        u = 1.0
        if level is AgreementLevel.EQUAL:
            u = self.email.u(email_key(left.contact.email))
        elif level is AgreementLevel.CLOSE:
            u = self.local.u(left.local) if left.local == right.local else 2e-5
        return "email", level, match_weight(M["email"][level], u)

    def near_home(self, left: Street, right: Street) -> float:
        """Give the chance that two strangers' addresses are close."""
        roads = self.road.u(left.core) + self.road.u(right.core)
        return min(
            M["address"][AgreementLevel.CLOSE], roads * (0.05 if left.number and right.number else 1.0) + 2e-5
        )

    def near_place(self, left: tuple[str, str, str], right: tuple[str, str, str]) -> float:
        """Give the chance that two strangers' places are close: one city under two postcodes, or a slip in either."""
        if left[1] and left[1] == right[1]:
            return self.city.u(left[1]) * (0.2 if len(left[0]) == len(right[0]) else 1.0) + 1e-4
        return self.place.u(left[0]) + self.place.u(right[0]) + 0.003

    def _address(self, left: Features, right: Features) -> tuple[Line, Line]:
        """Give the lines of street and place; a place follows from its street, so that it adds little to it."""
        street = compare_streets(left.street, right.street)
        said = 0.0
        if (
            street in (AgreementLevel.DIFFERENT, AgreementLevel.MISSING)
            and left.building
            and left.building == right.building
        ):
            street = AgreementLevel.CLOSE
            said = match_weight(
                M["address"][street], min(M["address"][street], self.building.u(left.building))
            )
        elif street is AgreementLevel.EQUAL:
            whole = left.street.key and right.street.key
            u = self.home.u(left.street.key) if whole else self.road.u(left.street.core)
            said = match_weight(M["address"][street], u)
        elif street is AgreementLevel.CLOSE:
            said = match_weight(M["address"][street], self.near_home(left.street, right.street))
        elif street is AgreementLevel.DIFFERENT and left.street.core == right.street.core:
            said = match_weight(0.05, 0.02)  # another number on the same street
        elif street is AgreementLevel.DIFFERENT:
            said = match_weight(M["address"][street], 1.0)
        place = compare_places(left.place, right.place)
        there = 0.0
        if place is AgreementLevel.EQUAL:
            codes = (
                left.place_key if left.place_key == right.place_key else f"{left.place[1]} {left.place[2]}"
            )
            there = match_weight(M["place"][place], self.place.u(codes))
            there = min(there, 1.5) if street is AgreementLevel.EQUAL else there
        elif place is AgreementLevel.CLOSE:
            there = match_weight(M["place"][place], self.near_place(left.place, right.place))
            there = min(there, 1.0) if street is AgreementLevel.EQUAL else there
        elif place is AgreementLevel.DIFFERENT:
            there = match_weight(M["place"][place], 1.0)
        return ("address", street, said), ("place", place, there)


def match_model_of(left: Sequence[Features], right: Sequence[Features]) -> MatchModel:
    """Take the measure of two books: both sides are counted alike, so that sides and order don't matter."""
    everyone = (*left, *right)
    given = term_frequency((one.given for one in everyone), 1 / 300)
    frequent = frozenset(
        name for name, count in given.counts.items() if count >= 2 * _OFTEN and len(name) > 1
    )
    first_letters = Counter[str]()
    for name, count in given.counts.items():
        first_letters[name[0]] += count
    compare_given = names.given_here(frequent)
    return MatchModel(
        given=given,
        surname=term_frequency((one.surname for one in everyone), 1 / 2_000),
        middle=term_frequency((one.middle for one in everyone), 1 / 300),
        initial=TermFrequency(first_letters, first_letters.total(), 1 / 15, 300.0),
        born=term_frequency((one.born for one in everyone), 1 / 22_000, 5_000.0),
        day=term_frequency((one.born[-4:] for one in everyone), 1 / 365, 5_000.0),
        phone=term_frequency((phone for one in everyone for phone in one.phones), 1e-5, 5_000.0),
        email=term_frequency((email_key(one.contact.email) for one in everyone), 1e-5, 5_000.0),
        local=term_frequency((one.local for one in everyone), 3e-5, 5_000.0),
        home=term_frequency((one.street.key for one in everyone), 2e-5, 5_000.0),
        road=term_frequency((one.street.core for one in everyone), 1 / 1_500),
        building=term_frequency((one.building for one in everyone), 1 / 1_500),
        place=term_frequency((one.place_key for one in everyone), 1 / 300),
        city=term_frequency((one.place[1] for one in everyone), 1 / 300),
        chance={
            **_chances("first_name", [one.contact.first_name for one in everyone], compare_given),
            **_chances("last_name", [one.contact.last_name for one in everyone], names.compare_surname),
        },
        compare_given=compare_given,
        prior=prior(len(left), len(right)),
    )


STRANGERS: Final = 150
"""Records whose names are compared with each other, to see how often strangers' names are alike."""


def _chances(
    field: str, values: Sequence[str], compare: Callable[[str, str], AgreementLevel]
) -> dict[tuple[str, AgreementLevel], float]:
    """Give how often two strangers' names are close or nicknames, from records spread evenly over the books."""
    held = sorted(one for one in values if one)
    spread = held[:: max(1, len(held) // STRANGERS)]
    found = Counter(compare(one, other) for one, other in combinations(spread, 2))
    pairs = found.total() + 2_000
    return {
        (field, level): (found[level] + 4) / pairs
        for level in (AgreementLevel.CLOSE, AgreementLevel.NICKNAME)
    }


def total(lines: Sequence[Line]) -> float:
    """Give the sum of the lines' bits."""
    return round(sum(said for _, _, said in lines), 2)


def likeness(left: Features, right: Features, lines: Sequence[Line]) -> Likeness:
    """Say whether two records seem to be one person or people of one household (MATCHING: a class of its own)."""
    levels = {field: level for field, level, _ in lines}
    born = levels.get("birth_date", AgreementLevel.MISSING)
    if AgreementLevel.DIFFERENT in (levels.get("first_name"), levels.get("suffix"), born):
        return Likeness.HOUSEHOLD
    if born not in _CONFIRMING and (
        left.generation != right.generation or levels.get("middle_name") is AgreementLevel.DIFFERENT
    ):
        return Likeness.HOUSEHOLD
    return Likeness.PERSON


def _suffix(left: str, right: str) -> Line:
    if not left or not right:
        return "suffix", AgreementLevel.MISSING, 0.0
    level = AgreementLevel.EQUAL if left == right else AgreementLevel.DIFFERENT
    return "suffix", level, match_weight(M["suffix"][level], 0.3 if level is AgreementLevel.EQUAL else 0.7)


def _crossed(left: Features, right: Features) -> bool:
    """Say whether first and last name stand in each other's place, in one of the records."""
    if not (left.given and left.surname and right.given and right.surname):
        return False
    mine = names.compare_surname(left.given, right.surname)
    yours = names.compare_surname(left.surname, right.given)
    near = (AgreementLevel.EQUAL, AgreementLevel.CLOSE)
    return mine in near and yours in near


def _values(contact: Contact) -> dict[str, str]:
    """Give what a contact holds in the field of each line, as it stands."""
    return {
        "first_name": contact.first_name,
        "middle_name": contact.middle_name,
        "last_name": contact.last_name,
        "suffix": contact.suffix,
        "birth_date": contact.birth_date,
        "phone": ", ".join(contact.phones),
        "email": contact.email,
        "address": " ".join(one for one in (contact.street, contact.street_2) if one),
        "place": " ".join(one for one in (contact.city, contact.state, contact.postcode) if one),
    }
