"""What the book needs of a file system, as a small port, and the real one. Knows nothing of what is written.

Everything here blocks. A write either is on the disk when it returns or raises `OSError`; none is tried again,
because after a failed fsync a second one may succeed without the data.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600


class Tail(Protocol):
    """A file held open at its end."""

    def append(self, data: bytes) -> None:
        """Write all of `data` at the end and fsync. On an `OSError` any part of it may be there."""
        ...

    def close(self) -> None:
        """Close the file. Writes nothing."""
        ...


class Disk(Protocol):
    """A file system, blocking. Files are private (0600), folders too (0700). Every method may raise `OSError`."""

    def read(self, path: Path) -> bytes:
        """Give a file's bytes; `FileNotFoundError` where there is none."""
        ...

    def read_at(self, path: Path, start: int, size: int) -> bytes:
        """Give up to `size` bytes of a file from byte `start` on; fewer where it ends before."""
        ...

    def size(self, path: Path) -> int:
        """Give how many bytes a file has; `FileNotFoundError` where there is none."""
        ...

    def exists(self, path: Path) -> bool:
        """Say whether there is a file or folder of that name."""
        ...

    def names(self, folder: Path) -> list[str]:
        """Give the names in a folder, sorted; none where there is no such folder."""
        ...

    def make_folder(self, folder: Path) -> None:
        """Make a folder and what is missing above it, durably; an existing one is made private."""
        ...

    def write(self, path: Path, content: bytes) -> None:
        """Write a whole file anew and fsync it. Its name is durable only after `sync_folder`."""
        ...

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name in one step, in place of what bore it. Durable only after `sync_folder`."""
        ...

    def unlink(self, path: Path) -> None:
        """Remove a file; `FileNotFoundError` where there is none. Durable only after `sync_folder`."""
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
    """Put `content` in the place of a file, whole and durable, or leave what was there. Raises `OSError`.

    The half-made file is named by `draft_of`; after a crash it may be left behind and means nothing.
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
    """Give the name under which `replace` writes a file before it is whole: a dot, the name, `.new`."""
    return path.with_name(f".{path.name}.new")


def is_draft(name: str) -> bool:
    """Say whether a file name is one that `draft_of` makes."""
    return name.startswith(".") and name.endswith(".new")


class RealDisk:
    """The machine's own file system. Honours `Disk`."""

    def read(self, path: Path) -> bytes:
        """Give a file's bytes."""
        return path.read_bytes()

    def read_at(self, path: Path, start: int, size: int) -> bytes:
        """Give some bytes of a file."""
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size)

    def size(self, path: Path) -> int:
        """Give how many bytes a file has."""
        return path.stat().st_size

    def exists(self, path: Path) -> bool:
        """Say whether there is a file or folder of that name."""
        return path.exists()

    def names(self, folder: Path) -> list[str]:
        """Give the names in a folder, sorted."""
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []

    def make_folder(self, folder: Path) -> None:
        """Make a private folder and what is missing above it, and fsync the folders that got a new name."""
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
        if folder.stat().st_mode & 0o777 != FOLDER_MODE:
            folder.chmod(FOLDER_MODE)

    def write(self, path: Path, content: bytes) -> None:
        """Write a whole private file anew and fsync it."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, FILE_MODE)
        try:
            _make_private(path, handle)
            _write_all(handle, content)
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name in one step."""
        os.replace(old, new)

    def unlink(self, path: Path) -> None:
        """Remove a file."""
        path.unlink()

    def sync_folder(self, folder: Path) -> None:
        """Fsync a folder; Windows has no such thing and needs none."""
        if os.name == "nt":
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def cut(self, path: Path, size: int) -> None:
        """Shorten a file to `size` bytes and fsync it."""
        handle = os.open(path, os.O_RDWR | _BINARY)
        try:
            os.ftruncate(handle, size)
            os.fsync(handle)
        finally:
            os.close(handle)

    def tail(self, path: Path) -> Tail:
        """Open an existing file at its end, and make it private if it was not."""
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
        os.fsync(self._handle)

    def close(self) -> None:
        """Close the descriptor; a second time does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


_BINARY: Final[int] = getattr(os, "O_BINARY", 0)


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _make_private(path: Path, handle: int) -> None:
    if os.fstat(handle).st_mode & 0o777 != FILE_MODE:
        path.chmod(FILE_MODE)
