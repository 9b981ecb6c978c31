"""The columns that a CSV of cards may have, and how the text of a cell becomes a value of our contract. Pure.

One row is one person on a card; rows with the same `card_id` are one card. `card_id` and `kind` are required. Other
columns are kept too. `data/cards/known_columns.py` says by which headers each column is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from core.compare.keys import text_key
from core.compare.spreadsheet_traces import without_decimal_zero
from data.tables.dates import DateColumn, DateOrder, date_column, order_notice, read_birth_date
from data.tables.unreadable import UnreadableCell
from data.tables.values import (
    MoneyStyle,
    are_numbers_with_decimals,
    money_style,
    plain_text,
    read_amount,
    read_flag,
    read_term,
)

Value = str | bool
"""A value of the contract. Money and dates are text in the contract."""


class ColumnEvidence(Struct, frozen=True):
    """What a column proves about its cells: the order of its dates, the style of its amounts. `today` is today.

    `assumed` counts the dates that are read in an order that nothing proves. `as_numbers` is True if a spreadsheet took
    all ids of the column for numbers (`1001.0`).
    """

    dates: DateColumn = DateColumn()
    money: MoneyStyle | None = MoneyStyle.COMMAS
    today: date = date.max
    assumed: int = 0
    as_numbers: bool = False


ReadCell = Callable[[str, ColumnEvidence], Value]


class CardColumn(Struct, frozen=True):
    """The place of a column's value in the contract's card (or in its person), and how the cell is read.

    `refused_alone` is True if an unreadable cell costs the field: the card keeps the text, and the preview refuses it.
    """

    path: tuple[str, ...]
    read: ReadCell
    refused_alone: bool = False


def text(cell: str, evidence: ColumnEvidence) -> Value:  # noqa: ARG001 - the form of a reader
    """Return a text unchanged. Nothing is trimmed or escaped; a leading = or @ stays."""
    return cell


def label(cell: str, evidence: ColumnEvidence) -> Value:  # noqa: ARG001 - the form of a reader
    """Return a text on one line without outer blanks, and without what a spreadsheet writes around a text.

    Raises `UnreadableCell` for a spreadsheet's trace, and for a character that can't be typed.
    """
    trimmed = plain_text(cell).text.strip()
    if not trimmed.isprintable():
        raise UnreadableCell("it holds a character that can't be typed")
    return trimmed


def identifier(cell: str, evidence: ColumnEvidence) -> Value:
    """Return an id as `label` does, without the `.0` of a column of numbers. Raises `UnreadableCell`."""
    plain = str(label(cell, evidence))
    return without_decimal_zero(plain)[0] if evidence.as_numbers else plain


def amount(cell: str, evidence: ColumnEvidence) -> Value:
    """Return dollars as decimal text. Raises `UnreadableCell`."""
    return read_amount(cell, evidence.money)


def term(cell: str, evidence: ColumnEvidence) -> Value:  # noqa: ARG001 - the form of a reader
    """Return a term in years as decimal text. Raises `UnreadableCell`."""
    return read_term(cell)


def day(cell: str, evidence: ColumnEvidence) -> Value:
    """Return a birth date as yyyy-mm-dd, "" for a date that stands for none. Raises `UnreadableCell`."""
    born = read_birth_date(cell, evidence.dates, evidence.today).text
    if born.startswith("--"):
        raise UnreadableCell("it has no year")
    return born


def flag(cell: str, evidence: ColumnEvidence) -> Value:  # noqa: ARG001 - the form of a reader
    """Return a flag from Y or N, yes or no, true or false, 1 or 0. Raises `UnreadableCell`."""
    return read_flag(cell)


def one_of(*words: str) -> ReadCell:
    """Return a reader for cells that hold one of these words, in any case."""
    known = {text_key(word): word for word in words}

    def read(cell: str, evidence: ColumnEvidence) -> Value:  # noqa: ARG001 - the form of a reader
        word = known.get(text_key(cell))
        if word is None:
            raise UnreadableCell(f"it isn't one of {', '.join(words)}")
        return word

    return read


def _address(prefix: str, *path: str) -> dict[str, CardColumn]:
    names = ("street_1", "street_2", "suburb", "postcode", "state", "country")
    return {f"{prefix}_{name}": CardColumn((*path, name), text) for name in names}


CARD_ID: Final = "card_id"
ROLE: Final = "role"
PERSON_ID: Final = "person_id"
UPDATED: Final = "updated_at"
REQUIRED: Final = (CARD_ID, "kind")

CARD: Final[dict[str, CardColumn]] = {
    CARD_ID: CardColumn(("id",), identifier),
    "title": CardColumn(("title",), text),
    "kind": CardColumn(("kind",), one_of("lead", "deal")),
    "stage": CardColumn(("stage",), text),
    "owner": CardColumn(("owner",), text),
    UPDATED: CardColumn(("updated_at",), label),
    **{
        name: CardColumn(("requirements", name), read, read is not text)
        for name, read in {
            "loan_amount": amount,
            "loan_term": term,
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
    "valuation_amount": CardColumn(("property", "valuation_amount"), amount, refused_alone=True),
    **{name: CardColumn(("property", name), text) for name in ("property_type", "usage", "purpose")},
    **_address("property", "property", "address"),
    "flex_id": CardColumn(("flex_id",), identifier),
    "flex_kind": CardColumn(("flex_kind",), one_of("opportunity", "application")),
    "fact_find_id": CardColumn(("fact_find", "id"), identifier),
    "fact_find_state": CardColumn(("fact_find", "state"), one_of("open", "completed")),
    "fact_find_flex_integrated": CardColumn(("fact_find", "flex_integrated"), flag),
}
"""The card's columns. On the other rows of a card they repeat the same value or stay blank."""

