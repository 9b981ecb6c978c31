"""A stop: nothing new is begun or sent until a person lifts it, and what was confirmed goes on then."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import DeskError
from core.push.plan import Operation, Plan
from core.push.ports import NotSent
from core.push.records import Push
from core.push.states import PushState, StepState
from core.stop import STOPPED, Stop
from tests.support.fakes import World, link_step, opportunity_step, person_step, plan_of
from tests.support.virtual_time import virtually

STOP = Stop("j.park", 1_795_000_000.0, "the map is wrong")
PERSON = person_step()
OPPORTUNITY = opportunity_step(PERSON)
IN_ORDER = plan_of(PERSON, OPPORTUNITY, link_step(OPPORTUNITY))


def _states(world: World) -> list[StepState]:
    return [record.state for record in world.held_steps()]


def _stop_at_first_send(world: World) -> None:
    async def stop() -> Any:
        world.book.stopped = STOP
        return "done"

    world.flex.script.append(stop)


@virtually
async def test_nothing_is_begun_while_all_sending_is_stopped() -> None:
    world = World()
    world.book.stopped = STOP
    with pytest.raises(DeskError) as caught:
        await world.engine.begin(IN_ORDER, "m.hale", "P1")
    assert caught.value.code == STOPPED
    assert caught.value.message == (
        "j.park stopped all sending. Nothing was sent. The reason: the map is wrong"
    )
    assert await world.book.all(Push) == []
    assert await world.book.list_files() == []


@virtually
async def test_a_stop_in_the_middle_of_a_push_lets_nothing_more_out_and_a_lift_lets_the_push_go_on() -> None:
    world = World()
    _stop_at_first_send(world)
    await world.engine.begin(IN_ORDER, "m.hale", "P1")
    push = await world.engine.finish("P1")
    assert (push.state, push.reason) == (PushState.PAUSED, STOPPED)
    assert _states(world) == [StepState.DONE, StepState.READY, StepState.READY]
    assert world.engine.held_by_stop() == [push]
    again = await world.engine.finish("P1")  # a resume changes nothing while the stop lasts
    assert (again.reason, len(world.flex.sent)) == (STOPPED, 1)
    world.book.stopped = None
    assert (await world.engine.finish("P1")).state is PushState.DONE
    assert len(world.flex.sent) == 3
    assert world.engine.held_by_stop() == []


@virtually
async def test_lanes_of_many_steps_stop_too() -> None:
    world = World()
    people = [person_step(f"P-{n}", first=f"Ann{n}") for n in range(60)]
    _stop_at_first_send(world)
    await world.engine.begin(Plan(IN_ORDER.asset, "C-1", "C-1", tuple(people)), "m.hale", "P1")
    push = await world.engine.finish("P1")
    assert (push.state, push.reason) == (PushState.PAUSED, STOPPED)
    assert StepState.READY in _states(world)
    sent = len(world.flex.sent)
    world.book.stopped = None
    assert (await world.engine.finish("P1")).state is PushState.DONE
    assert sent < len(world.flex.sent) == 60


@virtually
async def test_a_write_that_a_connection_kept_back_is_ready_and_does_not_count_as_a_failure() -> None:
    world = World()
    world.flex.script.append(NotSent(STOPPED))
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    push = await world.engine.finish("P1")
    assert (push.reason, _states(world)) == (STOPPED, [StepState.READY])
    assert [breaker.last_failure for breaker in world.engine.breakers.values()] == ["", ""]
    assert PERSON.operation is Operation.CREATE
    assert (await world.engine.finish("P1")).state is PushState.DONE


@virtually
async def test_a_stop_that_says_nothing_is_a_stop() -> None:
    world = World()
    world.book.stopped = Stop()
    with pytest.raises(DeskError, match=r"^Somebody stopped all sending\. Nothing was sent\.$"):
        await world.engine.begin(IN_ORDER, "m.hale", "P1")
