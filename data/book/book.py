"""The book as the rest of the desk sees it: one writer, and a thread of its own. `open_book` opens it.

The files are `data/book/book_file.py`'s; this module adds the thread, the lock (`book.lock`) and commits that share an
fsync.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from msgspec import Struct

from core.errors import ArchiveDamaged, BookClosed
from core.local_forms import UTC_TIME, DeskTime
from core.push.ports import Filed
from core.push.records import Record
from core.push.team.one_owner import OneOwner
from core.stop import Stop
from data.book import errors as reasons
from data.book.book_file import BookFile
from data.book.disk import Disk, RealDisk
from data.book.lock import Holder, Lock
from data.book.moved_file import COPYING, MovedFile
from data.book.stop_file import StopFile
from data.common_book.call_thread import CallThread, SharedCommits

R = TypeVar("R", bound=Record)


NO_VERSION: Final = (0, 0)
"""The version of a book without a log."""


class Turn(Struct, frozen=True):
    """How a process takes its turn to write the book.

    `is_watch` says that the process is a watch. While a watch has the book, `wait` is called again and again: it waits
    a moment and returns True, or returns False when it has waited long enough. `local` writes the time since when
    another process has the book.
    """

    is_watch: bool = False
    wait: Callable[[], bool] = lambda: False
    local: DeskTime = UTC_TIME


AT_ONCE: Final = Turn()
"""The turn of a process that is no watch and does not wait."""


class TinyBook(OneOwner):
    """A book on a thread of its own. Implements `core.push.ports.PushBook`. `open_book` makes it.

    A cancelled call still runs to its end on the thread. Later calls see all of its changes or, if it failed, none.
    `holder` is the other process that has the book open for writing, or None. `version` tells whether somebody wrote to
    the log between two times that the book was opened.
    """

    def __init__(
        self,
        file: BookFile,
        *,
        lock: Lock | None = None,
        holder: Holder | None = None,
        version: tuple[int, int] = NO_VERSION,
    ) -> None:
        self.holder = holder
        self.version = version
        self._file = file
        self._stop_file = StopFile(file.home)
        self._lock = lock
        self._thread = CallThread("book", lambda: reasons.shut(file.home))
        self._on_thread = self._thread.run
        self._commits = SharedCommits(self._thread, file.commit_together)

    @property
    def notices(self) -> list[str]:
        """Sentences for the operator about what opening the book found."""
        return self._file.notices

    @property
    def read_only(self) -> BookClosed | None:
        """The reason why the book can't be written; None if it can."""
        return self._file.read_only

    async def get(self, kind: type[R], key: str) -> R | None:
        """See `BookFile.get`."""
        return await self._on_thread(lambda: self._file.get(kind, key))

    async def all(self, kind: type[R]) -> list[R]:
        """See `BookFile.all`."""
        return await self._on_thread(lambda: self._file.all(kind))

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        """See `BookFile.newest`."""
        return await self._on_thread(lambda: self._file.newest(kind, count, skip=skip))

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """See `BookFile.get_many`."""
        return await self._on_thread(lambda: self._file.get_many(kind, keys))

    async def where(self, kind: type[R], **field: str) -> list[R]:
        """See `BookFile.where`."""
        return await self._on_thread(lambda: self._file.where(kind, **field))

    async def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        """See `BookFile.where_any`."""
        return await self._on_thread(lambda: self._file.where_any(kind, field, values))

    async def mentions(self, kind: type[Record], values: Collection[str]) -> bool:
        """See `BookFile.mentions`."""
        return await self._on_thread(lambda: self._file.mentions(kind, values))

    async def values(self, kind: type[Record], field: str) -> list[str]:
        """See `BookFile.values`."""
        return await self._on_thread(lambda: self._file.values(kind, field))

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """See `BookFile.commit`. Commits that wait while the disk is busy share the next fsync."""
        await self._commits.write((put, tuple(drop)))

    async def archive(self, *filed: Filed) -> None:
        """See `BookFile.archive`."""
        await self._on_thread(lambda: self._file.archive(*filed))

    async def archived(self, push_id: str) -> list[Record]:
        """See `BookFile.archived`."""
        return await self._on_thread(lambda: self._file.archived(push_id))

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        """See `BookFile.archived_many`."""
        return await self._on_thread(lambda: self._file.archived_many(kind, push_ids))

    async def put_file(self, name: str, content: bytes) -> None:
        """See `BookFile.put_file`."""
        await self._on_thread(lambda: self._file.put_file(name, content))

    async def get_file(self, name: str) -> bytes | None:
        """See `BookFile.get_file`."""
        return await self._on_thread(lambda: self._file.get_file(name))

    async def get_files(self, names: Collection[str]) -> dict[str, bytes]:
        """See `BookFile.get_files`."""
        return await self._on_thread(lambda: self._file.get_files(names))

    async def list_files(self) -> list[str]:
        """See `BookFile.list_files`."""
        return await self._on_thread(self._file.list_files)

    async def delete_file(self, name: str) -> None:
        """See `BookFile.delete_file`."""
        await self._on_thread(lambda: self._file.delete_file(name))

    def stop(self) -> Stop | None:
        """See `core.push.ports.Book.stop`. Does not use the thread."""
        return self._stop_file.now()

    def keyed_hash(self, field: str, value: Any) -> str:
        """See `BookFile.keyed_hash`. Does not use the thread."""
        return self._file.keyed_hash(field, value)

    async def tidy(self) -> None:
        """See `BookFile.tidy`."""
        await self._on_thread(self._file.tidy)

    async def refresh(self) -> None:
        """See `BookFile.refresh`."""
        await self._on_thread(self._file.refresh)

    async def show_instead(self, records: Iterable[Record]) -> None:
        """See `BookFile.show_instead`."""
        await self._on_thread(lambda: self._file.show_instead(records))

    async def look_at_writer(self, local: DeskTime) -> bool:
        """Look who has the book open for writing, if another process has kept this one from it.

        Return True if `read_only` says something else from now on: there is another such process, or none any more
        (book-free). Then this is over: the book goes on being read. A watch, which has the book only for a round, is
        no other process. The lock of the process is left alone: only a lock that is free is taken, for a moment.
        """
        reason = self.read_only
        if reason is None or reason.code != reasons.LOCKED:
            return False
        return await self._on_thread(lambda: self._look_at_writer(local))

    def _look_at_writer(self, local: DeskTime) -> bool:
        home, before = self._file.home, self.holder
        holder = Lock(home / "book.lock").holder()
        if is_held(home):
            if holder is None or holder.is_watch or holder == before:
                return False
            self._file.bar(reasons.locked(home, holder.words(local)))
        else:
            holder = None
            self._file.bar(reasons.free(home, before.words(local) if before else "the other process"))
        self.holder = holder
        return True

    def close(self) -> None:
        """Finish the calls that have begun, then close files, thread and lock. Blocks. A second call does nothing."""
        self._thread.end(self._file.close)
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


