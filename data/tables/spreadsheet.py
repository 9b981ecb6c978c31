"""Spreadsheets as rows of text: .xlsx by openpyxl, .xls and .ods by python-calamine (the extra `excel`).

A cell becomes the text that a person sees, or the plain form of its value: a date is an ISO date, a number has no
`.0` and no exponent, an error stays `#N/A`. A number whose format is a mask of digits gets its leading zeros back:
`0800` is the number 800 under the format `0000`. Knows no column.
"""

from __future__ import annotations

import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from core.errors import DeskError, UsageError
from core.progress import SILENT, Meter
from data.tables.rejected import NotATable
from data.tables.rows import TableRow
from data.tables.text import OLE

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell

LARGEST: Final = 1024 * 1024 * 1024
"""Bytes of a workbook's parts without compression. A larger one is not opened."""
MOST_DIGITS: Final = 15
"""The digits that a spreadsheet keeps of a number. Of a longer number the last digits are lost."""

LOSSY: Final = (
    "in .xls and .ods files the formats of numbers and the error cells are lost: a leading zero is missing, and a cell "
    "with an error is blank; save the file as .xlsx to keep them"
)


_DAMAGED: Final = "is a spreadsheet that can't be read: it is damaged, or a password protects it"


class Sheet(Struct, frozen=True):
    """One sheet: its name, and its rows that are not blank."""

    name: str
    rows: list[TableRow]


class Workbook(Struct, frozen=True):
    """The sheets of a file that are not hidden. `doubts` say why its values may not be what they were."""

    sheets: tuple[Sheet, ...]
    doubts: tuple[str, ...] = ()


def read_sheets(data: bytes, meter: Meter = SILENT) -> Workbook:
    """Return the sheets of a spreadsheet. Raises `NotATable`, and `UsageError` without the extra `excel`.

    `meter` hears of the rows, and may raise `CutShort`.
    """
    if data.startswith(OLE):
        return _calamine(data, meter)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if sum(part.file_size for part in archive.infolist()) > LARGEST:
                raise NotATable("is a spreadsheet that is too large")
            if "xl/workbook.xml" in names:
                scan = _scan(archive, names)
            elif names & {"xl/workbook.bin", "content.xml"}:
                return _calamine(data, meter)
            else:
                raise NotATable("is an archive, not a spreadsheet")
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError):
        raise NotATable(_DAMAGED) from None
    return _openpyxl(data, scan, meter)


_NO_VALUE: Final = re.compile(
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)(?:<(?:\w+:)?v\s*/>|<v></v>)?</(?:\w+:)?c>"
)


_ROW: Final = re.compile(rb"<(?:\w+:)?row[\s/>]")


class _Scan(Struct, frozen=True):
    """What the sheets of a workbook have, hidden sheets included: rows, and formulas without a stored value.

    A program that did not calculate the formulas wrote the file.
    """

    rows: int
    unsaved: int


def _scan(archive: zipfile.ZipFile, names: set[str]) -> _Scan:
    rows = unsaved = 0
    for name in names:
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            sheet = archive.read(name)
            rows += len(_ROW.findall(sheet))
            unsaved += len(_NO_VALUE.findall(sheet))
    return _Scan(rows, unsaved)


def _openpyxl(data: bytes, scan: _Scan, meter: Meter) -> Workbook:
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - the extra `excel` may be absent
    except ImportError:
        raise _no_extra() from None
    sheets: list[Sheet] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # openpyxl warns of what it does not keep, which nobody needs here
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
            total = scan.rows if len(shown) == len(book.worksheets) else None
            counted = _Counted(meter, total)
            for sheet in shown:
                sheet.reset_dimensions()  # some programs write a wrong one
                rows = ([_text_of(cell) for cell in cells] for cells in sheet.iter_rows())
                sheets.append(Sheet(sheet.title, _filled(counted.through(rows))))
            book.close()
    except DeskError:
        raise
    except Exception:  # openpyxl raises what its parsers raise, of many kinds
        raise NotATable(_DAMAGED) from None
    doubts = (_unsaved_words(scan.unsaved),) if scan.unsaved else ()
    return Workbook(tuple(sheets), doubts)


def _unsaved_words(number: int) -> str:
    hold = "1 formula holds" if number == 1 else f"{number:,} formulas hold"
    return f"{hold} no value, so the cells count as blank: open the file in a spreadsheet and save it"


_RETURN: Final = "_x000D_"
"""How a workbook writes the first half of a line end of Windows, in a cell that another program filled."""


