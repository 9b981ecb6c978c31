"""The match model: compares two records field by field, in bits, and says what the two seem to be. Pure.

The model decides nothing. A household is another answer than one person, not a low sum: the class comes from
core/contacts/linkage/likelihood.py, however high the sum is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

import msgspec
from msgspec import Struct

from core.compare import names
from core.compare.addresses import Street, compare_places, compare_streets
from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates
from core.compare.emails import compare_emails, inbox_keys, shared_inbox
from core.compare.phones import is_slip
from core.contacts.field_limits import cut_at
from core.contacts.linkage.features import Features
from core.contacts.linkage.likelihood import Line, household
from core.contacts.linkage.term_frequency import TermFrequency, term_frequency
from core.contacts.linkage.weights import MProbabilities, against, m_probabilities, match_weight, prior
from core.contacts.model import Comparison, Contact, Evidence, Likeness

FIELDS: Final = (
    "first_name",
    "last_name",
    "middle_name",
    "suffix",
    "birth_date",
    "phone",
    "email",
    "address",
    "place",
)
"""The fields of the lines of evidence, in their order. The prior comes after them."""
_OFTEN: Final = 3
"""People who have a given name before it counts as known. Each of them may be in both books."""
ROLE: Final = "role"
"""The line of two records of which one is an agent's and one a borrower's. It weighs nothing: a person can be both."""
SLIP_U: Final = 2e-5
"""u of two phones, two emails or two addresses that differ by one typing error."""

DATE_U: Final[Mapping[AgreementLevel, float]] = {
    AgreementLevel.CLOSE: 1e-3,
    AgreementLevel.SWAPPED: 1e-3,
    AgreementLevel.PARTLY: 0.005,
    AgreementLevel.NEARBY: 0.004,
    AgreementLevel.YEARS: 0.07,
}
"""u of the levels of two birth dates for which it does not depend on the date."""
SWAPPED_WITH_YEAR_U: Final = 5e-5
"""u of swapped day and month in one year."""
STRANGE_U: Final = 0.98
"""u of two names that differ."""
SAME_SUFFIX_U: Final = 0.3
OTHER_SUFFIX_U: Final = 0.7
CHANCE: Final = 0.002
"""u of two names that are close, where the books do not say it."""
PLACE_OF_STREET: Final[Mapping[AgreementLevel, float]] = {
    AgreementLevel.EQUAL: 1.5,
    AgreementLevel.CLOSE: 1.0,
}
"""The most bits that an equal and a close place add where the street is equal."""


class MatchModel(Struct, frozen=True):
    """What the books at hand say about chance: the frequency of each value, the names that exist, the prior.

    `born` are whole birth dates and `day` days of birth without a year. `local` are parts of emails before the @.
    `home` are streets with their number and `road` streets without. `chance` is the probability that names of
    strangers are close or nicknames, by field and level. `prior` is the match weight before a field is compared, in
    bits.
    """

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
    m: MProbabilities
    prior: float

    @property
    def compact(self) -> MatchModel:
        """The same model in little memory, to be kept for as long as its match."""
        frequencies = {
            field: value.compact
            for field in self.__struct_fields__
            if isinstance(value := getattr(self, field), TermFrequency)
        }
        return msgspec.structs.replace(self, **frequencies)

    def compare(self, left: Features, right: Features) -> Comparison:
        """Compare two records. The evidence has a line for the prior and for each field that a record holds."""
        lines = self.lines(left, right)
        evidence = evidence_of(lines, left.contact, right.contact)
        found = household(left, right, lines)
        return Comparison(found.likeness, total(lines), evidence, found.probability, found.relation)

    def lines(self, left: Features, right: Features) -> list[Line]:
        """Compare two records field by field. The last line is the prior."""
        return [
            *self._names(left, right),
            self._middle(left, right),
            self._suffix(left.generation, right.generation),
            self._birth_date(left.born, right.born),
            self._phone(left.phones, right.phones),
            self._email(left, right),
            *self._address(left, right),
            ("prior", AgreementLevel.PRIOR, self.prior),
        ]

    def _names(self, left: Features, right: Features) -> tuple[Line, Line]:
        given = self.compare_given(left.first_name, right.first_name)
        surname = names.compare_surname(left.last_name, right.last_name)
        if given is not AgreementLevel.EQUAL and cut_at("first_name", left.contact, right.contact):
            given = AgreementLevel.CLOSE
        if surname is not AgreementLevel.EQUAL and cut_at("last_name", left.contact, right.contact):
            surname = AgreementLevel.CLOSE
        if AgreementLevel.DIFFERENT is given is surname:
            given, surname = crossed_levels((left.given, left.surname), (right.given, right.surname))
        given_bits = self._name_bits("first_name", given, (left.given, right.given), self.given)
        surname_bits = self._name_bits("last_name", surname, (left.surname, right.surname), self.surname)
        return ("first_name", given, given_bits), ("last_name", surname, surname_bits)

    def _name_bits(
        self, field: str, level: AgreementLevel, values: tuple[str, str], frequency: TermFrequency
    ) -> float:
        if level is AgreementLevel.MISSING:
            return 0.0
        m = self.m[field][level]
        left, right = values
        if level is AgreementLevel.DIFFERENT:
            return against(m, STRANGE_U)
        if level is AgreementLevel.INITIAL or (level is AgreementLevel.EQUAL and len(left) == 1):
            return match_weight(m, self.initial.u(left[:1]))
        if level is AgreementLevel.EQUAL:
            return match_weight(m, frequency.u(left))
        u = min(0.9, frequency.u(left) + frequency.u(right))
        if level is not AgreementLevel.CROSSED:
            u += self.chance.get((field, level), CHANCE)
        return match_weight(m, u)

    def _middle(self, left: Features, right: Features) -> Line:
        level = names.compare_middle(left.middle, right.middle)
        bits = self._name_bits("middle_name", level, (left.middle, right.middle), self.middle)
        return "middle_name", level, bits

    def _suffix(self, left: str, right: str) -> Line:
        if not left or not right:
            return "suffix", AgreementLevel.MISSING, 0.0
        if left != right:
            return (
                "suffix",
                AgreementLevel.DIFFERENT,
                against(self.m["suffix"][AgreementLevel.DIFFERENT], OTHER_SUFFIX_U),
            )
        return (
            "suffix",
            AgreementLevel.EQUAL,
            match_weight(self.m["suffix"][AgreementLevel.EQUAL], SAME_SUFFIX_U),
        )

    def _birth_date(self, left: str, right: str) -> Line:
        level = compare_dates(left, right)
        if level is AgreementLevel.MISSING:
            return "birth_date", level, 0.0
        if level is AgreementLevel.DIFFERENT:
            return "birth_date", level, against(self.m["birth_date"][level])
        u = DATE_U.get(level, 1e-3)
        if level is AgreementLevel.EQUAL:
            u = self.born.u(left)
        elif level is AgreementLevel.DAY_AND_MONTH:
            u = self.day.u(left[-4:])
        elif level is AgreementLevel.SWAPPED and len(left) == len(right) == 8:
            u = SWAPPED_WITH_YEAR_U
        return "birth_date", level, match_weight(self.m["birth_date"][level], u)

    def _phone(self, left: Sequence[str], right: Sequence[str]) -> Line:
        if not left or not right:
            return "phone", AgreementLevel.MISSING, 0.0
        shared = [number for number in left if number in right]
        if shared:
            level, u = AgreementLevel.EQUAL, min(map(self.phone.u, shared))
        elif any(is_slip(left_number, right_number) for left_number in left for right_number in right):
            level, u = AgreementLevel.CLOSE, SLIP_U
        else:
            return "phone", AgreementLevel.DIFFERENT, against(self.m["phone"][AgreementLevel.DIFFERENT])
        return "phone", level, match_weight(self.m["phone"][level], u)

    def _email(self, left: Features, right: Features) -> Line:
        level = compare_emails(left.contact.email, right.contact.email)
        if level is AgreementLevel.MISSING:
            return "email", level, 0.0
        if level is AgreementLevel.DIFFERENT:
            return "email", level, against(self.m["email"][level])
        u = 1.0
        if level is AgreementLevel.EQUAL:
            u = self.email.u(shared_inbox(left.contact.email, right.contact.email))
        elif level is AgreementLevel.CLOSE:
            shared = next((local for local in left.local_parts if local in right.local_parts), "")
            u = self.local.u(shared) if shared else SLIP_U
        return "email", level, match_weight(self.m["email"][level], u)

    def _address(self, left: Features, right: Features) -> tuple[Line, Line]:
        """Return the lines of street and place.

        The two are not independent: a place follows from its street. So an equal place adds at most 1.5 bits, and a
        close place 1 bit, if the street is equal.
        """
        street, street_bits = self._street(left, right)
        place = compare_places(left.place, right.place)
        place_bits = 0.0
        if place is AgreementLevel.EQUAL:
            same_key = left.place_key == right.place_key
            key = left.place_key if same_key else f"{left.place[1]} {left.place[2]}"
            place_bits = match_weight(self.m["place"][place], self.place.u(key))
        elif place is AgreementLevel.CLOSE:
            place_bits = match_weight(self.m["place"][place], self._close_place_u(left.place, right.place))
        elif place is AgreementLevel.DIFFERENT:
            place_bits = against(self.m["place"][place])
        if street is AgreementLevel.EQUAL and place in PLACE_OF_STREET:
            place_bits = min(place_bits, PLACE_OF_STREET[place])
        return ("address", street, street_bits), ("place", place, place_bits)

    def _street(self, left: Features, right: Features) -> tuple[AgreementLevel, float]:
        """Return how two streets compare, and the match weight in bits.

        Two records in one building are close, whatever their streets say.
        """
        m = self.m["address"]
        level = compare_streets(left.street, right.street)
        may_differ = level in (AgreementLevel.DIFFERENT, AgreementLevel.MISSING)
        if may_differ and left.building and left.building == right.building:
            close = m[AgreementLevel.CLOSE]
            return AgreementLevel.CLOSE, match_weight(close, min(close, self.building.u(left.building)))
        if level is AgreementLevel.MISSING:
            return level, 0.0
        if level is AgreementLevel.EQUAL:
            whole = left.street.key and right.street.key
            u = self.home.u(left.street.key) if whole else self.road.u(left.street.core)
            return level, match_weight(m[level], u)
        if level is AgreementLevel.CLOSE:
            return level, match_weight(m[level], self._close_street_u(left.street, right.street))
        if left.street.core == right.street.core:
            return (
                level,
                0.0,
            )  # another number on the same street: no agreement, and less apart than another street
        return level, against(m[level])

    def _close_street_u(self, left: Street, right: Street) -> float:
        """Return the probability that the streets of two strangers are close."""
        most = self.m["address"][AgreementLevel.CLOSE]
        roads = self.road.u(left.core), self.road.u(right.core)
        return close_street_u(*roads, most, numbered=bool(left.number and right.number))

    def _close_place_u(self, left: tuple[str, str, str], right: tuple[str, str, str]) -> float:
        """Return the probability that the places of two strangers are close.

        Close is one city under two postcodes, or a typing error in the city or in the postcode.
        """
        if left[1] and left[1] == right[1]:
            return close_place_u(self.city.u(left[1]), same_size=len(left[0]) == len(right[0]))
        return slip_place_u(self.place.u(left[0]), self.place.u(right[0]))


def close_street_u(left: float, right: float, most: float, *, numbered: bool) -> float:
    """Return the probability that the streets of two strangers are close, by the u of both; at most `most`.

    `numbered` says that both have a number.
    """
    return min(most, (left + right) * (0.05 if numbered else 1.0) + SLIP_U)


def close_place_u(city: float, *, same_size: bool) -> float:
    """Return the probability that two strangers have one city and two postcodes, by the u of the city.

    `same_size` says that the postcodes have the same number of characters.
    """
    return city * (0.2 if same_size else 1.0) + 1e-4


def slip_place_u(left: float, right: float) -> float:
    """Return the probability that a city or a postcode of two strangers is one slip apart, by the u of both places."""
    return left + right + 0.003


USUAL: Final[Mapping[str, tuple[float, float]]] = {
    "given": (1 / 300, 1_000.0),
    "surname": (1 / 2_000, 1_000.0),
    "middle": (1 / 300, 1_000.0),
    "initial": (1 / 15, 300.0),
    "born": (1 / 22_000, 5_000.0),
    "day": (1 / 365, 5_000.0),
    "phone": (1e-5, 5_000.0),
    "email": (1e-5, 5_000.0),
    "local": (3e-5, 5_000.0),
    "home": (2e-5, 5_000.0),
    "road": (1 / 1_500, 1_000.0),
    "building": (1 / 1_500, 1_000.0),
    "place": (1 / 300, 1_000.0),
    "city": (1 / 300, 1_000.0),
}
"""The usual frequency of a value of each kind, and how many imagined records are added (`TermFrequency`)."""


def frequency(kind: str, values: Iterable[str]) -> TermFrequency:
    """Count the values of a kind, which `USUAL` names."""
    return term_frequency(values, *USUAL[kind])


def match_model_of(left: Sequence[Features], right: Sequence[Features]) -> MatchModel:
    """Return the match model of two books.

    Both books are counted together, so that neither their order nor the order of the records matters.
    """
    everyone = (*left, *right)
    given = frequency("given", (features.given for features in everyone))
    frequent = frequent_names(given.counts)
    compare_given = names.given_name_comparer(frequent)
    emails = (key for features in everyone for key in inbox_keys(features.contact.email))
    return MatchModel(
        given=given,
        surname=frequency("surname", (features.surname for features in everyone)),
        middle=frequency("middle", (features.middle for features in everyone)),
        initial=initials(given.counts),
        born=frequency("born", (features.born for features in everyone)),
        day=frequency("day", (features.born[-4:] for features in everyone)),
        phone=frequency("phone", (phone for features in everyone for phone in features.phones)),
        email=frequency("email", emails),
        local=frequency("local", (local for features in everyone for local in features.local_parts)),
        home=frequency("home", (features.street.key for features in everyone)),
        road=frequency("road", (features.street.core for features in everyone)),
        building=frequency("building", (features.building for features in everyone)),
        place=frequency("place", (features.place_key for features in everyone)),
        city=frequency("city", (features.place[1] for features in everyone)),
        chance={
            **chances("first_name", _sample(features.first_name for features in everyone), compare_given),
            **chances(
                "last_name", _sample(features.last_name for features in everyone), names.compare_surname
            ),
        },
        compare_given=compare_given,
        m=m_probabilities(),
        prior=prior(len(left), len(right)),
    )


def frequent_names(counts: Mapping[str, int]) -> frozenset[str]:
    """Return the given names that occur often enough to count as known, of all given names with their counts."""
    return frozenset(name for name, count in counts.items() if count >= 2 * _OFTEN and len(name) > 1)


def initials(counts: Mapping[str, int]) -> TermFrequency:
    """Return the frequencies of the first letters of given names."""
    first_letters = Counter[str]()
    for name, count in counts.items():
        first_letters[name[0]] += count
    return TermFrequency(first_letters, first_letters.total(), *USUAL["initial"])


STRANGERS: Final = 150
"""About this many records are a sample: their names are compared to count how often strangers' names are alike."""


