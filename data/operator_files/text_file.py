"""Reads a small text file that a person wrote. Knows no form of the text and no setting."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from core.error_words import why_failed

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES: Final = 1_000_000
"""The largest file that is read. Nothing that a person writes for the desk is that large."""
_NO_WAIT: Final[int] = getattr(os, "O_NONBLOCK", 0)


class UnreadableText(Exception):
    """A file can't be read. The text is the reason as a clause, such as "it is a folder"."""


def read_text_file(file: Path) -> str:
    """Return the text of a regular file (UTF-8, with or without a byte order mark).

    A folder, a pipe and a device are refused without waiting for them. Raises `UnreadableText`, and
    `FileNotFoundError` if there is no such file.
    """
    try:
        handle = os.open(file, os.O_RDONLY | _NO_WAIT | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        is_folder = isinstance(error, PermissionError) and file.is_dir()  # what Windows says of a folder
        raise UnreadableText("it is a folder" if is_folder else why_failed(error)) from None
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise UnreadableText("it is a folder")
        if not stat.S_ISREG(mode):
            raise UnreadableText("it is a pipe or a device, not a file")
        with open(handle, "rb", closefd=False) as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableText(why_failed(error)) from None
    finally:
        os.close(handle)
    if len(content) > MOST_BYTES:
        raise UnreadableText("it is larger than 1 MB")
    return text_of(content)


def text_of(content: bytes) -> str:
    """Return bytes as text. Raises `UnreadableText` with the line that is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableText(f"line {line:,} is not UTF-8 text; save the file as UTF-8") from None
