"""The form of a FLEX field: what FLEX takes there, and how a value is brought into that form. Pure.

The forms are data (the map's `forms`, data/maps/flex.toml), taken from FLEX's contract (data/contracts/flex.yaml).
A value that does not fit is refused with the reason. A value of which the form proves what is meant is converted.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from core.compare.keys import label_key
from core.compare.mailboxes import addresses_in, email_fault
from core.compare.phones import digits, numbers_in
from core.compare.spreadsheet_traces import trace_reason, unwrapped, without_decimal_zero
from core.local_forms import number_text
from core.texts import how_many


class FormKind(StrEnum):
    """What a FLEX field holds. The kind decides which conversions are tried."""

    LINE = "line"
    LINES = "lines"
    EMAIL = "email"
    PHONE = "phone"
    POSTCODE = "postcode"
    STATE = "state"
    DATE = "date"
    NUMBER = "number"
    YEARS = "years"
    LIST = "list"


class TargetForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What FLEX takes in one field. The limits have the meaning of the contract's keywords.

    `longest` counts characters (`maxLength`), `least` and `most` bound a number (`minimum`, `maximum`), `pattern` is a
    regular expression, `values` is the list of the only values (`enum`). 0 or "" means that there is no such limit.
    `country` names the field of the same address that holds the country: only an address in Australia is bound to
    Australian states, and only there a lost leading zero is restored.
    """

    kind: FormKind
    longest: int = 0
    pattern: str = ""
    least: float = 0
    most: float = 0
    values: tuple[str, ...] = ()
    country: str = ""


class Fitted(Struct, frozen=True):
    """A value in FLEX's form. `change` says how the value was converted, `wrong` why it can't be sent; else ""."""

    value: Any
    change: str = ""
    wrong: str = ""


HOME_COUNTRY: Final = "Australia"
FIRST_BIRTH: Final = date(1900, 1, 1)
"""The earliest day that FLEX takes as a birth date (data/contracts/flex.yaml, Date)."""


def is_abroad(country: str) -> bool:
    """Return True if an address with this country is not in Australia. No country counts as Australia."""
    return bool(country.strip()) and label_key(country) != label_key(HOME_COUNTRY)


_HOME_POSTCODE: Final = re.compile(r"\d{3,4}(?:\.0)?")


def is_home_postcode(text: str) -> bool:
    """Return True if a postcode has Australia's form: four digits, or three where a spreadsheet took the zero."""
    return _HOME_POSTCODE.fullmatch(text.strip()) is not None


def fit(form: TargetForm, value: Any, *, country: str = "", today: date = date.max) -> Fitted:
    """Bring a value into the form of its FLEX field, or say why FLEX would refuse it.

    `value` is what the row's transform gave: a text, or a number. `country` is the country that is sent with the same
    address ("" if there is none). `today` is the last day that a birth date may be.
    """
    match form.kind:
        case FormKind.NUMBER | FormKind.YEARS:
            return _fit_number(form, value)
        case FormKind.LIST:
            return _fit_list(form, str(value))
        case FormKind.DATE:
            return _fit_date(form, str(value), today)
        case FormKind.STATE if not is_abroad(country):
            return _fit_list(form, str(value))
        case FormKind.LINES:
            return _fit_text(form, _several_lines(str(value)))
        case FormKind.STATE | FormKind.LINE | FormKind.EMAIL | FormKind.PHONE | FormKind.POSTCODE:
            return _fit_text(form, _rewritten(form, str(value), is_abroad(country)))


def _rewritten(form: TargetForm, text: str, abroad: bool) -> Fitted:
    """Return a text of one line as FLEX takes it. A text that is far too long is refused without a closer look."""
    if len(text) > max(form.longest or 0, _FAR_TOO_LONG):
        takes = f"FLEX takes {form.longest:,}" if form.longest else "far too many for one line"
        return Fitted(text, wrong=f"it has {len(text):,} characters, {takes}")
    cell = Fitted(*unwrapped(text))
    if form.kind is FormKind.EMAIL:
        return _email(cell)
    if form.kind is FormKind.PHONE:
        return _phone(form, cell, abroad)
    if form.kind is FormKind.POSTCODE:
        return _postcode(cell, abroad)
    return _one_line(cell)


