"""Dates by the column's own evidence: one value that can be read in one way decides, and no row is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.tables.dates import DateColumn, DateOrder, date_column, order_notice, read_birth_date, read_moment
from data.tables.unreadable import UnreadableCell

TODAY = date(2026, 11, 28)


def read(cells: Sequence[str], chosen: DateOrder | None = None) -> list[str]:
    """Return the dates of a column, and in the place of a cell that can't be read why."""
    column = date_column(cells, chosen)
    return [_read(cell, column) for cell in cells]


def _read(cell: str, column: DateColumn) -> str:
    try:
        return read_birth_date(cell, column, TODAY).text
    except UnreadableCell as error:
        return f"! {error}"


def day_first(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def month_first(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"


def test_one_value_that_can_only_be_month_first_decides_for_its_column() -> None:
    assert read(["4/22/1962", "11/4/1970", "3/9/1984"]) == ["1962-04-22", "1970-11-04", "1984-03-09"]


def test_one_value_that_can_only_be_day_first_decides_for_its_column() -> None:
    assert read(["22.4.1962", "4.11.1970", "09.03.1984"]) == ["1962-04-22", "1970-11-04", "1984-03-09"]


def test_a_column_that_could_be_both_is_ambiguous_and_no_row_is_guessed() -> None:
    cells = ["11/4/1970", "3/9/1984"]
    assert date_column(cells).is_ambiguous
    assert all("--dates" in text for text in read(cells))
    assert read(cells, DateOrder.MONTH_FIRST) == ["1970-11-04", "1984-03-09"]
    assert read(cells, DateOrder.DAY_FIRST) == ["1970-04-11", "1984-09-03"]


def test_what_is_the_same_in_both_orders_is_read_in_an_ambiguous_column() -> None:
    assert read(["3/3/1985", "4/5/1985", "1985-05-04", "4 May 1985"]) == [
        "1985-03-03",
        "! it could be d/m/y or m/d/y; say which with --dates",
        "1985-05-04",
        "1985-05-04",
    ]


def test_in_a_column_with_both_orders_only_what_is_sure_is_read() -> None:
    cells = ["22/4/1962", "4/22/1962", "3/9/1984", "7/7/1984"]
    assert not date_column(cells).is_ambiguous
    assert read(cells) == [
        "1962-04-22",
        "1962-04-22",
        "! it could be d/m/y or m/d/y, and the column has both",
        "1984-07-07",
    ]


def test_an_order_that_a_person_named_decides_where_a_column_contradicts_itself() -> None:
    assert read(["22/4/1962", "4/22/1962", "3/9/1984"], DateOrder.MONTH_FIRST) == [
        "! it isn't a date in m/d/y, as the column has them",
        "1962-04-22",
        "1984-03-09",
    ]


def test_a_column_that_proves_the_other_order_is_read_so_and_it_is_said() -> None:
    cells = ["22/4/1962", "3/9/1984"]
    assert read(cells, DateOrder.MONTH_FIRST) == read(cells) == ["1962-04-22", "1984-09-03"]
    column = date_column(cells, DateOrder.MONTH_FIRST)
    assert order_notice("birth_date", column, DateOrder.MONTH_FIRST) == (
        "birth_date: read as d/m/y, although m/d/y was named, because 1 value can't be m/d/y"
    )
    assert order_notice("birth_date", column, DateOrder.DAY_FIRST) == ""


DAYS = st.dates(date(1927, 1, 1), date(2008, 1, 1))


@given(st.lists(DAYS, min_size=1, max_size=12), st.booleans())
def test_dates_are_never_read_in_an_order_that_their_column_does_not_prove(
    days: list[date], is_day_first: bool
) -> None:
    write = day_first if is_day_first else month_first
    texts = read([write(day) for day in days])
    proved = any(day.day > 12 for day in days)
    for day, text in zip(days, texts, strict=True):
        if proved or day.day == day.month:
            assert text == day.isoformat()
        else:
            assert text.startswith("! it could be")


@given(DAYS)
def test_a_date_that_says_its_order_itself_needs_no_column(day: date) -> None:
    for written in (
        f"{day:%Y-%m-%d}",
        f"{day:%Y/%m/%d}",
        f"{day:%Y%m%d}",
        f"{day:%Y-%m-%d} 00:00:00",
        f"{day:%Y-%m-%d}T00:00:00.000Z",
        f"{day.day} {day:%b %Y}",
        f"{day.day:02}-{day:%b-%Y}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day:%A}, {day.day} {day:%B %Y}",
        f" {day.day} {day:%B %Y} ",
    ):
        assert read([written]) == [day.isoformat()], written


@given(st.lists(DAYS, min_size=1, max_size=20))
def test_day_numbers_are_dates_where_the_column_has_nothing_else(days: list[date]) -> None:
    numbers = [str((day - date(1899, 12, 30)).days) for day in days]
    texts = read([*numbers, "29999"])
    assert texts == [*(day.isoformat() for day in days), "1982-02-17"]
    column = date_column(numbers)
    if column.day_numbers:
        assert read_birth_date(numbers[0], column, TODAY).change


@pytest.mark.parametrize("others", [["3 Apr 1985"], ["90"], ["030485"], ["19850403"], ["soon"]])
def test_a_number_beside_something_else_is_no_date(others: list[str]) -> None:
    assert read(["31140", *others])[0] == "! it is a number, not a date"


def test_a_number_that_could_be_a_date_without_its_zero_is_no_day_number() -> None:
    assert read(["30485"]) == ["! it is a number, not a date"]
    assert read(["30485.0", "29999.0", ""]) == ["1983-06-18", "1982-02-17", ""]


@pytest.mark.parametrize(
    "none", ["", "  ", "0/0/00", "00/00/0000", "0000-00-00", "1/0/1900", "0/01/1900", "0-0-00"]
)
def test_a_date_that_stands_for_none_is_none(none: str) -> None:
    assert read([none, "1985-04-03"]) == ["", "1985-04-03"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("28/11/85", "1985-11-28"),
        ("28/11/27", "1927-11-28"),
        ("28/11/08", "2008-11-28"),
        ("29/11/08", "! its year has two digits and could be of two centuries"),
        ("28/11/26", "1926-11-28"),
        ("13/1/26", "1926-01-13"),
        ("28/11/25", "! its year has two digits and could be of two centuries"),
        ("28-Nov-85", "1985-11-28"),
        ("13/1/12", "! its year has two digits and could be of two centuries"),
    ],
)
def test_a_year_of_two_digits_is_read_where_it_makes_a_grown_up_of_at_most_a_hundred(
    written: str, text: str
) -> None:
    assert read([written]) == [text]


@given(st.dates(date(1927, 1, 1), date(2008, 1, 1)))
def test_a_year_of_two_digits_keeps_a_grown_ups_date(day: date) -> None:
    assert read([f"{day:%d-%b-%y}"]) == [day.isoformat()]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("31/02/1988", "there is no such day"),
        ("2023-02-29", "there is no such day"),
        ("soon", "it isn't a date"),
        ("32/13/1988", "there is no such day"),
        ("3/4/1985/6", "it isn't a date"),
        ("3/4-1985", "it isn't a date"),
        ("12 Foo 1985", "it isn't a date"),
        ("1985-04-03T14:00:00Z", "time zone"),
        ("4/3/1985 10:15 PM", "time zone"),
        ("6.14E+10", "spreadsheet's trace"),
        ("1985", "it is a number, not a date"),
        ("--02-30", "there is no such day"),
        ("2026-11-29", "it is in the future"),
        ("29 November 2080", "it is in the future"),
        ("٣/٤/١٩٨٥", "it isn't a date"),
    ],
)
def test_what_is_no_date_says_why(written: str, why: str) -> None:
    (text,) = read([written])
    assert text.startswith("! ")
    assert why in text


