"""The class of many pairs at once, and whether their records contradict each other.

The facts of each pair are numbers. `household_of` (core/contacts/linkage/likelihood.py) is asked once for each
combination of facts.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct

from core.compare import names
from core.contacts.linkage.contradictions import AGREEING_DATES
from core.contacts.linkage.likelihood import (
    HOUSEHOLD_FIELDS,
    Household,
    HouseholdFacts,
    gap_name,
    household_of,
    is_mistyped,
)
from core.contacts.linkage.scoring import FIELDS
from core.contacts.model import Likeness
from data.scale.codes import Bools, Ints, numbered, packed, unpacked
from data.scale.columns import Columns
from data.scale.levels import (
    CLOSE,
    CROSSED,
    DIFFERENT,
    LEVELS,
    MISSING,
    NUMBER,
    SWAPPED,
    Dates,
    Levels,
    lengths,
)
from data.scale.scores import BORN, FIRST, LAST, SUFFIX, Lines

_GAPS: Final = ("decade", "teens", "generation", "far")
_WRITTEN: Final = (
    *(level.name.lower() for level in LEVELS),
    "mistyped",
    "half_crossed",
    "swapped_without_year",
    "no_year",
    *_GAPS,
)
"""The levels as the tables of relations name them. The place of a name is its number."""
_PLACE: Final = {name: place for place, name in enumerate(_WRITTEN)}
_BITS: Final = 5
"""Bits that hold a number of `_WRITTEN`."""


class Classes(Struct, frozen=True):
    """For each pair the number of its household in `kinds`, and whether its records contradict each other."""

    numbers: Ints
    kinds: list[Household]
    contradicts: Bools

    def are_households(self) -> Bools:
        """Return where the class is `household`."""
        table = np.array([kind.likeness is Likeness.HOUSEHOLD for kind in self.kinds], np.bool_)
        return table[self.numbers] if len(self.kinds) else np.zeros(0, np.bool_)


class Classifier:
    """Finds the class of pairs of records."""

    def __init__(self, columns: Columns, dates: Dates) -> None:
        self._columns = columns
        self._dates = dates
        values = columns.given.values
        self._known = np.array([names.is_known(value) for value in values], np.bool_)
        self._size = lengths(values)
        self._letter = np.array([ord(value[0]) if value else 0 for value in values], np.int32)

    def classify(self, left: Ints, right: Ints, lines: Lines) -> Classes:
        """Return the classes of pairs with these lines of evidence."""
        given, born = self._columns.given.codes, self._columns.born.codes
        generation = self._columns.generation.codes
        first, last, dates = lines.levels[FIRST], lines.levels[LAST], lines.levels[BORN]
        known = self._known[given[left]] & self._known[given[right]]
        other_suffix = lines.levels[SUFFIX] == DIFFERENT
        agreeing = np.isin(dates, [NUMBER[level] for level in AGREEING_DATES])
        contradicts = other_suffix | ((first == DIFFERENT) & (~agreeing | known))
        written = {field: lines.levels[FIELDS.index(field)].astype(np.uint64) for field in HOUSEHOLD_FIELDS}
        mistyped = self._mistyped(given[left], given[right], first, dates, known)
        written["first_name"][mistyped] = _PLACE["mistyped"]
        half = (first == CROSSED) & (last != CROSSED)
        written["first_name"][half] = _PLACE["half_crossed"]
        a, b = born[left], born[right]
        apart = np.flatnonzero(dates == DIFFERENT)
        written["birth_date"][apart] = self._gaps(a[apart], b[apart])
        whole = (self._dates.size[a] == 8) & (self._dates.size[b] == 8)
        written["birth_date"][(dates == SWAPPED) & ~whole] = _PLACE["swapped_without_year"]
        facts = np.zeros(len(left), np.uint64)
        for levels in written.values():
            facts = (facts << np.uint64(_BITS)) | levels
        for flag in (known, other_suffix, generation[left] != generation[right]):
            facts = (facts << np.uint64(1)) | flag
        unique, numbers = numbered(facts)
        return Classes(
            numbers.astype(np.int32), [household_of(_facts(fact)) for fact in unique.tolist()], contradicts
        )

    def _gaps(self, a: Ints, b: Ints) -> Ints:
        years = self._dates.years_apart(a, b)
        unique, places = numbered(years)
        found = [_PLACE["no_year" if gap < 0 else gap_name(gap)] for gap in unique.tolist()]
        return np.array(found, np.int32)[places]

    def _mistyped(self, a: Ints, b: Ints, first: Levels, dates: Levels, known: Bools) -> Bools:
        """Return where one of two first names looks like a slip of the other (`is_mistyped`).

        Names that differ are asked about once for each pair and date level, if they can be slips: one of the two is
        known, and they share their first letter or all letters but the last.
        """
        mistyped: Bools = (first == CLOSE) & ~known
        may = (first == DIFFERENT) & (self._known[a] != self._known[b]) & (self._letter[a] == self._letter[b])
        may &= (a != 0) & (b != 0)
        asked = np.flatnonzero(may)
        values = self._columns.given.values
        for level in np.unique(dates[asked]).tolist():
            chosen = asked[dates[asked] == level]
            unique, places = numbered(packed(a[chosen], b[chosen]))
            ours, theirs = unpacked(unique)
            found = [
                is_mistyped(values[one], values[other], LEVELS[DIFFERENT], LEVELS[level])
                for one, other in zip(ours.tolist(), theirs.tolist(), strict=True)
            ]
            mistyped[chosen] = np.array(found, np.bool_)[places]
        return mistyped


def _facts(packed_facts: int) -> HouseholdFacts:
    """Return the facts that a number stands for."""
    flags = [bool(packed_facts >> place & 1) for place in (2, 1, 0)]
    packed_facts >>= 3
    written: list[tuple[str, str]] = []
    for place, field in enumerate(reversed(HOUSEHOLD_FIELDS)):
        number = packed_facts >> (_BITS * place) & ((1 << _BITS) - 1)
        if number != MISSING:
            written.append((field, _WRITTEN[number]))
    return HouseholdFacts(tuple(reversed(written)), *flags)
