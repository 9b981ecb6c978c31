"""Files as each system has them: writing them through to the disk, and taking the place of a file that is in use."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from data.platform import WINDOWS

_FULL: int | None = None
if sys.platform == "win32":  # the type checker follows this question alone
    from data.platform import windows_files
else:
    import fcntl

    _FULL = getattr(fcntl, "F_FULLFSYNC", None)

FILE_MODE: Final = 0o600
"""The mode of a private file."""
PAUSES: Final[Sequence[float]] = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6) if WINDOWS else ()
"""Seconds to wait, after each refusal, for the program that has a file open."""


def open_private(path: Path, how: int) -> int:
    """Open a file for writing that only its owner may use, and return its descriptor. Raises `OSError`.

    `how` is `os.O_EXCL` for a new file (`FileExistsError` if there is a file, or a link, of that name) and `os.O_TRUNC`
    for a file that may be there and is emptied. A new file has mode 0600, on Windows the access list that means it. A
    file that is there keeps what it has.
    """
    if sys.platform == "win32":
        return windows_files.open_private(path, how)
    else:  # noqa: RET505 - the type checker would call it unreachable on Windows
        return os.open(path, os.O_WRONLY | os.O_CREAT | how, FILE_MODE)


def sync_file(handle: int) -> None:
    """Write what an open file holds through to the disk. Raises `OSError`.

    On macOS `fsync` leaves the data in the memory of the drive (`man 2 fsync`), and `F_FULLFSYNC` empties that too. A
    file system that does not know `F_FULLFSYNC`, such as that of a network folder, gets the `fsync`.
    """
    if sys.platform != "win32" and _FULL is not None:
        with suppress(OSError):
            fcntl.fcntl(handle, _FULL)
            return
    os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises `OSError`.

    Windows can't open a folder for that, so nothing is done there. `replace_file` asks Windows to write the name
    through; a name that was only made or removed may be as before after a loss of power.
    """
    if WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_file(old: Path, new: Path, pauses: Sequence[float] = PAUSES) -> None:
    """Rename a file in one step; it replaces a file at `new`. Raises `OSError`.

    Windows refuses this while a program has either file open, such as a virus scanner, or another brokerdesk that reads
    the book. A refused rename has changed nothing, so it is tried again after each of `pauses`, in seconds.
    """
    for pause in pauses:
        try:
            _rename(old, new)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    _rename(old, new)


def _rename(old: Path, new: Path) -> None:
    if sys.platform == "win32":
        windows_files.rename(old, new)
    else:
        os.replace(old, new)
