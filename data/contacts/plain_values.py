"""A row of a file of contacts as it is meant: without what a spreadsheet left or took. Knows no file.

A value that is a spreadsheet's trace is left out and named. A value that is restored is counted, so that a person hears
of each kind of change once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from data.tables.unreadable import UnreadableCell
from data.tables.values import PlainValue, plain_number_text, plain_phone, plain_text, plain_zip


class PlainRow(Struct, frozen=True):
    """The values of a row by column, as they are meant.

    `changes` are (column, what was restored) and `left_out` are (column, why the value was left out).
    """

    values: Mapping[str, str]
    changes: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()


_SUSPICIOUS: Final = re.compile(
    r"[#=/;,|&\r\n]|^\s*'|E[+-]|\.0|^\s*\d{3,4}(?:-\d{4})?\s*$|:::| or | and ", re.IGNORECASE
)
"""What a value without any of these can't be: a trace, wrapped, several numbers, or without its leading zeros."""
_HOME: Final = frozenset({"", "US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA"})
"""The countries, without dots, of an address whose postcode is a zip code. No country counts as the United States."""
_PLAIN: Final[Mapping[str, Callable[[str], PlainValue]]] = {
    "id": plain_text,
    "mobile_phone": plain_phone,
    "home_phone": plain_phone,
    "work_phone": plain_phone,
    "postcode": plain_number_text,
    "owner": plain_number_text,
}
"""How the columns that look like numbers are read; every other one is a text."""


def plain_row(values: Mapping[str, str]) -> PlainRow:
    """Return a row as it is meant. A birth date stays as it is written: only its column says how it is read."""
    if _is_ordinary(values):
        return PlainRow(values)
    plain: dict[str, str] = {}
    changes: list[tuple[str, str]] = []
    left_out: list[tuple[str, str]] = []
    for column, cell in values.items():
        if column == "birth_date" or not _SUSPICIOUS.search(cell):
            plain[column] = cell
            continue
        try:
            value = _read(column, cell, values)
        except UnreadableCell as error:
            left_out.append((column, str(error)))
            continue
        if value.change:
            changes.append((column, value.change))
        plain[column] = value.text
    return PlainRow(plain, tuple(changes), tuple(left_out))


_MARKS: Final = frozenset("#=/;,|&\r\n'")
_PARTS: Final = (".0", "E+", "e+", "E-", "e-", ":::", " or ", " and ", " OR ", " AND ", " Or ", " And ")
_ZIP_LENGTH: Final = 5


def _is_ordinary(values: Mapping[str, str]) -> bool:
    """Return True if no value of a row is suspicious. This is quicker than a search in each value."""
    if len(values.get("postcode", "00000").strip()) < _ZIP_LENGTH:
        return False
    whole = "\0".join([cell for column, cell in values.items() if column != "birth_date"])
    return _MARKS.isdisjoint(whole) and not any(part in whole for part in _PARTS)


_BETWEEN_VALUES: Final = re.compile(r"\s:::\s")
"""What Google writes between the values of one label. Phones and emails are divided where they are read."""
_DIVIDED: Final = frozenset({"email", "mobile_phone", "home_phone", "work_phone"})


def is_changed_alone(column: str, cell: str) -> bool:
    """Return True if a value is changed or left out. What a postcode becomes depends on its row: it counts as changed.

    A birth date is never changed here.
    """
    if column == "birth_date" or not _SUSPICIOUS.search(cell):
        return False
    if column == "postcode":
        return True
    try:
        value = _read(column, cell, {})
    except UnreadableCell:
        return True
    return bool(value.change) or value.text != cell


def _read(column: str, cell: str, values: Mapping[str, str]) -> PlainValue:
    if column not in _DIVIDED and _BETWEEN_VALUES.search(cell):
        raise UnreadableCell("it holds several values")
    if column == "postcode" and values.get("country", "").replace(".", "").strip().upper() in _HOME:
        return plain_zip(cell, values.get("state", ""))
    return _PLAIN.get(column, plain_text)(cell)
