"""Who uses a sandbox that another process started: each of them holds a lock file of its own in the state folder.

A sandbox that ends with the process that started it stays while such a lock is held. A lock falls with its process,
however that ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

_FOLDER: Final = "users"
_PATIENCE: Final = 5.0
"""Seconds. Only somebody who looks whether the lock is held can hold it, and that is over at once."""


class SandboxUse:
    """One use of a sandbox. `begin` before its address is read, `end` when the sandbox is no longer needed."""

    def __init__(self, state: Path) -> None:
        self._folder = state / _FOLDER
        self._lock: FileLock | None = None

    def begin(self) -> None:
        """Hold a lock in the state folder. Raises `OSError` if none can be made there."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        while self._lock is None:
            lock = FileLock(
                self._folder / f"{os.getpid()}-{secrets.token_hex(4)}", mode=0o600, thread_local=False
            )
            try:
                lock.acquire(timeout=_PATIENCE)
            except Timeout:
                continue
            if Path(
                lock.lock_file
            ).exists():  # else somebody took it for a lock that nobody holds, and removed it
                self._lock = lock

    def end(self) -> None:
        """Release the lock and remove its file."""
        if self._lock is not None:
            with contextlib.suppress(OSError):
                Path(self._lock.lock_file).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self._lock.release()
            self._lock = None


def is_used(state: Path) -> bool:
    """Return True if a process uses the sandbox of this folder. The files of those that are gone are removed."""
    used = False
    with contextlib.suppress(OSError):
        for path in list((state / _FOLDER).iterdir()):
            lock = FileLock(path, mode=0o600, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                used = True
                continue
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            lock.release()
    return used
