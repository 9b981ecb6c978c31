"""Copies a book into another one and compares the two: records, private files, archive. Knows no kind of book."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, Protocol, TypeVar

import msgspec
from msgspec import Struct

from core.push.ports import Filed
from core.push.records import Record

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_BATCH: Final = 500
"""Records of one commit, files of one round, entries of one call."""


class WholeBook(Protocol):
    """A book as it is copied. Every method blocks and may raise `BookClosed`."""

    def all(self, kind: type[R]) -> list[R]:
        """Return every record of a kind, in the order of their first commit."""
        ...

    def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Write and remove records, all or none."""
        ...

    def list_files(self) -> list[str]:
        """Return the names of the private files."""
        ...

    def get_file(self, name: str) -> bytes | None:
        """Return the content of a private file, or None."""
        ...

    def put_file(self, name: str, content: bytes) -> None:
        """Write a private file."""
        ...

    def delete_file(self, name: str) -> None:
        """Remove a private file."""
        ...

    def archived_at(self) -> Mapping[str, float]:
        """Return {push id: time} of the archive entries. The month of the time (UTC) is that of the entry."""
        ...

    def archived(self, push_id: str) -> list[Record]:
        """Return the archived records of a push. Raises `ArchiveDamaged`."""
        ...

    def archive(self, *filed: Filed) -> None:
        """Write archive entries, and remove their records from the book."""
        ...


class BookSum(Struct, frozen=True):
    """What a book holds: counts, and a checksum over every record, file and archive entry in its order."""

    records: dict[str, int]
    """The number of records by table, for the tables that have some."""
    files: int
    archived: int
    checksum: str


def sum_of(book: WholeBook, kinds: Iterable[type[Record]]) -> BookSum:
    """Return the sum of a book. Raises `BookClosed`, `ArchiveDamaged`."""
    whole = hashlib.sha256()
    records: dict[str, int] = {}
    for kind in kinds:
        found = book.all(kind)
        if found:
            records[kind.table] = len(found)
        for record in found:
            _add(whole, kind.table, record.key, msgspec.json.encode(record))
    names = sorted(book.list_files())
    for name in names:
        _add(whole, "file", name, book.get_file(name) or b"")
    archived = sorted(book.archived_at())
    for push_id in archived:
        for record in book.archived(push_id):
            _add(whole, f"archive {record.table}", f"{push_id} {record.key}", msgspec.json.encode(record))
    return BookSum(records, len(names), len(archived), whole.hexdigest())


def _add(whole: hashlib._Hash, what: str, key: str, content: bytes) -> None:
    for part in (what.encode(), key.encode("utf-8", "surrogatepass"), content):
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)


def copy_book(
    source: WholeBook,
    target: WholeBook,
    kinds: Sequence[type[Record]],
    told: Callable[[int], None] = lambda count: None,
) -> None:
    """Make `target` equal to `source`. What is there already is not written again, so a copy can be broken off.

    `told` is called with the number of records, files and entries that were looked at since the last call. Raises
    `BookClosed`, `ArchiveDamaged`.
    """
    for kind in kinds:
        wanted = {record.key: record for record in source.all(kind)}
        there = {record.key: record for record in target.all(kind)}
        if not _is_beginning(there, wanted):
            target.commit(drop=[(kind, key) for key in there])
            there = {}
        for part in _parts(wanted.items()):
            if put := [record for key, record in part if there.get(key) != record]:
                target.commit(*put)
            told(len(part))
    _copy_files(source, target, told)
    _copy_archive(source, target, told)


def _is_beginning(there: Iterable[str], wanted: Iterable[str]) -> bool:
    """Return True if the records that are there are the first ones of those wanted, in the same order."""
    rest = iter(wanted)
    return all(key == next(rest, None) for key in there)


def _copy_files(source: WholeBook, target: WholeBook, told: Callable[[int], None]) -> None:
    names = source.list_files()
    for name in set(target.list_files()).difference(names):
        target.delete_file(name)
    for name in names:
        content = source.get_file(name)
        if content is not None and target.get_file(name) != content:
            target.put_file(name, content)
        told(1)


def _copy_archive(source: WholeBook, target: WholeBook, told: Callable[[int], None]) -> None:
    there = target.archived_at()
    for part in _parts(source.archived_at().items()):
        filed = [Filed(push_id, at, tuple(source.archived(push_id))) for push_id, at in part]
        new = [
            entry
            for entry in filed
            if entry.push_id not in there or tuple(target.archived(entry.push_id)) != entry.records
        ]
        if new:
            target.archive(*new)
        told(len(part))


def _parts(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, _BATCH)):
        yield part
