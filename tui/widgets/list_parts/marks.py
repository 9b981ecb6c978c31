"""The marked rows of a list, by their keys in the order of marking. Knows no widget.

A key stays marked when its row leaves the data. Marking all of 100,000 rows is done in slices, between which keys are
heard, and at each moment the number of marked rows is known.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from tui.widgets.rows import Rows

R = TypeVar("R")
_STEP: Final = 2_000
"""How many rows are marked between two times that the work can pause: about half a millisecond."""


def marks_words(marked: int, hidden: int) -> str:
    """Return how many rows are marked, and how many of those are not shown: "4 marked, 3 not shown"."""
    return f"{marked:,} marked" + (f", {hidden:,} not shown" if hidden else "")


class _Known(NamedTuple):
    """The marks of rows that are in the data, for these rows and their number.

    `marks` is None while only their `number` is known.
    """

    rows: Rows[Any] | None = None
    size: int = 0
    number: int = 0
    marks: Sequence[str] | None = None


_UNKNOWN: Final = _Known()


class RowMarks(Generic[R]):
    """The marked keys."""

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}
        self._known = _UNKNOWN

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __bool__(self) -> bool:
        return bool(self._keys)

    def among(self, rows: Rows[R]) -> tuple[str, ...]:
        """Return the marked keys that are in the data, in the order of marking."""
        known = self._known
        if known.rows is rows and known.size == len(rows) and known.marks is not None:
            return tuple(known.marks)
        marks = rows.holding(self._keys)
        self._known = _Known(rows, len(rows), len(marks), marks)
        return marks

    def number(self, rows: Rows[R]) -> int:
        """Return how many of the marked keys are in the data, also while rows are being marked."""
        known = self._known
        return known.number if known.rows is rows and known.size == len(rows) else len(self.among(rows))

    def set(self, keys: Iterable[str]) -> None:
        """Mark these keys and no others."""
        self._keys = dict.fromkeys(keys)
        self._known = _UNKNOWN

    def add(self, keys: Iterable[str]) -> None:
        """Mark these keys too."""
        self._keys |= dict.fromkeys(keys)
        self._known = _UNKNOWN

    def turn(self, key: str) -> None:
        """Mark a key, or unmark it if it is marked."""
        if key in self._keys:
            del self._keys[key]
        else:
            self._keys[key] = None
        self._known = _UNKNOWN

    def turn_all(self, places: Sequence[int], rows: Rows[R]) -> Generator[None, None, bool]:
        """Mark the rows at these places; if all of them are marked, unmark them. Can pause after each step.

        Nobody else may change the marks until the end. Returns True.
        """
        before = self.among(rows) if self._keys else ()
        size = len(rows)
        for keys in _keys_at(places, rows):
            if not all(map(self._keys.__contains__, keys)):
                yield from self._mark(places, rows, before)
                break
            yield
        else:
            yield from self._unmark(places, rows, before)
        if len(rows) != size:  # rows came meanwhile, and a key that was marked before may be one of theirs
            self._known = _UNKNOWN
        return True

    def _mark(self, places: Sequence[int], rows: Rows[R], before: Iterable[str]) -> Generator[None]:
        marks = list(before)
        for keys in _keys_at(places, rows):
            new = dict.fromkeys(key for key in keys if key not in self._keys)
            self._keys |= new
            marks += new
            self._known = _Known(rows, len(rows), len(marks), marks)
            yield

    def _unmark(self, places: Sequence[int], rows: Rows[R], before: Sequence[str]) -> Generator[None]:
        number = len(before)
        for keys in _keys_at(places, rows):
            gone = {key for key in keys if key in self._keys}  # rows may share a key
            for key in gone:
                del self._keys[key]
            number -= len(gone)
            self._known = _Known(rows, len(rows), number)
            yield
        marks: list[str] = []
        for at in range(0, len(before) if self._keys else 0, _STEP):
            marks += [key for key in before[at : at + _STEP] if key in self._keys]
            yield
        self._known = _Known(rows, len(rows), len(marks), marks)


def _keys_at(places: Sequence[int], rows: Rows[Any]) -> Iterator[list[str]]:
    """Yield the keys of rows in steps."""
    for at in range(0, len(places), _STEP):
        yield [rows.keys[place] for place in places[at : at + _STEP]]
