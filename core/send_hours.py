"""The hours in which shares and milestones are sent, in the contact's own time. Pure: the time is an argument.

A contact's time follows from its state in the USA. Where a state has two times, both have to be inside the hours. A
contact of which the state is not known has the profile's own time. Below all rooms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from msgspec import Struct

from core.compare.states import state_code
from core.local_forms import LocalZone, zone_named

FEWEST_HOURS: Final = 2
"""The fewest hours a day. The two times of a state differ by an hour, so one hour could be outside both for ever."""
_QUARTER: Final = 900
"""Seconds. Every time zone differs from UTC by a whole number of quarters of an hour."""
_QUARTERS_OF_TWO_DAYS: Final = 192
_FORM: Final = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
_MIDNIGHT: Final = 24

_EASTERN, _CENTRAL, _MOUNTAIN = "America/New_York", "America/Chicago", "America/Denver"
_PACIFIC, _ARIZONA = "America/Los_Angeles", "America/Phoenix"
_BY_ZONES: Final[Mapping[tuple[str, ...], str]] = {
    (_EASTERN,): "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    (_CENTRAL,): "AL AR IA IL LA MN MO MS OK WI",
    (_MOUNTAIN,): "CO MT NM UT WY",
    (_PACIFIC,): "CA WA",
    (_EASTERN, _CENTRAL): "FL IN KY MI TN",
    (_CENTRAL, _MOUNTAIN): "KS ND NE SD TX",
    (_MOUNTAIN, _PACIFIC): "ID NV OR",
    (_ARIZONA, _MOUNTAIN): "AZ",
    ("America/Anchorage", "America/Adak"): "AK",
    ("Pacific/Honolulu",): "HI",
    ("America/Puerto_Rico",): "PR VI",
    ("Pacific/Guam",): "GU MP",
    ("Pacific/Pago_Pago",): "AS",
}
"""Time zones and the states that have them (49 CFR part 71). Arizona's second is that of the Navajo Nation."""
_ZONES: Final = {state: zones for zones, states in _BY_ZONES.items() for state in states.split()}


class SendHours(Struct, frozen=True):
    """From the hour `first` to before the hour `last` of a day, 0 to 24. `own` is the profile's own time."""

    first: int
    last: int
    own: LocalZone

    @property
    def words(self) -> str:
        """The hours as a person reads them."""
        return f"{self.first}–{self.last}"

    def opens(self, now: float, state: str) -> float | None:
        """Return when something may be sent to a contact of a state; None if that is now.

        `now` and the result are seconds since 1970. A state that is not known has the profile's own time.
        """
        zones = _zones_of(state) or (self.own,)
        if self._is_inside(now, zones):
            return None
        quarter = int(now // _QUARTER) + 1
        for n in range(quarter, quarter + _QUARTERS_OF_TWO_DAYS):
            if self._is_inside(at := float(n * _QUARTER), zones):
                return at
        raise AssertionError("every day has such an hour")

    def outside(self, state: str) -> str:
        """Return in words where it is outside the hours."""
        code = state_code(state)
        where = f"in {code}, where the contact is" if code else "here; the contact's state is not known"
        return f"outside the hours {self.words} {where}"

    def _is_inside(self, at: float, zones: tuple[LocalZone, ...]) -> bool:
        return all(self.first <= zone(at).hour < self.last for zone in zones)


def hours_of(text: str) -> tuple[int, int]:
    """Return the two hours of a setting such as "8-20". Raises `ValueError` with what is wrong.

    A span over midnight is refused: nobody wants to be reached at night, and "20-8" is more likely a slip.
    """
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise ValueError("is not two hours, as in 8-20")
    first, last = map(int, form.groups())
    if last > _MIDNIGHT:
        raise ValueError(f"names an hour after {_MIDNIGHT}")
    if first >= last:
        raise ValueError("ends before it begins; a span over midnight is not possible")
    if last - first < FEWEST_HOURS:
        raise ValueError(f"has less than {FEWEST_HOURS} hours")
    return first, last


def has_zones() -> bool:
    """Return True if this machine knows the time zones of every state."""
    try:
        return all(map(_zones_of, _ZONES))
    except ValueError:
        return False


@lru_cache(maxsize=128)
def _zones_of(state: str) -> tuple[LocalZone, ...]:
    """Return the times of a state; () if it is not a state of the USA. Raises `ValueError` if a zone is not known."""
    return tuple(map(zone_named, _ZONES.get(state_code(state), ())))
