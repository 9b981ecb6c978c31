"""What a person enters into FLEX by hand, row by row, in the order of FLEX's screens. Pure; knows no book and no push.

FLEX's screens and their order are not published: `Screen` is our assumption (docs/paste.md).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.flex.field_map.fates import ARRIVES, Fate, Field


class Screen(StrEnum):
    """FLEX's screens, in the order in which a person fills them in. Our assumption: no order is published."""

    PEOPLE = "People"
    OPPORTUNITY = "Opportunity"
    LOAN = "Loan"
    PROPERTY = "Property"
    PRODUCTS = "Products"
    NOTE = "Note"
    ELSEWHERE = "No field in FLEX that we know of"


_LOAN: Final = frozenset({"Opportunity.ProposedLoanAmount", "Opportunity.ProposedLoanTerm"})
_SCREEN_OF: Final = {
    "Applicant": Screen.PEOPLE,
    "OtherAddress": Screen.PEOPLE,
    "Opportunity": Screen.OPPORTUNITY,
    "ProductFilter": Screen.LOAN,
    "Property": Screen.PROPERTY,
    "Product": Screen.PRODUCTS,
    "Note": Screen.NOTE,
}
"""The screen of a target, by the FLEX object of the target."""
CATALOGUE: Final = "Product.ProductFLEXId"
"""The target that a person chooses by name: its value is an ID of FLEX's catalogue."""


class EntryRow(Struct, frozen=True):
    """One value to enter, and the fields of the card that it comes from, each with its place on the card.

    `text` is what is entered: the converted value; the card's own value where FLEX has no place that we know of; "" for
    a value that FLEX refuses.
    """

    screen: Screen
    text: str
    parts: tuple[tuple[str, Field], ...]

    @property
    def place(self) -> str:
        """The place of the first field, which names the row."""
        return self.parts[0][0]

    @property
    def field(self) -> Field:
        """The first field."""
        return self.parts[0][1]


def rows_to_enter(named: Sequence[tuple[str, Field]]) -> list[EntryRow]:
    """Return the rows of fields, in the order of FLEX's screens. `named` are the fields with their places, in order.

    Fields that go into one value of FLEX together, such as the lines of a street, make one row. Empty fields make none.
    """
    people = list(
        dict.fromkeys(field.local_id for _, field in named if _screen_by_target(field) is Screen.PEOPLE)
    )
    notes = frozenset(field.section for _, field in named if _screen_by_target(field) is Screen.NOTE)
    rows: list[EntryRow] = []
    for place, field in named:
        if field.fate is Fate.EMPTY:
            continue
        if rows and _is_one_value(rows[-1].field, field):
            rows[-1] = EntryRow(rows[-1].screen, rows[-1].text, (*rows[-1].parts, (place, field)))
        else:
            rows.append(EntryRow(_screen(field, people, notes), text_to_enter(field), ((place, field),)))
    order = {screen: n for n, screen in enumerate(Screen)}
    return sorted(rows, key=lambda row: (order[row.screen], *_among_people(row, people)))


def text_to_enter(field: Field) -> str:
    """Return what a person enters into FLEX for a field, as `EntryRow.text`."""
    if field.fate is Fate.REFUSED:
        return ""
    if field.fate not in ARRIVES or field.target == CATALOGUE:
        return field.source_value
    return str(field.value)


def _is_one_value(one: Field, other: Field) -> bool:
    """Return True if two neighbouring fields go into one value of FLEX together."""
    return (
        one.fate in ARRIVES
        and other.fate in ARRIVES
        and one.target == other.target != CATALOGUE
        and (one.local_id, one.value) == (other.local_id, other.value)
    )


def _screen_by_target(field: Field) -> Screen | None:
    if field.target in _LOAN:
        return Screen.LOAN
    return _SCREEN_OF.get(field.target.partition(".")[0])


def _screen(field: Field, people: Collection[str], notes: Collection[str]) -> Screen:
    """Return the screen of a field. What a person or a note has beyond the map is entered on its screen.

    `people` are the ids of the people, `notes` the sections of the map that hold the fields of notes.
    """
    if screen := _screen_by_target(field):
        return screen
    if field.section in notes:
        return Screen.NOTE
    return Screen.PEOPLE if field.local_id in people else Screen.ELSEWHERE


def _among_people(row: EntryRow, people: list[str]) -> tuple[int, bool]:
    """Return the order of a row among those of the people: one person after the other, without a target last."""
    if row.screen is not Screen.PEOPLE:
        return 0, False
    return people.index(row.field.local_id), not row.field.target
