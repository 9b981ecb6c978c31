"""Cells of a table as values: amounts, terms, flags, phones, postcodes and ids. Knows no file and no card.

A value is changed only where its form proves what is meant, and the change is said. What a spreadsheet left in place of
a value (`core/compare/spreadsheet_traces.py`) is never read as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.compare.keys import label_key
from core.compare.phones import numbers_in
from core.compare.spreadsheet_traces import AS_NUMBER, trace_reason, unwrapped, without_decimal_zero
from data.tables.unreadable import UnreadableCell


class MoneyStyle(StrEnum):
    """The signs between thousands and before cents in a column of amounts."""

    COMMAS = "1,234.50"
    POINTS = "1.234,50"


class PlainValue(Struct, frozen=True):
    """A value as it is meant. `change` says what was restored or left out, "" if nothing was."""

    text: str
    change: str = ""


def refuse_trace(text: str) -> None:
    """Raise `UnreadableCell` if a text is what a spreadsheet left in place of a value."""
    if reason := trace_reason(text):
        raise UnreadableCell(reason)


# -- money ---------------------------------------------------------------------------------------------

_CURRENCY: Final = re.compile(r"^(?:AUD|USD|A\$|US\$|\$)\s*|\s*(?:AUD|USD)$", re.IGNORECASE)
_BLANK_GROUPS: Final = re.compile(r"(?<=\d)[\u00a0\u2009\u202f ](?=\d{3}(?!\d))")
_BY_COMMAS: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?", re.ASCII)
_SWAPPED: Final = str.maketrans(".,", ",.")
_SURELY_POINTS: Final = re.compile(
    r"\d{1,3}(?:\.\d{3})+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}|\d{4,},\d{1,2}", re.ASCII
)
"""The last form is a spreadsheet's `350000,00`: no comma between thousands follows four digits."""
_SURELY_COMMAS: Final = re.compile(
    r"\d{1,3}(?:,\d{3})+\.\d{1,2}|\d{1,3}(?:,\d{3}){2,}|\d+\.\d{1,2}", re.ASCII
)
_SHORT: Final = re.compile(
    r"(\d{1,6}(?:\.\d{1,3})?)\s*(k|thousand|m|mn|mil|mill|million)", re.IGNORECASE | re.ASCII
)
_NO_NUMBER: Final = "it isn't a number"


def money_style(cells: Iterable[str]) -> MoneyStyle | None:
    """Return how a column writes amounts; None if its values contradict each other.

    Only a value that can be read in no other way proves `1.234,50`. Without a proof a column has `1,234.50`.
    """
    commas = points = False
    for cell in cells:
        text = _bare(cell)
        commas = commas or _SURELY_COMMAS.fullmatch(text) is not None
        points = points or _SURELY_POINTS.fullmatch(text) is not None
    if points:
        return None if commas else MoneyStyle.POINTS
    return MoneyStyle.COMMAS


def read_amount(cell: str, style: MoneyStyle | None = MoneyStyle.COMMAS) -> str:
    """Return dollars as decimal text: `$640,000`, `640k` and `1.2m` are whole numbers.

    A value that can be read in one way only is read so, whatever the style of its column. Raises `UnreadableCell`.
    """
    text = _bare(cell)
    refuse_trace(text)
    if short := _SHORT.fullmatch(text):
        times = 1_000 if short[2][0] in "kKtT" else 1_000_000
        value = Decimal(short[1]) * times
        return f"{value.normalize():f}"
    if text.isascii() and text.isdigit():
        return text
    surely_points, surely_commas = _SURELY_POINTS.fullmatch(text), _SURELY_COMMAS.fullmatch(text)
    if surely_points or (style is MoneyStyle.POINTS and not surely_commas):
        text = text.translate(_SWAPPED)
    elif style is None and not surely_commas:
        raise UnreadableCell("it could be thousands or cents, and the column has both")
    number = _BY_COMMAS.fullmatch(text)
    if number is None:
        raise UnreadableCell(_NO_NUMBER)
    return number[1].replace(",", "") + (number[2] or "")


def _bare(cell: str) -> str:
    """Return an amount without currency, blanks between thousands, and what a spreadsheet writes around a text."""
    text = _CURRENCY.sub("", unwrapped(cell.strip())[0]).strip()
    return _BLANK_GROUPS.sub("", text) if _BLANK_GROUPS.search(text) else text


# -- terms and flags -----------------------------------------------------------------------------------

_YEARS: Final = re.compile(
    r"(\d{1,3}(?:\.\d{1,2})?)\s*(?:-\s*)?(?:y|yr|yrs|year|years)?\.?", re.IGNORECASE | re.ASCII
)
_MONTHS: Final = re.compile(
    r"(\d{1,4})(?:\.0+)?\s*(?:-\s*)?(?:m|mo|mos|mth|mths|month|months)\.?", re.IGNORECASE | re.ASCII
)
_BOTH: Final = re.compile(
    r"(\d{1,3})\s*(?:y|yr|yrs|year|years)\.?,?\s*(?:and\s*)?(\d{1,2})\s*(?:m|mo|mos|mth|mths|month|months)\.?",
    re.IGNORECASE | re.ASCII,
)


