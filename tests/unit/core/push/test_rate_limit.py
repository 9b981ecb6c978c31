"""The pace that is kept, and the breaker of a connection."""

from __future__ import annotations

import asyncio

import pytest

from core.push.rate_limit import FIRST_REST, LONGEST_REST, CircuitBreaker, RateLimiter
from tests.support.virtual_time import virtually


@virtually
async def test_requests_are_evenly_spaced_in_the_order_they_came() -> None:
    loop = asyncio.get_running_loop()
    pace, went = RateLimiter(60), []

    async def one(n: int) -> None:
        await pace.wait()
        went.append((n, round(loop.time(), 6)))

    await asyncio.gather(*(one(n) for n in range(5)))
    assert went == [(n, float(n)) for n in range(5)]


@virtually
async def test_a_rest_gives_no_credit_for_a_burst() -> None:
    loop = asyncio.get_running_loop()
    pace = RateLimiter(60)
    await pace.wait()
    await asyncio.sleep(100)
    began = loop.time()
    for _ in range(3):
        await pace.wait()
    assert loop.time() - began == pytest.approx(2.0)


@virtually
async def test_no_minute_holds_more_than_the_rate() -> None:
    loop = asyncio.get_running_loop()
    pace, times = RateLimiter(500), []
    for _ in range(1500):
        await pace.wait()
        times.append(loop.time())
    for first in range(0, 1000, 50):
        assert sum(times[first] <= at < times[first] + 60 - 1e-6 for at in times) <= 500


@virtually
async def test_a_run_of_failures_opens_the_breaker_and_a_success_ends_the_run() -> None:
    breaker = CircuitBreaker(3)
    for _ in range(2):
        breaker.failed("no-reply")
    breaker.succeeded()
    for _ in range(2):
        breaker.failed("no-reply")
    assert not breaker.is_open
    breaker.failed("unreachable")
    assert (breaker.is_open, breaker.reason) == (True, "connection-rests")
    assert breaker.last_failure == "unreachable"


@virtually
async def test_after_a_rest_one_request_is_let_through_and_its_answer_closes_the_breaker() -> None:
    breaker = CircuitBreaker(2)
    breaker.failed("x")
    assert breaker.admit() == ""
    breaker.failed("x")
    assert breaker.admit() == "connection-rests"
    await asyncio.sleep(FIRST_REST)
    assert [breaker.admit() for _ in range(3)] == ["", "connection-rests", "connection-rests"]
    breaker.succeeded()
    assert [breaker.admit() for _ in range(3)] == ["", "", ""]


@virtually
async def test_each_try_that_fails_doubles_the_rest_up_to_the_longest() -> None:
    loop, breaker = asyncio.get_running_loop(), CircuitBreaker(1)
    rests = []
    for _ in range(7):
        breaker.failed("x")
        began = loop.time()
        for _ in range(2_000):
            if not breaker.admit():
                break
            await asyncio.sleep(1)
        rests.append(loop.time() - began)
    assert rests == [60, 120, 240, 480, 960, 960, 960]


@virtually
async def test_a_request_that_is_let_through_and_never_leaves_does_not_close_the_connection_for_good() -> (
    None
):
    breaker = CircuitBreaker(1)
    breaker.failed("x")
    await asyncio.sleep(FIRST_REST)
    assert breaker.admit() == ""
    await asyncio.sleep(FIRST_REST)
    assert breaker.admit() == ""


@virtually
async def test_a_403_opens_it_at_once_and_only_a_person_closes_it() -> None:
    breaker = CircuitBreaker()
    breaker.trip("forbidden")
    breaker.succeeded()
    await asyncio.sleep(LONGEST_REST)
    assert (breaker.reason, breaker.admit()) == ("forbidden", "forbidden")
    breaker.reset()
    assert not breaker.is_open


@virtually
async def test_a_closed_again_breaker_counts_from_nothing() -> None:
    breaker = CircuitBreaker(2)
    breaker.failed("x")
    breaker.reset()
    breaker.failed("x")
    assert not breaker.is_open


@virtually
async def test_a_rest_lasts_as_long_as_was_asked_and_a_shorter_one_does_not_end_it() -> None:
    breaker = CircuitBreaker()
    assert breaker.resting == 0.0
    breaker.rest(20.0)
    await asyncio.sleep(5)
    breaker.rest(3.0)
    assert breaker.resting == 15.0
    breaker.rest(30.0)
    assert breaker.resting == 30.0
    await asyncio.sleep(31)
    assert breaker.resting == 0.0
    assert not breaker.is_open


@virtually
async def test_what_is_left_of_a_rest_counts_down_and_is_nothing_after_a_403() -> None:
    breaker = CircuitBreaker(limit=1)
    assert breaker.rest_left == 0
    breaker.failed("no-reply")
    assert breaker.rest_left == FIRST_REST
    await asyncio.sleep(FIRST_REST - 10)
    breaker.rest(30.0)
    assert breaker.rest_left == 30.0, "the longer rest counts"
    await asyncio.sleep(31)
    assert breaker.rest_left == 0
    breaker.failed("no-reply")
    breaker.trip("forbidden")
    assert breaker.rest_left == 0, "only a person can end that"
