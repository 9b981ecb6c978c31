"""The bytes of a file that somebody names, or of standard input. Knows no form of file."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Final

from core.error_words import why_failed
from core.errors import UsageError

LARGEST: Final = 512 * 1024 * 1024
"""Bytes. A larger file is not read: no export is that large."""
STANDARD_INPUT: Final = "-"
"""What a command takes for standard input in place of a file's name."""
_TOO_LARGE: Final = "it is larger than 512 MB"


def read_bytes(path: Path) -> bytes:
    """Read a regular file, or standard input for `-`. Raises `UsageError` with the reason if it can't be read."""
    if str(path) == STANDARD_INPUT:
        return _read_standard_input()
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(str(path), "it isn't a file")
        if status.st_size > LARGEST:
            raise _unreadable(str(path), _TOO_LARGE)
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(str(path), why_failed(error)) from None


def shown_name(path: Path) -> str:
    """Return how a message calls a file."""
    return "standard input" if str(path) == STANDARD_INPUT else str(path)


def _read_standard_input() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise _unreadable("standard input", "it is closed")
    try:
        data: bytes = stream.read(LARGEST + 1)
    except OSError as error:
        raise _unreadable("standard input", why_failed(error)) from None
    if len(data) > LARGEST:
        raise _unreadable("standard input", _TOO_LARGE)
    return data


def _unreadable(name: str, why: str) -> UsageError:
    return UsageError("unreadable-file", f"{name} can't be read: {why}.")