def _filled(rows: Iterable[list[str]]) -> list[TableRow]:
    """Return the rows that are not blank, with their numbers, without the blank cells at their ends."""
    filled: list[TableRow] = []
    for line, cells in enumerate(rows, 1):
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            filled.append(TableRow(line, cells))
    return filled


def _text_of(cell: Cell | MergedCell) -> str:
    value = cell.value
    if isinstance(value, str):
        return value.replace(_RETURN, "\r")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return plain_text(value)
    return number_text(value, cell.number_format)


def plain_text(value: object) -> str:
    """Return the text of a cell's value without a format: ISO dates, TRUE and FALSE, numbers without exponent."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            is_whole_day = value.time() == time()
            return value.date().isoformat() if is_whole_day else value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case int() | float():
            return number_text(value, "General")
        case _:
            return str(value)


_MASK: Final = re.compile(r"[0#\s\-()/.+]*")
_QUOTED: Final = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[[^\]]*\]')


def number_text(value: float, number_format: str) -> str:
    """Return a number as text. A format that is a mask of digits, such as `0000 000 000`, restores leading zeros.

    A number with more than 15 digits has lost some of them. It gets an exponent, so that nobody takes it for whole.
    """
    if not math.isfinite(value):
        return str(value)
    whole = int(value)
    if whole != value:
        plain = f"{Decimal(f'{value:.{MOST_DIGITS}g}'):f}"
        return f"{_percent(plain)}%" if number_format.rstrip().endswith("%") else plain
    if abs(whole) >= 10**MOST_DIGITS:
        return f"{value:.5E}"
    masked = _masked(whole, number_format)
    if masked:
        return masked
    return f"{whole * 100}%" if number_format.rstrip().endswith("%") else str(whole)


def _percent(plain: str) -> str:
    shifted = f"{Decimal(plain) * 100:f}"
    return shifted.rstrip("0").rstrip(".") if "." in shifted else shifted


def _masked(whole: int, number_format: str) -> str:
    """Return a whole number in a mask of digits; "" if the format is no such mask, or has no zero to add."""
    section = number_format.split(";", maxsplit=1)[0]
    pieces = list(_pieces(section))
    mask = "".join(piece for piece, literal in pieces if not literal)
    places = sum(piece.count("0") for piece, literal in pieces if not literal)
    if whole < 0 or places < 2 or "." in mask or "/" in mask or not _MASK.fullmatch(mask):
        return ""
    digits = iter(reversed(str(whole).rjust(places, "0")))
    shown: list[str] = []
    for piece, literal in reversed(pieces):
        if literal or piece not in "0#":
            shown.append(piece)
        else:
            shown.append(next(digits, ""))
    rest = "".join(reversed(list(digits)))
    return (rest + "".join(reversed(shown))).strip()


def _pieces(section: str) -> Iterator[tuple[str, bool]]:
    """Yield the characters of a format, and True for each one that is shown as it is."""
    at = 0
    while at < len(section):
        if quoted := _QUOTED.match(section, at):
            for char in quoted[1] or quoted[2] or "":
                yield char, True
            at = quoted.end()
        else:
            yield section[at], False
            at += 1


class _Counted:
    """Counts the rows of all sheets for a meter, as one pass. `total` is None if it is not known."""

    def __init__(self, meter: Meter, total: int | None) -> None:
        self._meter = meter
        self._total = total
        self._done = 0
        meter.begin()

    def through(self, rows: Iterable[list[str]]) -> Iterator[list[str]]:
        """Yield the rows of a sheet. Raises `CutShort` if somebody asked for the end."""
        for row in rows:
            self._meter.at(self._done, self._total)
            self._done += 1
            yield row


def _calamine(data: bytes, meter: Meter) -> Workbook:
    try:
        from python_calamine import CalamineWorkbook, SheetVisibleEnum  # noqa: PLC0415 - the extra may be absent
    except ImportError:
        raise _no_extra() from None
    sheets: list[Sheet] = []
    try:
        counted = _Counted(meter, None)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for known in book.sheets_metadata:
            if known.visible != SheetVisibleEnum.Visible or known.name not in book.sheet_names:
                continue
            values = book.get_sheet_by_name(known.name).to_python(skip_empty_area=False)
            rows = ([plain_text(value) for value in cells] for cells in values)
            sheets.append(Sheet(known.name, _filled(counted.through(rows))))
    except DeskError:
        raise
    except Exception:  # calamine raises errors of its own, which share no class
        raise NotATable(_DAMAGED) from None
    return Workbook(tuple(sheets), (LOSSY,))


def _no_extra() -> UsageError:
    return UsageError("no-excel", "Reading a spreadsheet needs the extra excel, which is not installed.")
