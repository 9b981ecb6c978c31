"""The class of two records: one person, or two people of one household, by which of them explains the levels better.

Pure. The same agreement levels are summed under several relations: one person, spouses, parent and child, siblings and
twins. The likelier one wins. Between them is `unsure` (docs/matching.md, "Classes").
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from math import prod
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from core.compare.agreement import AgreementLevel
from core.compare.dates import years_apart
from core.compare.names import is_alike, is_known
from core.contacts.linkage.features import Features
from core.contacts.linkage.weights import m_probabilities
from core.contacts.model import Likeness, Relation

Line = tuple[str, AgreementLevel, float]
"""One line of evidence without its values: a field, its agreement level, its match weight in bits."""

PERSON_UP_TO: Final = 1 / 6
"""The class is `person` up to this probability that the two are people of one household instead."""
HOUSEHOLD_FROM: Final = 0.5
"""The class is `household` above this probability."""

HOUSEHOLD_FIELDS: Final = (
    "first_name",
    "middle_name",
    "last_name",
    "birth_date",
    "phone",
    "email",
    "address",
)
"""The fields that tell people of one household apart. The place follows from the address."""
_CONFIRMING: Final = frozenset({"equal", "close", "swapped", "day_and_month"})
"""Levels at which a birth date confirms that two records are of one person, or of twins."""
_ANOTHER_KNOWN_NAME: Final = 0.2
"""Of the records of one person whose first names are wholly different, the share in which both are known names."""

_GAPS: Final = (("decade", 12), ("teens", 15), ("generation", 46), ("far", 9_999))
"""The names of the years between two birth dates, and the most years of each.

Parents are seldom younger than 16 or older than 46.
"""

_Table = Mapping[str, Mapping[str, float]]
"""The probability of a level, by field and level."""


class Household(Struct, frozen=True):
    """How well a household explains two records.

    `probability` is the probability, from 0 to 1, that the two are people of one household, if they are not strangers:
    otherwise they are one person. `relation` is the likeliest relation of the two people.
    """

    probability: float
    relation: Relation
    likeness: Likeness


class HouseholdFacts(Struct, frozen=True):
    """What tells one person from two people of a household, of two records.

    `levels` are (field, level) of each field that both records hold, as the tables name the levels. `both_known` says
    that both first names are known names, `other_suffix` that both records have a generation and not the same, and
    `other_generation` that their generations are not the same, also if one record has none.
    """

    levels: tuple[tuple[str, str], ...]
    both_known: bool
    other_suffix: bool
    other_generation: bool


@cache
def _tables() -> tuple[_Table, Mapping[Relation, tuple[float, _Table]]]:
    """Read `relations.toml` once. Return the table of one person, and share and table of each relation."""
    text = tomllib.loads(files(__package__).joinpath("relations.toml").read_text("utf-8"))
    one_person = {
        field: {level.name.lower(): m for level, m in levels.items()}
        for field, levels in m_probabilities().items()
    }
    one_person.update(text.pop("one_person"))
    relations = {}
    for relation in Relation:
        table = dict(text[relation.name.lower()])
        relations[relation] = (table.pop("share"), table)
    return MappingProxyType(one_person), MappingProxyType(relations)


def household(left: Features, right: Features, lines: Sequence[Line]) -> Household:
    """Return how well a household explains two records, and the class of the two."""
    levels = {field: level for field, level, _ in lines}
    written = _written_levels(left, right, levels)
    return household_of(
        HouseholdFacts(
            tuple(written.items()),
            _both_known(left, right),
            levels["suffix"] is AgreementLevel.DIFFERENT,
            left.generation != right.generation,
        )
    )


@lru_cache(maxsize=65_536)
def household_of(facts: HouseholdFacts) -> Household:
    """Return how well a household explains two records with known facts, and the class of the two."""
    one_person, relations = _tables()
    another_known_name = facts.both_known and ("first_name", "different") in facts.levels
    same = (_ANOTHER_KNOWN_NAME if another_known_name else 1.0) * _likelihood(one_person, facts.levels)
    others = {
        relation: share * _likelihood(table, facts.levels) for relation, (share, table) in relations.items()
    }
    other = sum(others.values())
    probability = other / (same + other)
    return Household(probability, max(others, key=others.__getitem__), _likeness(facts, probability))


def _written_levels(left: Features, right: Features, levels: Mapping[str, AgreementLevel]) -> dict[str, str]:
    """Return the level of each field that both records hold, as the tables name the levels."""
    written = {
        field: levels[field].name.lower()
        for field in HOUSEHOLD_FIELDS
        if levels.get(field, AgreementLevel.MISSING) is not AgreementLevel.MISSING
    }
    if is_mistyped(left.given, right.given, levels["first_name"], levels["birth_date"]):
        written["first_name"] = "mistyped"
    crossed = [field for field in ("first_name", "last_name") if levels[field] is AgreementLevel.CROSSED]
    if crossed == ["first_name"]:
        written["first_name"] = "half_crossed"
    if levels["birth_date"] is AgreementLevel.DIFFERENT:
        written["birth_date"] = years_between(left.born, right.born)
    if levels["birth_date"] is AgreementLevel.SWAPPED and not (len(left.born) == len(right.born) == 8):
        written["birth_date"] = "swapped_without_year"
    return written


def is_mistyped(left: str, right: str, given: AgreementLevel, born: AgreementLevel) -> bool:
    """Return True if one of two folded first names looks like a slip or a bad spelling of the other, and like no name.

    With an equal birth date, a lost last letter is a slip too: Melind is Melinda. Without, it is the masculine form.
    """
    if given is AgreementLevel.CLOSE:
        return not (is_known(left) and is_known(right))
    if given is not AgreementLevel.DIFFERENT:
        return False
    if is_alike(left, right):
        return True
    short, long = sorted((left, right), key=len)
    lost = born is AgreementLevel.EQUAL and long[:-1] == short and len(short) > 2
    return lost and is_known(long) and not is_known(short)


def years_between(left: str, right: str) -> str:
    """Return the name of the years between two plain birth dates that are wholly different."""
    years = years_apart(left, right)
    return "no_year" if years is None else gap_name(years)


def gap_name(years: int) -> str:
    """Return the name of a number of years between two birth dates."""
    return next(name for name, most in _GAPS if years <= most)


def _likelihood(table: _Table, written: Sequence[tuple[str, str]]) -> float:
    return prod(table[field][level] for field, level in written)


def _both_known(left: Features, right: Features) -> bool:
    return is_known(left.given) and is_known(right.given)


def _likeness(facts: HouseholdFacts, probability: float) -> Likeness:
    """Return the class. What people of one household differ in counts whatever the probability is."""
    if facts.other_suffix:
        return Likeness.HOUSEHOLD
    written = dict(facts.levels)
    confirmed = written.get("birth_date") in _CONFIRMING
    if facts.other_generation and not confirmed:
        return Likeness.HOUSEHOLD
    another_name = written.get("first_name") == "different"
    if another_name and confirmed and facts.both_known:
        return Likeness.HOUSEHOLD
    if probability > HOUSEHOLD_FROM:
        return Likeness.HOUSEHOLD
    return Likeness.UNSURE if another_name or probability > PERSON_UP_TO else Likeness.PERSON
