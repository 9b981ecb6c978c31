"""How much of a long list of cases a run tries: a part of it in `make test`, all of it in `make matrix` (MATRIX=1).

The part has every fault and every place, but not every pair of them; some random desks, but not hundreds.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

A = TypeVar("A")
B = TypeVar("B")

IS_WHOLE: Final = os.environ.get("MATRIX") == "1"


def pairs(rows: Iterable[A], columns: Sequence[B]) -> list[tuple[A, B]]:
    """Return every pair, or one pair of each row, whose column is the next one in turn."""
    if IS_WHOLE:
        return [(row, column) for row in rows for column in columns]
    return [(row, columns[number % len(columns)]) for number, row in enumerate(rows)]


def points(first: int, end: int, step: int, *, shift: int = 0) -> range:
    """Return every number from `first` up to `end`, or only each `step`-th, `shift` later."""
    return range(first, end) if IS_WHOLE else range(first + shift % step, end, step)


def some(cases: Iterable[A], every: int, *, first: int = 0) -> list[A]:
    """Return all cases, or one of each `every`, from the case number `first` on."""
    return list(cases)[first % every :: every] if not IS_WHOLE else list(cases)


def so_many(whole: int, part: int) -> int:
    """Return how many random cases are tried: `whole`, or `part` of them."""
    return whole if IS_WHOLE else part