PERSON: Final[dict[str, CardColumn]] = {
    ROLE: CardColumn(("role",), one_of("Primary Applicant", "Co-Applicant", "Guarantor")),
    PERSON_ID: CardColumn(("contact", "id"), identifier),
    **{
        name: CardColumn(("contact", name), text)
        for name in ("first_name", "middle_name", "last_name", "email")
    },
    "birth_date": CardColumn(("contact", "birth_date"), day, refused_alone=True),
    "mobile_phone": CardColumn(("contact", "phones", "mobile"), text),
    "home_phone": CardColumn(("contact", "phones", "home"), text),
    "office_phone": CardColumn(("contact", "phones", "office"), text),
    **_address("home", "contact", "home_address"),
    **_address("postal", "contact", "postal_address"),
    "person_flex_id": CardColumn(("contact", "flex_id"), identifier),
}
"""The columns of the row's person."""

PRODUCT: Final = re.compile(r"product_([1-9]\d?)_(lender|name|standing)")
STANDING: Final = one_of("SELECTED", "CONSIDERED")
"""Products 1 to 99. A product without a standing is neither selected nor considered, so FLEX does not get it."""


def needs_evidence(name: str) -> bool:
    """Return True if the cells of a column are read by what the whole column proves."""
    known = CARD.get(name) or PERSON.get(name)
    return name == UPDATED or (known is not None and known.read in (amount, day, identifier))


def ids_of(name: str, cells: Sequence[str]) -> tuple[ColumnEvidence, str]:
    """Return what a column of ids proves, and what a person should know about it ("" for nothing)."""
    as_numbers = are_numbers_with_decimals(cell for cell in cells if cell.strip())
    said = f"{name}: a spreadsheet wrote all of them as numbers; they are read without the .0"
    return ColumnEvidence(as_numbers=as_numbers), said if as_numbers else ""


def evidence_of(
    name: str, cells: Sequence[str], today: date, order: DateOrder | None
) -> tuple[ColumnEvidence, str]:
    """Return what a column of cards proves, and what a person should know about it ("" for nothing).

    `order` is the order of day and month that a person named. A column of dates that could be both is read with the
    day first: BrokerEngine is Australian.
    """
    known = CARD.get(name) or PERSON.get(name)
    if name == UPDATED:
        return ColumnEvidence(date_column(cells, order), today=today), ""
    if known is not None and known.read is identifier:
        return ids_of(name, cells)
    if known is None or known.read is not day:
        return ColumnEvidence(money=money_style(cells), today=today), ""
    dates = date_column(cells, order)
    said = order_notice(name, dates, order)
    assumed = 0
    if dates.is_ambiguous:
        assumed = dates.open
        dates = date_column(cells, DateOrder.DAY_FIRST)
        values = "1 value" if assumed == 1 else f"{assumed:,} values"
        said = (
            f"{name}: {values} could be d/m/y or m/d/y, read as d/m/y, as in Australia; "
            "if that is wrong, say --dates mdy"
        )
    elif dates.order is DateOrder.DAY_FIRST and order is None:
        said = ""  # the order that is documented for cards
    return ColumnEvidence(dates, today=today, assumed=assumed), said
