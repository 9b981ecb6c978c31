"""One writer: a lock held for the process's life, with who holds it written beside it. Knows nothing of the log."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from data.book.disk import FILE_MODE, draft_of


class Holder(Struct, frozen=True):
    """Who has the book open for writing. `since` is seconds since 1970, UTC."""

    pid: int
    operator: str
    since: float

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since, UTC)
        return f"process {self.pid} ({self.operator}, since {since:%Y-%m-%d %H:%M} UTC)"


class Lock:
    """The writer's lock of one book: `path` is locked, `path` + `.by` names the holder.

    The system frees it when the process ends, however it ends.
    """

    def __init__(self, path: Path) -> None:
        self._by = path.with_name(path.name + ".by")
        self._lock = FileLock(path, mode=FILE_MODE, thread_local=False)

    def take(self, operator: str, since: float) -> bool:
        """Take the lock and leave one's name (`since`: seconds since 1970); False where another has it.

        Raises `OSError` where the lock file can't be made.
        """
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        with suppress(OSError):  # a name is a courtesy; the lock is what counts
            self._sign(Holder(os.getpid(), operator, since))
        return True

    def holder(self) -> Holder | None:
        """Give who left a name beside the lock; None where nobody did. Only means something while it is held."""
        try:
            return msgspec.json.decode(self._by.read_bytes(), type=Holder)
        except (OSError, msgspec.DecodeError):
            return None

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        if self._lock.is_locked:
            with suppress(OSError):
                self._by.unlink()
            self._lock.release()

    def _sign(self, holder: Holder) -> None:
        draft = draft_of(self._by)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        try:
            os.write(handle, msgspec.json.encode(holder))
        finally:
            os.close(handle)
        os.replace(draft, self._by)
