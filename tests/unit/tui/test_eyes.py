"""Eyes nearby: what belongs to a client is found in a line by its kind, and hidden without telling how long it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from rich.segment import Segment
from textual.color import Color

from core.flex.field_map.fates import Fate, Field
from core.flex.model import Address, Note, Person, Phones
from tests.support.widgets import ListApp
from tui.cells import width_of
from tui.eyes.mask import DOT, PrivacyFilter
from tui.eyes.records import RecordWalk, kind_of
from tui.eyes.vocabulary import PrivateKind, Vocabulary
from tui.widgets.row_list import ListColumn, Listing

K = PrivateKind


def knowing(*values: tuple[PrivateKind, object]) -> Vocabulary:
    vocabulary = Vocabulary()
    for kind, value in values:
        vocabulary.learn(kind, value)
    return vocabulary


def hidden(vocabulary: Vocabulary, line: str) -> str:
    """Return a line as it is painted."""
    half = len(line) // 2  # a highlight can split a value anywhere
    painted = PrivacyFilter(vocabulary).apply([Segment(line[:half]), Segment(line[half:])], Color(0, 0, 0))
    return "".join(segment.text for segment in painted)


LINH = (K.NAME, "Linh Nguyễn-Tran")


@pytest.mark.parametrize(
    "line",
    [
        "Linh is linked",
        "create LINH",
        "✓ Nguyễn-Tran, Linh",
        "(Tran)",
        "  Nguyễ…  Lead",
    ],
)
def test_a_name_is_hidden_in_any_order_and_case_also_where_it_is_cut(line: str) -> None:
    shown = hidden(knowing(LINH), line).casefold()
    assert not any(part in shown for part in ("linh", "nguy", "tran"))


def test_other_words_and_ids_stay() -> None:
    line = "  ✓ 13:25  card  C-1042  1-6E2AE  sent to FLEX, 12 of 46 fields   "
    assert (
        hidden(knowing((K.BIRTH_DATE, "--09-08")), "sent at 09:08, 2026-09-08") == "sent at 09:08, 2026-09-08"
    )
    assert hidden(knowing(LINH, (K.AMOUNT, Decimal(640000)), (K.PHONE, "0491 570 006")), line) == line


@pytest.mark.parametrize(
    ("kind", "value", "forms"),
    [
        (K.EMAIL, "linh@example.com", ["linh@example.com", "LINH@EXAMPLE.COM", "linh@exam…"]),
        (K.PHONE, "0491 570 006", ["0491 570 006", "+61 491 570 006", "(0491) 570006", "61491570006"]),
        (K.AMOUNT, Decimal("640000.00"), ["640,000.00", "$640,000", "640000", "$640k", "640,000"]),
        (
            K.BIRTH_DATE,
            date(1988, 2, 9),
            ["1988-02-09", "09/02/1988", "02/09/1988", "9 Feb 1988", "Feb 9, 1988"],
        ),
        (K.TEXT, "Unit 4, 12 Bay Rd", ["Unit 4, 12 Bay Rd", "4 12 Bay", "12 bay rd"]),
        (K.BIRTH_DATE, "--08-17", ["08-17"]),
        (K.TEXT, "Coogee", ["Coogee", "COOGEE"]),
        (K.TEXT, "linh_tran.pdf", ["linh_tran.pdf"]),
    ],
)
def test_a_value_is_hidden_in_each_form_in_which_it_is_written(
    kind: PrivateKind, value: object, forms: list[str]
) -> None:
    for form in forms:
        shown = hidden(knowing((kind, value)), f"before {form}  after       ")
        assert shown.split() == ["before", shown.split()[1], "after"]
        assert set(shown.split()[1]) == {DOT}


def test_a_name_that_is_also_a_word_of_ours_leaves_that_word_alone() -> None:
    vocabulary = knowing((K.NAME, "Mark Hill"), (K.NAME, "van der Berg"))
    assert hidden(vocabulary, "space mark   a hill") == "space mark   a hill"
    assert "Mark" not in hidden(vocabulary, "Mark is linked")
    assert "van" not in hidden(vocabulary, "Anna van der Berg     ")


def test_an_email_and_an_amount_of_dollars_are_hidden_though_nobody_learnt_them() -> None:
    assert hidden(Vocabulary(), "jo@example.com owes $1,250.50     ").strip() == f"{DOT * 14} owes {DOT * 9}"


def test_short_values_have_masks_of_one_width() -> None:
    for name in ("Bo", "Linh", "Sunny"):
        assert hidden(knowing((K.NAME, name)), f" {name}      Lead    ").split() == [DOT * 8, "Lead"]


def test_columns_stay_where_they_are() -> None:
    vocabulary = knowing((K.NAME, "Bo Linh"), (K.NAME, "Konstantinopoulos"))
    for name in ("Bo", "Linh", "Konstantinopoulos"):
        line = f" C-1  {name:<20}  Lead"
        assert hidden(vocabulary, line).index("Lead") == line.index("Lead")


@pytest.mark.parametrize(
    "line", ["Bo  Li sent on 12 Jan 2026", "Bo, Li  linked  12 Jan 2026", "Bo 12 Jan 2026 "]
)
def test_a_full_line_loses_no_word_of_ours(line: str) -> None:
    shown = hidden(knowing((K.NAME, "Bo Li")), line)
    assert shown.split()[-3:] == ["12", "Jan", "2026"]
    assert "Bo" not in shown
    assert width_of(shown) == width_of(line)


@given(
    st.lists(st.text("abcXYZ éø中  ,.-", min_size=1, max_size=12), min_size=1, max_size=5),
    st.text("abcXYZ é中", min_size=2, max_size=9).filter(str.strip),
)
def test_a_hidden_line_is_as_wide_as_before_and_has_no_word_of_the_value(parts: list[str], name: str) -> None:
    vocabulary = knowing((K.NAME, name))
    line = f" {name} ".join(parts)
    shown = hidden(vocabulary, line)
    assert width_of(shown) == width_of(line)
    assert vocabulary.spans(shown) == []


def test_the_kind_follows_from_the_field_as_code_and_screens_name_it() -> None:
    named = {
        "first_name": K.NAME,
        "LastName": K.NAME,
        "EmailAddress": K.EMAIL,
        "Phone Number: Mobile": K.PHONE,
        "Loan Amount": K.AMOUNT,
        "DateOfBirth": K.BIRTH_DATE,
        "birth_date": K.BIRTH_DATE,
        "Home Address: City/Town/Suburb": K.TEXT,
        "Home Address: Street Address 1": K.TEXT,
        "stage": None,
        "lender": None,
        "id": None,
    }
    assert {field: kind_of(field) for field in named} == named
    assert (kind_of("title", "CardSummary"), kind_of("title", "Plan")) == (K.NAME, None)
    assert (kind_of("text", "Note"), kind_of("text", "Heading")) == (K.TEXT, None)


def test_records_are_walked_to_any_depth_and_each_is_looked_at_once() -> None:
    person = Person(
        "P-1",
        "Linh",
        None,
        "Tran",
        "linh@example.com",
        date(1988, 2, 9),
        Phones("0491 570 006"),
        Address("1 Bay Rd"),
    )
    walk = RecordWalk()
    found = list(walk.through({"people": [(person, None)]}))
    assert found == [
        (K.NAME, "Linh"),
        (K.NAME, "Tran"),
        (K.EMAIL, "linh@example.com"),
        (K.BIRTH_DATE, date(1988, 2, 9)),
        (K.PHONE, "0491 570 006"),
        (K.TEXT, "1 Bay Rd"),
    ]
    assert list(walk.through([person])) == []


class Client(Struct, frozen=True):
    id: str
    first_name: str


async def test_the_rows_of_a_list_are_walked_through() -> None:
    columns: tuple[ListColumn[Any], ...] = (ListColumn("id", lambda client: client.id),)
    app = ListApp(Listing(columns, key=lambda client: client.id))
    async with app.run_test():
        app.rows.set_rows([Client("1", "Ada"), Client("2", "Bo")])  # type: ignore[list-item] # rows of any kind
        await app.rows.settled()
        assert {value for _, value in RecordWalk().through_attributes(app.rows)} == {"Ada", "Bo"}


def test_what_a_line_shows_is_of_the_kind_of_its_field() -> None:
    field = Field("Contacts", "Last Name", "Ng", "Contact.LastName", "Ng", Fate.SENT)
    other = Field("Card", "Lender", "Harbour Bank", "Loan.Lender", "Harbour Bank", Fate.SENT)
    assert {value for _, value in RecordWalk().through([field, other])} == {"Ng"}
    note = Note("N-1", "C-1", "Rang about the offset account.", "Jo Hill")
    assert dict(RecordWalk().through(note)) == {K.TEXT: note.text, K.NAME: "Jo Hill"}
