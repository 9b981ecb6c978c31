"""What the book needs from a file system, as a small port, and the real file system. Does not know what is written.

Everything here blocks. A write is on the disk when it returns, or it raises `OSError`. No write is tried again, because
after a failed fsync a second fsync may succeed without the data.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from data.platform import WINDOWS
from data.platform.files import FILE_MODE, open_private, replace_file, sync_file, sync_folder

FOLDER_MODE: Final = 0o700
_READ_AT_ONCE: Final = 1 << 20  # bytes


class Tail(Protocol):
    """A file that is open for writing at its end."""

    def append(self, data: bytes) -> None:
        """Write all of `data` at the end and fsync. After an `OSError` any part of it may be in the file."""
        ...

    def close(self) -> None:
        """Close the file. Writes nothing."""
        ...


class Disk(Protocol):
    """A file system, blocking. Files are private (0600), folders too (0700). Every method may raise `OSError`."""

    def read(self, path: Path) -> bytes:
        """Return a file's bytes. Raises `FileNotFoundError` if there is no such file."""
        ...

    def lines(self, path: Path) -> Generator[bytes]:
        """Yield the lines of a file, each with its LF; the last line may lack it. The file is never whole in memory.

        Raises `FileNotFoundError` if there is no such file.
        """
        ...

    def read_at(self, path: Path, start: int, size: int) -> bytes:
        """Return `size` bytes of a file from byte `start` on; fewer if the file ends earlier."""
        ...

    def size(self, path: Path) -> int:
        """Return the size of a file in bytes. Raises `FileNotFoundError` if there is no such file."""
        ...

    def exists(self, path: Path) -> bool:
        """Return True if there is a file or folder with this path."""
        ...

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder, sorted; an empty list if there is no such folder."""
        ...

    def make_folder(self, folder: Path) -> None:
        """Make a folder and its missing parents durably. An existing folder is made private."""
        ...

    def write(self, path: Path, content: bytes) -> None:
        """Write a new file with `content` and fsync it. Its name is durable only after `sync_folder`."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file in one step; it replaces a file at `new`. Durable only after `sync_folder`."""
        ...

    def unlink(self, path: Path) -> None:
        """Remove a file. Durable only after `sync_folder`. Raises `FileNotFoundError` if there is no such file."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        ...

    def cut(self, path: Path, size: int) -> None:
        """Shorten a file to `size` bytes and fsync it."""
        ...

    def tail(self, path: Path) -> Tail:
        """Open an existing file at its end."""
        ...


def replace(disk: Disk, path: Path, content: bytes) -> None:
    """Replace a file by `content` completely and durably, or leave the old file as it was. Raises `OSError`.

    The new content is first written to the file `draft_of(path)`. A crash may leave that file; it means nothing.
    """
    draft = draft_of(path)
    try:
        disk.write(draft, content)
        disk.rename(draft, path)
    except OSError:
        with suppress(OSError):
            disk.unlink(draft)
        raise
    disk.sync_folder(path.parent)


def draft_of(path: Path) -> Path:
    """Return the path of the file that `replace` writes first: a dot, the name, `.new`."""
    return path.with_name(f".{path.name}.new")


def is_draft(name: str) -> bool:
    """Return True if a file name is one that `draft_of` returns."""
    return name.startswith(".") and name.endswith(".new")


class RealDisk:
    """The machine's own file system. Implements `Disk`."""

    def read(self, path: Path) -> bytes:
        """Return a file's bytes."""
        return path.read_bytes()

    def lines(self, path: Path) -> Generator[bytes]:
        """Yield the lines of a file."""
        with path.open("rb", buffering=_READ_AT_ONCE) as file:
            yield from file

    def read_at(self, path: Path, start: int, size: int) -> bytes:
        """Return some bytes of a file."""
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size)

    def size(self, path: Path) -> int:
        """Return the size of a file in bytes."""
        return path.stat().st_size

    def exists(self, path: Path) -> bool:
        """Return True if there is a file or folder with this path."""
        return path.exists()

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder, sorted."""
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []

    def make_folder(self, folder: Path) -> None:
        """Make a private folder and its missing parents, and fsync the folders that got a new name."""
        missing: list[Path] = []
        above = folder
        while not above.exists():
            missing.append(above)
            above = above.parent
        for each in reversed(missing):
            each.mkdir(mode=FOLDER_MODE, exist_ok=True)
            self.sync_folder(each.parent)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(folder))
        if not _has_mode(folder.stat(), FOLDER_MODE):
            folder.chmod(FOLDER_MODE)

    def write(self, path: Path, content: bytes) -> None:
        """Write a new private file and fsync it."""
        handle = open_private(path, os.O_TRUNC)
        try:
            _make_private(path, handle)
            _write_all(handle, content)
            sync_file(handle)
        finally:
            os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Rename a file in one step."""
        replace_file(old, new)

    def unlink(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        sync_folder(folder)

    def cut(self, path: Path, size: int) -> None:
        """Shorten a file to `size` bytes and fsync it."""
        handle = os.open(path, os.O_RDWR | _BINARY)
        try:
            os.ftruncate(handle, size)
            sync_file(handle)
        finally:
            os.close(handle)

    def tail(self, path: Path) -> Tail:
        """Open an existing file at its end, and make it private."""
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | _BINARY)
        try:
            _make_private(path, handle)
        except BaseException:
            os.close(handle)
            raise
        return _RealTail(handle)


class _RealTail:
    """An open file descriptor in append mode."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def append(self, data: bytes) -> None:
        """Write all of `data` and fsync."""
        if self._handle is None:
            raise OSError(errno.EBADF, "the file is closed")
        _write_all(self._handle, data)
        sync_file(self._handle)

    def close(self) -> None:
        """Close the descriptor. A second call does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


_BINARY: Final[int] = getattr(os, "O_BINARY", 0)


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _make_private(path: Path, handle: int) -> None:
    if not _has_mode(os.fstat(handle), FILE_MODE):
        path.chmod(FILE_MODE)


def _has_mode(found: os.stat_result, mode: int) -> bool:
    """Return True if a file or folder has a mode. Windows has none, so nothing is to be changed there."""
    return WINDOWS or found.st_mode & 0o777 == mode
