"""Birth dates as two systems store them: whole, without a year, or a stand-in for a missing date. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel

_WHOLE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NO_YEAR: Final = re.compile(r"--([0-9]{2})-([0-9]{2})")
NULLS: Final = frozenset({"1900-01-01", "1970-01-01"})
"""Dates that systems write if they know no birth date."""


@lru_cache(maxsize=131_072)
def _split(text: str) -> tuple[str, str, str] | None:
    """Return year, month and day as they are written, the year "" if there is none; None if it is no date."""
    text = text.strip()
    if text in NULLS:
        return None
    if whole := _WHOLE.fullmatch(text):
        return whole[1], whole[2], whole[3]
    if no_year := _NO_YEAR.fullmatch(text):
        return "", no_year[1], no_year[2]
    return None


def plain_date(text: str, *, keeps_year: bool = True) -> str:
    """Return a date as `yyyymmdd`, or as `mmdd` if it has no year; "" if it is no date.

    `text` is `yyyy-mm-dd` or `--mm-dd`. If `keeps_year` is False, a date in 1970 has no year: Total Expert stores
    every birthday with that year.
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
    """Return how two plain dates compare. Dates that differ by one digit or two neighbouring digits are close."""
    if not left or not right:
        return AgreementLevel.MISSING
    if len(left) == 4 or len(right) == 4:
        if left[-4:] == right[-4:]:
            return AgreementLevel.DAY_AND_MONTH
        return _swapped_or(AgreementLevel.DIFFERENT, left[-4:], right[-4:])
    if left == right:
        return AgreementLevel.EQUAL
    is_slip = OSA.distance(left, right, score_cutoff=1) <= 1
    return _swapped_or(AgreementLevel.CLOSE if is_slip else AgreementLevel.DIFFERENT, left, right)


def _swapped_or(otherwise: AgreementLevel, left: str, right: str) -> AgreementLevel:
    """Return `SWAPPED` if the day of each plain date is the month of the other, else `otherwise`."""
    same_year = left[:-4] == right[:-4]
    if same_year and left[-4:-2] == right[-2:] and left[-2:] == right[-4:-2]:
        return AgreementLevel.SWAPPED
    return otherwise
