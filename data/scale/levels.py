"""The agreement levels of many pairs at once, as numbers: the place of each level in `LEVELS`.

Two values are compared by numbers as far as numbers decide. What they leave open is compared by the functions of
core/compare, once for each pair of values.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from core.compare.agreement import AgreementLevel
from core.compare.dates import NEARBY_DAYS, TWO_YEARS
from data.scale.codes import Bools, Coded, Ints, Texts

LEVELS: Final = tuple(AgreementLevel)
NUMBER: Final = {level: number for number, level in enumerate(LEVELS)}
(
    EQUAL,
    CLOSE,
    NICKNAME,
    INITIAL,
    CROSSED,
    SWAPPED,
    DAY_AND_MONTH,
    PARTLY,
    NEARBY,
    YEARS,
    DIFFERENT,
    MISSING,
) = (NUMBER[level] for level in LEVELS if level is not AgreementLevel.PRIOR)
Levels: TypeAlias = npt.NDArray[np.int8]


def distances(left: Sequence[str], right: Sequence[str], most: int) -> npt.NDArray[np.uint8]:
    """Return how many slips apart the texts of each pair are; more than `most` is `most` + 1."""
    if not left:
        return np.zeros(0, np.uint8)
    found: npt.NDArray[np.uint8] = cpdist(left, right, scorer=OSA.distance, score_cutoff=most, dtype=np.uint8)
    return found


def lengths(values: Sequence[str]) -> Ints:
    """Return the number of characters of each value."""
    if isinstance(values, Texts):
        return values.series.str.len_chars().to_numpy().astype(np.int32)
    return np.fromiter(map(len, values), np.int32, len(values))


class Dates:
    """Plain dates as numbers, by code."""

    def __init__(self, values: Sequence[str]) -> None:
        self.size = lengths(values)
        self._digits = np.array([[int(d) for d in value.rjust(8, "0")] for value in values], np.int8).reshape(
            -1, 8
        )
        self._year = np.array([int(value[:-4] or 0) for value in values], np.int32)
        self._month = np.array([int(value[-4:-2] or 0) for value in values], np.int8)
        self._day = np.array([int(value[-2:] or 0) for value in values], np.int8)
        self._sorted = np.array(
            [int("".join(sorted(value)) or 0) if len(value) == 8 else -1 for value in values], np.int32
        )
        self._ordinal = np.array(list(map(_ordinal, values)), np.int32)

    def compare(self, left: Ints, right: Ints) -> Levels:
        """Return how the dates of each pair of codes compare (core/compare/dates.py)."""
        level = np.full(len(left), MISSING, np.int8)
        known = np.flatnonzero((left != 0) & (right != 0))
        a, b = left[known], right[known]
        whole = (self.size[a] == 8) & (self.size[b] == 8)
        same_month, same_day = self._month[a] == self._month[b], self._day[a] == self._day[b]
        same_year = self._year[a] == self._year[b]
        swapped = (self._month[a] == self._day[b]) & (self._day[a] == self._month[b]) & (same_year | ~whole)
        found = np.full(len(a), DIFFERENT, np.int8)
        days = np.abs(self._ordinal[a] - self._ordinal[b])
        dated = whole & (self._ordinal[a] >= 0) & (self._ordinal[b] >= 0)
        found[dated & (days <= TWO_YEARS)] = YEARS
        found[dated & (days <= NEARBY_DAYS)] = NEARBY
        parts = same_year.astype(np.int8) + same_month + same_day
        found[whole & ((parts == 2) | (self._sorted[a] == self._sorted[b]))] = PARTLY
        found[whole & self._is_slip(a, b)] = CLOSE
        found[swapped] = SWAPPED
        found[~whole & same_month & same_day] = DAY_AND_MONTH
        found[whole & (a == b)] = EQUAL
        level[known] = found
        return level

    def _is_slip(self, a: Ints, b: Ints) -> Bools:
        """Return where two dates of eight digits differ by one digit or by two neighbouring digits swapped."""
        one, other = self._digits[a], self._digits[b]
        differs = one != other
        number = differs.sum(axis=1)
        crossed = (
            (one[:, :-1] == other[:, 1:]) & (one[:, 1:] == other[:, :-1]) & differs[:, :-1] & differs[:, 1:]
        )
        slips: Bools = (number == 1) | ((number == 2) & crossed.any(axis=1))
        return slips

    def years_apart(self, a: Ints, b: Ints) -> Ints:
        """Return the difference of the years of each pair; -1 if one has no year."""
        whole = (self.size[a] == 8) & (self.size[b] == 8)
        return np.where(whole, np.abs(self._year[a] - self._year[b]), -1)


def _ordinal(value: str) -> int:
    """Return the number of a day in the calendar; -1 for a date that is not in it."""
    try:
        return date.fromisoformat(value).toordinal()
    except ValueError:
        return -1


class PhoneNumbers:
    """National digits as numbers, by code."""

    def __init__(self, phones: Coded) -> None:
        self._phones = phones
        self._size = lengths(phones.values)
        has_number = (self._size >= 9) & (self._size <= _MOST)
        numbers = phones.texts.to_frame("text").select(
            pl.when(pl.Series(has_number)).then("text").cast(pl.Int64)
        )
        self._number = numbers.to_series().fill_null(-1).to_numpy()

    def are_slips(self, a: Ints, b: Ints) -> Bools:
        """Return where two numbers differ by one slip (core/compare/phones.py). Both are known and not equal."""
        sizes, others = self._size[a], self._size[b]
        long_enough = (sizes >= 9) & (others >= 9)
        one_more = np.abs(sizes - others) == 1
        may_be = one_more | (sizes > _MOST) | (others > _MOST)
        same_size = np.flatnonzero(long_enough & (sizes == others) & ~may_be)
        apart = np.abs(self._number[a[same_size]] - self._number[b[same_size]])
        changed = np.zeros(len(same_size), np.bool_)
        for ten in _TENS[: int(sizes.max(initial=0))]:
            # One digit changes a number by up to 9 at its place, two neighbouring digits by up to 9 times 9.
            changed |= (apart <= 81 * ten) & (apart % ten == 0)
        may_be[same_size] = changed
        asked = np.flatnonzero(may_be & long_enough)
        slips = np.zeros(len(a), np.bool_)
        slips[asked] = distances(self._phones.at(a[asked]), self._phones.at(b[asked]), 1) <= 1
        return slips


_MOST: Final = 17
"""Digits of a number that 64 bits hold."""
_TENS: Final = tuple(10**n for n in range(_MOST))
