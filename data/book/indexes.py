"""Indexes: which records of a kind have a value in a field. Built at the first use and updated by every commit.

Knows neither the meaning of the records nor the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TypeAlias

import msgspec

from core.push.records import Record
from data.book.log import NOTHING, Change

Table: TypeAlias = Mapping[str, msgspec.Raw]
"""A table in memory: {key: JSON}, in the order of first commits."""
Read: TypeAlias = Callable[[type[Record], str, msgspec.Raw], Record]
"""Decodes one document: kind, key, JSON."""


class Indexes:
    """The indexes of all tables. `table` returns a table by its name; `read` decodes a document or raises."""

    def __init__(self, table: Callable[[str], Table], read: Read) -> None:
        self._table = table
        self._read = read
        self._made: dict[str, dict[str, _Index]] = {}
        self._order: dict[str, _Order] = {}

    def keys(self, kind: type[Record], field: str, value: str) -> list[str]:
        """Return the keys of the records with `value` in `field`, in the order of their first commit.

        Raises `ValueError` if the kind declares no index of the field, and whatever `read` raises.
        """
        keys = self._index(kind, field).keys.get(value, ())
        return self._order[kind.table].sort(keys)

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
            table = self._table(kind.table)
            index = made[field] = _Index(kind, field, self._read, table)
            if kind.table not in self._order:
                self._order[kind.table] = _Order(table)
        return index


class _Index:
    """The keys of a kind's records by the value of one field."""

    def __init__(self, kind: type[Record], field: str, read: Read, table: Table) -> None:
        self._kind = kind
        self._field = field
        self._read = read
        value = attrgetter(field)
        self._was: dict[str, str] = {key: value(read(kind, key, raw)) for key, raw in table.items()}
        self.keys: dict[str, set[str]] = {}
        for key, current in self._was.items():
            if (same := self.keys.get(current)) is None:
                same = self.keys[current] = set()
            same.add(key)

    def note(self, documents: Table) -> None:
        """Update the index with documents: new, changed, or removed (`NOTHING`)."""
        for key, document in documents.items():
            was = self._was.pop(key, None)
            if was is not None:
                same = self.keys[was]
                same.discard(key)
                if not same:
                    del self.keys[was]
            if document != NOTHING:
                value: str = getattr(self._read(self._kind, key, document), self._field)
                self._was[key] = value
                self.keys.setdefault(value, set()).add(key)


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

    def sort(self, keys: set[str] | tuple[()]) -> list[str]:
        """Return the keys in the order of their first commit."""
        return sorted(keys, key=self._places.__getitem__)