if TYPE_CHECKING:  # the type checker compares the book with the port
    from core.push.ports import PushBook

    _BOOKS: Final[tuple[type[PushBook], ...]] = (TinyBook,)


def open_book(
    home: Path,
    kinds: Iterable[type[Record]],
    *,
    operator: str,
    write: bool = True,
    turn: Turn = AT_ONCE,
    disk: Disk | None = None,
    now: Callable[[], float] = time.time,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> TinyBook:
    """Open the book in `home`. Make the folder and the book if they are missing. Block while the book is read.

    `kinds` are the kinds of record that the book holds; a table of any other name is damage. If another process has
    the book open for writing, or the folder can't be written, or `write` is False, the book is read-only and
    `read_only` says why. A read-only book shows what was there when it was opened or last refreshed. `operator` is
    written next to the lock for others to read, with the time from `now` (seconds since 1970, UTC). `turn` says
    whether it waits for a watch. Raises `BookClosed` if the book can't be read.
    """
    if not write:
        version = _version(home)
        return TinyBook(BookFile(home, kinds, disk=disk, barred=reasons.only_reading(home)), version=version)
    used: Disk = disk or RealDisk()
    lock_path = home / "book.lock"
    lock = Lock(lock_path)
    barred: BookClosed | None = None
    holder: Holder | None = None
    try:
        used.make_folder(home)
        while not lock.take(operator, now(), is_watch=turn.is_watch):
            holder = lock.holder()
            # A holder without a name is about to write it, or is just giving the lock back.
            if (holder is None or holder.is_watch) and turn.wait():
                continue
            barred = reasons.locked(home, holder.words(turn.local) if holder else "another process")
            break
        else:
            holder = None
            barred = _why_moved(home)
    except OSError as error:
        if not (home / "book.log").is_file():
            raise reasons.no_home(home, error) from error
        barred = reasons.write_failed(lock_path, error)
    version = _version(home)
    try:
        book = BookFile(home, kinds, disk=used, barred=barred, random=random)
    except BaseException:
        lock.release()
        raise
    return TinyBook(book, lock=lock, holder=holder, version=version)


def is_held(home: Path) -> bool:
    """Return True if a process has the book in `home` open for writing, or if that can't be seen. Blocks."""
    try:
        return Lock(home / "book.lock").is_held()
    except OSError:
        return True


def _why_moved(home: Path) -> BookClosed | None:
    """Return why nobody writes the book here any more, None if it was not moved. Raises `OSError`."""
    marked = MovedFile(home).read()
    if marked == COPYING:
        return reasons.copying(home)
    return reasons.moved(home, marked) if marked else None


def _version(home: Path) -> tuple[int, int]:
    """Return what changes with every write to the log: which file it is, and how long."""
    try:
        log = (home / "book.log").stat()
    except OSError:
        return NO_VERSION
    return log.st_ino, log.st_size
