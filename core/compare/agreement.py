"""How two values of one field compare: the agreement levels. Pure; knows no field and no record."""

from __future__ import annotations

from enum import StrEnum


class AgreementLevel(StrEnum):
    """How two values of one field compare (docs/matching.md, "Levels").

    `MISSING` says that at least one side holds nothing. `PRIOR` is the level of the line of evidence that stands for
    the odds before any field is compared.
    """

    EQUAL = "equal"
    CLOSE = "close"
    NICKNAME = "nickname"
    INITIAL = "initial"
    CROSSED = "first and last name swapped"
    SWAPPED = "swapped day and month"
    DAY_AND_MONTH = "day and month equal"
    PARTLY = "two of day, month and year equal"
    NEARBY = "within forty days"
    YEARS = "within two years"
    DIFFERENT = "different"
    MISSING = "missing"
    PRIOR = "before looking"
