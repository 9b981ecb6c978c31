"""How the desk writes times, dates, money and numbers for a person, by its country and its time zone. Pure.

Nothing here goes to another system or into JSON: those have the forms of their contracts. A time of day has 24 hours in
both countries, so that it is short, and 2 in the night is not 2 in the afternoon. Below all rooms.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

LocalZone = Callable[[float], datetime]
"""Returns seconds since 1970 as the local time of a place."""
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT: Final = 3
"""Letters of a short name of a month or of a weekday."""
_MOST_DIGITS: Final = 24
"""An amount with more digits before the point is written as a power of ten: nobody could read it."""
_UNITS: Final = ((Decimal(10) ** 9, "b"), (Decimal(10) ** 6, "m"), (Decimal(10) ** 3, "k"))
_DIGITS_IN_SHORT: Final = 3


class Country(StrEnum):
    """The country of a desk. It decides the order of a date, and some words."""

    AU = "AU"
    US = "US"


def country_of(chosen: Country | None, *, has_cards: bool) -> Country:
    """Return a desk's country: the chosen one, else Australia for a desk of cards, else the USA.

    Cards go to FLEX, which is Australian. The two contact systems alone make a desk in the USA. A desk of both is
    Australian.
    """
    return chosen or (Country.AU if has_cards else Country.US)


# -- dates and times -----------------------------------------------------------------------------------


def day_text(day: date, country: Country) -> str:
    """Return a day without its year: "8 Nov", "Nov 8"."""
    month = _MONTHS[day.month - 1][:_SHORT]
    match country:
        case Country.AU:
            return f"{day.day} {month}"
        case Country.US:
            return f"{month} {day.day}"


def date_text(day: date, country: Country) -> str:
    """Return a day with its year: "8 Nov 2026", "Nov 8, 2026"."""
    match country:
        case Country.AU:
            return f"{day_text(day, country)} {day.year}"
        case Country.US:
            return f"{day_text(day, country)}, {day.year}"


def long_day_text(day: date, country: Country) -> str:
    """Return a day with its weekday in full: "Sunday 8 November", "Sunday, November 8"."""
    weekday, month = _WEEKDAYS[day.weekday()], _MONTHS[day.month - 1]
    match country:
        case Country.AU:
            return f"{weekday} {day.day} {month}"
        case Country.US:
            return f"{weekday}, {month} {day.day}"


def weekday_text(day: date) -> str:
    """Return a day's weekday in short: "Sun"."""
    return _WEEKDAYS[day.weekday()][:_SHORT]


def clock_text(moment: datetime) -> str:
    """Return a time of day: "09:05"."""
    return f"{moment:%H:%M}"


class DeskTime(Struct, frozen=True):
    """The desk's time zone, with the forms of its country. Called with seconds since 1970, it returns the local time.

    The methods take seconds since 1970 and return a text.
    """

    zone: LocalZone
    country: Country = Country.AU

    def __call__(self, at: float) -> datetime:
        """Return seconds since 1970 as the desk's local time."""
        return self.zone(at)

    def clock(self, at: float) -> str:
        """Return the time of day: "09:05"."""
        return clock_text(self.zone(at))

    def seconds(self, at: float) -> str:
        """Return the time of day with seconds: "09:05:30"."""
        return f"{self.zone(at):%H:%M:%S}"

    def day(self, at: float) -> str:
        """Return the day: "8 Nov", "Nov 8"."""
        return day_text(self.zone(at), self.country)

    def date(self, at: float) -> str:
        """Return the day with its year: "8 Nov 2026", "Nov 8, 2026"."""
        return date_text(self.zone(at), self.country)

    def day_and_clock(self, at: float) -> str:
        """Return the day and the time of day: "8 Nov 09:05", "Nov 8 09:05"."""
        return f"{self.day(at)} {self.clock(at)}"

    def moment(self, at: float) -> str:
        """Return the day with its year and the time of day: "8 Nov 2026, 09:05", "Nov 8, 2026, 09:05"."""
        return f"{self.date(at)}, {self.clock(at)}"

    def log_stamp(self, at: float) -> str:
        """Return a moment for a log, of which the lines sort by their time: "2026-11-08 09:05:30"."""
        return f"{self.zone(at):%Y-%m-%d %H:%M:%S}"

    def since(self, at: float, now: float) -> str:
        """Return a moment in the shortest form that is clear at `now`: "09:05", "yesterday 09:05", "8 Nov 09:05".

        A day is a day of the desk's zone, also where the clock changes and a day has 23 or 25 hours.
        """
        day, today = self.zone(at).date(), self.zone(now).date()
        if day == today:
            return self.clock(at)
        if day == today - timedelta(days=1):
            return f"yesterday {self.clock(at)}"
        return self.day_and_clock(at) if day.year == today.year else self.date(at)

    def clock_or_day(self, at: float, now: float) -> str:
        """Return the time of day of a moment of today, the day of another: for a narrow column."""
        return self.clock(at) if self.zone(at).date() == self.zone(now).date() else self.day(at)


