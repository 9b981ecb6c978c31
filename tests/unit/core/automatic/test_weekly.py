"""When weekly work is due: a week after the last one, at night, and at any hour once it is a day late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.automatic.weekly import LATE, QUIET_FROM, QUIET_UNTIL, WEEK, seconds_to_weekly

HOUR = 3_600.0
MONDAY = datetime(2026, 11, 30, tzinfo=UTC).timestamp()


def utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def left(last: float, now: float) -> float:
    return seconds_to_weekly(MONDAY + last * HOUR, MONDAY + now * HOUR, utc) / HOUR


def test_a_success_from_2031_does_not_put_the_work_off_for_years() -> None:
    for years in (1, 5, 900):
        assert left(years * 365 * 24.0, 12) == 0


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (2, 2, 7 * 24),  # at two in the morning: the same hour of the next week
        (2, 7 * 24 + 2, 0),
        (12, 12, 7 * 24 + 13),  # at noon: the night after the week
        (12, 7 * 24 + 12, 13),
        (12, 7 * 24 + 24 + 1, 0),
        (12, 7 * 24 + 24 + 4.9, 0),
        (12, 7 * 24 + 24 + 5, 7),  # the night was missed: a day after the week
        (12, 8 * 24 + 12, 0),
        (12, 30 * 24, 0),
    ],
)
def test_it_is_due_in_the_first_night_after_a_week(last: float, now: float, expected: float) -> None:
    assert left(last, now) == expected


@given(
    st.integers(0, 10**7),
    st.integers(0, 40 * 86_400),
    st.integers(-12, 14),
)
def test_it_waits_a_week_at_least_and_eight_days_at_most_and_ends_at_night_or_late(
    last: int, passed: int, offset: int
) -> None:
    zone = timezone(timedelta(hours=offset))
    begun = MONDAY + last
    now = begun + passed
    wait = seconds_to_weekly(begun, now, lambda at: datetime.fromtimestamp(at, zone))
    at = now + wait
    assert wait >= 0
    assert at >= begun + WEEK
    assert at <= max(now, begun + WEEK + LATE)
    is_quiet = QUIET_FROM <= datetime.fromtimestamp(at, zone).hour < QUIET_UNTIL
    assert is_quiet or at >= begun + WEEK + LATE
