"""Dates of a table's column, read by what the column itself proves. Knows no file and no row.

A date such as `3/4/1985` says nothing about its order. One value of the column that can be read in one way only
(`22/4/1962`, `4/22/1962`) decides for all of them. A column that could be both is ambiguous: a person says the order
(`--dates`), and no row is ever guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum, StrEnum, auto
from typing import Final

from msgspec import Struct

from core.compare.spreadsheet_traces import trace_reason
from data.tables.unreadable import UnreadableCell


class DateOrder(StrEnum):
    """The order of day and month in a date of numbers. The values are the words of `--dates`."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


ORDER_WORDS: Final = {DateOrder.DAY_FIRST: "d/m/y", DateOrder.MONTH_FIRST: "m/d/y"}


class ReadDate(Struct, frozen=True):
    """A date as yyyy-mm-dd, `--mm-dd` without a year, or "" for none.

    `change` says how the date was read, "" if that needs no word.
    """

    text: str
    change: str = ""


class DateColumn(Struct, frozen=True):
    """How a column's dates are read.

    `order` is the order of its dates of numbers; None if nothing says it. `proofs` counts the values that can be read
    in that order only. `contradictions` counts those that can be read in the other order only. `open` counts the values
    that could be both. `day_numbers` is True if the column holds a spreadsheet's day numbers.
    """

    order: DateOrder | None = None
    proofs: int = 0
    contradictions: int = 0
    open: int = 0
    day_numbers: bool = False

    @property
    def is_ambiguous(self) -> bool:
        """True if there are values that could be both, and nothing says which."""
        return self.order is None and self.open > 0 and not self.contradictions


_BLANKS: Final = re.compile(
    r"(?:0{1,2}[/.-]0{1,2}[/.-](?:0{4}|0{2})|0{4}[/.-]0{1,2}[/.-]0{1,2}"
    r"|(?:0{1,2}[/.-]0?1|0?1[/.-]0{1,2})[/.-]1900|1900-01-00)"
)
"""Dates that stand for none: Outlook's `0/0/00`, and day 0 of a spreadsheet's calendar."""
_ISO: Final = re.compile(r"([12]\d{3})-(\d{2})-(\d{2})", re.ASCII)
_DAY_ZERO: Final = "1900-01-00"
_NUMBERS: Final = re.compile(r"(\d{1,2})([/.\-\u2010-\u2013 ])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([/.\-])(\d{1,2})\2(\d{1,2})", re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_NO_YEAR: Final = re.compile(r"--(\d{2})-(\d{2})", re.ASCII)
_DAY_NUMBER: Final = re.compile(r"(\d{4,5})(?:\.0+)?", re.ASCII)
_TIME: Final = re.compile(
    r"(?:T| +)(?:(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?: *([AP])\.?M\.?)?)(?: *(Z|UTC|[+-]\d{2}:?\d{2}))?",
    re.IGNORECASE | re.ASCII,
)
_WEEKDAY: Final = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +", re.IGNORECASE)
_NAMED_DAY_FIRST: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?(?: of)?[ .\-/]+([a-z]{3,9})\.?[ ,.\-/]+(\d{4}|\d{2})",
    re.IGNORECASE | re.ASCII,
)
_NAMED_MONTH_FIRST: Final = re.compile(
    r"([a-z]{3,9})\.?[ \-/]+(\d{1,2})(?:st|nd|rd|th)?[ ,\-/]+(\d{4}|\d{2})", re.IGNORECASE | re.ASCII
)
_MONTH_NAMES: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_FIRST_DAY: Final = date(1899, 12, 30)
"""Day 0 of a spreadsheet's day numbers. Our assumption: no file counts from 1904, as old Excel files of a Mac do."""
_DAY_NUMBERS: Final = range(3_654, 73_051)
"""Day numbers from 1 January 1910 to 31 December 2099."""
_LONGEST: Final = 64
"""Characters of a date with weekday and time of day."""
_OLDEST: Final = 100
_YOUNGEST: Final = 18
"""Years of age between which the year of two digits is certain."""


class _Proof(Enum):
    """What one cell says about its column."""

    NOTHING = auto()
    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    OPEN = auto()
    DAY_NUMBER = auto()
    SURE_DAY_NUMBER = auto()
    OTHER = auto()


def date_column(cells: Iterable[str], chosen: DateOrder | None = None) -> DateColumn:
    """Return how the dates of a column are read.

    `chosen` is the order that a person named. It decides where the column proves nothing or contradicts itself.
    """
    proofs = Counter(map(_proof, cells))
    day_first, month_first = proofs[_Proof.DAY_FIRST], proofs[_Proof.MONTH_FIRST]
    order = chosen
    if bool(day_first) != bool(month_first):
        order = DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST
    match order:
        case DateOrder.DAY_FIRST:
            for_it, against = day_first, month_first
        case DateOrder.MONTH_FIRST:
            for_it, against = month_first, day_first
        case None:
            for_it, against = 0, min(day_first, month_first)
    numbers = {_Proof.NOTHING, _Proof.DAY_NUMBER, _Proof.SURE_DAY_NUMBER}
    only_numbers = proofs.keys() <= numbers and proofs[_Proof.SURE_DAY_NUMBER] > 0
    return DateColumn(order, for_it, against, proofs[_Proof.OPEN], only_numbers)


