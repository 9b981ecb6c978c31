"""What is said of a push of which a request was lost: what this push may have made itself was not there before it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.push.duplicate_check import CHECK_AFTER
from core.push.made import Made, made_of
from core.push.plan import Asset, Entity, Operation, Plan, Step, System
from core.push.ports import Applied, Diverted, NotSent, Refused
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState, StepState, WriteOutcome
from tests.support.fakes import World, person_step, ref_of, update_step
from tests.support.virtual_time import virtually
from tests.unit.core.push.test_push_driver import HOPELESS

SHARE = Step(
    ref_of(Entity.APP_SHARE, "P-1"),
    System.FLEX,
    Entity.APP_SHARE,
    Operation.SHARE,
    "P-1",
    "x",
    {"phone": "1"},
)


async def run(world: World, step: Step, *script: Any, asset: Asset = Asset.CARD) -> None:
    world.flex.script += script
    await world.engine.begin(Plan(asset, "C-1", "x", (step,)), "m.hale", "P1")
    await world.engine.run("P1")


async def leave(world: World) -> None:
    await world.engine.decide("P1", 0, Resolution(Choice.LEAVE, by="m.hale"))


def ended(world: World) -> tuple[str, Made | None]:
    """Return why the push is done as it is, and what became of its step."""
    push, (step,) = world.held_push("P1"), world.held_steps("P1")
    assert push.state is PushState.DONE
    return push.reason, made_of(step)


@pytest.mark.parametrize(("step", "made"), [(person_step(), Made.CREATED), (update_step(), Made.UPDATED)])
@virtually
async def test_a_lost_request_that_was_carried_out_late_is_this_pushs_own_work(
    step: Step, made: Made
) -> None:
    world = World()
    world.flex.put("1-KNOWN", None, LastName="Before")
    await run(world, step, "lost", HOPELESS)
    world.flex.carry_out(world.flex.sent[0])
    world.restart()
    await world.engine.recover()
    await world.engine.resume()
    assert ended(world) == ("", made)


@virtually
async def test_what_a_system_calls_existing_after_a_lost_request_is_this_pushs_own_work() -> None:
    world = World()

    async def late() -> Applied:
        return Applied(world.flex.carry_out(world.flex.sent[0]), outcome=WriteOutcome.EXISTING)

    await run(world, person_step(), "lost", late)
    assert ended(world) == ("", Made.CREATED)


@virtually
async def test_what_a_system_calls_existing_at_the_first_request_was_there() -> None:
    world = World()

    async def there() -> Applied:
        return Applied(world.flex.carry_out(world.flex.sent[0]), outcome=WriteOutcome.EXISTING)

    await run(world, person_step(), NotSent("rate-limited"), there)
    assert ended(world) == ("all-there", Made.EXISTING)


@virtually
async def test_a_reply_that_denies_leaves_open_whether_the_request_arrived() -> None:
    world = World()
    step = person_step()

    async def denied() -> NotSent:
        world.flex.carry_out(world.flex.sent[0])
        return NotSent("wrong-secret", hopeless=True, denied=True)

    await run(world, step, denied)
    world.restart()
    await world.engine.recover()
    await world.engine.resume()
    assert ended(world) == ("", Made.CREATED)


@virtually
async def test_what_was_sent_and_may_have_arrived_is_left_open() -> None:
    world = World()
    await run(world, SHARE, "lost-after", asset=Asset.SHARE)
    await leave(world)
    assert ended(world) == ("left-open", None)


@virtually
async def test_what_was_carried_out_on_another_record_is_left_open() -> None:
    world = World()
    await run(world, person_step(), Diverted("1-OTHER"))
    await leave(world)
    assert ended(world) == ("left-open", None)


@virtually
async def test_one_of_two_records_of_a_step_is_left_open() -> None:
    world = World()
    await run(world, person_step(), "lost")
    world.flex.carry_out(world.flex.sent[0])
    await asyncio.sleep(CHECK_AFTER + 10)
    await world.duplicates.run_due()
    assert world.held_steps("P1")[0].state is StepState.CONFLICT
    await leave(world)
    assert ended(world) == ("left-open", None)


@virtually
async def test_what_was_refused_or_never_sent_is_left_out() -> None:
    world = World()
    await run(world, person_step(), Refused("invalid"))
    await leave(world)
    assert ended(world) == ("left-out", None)
    world = World()
    world.flex.put("1-OLD", person_step().ref, FirstName="Somebody else")
    await run(world, person_step())
    await leave(world)
    assert ended(world) == ("left-out", None)
