"""The columns that a CSV of cards may have, and how the text of a cell becomes a value of our contract. Pure.

One row is one person on a card; rows with the same `card_id` are one card. `card_id` and `kind` are required. Other
columns are kept too. `data/cards/known_columns.py` says by which headers each column is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from msgspec import Struct

from core.compare.keys import label_key, text_key
from data.tables.unreadable import UnreadableCell

Value = str | bool
"""A value of the contract. Money and dates are text in the contract."""


class CardColumn(Struct, frozen=True):
    """The place of a column's value in the contract's card (or in its person), and how the cell is read."""

    path: tuple[str, ...]
    read: Callable[[str], Value]


def text(cell: str) -> Value:
    """Return a text unchanged. Nothing is trimmed or escaped; a leading = or @ stays."""
    return cell


def label(cell: str) -> Value:
    """Return an id or a name without outer blanks. Raises `UnreadableCell` for a character that can't be typed."""
    trimmed = cell.strip()
    if not trimmed.isprintable():
        raise UnreadableCell("it holds a character that can't be typed")
    return trimmed


_AMOUNT: Final = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?")


def amount(cell: str) -> Value:
    """Return dollars or years as decimal text. `$` and commas between thousands may occur. Raises `UnreadableCell`."""
    number = _AMOUNT.fullmatch(cell.strip())
    if number is None or not cell.isascii():
        raise UnreadableCell("it is no number")
    return number[1].replace(",", "") + (number[2] or "")


_DAY_FIRST: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def day(cell: str) -> Value:
    """Return a date as yyyy-mm-dd. The cell may have dd/mm/yyyy, day first. Raises `UnreadableCell`."""
    written = cell.strip()
    try:
        if parts := _DAY_FIRST.fullmatch(written):
            return date(int(parts[3]), int(parts[2]), int(parts[1])).isoformat()
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written, re.ASCII):
            return date.fromisoformat(written).isoformat()
    except ValueError:
        raise UnreadableCell("there is no such day") from None
    raise UnreadableCell("it is no date: yyyy-mm-dd or dd/mm/yyyy")


_FLAGS: Final = {
    "y": True,
    "yes": True,
    "true": True,
    "1": True,
    "n": False,
    "no": False,
    "false": False,
    "0": False,
}


def flag(cell: str) -> Value:
    """Return a flag from Y or N, yes or no, true or false, 1 or 0. Raises `UnreadableCell`."""
    value = _FLAGS.get(label_key(cell))
    if value is None:
        raise UnreadableCell("it is neither Y nor N")
    return value


def one_of(*words: str) -> Callable[[str], Value]:
    """Return a reader for cells that hold one of these words, in any case."""
    known = {text_key(word): word for word in words}

    def read(cell: str) -> Value:
        word = known.get(text_key(cell))
        if word is None:
            raise UnreadableCell(f"it is none of {', '.join(words)}")
        return word

    return read


def _address(prefix: str, *path: str) -> dict[str, CardColumn]:
    names = ("street_1", "street_2", "suburb", "postcode", "state", "country")
    return {f"{prefix}_{name}": CardColumn((*path, name), text) for name in names}


CARD_ID: Final = "card_id"
ROLE: Final = "role"
PERSON_ID: Final = "person_id"
REQUIRED: Final = (CARD_ID, "kind")

CARD: Final[dict[str, CardColumn]] = {
    CARD_ID: CardColumn(("id",), label),
    "title": CardColumn(("title",), text),
    "kind": CardColumn(("kind",), one_of("lead", "deal")),
    "stage": CardColumn(("stage",), text),
    "owner": CardColumn(("owner",), text),
    "updated_at": CardColumn(("updated_at",), label),
    **{
        name: CardColumn(("requirements", name), read)
        for name, read in {
            "loan_amount": amount,
            "loan_term": amount,
            "loan_category": text,
            "loan_purpose": text,
            "objectives": text,
            "pre_approval": flag,
            "split_loan": amount,
            "fixed_rate": flag,
            "standard_variable": flag,
            "principal_and_interest": flag,
            "interest_only": flag,
        }.items()
    },
    "valuation_amount": CardColumn(("property", "valuation_amount"), amount),
    **{name: CardColumn(("property", name), text) for name in ("property_type", "usage", "purpose")},
    **_address("property", "property", "address"),
    "flex_id": CardColumn(("flex_id",), label),
    "flex_kind": CardColumn(("flex_kind",), one_of("opportunity", "application")),
    "fact_find_id": CardColumn(("fact_find", "id"), label),
    "fact_find_state": CardColumn(("fact_find", "state"), one_of("open", "completed")),
    "fact_find_flex_integrated": CardColumn(("fact_find", "flex_integrated"), flag),
}
"""The card's columns. On the other rows of a card they repeat the same value or stay blank."""

PERSON: Final[dict[str, CardColumn]] = {
    ROLE: CardColumn(("role",), one_of("Primary Applicant", "Co-Applicant", "Guarantor")),
    PERSON_ID: CardColumn(("contact", "id"), label),
    **{
        name: CardColumn(("contact", name), text)
        for name in ("first_name", "middle_name", "last_name", "email")
    },
    "birth_date": CardColumn(("contact", "birth_date"), day),
    "mobile_phone": CardColumn(("contact", "phones", "mobile"), text),
    "home_phone": CardColumn(("contact", "phones", "home"), text),
    "office_phone": CardColumn(("contact", "phones", "office"), text),
    **_address("home", "contact", "home_address"),
    **_address("postal", "contact", "postal_address"),
    "person_flex_id": CardColumn(("contact", "flex_id"), label),
}
"""The columns of the row's person."""

PRODUCT: Final = re.compile(r"product_([1-9]\d?)_(lender|name|standing)")
STANDING: Final = one_of("SELECTED", "CONSIDERED")
"""Products 1 to 99. A product without a standing is neither selected nor considered, so FLEX does not get it."""
