"""Work for many things: as many at once as may be, results in order, and never a long time without a pause."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from core.in_order import SLICE, in_order, in_slices
from core.push.plan import Asset, Plan
from core.push.states import PushState
from tests.support.fakes import World, person_step
from tests.support.virtual_time import virtually


@virtually
async def test_results_come_in_the_order_of_the_things_and_not_of_their_ends() -> None:
    async def work(seconds: int) -> int:
        await asyncio.sleep(seconds)
        return seconds

    assert [result async for result in in_order([5, 1, 3, 2], work, at_once=2)] == [5, 1, 3, 2]


@pytest.mark.parametrize("at_once", [1, 3, 50])
@virtually
async def test_at_most_so_many_are_under_way(at_once: int) -> None:
    busy = most = 0

    async def work(thing: int) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(1)
        busy -= 1

    results = [result async for result in in_order(range(10), work, at_once=at_once)]
    assert len(results) == 10
    assert most == min(at_once, 10)


@virtually
async def test_what_fails_fails_in_its_place_and_ends_the_rest() -> None:
    ended: list[int] = []

    async def work(thing: int) -> int:
        if thing == 1:
            raise ValueError("the second")
        try:
            await asyncio.sleep(thing)
        except asyncio.CancelledError:
            ended.append(thing)
            raise
        return thing

    working = in_order([0, 1, 7, 8], work, at_once=4)
    results = [await anext(working)]
    with pytest.raises(ValueError, match="the second"):
        await anext(working)
    assert (results, ended) == ([0], [7, 8])


@virtually
async def test_whoever_stops_asking_ends_the_work() -> None:
    async with aclosing(in_order(range(9), asyncio.sleep, at_once=9)) as results:
        await anext(results)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@virtually
async def test_a_long_list_lets_others_go_on_in_between() -> None:
    taken = 0
    seen: list[int] = []

    async def others() -> None:
        while True:
            seen.append(taken)
            await asyncio.sleep(0)

    other = asyncio.ensure_future(others())
    async for _ in in_slices(range(3 * SLICE)):
        taken += 1
    other.cancel()
    assert {SLICE, 2 * SLICE} <= set(seen)


@virtually
async def test_a_long_push_never_holds_up_the_app_for_the_whole_of_it() -> None:
    """The time itself can't be tested; that others come on between can."""
    world = World()
    steps = tuple(person_step(f"P-{n}", "Jo") for n in range(4 * SLICE))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(others())
    await world.engine.begin(Plan(Asset.SYNC, "sync", "sync", steps), "m.hale", "P1")
    assert turns >= 4
    other.cancel()
    assert (await world.engine.run("P1")).state is PushState.DONE
