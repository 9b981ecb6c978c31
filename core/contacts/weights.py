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

from core.contacts.nouns import Level

SHARE: Final = 0.1
"""How much of the smaller side is expected to be on the other one under another email."""
FEWEST: Final = 100
"""A book smaller than this is taken for a piece of one of this size."""

M: Final[dict[str, dict[Level, float]]] = {
    "first_name": {
        Level.EQUAL: 0.86,
        Level.CLOSE: 0.05,
        Level.NICKNAME: 0.06,
        Level.INITIAL: 0.95,
        Level.CROSSED: 0.1,
        Level.DIFFERENT: 0.05,
    },
    "middle_name": {Level.EQUAL: 0.85, Level.INITIAL: 0.95, Level.CLOSE: 0.05, Level.DIFFERENT: 0.08},
    "last_name": {
        Level.EQUAL: 0.87,
        Level.CLOSE: 0.06,
        Level.INITIAL: 0.95,
        Level.CROSSED: 0.1,
        Level.DIFFERENT: 0.08,
    },
    "suffix": {Level.EQUAL: 0.97, Level.DIFFERENT: 0.02},
    "birth_date": {
        Level.EQUAL: 0.93,
        Level.CLOSE: 0.03,
        Level.SWAPPED: 0.012,
        Level.DAY_AND_MONTH: 0.95,
        Level.DIFFERENT: 0.03,
    },
    "phone": {Level.EQUAL: 0.72, Level.CLOSE: 0.03, Level.DIFFERENT: 0.25},
    "email": {Level.EQUAL: 0.5, Level.CLOSE: 0.25, Level.DIFFERENT: 0.7},
    "address": {Level.EQUAL: 0.68, Level.CLOSE: 0.1, Level.DIFFERENT: 0.22},
    "place": {Level.EQUAL: 0.8, Level.CLOSE: 0.07, Level.DIFFERENT: 0.13},
}
"""m by field and level; an initial's is among records that hold one."""


class Rarity(Struct, frozen=True):
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


def rarity(values: Iterable[str], usual: float, weight: float = 1_000.0) -> Rarity:
    """Count the values of a field over both sides; blank ones are nobody's."""
    counts = Counter(values)
    counts.pop("", None)
    return Rarity(counts, counts.total(), usual, weight)


def bits(m: float, u: float) -> float:
    """Give log2(m / u) with two decimals, as it is shown and summed."""
    return round(log2(m / u), 2)


def prior(left: int, right: int, share: float = SHARE) -> float:
    """Give the bits against any two records being one person: one in how many is."""
    return bits(max(share, SHARE), max(left, right, FEWEST))