def read_term(cell: str) -> str:
    """Return a term in years as decimal text. `30`, `30 years`, `360 months` are 30. Raises `UnreadableCell`."""
    text = unwrapped(cell.strip())[0]
    refuse_trace(text)
    if years := _YEARS.fullmatch(text):
        return years[1].removesuffix(".0").removesuffix(".00")
    if months := _MONTHS.fullmatch(text):
        return _in_years(int(months[1]))
    if both := _BOTH.fullmatch(text):
        return _in_years(12 * int(both[1]) + int(both[2]))
    raise UnreadableCell(_NO_NUMBER)


def _in_years(months: int) -> str:
    """Return months as years, if that is a number with at most two decimals. Raises `UnreadableCell`."""
    if months % 3:
        raise UnreadableCell("its months aren't quarters of a year, and the term is kept in years")
    return f"{(Decimal(months) / 12).normalize():f}"


_FLAGS: Final = {
    "y": True,
    "yes": True,
    "true": True,
    "1": True,
    "1.0": True,
    "n": False,
    "no": False,
    "false": False,
    "0": False,
    "0.0": False,
}


def read_flag(cell: str) -> bool:
    """Return a flag from Y or N, yes or no, true or false, 1 or 0. Raises `UnreadableCell`."""
    text = unwrapped(cell.strip())[0]
    refuse_trace(text)
    value = _FLAGS.get(label_key(text))
    if value is None:
        raise UnreadableCell("it is neither Y nor N")
    return value


# -- texts that look like numbers ----------------------------------------------------------------------

ZERO_RESTORED: Final = "the lost leading zero is restored"
_FIRST_DIGITS: Final = {
    **dict.fromkeys(("MA", "MASSACHUSETTS"), "125"),
    **dict.fromkeys(("RI", "RHODE ISLAND"), "2"),
    **dict.fromkeys(("NH", "NEW HAMPSHIRE"), "3"),
    **dict.fromkeys(("ME", "MAINE"), "34"),
    **dict.fromkeys(("VT", "VERMONT"), "5"),
    **dict.fromkeys(("CT", "CONNECTICUT"), "6"),
    **dict.fromkeys(("NJ", "NEW JERSEY"), "78"),
}
"""{state: digits that may follow the leading zero of its zip codes}"""
_PUERTO_RICO: Final = frozenset({"PR", "PUERTO RICO"})
_ZIP: Final = re.compile(r"(\d{3,4})(-\d{4})?", re.ASCII)


def plain_text(cell: str) -> PlainValue:
    """Return a text without what a spreadsheet writes around one. Raises `UnreadableCell` for a trace."""
    refuse_trace(cell)
    text, change = unwrapped(cell.strip())
    return PlainValue(text, change) if change else PlainValue(cell)


def plain_number_text(cell: str) -> PlainValue:
    """Return a phone, postcode or id as it was before a spreadsheet took it for a number. Raises `UnreadableCell`."""
    plain = plain_text(cell)
    text, change = without_decimal_zero(plain.text)
    return PlainValue(text, _together(plain.change, change)) if change else plain


def plain_phone(cell: str) -> PlainValue:
    """Return the phone number of a cell, and the first of several that a separator divides.

    Raises `UnreadableCell` for a trace.
    """
    plain = plain_number_text(cell)
    numbers = numbers_in(plain.text)
    if not numbers:
        return plain
    return PlainValue(numbers[0], _together(plain.change, FIRST_OF_SEVERAL if numbers[1:] else ""))


FIRST_OF_SEVERAL: Final = "the first number is used, and the others are left out"
ONE_OF_SEVERAL: Final = "one of several is used, and the others are left out"


def plain_zip(cell: str, state: str) -> PlainValue:
    """Return a zip code of the United States. Its state proves the leading zeros that a spreadsheet took.

    Raises `UnreadableCell` for a trace.
    """
    plain = plain_number_text(cell)
    parts = _ZIP.fullmatch(plain.text.strip())
    if parts is None:
        return plain
    code, rest, where = parts[1], parts[2] or "", " ".join(state.upper().split())
    if len(code) == 4 and code[0] in _FIRST_DIGITS.get(where, ""):
        return PlainValue(f"0{code}{rest}", _together(plain.change, ZERO_RESTORED))
    if len(code) == 3 and where in _PUERTO_RICO and code[0] in "679":
        return PlainValue(f"00{code}{rest}", _together(plain.change, ZERO_RESTORED))
    return plain


def are_numbers_with_decimals(ids: Iterable[str]) -> bool:
    """Return True if each id of a column is a number with `.0`: a spreadsheet or a program took the ids for numbers."""
    seen = False
    for text in ids:
        if without_decimal_zero(text)[1] != AS_NUMBER:
            return False
        seen = True
    return seen


def _together(*changes: str) -> str:
    return "; ".join(change for change in changes if change)
