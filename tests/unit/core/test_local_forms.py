"""What a desk writes for a person: dates and words by its country, days by its zone, money and numbers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.local_forms import (
    Country,
    DeskTime,
    country_of,
    date_text,
    day_text,
    long_day_text,
    machine_zone,
    money,
    number_text,
    short_money,
    utc_zone,
    words_of,
    zone_named,
)
from tests.support.fork_server import ROOT

AU, US = Country.AU, Country.US
SYDNEY = DeskTime(zone_named("Australia/Sydney"))
CHICAGO = DeskTime(zone_named("America/Chicago"), US)


def at(*utc: int) -> float:
    return datetime(*utc, tzinfo=UTC).timestamp()  # type: ignore[arg-type, misc] # year, month, day, hour …


def test_a_date_has_the_order_of_the_country() -> None:
    day = date(2026, 3, 4)
    assert [day_text(day, country) for country in (AU, US)] == ["4 Mar", "Mar 4"]
    assert [date_text(day, country) for country in (AU, US)] == ["4 Mar 2026", "Mar 4, 2026"]
    assert [long_day_text(day, country) for country in (AU, US)] == [
        "Wednesday 4 March",
        "Wednesday, March 4",
    ]


@given(st.dates(), st.dates())
def test_two_days_are_never_written_alike(one: date, other: date) -> None:
    for country in Country:
        assert (date_text(one, country) == date_text(other, country)) == (one == other)


def test_a_desk_of_cards_is_australian_and_a_contact_desk_american_unless_the_profile_says() -> None:
    assert country_of(None, has_cards=True) is AU
    assert country_of(None, has_cards=False) is US
    assert country_of(US, has_cards=True) is US
    assert country_of(AU, has_cards=False) is AU


def test_the_day_is_that_of_the_desks_zone() -> None:
    evening = at(2026, 11, 19, 20, 30)
    assert SYDNEY.moment(evening) == "20 Nov 2026, 07:30"
    assert CHICAGO.moment(evening) == "Nov 19, 2026, 14:30"
    assert DeskTime(utc_zone).log_stamp(evening) == "2026-11-19 20:30:00"


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        # Clocks in Sydney go forward on 4 October 2026 at 2:00: that day has 23 hours.
        (at(2026, 10, 3, 14, 30), at(2026, 10, 4, 12), "00:30"),
        (at(2026, 10, 3, 13, 30), at(2026, 10, 4, 12), "yesterday 23:30"),
        (at(2026, 10, 3, 14, 30), at(2026, 10, 4, 13, 30), "yesterday 00:30"),
        # They go back on 4 April 2027 at 3:00: that day has 25 hours, and 2:30 comes twice.
        (at(2027, 4, 3, 13, 30), at(2027, 4, 4, 13, 30), "00:30"),
        (at(2027, 4, 3, 15, 30), at(2027, 4, 4, 2), "02:30"),
        (at(2027, 4, 3, 16, 30), at(2027, 4, 4, 2), "02:30"),
        (at(2027, 4, 2, 12, 30), at(2027, 4, 4, 2), "2 Apr 23:30"),
        (at(2026, 12, 31, 12, 30), at(2026, 12, 31, 14), "yesterday 23:30"),
        (at(2026, 12, 30, 12, 30), at(2026, 12, 31, 14), "30 Dec 2026"),
    ],
)
def test_today_and_yesterday_are_days_of_the_zone_also_where_the_clock_changes(
    then: float, now: float, said: str
) -> None:
    assert SYDNEY.since(then, now) == said


def test_an_hour_that_comes_twice_in_the_usa_is_one_day() -> None:
    first, second = at(2026, 11, 1, 6, 30), at(2026, 11, 1, 7, 30)
    assert CHICAGO.clock(first) == CHICAGO.clock(second) == "01:30"
    assert CHICAGO.clock_or_day(first, second) == "01:30"
    assert CHICAGO.clock_or_day(first, at(2026, 11, 2, 6, 30)) == "Nov 1"


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="isn't a time zone"):
        zone_named("Mars/Phobos")


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (Decimal(640000), "$640,000"),
        (Decimal("640000.50"), "$640,000.50"),
        (640000, "$640,000"),
        (0, "$0"),
        (Decimal("-5"), "-$5"),
        (Decimal("0.1"), "$0.10"),
        (Decimal("1E+30"), "$1E+30"),
        (Decimal("NaN"), "$NaN"),
    ],
)
def test_an_amount_has_cents_only_if_it_needs_them(amount: Decimal | float, said: str) -> None:
    assert money(amount) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (640000, "$640k"),
        (Decimal("1250000"), "$1.25m"),
        (1_254_999, "$1.25m"),
        (999, "$999"),
        (999.6, "$1k"),
        (999_600, "$1m"),
        (12_340, "$12.3k"),
        (1_500, "$1.5k"),
        (0, "$0"),
        (-640_000, "-$640k"),
        (2_000_000_000, "$2b"),
        (Decimal("1E+400"), "$1E+400"),
    ],
)
def test_a_short_amount_has_three_digits(amount: Decimal | float, said: str) -> None:
    assert short_money(amount) == said


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_a_short_amount_is_short(amount: Decimal) -> None:
    assert len(short_money(amount)) <= len("-$1,000b")
    assert short_money(amount).count("$") == 1


def test_numbers_have_groups_and_no_empty_decimals() -> None:
    assert [number_text(value) for value in (1234, 1234.5, Decimal("12.00"))] == ["1,234", "1,234.50", "12"]


def test_each_country_has_its_words() -> None:
    assert (words_of(AU).by_hand, words_of(US).by_hand) == ("by hand", "manually")


def test_a_date_for_a_person_is_written_here_alone() -> None:
    """A name of a month elsewhere would have one country's order, and `%-d` ends the program on Windows."""
    ours = re.compile(r"%-|%[aAbBpIx]\b")
    writing = [
        f"{path}: {line.strip()}"
        for floor in ("core", "data", "tui")
        for path in sorted((ROOT / floor).rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if ours.search(line) and 'b"' not in line and "strptime" not in line
    ]
    assert writing == []


def test_the_machine_tells_the_local_time_of_any_moment_as_the_same_moment() -> None:
    for at in (0.0, 1.0, 86_399.0, 1_766_000_000.25, 1_793_000_000.0):
        assert machine_zone(at).timestamp() == at
        assert machine_zone(at).utcoffset() is not None