# -- numbers, lists, dates -----------------------------------------------------------------------------


def _fit_number(form: TargetForm, value: Any) -> Fitted:
    if form.least <= value <= form.most:
        return Fitted(value)
    unit = " years" if form.kind is FormKind.YEARS else ""
    wrong = f"FLEX takes {number_text(form.least)} to {number_text(form.most)}{unit}"
    if form.kind is FormKind.YEARS and value % 12 == 0 and form.least <= value / 12 <= form.most:
        years = number_text(value / 12)
        wrong += f"; {number_text(value)} months would be {years} years, and the term is kept in years"
    return Fitted(value, wrong=wrong)


def _fit_list(form: TargetForm, value: str) -> Fitted:
    if value in form.values:
        return Fitted(value)
    return Fitted(value, wrong=f"FLEX takes only {', '.join(form.values)}")


def _fit_date(form: TargetForm, value: str, today: date) -> Fitted:
    written = re.fullmatch(form.pattern, value) and re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", value)
    if not written:
        return Fitted(value, wrong="it isn't a date")
    day, month, year = (int(part) for part in written.groups())
    born = date(year, month, day)
    if born > today:
        return Fitted(value, wrong="it is in the future")
    if born < FIRST_BIRTH:
        return Fitted(value, wrong="FLEX takes no date before 1900")
    if born == FIRST_BIRTH:
        return Fitted(value, wrong="1 January 1900 is what a spreadsheet makes of an empty date")
    return Fitted(value)


# -- texts ---------------------------------------------------------------------------------------------

_LINE_ENDS: Final = re.compile(r"[ ]*[\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029][\s]*")
_OTHER_LINE_ENDS: Final = re.compile(r"[\v\f]")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FAR_TOO_LONG: Final = 10_000
"""Characters of one line. To look at each character of a megabyte takes half a second, and the screen waits."""
_ENOUGH_DIGITS: Final = range(6, 16)
"""How many digits a phone number has: six (13 11 14) to fifteen (the international limit)."""


def _fit_text(form: TargetForm, fitted: Fitted) -> Fitted:
    """Check a text against the limits that every text has."""
    value: str = fitted.value
    wrong = fitted.wrong
    if form.kind is not FormKind.LINES and (trace := trace_reason(value)):
        wrong = trace
    elif _CONTROLS.search(value):
        wrong = "it holds a control character"
    elif not wrong and not _is_visible(value):
        wrong = "it holds no character that can be seen"
    elif not wrong and form.longest and len(value) > form.longest:
        wrong = f"it has {len(value):,} characters, FLEX takes {form.longest:,}"
    elif not wrong and form.pattern and not re.search(form.pattern, value):
        wrong = "FLEX does not take it in this form"
    return Fitted(value, fitted.change, wrong)


def _is_visible(text: str) -> bool:
    return any(unicodedata.category(char)[0] not in "CZ" for char in text)


def _one_line(fitted: Fitted) -> Fitted:
    line = _LINE_ENDS.sub(" ", fitted.value).strip()
    return fitted if line == fitted.value else Fitted(line, "FLEX takes one line: line ends become blanks")


def _several_lines(text: str) -> Fitted:
    lines = _OTHER_LINE_ENDS.sub("\n", text)
    return Fitted(text) if lines == text else Fitted(lines, "page and column breaks become line ends")


def _email(given: Fitted) -> Fitted:
    """Take the address out of `Ann Lee <ann@example.com>`, `mailto:ann@example.com` and `ann@example.com;`."""
    text: str = given.value
    addresses = addresses_in(text)
    if len(addresses) > 1 or (not addresses and text.count("@") > 1):
        return Fitted(text, given.change, "it holds more than one email address, and FLEX takes one")
    if fault := email_fault(text):
        return Fitted(text, given.change, fault)
    address = next(iter(addresses), text)
    return Fitted(address, given.change if address == text else "the address alone")


