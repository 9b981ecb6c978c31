"""Indexes: which records of a kind have a value in a field. Built at the first use and updated by every commit.

Knows neither the meaning of the records nor the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TypeAlias

import msgspec

from core.push.records import Record
from data.book.log import NOTHING, Change

Table: TypeAlias = Mapping[str, msgspec.Raw]
"""A table in memory: {key: JSON}, in the order of first commits."""
Read: TypeAlias = Callable[[type[Record], Iterable[tuple[str, msgspec.Raw]]], Iterable[Record]]
"""Decodes documents (key, JSON) of a kind."""


class Indexes:
    """The indexes of all tables. `table` returns a table by its name; `read` decodes documents or raises."""

    def __init__(self, table: Callable[[str], Table], read: Read) -> None:
        self._table = table
        self._read = read
        self._made: dict[str, dict[str, _Index]] = {}
        self._order: dict[str, _Order] = {}

    def keys(self, kind: type[Record], field: str, value: str) -> list[str]:
        """Return the keys of the records with `value` in `field`, in the order of their first commit.

        Raises `ValueError` if the kind declares no index of the field, and whatever `read` raises.
        """
        index = self._index(kind, field)
        if value in index.disordered:
            index.sort(value, self._order_of(kind.table))
        return list(index.keys.get(value, ()))

    def values(self, kind: type[Record], field: str) -> list[str]:
        """Return the distinct values of a field, sorted. Raises like `keys`."""
        return sorted(self._index(kind, field).keys)

    def note(self, change: Change) -> None:
        """Update the indexes with a commit."""
        for name, documents in change.items():
            for index in self._made.get(name, {}).values():
                index.note(documents)
            if (order := self._order.get(name)) is not None:
                order.note(documents)

    def _index(self, kind: type[Record], field: str) -> _Index:
        made = self._made.setdefault(kind.table, {})
        if (index := made.get(field)) is None:
            if field not in kind.indexes:
                raise ValueError(f"{kind.__name__} declares no index of {field}")
            index = made[field] = _Index(kind, field, self._read, self._table(kind.table))
        return index

    def _order_of(self, table: str) -> _Order:
        if (order := self._order.get(table)) is None:
            order = self._order[table] = _Order(self._table(table))
        return order


class _Index:
    """The keys of a kind's records by the value of one field: `keys` is {value: keys in the order of first commits}.

    The keys of a value in `disordered` are in another order: a record that was there before got this value.
    """

    def __init__(self, kind: type[Record], field: str, read: Read, table: Table) -> None:
        self._kind = kind
        self._read = read
        self._value = attrgetter(field)
        self._was: dict[str, str] = dict(zip(table, map(self._value, read(kind, table.items())), strict=True))
        self.keys: dict[str, dict[str, None]] = {}
        self.disordered: set[str] = set()
        for key, value in self._was.items():
            if (same := self.keys.get(value)) is None:
                same = self.keys[value] = {}
            same[key] = None

    def note(self, documents: Table) -> None:
        """Update the index with documents: new, changed, or removed (`NOTHING`)."""
        there = [(key, document) for key, document in documents.items() if document != NOTHING]
        now = dict(
            zip((key for key, _ in there), map(self._value, self._read(self._kind, there)), strict=True)
        )
        for key in documents:
            was, value = self._was.pop(key, None), now.get(key)
            if value is not None:
                self._was[key] = value
            if was == value:
                continue
            if was is not None:
                same = self.keys[was]
                del same[key]
                if not same:
                    del self.keys[was]
                    self.disordered.discard(was)
            if value is not None:
                self.keys.setdefault(value, {})[key] = None
                if was is not None:
                    self.disordered.add(value)

    def sort(self, value: str, order: _Order) -> None:
        """Put the keys of a value in the order of their first commit."""
        self.disordered.discard(value)
        self.keys[value] = dict.fromkeys(order.sort(self.keys[value]))


class _Order:
    """A number for each key of a table. The numbers rise in the order of first commits."""

    def __init__(self, table: Table) -> None:
        self._places = {key: place for place, key in enumerate(table)}
        self._next = len(table)

    def note(self, documents: Table) -> None:
        """Add new keys and drop removed keys (`NOTHING`)."""
        for key, document in documents.items():
            if document == NOTHING:
                self._places.pop(key, None)
            elif key not in self._places:
                self._places[key] = self._next
                self._next += 1

    def sort(self, keys: Iterable[str]) -> list[str]:
        """Return the keys in the order of their first commit."""
        return sorted(keys, key=self._places.__getitem__)
