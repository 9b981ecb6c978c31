"""How much of a matrix of cases a run tries: a part of it in `make test`, all of it in `make matrix` (MATRIX=1).

The part has every fault and every place, but not every pair of them.
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


def points(first: int, end: int, step: int) -> range:
    """Return every number from `first` up to `end`, or only each `step`-th."""
    return range(first, end, 1 if IS_WHOLE else step)