def utc_zone(at: float) -> datetime:
    """Return seconds since 1970 as a time of UTC."""
    return datetime.fromtimestamp(at, UTC)


UTC_TIME: Final = DeskTime(utc_zone)
"""The time of UTC, for what knows no desk."""


def machine_zone(at: float) -> datetime:
    """Return seconds since 1970 as the local time of this machine."""
    return datetime.fromtimestamp(
        at, UTC
    ).astimezone()  # Windows knows no local time of the first day of 1970


def zone_named(name: str) -> LocalZone:
    """Return the time of a zone such as "America/Chicago". Raises `ValueError` if there is no such zone."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - the start does without, unless the profile names a zone

    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("isn't a time zone of this machine") from None
    return lambda at: datetime.fromtimestamp(at, zone)


# -- money and numbers, which both countries write alike -----------------------------------------------


def number_text(value: Decimal | float) -> str:
    """Return a number with at most two decimals: "1,234", "1,234.50". A whole number has none."""
    if isinstance(value, Decimal) and (not value.is_finite() or value.adjusted() > _MOST_DIGITS):
        return str(value)
    return f"{value:,.2f}".removesuffix(".00")


def money(amount: Decimal | float) -> str:
    """Return an amount of dollars: "$640,000", "$640,000.50", "-$5"."""
    text = number_text(amount)
    return f"-${text[1:]}" if text.startswith("-") else f"${text}"


def short_money(amount: Decimal | float) -> str:
    """Return an amount of dollars in at most three digits, rounded: "$640k", "$1.25m", "$999"."""
    exact = Decimal(str(amount))
    if not exact.is_finite() or exact.adjusted() > _MOST_DIGITS:
        return money(exact)
    rounded = _to_three_digits(abs(exact))
    sign = "-" if exact < 0 else ""
    for unit, letter in _UNITS:
        if rounded >= unit:
            return f"{sign}${(rounded / unit).normalize():f}{letter}"
    return f"{sign}${round(rounded)}"


def _to_three_digits(amount: Decimal) -> Decimal:
    """Return an amount rounded to three digits, and to whole dollars below a thousand."""
    places = max(0, amount.adjusted() - _DIGITS_IN_SHORT + 1)
    return amount.quantize(Decimal(1).scaleb(places)) if amount else amount


# -- words ---------------------------------------------------------------------------------------------


class CountryWords(Struct, frozen=True):
    """The words that differ between the two countries. `by_hand` says how a field is entered without a push."""

    by_hand: str
    last_name: str
    mobile: str
    town: str


def words_of(country: Country) -> CountryWords:
    """Return the words of a country."""
    match country:
        case Country.AU:
            return CountryWords(by_hand="by hand", last_name="surname", mobile="mobile", town="suburb")
        case Country.US:
            return CountryWords(by_hand="manually", last_name="last name", mobile="cell phone", town="city")
