"""The writer's lock: a process holds it until it closes the book, and a file names the holder."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from core.decoding.typed_json import decode_json
from core.local_forms import DeskTime
from data.book.disk import draft_of
from data.platform.files import FILE_MODE, open_private, replace_file


class Holder(Struct, frozen=True):
    """The process that has the book open for writing. `since` is seconds since 1970, UTC.

    `is_watch` is True for a watch, which gives the book back after a round of some seconds.
    """

    pid: int
    operator: str
    since: float
    is_watch: bool = False

    def words(self, local: DeskTime) -> str:
        """Return who has the book, and since when: "process 4711 (m.hale, since 8 Nov 2026, 09:05)"."""
        kind = "the watch, " if self.is_watch else ""
        return f"{kind}process {self.pid} ({self.operator}, since {local.moment(self.since)})"


class Lock:
    """The writer's lock of one book. The file `path` is locked; the file `path` + `.by` names the holder.

    The operating system releases the lock when the process ends, also if it is killed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._by = path.with_name(path.name + ".by")
        self._lock = FileLock(path, mode=FILE_MODE, thread_local=False)

    def take(self, operator: str, since: float, *, is_watch: bool = False) -> bool:
        """Take the lock and write the holder's name; False if another process has the lock.

        `since` is seconds since 1970, UTC. Raises `OSError` if the lock file can't be made.
        """
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        with suppress(OSError):  # the name only helps a reader; the lock is what counts
            self._sign(Holder(os.getpid(), operator, since, is_watch))
        return True

    def holder_now(self) -> Holder | None:
        """Return the process that has the lock now, or None. The name of a process that was killed is removed.

        The lock is touched only if a name is there: a process that takes the lock in that moment would find it taken.
        Raises `OSError`.
        """
        holder = self.holder()
        if holder is None:
            return None
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return holder
        self.release()
        return None

    def is_held(self) -> bool:
        """Return True if a process has the lock now, whether or not its name is known. Raises `OSError`.

        A process that takes the lock in that moment finds it taken, so only somebody who has a reason asks.
        """
        if not self._path.exists():
            return False
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return True
        self.release()
        return False

    def holder(self) -> Holder | None:
        """Return the holder that is named next to the lock, or None. The name is valid only while the lock is held."""
        try:
            return decode_json(self._by.read_bytes(), Holder)
        except (OSError, msgspec.DecodeError):
            return None

    def release(self) -> None:
        """Release the lock. Does nothing if this process does not hold it."""
        if self._lock.is_locked:
            with suppress(OSError):
                self._by.unlink()
            self._lock.release()

    def _sign(self, holder: Holder) -> None:
        draft = draft_of(self._by)
        handle = open_private(draft, os.O_TRUNC)
        try:
            os.write(handle, msgspec.json.encode(holder))
        finally:
            os.close(handle)
        replace_file(draft, self._by)