def _phone(form: TargetForm, given: Fitted, abroad: bool) -> Fitted:
    """Return a phone number in the form that FLEX takes.

    A number that FLEX takes as it is written stays so. Dots, dashes and blanks of other kinds become plain blanks, and
    an Australian number is then written as on a business card. Nine digits that begin with 4 are a mobile number
    without its leading zero. Of several numbers with a separator the first is sent. Text that is not a number, two
    numbers that nothing separates, and a filler are refused.
    """
    if several := numbers_in(given.value):
        first = _phone(form, Fitted(several[0]), abroad)
        others = f"the first number; {LEFT_OUT}{', '.join(several[1:])}" if several[1:] else "the number once"
        return Fitted(first.value, _together(given.change, others, first.change), first.wrong)
    text, change = without_decimal_zero(given.value)
    given = Fitted(text, _together(given.change, change))
    plain = _plain_phone(text)
    number = re.sub(r"[^0-9]", "", plain)
    count = len(number)
    if not re.fullmatch(r"[0-9+() -]*", plain):
        return Fitted(text, wrong="FLEX takes digits, blanks, + ( ) and - in a phone number")
    if count > _ENOUGH_DIGITS[-1]:
        return Fitted(text, wrong=f"it has {how_many(count, 'digit')}: more than one number?")
    if count < _ENOUGH_DIGITS[0] or not digits(plain):
        return Fitted(text, wrong="it isn't a phone number")
    if not abroad and re.fullmatch(r"4\d{8}", number) and "+" not in plain:
        return Fitted(_australian("0" + number), _together(given.change, "the lost leading zero is restored"))
    if re.search(form.pattern, text):
        return given
    return Fitted(
        _australian(number) or plain, _together(given.change, "written as FLEX takes a phone number")
    )


LEFT_OUT: Final = "left out: "
"""What the reason of a value says before the part of the value that is not sent."""


def _together(*changes: str) -> str:
    return "; ".join(change for change in changes if change)


_DASHES_DOTS_BLANKS: Final = re.compile(r"[\s.\-\u2010-\u2015\u2212]+")


def _plain_phone(text: str) -> str:
    """Return a phone number with plain digits, and a plain blank in the place of dots, dashes and other blanks."""
    usual = unicodedata.normalize("NFKC", text)
    visible = "".join(char for char in usual if unicodedata.category(char) != "Cf")
    return _DASHES_DOTS_BLANKS.sub(lambda run: "-" if run[0] == "-" else " ", visible).strip()


def _australian(number: str) -> str:
    """Return the digits of an Australian number in groups, or "" if they are none."""
    number = re.sub(r"^(?:0011|00)?61(?=[23478]\d{8}$)", "0", number)
    if re.fullmatch(r"04\d{8}", number):
        return f"{number[:4]} {number[4:7]} {number[7:]}"
    if re.fullmatch(r"0[2378]\d{8}", number):
        return f"{number[:2]} {number[2:6]} {number[6:]}"
    return ""


def _postcode(given: Fitted, abroad: bool) -> Fitted:
    """Return a postcode. Three digits in Australia lost their zero.

    Postcodes 08.. and 09.. are the Northern Territory's, and 02.. are the Australian Capital Territory's.
    """
    fitted = _one_line(given)
    text: str = fitted.value
    if not any(char.isdigit() for char in text):
        return Fitted(text, fitted.change, "it isn't a postcode")
    if abroad:
        return fitted
    text, change = without_decimal_zero(text)
    fitted = Fitted(text, _together(fitted.change, change))
    if re.fullmatch(r"[289]\d\d", text):
        return Fitted("0" + text, _together(fitted.change, "the lost leading zero is restored"))
    return fitted
