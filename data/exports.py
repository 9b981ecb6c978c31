"""Files for other programs: written whole or not at all, private, and CSV in which no cell is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from core.error_words import why_failed
from core.errors import UsageError
from core.progress import SILENT, Meter
from data.private_files import replaced_file

_FORMULA: Final = frozenset("=+-@\t\r|%")
"""The characters with which a spreadsheet begins a formula or a command."""


def write_export(path: Path, content: bytes) -> None:
    """Write a private file in the place of `path`. Raises `UsageError` (unwritable-file)."""
    try:
        with replaced_file(path) as file:
            file.write(content)
    except OSError as error:
        raise unwritable(path, error) from None


def unwritable(path: Path, error: OSError) -> UsageError:
    """Return the error of a file that can't be written."""
    return UsageError("unwritable-file", f"{path} can't be written: {why_failed(error)}.")


def csv_bytes(
    names: Sequence[str], rows: Iterable[Sequence[object]], total: int | None = None, meter: Meter = SILENT
) -> bytes:
    """Return rows as CSV in UTF-8. Every cell is a text; one that looks like a formula gets an apostrophe before it.

    `total` is how many rows come, if that is known. Raises `CutShort` if `meter` is stopped.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(names)
    for row in meter.through(rows, total):
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return f"'{shown}" if text.lstrip()[:1] in _FORMULA and text.strip() else shown
