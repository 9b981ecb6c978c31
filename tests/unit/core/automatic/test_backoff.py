"""Waits that grow, with a random part and an upper limit, and what is shown of something that waits."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random

import pytest

from core.automatic.backoff import ASKS_A_PERSON, Backoff, RetryTimer
from core.error_catalogue import CATALOGUE
from core.push.states import PASSES
from tests.support.fakes import LoopClock
from tests.support.virtual_time import virtually


class Highest(Random):
    """Draws the largest number."""

    def random(self) -> float:
        return 1.0


class Lowest(Random):
    """Draws the smallest number."""

    def random(self) -> float:
        return 0.0


def test_waits_double_up_to_the_longest() -> None:
    backoff = Backoff(first=10.0, longest=75.0, spread=0.2)
    assert [backoff.wait(n, Lowest()) for n in range(1, 6)] == [10.0, 20.0, 40.0, 75.0, 75.0]
    assert [backoff.wait(n, Highest()) for n in range(1, 6)] == [8.0, 16.0, 32.0, 60.0, 60.0]


@pytest.mark.parametrize("seed", range(20))
def test_no_wait_is_longer_than_the_limit_or_much_shorter(seed: int) -> None:
    random, backoff = Random(seed), Backoff()
    waits = [backoff.wait(n, random) for n in range(1, 2_000)]
    assert max(waits) <= backoff.longest
    assert all(wait >= backoff.first * (1 - backoff.spread) for wait in waits)
    assert all(after > before for before, after in pairwise(waits[:5]))
    assert len(set(waits[100:200])) == 100, "desks that failed together do not come back together"


@virtually
async def test_what_is_shown_has_the_first_failure_and_the_next_try() -> None:
    clock = LoopClock()
    timer = RetryTimer(clock, Lowest(), Backoff(first=60.0))
    begun = clock.now()
    assert timer.failed() == 60.0
    await asyncio.sleep(60)
    assert timer.seconds_left == 0
    assert timer.failed(at_least=500.0) == 500.0
    shown = timer.waiting("new users", "unreachable")
    assert (shown.since, shown.next_at, shown.failures) == (begun, begun + 560, 2)
    timer.succeeded()
    assert (timer.failures, timer.seconds_left) == (0, 0)
    await asyncio.sleep(1)
    assert timer.failed() == 60.0, "the waits begin anew"
    assert timer.waiting("new users", "unreachable").since == begun + 61


@virtually
async def test_waiting_for_something_else_is_no_failure() -> None:
    timer = RetryTimer(LoopClock(), Lowest(), Backoff(first=60.0))
    timer.wait_again(10.0)
    assert timer.failures == 1
    timer.wait_again(900.0)
    assert (timer.failures, timer.seconds_left) == (1, 900.0)


def test_every_code_is_in_the_catalogue_and_no_code_is_of_both_kinds() -> None:
    assert CATALOGUE.keys() >= PASSES | ASKS_A_PERSON
    assert frozenset() == PASSES & ASKS_A_PERSON
