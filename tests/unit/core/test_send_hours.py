"""The hours in which contacts are reached: in their own time, on the days of a change of the clock, to the minute."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.send_hours import FEWEST_HOURS, SendHours, has_zones, hours_of, zone_named

PROFILE = zone_named("Europe/Berlin")
DAY = SendHours(8, 20, PROFILE)


def at(text: str, zone: str = "UTC") -> float:
    """Seconds since 1970 of a local time, "2026-01-15 08:00"."""
    local = zone_named(zone)(0.0).tzinfo
    return datetime.fromisoformat(text).replace(tzinfo=local).timestamp()


NEW_YORK, CHICAGO, LOS_ANGELES = "America/New_York", "America/Chicago", "America/Los_Angeles"
ZONES = [("NY", NEW_YORK), ("illinois", CHICAGO), ("Ca", LOS_ANGELES), ("HI", "Pacific/Honolulu")]


@pytest.mark.parametrize(("state", "zone"), ZONES)
@pytest.mark.parametrize("day", ["2026-01-15", "2026-07-15"])
def test_the_edge_minutes_of_a_zone(state: str, zone: str, day: str) -> None:
    assert DAY.opens(at(f"{day} 07:59:59", zone), state) == at(f"{day} 08:00", zone)
    assert DAY.opens(at(f"{day} 08:00", zone), state) is None
    assert DAY.opens(at(f"{day} 19:59:59", zone), state) is None
    tomorrow = datetime.fromisoformat(day) + timedelta(days=1)
    assert DAY.opens(at(f"{day} 20:00", zone), state) == at(f"{tomorrow:%Y-%m-%d} 08:00", zone)
    assert DAY.opens(at(f"{day} 00:00", zone), state) == at(f"{day} 08:00", zone)


@pytest.mark.parametrize("zone_state", [("NY", NEW_YORK), ("IL", CHICAGO), ("CA", LOS_ANGELES)])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_the_days_on_which_the_clock_changes(zone_state: tuple[str, str], day: str) -> None:
    state, zone = zone_state
    assert DAY.opens(at(f"{day} 00:30", zone), state) == at(f"{day} 08:00", zone)
    assert DAY.opens(at(f"{day} 07:59:59", zone), state) == at(f"{day} 08:00", zone)
    before = datetime.fromisoformat(day) - timedelta(days=1)
    assert DAY.opens(at(f"{before:%Y-%m-%d} 20:00", zone), state) == at(f"{day} 08:00", zone)


def test_an_hour_that_a_day_leaves_out_and_one_that_comes_twice() -> None:
    early = SendHours(2, 10, PROFILE)
    assert early.opens(at("2026-03-08 01:59", NEW_YORK), "NY") == at("2026-03-08 03:00", NEW_YORK)
    night = SendHours(0, 2, PROFILE)
    first, second = at("2026-11-01 05:30"), at("2026-11-01 06:30")
    assert night.opens(first, "NY") is None, "01:30 the first time"
    assert night.opens(second, "NY") is None, "01:30 the second time"
    assert night.opens(at("2026-11-01 07:00"), "NY") == at("2026-11-02 00:00", NEW_YORK)


@pytest.mark.parametrize(
    ("state", "eastern", "western"),
    [
        ("TX", CHICAGO, "America/Denver"),
        ("Florida", NEW_YORK, CHICAGO),
        ("OR", "America/Denver", LOS_ANGELES),
    ],
)
def test_a_state_with_two_times_is_reached_when_both_are_inside(
    state: str, eastern: str, western: str
) -> None:
    day = "2026-01-15"
    assert DAY.opens(at(f"{day} 08:00", eastern), state) == at(f"{day} 08:00", western)
    assert DAY.opens(at(f"{day} 08:00", western), state) is None
    assert DAY.opens(at(f"{day} 19:59", eastern), state) is None
    assert DAY.opens(at(f"{day} 20:00", eastern), state) == at("2026-01-16 08:00", western)


@pytest.mark.parametrize("state", ["", "  ", "NSW", "Bavaria", "X"])
def test_an_unknown_state_has_the_profiles_time(state: str) -> None:
    assert DAY.opens(at("2026-01-15 07:59", "Europe/Berlin"), state) == at(
        "2026-01-15 08:00", "Europe/Berlin"
    )
    assert DAY.opens(at("2026-01-15 08:00", "Europe/Berlin"), state) is None
    assert "not known" in DAY.outside(state)


def test_the_hours_name_a_state_that_is_written_out() -> None:
    assert "in TX" in DAY.outside("Texas")
    assert has_zones()


def test_whatever_the_moment_there_is_an_hour_within_a_day_and_a_half() -> None:
    start = at("2026-01-01 00:00")
    shortest = SendHours(10, 10 + FEWEST_HOURS, PROFILE)
    for state in ("TX", "AK", "AZ", "NV", "FL", "GU", ""):
        for n in range(365 * 4):
            moment = start + n * 6 * 3_600 + 59
            opens = shortest.opens(moment, state)
            assert opens is None or (moment < opens <= moment + 36 * 3_600)
            assert opens is None or shortest.opens(opens, state) is None
            assert opens is None or shortest.opens(opens - 1, state) == opens


@pytest.mark.parametrize(("text", "hours"), [("8-20", (8, 20)), (" 0-24 ", (0, 24)), ("09-17", (9, 17))])
def test_hours_that_can_be_read(text: str, hours: tuple[int, int]) -> None:
    assert hours_of(text) == hours


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "two hours"),
        ("8", "two hours"),
        ("8:00-20:00", "two hours"),
        ("8–20", "two hours"),
        ("-8-20", "two hours"),
        ("8-25", "after 24"),
        ("20-8", "over midnight"),
        ("8-8", "before it begins"),
        ("8-9", "less than 2"),
        ("٨-٢٠", "two hours"),
    ],
)
def test_hours_that_can_not_be_read_say_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        hours_of(text)


@pytest.mark.parametrize("name", ["Mars/Phobos", "", "../etc/passwd", "America"])
def test_a_zone_that_is_none_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="isn't a time zone"):
        zone_named(name)


def test_all_day_is_always_open() -> None:
    assert SendHours(0, 24, PROFILE).opens(at("2026-01-15 00:00"), "NY") is None
