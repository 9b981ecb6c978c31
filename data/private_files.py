"""Files that are handed on: whole or not at all, readable by their owner alone; CSV in which nothing is a formula."""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from core.errors import UsageError

_FORMULA: Final = frozenset("=+-@\t\r|%")
"""What a spreadsheet takes for the beginning of a formula, or of a command."""


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 in place of one of that name. Raises `UsageError` where it can't be written."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with open(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            "unwritable-file", f"{path} can't be written: {error.strerror or type(error).__name__}."
        ) from None


def csv_bytes(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Give rows as CSV in UTF-8, every cell a text: what would be a formula gets an apostrophe before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return f"'{shown}" if text.lstrip()[:1] in _FORMULA and text.strip() else shown
