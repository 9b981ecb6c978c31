"""The files of a book: records in and out, blocking, for one thread at a time. Hides how records are stored.

The book's folder holds `book.log` (and `book.log.bak`), `book.key` (32 random bytes, for `keyed_hash`), `kept/` with
private files, and `archive/` with the details of finished pushes. Client data is in `kept/` only.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from core.errors import ArchiveDamaged, BookClosed
from core.push.ports import Filed
from core.push.records import Record
from data.book import errors as reasons
from data.book.archive import Archive, Archived, month_of
from data.book.disk import Disk, RealDisk, draft_of, is_draft, replace
from data.book.entries import BadEntry, decode_entry, encode_entry
from data.book.indexes import Indexes
from data.book.log import NOTHING, Log
from data.book.migrations import MIGRATIONS, Migration, newest_schema
from data.book.storage import SPARE, Shelf
from data.common_book.kinds import KEY_SIZE, RecordKinds, check_file_name, keyed_hash, one_field

R = TypeVar("R", bound=Record)
T = TypeVar("T")


Commit = tuple[tuple[Record, ...], tuple[tuple[type[Record], str], ...]]
"""What one commit writes (records) and what it removes (kind and key)."""
_Changes = dict[str, dict[str, msgspec.Raw]]


class BookFile:
    """A book, blocking, for one thread at a time. Use it through `TinyBook`.

    `home` is the book's folder; it is made if it is missing. `kinds` are the kinds of record that the book holds; a
    table of any other name is damage. `barred` is why the book may only be read, or None. A barred book makes and
    changes nothing, and a folder without a book reads as an empty book. `random` returns the given number of random
    bytes. `spare`: see `storage.SPARE`. `migrations` lead from schema 1 to the schema of `kinds`. Raises `BookClosed`
    if the book can't be read or can't be made.

    `notices` are sentences for the operator.
    """

    def __init__(
        self,
        home: Path,
        kinds: Iterable[type[Record]],
        *,
        disk: Disk | None = None,
        barred: BookClosed | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
        spare: int = SPARE,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.home = home
        self.notices: list[str] = []
        self._disk: Disk = disk or RealDisk()
        self._barred = barred
        self._kinds = RecordKinds([*kinds, Archived])
        self._random = random
        self._spare = spare
        self._migrations = migrations
        self._log_path = home / "book.log"
        self._key_path = home / "book.key"
        self._kept = home / "kept"
        self._archive = Archive(self._disk, home / "archive", lambda: self.all(Archived))
        self._archives_hold_more = True
        """True if an archive may hold entries that no longer count. The first `tidy` looks for them."""
        self._closed = False
        self._key: bytes | None = None
        if self._barred is None:
            self._prepare()
        self._open()

    @property
    def read_only(self) -> BookClosed | None:
        """The reason why the book can't be written; None if it can."""
        return reasons.shut(self.home) if self._closed else self._log.read_only

    def get(self, kind: type[R], key: str) -> R | None:
        """Return one record, or None. Raises `BookClosed` if its document can't be read as a record of the kind."""
        self._check_open()
        self._kinds.check(kind)
        document = self._shelf.get(kind.table, key)
        return None if document is None else next(self._kinds.decode(kind, [(key, document.raw)]))

    def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """Return the records with these keys in the order of `keys`, without the missing ones. Raises like `get`."""
        self._check_open()
        self._kinds.check(kind)
        table = self._shelf.raw(kind.table)
        return list(self._kinds.decode(kind, ((key, table[key]) for key in keys if key in table)))

    def all(self, kind: type[R]) -> list[R]:
        """Return every record of a kind, in the order of their first commit. Raises like `get`."""
        self._check_open()
        self._kinds.check(kind)
        return list(self._kinds.decode(kind, self._shelf.raw(kind.table).items()))

    def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        """Return at most `count` records of a kind without the first `skip`, the last first commit first.

        Raises like `get`.
        """
        self._check_open()
        self._kinds.check(kind)
        table = self._shelf.raw(kind.table)
        keys = islice(reversed(table), skip, skip + count)
        return list(self._kinds.decode(kind, ((key, table[key]) for key in keys)))

    def where(self, kind: type[R], **field: str) -> list[R]:
        """Return the records with a value in one field, in the order of their first commit.

        Example: `where(Push, about="C-1")`. Raises like `get`; raises `ValueError` unless exactly one field is given
        and the kind declares it in `indexes`.
        """
        self._check_open()
        self._kinds.check(kind)
        name, value = one_field(field)
        return self.get_many(kind, self._indexes.keys(kind, name, value))

    def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        """Return the records with one of the values in a field: see `Book.where_any`. Raises like `where`."""
        self._check_open()
        self._kinds.check(kind)
        keys = [key for value in dict.fromkeys(values) for key in self._indexes.keys(kind, field, value)]
        return self.get_many(kind, keys)

    def mentions(self, kind: type[Record], values: Collection[str]) -> bool:
        """Return True if a record of a kind may hold one of the values in any field. Much quicker than an index."""
        self._check_open()
        self._kinds.check(kind)
        quoted = re.compile(b"|".join(re.escape(msgspec.json.encode(value)) for value in values))
        return any(map(quoted.search, self._shelf.raw(kind.table).values()))

    def values(self, kind: type[Record], field: str) -> list[str]:
        """Return the distinct values of a field of a kind, sorted. Raises like `where`."""
        self._check_open()
        self._kinds.check(kind)
        return self._indexes.values(kind, field)

    def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Write and remove records, all or none. The change is durable on return.

        Dropping a missing record is no error. Raises `BookClosed` if the book can't be written. Raises `ValueError`,
        and writes nothing, for a record that could not be read back, for a kind that this book does not hold, and for
        a record that is both written and dropped.
        """
        (failed,) = self.commit_together([(put, tuple(drop))])
        if failed is not None:
            raise failed

    def commit_together(self, commits: Iterable[Commit]) -> list[ValueError | None]:
        """Do several commits in their order, with one line of the log and one fsync.

        Return an entry per commit: None, or the `ValueError` for which the commit was left out. Raises `BookClosed` if
        the book can't be written; then none of the commits counts.
        """
        self._check_writable()
        whole: _Changes = {}
        failed: list[ValueError | None] = []
        for put, drop in commits:
            try:
                change = self._change(put, drop, whole)
            except ValueError as error:
                failed.append(error)
                continue
            failed.append(None)
            for table, documents in change.items():
                whole.setdefault(table, {}).update(documents)
        if whole:
            self._indexes.note(self._shelf.commit(whole))
        return failed

    def _change(
        self, put: Iterable[Record], drop: Iterable[tuple[type[Record], str]], before: _Changes
    ) -> _Changes:
        """Return what a commit changes. `before` are earlier changes that are not written yet. Raises `ValueError`."""
        change: _Changes = {}
        for record in put:
            encoded = self._kinds.encode(record)
            change.setdefault(record.table, {})[record.key] = msgspec.Raw(encoded)
        for kind, key in drop:
            self._kinds.check(kind)
            if change.get(kind.table, {}).get(key, NOTHING) != NOTHING:
                raise ValueError(f"{kind.table} {key} is both written and dropped")
            if key in before.get(kind.table, {}) or key in self._shelf.raw(kind.table):
                change.setdefault(kind.table, {})[key] = NOTHING
        return change

    def archive(self, *filed: Filed) -> None:
        """Move records of finished pushes to the archives of their months, durably.

        The records are written to the archive first. Then one commit removes them from the log and writes their new
        places. A crash between the two leaves the records in the log. An earlier archive entry of the same push is
        replaced. Raises `BookClosed` if the disk refuses, and `ValueError` like `commit`.
        """
        self._check_writable()
        months: dict[str, list[tuple[str, bytes]]] = {}
        for push in filed:
            month = datetime.fromtimestamp(push.at, UTC).strftime("%Y-%m")
            months.setdefault(month, []).append((push.push_id, self._archive_entry(push)))
        archived = self._shelf.raw(Archived.table)
        self._archives_hold_more |= any(push.push_id in archived for push in filed)
        places = [place for month, entries in months.items() for place in self._archive.add(month, entries)]
        self.commit(
            *places,
            *(record for push in filed for record in push.left),
            drop=[(type(record), record.key) for push in filed for record in push.records],
        )

    def archived(self, push_id: str) -> list[Record]:
        """Return the archived records of a push; an empty list if there are none.

        The time depends only on the number of these records. Raises `ArchiveDamaged` if they can't be read, and
        `BookClosed`.
        """
        for place, payload in self._archived_entries([push_id]):
            if isinstance(payload, ArchiveDamaged):
                raise payload
            return self._decoded_entry(place, payload)
        return []

    def archived_many(self, kind: type[R], push_ids: Iterable[str]) -> dict[str, list[R] | ArchiveDamaged]:
        """Return the archived records of a kind by push, for those pushes that have an archive entry.

        A push with an entry that can't be read has the error instead of its records. Raises `BookClosed`.
        """
        self._kinds.check(kind)
        found: dict[str, list[R] | ArchiveDamaged] = {}
        for place, payload in self._archived_entries(push_ids):
            try:
                if isinstance(payload, ArchiveDamaged):
                    raise payload
                found[place.push_id] = cast("list[R]", self._decoded_entry(place, payload, kind.table))
            except ArchiveDamaged as error:
                found[place.push_id] = error
        return found

    def archived_at(self) -> dict[str, float]:
        """Return {push id: the first moment (seconds since 1970, UTC) of the month in which the push was archived}."""
        return {place.push_id: month_of(place) for place in self.all(Archived)}

    def _archived_entries(self, push_ids: Iterable[str]) -> list[tuple[Archived, bytes | ArchiveDamaged]]:
        """Return the places of pushes in the archives, each with the JSON of its entry. Raises `BookClosed`.

        If a file is missing, a reader reads the book again first: the writer may have copied its entries to a new file.
        """
        keys = list(push_ids)
        entries = list(self._archive.read(self.get_many(Archived, keys)))
        if self._barred is not None and any(payload is None for _, payload in entries):
            self.refresh()
            entries = list(self._archive.read(self.get_many(Archived, keys)))
        return [
            (place, self._archive.damage(place, "the file is not there") if payload is None else payload)
            for place, payload in entries
        ]

    def _decoded_entry(self, place: Archived, payload: bytes, table: str = "") -> list[Record]:
        """Return the records of an entry, of one table if it is named. Raises `ArchiveDamaged`."""
        try:
            return decode_entry(payload, place.push_id, self._kinds.decoders, self._migrations, table)
        except BadEntry as error:
            raise self._archive.damage(place, str(error)) from error

    def _archive_entry(self, filed: Filed) -> bytes:
        """Return the JSON of a new archive entry. Raises `ValueError` like `commit`."""
        for record in filed.records:
            self._kinds.check(type(record))
        payload = encode_entry(filed.push_id, filed.records, newest_schema(self._migrations))
        decode_entry(payload, filed.push_id, self._kinds.decoders, self._migrations)
        return payload

    def put_file(self, name: str, content: bytes) -> None:
        """Write a private file completely and durably. It replaces a file of the same name.

        Raises `BookClosed`; the book is read-only from then on. Raises `ValueError` for a bad name: a name has letters,
        digits, `.`, `_` and `-`, and begins with a letter or digit.
        """
        path = self._kept_path(name)
        self._check_writable()
        try:
            replace(self._disk, path, content)
        except OSError as error:
            raise reasons.again(self._log.fail(path, error)) from error

    def get_file(self, name: str) -> bytes | None:
        """Return the content of a private file; None if there is no such file. Raises like `put_file`."""
        path = self._kept_path(name)
        self._check_open()
        try:
            return self._disk.read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise reasons.read_failed(path, error) from error

    def get_files(self, names: Collection[str]) -> dict[str, bytes]:
        """Return the contents of those private files that exist, by name. Raises like `put_file`."""
        found = {name: self.get_file(name) for name in names}
        return {name: content for name, content in found.items() if content is not None}

    def list_files(self) -> list[str]:
        """Return the names of the private files; an empty list if their folder is missing. Raises `BookClosed`."""
        self._check_open()
        try:
            return [name for name in self._disk.names(self._kept) if not is_draft(name)]
        except OSError as error:
            raise reasons.read_failed(self._kept, error) from error

    def delete_file(self, name: str) -> None:
        """Remove a private file durably. A missing file is no error. Raises like `put_file`."""
        path = self._kept_path(name)
        self._check_writable()
        try:
            self._disk.unlink(path)
            self._disk.sync_folder(self._kept)
        except FileNotFoundError:
            return
        except OSError as error:
            raise reasons.again(self._log.fail(path, error)) from error

    def keyed_hash(self, field: str, value: Any) -> str:
        """Return the keyed hash (HMAC-SHA256) of a field's name and JSON value, as 32 hex digits.

        In one book, equal JSON values of one field have equal hashes. Raises `BookClosed` if a read-only book has no
        key yet, and `TypeError` for a value that is not JSON.
        """
        if self._key is None:
            raise reasons.key_missing(self._key_path)
        return keyed_hash(self._key, field, value)

    def tidy(self) -> None:
        """Rewrite the log if more than half of it no longer counts, and the archives in which an entry was replaced.

        Raises `BookClosed` if the book can't be written.
        """
        self._check_writable()
        self._shelf.tidy()
        self._check_writable()
        if self._archives_hold_more:
            for places, old in self._archive.renew():
                self.commit(*places)
                self._archive.remove([old])
            self._archives_hold_more = False

    def show_instead(self, records: Iterable[Record]) -> None:
        """Show records in place of those on the disk, until a barred book is read again. Nothing is written.

        Raises `ValueError` for a book that can be written, and like `commit`.
        """
        if self._barred is None:
            raise ValueError("a book that can be written shows what is on the disk")
        change = self._change(records, (), {})
        self._shelf.show(change)
        self._indexes.note(change)

    def bar(self, reason: BookClosed) -> None:
        """Give another reason from now on why a barred book can't be written.

        Raises `ValueError` for a book that can be written.
        """
        if self._barred is None:
            raise ValueError("a book that can be written is not barred by a reason alone")
        self._barred = self._log.read_only = reason

    def refresh(self) -> None:
        """Read a barred book again from the disk. A writer's book is always fresh, so nothing happens there.

        Raises `BookClosed` if the book can't be read now; the records that were read before stay.
        """
        self._check_open()
        if self._barred is not None:
            self._open()

    def close(self) -> None:
        """Close the files. Every later call except `keyed_hash` raises `BookClosed`. A second call does nothing."""
        if not self._closed:
            self._closed = True
            self._shelf.close()

    def _prepare(self) -> None:
        """Make the folders and remove half-written files of a crash. If that fails, an existing book can be read."""
        try:
            self._disk.make_folder(self.home)
            self._disk.make_folder(self._kept)
            # The folder may show a name that an earlier start could not make durable.
            self._disk.sync_folder(self.home)
            ours = {draft_of(path).name for path in (self._log_path, self._key_path, self._backup)}
            for folder, drafts in (
                (self.home, [name for name in self._disk.names(self.home) if name in ours]),
                (self._kept, [name for name in self._disk.names(self._kept) if is_draft(name)]),
            ):
                for name in drafts:
                    self._disk.unlink(folder / name)
                if drafts:
                    self._disk.sync_folder(folder)
        except OSError as error:
            if not self._is_there(self._log_path):
                raise reasons.no_home(self.home, error) from error
            self._barred = reasons.write_failed(self._log_path, error)

    def _open(self) -> None:
        """Read the log and the key. The log is made before the key, so a key without a log shows that a log is lost."""
        # Checked before the log is opened: another process may be making its book at this moment.
        traces = [path for path in (self._backup, self._key_path) if self._is_there(path)]
        backup = self._backup if self._backup in traces else None
        if traces and not self._is_there(self._log_path):
            raise reasons.gone(self._log_path, traces[0], backup)
        schema = newest_schema(self._migrations)
        log = Log(self._disk, self._log_path, barred=self._barred, schema=schema)
        shelf = Shelf(log, self._spare, self._migrations)
        try:
            for table in shelf.tables():
                if table not in self._kinds:
                    key = next(iter(shelf.raw(table)), "")
                    raise reasons.damaged(
                        f"{self._log_path}, table {table}, key {key}", "there is no such table", backup
                    )
            self._key = self._read_key(log, empty=not shelf.tables())
        except BaseException:
            shelf.close()
            raise
        self._log, self._shelf = log, shelf
        self._indexes = Indexes(shelf.raw, self._kinds.decode)
        self.notices += log.notices

    def _read_key(self, log: Log, *, empty: bool) -> bytes | None:
        """Return the key. Make a key for a book in which nothing was ever written."""
        try:
            key = self._disk.read(self._key_path)
        except FileNotFoundError:
            if not empty:
                raise reasons.key_missing(self._key_path) from None
            if log.read_only is not None:
                return None
            key = self._random(KEY_SIZE)
            try:
                replace(self._disk, self._key_path, key)
            except OSError as error:
                raise reasons.no_home(self.home, error) from error
        except OSError as error:
            raise reasons.read_failed(self._key_path, error) from error
        if len(key) != KEY_SIZE:
            raise reasons.damaged(str(self._key_path), f"the key has {len(key)} bytes, not {KEY_SIZE}", None)
        return key

    @property
    def _backup(self) -> Path:
        return self._log_path.with_name(self._log_path.name + ".bak")

    def _is_there(self, path: Path) -> bool:
        try:
            return self._disk.exists(path)
        except OSError as error:
            raise reasons.read_failed(path, error) from error

    def _kept_path(self, name: str) -> Path:
        check_file_name(name)
        return self._kept / name

    def _check_open(self) -> None:
        if self._closed:
            raise reasons.shut(self.home)

    def _check_writable(self) -> None:
        if (reason := self.read_only) is not None:
            raise reasons.again(reason)
