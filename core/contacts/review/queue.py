"""The review queue: a question about a row, the cost of a mistake, and which questions are alike. Pure."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, Final

from msgspec import Struct

from core.compare.agreement import AgreementLevel
from core.contacts.model import Comparison, Likeness, Reason, Verdict, VerdictRow
from core.contacts.review.decisions import Ids


class Cost(IntEnum):
    """What a wrong act would cost: the most expensive mistake first. The queue is sorted by the cost.

    `OVERWRITE`: a push would change another contact. `DOUBLED`: a possible duplicate would be created. `HOUSEHOLD`: two
    people of one email would be linked. `HELD`: an existing link or several candidates are in the way. `GONE`: a linked
    record is gone or has another owner.
    """

    OVERWRITE = 0
    DOUBLED = 1
    HOUSEHOLD = 2
    HELD = 3
    GONE = 4


COSTS: Final = {
    Verdict.PUSH: Cost.OVERWRITE,
    Verdict.POSSIBLE_DUPLICATE: Cost.DOUBLED,
    Verdict.HOUSEHOLD: Cost.HOUSEHOLD,
    Verdict.HOLD: Cost.HELD,
    Verdict.GONE: Cost.GONE,
}
"""The cost by verdict. Rows of other verdicts need nobody, and a push needs a person only if it would hit a contact."""
LINKS_ASKED: Final = frozenset({Reason.SEVERAL_LINKS, Reason.DOUBTED})
"""Reasons of questions about linked records alone. Nothing is sent for them."""


def cost_of(row: VerdictRow) -> Cost | None:
    """Return what a wrong act about a row would cost; None for a row that needs nobody."""
    return Cost.HELD if row.reason in LINKS_ASKED else COSTS.get(row.verdict)


class ReviewItem(Struct, frozen=True):
    """A question: a row that needs a person.

    `key` names the row's first record, which is in no other row. `ours` and `theirs` are the ids of the records to
    choose a pair from, usually one of each. `comparison` is there if there is only one pair. `later` is True if a
    person put the question off. `place` is the index of the row in the match.
    """

    key: str
    row: VerdictRow
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    comparison: Comparison | None
    later: bool
    place: int

    @property
    def cost(self) -> Cost:
        """What a wrong act would cost."""
        return Cost.HELD if self.row.reason in LINKS_ASKED else COSTS[self.row.verdict]

    @property
    def first(self) -> Ids:
        """The first pair to decide about; "" stands for a missing record."""
        return (self.ours or ("",))[0], (self.theirs or ("",))[0]

    @property
    def pairs(self) -> int:
        """The number of pairs to choose from."""
        return max(len(self.ours), 1) * max(len(self.theirs), 1)


def key_of(row: VerdictRow) -> str:
    """Return the key of a row: "S" or "T" for the system, and the id of the first record that the row decides about.

    "G" stands before the first id of a row that decides about no record, because all are linked.
    """
    if ours := row.own_simplenexus_ids:
        return f"S {ours[0]}"
    if theirs := row.own_total_expert_ids:
        return f"T {theirs[0]}"
    return f"G {row.simplenexus_ids[0]}" if row.simplenexus_ids else f"G {row.total_expert_ids[0]}"


Rank = tuple[bool, int, int, float, int, str]
"""(put off, cost, place of the class, minus bits, place, key)"""

_CLASSES: Final = {Likeness.PERSON: 0, Likeness.UNSURE: 1, Likeness.HOUSEHOLD: 2}
"""The order of the classes in the queue."""


def rank(item: ReviewItem) -> Rank:
    """Return the sort key of the queue.

    Questions that were put off come last. The others are sorted by cost. Possible duplicates of one person come before
    those that can be a household too, and these before households. Those with the most bits come first.
    """
    comparison = item.comparison if item.cost is Cost.DOUBLED else None
    place = _CLASSES[comparison.likeness] if comparison else 0
    return item.later, item.cost, place, -comparison.bits if comparison else 0.0, item.place, item.key


def plain_rank(item: ReviewItem) -> tuple[bool, int, int, str]:
    """Return the sort key of the queue in blind mode, which says nothing about the evidence.

    The key is (put off, cost, place, key).
    """
    return item.later, item.cost, item.place, item.key


class QuestionOrder:
    """The keys of the open questions, sorted by `sort_key`, of which the last part is the question's key.

    A question is put in or taken out without sorting the others again.
    """

    def __init__(
        self, sort_key: Callable[[ReviewItem], tuple[Any, ...]], items: Iterable[ReviewItem]
    ) -> None:
        self._sort_key = sort_key
        self._ranks = sorted(map(sort_key, items))

    def add(self, item: ReviewItem) -> None:
        """Put a question in."""
        insort(self._ranks, self._sort_key(item))

    def remove(self, item: ReviewItem) -> None:
        """Take a question out."""
        del self._ranks[bisect_left(self._ranks, self._sort_key(item))]

    def keys(self) -> list[str]:
        """Return the keys of all questions in their order."""
        return [ranked[-1] for ranked in self._ranks]


Pattern = tuple[tuple[str, AgreementLevel], ...]


def pattern(item: ReviewItem) -> Pattern:
    """Return how each field compares. A person judges questions of one pattern alike."""
    if item.comparison is None:
        return ()
    return tuple((line.field, line.level) for line in item.comparison.evidence)


Group = tuple[Verdict, bool, Likeness, Pattern]


def group_of(item: ReviewItem) -> Group | None:
    """Return what the questions that can be answered at once have in common; None if a question stands alone.

    A question with several pairs has no comparison and is answered alone. Questions that were put off are answered
    apart from the others.
    """
    if item.comparison is None:
        return None
    return item.row.verdict, item.later, item.comparison.likeness, pattern(item)