def proves_nothing(cell: str) -> bool:
    """Return True if a cell says nothing about how the other dates of its column are read."""
    return _proof(cell) in (_Proof.NOTHING, _Proof.OTHER)


def _proof(cell: str) -> _Proof:
    """Return what a cell says about the dates of its column."""
    text = cell.strip()
    if _ISO.fullmatch(text):
        return _Proof.OTHER
    if not text or _BLANKS.fullmatch(text):
        return _Proof.NOTHING
    if number := _DAY_NUMBER.fullmatch(text):
        if int(number[1]) not in _DAY_NUMBERS:
            return _Proof.OTHER
        return _Proof.DAY_NUMBER if _could_be_short(number[1]) else _Proof.SURE_DAY_NUMBER
    parts = _NUMBERS.fullmatch(_without_time(text)[0])
    if parts is None:
        return _Proof.OTHER
    first, second = int(parts[1]), int(parts[3])
    if 12 < first <= 31 and 1 <= second <= 12:
        return _Proof.DAY_FIRST
    if 12 < second <= 31 and 1 <= first <= 12:
        return _Proof.MONTH_FIRST
    is_open = 1 <= first <= 12 and 1 <= second <= 12 and first != second
    return _Proof.OPEN if is_open else _Proof.OTHER


def order_notice(name: str, column: DateColumn, chosen: DateOrder | None = None) -> str:
    """Return how the dates of a column were read; "" if that needs no word.

    `chosen` is the order that a person named: an order that is followed is not repeated.
    """
    if column.order is None and column.contradictions:
        return f"{name}: some values are d/m/y and some m/d/y; those that could be both are left out"
    if column.order is None or not column.proofs or column.order is chosen:
        return ""
    other = next(words for order, words in ORDER_WORDS.items() if order is not column.order)
    values = "1 value" if column.proofs == 1 else f"{column.proofs:,} values"
    against = f", although {ORDER_WORDS[chosen]} was named" if chosen else ""
    return f"{name}: read as {ORDER_WORDS[column.order]}{against}, because {values} can't be {other}"


def _could_be_short(digits: str) -> bool:
    """Return True if four or five digits could be ddmmyy or mmddyy without the leading zero: 30485 is 3 April 1985."""
    padded = digits.rjust(6, "0")
    first, second = int(padded[:2]), int(padded[2:4])
    return (1 <= first <= 31 and 1 <= second <= 12) or (1 <= first <= 12 and 1 <= second <= 31)


def read_birth_date(cell: str, column: DateColumn, today: date) -> ReadDate:
    """Return a birth date of a column. `today` is the day of the reading.

    A birth date lies in the past. A year of two digits is the one that makes the person between 18 and 100 years old;
    another is left out. Raises `UnreadableCell`.
    """
    text = cell.strip()
    if (iso := _ISO.fullmatch(text)) and text != _DAY_ZERO:
        return _past(_day(int(iso[1]), int(iso[2]), int(iso[3])), today)
    if reason := trace_reason(text):
        raise UnreadableCell(reason)
    if not text or _BLANKS.fullmatch(_without_time(text)[0]):
        return ReadDate("")
    if no_year := _NO_YEAR.fullmatch(text):
        _day(2000, int(no_year[1]), int(no_year[2]))
        return ReadDate(text)
    if _DAY_NUMBER.fullmatch(text):
        return _by_day_number(text, column)
    text, clock = _without_time(text)
    _midnight(clock)
    year, month, day = _parts(text, column)
    return _past(_day(_year(year, month, day, today), month, day), today)


def _past(born: date, today: date) -> ReadDate:
    if born > today:
        raise UnreadableCell("it is in the future")
    return ReadDate(born.isoformat())


