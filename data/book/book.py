"""The book as the rest of the desk sees it: records in and out, on a thread of its own. Hides how they are kept.

In its folder: `book.log` (and `book.log.bak`), `book.key` (32 random bytes, for `seal`), `book.lock`, `archive/` with
the details of pushes that are over, and `kept/` with private files. Only `kept/` holds a client's data.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

import msgspec

from core.errors import BookClosed
from core.push.ports import Filed
from core.push.records import Record
from data.book import errors as reasons
from data.book.archive import Archive, Archived
from data.book.disk import Disk, RealDisk, draft_of, is_draft, replace
from data.book.entries import BadEntry, decode_entry, encode_entry
from data.book.indexes import Indexes
from data.book.lock import Holder, Lock
from data.book.log import NOTHING, Log
from data.book.migrations import MIGRATIONS, Migration, newest_schema
from data.book.storage import SPARE, Shelf

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_KEY_SIZE: Final = 32
_SEAL_SIZE: Final = 32  # hex digits
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


Commit = tuple[tuple[Record, ...], tuple[tuple[type[Record], str], ...]]
"""What one commit writes, and what it removes."""
_Changes = dict[str, dict[str, msgspec.Raw]]


class BookFile:
    """A book, blocking, for one thread at a time. Use it through `TinyBook`.

    `home` is the book's folder, made if it is missing. `kinds` are the kinds of record that the book holds; a table of
    any other name is damage. `barred` is why the book may only be read, or None. Then nothing is made or changed, and
    a folder without a book reads as an empty book. `random` returns the given number of random bytes. `spare`: see
    `storage.SPARE`. `migrations` lead from schema 1 to the schema of `kinds`. Raises `BookClosed` if the book can't be
    read or can't be made.

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
        self._kinds: dict[str, type[Record]] = {kind.table: kind for kind in kinds} | {
            Archived.table: Archived
        }
        self._decoders = {kind: msgspec.json.Decoder(kind) for kind in self._kinds.values()}
        self._by_table = {kind.table: decoder for kind, decoder in self._decoders.items()}
        self._random = random
        self._spare = spare
        self._migrations = migrations
        self._log_path = home / "book.log"
        self._key_path = home / "book.key"
        self._kept = home / "kept"
        self._archive = Archive(self._disk, home / "archive", lambda: self.all(Archived))
        self._archives_hold_more = True
        """Whether an archive may hold entries that no longer count: looked for at the first `tidy`."""
        self._closed = False
        self._key: bytes | None = None
        if self._barred is None:
            self._prepare()
        self._open()

    @property
    def read_only(self) -> BookClosed | None:
        """Why the book can't be written; None while it can."""
        return reasons.shut(self.home) if self._closed else self._log.read_only

    def get(self, kind: type[R], key: str) -> R | None:
        """Give one record, or None. Raises `BookClosed` where it can't be read as one of its kind."""
        self._check_open()
        self._check_kind(kind)
        document = self._shelf.get(kind.table, key)
        return None if document is None else self._read(kind, key, document.raw)

    def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """Give those records of these keys that are there, in the order of the keys. Raises as `get`."""
        self._check_open()
        self._check_kind(kind)
        table = self._shelf.raw(kind.table)
        return [self._read(kind, key, table[key]) for key in keys if key in table]

    def all(self, kind: type[R]) -> list[R]:
        """Give every record of a kind, in the order of their first commit. Raises as `get`."""
        self._check_open()
        self._check_kind(kind)
        return [self._read(kind, key, raw) for key, raw in self._shelf.raw(kind.table).items()]

    def where(self, kind: type[R], **field: str) -> list[R]:
        """Give the records whose field has a value, in the order of their first commit: `where(Push, about="C-1")`.

        Raises as `get`, and `ValueError` unless it is one field that the kind declares in `indexes`.
        """
        self._check_open()
        self._check_kind(kind)
        ((name, value),) = _one_field(field)
        return self.get_many(kind, self._indexes.keys(kind, name, value))

    def values(self, kind: type[Record], field: str) -> list[str]:
        """Give the different values that a field of a kind has, sorted. Raises as `where`."""
        self._check_open()
        self._check_kind(kind)
        return self._indexes.values(kind, field)

    def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Write and remove records, all or none; durable on return. Dropping what is not there is no error.

        Raises `BookClosed` where the book can't be written, and `ValueError` (nothing is written then) for a
        record that would not read back, of a kind this book does not hold, or both written and dropped.
        """
        (failed,) = self.commit_together([(put, tuple(drop))])
        if failed is not None:
            raise failed

    def commit_together(self, commits: Iterable[Commit]) -> list[ValueError | None]:
        """Do several commits, in their order, with one line of the log and one fsync; gives what was wrong with each.

        One that is wrong is left out. Raises `BookClosed`, and then none of them is there.
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
        """Give what a commit changes, after the changes `before` that are not written yet. Raises `ValueError`."""
        change: _Changes = {}
        for record in put:
            kind = type(record)
            self._check_kind(kind)
            encoded = msgspec.json.encode(record)
            self._decoders[kind].decode(encoded)
            change.setdefault(kind.table, {})[record.key] = msgspec.Raw(encoded)
        for kind, key in drop:
            self._check_kind(kind)
            if change.get(kind.table, {}).get(key, NOTHING) != NOTHING:
                raise ValueError(f"{kind.table} {key} is both written and dropped")
            if key in before.get(kind.table, {}) or key in self._shelf.raw(kind.table):
                change.setdefault(kind.table, {})[key] = NOTHING
        return change

    def archive(self, *filed: Filed) -> None:
        """Move records of pushes that are over to the archives of their months, durably.

        First the archive has them, then one commit removes them from the log and says where they are: a crash
        between leaves them where they were. What was archived of a push before is replaced. Raises `BookClosed`
        where the disk refuses, `ValueError` as `commit`.
        """
        self._check_writable()
        months: dict[str, list[tuple[str, bytes]]] = {}
        for one in filed:
            month = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m")
            months.setdefault(month, []).append((one.push_id, self._archive_entry(one)))
        archived = self._shelf.raw(Archived.table)
        self._archives_hold_more |= any(one.push_id in archived for one in filed)
        places = [place for month, entries in months.items() for place in self._archive.add(month, entries)]
        self.commit(
            *places,
            *(record for one in filed for record in one.left),
            drop=[(type(record), record.key) for one in filed for record in one.records],
        )

    def archived(self, push_id: str) -> list[Record]:
        """Give the records of a push that were archived; none where none were.

        How long it takes depends on nothing but how many they are. Raises `ArchiveDamaged` where they can't be
        read, `BookClosed`.
        """
        place = self.get(Archived, push_id)
        if place is None:
            return []
        payload = self._archived_json(place)
        try:
            return decode_entry(payload, push_id, self._by_table, self._migrations)
        except BadEntry as error:
            raise self._archive.damage(place, str(error)) from error

    def _archived_json(self, place: Archived) -> bytes:
        """Give the JSON of an archive's entry. Raises as `archived`.

        A reader whose file is gone reads the book again first: the writer has copied the entry to a new file.
        """
        try:
            return self._archive.read(place)
        except FileNotFoundError as error:
            gone = self._archive.damage(place, "the file is not there")
            if self._barred is None:
                raise gone from error
        self.refresh()
        moved = self.get(Archived, place.push_id)
        if moved is None or moved == place:
            raise gone
        return self._archive.read(moved)

    def _archive_entry(self, filed: Filed) -> bytes:
        """Give the JSON of an archive's entry. Raises `ValueError` as `commit`."""
        for record in filed.records:
            self._check_kind(type(record))
        payload = encode_entry(filed.push_id, filed.records, newest_schema(self._migrations))
        decode_entry(payload, filed.push_id, self._by_table, self._migrations)
        return payload

    def put_file(self, name: str, content: bytes) -> None:
        """Write a private file, whole and durable, in place of one of that name.

        Raises `BookClosed`, after which the book is read-only; `ValueError` for a name that is not of
        letters, digits, `.`, `_` and `-`, beginning with a letter or digit.
        """
        path = self._kept_path(name)
        self._check_writable()
        try:
            replace(self._disk, path, content)
        except OSError as error:
            raise reasons.again(self._log.fail(path, error)) from error

    def get_file(self, name: str) -> bytes | None:
        """Read a private file; None where there is none. Raises as `put_file`."""
        path = self._kept_path(name)
        self._check_open()
        try:
            return self._disk.read(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise reasons.read_failed(path, error) from error

    def list_files(self) -> list[str]:
        """Name the private files; none where there is no folder of them. Raises `BookClosed`."""
        self._check_open()
        try:
            return [name for name in self._disk.names(self._kept) if not is_draft(name)]
        except OSError as error:
            raise reasons.read_failed(self._kept, error) from error

    def delete_file(self, name: str) -> None:
        """Remove a private file, durably; nothing happens where there is none. Raises as `put_file`."""
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
        """Give 32 hex digits: the keyed hash (HMAC-SHA256) of a field's name and JSON value.

        Equal for equal JSON values of one field in one book. Raises `BookClosed` where a book that may only
        be read has no key yet, `TypeError` for what is not JSON.
        """
        if self._key is None:
            raise reasons.key_missing(self._key_path)
        whole = field.encode("utf-8", "surrogatepass") + b"\0" + _canonical(value)
        return hmac.new(self._key, whole, hashlib.sha256).hexdigest()[:_SEAL_SIZE]

    def tidy(self) -> None:
        """Rewrite the log if more than half of it no longer counts, and archives in which an entry was replaced.

        Raises `BookClosed` where the book can't be written.
        """
        self._check_writable()
        self._shelf.tidy()
        self._check_writable()
        if self._archives_hold_more:
            for places, old in self._archive.renew():
                self.commit(*places)
                self._archive.remove([old])
            self._archives_hold_more = False

    def refresh(self) -> None:
        """Read the book again as it is on the disk, where it may only be read; a writer's is always fresh.

        Raises `BookClosed` where it can't be read now; what was read before stays.
        """
        self._check_open()
        if self._barred is not None:
            self._open()

    def close(self) -> None:
        """Close the files; every later use but `seal` raises `BookClosed`. A second call does nothing."""
        if not self._closed:
            self._closed = True
            self._shelf.close()

    def _prepare(self) -> None:
        """Make the folders and sweep away what a crash left half-made; a book that is there can still be read."""
        try:
            self._disk.make_folder(self.home)
            self._disk.make_folder(self._kept)
            self._disk.sync_folder(
                self.home
            )  # a name that an earlier start could not make durable is seen too
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
        """Read log and key. The log is made before the key, so a key without a log is never a beginning."""
        # Looked for before the log: another process may be making its book at this moment.
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
        self._indexes = Indexes(shelf.raw, self._read)
        self.notices += log.notices

    def _read_key(self, log: Log, *, empty: bool) -> bytes | None:
        """Give the key; make one for a book in which nothing was ever written."""
        try:
            key = self._disk.read(self._key_path)
        except FileNotFoundError:
            if not empty:
                raise reasons.key_missing(self._key_path) from None
            if log.read_only is not None:
                return None
            key = self._random(_KEY_SIZE)
            try:
                replace(self._disk, self._key_path, key)
            except OSError as error:
                raise reasons.no_home(self.home, error) from error
        except OSError as error:
            raise reasons.read_failed(self._key_path, error) from error
        if len(key) != _KEY_SIZE:
            raise reasons.damaged(str(self._key_path), f"the key has {len(key)} bytes, not {_KEY_SIZE}", None)
        return key

    @property
    def _backup(self) -> Path:
        return self._log_path.with_name(self._log_path.name + ".bak")

    def _is_there(self, path: Path) -> bool:
        try:
            return self._disk.exists(path)
        except OSError as error:
            raise reasons.read_failed(path, error) from error

    def _read(self, kind: type[R], key: str, document: msgspec.Raw) -> R:
        try:
            record = self._decoders[kind].decode(document)
        except msgspec.DecodeError as error:
            raise reasons.damaged(
                f"table {kind.table}, key {key}", f"not a {kind.__name__} ({error})", None
            ) from error
        return cast(R, record)

    def _kept_path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name for a kept file: {name!r}")
        return self._kept / name

    def _check_kind(self, kind: type[Record]) -> None:
        if self._kinds.get(kind.table) is not kind:
            raise ValueError(f"this book holds no {kind.__name__}")

    def _check_open(self) -> None:
        if self._closed:
            raise reasons.shut(self.home)

    def _check_writable(self) -> None:
        if (reason := self.read_only) is not None:
            raise reasons.again(reason)


def _one_field(field: dict[str, str]) -> list[tuple[str, str]]:
    if len(field) != 1:
        raise ValueError("name one field")
    return list(field.items())


def _canonical(value: Any) -> bytes:
    """Give one spelling of a JSON value; text that no UTF-8 can carry (half a surrogate pair) is escaped."""
    try:
        return msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


class TinyBook:
    """A book on a thread of its own. Honours `core.push.ports.Book`; made by `open_book`.

    A cancelled call still runs to its end on the thread, and what is asked later sees all of it or, where it
    failed, nothing. `holder` is who has the book open for writing where that is another process.
    """

    def __init__(self, file: BookFile, *, lock: Lock | None = None, holder: Holder | None = None) -> None:
        self.holder = holder
        self._file = file
        self._lock = lock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="book")
        self._waiting: SimpleQueue[tuple[Commit, Future[None]]] = SimpleQueue()

    @property
    def notices(self) -> list[str]:
        """Sentences for the operator."""
        return self._file.notices

    @property
    def read_only(self) -> BookClosed | None:
        """Why the book can't be written; None while it can."""
        return self._file.read_only

    async def get(self, kind: type[R], key: str) -> R | None:
        """See `BookFile.get`."""
        return await self._on_thread(lambda: self._file.get(kind, key))

    async def all(self, kind: type[R]) -> list[R]:
        """See `BookFile.all`."""
        return await self._on_thread(lambda: self._file.all(kind))

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """See `BookFile.get_many`."""
        return await self._on_thread(lambda: self._file.get_many(kind, keys))

    async def where(self, kind: type[R], **field: str) -> list[R]:
        """See `BookFile.where`."""
        return await self._on_thread(lambda: self._file.where(kind, **field))

    async def values(self, kind: type[Record], field: str) -> list[str]:
        """See `BookFile.values`."""
        return await self._on_thread(lambda: self._file.values(kind, field))

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """See `BookFile.commit`. Commits that wait while the disk is busy share the next fsync."""
        done: Future[None] = Future()
        self._waiting.put(((put, tuple(drop)), done))
        await self._on_thread(lambda: self._commit_waiting(done))

    async def archive(self, *filed: Filed) -> None:
        """See `BookFile.archive`."""
        await self._on_thread(lambda: self._file.archive(*filed))

    async def archived(self, push_id: str) -> list[Record]:
        """See `BookFile.archived`."""
        return await self._on_thread(lambda: self._file.archived(push_id))

    async def put_file(self, name: str, content: bytes) -> None:
        """See `BookFile.put_file`."""
        await self._on_thread(lambda: self._file.put_file(name, content))

    async def get_file(self, name: str) -> bytes | None:
        """See `BookFile.get_file`."""
        return await self._on_thread(lambda: self._file.get_file(name))

    async def list_files(self) -> list[str]:
        """See `BookFile.list_files`."""
        return await self._on_thread(self._file.list_files)

    async def delete_file(self, name: str) -> None:
        """See `BookFile.delete_file`."""
        await self._on_thread(lambda: self._file.delete_file(name))

    def keyed_hash(self, field: str, value: Any) -> str:
        """See `BookFile.keyed_hash`; needs no thread."""
        return self._file.keyed_hash(field, value)

    async def tidy(self) -> None:
        """See `BookFile.tidy`."""
        await self._on_thread(self._file.tidy)

    async def refresh(self) -> None:
        """See `BookFile.refresh`."""
        await self._on_thread(self._file.refresh)

    def close(self) -> None:
        """Finish what was begun, then free files, thread and lock. Blocks until then; a second call does nothing."""
        with suppress(RuntimeError):
            self._thread.submit(self._file.close)
        self._thread.shutdown(wait=True)
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _commit_waiting(self, mine: Future[None]) -> None:
        """Write all that waits, on the thread; then say how the one commit went. Raises as `BookFile.commit`."""
        if waiting := self._take_waiting():
            try:
                failed = self._file.commit_together([commit for commit, _ in waiting])
            except BaseException as error:  # each of them is told, by its own future
                for _, done in waiting:
                    done.set_exception(error)
            else:
                for (_, done), wrong in zip(waiting, failed, strict=True):
                    if wrong is None:
                        done.set_result(None)
                    else:
                        done.set_exception(wrong)
        mine.result()

    def _take_waiting(self) -> list[tuple[Commit, Future[None]]]:
        taken: list[tuple[Commit, Future[None]]] = []
        with suppress(Empty):
            while True:
                taken.append(self._waiting.get_nowait())
        return taken

    async def _on_thread(self, work: Callable[[], T]) -> T:
        """Do some work on the thread and wait for it. Cancelling gives up the wait, never the work."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()

        def settle(done: Future[T]) -> None:
            if waiter.done():
                return
            error = done.exception()
            if error is None:
                waiter.set_result(done.result())
            else:
                waiter.set_exception(error)

        def hand_over(done: Future[T]) -> None:
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(settle, done)

        try:
            self._thread.submit(work).add_done_callback(hand_over)
        except RuntimeError:
            raise reasons.shut(self._file.home) from None
        return await waiter


if TYPE_CHECKING:  # the type checker compares the book with the port
    from core.push.ports import Book

    _BOOKS: Final[tuple[type[Book], ...]] = (TinyBook,)


def open_book(
    home: Path,
    kinds: Iterable[type[Record]],
    *,
    operator: str,
    write: bool = True,
    disk: Disk | None = None,
    now: Callable[[], float] = time.time,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> TinyBook:
    """Open the book in `home`. Make the folder and the book if they are missing. Block while the book is read.

    `kinds` are the kinds of record that the book holds; a table of any other name is damage. If another process has
    the book open for writing, or the folder can't be written, or `write` is False, the book is read-only and
    `read_only` says why. A read-only book shows what was there when it was opened or last refreshed. `operator` is
    written next to the lock for others to read, with the time from `now` (seconds since 1970, UTC). Raises
    `BookClosed` if the book can't be read.
    """
    if not write:
        return TinyBook(BookFile(home, kinds, disk=disk, barred=reasons.only_reading(home)))
    used: Disk = disk or RealDisk()
    lock_path = home / "book.lock"
    lock = Lock(lock_path)
    barred: BookClosed | None = None
    holder: Holder | None = None
    try:
        used.make_folder(home)
        if not lock.take(operator, now()):
            holder = lock.holder()
            barred = reasons.locked(home, str(holder) if holder else "another process")
    except OSError as error:
        if not (home / "book.log").is_file():
            raise reasons.no_home(home, error) from error
        barred = reasons.write_failed(lock_path, error)
    try:
        book = BookFile(home, kinds, disk=used, barred=barred, random=random)
    except BaseException:
        lock.release()
        raise
    return TinyBook(book, lock=lock, holder=holder)
