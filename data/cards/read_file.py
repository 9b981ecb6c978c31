"""A file of cards, notes or Fact Finds: JSON or CSV. For another known form the error names the form."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from core.errors import UsageError
from data.cards.csv_cards import read_csv
from data.cards.json_cards import read_json
from data.cards.paper_tables import read_paper_table
from data.cards.reading import BOM, CardsReading

LARGEST: Final = 512 * 1024 * 1024
"""Bytes. A larger file is not read: no export of cards is that large."""


def read_bytes(path: Path) -> bytes:
    """Read a regular file. Raises `UsageError` with the reason if it can't be read."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(path, "it is no file")
        if status.st_size > LARGEST:
            raise _unreadable(path, "it is larger than 512 MB")
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error.strerror or type(error).__name__) from None


def read_export(path: Path, data: bytes) -> CardsReading:
    """Read the cards in a file's bytes. The first character decides the form. Raises `UsageError` for another form."""
    for mark, what in _OTHERS:
        if data.startswith(mark):
            raise UsageError("not-an-export", f"{path} is {what}.")
    start = data.removeprefix(BOM)[:4096].lstrip()
    if start.startswith((b"[", b"{")):
        return read_json(data)
    papers = read_paper_table(data)
    return papers if papers is not None else read_csv(data)


def _unreadable(path: Path, why: str) -> UsageError:
    return UsageError("unreadable-file", f"{path} can't be read: {why}.")


_OTHERS: Final = (
    (b"PK\x03\x04", "a spreadsheet or an archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)