def test_midnight_is_no_time_of_day_and_a_date_without_a_year_stays() -> None:
    assert read(["4/23/1985 0:00", "4/3/1985 12:00:00 AM", "--02-29"]) == [
        "1985-04-23",
        "1985-04-03",
        "--02-29",
    ]


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    read([text, "13/2/1999"])


def test_a_long_column_is_read_quickly() -> None:
    days = [month_first(date(1950, 1, 1) + timedelta(days=n % 15_000)) for n in range(20_000)]
    assert len(set(read(days))) == 15_000


# -- moments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-11-28T10:15:00Z", datetime(2026, 11, 28, 10, 15, tzinfo=UTC)),
        ("2026-11-28 10:15", datetime(2026, 11, 28, 10, 15, tzinfo=UTC)),
        ("2026-11-28", datetime(2026, 11, 28, tzinfo=UTC)),
        ("28/11/2026 10:15:07 PM", datetime(2026, 11, 28, 22, 15, 7, tzinfo=UTC)),
        ("28/11/2026 12:15 am", datetime(2026, 11, 28, 0, 15, tzinfo=UTC)),
        ("3/4/2026", datetime(2026, 4, 3, tzinfo=UTC)),
        ("28 Nov 2026 10:15 +11:00", datetime(2026, 11, 27, 23, 15, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_by_the_evidence_of_its_column(written: str, moment: datetime) -> None:
    assert read_moment(written, DateColumn(DateOrder.DAY_FIRST)) == moment.timestamp()


@pytest.mark.parametrize(
    "written",
    ["yesterday", "", "3/4/2026 10:15", "28/11/26", "28/11/2026 25:00", "28/11/2026 13:00 PM", "1764300000"],
)
def test_a_moment_that_is_not_sure_is_not_read(written: str) -> None:
    with pytest.raises(UnreadableCell):
        read_moment(written, DateColumn())


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_refused_with_a_reason(text: str) -> None:
    with suppress(UnreadableCell):
        read_moment(text, DateColumn(DateOrder.MONTH_FIRST))
