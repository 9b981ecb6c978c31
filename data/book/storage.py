"""TinyDB over the log: TinyDB reads, `Shelf.commit` is the only way to write. Does not know what records mean.

The module uses TinyDB's extension points only: a storage class, a table class, the types of documents and their ids.
Documents stay JSON bytes until a field of theirs is read.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, Final, Protocol, cast

import msgspec
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from core.collector import without_collecting
from core.decoding.typed_json import decode_json
from data.book.log import NOTHING, Change, Log
from data.book.migrations import MIGRATIONS, Migration, migrate_json, newest_schema

SPARE: Final = 2000
"""A log is tidied when it holds more than this many entries beyond twice its live documents."""
_LINE: Final = 500  # documents on one line of a snapshot


class Document(Mapping[str, Any]):
    """One document: its JSON in `raw`, decoded at the first look at a field. `doc_id` is its key."""

    __slots__ = ("_fields", "doc_id", "raw")

    def __init__(self, document: msgspec.Raw | Document, doc_id: str = "") -> None:
        self.raw: msgspec.Raw = document.raw if isinstance(document, Document) else document
        self.doc_id = doc_id
        self._fields: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self._decoded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded())

    def __len__(self) -> int:
        return len(self._decoded())

    def _decoded(self) -> dict[str, Any]:
        if self._fields is None:
            self._fields = decode_json(self.raw, dict[str, Any])
        return self._fields


class _View(Mapping[str, Document]):
    """A table as TinyDB reads it: {key: document}, in a form that can't be written to."""

    __slots__ = ("_table",)

    def __init__(self, table: Mapping[str, msgspec.Raw]) -> None:
        self._table = table

    def __getitem__(self, key: str) -> Document:
        return Document(self._table[key], key)

    def __contains__(self, key: object) -> bool:
        return key in self._table

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)

    def items(self) -> ItemsView[str, Document]:
        """Return the keys and documents. Much quicker than the method of `Mapping`, which calls `__getitem__`."""
        return {key: Document(raw, key) for key, raw in self._table.items()}.items()


class LogStorage(Storage):
    """The documents of the log, in memory: {table: {key: JSON}}, each table in the order of first commits.

    The documents of a log with an older schema go through `migrations` (all of them, from schema 1). The log is then
    written again, with the old log as its backup. A log that can't be written is migrated in memory only.
    """

    def __init__(self, log: Log, spare: int = SPARE, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._log = log
        self._spare = spare
        self._tables: dict[str, dict[str, msgspec.Raw]] = {}
        self._views: dict[str, _View] = {}
        self._entries = 0
        with without_collecting():
            log.load(self._apply)
        if log.schema_found < newest_schema(migrations):
            self._migrate(migrations[log.schema_found - 1 :])
            log.snapshot(self._live())
        self.tidy()

    # TinyDB's hint says dict; it only ever reads, and a view is what keeps that true.
    def read(self) -> dict[str, dict[str, Any]]:
        """Return the tables in memory themselves, not a copy, in a form that can't be written to."""
        return cast("dict[str, dict[str, Any]]", MappingProxyType(self._views))

    def write(self, data: dict[str, dict[str, Any]]) -> None:  # noqa: ARG002 - TinyDB's signature
        """Raise `TypeError`: rewriting the whole book at every change can lose the book."""
        raise TypeError("the book is written by commit only")

    def table(self, name: str) -> dict[str, msgspec.Raw]:
        """Return a table in memory, {key: JSON}; empty if there is no such table."""
        return self._tables.get(name, {})

    def commit(self, change: Mapping[str, Mapping[str, Any]]) -> Change:
        """Make a change durable, then visible, all or nothing. Return it in its kept form. Raises like `Log.append`."""
        as_read = self._log.append(change)
        self._apply(as_read)
        return as_read

    def show(self, change: Change) -> None:
        """Make a change visible and write nothing."""
        self._apply(change)

    def tidy(self) -> bool:
        """Replace the log by a snapshot if it has grown (see `SPARE`). Return True if the log was replaced."""
        live = sum(map(len, self._tables.values()))
        if self._entries <= self._spare + 2 * live or self._log.read_only is not None:
            return False
        self._log.snapshot(self._live())
        self._entries = live
        return True

    def close(self) -> None:
        """Close the log."""
        self._log.close()

    def _apply(self, change: Change) -> None:
        for name, documents in change.items():
            table = self._tables.get(name)
            if table is None:
                table = self._tables[name] = {}
                self._views[name] = _View(table)
            self._entries += len(documents)
            table.update(documents)
            if NOTHING in documents.values():
                for key, document in documents.items():
                    if document == NOTHING:
                        del table[key]

    def _migrate(self, migrations: Iterable[Migration]) -> None:
        """Replace the documents by their migrated form."""
        self._tables = migrate_json(self._tables, migrations)
        self._views = {name: _View(table) for name, table in self._tables.items()}
        self._entries = sum(map(len, self._tables.values()))

    def _live(self) -> Iterator[Change]:
        for name, table in self._tables.items():
            items = iter(table.items())
            while part := dict(islice(items, _LINE)):
                yield {name: part}


class _KeyedTable(Table):
    """A table with our own keys as ids."""

    # TinyDB's hints say int and its own class; its documentation says any class.
    document_id_class = cast("type[int]", str)
    document_class = cast(Any, Document)


class _KeyedBase(TinyDB):
    table_class = _KeyedTable


class _Keyed(Protocol):
    """The part of TinyDB's table that is used, with ids that are strings."""

    def get(self, *, doc_id: str) -> Document | None: ...
    def clear_cache(self) -> None: ...
    def __iter__(self) -> Iterator[Document]: ...


class Shelf:
    """The tables of one log. Opening it reads the log, and writes the log again if it has grown or its schema is older.

    Raises like `Log.load`.
    """

    def __init__(self, log: Log, spare: int = SPARE, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        self._base = _KeyedBase(log, spare, migrations, storage=LogStorage)

    def tables(self) -> list[str]:
        """Return the names of the tables, sorted."""
        return sorted(self._base.tables())

    def get(self, table: str, key: str) -> Document | None:
        """Return one document, or None. The time does not depend on the number of documents."""
        return self._table(table).get(doc_id=key)

    def all(self, table: str) -> list[Document]:
        """Return the documents of a table, in the order of first commits."""
        return list(self._table(table))

    def raw(self, table: str) -> dict[str, msgspec.Raw]:
        """Return the table in memory, {key: JSON}. It changes with the next commit."""
        return self._storage.table(table)

    def commit(self, change: Mapping[str, Mapping[str, Any]]) -> Change:
        """Write {table: {key: document, or None to remove}} atomically and durably. Raises like `Log.append`.

        Return the change in its kept form: JSON, and `NOTHING` for removed documents.
        """
        as_read = self._storage.commit(change)
        for name in change:
            self._table(name).clear_cache()
        return as_read

    def show(self, change: Change) -> None:
        """Make a change visible in this process alone: nothing is written."""
        self._storage.show(change)
        for name in change:
            self._table(name).clear_cache()

    def tidy(self) -> bool:
        """Rewrite the log if it has grown. Return True if it was rewritten. See `Log.snapshot`."""
        return self._storage.tidy()

    def close(self) -> None:
        """Close the log."""
        self._base.close()

    @property
    def _storage(self) -> LogStorage:
        return cast(LogStorage, self._base.storage)

    def _table(self, name: str) -> _Keyed:
        return cast(_Keyed, self._base.table(name))
