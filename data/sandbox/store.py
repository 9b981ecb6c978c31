"""The sandbox's memory: JSON documents per system and kind in one SQLite file; knows no rule of any system.

Every change is one transaction, so what a killed process had answered is still there at the next start.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""
_ADD = """
INSERT INTO records (system, kind, id, integration_id, belongs_to, first_name, last_name, email, updated_at,
                     added, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_COUNT = "SELECT COUNT(*) FROM records WHERE "
_BODIES = "SELECT body FROM records WHERE "


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
    """A search: every key that is set must be equal; the two times are exclusive bounds (ISO text, epoch seconds)."""

    integration_id: str | None = None
    belongs_to: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    updated_after: str | None = None
    added_before: float | None = None


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One record to keep; `added` is epoch seconds, 0 for what was there from the start."""

    system: str
    kind: str
    id: str
    document: Document
    keys: Keys = Keys()
    added: float = 0.0


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
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commits at the end, undoes everything when an exception passes."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def wipe(self) -> None:
        """Forget every record and every counter."""
        self._db.execute("DELETE FROM records")
        self._db.execute("DELETE FROM counters")

    def empty(self) -> bool:
        """Whether nothing was ever seeded here."""
        return self._db.execute("SELECT 1 FROM counters LIMIT 1").fetchone() is None

    def compact(self) -> None:
        """Fold what was written so far into the file itself. Not inside a transaction."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def add(self, row: StoredRow) -> None:
        """Keep a new record."""
        self.add_many((row,))

    def add_many(self, rows: Iterable[StoredRow]) -> None:
        """Keep many new records, in their order."""
        self._db.executemany(_ADD, (_columns(row) for row in rows))

    def replace(self, row: StoredRow) -> None:
        """Change a record that is there; its age (`added`) stays."""
        keys = row.keys
        self._db.execute(
            "UPDATE records SET integration_id=?, belongs_to=?, first_name=?, last_name=?, email=?, updated_at=?,"
            " body=? WHERE system=? AND kind=? AND id=?",
            (
                *(keys.integration_id, keys.belongs_to, keys.first_name, keys.last_name, keys.email),
                *(keys.updated_at, encode(row.document), row.system, row.kind, row.id),
            ),
        )

    def remove(self, system: str, kind: str, id_: str) -> bool:
        """Forget one record; False when there was none."""
        gone = self._db.execute(
            "DELETE FROM records WHERE system=? AND kind=? AND id=?", (system, kind, id_)
        ).rowcount
        return bool(gone)

    def get(self, system: str, kind: str, id_: str) -> Document | None:
        """The record with this id, or None."""
        found = self._db.execute(
            "SELECT body FROM records WHERE system=? AND kind=? AND id=?", (system, kind, id_)
        ).fetchone()
        return None if found is None else _decode(found[0])

    def latest_other(self, system: str, kind: str, id_: str) -> Document | None:
        """The newest record of the kind that is not this one."""
        found = self._db.execute(
            "SELECT body FROM records WHERE system=? AND kind=? AND id<>? ORDER BY seq DESC LIMIT 1",
            (system, kind, id_),
        ).fetchone()
        return None if found is None else _decode(found[0])

    def find(
        self, system: str, kind: str, wanted: Wanted, *, limit: int = -1, offset: int = 0
    ) -> list[Document]:
        """The records that fit, oldest first."""
        where, values = _where(system, kind, wanted)
        rows = self._db.execute(_BODIES + where + " ORDER BY seq LIMIT ? OFFSET ?", (*values, limit, offset))
        return [_decode(body) for (body,) in rows]

    def count(self, system: str, kind: str, wanted: Wanted) -> int:
        """How many records fit."""
        where, values = _where(system, kind, wanted)
        return int(self._db.execute(_COUNT + where, values).fetchone()[0])

    def next_number(self, name: str, first: int) -> int:
        """The next of a rising series of numbers that survives restarts."""
        found = self._db.execute("SELECT value FROM counters WHERE name=?", (name,)).fetchone()
        number = first if found is None else int(found[0])
        self.set_number(name, number + 1)
        return number

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


def _where(system: str, kind: str, wanted: Wanted) -> tuple[str, Sequence[object]]:
    clauses = ["system=?", "kind=?"]
    values: list[object] = [system, kind]
    for clause, value in (
        ("integration_id=?", wanted.integration_id),
        ("belongs_to=?", wanted.belongs_to),
        ("first_name=?", wanted.first_name),
        ("last_name=?", wanted.last_name),
        ("email=?", wanted.email),
        ("updated_at>?", wanted.updated_after),
        ("added<?", wanted.added_before),
    ):
        if value is not None:
            clauses.append(clause)
            values.append(value)
    return " AND ".join(clauses), values


def _decode(body: str) -> Document:
    document: Document = json.loads(body)
    return document