def read_moment(cell: str, column: DateColumn) -> float:
    """Return a date with or without a time of day in seconds since 1970. A time without an offset is UTC.

    Raises `UnreadableCell`.
    """
    at = read_time(cell, column)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def read_time(cell: str, column: DateColumn) -> datetime:
    """Return a date with or without a time of day. Without an offset it has no time zone. Raises `UnreadableCell`."""
    written = cell.strip()
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        text, clock = _without_time(written)
        year, month, day = _parts(text, column)
        if len(year) != 4:
            raise UnreadableCell("its year has two digits") from None
        hour, minute, second = _clock(clock)
        zone = _zone(clock[6]) if clock and clock[6] else None
        at = datetime.combine(_day(int(year), month, day), time(hour, minute, second), zone)
    try:
        (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UnreadableCell("there is no such time") from None
    return at


def _clock(clock: re.Match[str] | None) -> tuple[int, int, int]:
    """Return hour, minute and second of a time of day. Raises `UnreadableCell`."""
    if clock is None:
        return 0, 0, 0
    hour, minute, second, half = int(clock[1]), int(clock[2]), int(clock[3] or 0), (clock[5] or "").upper()
    if half:
        if not 1 <= hour <= 12:
            raise UnreadableCell("there is no such time")
        hour = hour % 12 + (12 if half == "P" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise UnreadableCell("there is no such time")
    return hour, minute, second


def _zone(written: str) -> timezone:
    """Return the time zone of an offset such as +11:00. Z and UTC are UTC."""
    digits = written.replace(":", "")
    if not digits.startswith(("+", "-")) or int(digits[1:3]) > 23 or int(digits[3:]) > 59:
        return UTC
    offset = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:]))
    return timezone(-offset if digits[0] == "-" else offset)


def _without_time(text: str) -> tuple[str, re.Match[str] | None]:
    """Return a date without the time of day that follows, and the time."""
    if ":" not in text or len(text) > _LONGEST:
        return text, None
    at = next((n for n in range(len(text)) if _TIME.fullmatch(text, n)), None)
    return (text, None) if at is None else (text[:at].strip(), _TIME.fullmatch(text, at))


def _midnight(clock: re.Match[str] | None) -> None:
    """Refuse a time of day that is not midnight: the date depends on the time zone then."""
    if any(_clock(clock)) or (clock and int(clock[4] or 0)):
        raise UnreadableCell("a time of day is with it, so that the day depends on the time zone")


def _parts(text: str, column: DateColumn) -> tuple[str, int, int]:
    """Return year as written, month and day. Raises `UnreadableCell`."""
    if parts := _YEAR_FIRST.fullmatch(text):
        return parts[1], int(parts[3]), int(parts[4])
    if (parts := _COMPACT.fullmatch(text)) and 1900 <= int(parts[1]) < 2100:
        return parts[1], int(parts[2]), int(parts[3])
    if parts := _NUMBERS.fullmatch(text):
        return _by_order(parts[4], int(parts[1]), int(parts[3]), column)
    named = _WEEKDAY.sub("", text, count=1)
    if parts := _NAMED_DAY_FIRST.fullmatch(named):
        return parts[3], _month(parts[2]), int(parts[1])
    if parts := _NAMED_MONTH_FIRST.fullmatch(named):
        return parts[3], _month(parts[1]), int(parts[2])
    raise UnreadableCell("it isn't a date")


def _by_order(year: str, first: int, second: int, column: DateColumn) -> tuple[str, int, int]:
    order = column.order
    if order is None and first != second:
        if first > 12 or second > 12:
            order = DateOrder.DAY_FIRST if first > 12 else DateOrder.MONTH_FIRST
        elif column.contradictions:
            raise UnreadableCell("it could be d/m/y or m/d/y, and the column has both")
        else:
            raise UnreadableCell("it could be d/m/y or m/d/y; say which with --dates")
    if order is DateOrder.MONTH_FIRST:
        if first > 12 >= second:
            raise UnreadableCell("it isn't a date in m/d/y, as the column has them")
        return year, first, second
    if second > 12 >= first:
        raise UnreadableCell("it isn't a date in d/m/y, as the column has them")
    return year, second, first


def _month(name: str) -> int:
    """Return the number of a month by its English name or the first letters of it. Raises `UnreadableCell`."""
    plain = name.casefold()
    for number, month in enumerate(_MONTH_NAMES, 1):
        if month.startswith(plain) or (plain == "sept" and number == 9):
            return number
    raise UnreadableCell("it isn't a date")


def _year(written: str, month: int, day: int, today: date) -> int:
    """Return the year of a birth date. Raises `UnreadableCell` if a year of two digits could be in two centuries."""
    if len(written) == 4:
        return int(written)
    for century in (1900, 2000):
        year = century + int(written)
        age = today.year - year - ((today.month, today.day) < (month, day))
        if _YOUNGEST <= age <= _OLDEST:
            return year
    raise UnreadableCell("its year has two digits and could be of two centuries")


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise UnreadableCell("there is no such day") from None


def _by_day_number(text: str, column: DateColumn) -> ReadDate:
    number = int(text.partition(".")[0])
    if not column.day_numbers or number not in _DAY_NUMBERS:
        raise UnreadableCell("it is a number, not a date")
    day = _FIRST_DAY + timedelta(days=number)
    return ReadDate(day.isoformat(), "a spreadsheet's day number, counted from 1900")
