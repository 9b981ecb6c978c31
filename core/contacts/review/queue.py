"""What needs a person: a question about a row, what acting wrongly would cost, and what is alike. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from msgspec import Struct

from core.compare.agreement import AgreementLevel
from core.contacts.model import Comparison, Likeness, Verdict, VerdictRow
from core.contacts.review.decisions import Ids


class Cost(IntEnum):
    """Why a row needs a person, the dearest mistake first (MATCHING §4: ranked by what acting wrongly would cost)."""

    OVERWRITE = 0
    DOUBLED = 1
    HOUSEHOLD = 2
    HELD = 3


COSTS: Final = {
    Verdict.PUSH: Cost.OVERWRITE,
    Verdict.POSSIBLE_DUPLICATE: Cost.DOUBLED,
    Verdict.HOUSEHOLD: Cost.HOUSEHOLD,
    Verdict.HOLD: Cost.HELD,
}


class ReviewItem(Struct, frozen=True):
    """A row that needs a person. `ours` and `theirs` are the records to choose a pair of, by id; one each as a rule.

    `key` names the row's first record, which is in no other row. `comparison` is there where the pair is one. `later`
    says that a person put it off. `place` is where the row stood in the match.
    """

    key: str
    row: VerdictRow
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    comparison: Comparison | None = None
    later: bool = False
    place: int = 0

    @property
    def cost(self) -> Cost:
        """Say why it needs a person."""
        return COSTS[self.row.verdict]

    @property
    def first(self) -> Ids:
        """Give the pair to begin with; "" for nobody."""
        return (self.ours or ("",))[0], (self.theirs or ("",))[0]

    @property
    def pairs(self) -> int:
        """Count the pairs to choose from."""
        return max(len(self.ours), 1) * max(len(self.theirs), 1)


def key_of(row: VerdictRow) -> str:
    """Give the name of a row: that of its first record, which no other row has."""
    return f"S {row.simplenexus_ids[0]}" if row.simplenexus_ids else f"T {row.total_expert_ids[0]}"


Rank = tuple[bool, int, bool, float, int, str]


def rank(item: ReviewItem) -> Rank:
    """Give what the queue is sorted by: put off last; then by cost; of the doubled ones persons first, then by bits."""
    compared = item.comparison if item.cost is Cost.DOUBLED else None
    household = compared is not None and compared.likeness is Likeness.HOUSEHOLD
    return item.later, item.cost, household, -compared.bits if compared else 0.0, item.place, item.key


def plain_rank(item: ReviewItem) -> Rank:
    """Give an order that says nothing of the evidence, for who judges blind."""
    return item.later, item.cost, False, 0.0, item.place, item.key


Pattern = tuple[tuple[str, AgreementLevel], ...]


def pattern(item: ReviewItem) -> Pattern:
    """Give how each field compares: items of one pattern are alike to whoever judges them."""
    return tuple((one.field, one.level) for one in item.comparison.evidence) if item.comparison else ()


Group = tuple[Verdict, bool, Likeness, Pattern]


def group_of(item: ReviewItem) -> Group | None:
    """Give what items that can be answered at once share; None where an item can only be answered by itself.

    Those with several pairs are answered one by one, and what was put off is no part of what was not.
    """
    if item.comparison is None or item.pairs > 1:
        return None
    return item.row.verdict, item.later, item.comparison.likeness, pattern(item)
