"""A step that its guard stops is not sent: it is refused, or it waits and is sent when the push goes on."""

from __future__ import annotations

from random import Random

import pytest

from core.push.engine import Engine
from core.push.plan import Asset, Plan, Step
from core.push.ports import StepStop
from core.push.records import StepRecord, step_key
from core.push.states import PushState, StepState
from tests.support.fakes import World, person_step
from tests.support.virtual_time import virtually

FIRST, SECOND = person_step("P-1"), person_step("P-2", "Mai")
IN_ORDER = Plan(Asset.CARD, "C-1", "two people", (FIRST, SECOND))
SIDE_BY_SIDE = Plan(Asset.SHARE, "C-1", "two people", (FIRST, SECOND))
BOTH_WAYS = pytest.mark.parametrize("plan", [IN_ORDER, SIDE_BY_SIDE], ids=["in order", "side by side"])


class Guard:
    """Stops the steps of these local ids. Honours `StepGuard`."""

    def __init__(self, **stops: StepStop) -> None:
        self.stops = {name.replace("_", "-"): stop for name, stop in stops.items()}
        self.asked: list[str] = []

    async def stop(self, plan: Plan, step: Step) -> StepStop | None:
        assert step in plan.steps
        self.asked.append(step.local_id)
        return self.stops.get(step.local_id)


def guarded(world: World, guard: Guard) -> Engine:
    remotes = {world.flex.system: world.flex, world.board.system: world.board}
    guards = {Asset.CARD: guard, Asset.SHARE: guard}
    return Engine(world.book, remotes, world.clock, Random(1), guards=guards)


async def held(world: World, n: int) -> StepRecord:
    record = await world.book.get(StepRecord, step_key("P1", n))
    assert record is not None
    return record


@BOTH_WAYS
@virtually
async def test_a_step_that_must_not_be_sent_is_refused_alone(plan: Plan) -> None:
    world, guard = World(), Guard(P_1=StepStop("consent-changed", "no email"))
    engine = guarded(world, guard)
    await engine.begin(plan, "m.hale", "P1")
    push = await engine.run("P1")
    first, second = await held(world, 0), await held(world, 1)
    assert push.state is PushState.PARTIAL
    assert (first.state, first.error, first.detail, first.attempts) == (
        StepState.REFUSED,
        "consent-changed",
        "no email",
        0,
    )
    assert second.state is StepState.DONE
    assert sorted(guard.asked) == ["P-1", "P-2"]
    assert not world.flex.of_ref(FIRST.ref)


@BOTH_WAYS
@virtually
async def test_a_step_that_waits_pauses_the_push_and_is_sent_when_it_goes_on(plan: Plan) -> None:
    world, guard = World(), Guard(P_1=StepStop("outside-hours", "outside the hours", waits=True))
    engine = guarded(world, guard)
    await engine.begin(plan, "m.hale", "P1")
    push = await engine.run("P1")
    assert (push.state, push.reason) == (PushState.PAUSED, "outside-hours")
    assert (await held(world, 0)).state is StepState.READY
    assert not world.flex.of_ref(FIRST.ref)
    guard.stops = {}
    assert (await engine.run("P1")).state is PushState.DONE
    assert len(world.flex.of_ref(FIRST.ref)) == len(world.flex.of_ref(SECOND.ref)) == 1


@virtually
async def test_what_is_there_already_needs_no_word_of_the_guard() -> None:
    world, guard = World(), Guard(P_1=StepStop("consent-changed", "no email"))
    engine = guarded(world, guard)
    world.flex.put("1-THERE", FIRST.ref, **FIRST.body)
    await engine.begin(Plan(Asset.CARD, "C-1", "one", (FIRST,)), "m.hale", "P1")
    assert (await engine.run("P1")).state is PushState.DONE
    assert guard.asked == []
