"""Which forms of a value count as the same value, by the kind of its field: one table for the whole desk. Pure.

A system may write a value in its own form: other line ends, "(0491) 570-006" for "0491 570 006", 640000.00 for 640000.
Such a value has arrived. The table is used where the desk reads back what it sent, where it adopts a record, where it
says what changed since a push, and where it undoes one. Whether a value has to be sent at all is decided by
`core/push/equality.py`: a corrected letter case is sent although both forms count as equal here.

This module knows no system and no record, and imports nothing heavy.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from core.compare.keys import email_key, text_key


class FieldKind(StrEnum):
    """What a field holds, as far as its equal forms depend on it."""

    TEXT = "text"
    """Equal without regard to outer blanks, the kind of line end, and composed or decomposed letters."""
    NAME = "name"
    """Equal as text, without regard to letter case and to how many blanks are between words."""
    EMAIL = "email"
    """Equal as text without regard to letter case."""
    PHONE = "phone"
    """Equal by the digits and by what is not a separator; `+61 4…` equals `04…`, `+1` is left out."""
    DATE = "date"
    """Equal by the day: 29/02/1988, 1988-02-29 and 1988-02-29T00:00:00Z are one day. No month comes first."""
    AMOUNT = "amount"
    """Equal by the number: 640000, "640,000.00" and "$640,000" are one amount."""
    POSTCODE = "postcode"
    """Equal without blanks and letter case. A leading zero counts."""
    CHOICE = "choice"
    """A value of a list: equal as text. Another letter case is another value."""


KINDS: Final[Mapping[str, FieldKind]] = {
    # FLEX
    **dict.fromkeys(("FirstName", "MiddleName", "LastName"), FieldKind.NAME),
    "EmailAddress": FieldKind.EMAIL,
    **dict.fromkeys(("CellularPhone", "HomePhone", "WorkPhone"), FieldKind.PHONE),
    "DateOfBirth": FieldKind.DATE,
    **dict.fromkeys(("ProposedLoanAmount", "ProposedLoanTerm", "Value"), FieldKind.AMOUNT),
    **dict.fromkeys(("SplitAmount", "BaseSplitAmount", "LoanAmount"), FieldKind.AMOUNT),
    **dict.fromkeys(("PostalCode", "DirectAddressPostalCode"), FieldKind.POSTCODE),
    **dict.fromkeys(("State", "DirectAddressState", "Role", "Selected", "PreApproval"), FieldKind.CHOICE),
    **dict.fromkeys(("LoanCategory", "LoanPurpose", "PropertyType", "Usage", "Purpose"), FieldKind.CHOICE),
    **dict.fromkeys(("FixedInclude", "StandardVariableInclude", "FilterRepaymentOption"), FieldKind.CHOICE),
    # BrokerEngine's card, SimpleNexus, Total Expert
    "flex_kind": FieldKind.CHOICE,
    **dict.fromkeys(("first_name", "last_name"), FieldKind.NAME),
    "email": FieldKind.EMAIL,
    **dict.fromkeys(("phone", "cell_phone", "phone_cell", "phone_home", "phone_office"), FieldKind.PHONE),
    "birthday": FieldKind.DATE,
    "zip_code": FieldKind.POSTCODE,
    "state": FieldKind.CHOICE,
}
"""The kind of a field by the name that the field has in a system that is written to. An unlisted field is text."""


def kind_of(name: str) -> FieldKind:
    """Return the kind of a field. `name` may be a path with dots, of which the last part counts."""
    return KINDS.get(name.rpartition(".")[2], FieldKind.TEXT)


def is_blank(value: Any) -> bool:
    """Return True if a JSON value holds nothing: null, or a text of blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def equal_form(kind: FieldKind, value: Any) -> str:
    """Return the form of a JSON value that is the same for all its equal forms; "" if it holds nothing."""
    return "" if is_blank(value) else _FORMS[kind](value)


