"""The marked rows of a list, by their keys in the order of marking. Knows no widget.

A key stays marked when its row leaves the data. Marking all of 100,000 rows takes some milliseconds, so that the next
key press does not have to wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar

from tui.widgets.rows import Rows

R = TypeVar("R")


class RowMarks(Generic[R]):
    """The marked keys."""

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}
        self._known: tuple[Rows[Any] | None, int, tuple[str, ...]] = (None, 0, ())
        """The marks of rows that are in the data, for these rows and their number; None if they are not known."""

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __bool__(self) -> bool:
        return bool(self._keys)

    def among(self, rows: Rows[R]) -> tuple[str, ...]:
        """Return the marked keys that are in the data, in the order of marking."""
        known, number, marks = self._known
        if known is not rows or number != len(rows):
            marks = rows.holding(self._keys)
            self._known = (rows, len(rows), marks)
        return marks

    def set(self, keys: Iterable[str]) -> None:
        """Mark these keys and no others."""
        self._keys = dict.fromkeys(keys)
        self._known = (None, 0, ())

    def add(self, keys: Iterable[str]) -> None:
        """Mark these keys too."""
        self._keys |= dict.fromkeys(keys)
        self._known = (None, 0, ())

    def turn(self, key: str) -> None:
        """Mark a key, or unmark it if it is marked."""
        if key in self._keys:
            del self._keys[key]
        else:
            self._keys[key] = None
        self._known = (None, 0, ())

    def turn_all(self, keys: Sequence[str], rows: Rows[R]) -> None:
        """Mark these keys, which are keys of `rows`; if all of them are marked, unmark them."""
        if not self._keys:
            self._keys = dict.fromkeys(keys)
            self._known = (rows, len(rows), tuple(self._keys))  # each is the key of a row: none is looked for
        elif not all(map(self._keys.__contains__, keys)):
            self.add(keys)
        elif len(self._keys) == len(keys):
            self.set(())
        else:
            turned = set(keys)
            self.set([key for key in self._keys if key not in turned])
