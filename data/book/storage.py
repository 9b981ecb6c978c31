"""TinyDB over the log: TinyDB reads, `Shelf.commit` is the only way to write. Does not know what records mean.

The module uses TinyDB's extension points only: a storage class, a table class, the type of document ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, Protocol, cast

from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from data.book.log import Change, Log
from data.book.migrations import MIGRATIONS, Document, Migration, Tables, migrate, newest_schema

SPARE: Final = 2000
"""So many entries a log may hold beyond twice its live documents before it is tidied at open."""
_LINE: Final = 500  # documents on one line of a snapshot


class LogStorage(Storage):
    """The documents of the log, in memory: {table: {key: document}}, each table in the order of first commits.

    The documents of a log with an older schema go through `migrations` (all of them, from schema 1). The log is then
    written anew, with the old log as its backup. A log that can't be written is migrated in memory only.
    """

    def __init__(self, log: Log, spare: int = SPARE, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._log = log
        self._tables: Tables = {}
        self._views: dict[str, Mapping[str, Document]] = {}
        entries = 0
        for change in log.load():
            entries += sum(map(len, change.values()))
            self._apply(change)
        if older := log.schema_found < newest_schema(migrations):
            self._tables = migrate(self._tables, migrations[log.schema_found - 1 :])
            self._views = {name: MappingProxyType(table) for name, table in self._tables.items()}
        if older or entries > spare + 2 * sum(map(len, self._tables.values())):
            log.snapshot(self._live())

    # TinyDB's hint says dict; it only ever reads, and a view is what keeps that true.
    def read(self) -> dict[str, dict[str, Any]]:
        """Give the resident tables themselves, not a copy, in a form that can't be written to."""
        return cast("dict[str, dict[str, Any]]", MappingProxyType(self._views))

    def write(self, data: dict[str, dict[str, Any]]) -> None:  # noqa: ARG002 - TinyDB's signature
        """Refuse: writing the whole book anew is what loses books. Raises `TypeError`."""
        raise TypeError("the book is written by commit only")

    def commit(self, change: Mapping[str, Mapping[str, Any]]) -> None:
        """Make a change durable, then visible; all of it or nothing. Raises what `Log.append` raises."""
        self._apply(self._log.append(change))

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()

    def _apply(self, change: Change) -> None:
        for name, documents in change.items():
            table = self._tables.get(name)
            if table is None:
                table = self._tables[name] = {}
                self._views[name] = MappingProxyType(table)
            for key, document in documents.items():
                if document is None:
                    table.pop(key, None)
                else:
                    table[key] = document

    def _live(self) -> Iterator[Change]:
        for name, table in self._tables.items():
            items = iter(table.items())
            while part := dict(islice(items, _LINE)):
                yield {name: cast("dict[str, Document | None]", part)}


class _KeyedTable(Table):
    """A table whose ids are our own keys."""

    # TinyDB's hint says int; its documentation says any class.
    document_id_class = cast("type[int]", str)


class _KeyedBase(TinyDB):
    table_class = _KeyedTable


class _Keyed(Protocol):
    """The part of TinyDB's table that is used, with ids that are strings."""

    def get(self, *, doc_id: str) -> Document | None: ...
    def clear_cache(self) -> None: ...
    def __iter__(self) -> Iterator[_KeyedDocument]: ...


class _KeyedDocument(Protocol):
    doc_id: str


class Shelf:
    """The tables of one log. Opening it reads the log, and writes the log anew if it has grown or its schema is older.

    Raises as `Log.load`.
    """

    def __init__(self, log: Log, spare: int = SPARE, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._base = _KeyedBase(log, spare, migrations, storage=LogStorage)

    def tables(self) -> list[str]:
        """Give the names of the tables that are there."""
        return sorted(self._base.tables())

    def get(self, table: str, key: str) -> Document | None:
        """Give one document, or None; does not depend on how many there are."""
        return self._table(table).get(doc_id=key)

    def all(self, table: str) -> list[tuple[str, Document]]:
        """Give the keys and documents of a table, in the order of first commits."""
        return [(each.doc_id, cast(Document, each)) for each in self._table(table)]

    def commit(self, change: Mapping[str, Mapping[str, Any]]) -> None:
        """Write {table: {key: document, or None to remove}}; atomic and durable. Raises as `Log.append`."""
        cast(LogStorage, self._base.storage).commit(change)
        for name in change:
            self._table(name).clear_cache()

    def close(self) -> None:
        """Let go of the log."""
        self._base.close()

    def _table(self, name: str) -> _Keyed:
        return cast(_Keyed, self._base.table(name))
