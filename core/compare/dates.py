"""Birth dates as two systems keep them: whole, without a year, or a stand-in for none. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from core.compare.agreement import AgreementLevel

_WHOLE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NO_YEAR: Final = re.compile(r"--([0-9]{2})-([0-9]{2})")
NULLS: Final = frozenset({"1900-01-01", "1970-01-01"})
"""What systems write where they know no birth date."""


@lru_cache(maxsize=131_072)
def _split(text: str) -> tuple[str, str, str] | None:
    """Give year ("" where there is none), month and day as they are written; None for no date and for stand-ins."""
    text = text.strip()
    if text in NULLS:
        return None
    if found := _WHOLE.fullmatch(text):
        return found[1], found[2], found[3]
    if found := _NO_YEAR.fullmatch(text):
        return "", found[1], found[2]
    return None


def plain_date(text: str, *, keeps_year: bool = True) -> str:
    """Give a date as `yyyymmdd`, or `mmdd` where there is no year; "" for none.

    With `keeps_year` false a date in 1970 has no year: Total Expert stores a birthday so (spec).
    """
    held = _split(text)
    if held is None:
        return ""
    year, month, day = held
    if not keeps_year and year == "1970":
        year = ""
    return year + month + day


@lru_cache(maxsize=131_072)
def compare_dates(left: str, right: str) -> AgreementLevel:
    """Compare two plain dates: close is one digit or two neighbouring digits off."""
    if not left or not right:
        return AgreementLevel.MISSING
    if len(left) == 4 or len(right) == 4:
        one, other = left[-4:], right[-4:]
        return AgreementLevel.DAY_AND_MONTH if one == other else _near(one, other, AgreementLevel.DIFFERENT)
    if left == right:
        return AgreementLevel.EQUAL
    return _near(
        left,
        right,
        AgreementLevel.CLOSE if OSA.distance(left, right, score_cutoff=1) <= 1 else AgreementLevel.DIFFERENT,
    )


def _near(left: str, right: str, otherwise: AgreementLevel) -> AgreementLevel:
    if left[:-4] == right[:-4] and left[-4:-2] == right[-2:] and left[-2:] == right[-4:-2]:
        return AgreementLevel.SWAPPED
    return otherwise
