"""What the books at hand say about chance, for columns of codes: `MatchModel` of core/contacts/linkage/scoring.py.

The match weight of a value depends on how many records hold it, so it is computed once for each number of records.
Match weights are in hundredths of a bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from core.compare import names
from core.compare.agreement import AgreementLevel
from core.compare.emails import plain_local
from core.contacts.linkage.scoring import USUAL, chances, frequent_names, initials, sample_step
from core.contacts.linkage.term_frequency import TermFrequency
from core.contacts.linkage.weights import against, m_probabilities, match_weight
from data.scale.codes import Cents, Coded, Ints, numbered, packed, unpacked
from data.scale.columns import Columns


def cents(bits: float) -> int:
    """Return a match weight in hundredths of a bit."""
    return round(bits * 100)


def of_pairs(left: npt.NDArray[Any], right: npt.NDArray[Any], number_of: Callable[[int, int], int]) -> Ints:
    """Return a number for each pair of codes. `number_of` is asked once for each different pair."""
    if not len(left):
        return np.zeros(0, np.int32)
    unique, places = numbered(packed(left, right))
    ours, theirs = unpacked(unique)
    found = np.fromiter(
        (number_of(a, b) for a, b in zip(ours.tolist(), theirs.tolist(), strict=True)), np.int32, len(unique)
    )
    return found[places]


class Frequency:
    """How often each value of a column occurs in both books, and what agreement in it weighs."""

    def __init__(self, kind: str, counts: Ints) -> None:
        """`counts` are the numbers of records by code."""
        self.counts = counts
        self.term = TermFrequency(Counter(), int(counts.sum()), *USUAL[kind])

    def equal(self, m: float, most: float | None = None) -> Cents:
        """Return by code what an equal value weighs. `most` is the highest u."""

        def weight(count: int) -> int:
            u = self.term.u_of_count(count)
            return cents(match_weight(m, u if most is None else min(most, u)))

        unique, places = numbered(self.counts)
        return np.array([weight(count) for count in unique.tolist()], np.int32)[places]

    def of_pair(self, left: Ints, right: Ints, weight: Callable[[float, float], float]) -> Cents:
        """Return what `weight` says in bits of the u of each pair of codes, asked once for each pair of counts."""
        u = self.term.u_of_count
        return of_pairs(self.counts[left], self.counts[right], lambda a, b: cents(weight(u(a), u(b))))


class ScaleModel:
    """The frequencies of both books, and the names that exist."""

    def __init__(self, columns: Columns) -> None:
        self.m = m_probabilities()
        given_counts = columns.given.counts()
        by_value = zip(columns.given.values, given_counts.tolist(), strict=True)
        counts = {value: count for value, count in by_value if count}
        self.initial = initials(counts)
        self.frequent = frequent_names(counts)
        self.compare_given = names.given_name_comparer(self.frequent)
        self.given = Frequency("given", given_counts)
        self.surname = Frequency("surname", columns.surname.counts())
        self.middle = Frequency("middle", columns.middle.counts())
        self.born = Frequency("born", columns.born.counts())
        self.days = columns.born.mapped(lambda date: date[-4:])
        self.day = Frequency("day", self.days.counts())
        phones = sum(np.bincount(codes, minlength=len(columns.phone_values)) for codes in columns.phones)
        self.phone = Frequency("phone", _without_missing(np.asarray(phones)))
        self.email, self.local = _inboxes(columns)
        self.home = Frequency("home", _without_missing(np.bincount(columns.home, minlength=columns.homes)))
        self.road = Frequency("road", columns.core.counts())
        self.building = Frequency("building", columns.building.counts())
        self.place = Frequency("place", columns.place_key.counts())
        self.city = Frequency("city", columns.city.counts())
        self.chance = {
            **chances("first_name", _sample(columns.first), self.compare_given),
            **chances("last_name", _sample(columns.last), names.compare_surname),
        }

    def weight(self, field: str, level: AgreementLevel, u: float) -> int:
        """Return what a level of a field weighs, by its u."""
        return cents(match_weight(self.m[field][level], u))

    def against(self, field: str, u: float = 1.0) -> int:
        """Return what values that differ weigh."""
        return cents(against(self.m[field][AgreementLevel.DIFFERENT], u))


def _without_missing(counts: npt.NDArray[Any]) -> Ints:
    counts = counts.astype(np.int32)
    counts[0] = 0
    return counts


def _sample(column: Coded) -> list[str]:
    """Return the sample of strangers' names: that of the sorted names of all records."""
    held = [
        (value, count) for value, count in zip(column.values, column.counts().tolist(), strict=True) if count
    ]
    held.sort()
    ends = np.cumsum([count for _, count in held])
    total = int(ends[-1]) if held else 0
    places = np.searchsorted(ends, np.arange(0, total, sample_step(total)), side="right")
    return [held[place][0] for place in places.tolist()]


def _inboxes(columns: Columns) -> tuple[Frequency, Frequency]:
    """Return the frequencies of emails and of local parts, with the further inboxes of a record."""
    emails, locals_ = columns.email.counts(), columns.local.counts()
    if columns.several:
        email_code = {value: code for code, value in enumerate(columns.email.values)}
        local_code = {value: code for code, value in enumerate(columns.local.values)}
        for keys in columns.several.values():
            parts = [*filter(None, dict.fromkeys(map(plain_local, keys)))]
            for key in keys[1:]:
                emails[email_code[key]] += 1
            for part in parts[1:]:
                locals_[local_code[part]] += 1
    return Frequency("email", emails), Frequency("local", locals_)