def is_equal(kind: FieldKind, left: Any, right: Any) -> bool:
    """Return True if two JSON values of a field count as the same value. Null, "" and blanks are equal.

    An object is compared by the fields of `left`; a list entry by entry. The kinds of inner fields follow from their
    names.
    """
    if isinstance(left, Mapping):
        return isinstance(right, Mapping) and is_each_equal(left, right)
    if isinstance(left, (list, tuple)):
        return (
            isinstance(right, (list, tuple))
            and len(left) == len(right)
            and all(is_equal(kind, *pair) for pair in zip(left, right, strict=True))
        )
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if _is_number(left) or _is_number(right):
        return _number(left) == _number(right)
    return equal_form(kind, left) == equal_form(kind, right)


def is_each_equal(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], names: Iterable[str] | None = None
) -> bool:
    """Return True if `theirs` has every field of `ours`, or only those of `names`, in an equal form."""
    return all(
        is_equal(kind_of(name), ours.get(name), theirs.get(name))
        for name in (ours if names is None else names)
    )


# -- the forms -----------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    lines = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    return unicodedata.normalize("NFC", lines)


def _name(value: Any) -> str:
    return unicodedata.normalize("NFC", text_key(_text(value)))


def _email(value: Any) -> str:
    return unicodedata.normalize("NFC", email_key(_text(value)))


_SEPARATORS: Final = re.compile(r"[\s().\-–/]")
_EXTENSION: Final = re.compile(r"\s*(?:extension|extn|ext|x|#)[\s.:]*(?=\d)")
_COUNTRY: Final = re.compile(r"\+61(?:0?)(?=\d{9}(?!\d))|\+1(?=\d{10}(?!\d))")


def _phone(value: Any) -> str:
    """Return a number without separators. An Australian or American country code is written as at home.

    What is neither a digit nor a separator stays: "0491 570 006 (wife)" says more than the number.
    """
    number = _SEPARATORS.sub("", _EXTENSION.sub("x", _text(value).casefold()))
    code = _COUNTRY.match(number)
    if code is None:
        return number
    return ("0" if code[0].startswith("+61") else "") + number[code.end() :]


_DAY_FIRST: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MIDNIGHT: Final = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?")


def _date(value: Any) -> str:
    text = value.isoformat() if isinstance(value, date) else _text(value)
    if day_first := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, day_first.groups())
        return f"{year:04}-{month:02}-{day:02}"
    midnight = _MIDNIGHT.fullmatch(text)
    return midnight[1] if midnight else text


_GROUPED: Final = re.compile(r"-?\$?\s?\d{1,3}(?:,\d{3})+(?:\.\d*)?")


def _amount(value: Any) -> str:
    text = _text(value)
    plain = text.replace(",", "") if _GROUPED.fullmatch(text) else text
    try:
        number = Decimal(plain.replace("$", "", 1).strip())
    except InvalidOperation:
        return text
    return f"{number.normalize():f}" if number.is_finite() else text


def _postcode(value: Any) -> str:
    return text_key(_text(value)).replace(" ", "")


_FORMS: Final[Mapping[FieldKind, Callable[[Any], str]]] = {
    FieldKind.TEXT: _text,
    FieldKind.NAME: _name,
    FieldKind.EMAIL: _email,
    FieldKind.PHONE: _phone,
    FieldKind.DATE: _date,
    FieldKind.AMOUNT: _amount,
    FieldKind.POSTCODE: _postcode,
    FieldKind.CHOICE: _text,
}

_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?")
"""A text of digits that begins with a zero is a phone number or a postcode, not a number."""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _number(value: Any) -> Decimal | None:
    """Return a JSON number, or a text that is written like one, by value; None for anything else."""
    if _is_number(value):
        return Decimal(str(value))
    text = _text(value) if isinstance(value, str) else ""
    is_plain = _PLAIN_NUMBER.fullmatch(text) or _GROUPED.fullmatch(text)
    return Decimal(_amount(text)) if is_plain else None
