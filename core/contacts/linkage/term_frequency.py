"""Term frequency: how common each value of a field is in the books at hand. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

THE_PAIR: Final = 2
"""The two records of the person who is compared."""


class TermFrequency(Struct, frozen=True):
    """The frequencies of one field's values, for the chance that strangers share a value.

    `counts` counts the records that hold each value and `total` is their sum. Additive smoothing keeps values of a
    small book from looking rare: `weight` imagined records are added, in which each value has the frequency `usual`.
    No frequency falls below `floor`.
    """

    counts: Counter[str]
    total: int
    usual: float
    weight: float
    floor: float = 5e-7

    def u(self, value: str) -> float:
        """Return the probability, from 0 to 1, that a stranger's record holds this value."""
        return self.u_of_count(self.counts[value])

    def u_of_count(self, count: int) -> float:
        """Return the probability that a stranger's record holds a value that `count` records hold.

        The two records of the person who is compared are not counted.
        """
        others = max(0, count - THE_PAIR)
        return max(self.floor, (others + self.weight * self.usual) / (self.total + self.weight))

    @property
    def compact(self) -> TermFrequency:
        """The same frequencies without the values that nobody but the two records holds: they are all rare alike."""
        kept = {value: count for value, count in self.counts.items() if count > THE_PAIR}
        return TermFrequency(Counter(kept), self.total, self.usual, self.weight, self.floor)


def term_frequency(values: Iterable[str], usual: float, weight: float = 1_000.0) -> TermFrequency:
    """Count the values of one field in both books together. Missing values, "", are not counted."""
    counts = Counter(values)
    counts.pop("", None)
    return TermFrequency(counts, counts.total(), usual, weight)
