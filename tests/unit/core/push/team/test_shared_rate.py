"""One rate for several senders: never more in any 60 seconds than the vendor allows, and nearly all of it used."""

from __future__ import annotations

import asyncio

import pytest

from core.push.team.shared_rate import LATE, SharedRateLimiter, gap_of
from tests.support.team_books import FakeTeamBook, Sender, SharedStore, most_in_a_minute
from tests.support.virtual_time import virtually


def _now() -> float:
    return asyncio.get_running_loop().time()


def _limiters(per_minute: float, senders: int, store: SharedStore | None = None) -> list[SharedRateLimiter]:
    store = store or SharedStore(_now)
    books = [FakeTeamBook(store, Sender(f"s{n}")) for n in range(senders)]
    return [SharedRateLimiter(book, "flex:desk", per_minute) for book in books]


@pytest.mark.parametrize("per_minute", [1.0, 2.0, 60.0, 6_000.0])
@virtually
async def test_four_senders_together_keep_the_rate_and_use_it(per_minute: float) -> None:
    left: list[float] = []
    until = _now() + max(180.0, 200.0 / per_minute * 60.0)
    most_seconds = until - _now()

    async def lane(limiter: SharedRateLimiter) -> None:
        while _now() < until:
            await limiter.wait()
            left.append(_now())

    lanes = 8 if per_minute > 100 else 1
    await asyncio.gather(*(lane(limiter) for limiter in _limiters(per_minute, 4) for _ in range(lanes)))
    assert most_in_a_minute(left) <= per_minute
    if per_minute >= 60:
        assert len(left) >= 0.9 * per_minute * most_seconds / 60.0


@virtually
async def test_a_sender_that_was_paused_takes_a_new_turn() -> None:
    """Its turns are over: it does not send them all at once with those of the others."""

    class Paused(FakeTeamBook):
        async def reserve(self, name: str, count: int, gap: float) -> float:
            first = await super().reserve(name, count, gap)
            if len(replies) < 3:
                replies.append(first)
                await asyncio.sleep(2 * LATE)  # the reply came, and then the process stood still
            return first

    replies: list[float] = []
    store = SharedStore(_now)
    limiter = SharedRateLimiter(Paused(store, Sender("s1")), "flex:desk", 60)
    began = _now()
    await limiter.wait()
    assert len(replies) == 3
    assert _now() == pytest.approx(began + 6 * LATE, abs=LATE)


@virtually
async def test_what_waits_together_is_reserved_together() -> None:
    asked: list[int] = []

    class Counting(FakeTeamBook):
        async def reserve(self, name: str, count: int, gap: float) -> float:
            asked.append(count)
            await asyncio.sleep(0.01)
            return await super().reserve(name, count, gap)

    limiter = SharedRateLimiter(Counting(SharedStore(_now), Sender("s1")), "flex:desk", 6_000)
    await asyncio.gather(*(limiter.wait() for _ in range(12)))
    assert len(asked) <= 3
    assert sum(asked) >= 12


def test_slow_replies_leave_room_for_one_more() -> None:
    assert (60 + 2.0) / gap_of(6_000) + 1 <= 6_000
