"""The parts of a live match in little memory: hashes of values, links, connected records. Pure.

A record is a number. Numbers of 300,000 contacts a side are kept in arrays, because one Python object a record would
cost several times as much.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

_LOW: Final = 0xFFFF_FFFF
_SHIFT: Final = 32


class HashIndex:
    """Which records hold a value, by the value's hash. Finds all that hold the value, and now and then another one.

    A record that changed is added again; its old values then find it too.
    """

    def __init__(self) -> None:
        self._sorted = array("Q")
        """The lower half of each hash and the record's number, in one integer each."""
        self._later: dict[int, array[int]] = {}
        self._new: array[int] | None = array("Q")

    def add(self, value_hash: int, number: int) -> None:
        """Take in a value of a record."""
        low = value_hash & _LOW
        if self._new is not None:
            self._new.append(low << _SHIFT | number)
        else:
            self._later.setdefault(low, array("I")).append(number)

    def close(self) -> None:
        """Sort what was added. What is added later takes more memory each."""
        self._sorted = array("Q", sorted(self._new or ()))
        self._new = None

    def groups(self) -> Iterator[list[int]]:
        """Yield the records of each value that several records held before `close`."""
        before, group = -1, list[int]()
        for entry in self._sorted:
            if entry >> _SHIFT != before:
                if len(group) > 1:
                    yield group
                before, group = entry >> _SHIFT, []
            group.append(entry & _LOW)
        if len(group) > 1:
            yield group

    def find(self, value_hash: int) -> Iterator[int]:
        """Yield the numbers of the records that hold a value; a number may come twice."""
        low = value_hash & _LOW
        entries = self._sorted
        for place in range(bisect_left(entries, low << _SHIFT), len(entries)):
            if entries[place] >> _SHIFT != low:
                break
            yield entries[place] & _LOW
        yield from self._later.get(low, ())


_NONE: Final = -1


class Partners:
    """The links between records. Most records have one partner at most, which is kept in an array."""

    def __init__(self) -> None:
        self._first = array("i")
        self._more: dict[int, list[int]] = {}

    def of(self, number: int) -> tuple[int, ...]:
        """Return the records that a record is linked with."""
        if number >= len(self._first) or self._first[number] == _NONE:
            return ()
        return (self._first[number], *self._more.get(number, ()))

    def link(self, ours: int, theirs: int) -> None:
        """Link two records."""
        self._put(ours, theirs)
        self._put(theirs, ours)

    def unlink(self, ours: int, theirs: int) -> None:
        """Take a link back."""
        if theirs not in self.of(ours):
            return
        for one, other in ((ours, theirs), (theirs, ours)):
            left = [partner for partner in self.of(one) if partner != other]
            self._more.pop(one, None)
            self._first[one] = left[0] if left else _NONE
            if left[1:]:
                self._more[one] = left[1:]

    def _put(self, number: int, partner: int) -> None:
        if number >= len(self._first):
            self._first.extend([_NONE] * (number + 1 - len(self._first)))
        if self._first[number] == _NONE:
            self._first[number] = partner
        elif partner not in self.of(number):
            self._more.setdefault(number, []).append(partner)


class Rings:
    """Which records are connected, directly or through others. Records are only ever joined."""

    def __init__(self) -> None:
        self._root = array("I")
        self._next = array("I")

    def grow(self, count: int) -> None:
        """Know at least `count` records; each new one is connected with nobody."""
        new = range(len(self._root), count)
        self._root.extend(new)
        self._next.extend(new)

    def join(self, one: int, other: int) -> None:
        """Connect two records, and so all that are connected with either."""
        first, second = self._find(one), self._find(other)
        if first != second:
            self._root[second] = first
            self._next[one], self._next[other] = self._next[other], self._next[one]

    def join_all(self, records: Iterable[int]) -> None:
        """Connect several records."""
        before = None
        for record in records:
            if before is not None:
                self.join(before, record)
            before = record

    def of(self, record: int) -> Iterator[int]:
        """Yield all records that are connected with a record, itself included."""
        yield record
        other = self._next[record]
        while other != record:
            yield other
            other = self._next[other]

    def _find(self, record: int) -> int:
        root = self._root
        while root[record] != record:
            root[record] = record = root[root[record]]
        return record
