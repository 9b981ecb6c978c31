"""What agreement and disagreement say, in bits: log2(m / u). Pure.

m, how often one person's two records compare so, is general knowledge of how contact data ages; u, how often two
strangers' do, comes from the values of the books at hand, so that a rare surname says more than a common one.
Neither is ever fitted to answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import log2
from typing import Final

from msgspec import Struct

from core.compare.agreement import AgreementLevel

SHARE: Final = 0.1
"""How much of the smaller side is expected to be on the other one under another email."""
FEWEST: Final = 100
"""A book smaller than this is taken for a piece of one of this size."""

M: Final[dict[str, dict[AgreementLevel, float]]] = {
    "first_name": {
        AgreementLevel.EQUAL: 0.86,
        AgreementLevel.CLOSE: 0.05,
        AgreementLevel.NICKNAME: 0.06,
        AgreementLevel.INITIAL: 0.95,
        AgreementLevel.CROSSED: 0.1,
        AgreementLevel.DIFFERENT: 0.05,
    },
    "middle_name": {
        AgreementLevel.EQUAL: 0.85,
        AgreementLevel.INITIAL: 0.95,
        AgreementLevel.CLOSE: 0.05,
        AgreementLevel.DIFFERENT: 0.08,
    },
    "last_name": {
        AgreementLevel.EQUAL: 0.87,
        AgreementLevel.CLOSE: 0.06,
        AgreementLevel.INITIAL: 0.95,
        AgreementLevel.CROSSED: 0.1,
        AgreementLevel.DIFFERENT: 0.08,
    },
    "suffix": {AgreementLevel.EQUAL: 0.97, AgreementLevel.DIFFERENT: 0.02},
    "birth_date": {
        AgreementLevel.EQUAL: 0.93,
        AgreementLevel.CLOSE: 0.03,
        AgreementLevel.SWAPPED: 0.012,
        AgreementLevel.DAY_AND_MONTH: 0.95,
        AgreementLevel.DIFFERENT: 0.03,
    },
    "phone": {AgreementLevel.EQUAL: 0.72, AgreementLevel.CLOSE: 0.03, AgreementLevel.DIFFERENT: 0.25},
    "email": {AgreementLevel.EQUAL: 0.5, AgreementLevel.CLOSE: 0.25, AgreementLevel.DIFFERENT: 0.7},
    "address": {AgreementLevel.EQUAL: 0.68, AgreementLevel.CLOSE: 0.1, AgreementLevel.DIFFERENT: 0.22},
    "place": {AgreementLevel.EQUAL: 0.8, AgreementLevel.CLOSE: 0.07, AgreementLevel.DIFFERENT: 0.13},
}
"""m by field and level; an initial's is among records that hold one."""


class TermFrequency(Struct, frozen=True):
    """How rare each value of a field is among strangers: its count, without one person's two, over everybody's.

    A small book is eked out by `weight` imagined records in which a value has the share `usual`.
    """

    counts: Counter[str]
    total: int
    usual: float
    weight: float
    floor: float = 5e-7

    def u(self, value: str) -> float:
        """Give the chance that a stranger's record holds this value."""
        others = max(0, self.counts[value] - 2)
        return max(self.floor, (others + self.weight * self.usual) / (self.total + self.weight))


def term_frequency(values: Iterable[str], usual: float, weight: float = 1_000.0) -> TermFrequency:
    """Count the values of a field over both sides; blank ones are nobody's."""
    counts = Counter(values)
    counts.pop("", None)
    return TermFrequency(counts, counts.total(), usual, weight)


def match_weight(m: float, u: float) -> float:
    """Give log2(m / u) with two decimals, as it is shown and summed."""
    return round(log2(m / u), 2)


def prior(left: int, right: int, share: float = SHARE) -> float:
    """Give the bits against any two records being one person: one in how many is."""
    return match_weight(max(share, SHARE), max(left, right, FEWEST))
