"""Files for other programs: written whole or not at all, private, and tables in which no cell is a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.error_words import why_failed
from core.errors import UsageError
from core.progress import SILENT, Meter
from data.private_files import replaced_file

if TYPE_CHECKING:
    from openpyxl.cell import Cell

_FORMULA: Final = frozenset("=+-@\t\r|%")
"""The characters with which a spreadsheet begins a formula or a command."""
_SHEET_NAME: Final = re.compile(r"[\[\]:*?/\\]")
"""What the name of a sheet can't have."""
_LONGEST_CELL: Final = 32_767
"""The most characters that a spreadsheet's cell can hold."""


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
    text = _text(value)
    return f"'{_printable(text)}" if _looks_like_formula(text) else _printable(text)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _looks_like_formula(text: str) -> bool:
    return text.lstrip()[:1] in _FORMULA and bool(text.strip())


def xlsx_bytes(title: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a spreadsheet with one sheet. Every cell is a text, also one that looks like a formula.

    Raises `UsageError` (no-excel) without the extra `excel`.
    """
    try:
        from openpyxl import Workbook  # noqa: PLC0415 - the extra `excel` may be absent
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - the extra `excel` may be absent
    except ImportError:
        message = "Writing a spreadsheet needs the extra excel, which is not installed."
        raise UsageError("no-excel", message) from None
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_SHEET_NAME.sub(" ", title)[:31] or "List")
    sheet.freeze_panes = "A2"

    def text_cell(value: object) -> Cell:
        text = _text(value)
        cell = WriteOnlyCell(sheet, value=_printable(text)[:_LONGEST_CELL])
        cell.data_type = "s"
        cell.quotePrefix = _looks_like_formula(text)  # it stays a text when a person edits it
        return cell

    sheet.append([text_cell(name) for name in names])
    for row in rows:
        sheet.append([text_cell(value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def json_bytes(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a JSON array of objects: the names with texts."""
    objects = [
        {name: "" if value is None else str(value) for name, value in zip(names, row, strict=True)}
        for row in rows
    ]
    return json.dumps(objects, ensure_ascii=True, indent=1).encode("ascii")
