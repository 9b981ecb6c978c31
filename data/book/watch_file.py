"""The file in which a watch says how it is, next to the book. One watch writes; reading needs no lock."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from filelock import FileLock, Timeout

from core.automatic.watch_status import WatchStatus
from core.decoding.typed_json import decode_json
from data.platform.files import FILE_MODE
from data.private_files import replaced_file

NAME: Final = "watch.json"


class WatchFile:
    """The status of the watch of the book in `folder`, and the lock by which the book has one watch at most."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock = FileLock(folder / "watch.lock", mode=FILE_MODE, thread_local=False)

    def read(self) -> WatchStatus | None:
        """Return what the watch wrote last; None if no watch ever ran, or if the file can't be read."""
        try:
            return decode_json(self._path.read_bytes(), WatchStatus)
        except (OSError, ValueError):
            return None

    def keep(self, status: WatchStatus) -> None:
        """Replace the status. Raises `OSError`."""
        with replaced_file(self._path) as file:
            file.write(msgspec.json.encode(status))

    def take(self) -> bool:
        """Become the one watch of this book until `release`; False if another process is. Raises `OSError`."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    def release(self) -> None:
        """Let another process be the watch."""
        self._lock.release()
