"""The pushes of a day and of its week, counted by hour and by day. Pure; the time zone is an argument."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from core.local_forms import LocalZone
from core.overview.model import PushCounts, PushPicture
from core.push.activity import needs_you, waits
from core.push.made import LEFT_OPEN, NOTHING_SENT
from core.push.records import Push
from core.push.states import PushState

DAYS: Final = 7
"""The days of the picture."""
LATELY: Final = 5
"""The most pushes that are listed as the latest."""
_RUNNING: Final = frozenset({PushState.QUEUED, PushState.RUNNING})


class PushTally:
    """Counts pushes, and is kept up push by push: a push that changes costs the same in a book of any size.

    It keeps the pushes of the days that it shows, and older ones that need a person.
    """

    def __init__(self, zone: LocalZone, now: float) -> None:
        """`zone` gives the desk's local time. `now` is the present moment, in seconds since 1970."""
        self._zone = zone
        self._kept: dict[str, Push] = {}
        self._latest: dict[str, Push] = {}
        self.day: date = zone(now).date()

    def take(self, pushes: Iterable[Push]) -> None:
        """Take new pushes, and new states of pushes. `pushes` come in any order."""
        for push in pushes:
            before = self._latest.get(push.subject)
            if before is None or (before.created_at, before.push_id) <= (push.created_at, push.push_id):
                self._latest[push.subject] = push
            self._kept[push.push_id] = push

    def picture(self, now: float) -> PushPicture:
        """Return the counts of the day of `now`, and forget the pushes that no day shows any more."""
        self.day = self._zone(now).date()
        days = [self.day - timedelta(days=n) for n in reversed(range(DAYS))]
        counts: dict[date, Counter[str]] = {day: Counter() for day in days}
        hours = [0] * 24
        waiting: set[str] = set()
        gone: list[Push] = []
        for push in self._kept.values():
            at = self._zone(push.created_at)
            asks = needs_you(push, self._latest.get(push.subject) is push)
            if asks:
                waiting.add(push.push_id)
            if (of_day := counts.get(at.date())) is not None:
                of_day[_field(push)] += 1
                if at.date() == self.day:
                    hours[at.hour] += 1
            elif not asks and push.state not in _RUNNING and at.date() < days[0]:
                gone.append(push)
        for push in gone:
            del self._kept[push.push_id]
            if self._latest.get(push.subject) is push:
                del self._latest[push.subject]
        over = sorted(
            (push for push in self._kept.values() if push.state not in _RUNNING),
            key=lambda push: (push.updated_at, push.push_id),
            reverse=True,
        )
        return PushPicture(
            self.day,
            tuple(hours),
            tuple((day, PushCounts(**counts[day])) for day in days),
            tuple(over[:LATELY]),
            frozenset(waiting),
        )


def _field(push: Push) -> str:
    """Return the field of `PushCounts` that counts a push."""
    match push.state:
        case PushState.DONE:
            if push.reason == LEFT_OPEN:
                return "in_part"
            return "there" if push.reason in NOTHING_SENT else "arrived"
        case PushState.PARTIAL:
            return "in_part"
        case PushState.REFUSED:
            return "refused"
        case PushState.PAUSED if waits(push):
            return "waits"
        case PushState.NEEDS_YOU | PushState.PAUSED:
            return "asks"
        case PushState.QUEUED | PushState.RUNNING:
            return "running"
