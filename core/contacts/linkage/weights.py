"""Match weights: how many bits an agreement level of a field says for or against one person. Pure.

A match weight is log2(m / u). m, the probability among records of one person, comes from a table in a data file. u, the
probability among records of strangers, comes from the books at hand. Neither is ever fitted to people's answers
(docs/matching.md, "Match weight").
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from math import log2
from types import MappingProxyType
from typing import Final

from core.compare.agreement import AgreementLevel

SHARE: Final = 0.1
"""The expected share of people of the smaller book who are also in the other book under another email."""
FEWEST: Final = 100
"""The prior of a book with fewer records is the prior of a book of this size."""

MProbabilities = Mapping[str, Mapping[AgreementLevel, float]]
"""m by field and level, from 0 to 1."""


@cache
def m_probabilities() -> MProbabilities:
    """Return the table of m, read once from `m_probabilities.toml`."""
    text = files(__package__).joinpath("m_probabilities.toml").read_text("utf-8")
    return MappingProxyType(
        {
            field: MappingProxyType({AgreementLevel[level.upper()]: m for level, m in levels.items()})
            for field, levels in tomllib.loads(text).items()
        }
    )


@lru_cache(maxsize=65_536)
def match_weight(m: float, u: float) -> float:
    """Return log2(m / u) in bits, rounded to the two decimals that are shown and summed."""
    return round(log2(m / u), 2)


@lru_cache(maxsize=65_536)
def against(m: float, u: float = 1.0) -> float:
    """Return the match weight of values that differ, in bits: zero or less.

    A field that differs never speaks for one person, whatever m and u are.
    """
    return min(0.0, match_weight(m, u))


def prior(left: int, right: int, share: float = SHARE) -> float:
    """Return the match weight of any two records before a field is compared, in bits.

    `left` and `right` are the numbers of records of the two books. `share` is the expected share of people who are in
    both books.
    """
    return match_weight(max(share, SHARE), max(left, right, FEWEST))