def sample_step(number: int) -> int:
    """Return which of `number` sorted names are the sample of strangers: the first one, and each that many after."""
    return max(1, number // STRANGERS)


def _sample(values: Iterable[str]) -> Sequence[str]:
    """Return a sample that is spread evenly over the sorted names of both books."""
    sorted_names = sorted(name for name in values if name)
    return sorted_names[:: sample_step(len(sorted_names))]


def chances(
    field: str, sample: Sequence[str], compare: Callable[[str, str], AgreementLevel]
) -> dict[tuple[str, AgreementLevel], float]:
    """Return the probability that names of two strangers are close or nicknames, by field and level."""
    levels = Counter(compare(left, right) for left, right in combinations(sample, 2))
    pairs = levels.total() + 2_000
    return {
        (field, level): (levels[level] + 4) / pairs
        for level in (AgreementLevel.CLOSE, AgreementLevel.NICKNAME)
    }


def evidence_of(lines: Sequence[Line], left: Contact, right: Contact) -> tuple[Evidence, ...]:
    """Return the evidence about two contacts with their values. A field that neither holds has no line."""
    left_values, right_values = written_values(left), written_values(right)
    evidence = (
        Evidence(field, level, bits, left_values.get(field, ""), right_values.get(field, ""))
        for field, level, bits in lines
    )
    kept = tuple(
        line for line in evidence if line.level is not AgreementLevel.MISSING or line.left or line.right
    )
    if not left.has_other_role(right):
        return kept
    return (*kept, Evidence(ROLE, AgreementLevel.DIFFERENT, 0.0, left.role, right.role))


def total(lines: Sequence[Line]) -> float:
    """Return the sum of the lines' match weights in bits."""
    return round(sum([bits for _, _, bits in lines]), 2)


def likeness(left: Features, right: Features, lines: Sequence[Line]) -> Likeness:
    """Return the class of two records (docs/matching.md, "Classes")."""
    return household(left, right, lines).likeness


def crossed_levels(left: tuple[str, str], right: tuple[str, str]) -> tuple[AgreementLevel, AgreementLevel]:
    """Return the levels of first and last name of two records whose names both differ. `left` and `right` are folded.

    A name that is in the other's place is crossed. If only one does, it is the first name if it is a known given
    name and the other two names are not. "Chloe White" and "Gren Chloe" have one first name; "Gary Thomas" and
    "Thomas Megan" have one last name.
    """
    if not all((*left, *right)):
        return AgreementLevel.DIFFERENT, AgreementLevel.DIFFERENT
    given, surname = _is_name(left[0], right[1]), _is_name(right[0], left[1])
    if given and surname:
        return AgreementLevel.CROSSED, AgreementLevel.CROSSED
    if not given and not surname:
        return AgreementLevel.DIFFERENT, AgreementLevel.DIFFERENT
    shared, others = (left[0], (left[1], right[0])) if given else (right[0], (left[0], right[1]))
    if names.is_known(shared) and not all(map(names.is_known, others)):
        return AgreementLevel.CROSSED, AgreementLevel.DIFFERENT
    return AgreementLevel.DIFFERENT, AgreementLevel.CROSSED


@lru_cache(maxsize=262_144)
def _is_name(given: str, surname: str) -> bool:
    """Return True if a first name of one record is the last name of the other, but for a slip."""
    agreeing = (AgreementLevel.EQUAL, AgreementLevel.CLOSE)
    return names.compare_surname(given, surname) in agreeing or names.is_typo(given, surname)


def written_values(contact: Contact) -> dict[str, str]:
    """Return the value of a contact for each field of a comparison, as it is written."""
    return {
        "first_name": contact.first_name,
        "middle_name": contact.middle_name,
        "last_name": contact.last_name,
        "suffix": contact.suffix,
        "birth_date": contact.birth_date,
        "phone": ", ".join(contact.phones),
        "email": contact.email,
        "address": " ".join(line for line in (contact.street, contact.street_2) if line),
        "place": " ".join(part for part in (contact.city, contact.state, contact.postcode) if part),
    }
