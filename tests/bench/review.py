"""The review of 100,000 rows, next to what it must cost at least. All figures are CPU time.

An answer among 100,000 rows stands beside an answer among ten.
`python -m tests.bench review`.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from itertools import cycle
from statistics import median
from typing import Any

from core.compare.agreement import AgreementLevel
from core.contacts.match.match import Matched
from core.contacts.match.owner_rule import OwnerRule
from core.contacts.match.rule import MatchOptions
from core.contacts.model import Comparison, Contact, Evidence, Likeness, Reason, Verdict, VerdictRow
from core.contacts.records import Answer, Judged
from core.contacts.review.reviewed import Reviewed, review
from core.contacts.review.use_cases import ReviewUseCases
from core.local_forms import Country, words_of
from core.stop import Stop
from tui.contacts.pairs import Pairs, listing
from tui.widgets.rows import Rows

MANY = 100_000
FEW = 10
PRESSES = 400
_LEVELS = (AgreementLevel.EQUAL, AgreementLevel.CLOSE, AgreementLevel.DIFFERENT)


def _match(rows: int) -> Matched:
    """Give couples and possible duplicates in turn, with pushes and imports among them that need nobody."""
    left: dict[str, Contact] = {}
    right: dict[str, Contact] = {}
    made: list[VerdictRow] = []
    for n in range(rows):
        ours = Contact(f"S{n}", "Ann", "", f"Lee{n}", email=f"{n}@x.example", mobile_phone=f"415{n:07}")
        theirs = Contact(f"T{n}", "Tom", "", f"Lee{n}", email=f"{n}@x.example", mobile_phone=f"415{n:07}")
        evidence = tuple(
            Evidence(field, _LEVELS[n // step % 3], 4.0)
            for field, step in (("phone", 1), ("email", 3), ("last_name", 9))
        )
        likeness = Likeness.PERSON if n % 2 else Likeness.HOUSEHOLD
        compared = Comparison(likeness, 12.0 + n % 17, evidence)
        left[ours.id], right[theirs.id] = ours, theirs
        if n % 5 == 0:
            made += [VerdictRow(Verdict.PUSH, (ours.id,)), VerdictRow(Verdict.IMPORT, (), (theirs.id,))]
        elif n % 2:
            made.append(
                VerdictRow(Verdict.POSSIBLE_DUPLICATE, (ours.id,), (theirs.id,), Reason.EVIDENCE, compared)
            )
        else:
            made.append(VerdictRow(Verdict.HOUSEHOLD, (ours.id,), (theirs.id,), Reason.OTHER_NAME, compared))
    return Matched(left, right, tuple(made), owner_rule=OwnerRule(left, right, MatchOptions()))


class _Memory:
    """A book that keeps nothing: what is measured is the review, not the disk."""

    async def all(self, kind: type[Judged]) -> list[Judged]:
        return []

    async def commit(self, *put: Judged, drop: Any = ()) -> None:
        pass

    is_shared = False

    async def decide(self, look: Any, *put: Judged, drop: Any = ()) -> None:
        pass

    def stop(self) -> Stop | None:
        """Return None."""
        return None

    def keyed_hash(self, field: str, value: Any) -> str:
        return str(hash((field, str(value))))


class _Clock:
    def now(self) -> float:
        return 0.0


def _ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


async def _pressed(matched: Matched) -> tuple[float, float, float]:
    """Give the ms until a match is reviewed, of an answer with what the screen asks after it, and of an undo."""
    desk = ReviewUseCases(_Memory(), _Clock(), "bench")  # type: ignore[arg-type]  # as much of a book as a review uses
    start = time.process_time()
    reviewed = await desk.begin(matched)
    built = (time.process_time() - start) * 1000
    items = cycle(reviewed.queue)
    answers = cycle((Answer.DIFFERENT, Answer.SAME, Answer.LATER))
    gc.collect()
    gc.freeze()
    answered: list[float] = []
    undone: list[float] = []
    for _ in range(PRESSES):
        item, answer = next(items), next(answers)
        start = time.process_time()
        await desk.answer([item.first], answer)
        _asked(reviewed)
        middle = time.process_time()
        await desk.undo()
        undone.append((time.process_time() - middle) * 1000)
        answered.append((middle - start) * 1000)
    gc.unfreeze()
    return built, median(answered), median(undone)


def _asked(reviewed: Reviewed) -> object:
    return reviewed.counts, reviewed.costs, reviewed.progress


def figures() -> list[tuple[str, float, float, str]]:
    """Give each figure as (name, ours, the floor it stands next to, unit)."""
    matched = _match(MANY)
    built, answered, undone = asyncio.run(_pressed(matched))
    _, few_answered, few_undone = asyncio.run(_pressed(_match(FEW)))
    reviewed = review(matched, [], _Memory().keyed_hash)
    first = reviewed.queue[0]
    pairs = Pairs(reviewed, words_of(Country.US))
    look = listing(lambda: pairs)
    plain = _ms(lambda: sorted(matched.rows, key=lambda row: row.verdict))
    return [
        (
            f"review: an answer among {MANY:,} rows, beside {FEW} rows",
            answered * 1000,
            few_answered * 1000,
            "µs",
        ),
        (f"review: an undo among {MANY:,} rows, beside {FEW} rows", undone * 1000, few_undone * 1000, "µs"),
        (
            f"review: the queue of {MANY:,} rows, beside sorting them by verdict",
            _ms(lambda: reviewed.queue),
            plain,
            "ms",
        ),
        (
            f"review: the list of {len(reviewed.queue):,} questions, in a thread, beside sorting the rows",
            _ms(
                lambda: Rows(
                    [item.row for item in pairs.queue(blind=False).values()], look.key, look.searched
                )
            ),
            plain,
            "ms",
        ),
        (
            "review: the evidence of a pair that was not compared, beside one more time",
            _ms(lambda: reviewed.compare(first.first)),
            _ms(lambda: reviewed.compare(first.first)),
            "ms",
        ),
        (
            "review: how many are alike, beside counting the queue",
            _ms(lambda: reviewed.how_many_alike(first)),
            _ms(lambda: sum(item.cost is first.cost for item in reviewed.queue)),
            "ms",
        ),
        (
            f"review: {MANY:,} rows built once, beside the two sets of their emails",
            built,
            _ms(lambda: _sets(matched)),
            "ms",
        ),
    ]


def _sets(matched: Matched) -> object:
    sides = matched.simplenexus, matched.total_expert
    return [{one.email.strip().casefold() for one in side.values()} for side in sides]
