"""What a push costs grows with its steps and no faster, and a push that is over leaves nothing in memory."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from core.push.engine import Engine
from core.push.live_push import LivePush
from core.push.plan import Asset, Plan, System
from core.push.records import Push, StepRecord
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState
from tests.support.fakes import World, opportunity_step, person_step, plan_of
from tests.support.virtual_time import virtually

FEW, MANY = 50, 400


class CountedSteps(list[StepRecord]):
    """Counts how many steps are walked over."""

    walked = 0

    def __iter__(self) -> Iterator[StepRecord]:
        for step in super().__iter__():
            self.walked += 1
            yield step


def people(number: int, asset: Asset = Asset.SYNC) -> Plan:
    """Return a plan that makes so many people."""
    return Plan(asset, "sync", "sync", tuple(person_step(f"P-{n}", f"N{n}") for n in range(number)))


async def walked(number: int, world: World, plan: Plan) -> int:
    """Push a plan, and return how many steps the engine walked over."""
    await world.engine.begin(plan, "m.hale", "P1")
    live = world.engine.live("P1")
    assert live is not None
    live.steps = steps = CountedSteps(live.steps)
    assert (await world.engine.run("P1")).state is PushState.DONE
    return steps.walked


@pytest.mark.parametrize("asset", [Asset.SYNC, Asset.CARD], ids=["in lanes", "in order"])
@pytest.mark.parametrize("there", ["nobody", "everybody", "everybody but the last"])
@virtually
async def test_a_step_costs_the_same_in_a_push_of_any_size(asset: Asset, there: str) -> None:
    costs = []
    for number in (FEW, MANY):
        world = World(settle=0)
        plan = people(number, asset)
        known = {"nobody": 0, "everybody": number, "everybody but the last": number - 1}[there]
        for n, step in enumerate(plan.steps[:known]):
            world.flex.put(f"1-OLD{n}", step.ref, **step.body)
        costs.append(await walked(number, world, plan) / number)
    assert costs[1] <= costs[0] * 1.2


@virtually
async def test_a_listener_gets_the_steps_themselves_and_no_copy_of_them() -> None:
    world = World()
    heard: set[int] = set()
    world.engine = Engine(
        world.book,
        {System.FLEX: world.flex},
        world.clock,
        Random(1),
        listen=lambda push, steps: heard.add(id(steps)),
    )
    await world.engine.begin(people(FEW), "m.hale", "P1")
    live = world.engine.live("P1")
    assert live is not None
    await world.engine.run("P1")
    assert heard == {id(live.steps)}


def kept() -> dict[str, int]:
    """Count what of pushes is in memory. Tasks of the test itself are not over."""
    gc.collect()
    kinds = (LivePush, Plan, Push, StepRecord, asyncio.Lock, asyncio.Event)
    names = [type(thing).__name__ for thing in gc.get_objects() if type(thing) in kinds]
    return dict(Counter(names))


async def test_pushes_that_are_over_leave_nothing_in_memory() -> None:
    world = World(settle=0)
    world.flex.takes = 0.0

    async def push(n: int) -> None:
        person = person_step(f"P-{n}", "Linh")
        world.flex.script.extend(["lost-after", "done"])
        plan = plan_of(person, opportunity_step(person, f"C-{n}"), subject=f"C-{n}")
        await world.engine.begin(plan, "m.hale", f"P{n}")
        await world.engine.finish(f"P{n}")

    await push(0)
    before = kept()
    for n in range(1, 20):
        await push(n)
    assert kept() == before


@virtually
async def test_one_push_is_never_in_memory_twice() -> None:
    """Two that decide about one push at once change the same steps, also when a third reads the push back."""
    world = World()
    world.flex.put("1-A", person_step("P-1").ref, FirstName="Somebody")
    world.flex.put("1-B", person_step("P-2").ref, FirstName="Somebody")
    await world.engine.begin(plan_of(person_step("P-1"), person_step("P-2")), "m.hale", "P1")
    assert (await world.engine.run("P1")).state is PushState.NEEDS_YOU
    await asyncio.gather(*(world.engine.decide("P1", n, Resolution(Choice.LEAVE)) for n in (0, 1)))
    assert [step.state.value for step in world.held_steps()] == ["skipped", "skipped"]
    assert world.engine.live("P1") is None
    held = await world.engine.bring_back("P1")
    assert await world.engine.bring_back("P1") is held
    gone = weakref.ref(held)
    del held
    assert gone() is None


@virtually
async def test_two_who_read_a_push_back_at_once_get_the_same() -> None:
    world = World()
    await world.engine.begin(plan_of(person_step()), "m.hale", "P1")
    await world.engine.run("P1")
    read = world.book.get_file

    async def slowly(name: str) -> bytes | None:
        await asyncio.sleep(1)
        return await read(name)

    world.book.get_file = slowly
    first, second = await asyncio.gather(world.engine.bring_back("P1"), world.engine.bring_back("P1"))
    assert first is second


@virtually
async def test_a_push_that_is_over_can_be_run_again_and_stays_as_it_was() -> None:
    """A person may ask to go on with a push in the moment in which it ends."""
    world = World()
    await world.engine.begin(plan_of(person_step()), "m.hale", "P1")
    first = await world.engine.run("P1")
    again = await world.engine.run("P1")
    assert (first.state, again.state) == (PushState.DONE, PushState.DONE)
    assert len(world.flex.sent) == 1


@virtually
async def test_a_step_that_another_push_left_in_doubt_is_found_among_many_pushes() -> None:
    world = World(settle=0)
    shared = person_step("P-S", "Linh")

    async def lost_for_long() -> str:
        world.flex.down = 1000
        return "lost"

    world.flex.script.append(lost_for_long)
    await world.engine.begin(plan_of(shared, subject="C-0"), "m.hale", "P0")
    assert (await world.engine.run("P0")).state is PushState.PAUSED
    world.flex.down = 0
    await world.engine.begin(plan_of(shared, subject="C-1"), "m.hale", "P1")
    assert (await world.engine.run("P1")).state is PushState.DONE
    codes: Sequence[str] = [event.code for event in world.held_steps("P0")[0].trail]
    assert codes[-1] == "not-there"
    assert len(world.flex.rows) == 1
