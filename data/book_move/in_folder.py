"""A book in a profile's folder, as the place from which or to which a book is moved."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from core.errors import DeskError
from core.local_forms import UTC_TIME, DeskTime
from core.push.records import Record
from core.stop import Stop
from data.book import errors as reasons
from data.book.book_file import BookFile
from data.book.disk import RealDisk
from data.book.lock import Lock
from data.book.moved_file import COPYING, MovedFile
from data.book.stop_file import StopFile

R = TypeVar("R", bound=Record)

_FILES = ("book.log", "book.log.bak", "book.key", "kept", "archive")
"""What a book consists of in its folder."""


class FolderBook(BookFile):
    """A book in a folder that is moved, or a copy of one."""

    @property
    def hash_key(self) -> bytes:
        """The key of the book's hashes."""
        return self._disk.read(self._key_path)

    def stop(self) -> Stop | None:
        """Return the stop of all sending, or None."""
        return StopFile(self.home).now()

    def mark_moved(self, to: str) -> None:
        """Say from now on that the book is at `to`."""
        with _as_book_error(self.home):
            MovedFile(self.home).write(to)

    def open_for_all(self, stop: Stop | None) -> None:
        """Let everybody write the copy."""
        with _as_book_error(self.home):
            file = StopFile(self.home)
            file.lift()
            if stop is not None:
                file.set(stop)
            MovedFile(self.home).remove()


class InFolder:
    """The folder of a profile's book. Implements `BookPlace`."""

    def __init__(
        self, folder: Path, kinds: Iterable[type[Record]], operator: str, local: DeskTime = UTC_TIME
    ) -> None:
        self._local = local
        self._folder = folder
        self._kinds = tuple(kinds)
        self._operator = operator

    @property
    def shown(self) -> str:
        """The folder."""
        return str(self._folder)

    @contextmanager
    def origin(self, to: str) -> Iterator[FolderBook]:
        """See `BookPlace.origin`: the lock keeps others from writing."""
        if not (self._folder / "book.log").exists():
            raise DeskError("nothing-to-move", f"There is no book in {self._folder}.")
        with self._locked():
            marked = self._marked()
            if marked not in ("", to):
                raise reasons.moved(self._folder, marked)
            with self._opened() as book:
                yield book

    @contextmanager
    def copy(self, hash_key: bytes) -> Iterator[FolderBook]:
        """See `BookPlace.copy`. An earlier copy of the same book goes into a folder next to it."""
        with self._locked():
            there = (self._folder / "book.log").exists()
            if there and self._marked() != COPYING:
                self._put_aside(hash_key)
            with _as_book_error(self._folder):
                MovedFile(self._folder).write(COPYING)
            with self._opened(hash_key) as book:
                if book.hash_key != hash_key:
                    raise other_book(self.shown)
                yield book

    @contextmanager
    def read_again(self) -> Iterator[FolderBook]:
        """See `BookPlace.read_again`."""
        book = FolderBook(self._folder, self._kinds, barred=reasons.only_reading(self._folder))
        try:
            yield book
        finally:
            book.close()

    def is_open_copy(self, hash_key: bytes) -> bool:
        """See `BookPlace.is_open_copy`."""
        if not (self._folder / "book.log").exists() or self._marked():
            return False
        with self.read_again() as book:
            return book.hash_key == hash_key

    @contextmanager
    def _opened(self, hash_key: bytes | None = None) -> Iterator[FolderBook]:
        """Open the book. A new one gets the key `hash_key`."""
        if hash_key is None:
            book = FolderBook(self._folder, self._kinds)
        else:
            book = FolderBook(self._folder, self._kinds, random=lambda size: hash_key[:size])
        try:
            yield book
        finally:
            book.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Be the one process that writes the book."""
        lock = Lock(self._folder / "book.lock")
        with _as_book_error(self._folder):
            RealDisk().make_folder(self._folder)
            if not lock.take(self._operator, time.time()):
                holder = lock.holder()
                raise reasons.locked(self._folder, holder.words(self._local) if holder else "another process")
        try:
            yield
        finally:
            lock.release()

    def _marked(self) -> str:
        with _as_book_error(self._folder):
            return MovedFile(self._folder).read()

    def _put_aside(self, hash_key: bytes) -> None:
        """Put an earlier copy, or a book without content, into a folder of its own. Raises `DeskError` (book-other)."""
        with self._opened() as book:
            is_same = bool(self._marked()) and book.hash_key == hash_key
            is_empty = not (
                any(book.all(kind) for kind in self._kinds) or book.list_files() or book.archived_at()
            )
        if not (is_same or is_empty):
            raise other_book(self.shown)
        with _as_book_error(self._folder):
            n = 1
            while (aside := self._folder / f"book-before-{n}").exists():
                n += 1
            RealDisk().make_folder(aside)
            for name in _FILES:
                if (self._folder / name).exists():
                    (self._folder / name).rename(aside / name)
            RealDisk().sync_folder(self._folder)


def other_book(shown: str) -> DeskError:
    """Return the error of a place that holds another book."""
    return DeskError("book-other", f"There is another book at {shown}.")


@contextmanager
def _as_book_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise reasons.write_failed(folder, error) from error
