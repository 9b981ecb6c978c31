"""The forms that records, files and archive entries have in the tables of a team's book. Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import cache
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from core.errors import BookClosed
from core.push.records import Push, Record, StepRecord
from core.push.states import StepState
from data.book.migrations import MIGRATIONS, Migration
from data.common_book.kinds import RecordKinds
from data.team_book import errors as reasons
from data.team_book.sealing import BadSeal, Sealer

R = TypeVar("R", bound=Record)

MARKS: Final = 4
"""How many indexed fields a kind can have."""
_KEY_LENGTH: Final = 4
"""Bytes for the length of a record's key. What is sealed in a row is this length, the key, and the JSON."""


class Row(Struct, frozen=True):
    """A record as a row: `marks` are its indexed fields, None beyond those that the kind has."""

    kind: str
    key: bytes
    body: bytes
    marks: tuple[bytes | None, ...]


class ClaimableRow(Struct, frozen=True):
    """What claims need to know of a push, in clear but for its subject."""

    push_id: str
    state: str
    asset: str
    subject: bytes


class StepRow(Struct, frozen=True):
    """What claims need to know of a step. `ref` is None for a step that is DONE."""

    step: bytes
    push_id: str
    ref: bytes | None


@cache
def clear_fields(kind: type[Record]) -> frozenset[str]:
    """Return the indexed fields of a kind that hold a state or another word of a fixed list."""
    return frozenset(
        field.name
        for field in msgspec.structs.fields(kind)
        if field.name in kind.indexes and isinstance(field.type, type) and issubclass(field.type, Enum)
    )


class RowForms:
    """Makes rows of records, and records of rows. `shown` names the book in errors.

    `migrations` lead from schema 1 to the schema of `kinds`.
    """

    def __init__(
        self,
        kinds: RecordKinds,
        sealer: Sealer,
        shown: str,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.kinds = kinds
        self.migrations = migrations
        self._sealer = sealer
        self._shown = shown

    def row(self, record: Record) -> Row:
        """Return the row of a record. Raises `ValueError` for a record that could not be read back."""
        kind, key = type(record), self.key(type(record), record.key)
        name = record.key.encode("utf-8", "surrogatepass")
        content = len(name).to_bytes(_KEY_LENGTH, "big") + name + self.kinds.encode(record)
        body = self._sealer.seal(_place(kind.table, key), content)
        marks = [self.mark(kind, field, getattr(record, field)) for field in kind.indexes]
        return Row(kind.table, key, body, (*marks, *[None] * (MARKS - len(marks))))

    def key(self, kind: type[Record], key: str) -> bytes:
        """Return the key of a record in the table. Raises `ValueError` for a kind that the book does not hold."""
        self.kinds.check(kind)
        return self._sealer.mark(kind.table, "", key)

    def mark(self, kind: type[Record], field: str, value: str) -> bytes:
        """Return the form of an indexed field by which rows are found."""
        if field in clear_fields(kind):
            return value.encode("utf-8", "surrogatepass")
        return self._sealer.mark(kind.table, field, value)

    def records(self, kind: type[R], rows: Iterable[tuple[bytes, bytes]]) -> list[R]:
        """Return rows (key, body) as records of a kind. Raises `BookClosed` for a row that can't be read."""
        return list(self.kinds.decode(kind, self.documents(kind.table, rows)))

    def documents(self, table: str, rows: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yield rows (key, body) of a table as (the record's own key, JSON). Raises `BookClosed` like `records`."""
        try:
            contents = self._sealer.open_rows(_place(table, b""), rows)
        except BadSeal:
            raise self.damaged(f"a record of {table}") from None
        for content in contents:
            end = _KEY_LENGTH + int.from_bytes(content[:_KEY_LENGTH], "big")
            yield content[_KEY_LENGTH:end].decode("utf-8", "surrogatepass"), content[end:]

    def push_row(self, push: Push) -> ClaimableRow:
        """Return what claims need to know of a push."""
        return ClaimableRow(push.push_id, push.state, push.asset, self.subject(push.subject))

    def step_row(self, step: StepRecord) -> StepRow:
        """Return what claims need to know of a step."""
        ref = None if step.state is StepState.DONE else self._sealer.mark(StepRecord.table, "ref", step.ref)
        return StepRow(self.key(StepRecord, step.key), step.push_id, ref)

    def subject(self, subject: str) -> bytes:
        """Return the form in which the tables know the subject of a push."""
        return self._sealer.mark(Push.table, "subject", subject)

    def name(self, what: str, name: str) -> bytes:
        """Return the keyed hash of any other name, such as that of a credential. `what` says what it is of."""
        return self._sealer.mark(what, "name", name)

    def seal(self, place: bytes, content: bytes) -> bytes:
        """Return content sealed for a place: see `Sealer.seal`."""
        return self._sealer.seal(place, content)

    def open(self, place: bytes, sealed: bytes, what: str) -> bytes:
        """Return content that was sealed for a place. Raises `BookClosed`; `what` names the place in its words."""
        try:
            return self._sealer.open(place, sealed)
        except BadSeal:
            raise self.damaged(what) from None

    def damaged(self, what: str) -> BookClosed:
        """Return the error for a row that does not hold what was written."""
        return reasons.damaged(self._shown, what)


def _place(table: str, key: bytes) -> bytes:
    return b"record " + table.encode() + b" " + key


def file_place(name: str) -> bytes:
    """Return the place for which the content of a private file is sealed."""
    return b"file " + name.encode()


def archive_place(push_id: str) -> bytes:
    """Return the place for which the archive entry of a push is sealed."""
    return b"archive " + push_id.encode("utf-8", "surrogatepass")
