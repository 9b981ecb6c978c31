"""Cells as values: what a form proves is read or restored, and what could mean two things is not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.tables.unreadable import UnreadableCell
from data.tables.values import (
    FIRST_OF_SEVERAL,
    ZERO_RESTORED,
    MoneyStyle,
    are_numbers_with_decimals,
    money_style,
    plain_phone,
    plain_text,
    plain_zip,
    read_amount,
    read_flag,
    read_term,
)


def refused(read: Callable[[str], object], cell: str) -> str:
    with pytest.raises(UnreadableCell) as caught:
        read(cell)
    return str(caught.value)


# -- money --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "dollars"),
    [
        ("640000", "640000"),
        ("$640,000", "640000"),
        (" $ 640,000.50 ", "640000.50"),
        ("A$1,640,000", "1640000"),
        ("640,000 AUD", "640000"),
        ("640000.0", "640000.0"),
        ("640k", "640000"),
        ("$640 K", "640000"),
        ("1.2m", "1200000"),
        ("1.25 million", "1250000"),
        ("702.5k", "702500"),
        ("640\u00a0000", "640000"),
        ("1 640 000.5", "1640000.5"),
        ('="640000"', "640000"),
        ("640.000,00", "640000.00"),
        ("1.640.000", "1640000"),
        ("640000,00", "640000.00"),
        ("6400,5", "6400.5"),
    ],
)
def test_an_amount_is_read_as_people_write_it(written: str, dollars: str) -> None:
    assert read_amount(written) == dollars


@pytest.mark.parametrize(
    "written",
    [
        *(
            "about 600k",
            "NaN",
            "lots",
            "600k-700k",
            "-5",
            "(640,000)",
            "64,00",
            "640.000",
            "1,23,456",
            "6,4000",
        ),
        *("640 00", "1.2345m", "٦٤٠", "640,000.123", "$", "1e5", "0x10", "640kk"),
    ],
)
def test_what_could_be_another_amount_or_none_is_not_read(written: str) -> None:
    assert refused(read_amount, written) == "it isn't a number"


@pytest.mark.parametrize("written", ["6.4E+05", "#N/A", "#REF!", "######", '="#N/A"'])
def test_a_trace_is_no_amount_term_flag_or_text(written: str) -> None:
    for read in (
        read_amount,
        read_term,
        read_flag,
        plain_text,
        plain_phone,
        lambda cell: plain_zip(cell, "MA"),
    ):
        assert refused(read, written).startswith("a spreadsheet's trace: ")


def test_a_column_that_proves_it_has_points_between_thousands_is_read_so() -> None:
    column = ["640.000", "1.250,50", "", "99,5"]
    style = money_style(column)
    assert style is MoneyStyle.POINTS
    assert [read_amount(cell, style) for cell in column if cell] == ["640000", "1250.50", "99.5"]
    assert refused(lambda cell: read_amount(cell, style), "640,000") == "it isn't a number"


def test_a_spreadsheet_with_decimal_commas_proves_them_by_an_amount_without_thousands() -> None:
    column = ["350000,00", "99,50", "1.250", "80"]
    assert [read_amount(cell, money_style(column)) for cell in column] == ["350000.00", "99.50", "1250", "80"]


def test_without_a_proof_a_column_has_commas_between_thousands() -> None:
    assert money_style(["640.000", "1,5", "640,000"]) is MoneyStyle.COMMAS


def test_in_a_column_that_contradicts_itself_only_what_is_sure_is_read() -> None:
    style = money_style(["640.000,00", "1,250.50"])
    assert style is None
    assert [read_amount(cell, style) for cell in ("640.000,00", "1,250.50", "7")] == [
        "640000.00",
        "1250.50",
        "7",
    ]
    for cell in ("640.000", "640,000"):
        assert "could be" in refused(lambda cell: read_amount(cell, style), cell)


@given(st.decimals(0, 10**9, places=2))
def test_an_amount_keeps_its_value_in_every_style_that_proves_itself(value: Decimal) -> None:
    by_commas = f"{value:,.2f}"
    by_points = by_commas.translate(str.maketrans(".,", ",."))
    assert Decimal(read_amount(by_commas)) == value
    assert Decimal(read_amount(by_points, money_style([by_points, "1.000,00"]))) == value


# -- terms and flags ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "years"),
    [
        *(
            ("30", "30"),
            ("30 years", "30"),
            ("30yrs", "30"),
            ("30-year", "30"),
            ("360 months", "30"),
            ("30.0", "30"),
        ),
        *(
            ("306 mths", "25.5"),
            ("25 years 6 months", "25.5"),
            ("360.0 months", "30"),
            ('="25"', "25"),
            ("7.5", "7.5"),
        ),
    ],
)
def test_a_term_is_in_years(written: str, years: str) -> None:
    assert read_term(written) == years


@pytest.mark.parametrize("written", ["thirty", "30-35", "30 weeks", "years", "361 months"])
def test_another_term_is_not_read(written: str) -> None:
    refused(read_term, written)


@given(st.integers(1, 50))
def test_months_and_years_are_the_same_term(years: int) -> None:
    assert (
        read_term(f"{12 * years} months")
        == read_term(f"{years} years")
        == read_term(f" {years}.0 ")
        == str(years)
    )


def test_a_flag_that_a_spreadsheet_took_for_a_number_is_a_flag() -> None:
    assert [read_flag(cell) for cell in ("1.0", "0.0", " Yes", "FALSE", '="N"')] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert refused(read_flag, "maybe") == "it is neither Y nor N"


# -- texts that look like numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "state", "code"),
    [
        ("2139", "MA", "02139"),
        ("2139.0", "ma ", "02139"),
        ("2139-4307", "Massachusetts", "02139-4307"),
        ("5501", "MA", "05501"),
        ("2903", "RI", "02903"),
        ("3801", "New  Hampshire", "03801"),
        ("4101", "ME", "04101"),
        ("5401", "VT", "05401"),
        ("6101", "CT", "06101"),
        ("7030", "NJ", "07030"),
        ("8540", "NJ", "08540"),
        ("601", "PR", "00601"),
        ('="02139"', "", "02139"),
        ("'02139", "", "02139"),
        ("80202.0", "CO", "80202"),
    ],
)
def test_a_zip_code_that_its_state_proves_is_restored_and_said(written: str, state: str, code: str) -> None:
    plain = plain_zip(written, state)
    assert plain.text == code
    assert plain.change


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("2139", ""),
        ("2139", "CO"),
        ("9139", "MA"),
        ("213", "MA"),
        ("02139", "MA"),
        ("1234", "RI"),
        ("601", "FL"),
    ],
)
def test_a_zip_code_stays_where_nothing_proves_a_lost_zero(written: str, state: str) -> None:
    assert (plain_zip(written, state).text, plain_zip(written, state).change) == (written, "")


@given(st.sampled_from(["MA", "NJ", "CT", "CO", "TX", "", "PR", "Ontario"]), st.integers(0, 99_999))
def test_a_whole_zip_code_is_never_changed(state: str, number: int) -> None:
    assert plain_zip(f"{number:05}", state).text == f"{number:05}"


@pytest.mark.parametrize(
    ("written", "number", "change"),
    [
        ("3035550142.0", "3035550142", "number"),
        ('="0412555011"', "0412555011", "spreadsheet"),
        ("'0412555011", "0412555011", "spreadsheet"),
        ("+1 303-555-0142 ::: +1 303-555-0143", "+1 303-555-0142", FIRST_OF_SEVERAL),
        ("(303) 555-0142", "(303) 555-0142", ""),
        ("303.555.0142", "303.555.0142", ""),
        ("n/a", "n/a", ""),
    ],
)
def test_a_phone_number_is_what_was_typed(written: str, number: str, change: str) -> None:
    plain = plain_phone(written)
    assert plain.text == number
    assert change in plain.change
    assert bool(plain.change) == bool(change)


def test_ids_with_a_decimal_are_numbers_where_all_are() -> None:
    assert are_numbers_with_decimals(["1.0", "25.0"])
    assert not are_numbers_with_decimals(["1.0", "1.1"])
    assert not are_numbers_with_decimals(["1.0", "b-2"])
    assert not are_numbers_with_decimals([])


def test_the_zero_is_said_with_the_other_changes() -> None:
    assert ZERO_RESTORED in plain_zip("2139.0", "MA").change
    assert "number" in plain_zip("2139.0", "MA").change
