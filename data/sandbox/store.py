"""The sandbox's memory: JSON documents per system and kind in one SQLite file; knows no rule of any system.

Every change is one transaction, so what a killed process had answered is still there at the next start.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_TABLES = """
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    system TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    integration_id TEXT, belongs_to TEXT, first_name TEXT, last_name TEXT, email TEXT, updated_at TEXT,
    added REAL NOT NULL, body TEXT NOT NULL,
    UNIQUE (system, kind, id)
);
CREATE INDEX IF NOT EXISTS by_order ON records (system, kind, seq);
CREATE INDEX IF NOT EXISTS by_integration_id ON records (system, kind, integration_id)
    WHERE integration_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_belongs_to ON records (system, kind, belongs_to) WHERE belongs_to IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_last_name ON records (system, kind, last_name) WHERE last_name IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_email ON records (system, kind, email) WHERE email IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_updated_at ON records (system, kind, updated_at) WHERE updated_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS marks (
    system TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
    PRIMARY KEY (system, kind, name, value, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS marks_of ON marks (system, kind, id);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS shown (seq INTEGER PRIMARY KEY, body TEXT NOT NULL);
"""
_ADD = """
INSERT INTO records (system, kind, id, integration_id, belongs_to, first_name, last_name, email, updated_at,
                     added, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_MARK = "INSERT OR IGNORE INTO marks (system, kind, name, value, id) VALUES (?, ?, ?, ?, ?)"
_UNMARK = "DELETE FROM marks WHERE system=? AND kind=? AND id=?"
_MARKED = "id IN (SELECT id FROM marks WHERE system=? AND kind=? AND name=? AND value=?)"
_COUNT = "SELECT COUNT(*) FROM {table} WHERE {where}"
_PLACES = "SELECT seq FROM {table} WHERE {where} AND seq>? ORDER BY seq LIMIT ? OFFSET ?"
_SHOWN = "SELECT seq, body FROM shown WHERE seq IN (SELECT value FROM json_each(?))"
_UNSHOW = "DELETE FROM shown WHERE seq IN (SELECT seq FROM records WHERE system=? AND kind=? AND id=?)"
_MOST_COUNTS = 64
"""How many numbers of records are kept until the next change."""
_BODIES = "SELECT body FROM {table} WHERE {where} ORDER BY {terms} LIMIT ? OFFSET ?"
# Without the name of the index SQLite reads every record of the kind and looks each up among the marked ones.
_BY_ID = "records INDEXED BY sqlite_autoindex_records_1"
_CACHE = "PRAGMA cache_size=-262144"
"""At most 256 MB. With SQLite's own 2 MB the seeding of a large book writes each page many times."""
_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL"
# A record that a control call made nonsense of (NaN) is no JSON for SQLite.
_VALUE = "CASE WHEN json_valid(body) THEN json_extract(body, ?) END"
_COLUMNS = {"updated_at": "updated_at", "internal_updated_at": "updated_at", "": "seq"}
"""Attributes to sort by that have a column."""
Mark = tuple[str, str]
"""A name and a value by which a record can be found, besides its keys."""

_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Keys:
    """What a record can be found by besides its id; names and email already case-folded."""

    integration_id: str | None = None
    belongs_to: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    updated_at: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search: everything that is set must hold.

    Keys must be equal. `updated_after` and `added_before` are exclusive bounds (ISO text, epoch seconds),
    `updated_from` and `updated_to` inclusive ones. The record bears each of `marks`, and not `without_mark`. `parts`
    are texts within the keys `first_name`, `last_name` and `email`. The rest is about attributes of the document:
    `texts` are equal in any letter case, `flags` are true or false, `bounds` lie before (`<`) or after (`>`) a text.
    """

    integration_id: str | None = None
    belongs_to: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    updated_after: str | None = None
    added_before: float | None = None
    updated_from: str | None = None
    updated_to: str | None = None
    marks: tuple[Mark, ...] = ()
    without_mark: Mark | None = None
    parts: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    flags: tuple[tuple[str, bool], ...] = ()
    bounds: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One record to keep; `added` is epoch seconds, 0 for what was there from the start."""

    system: str
    kind: str
    id: str
    document: Document
    keys: Keys = Keys()
    added: float = 0.0
    marks: tuple[Mark, ...] = ()


def encode(document: object) -> str:
    """Compact ASCII JSON; lone surrogates and NaN written by the control calls survive it."""
    return _ENCODER.encode(document)


class Store:
    """The records of all systems. Not for several threads at a time; one process per file (the caller locks)."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        # NORMAL: safe against the death of the process, which is all a sandbox has to survive.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(_CACHE)
        self._db.executescript(_TABLES)
        self._copy: sqlite3.Connection | None = None
        self._counts: dict[tuple[str, str, Wanted], int] = {}
        """What was counted since the last change."""

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
        if self._copy is not None:
            self._copy.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commits at the end, undoes everything when an exception passes."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            self._counts.clear()
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def bulk(self) -> Iterator[None]:
        """Inside, many records are added quickly: the indexes are made again at the end. In a transaction only."""
        indexes = self._db.execute(_INDEXES).fetchall()
        for name, _ in indexes:
            self._db.execute(f'DROP INDEX "{name}"')
        yield
        for _, made_by in indexes:
            self._db.execute(made_by)

    def wipe(self) -> None:
        """Forget every record and every counter."""
        self._db.execute("DELETE FROM records")
        self._db.execute("DELETE FROM marks")
        self._db.execute("DELETE FROM counters")
        self._db.execute("DELETE FROM shown")
        self._counts.clear()

    def empty(self) -> bool:
        """Return True if nothing was ever seeded here."""
        return self._db.execute("SELECT 1 FROM counters LIMIT 1").fetchone() is None

    def compact(self) -> None:
        """Fold what was written so far into the file itself. Not inside a transaction."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def remember(self, most: int) -> None:
        """Keep a copy of everything in memory, for `recall`, unless it takes more than `most` bytes."""
        (pages,), (size,) = (
            self._db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
        )
        if pages * size <= most:
            self._copy = sqlite3.connect(":memory:", check_same_thread=False)
            self._db.backup(self._copy)

    def recall(self) -> bool:
        """Return to what was remembered, in one transaction of its own; False if nothing was."""
        if self._copy is None:
            return False
        self._copy.backup(self._db)
        self._counts.clear()
        return True

    def add(self, row: StoredRow) -> None:
        """Keep a new record."""
        self.add_many((row,))

    def add_many(self, rows: Iterable[StoredRow]) -> None:
        """Keep many new records, in their order."""
        kept = list(rows)
        self._counts.clear()
        self._db.executemany(_ADD, (_columns(row) for row in kept))
        self._db.executemany(_MARK, _marks_of(kept))

    def replace(self, row: StoredRow) -> None:
        """Change a record that is there; its age (`added`) stays."""
        keys = row.keys
        self._counts.clear()
        self._db.execute(_UNSHOW, (row.system, row.kind, row.id))
        self._db.execute(
            "UPDATE records SET integration_id=?, belongs_to=?, first_name=?, last_name=?, email=?, updated_at=?,"
            " body=? WHERE system=? AND kind=? AND id=?",
            (
                *(keys.integration_id, keys.belongs_to, keys.first_name, keys.last_name, keys.email),
                *(keys.updated_at, encode(row.document), row.system, row.kind, row.id),
            ),
        )
        self._db.execute(_UNMARK, (row.system, row.kind, row.id))
        self._db.executemany(_MARK, _marks_of((row,)))

    def remove(self, system: str, kind: str, id_: str) -> bool:
        """Forget one record; False when there was none."""
        self._counts.clear()
        self._db.execute(_UNMARK, (system, kind, id_))
        self._db.execute(_UNSHOW, (system, kind, id_))
        gone = self._db.execute(
            "DELETE FROM records WHERE system=? AND kind=? AND id=?", (system, kind, id_)
        ).rowcount
        return bool(gone)

    def get(self, system: str, kind: str, id_: str) -> Document | None:
        """Return the record with this id, or None."""
        found = self._db.execute(
            "SELECT body FROM records WHERE system=? AND kind=? AND id=?", (system, kind, id_)
        ).fetchone()
        return None if found is None else _decode(found[0])

    def latest_other(self, system: str, kind: str, id_: str) -> Document | None:
        """Return the newest record of the kind that is not this one."""
        found = self._db.execute(
            "SELECT body FROM records WHERE system=? AND kind=? AND id<>? ORDER BY seq DESC LIMIT 1",
            (system, kind, id_),
        ).fetchone()
        return None if found is None else _decode(found[0])

    def find(
        self,
        system: str,
        kind: str,
        wanted: Wanted,
        *,
        limit: int = -1,
        offset: int = 0,
        order: Sequence[tuple[str, bool]] = (),
    ) -> list[Document]:
        """Return the records that fit.

        By the attributes of `order`, each with whether it descends, then oldest first.
        """
        wanted = self._pruned(system, kind, wanted)
        where, values = _where(system, kind, wanted)
        terms, paths = _ordered(order)
        asked = _BODIES.format(table=_table(wanted), where=where, terms=terms)
        rows = self._db.execute(asked, (*values, *paths, limit, offset))
        return [_decode(body) for (body,) in rows]

    def places(
        self, system: str, kind: str, wanted: Wanted, *, after: int = 0, limit: int, offset: int = 0
    ) -> list[int]:
        """Return the places of the records that fit, oldest first, behind the place `after`.

        A record keeps its place.
        """
        where, values = _where(system, kind, wanted)
        asked = _PLACES.format(table=_table(wanted), where=where)
        return [place for (place,) in self._db.execute(asked, (*values, after, limit, offset))]

    def at(self, place: int) -> Document:
        """Return the record at a place, which must be there."""
        (body,) = self._db.execute("SELECT body FROM records WHERE seq=?", (place,)).fetchone()
        return _decode(body)

    def shown(self, places: Sequence[int]) -> dict[int, str]:
        """Return the JSON in which lists show the records at some places, by place, as far as it is kept."""
        return dict(self._db.execute(_SHOWN, (encode(places),)))

    def keep_shown(self, shown: Mapping[int, str]) -> None:
        """Keep the JSON in which lists show records, by place. It goes when its record changes."""
        self._db.executemany("INSERT OR REPLACE INTO shown VALUES (?, ?)", shown.items())

    def naming(self, system: str, kind: str, text: str) -> list[Document]:
        """Return the records that hold a text anywhere, oldest first."""
        asked = "SELECT body FROM records WHERE system=? AND kind=? AND instr(body, ?) > 0 ORDER BY seq"
        return [_decode(body) for (body,) in self._db.execute(asked, (system, kind, text))]

    def count(self, system: str, kind: str, wanted: Wanted) -> int:
        """Return how many records fit. What was counted is kept until the next change."""
        known = self._counts.get((system, kind, wanted))
        if known is not None:
            return known
        asked = self._pruned(system, kind, wanted)
        where, values = _where(system, kind, asked)
        found = self._db.execute(_COUNT.format(table=_table(asked), where=where), values).fetchone()
        if len(self._counts) >= _MOST_COUNTS:
            self._counts.clear()
        self._counts[system, kind, wanted] = int(found[0])
        return int(found[0])

    def _pruned(self, system: str, kind: str, wanted: Wanted) -> Wanted:
        """Return the search without `without_mark` where no record has that mark, so that pages are counted quickly."""
        if wanted.without_mark is None:
            return wanted
        asked = "SELECT 1 FROM marks WHERE system=? AND kind=? AND name=? AND value=? LIMIT 1"
        borne = self._db.execute(asked, (system, kind, *wanted.without_mark)).fetchone()
        return wanted if borne else replace(wanted, without_mark=None)

    def next_number(self, name: str, first: int) -> int:
        """Return the next of a rising series of numbers that survives restarts."""
        known = self.number(name)
        number = first if known is None else known
        self.set_number(name, number + 1)
        return number

    def number(self, name: str) -> int | None:
        """Return the next number of a series; None where there is no such series."""
        found = self._db.execute("SELECT value FROM counters WHERE name=?", (name,)).fetchone()
        return None if found is None else int(found[0])

    def set_number(self, name: str, value: int) -> None:
        """Make `value` the next number of the series."""
        self._db.execute(
            "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value=excluded.value",
            (name, value),
        )


def _columns(row: StoredRow) -> tuple[object, ...]:
    keys = row.keys
    return (
        *(
            row.system,
            row.kind,
            row.id,
            keys.integration_id,
            keys.belongs_to,
            keys.first_name,
            keys.last_name,
        ),
        *(keys.email, keys.updated_at, row.added, encode(row.document)),
    )


def _table(wanted: Wanted) -> str:
    """Return the table to search in; by the ids of marked records where nothing else narrows the search."""
    narrow = (wanted.belongs_to, wanted.email, wanted.last_name, wanted.first_name, wanted.integration_id)
    return _BY_ID if wanted.marks and not any(narrow) else "records"


def _marks_of(rows: Iterable[StoredRow]) -> Iterator[tuple[str, str, str, str, str]]:
    for row in rows:
        for name, value in row.marks:
            yield row.system, row.kind, name, value, row.id


def _ordered(order: Sequence[tuple[str, bool]]) -> tuple[str, list[str]]:
    """Return the terms of an ORDER BY and the values in them; the age of a record decides between equals."""
    terms: list[str] = []
    paths: list[str] = []
    for name, descending in order:
        column = _COLUMNS.get(name)
        if column is None:
            paths.append(f'$."{name}"')
        terms.append((column or _VALUE) + (" DESC" if descending else ""))
    return ", ".join([*terms, "seq"]), paths


def _where(system: str, kind: str, wanted: Wanted) -> tuple[str, list[object]]:
    """Return the condition of a search and the values in it."""
    clauses = ["system=?", "kind=?"]
    values: list[object] = [system, kind]
    for clause, *given in (
        *_key_clauses(wanted),
        *_mark_clauses(system, kind, wanted),
        *_json_clauses(wanted),
    ):
        clauses.append(str(clause))
        values += given
    return " AND ".join(clauses), values


def _key_clauses(wanted: Wanted) -> Iterator[tuple[object, ...]]:
    for clause, value in (
        ("integration_id=?", wanted.integration_id),
        ("belongs_to=?", wanted.belongs_to),
        ("first_name=?", wanted.first_name),
        ("last_name=?", wanted.last_name),
        ("email=?", wanted.email),
        ("updated_at>?", wanted.updated_after),
        ("updated_at>=?", wanted.updated_from),
        ("updated_at<=?", wanted.updated_to),
        ("added<?", wanted.added_before),
    ):
        if value is not None:
            yield clause, value
    for name, part in wanted.parts:
        if name not in ("first_name", "last_name", "email"):
            raise ValueError(name)
        yield f"instr({name}, ?) > 0", part


def _mark_clauses(system: str, kind: str, wanted: Wanted) -> Iterator[tuple[object, ...]]:
    for mark in wanted.marks:
        yield _MARKED, system, kind, *mark
    if wanted.without_mark is not None:
        yield f"NOT {_MARKED}", system, kind, *wanted.without_mark


def _json_clauses(wanted: Wanted) -> Iterator[tuple[object, ...]]:
    for name, text in wanted.texts:
        yield f"{_VALUE} = ? COLLATE NOCASE", f'$."{name}"', text
    for name, flag in wanted.flags:
        yield f"COALESCE({_VALUE}, 0) = ?", f'$."{name}"', int(flag)
    for name, relation, text in wanted.bounds:
        if relation not in ("<", ">"):
            raise ValueError(relation)
        yield f"{_VALUE} {relation} ?", f'$."{name}"', text


def _decode(body: str) -> Document:
    document: Document = json.loads(body)
    return document
