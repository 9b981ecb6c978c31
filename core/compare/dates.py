"""Birth dates as two systems store them: whole, without a year, or a stand-in for a missing date. Pure."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel
from core.compare.fillers import NULLS

_WHOLE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NO_YEAR: Final = re.compile(r"--([0-9]{2})-([0-9]{2})")
_EARLIEST, _LATEST = "1880", "2100"
"""Years between which a birth date is one. 0001-01-01, 1111-11-11 and 9999-12-31 stand for no date."""
NEARBY_DAYS: Final = 40
TWO_YEARS: Final = 800
"""Days. Birth dates that are no further apart are within two years; some weeks are allowed for a slip in the month."""


@lru_cache(maxsize=131_072)
def _split(text: str) -> tuple[str, str, str] | None:
    """Return year, month and day as they are written, the year "" if there is none; None if it isn't a date."""
    text = text.strip()
    if text in NULLS:
        return None
    if whole := _WHOLE.fullmatch(text):
        year, month, day = whole.groups()
        is_filler = not _EARLIEST <= year < _LATEST or month == "00" or day == "00"
        return None if is_filler else (year, month, day)
    if no_year := _NO_YEAR.fullmatch(text):
        return "", no_year[1], no_year[2]
    return None


def plain_date(text: str, *, keeps_year: bool = True) -> str:
    """Return a date as `yyyymmdd`, or as `mmdd` if it has no year; "" if it isn't a date.

    `text` is `yyyy-mm-dd` or `--mm-dd`. A date that means no date is none
    (`core/compare/fillers.py`). If `keeps_year` is False, a date in 1970 has no year: Total Expert stores every
    birthday with that year.
    """
    parts = _split(text)
    if parts is None:
        return ""
    year, month, day = parts
    if not keeps_year and year == "1970":
        year = ""
    return year + month + day


@lru_cache(maxsize=131_072)
def compare_dates(left: str, right: str) -> AgreementLevel:
    """Return how two plain dates compare.

    Dates that differ by one digit or two neighbouring digits are close. Dates that differ by more can still have two of
    day, month and year, or all digits, in common, or be forty days or two years apart.
    """
    if not left or not right:
        return AgreementLevel.MISSING
    if len(left) == 4 or len(right) == 4:
        if left[-4:] == right[-4:]:
            return AgreementLevel.DAY_AND_MONTH
        return _swapped_or(AgreementLevel.DIFFERENT, left[-4:], right[-4:])
    if left == right:
        return AgreementLevel.EQUAL
    is_slip = OSA.distance(left, right, score_cutoff=1) <= 1
    return _swapped_or(AgreementLevel.CLOSE if is_slip else _further_apart(left, right), left, right)


def _further_apart(left: str, right: str) -> AgreementLevel:
    """Return the level of two whole plain dates that differ by more than a slip."""
    equal_parts = (left[:4] == right[:4]) + (left[4:6] == right[4:6]) + (left[6:] == right[6:])
    if equal_parts == 2 or sorted(left) == sorted(right):
        return AgreementLevel.PARTLY
    days = days_apart(left, right)
    if days is None or days > TWO_YEARS:
        return AgreementLevel.DIFFERENT
    return AgreementLevel.NEARBY if days <= NEARBY_DAYS else AgreementLevel.YEARS


def days_apart(left: str, right: str) -> int | None:
    """Return the number of days between two whole plain dates; None if one of them is not in the calendar."""
    try:
        return abs((date.fromisoformat(left) - date.fromisoformat(right)).days)
    except ValueError:
        return None


def years_apart(left: str, right: str) -> int | None:
    """Return the difference of the years of two plain dates; None if one of them has no year."""
    if len(left) != 8 or len(right) != 8:
        return None
    return abs(int(left[:4]) - int(right[:4]))


def _swapped_or(otherwise: AgreementLevel, left: str, right: str) -> AgreementLevel:
    """Return `SWAPPED` if the day of each plain date is the month of the other, else `otherwise`."""
    same_year = left[:-4] == right[:-4]
    if same_year and left[-4:-2] == right[-2:] and left[-2:] == right[-4:-2]:
        return AgreementLevel.SWAPPED
    return otherwise
