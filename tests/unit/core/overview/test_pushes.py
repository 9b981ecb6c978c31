"""The picture of the day and the week: pushes are counted by the desk's own hours and days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from random import Random

import msgspec

from core.local_forms import zone_named
from core.overview.model import PushCounts
from core.overview.pushes import PushTally
from core.push.plan import Asset
from core.push.records import Push
from core.push.states import PushState

SYDNEY = zone_named("Australia/Sydney")
NOON = datetime(2026, 11, 29, 1, tzinfo=UTC).timestamp()
"""Noon of Sunday 29 November in Sydney; Saturday in UTC is 11 hours before."""
HOUR, DAY = 3_600.0, 86_400.0


def a_push(n: int, at: float, state: PushState = PushState.DONE, subject: str = "", reason: str = "") -> Push:
    return Push(
        f"P{n:03}", Asset.CARD, subject or f"C-{n}", "7f3a", state, "m.hale", at, at, 2, reason=reason
    )


def tally(*pushes: Push) -> PushTally:
    made = PushTally(SYDNEY, NOON)
    made.take(pushes)
    return made


def test_the_day_and_the_hours_are_those_of_the_zone() -> None:
    before_midnight, after = NOON - 12 * HOUR - 60, NOON - 12 * HOUR + 60
    picture = tally(a_push(1, before_midnight), a_push(2, after), a_push(3, NOON)).picture(NOON)
    assert picture.day == date(2026, 11, 29)
    assert (picture.hours[0], picture.hours[12], sum(picture.hours)) == (1, 1, 2)
    assert [(day.day, counts.total) for day, counts in picture.week] == [
        *((n, 0) for n in range(23, 28)),
        (28, 1),
        (29, 2),
    ]


def test_a_day_of_23_hours_has_each_push_once() -> None:
    now = datetime(2026, 10, 4, 12, tzinfo=UTC).timestamp()  # clocks went forward at 2:00
    midnight = datetime(2026, 10, 3, 14, tzinfo=UTC).timestamp()
    pushes = [a_push(n, midnight + n * HOUR + 1) for n in range(-1, 24)]
    made = PushTally(SYDNEY, now)
    made.take(pushes)
    picture = made.picture(now)
    assert picture.hours[2] == 0
    assert sum(picture.hours) == picture.today.total == 23
    assert picture.week[-2][1].total == 1


def test_each_push_is_counted_by_its_state() -> None:
    states = [*PushState, PushState.DONE]
    pushes = [a_push(n, NOON, state) for n, state in enumerate(states)]
    forbidden = a_push(20, NOON, PushState.PAUSED, reason="forbidden")
    picture = tally(*pushes, forbidden).picture(NOON)
    assert picture.today == PushCounts(arrived=2, in_part=1, refused=1, asks=2, running=2, waits=1)
    assert picture.today.total == len(pushes) + 1


def test_what_waits_is_listed_however_old_and_a_later_push_takes_its_place() -> None:
    old = NOON - 90 * DAY
    asks, bad = a_push(1, old, PushState.NEEDS_YOU), a_push(2, old, PushState.REFUSED, "C-9")
    changed = a_push(4, old, PushState.REFUSED, reason="plan-changed")
    made = tally(asks, bad, changed)
    assert made.picture(NOON).waiting == {"P001", "P002"}
    made.take([a_push(3, NOON, PushState.QUEUED, "C-9")])
    assert made.picture(NOON).waiting == {"P001"}
    made.take([msgspec.structs.replace(asks, state=PushState.DONE, updated_at=NOON)])
    assert made.picture(NOON).waiting == frozenset()


def test_the_latest_are_those_that_ended_last() -> None:
    pushes = [a_push(n, NOON - n * 60) for n in range(9)]
    pushes.append(a_push(20, NOON, PushState.RUNNING))
    ended_late = msgspec.structs.replace(a_push(30, NOON - DAY), updated_at=NOON + 1)
    lately = tally(*pushes, ended_late).picture(NOON).lately
    assert [push.push_id for push in lately] == ["P030", "P000", "P001", "P002", "P003"]


def test_a_picture_that_is_kept_up_is_the_picture_that_is_made_anew() -> None:
    random = Random(3)
    every: dict[str, Push] = {}
    kept = tally()
    for n in range(400):
        at = NOON - DAY * 20 + n * 20 * DAY / 400
        push = a_push(n, at, random.choice(list(PushState)), f"C-{random.randrange(40)}")
        if every and random.random() < 0.3:
            earlier = random.choice(list(every.values()))
            if earlier.state in (PushState.QUEUED, PushState.RUNNING, PushState.NEEDS_YOU):
                push = msgspec.structs.replace(earlier, state=PushState.DONE, updated_at=at)
        every[push.push_id] = push
        kept.take([push])
        if n % 40 == 39:
            anew = PushTally(SYDNEY, at)
            anew.take(every.values())
            assert kept.picture(at) == anew.picture(at)


def test_pushes_that_no_day_shows_any_more_are_forgotten() -> None:
    made = tally(*(a_push(n, NOON - 30 * DAY + n) for n in range(50)), a_push(60, NOON))
    made.picture(NOON)
    assert len(made._kept) == 1
