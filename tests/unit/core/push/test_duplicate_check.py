"""The duplicate check finds a second record of what was made, also a quarter of an hour later."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from core.push.duplicate_check import CHECK_AFTER, PASSES_NEEDED
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref
from core.push.ports import Lost, NotSent, Outcome, Refused, Request
from core.push.records import DuplicateCheck, Push, StepRecord, step_key
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState, StepState
from tests.support.fakes import (
    World,
    back_step,
    link_step,
    opportunity_step,
    person_step,
    plan_of,
    update_step,
)
from tests.support.virtual_time import virtually

PERSON = person_step()
OPPORTUNITY = opportunity_step(PERSON)
WHOLE = plan_of(PERSON, OPPORTUNITY, link_step(OPPORTUNITY), back_step(OPPORTUNITY))


async def _push(world: World, plan: Plan = WHOLE, push_id: str = "P1") -> Push:
    await world.engine.begin(plan, "m.hale", push_id)
    return await world.engine.run(push_id)


async def _listed(world: World) -> list[str]:
    return [check.step for check in await world.book.all(DuplicateCheck)]


def _slow_to_find(world: World, ref: str) -> None:
    """Let a look-up in which `ref` is asked for take ten seconds."""
    look_up = world.flex.look_up

    async def slowly(requests: Any) -> Any:
        if ref in [request.ref for request in requests]:
            await asyncio.sleep(10)
        return await look_up(requests)

    world.flex.look_up = slowly


# -- a second record ----------------------------------------------------------------------------------------


@virtually
async def test_the_duplicate_check_finds_the_second_record_that_came_late() -> None:
    world = World()
    world.flex.script.append("lost")
    assert (await _push(world, plan_of(PERSON))).state is PushState.DONE
    world.flex.put("1-LATE", PERSON.ref, **PERSON.body)
    await asyncio.sleep(CHECK_AFTER)
    (doubled,) = await world.duplicates.run_due()
    assert (doubled.state, doubled.error) == (StepState.CONFLICT, "second-record")
    assert set(doubled.candidates) == {"1-00000", "1-LATE"}
    assert len(world.flex.sent) == 2
    assert await _listed(world) == []
    (push,) = await world.book.all(Push)
    assert push.state is PushState.NEEDS_YOU
    assert await world.duplicates.run_all() == []


@virtually
async def test_a_request_that_was_carried_out_twice_and_answered_once_is_found_by_the_duplicate_check() -> (
    None
):
    world = World()
    assert (await _push(world, plan_of(PERSON))).state is PushState.DONE
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    (doubled,) = await world.duplicates.run_all()
    assert (doubled.state, doubled.error) == (StepState.CONFLICT, "second-record")
    assert set(doubled.candidates) == {"1-00000", "1-TWIN"}
    assert await world.book.all(DuplicateCheck) == []


# -- the list -----------------------------------------------------------------------------------------------


@virtually
async def test_the_duplicate_check_makes_two_passes_a_quarter_of_an_hour_apart() -> None:
    world = World()
    await _push(world, plan_of(PERSON))
    looks = len(world.flex.looked_at)
    assert await world.duplicates.run_all() == []
    for _ in range(PASSES_NEEDED):
        wait = await world.duplicates.seconds_to_next()
        assert wait is not None
        assert CHECK_AFTER - 1 < wait <= CHECK_AFTER
        await asyncio.sleep(wait)
        assert await world.duplicates.run_due() == []
    assert await world.duplicates.seconds_to_next() is None
    assert len(world.flex.looked_at) == looks + 1 + PASSES_NEEDED


@virtually
async def test_a_check_that_was_listed_by_a_clock_from_2031_waits_no_years() -> None:
    world = World()
    right = world.clock.now
    world.clock.now = lambda: right() + 5 * 365 * 86_400.0
    await _push(world, plan_of(PERSON))
    world.clock.now = right
    for _ in range(PASSES_NEEDED):
        wait = await world.duplicates.seconds_to_next()
        assert wait is not None
        assert wait <= CHECK_AFTER
        await asyncio.sleep(wait)
        assert await world.duplicates.run_due() == []
    assert await _listed(world) == []


@virtually
async def test_a_clock_that_was_set_forward_brings_no_last_look_too_early() -> None:
    world = World()
    await _push(world, plan_of(PERSON))
    world.clock.now = lambda: 1_700_086_400.0 + asyncio.get_running_loop().time()
    world.restart()
    await world.duplicates.run_all()
    world.flex.put("1-LATE", PERSON.ref, **PERSON.body)
    await asyncio.sleep(CHECK_AFTER)
    assert len(await world.duplicates.run_due()) == 1


@virtually
async def test_a_check_that_no_system_answers_stays_on_the_list() -> None:
    world = World()
    world.flex.script.append("lost-after")
    await _push(world, plan_of(PERSON))
    await asyncio.sleep(1000)
    (before,) = await world.book.all(DuplicateCheck)
    world.flex.down = 1
    await world.duplicates.run_all()
    assert await world.book.all(DuplicateCheck) == [before]
    await world.duplicates.run_all()
    (after,) = await world.book.all(DuplicateCheck)
    assert (before.passes, after.passes) == (0, 1)


@virtually
async def test_each_record_that_was_made_is_looked_up_and_each_push_asks_once_a_system() -> None:
    world = World()
    world.board.put("C-1")
    await _push(world)
    made = [step_key("P1", n) for n, step in enumerate(WHOLE.steps) if step.operation is Operation.CREATE]
    assert [check.step for check in await world.book.all(DuplicateCheck)] == made
    asked: list[list[str]] = []
    look_up = world.flex.look_up

    async def listening(requests: Any) -> Any:
        asked.append([request.ref for request in requests])
        return await look_up(requests)

    world.flex.look_up = listening
    assert await world.duplicates.run_due() == []
    assert asked == []
    await asyncio.sleep(900)
    assert await world.duplicates.run_due() == []
    assert asked == [[PERSON.ref, OPPORTUNITY.ref]]


@virtually
async def test_what_was_there_already_is_not_looked_up_again() -> None:
    world = World()
    world.flex.put("1-OURS", PERSON.ref, **PERSON.body)
    await _push(world, plan_of(PERSON))
    assert await world.duplicates.seconds_to_next() is None


@pytest.mark.parametrize(
    "outcome",
    [Refused("refused"), Lost("no-reply"), NotSent("wrong-secret", hopeless=True)],
    ids=["refused", "set-aside", "to be sent again"],
)
@virtually
async def test_what_is_not_under_way_leaves_the_list_when_its_time_has_come(outcome: Outcome) -> None:
    world = World()
    world.flex.script.append(outcome)
    world.flex.can_look = not isinstance(outcome, Lost)
    await _push(world, plan_of(PERSON))
    if not world.flex.can_look:
        await world.engine.decide("P1", 0, Resolution(Choice.LEAVE))
    assert len(await world.book.all(DuplicateCheck)) == 1
    await world.duplicates.run_all()
    assert len(await world.book.all(DuplicateCheck)) == 1
    await asyncio.sleep(900)
    await world.duplicates.run_due()
    assert await world.book.all(DuplicateCheck) == []


@virtually
async def test_what_is_blocked_meanwhile_leaves_the_list_when_its_time_has_come() -> None:
    world = World()
    world.flex.script.extend(["done", NotSent("wrong-secret", hopeless=True)])
    assert (await _push(world, plan_of(PERSON, OPPORTUNITY))).state is PushState.PAUSED
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    assert len(await world.duplicates.run_all()) == 1
    await world.engine.decide("P1", 0, Resolution(Choice.LEAVE))
    assert [step.state for step in await world.book.all(StepRecord)] == [
        StepState.SKIPPED,
        StepState.BLOCKED,
    ]
    await asyncio.sleep(CHECK_AFTER - 1)
    await world.duplicates.run_due()
    assert await _listed(world) == [step_key("P1", 1)]
    await asyncio.sleep(1)
    await world.duplicates.run_due()
    assert await _listed(world) == []


@virtually
async def test_what_the_book_no_longer_has_is_struck_off_and_the_others_are_looked_up() -> None:
    world = World()
    await _push(world, plan_of(PERSON))
    await _push(world, plan_of(person_step("P-2", "Bao"), subject="C-2"), "P2")
    await world.book.commit(drop=[(StepRecord, step_key("P1", 0))])
    assert await world.duplicates.run_all() == []
    assert await _listed(world) == [step_key("P2", 0)]


@virtually
async def test_one_that_is_overdue_has_no_time_left() -> None:
    world = World()
    await _push(world, plan_of(PERSON))
    await asyncio.sleep(CHECK_AFTER + 100)
    assert await world.duplicates.seconds_to_next() == 0.0


# -- how it is asked for ------------------------------------------------------------------------------------


@virtually
async def test_a_change_and_what_a_system_cant_look_up_are_not_asked_for() -> None:
    """Either was in doubt, and so is on the list; neither can be seen to be there twice."""
    world = World()
    world.flex.put("1-KNOWN", None, LastName="Before")
    world.flex.script.append("lost-after")
    assert (await _push(world, plan_of(update_step()))).state is PushState.DONE
    world.flex.can_look = False
    world.flex.script.append("lost-after")
    assert (await _push(world, plan_of(PERSON, subject="C-2"), "P2")).state is PushState.NEEDS_YOU
    there = Resolution(Choice.THERE, world.flex.of_ref(PERSON.ref)[0])
    assert (await world.engine.decide("P2", 0, there)).state is PushState.DONE
    assert await _listed(world) == [step_key("P1", 0), step_key("P2", 0)]

    async def refuse(requests: Any) -> Any:
        raise AssertionError(requests)

    world.flex.look_up = refuse
    for _ in range(PASSES_NEEDED):
        await asyncio.sleep(CHECK_AFTER)
        assert await world.duplicates.run_all() == []
    assert await _listed(world) == []


@virtually
async def test_a_change_is_not_asked_for_where_records_can_be_looked_up() -> None:
    world = World()
    world.flex.put("1-KNOWN", None, LastName="Before")
    world.flex.script.append("lost-after")
    assert (await _push(world, plan_of(update_step()))).state is PushState.DONE
    assert await _listed(world) == [step_key("P1", 0)]
    await world.duplicates.run_all()
    assert world.flex.looked_at == []


@virtually
async def test_a_record_is_asked_for_where_it_hangs_also_when_its_plan_is_gone() -> None:
    world = World()
    ref = make_ref("test", System.FLEX, Entity.INSIGHT, "M-1")
    body = {"type": "x"}
    insight = Step(
        ref, System.FLEX, Entity.INSIGHT, Operation.CREATE, "M-1", "an insight", body, parent="T-7"
    )
    assert (await _push(world, Plan(Asset.MILESTONE, "T-7", "", (insight,)))).state is PushState.DONE
    assert world.book.files == {}
    await world.restart().recover()
    asked: list[Request] = []

    async def listening(requests: Any) -> Any:
        asked.extend(requests)
        return {}

    world.flex.look_up = listening
    await world.duplicates.run_all()
    assert asked == [Request(ref, Entity.INSIGHT, Operation.CREATE, {}, "1-00000", "T-7")]


# -- what is told, and what goes on meanwhile ---------------------------------------------------------------


@virtually
async def test_whoever_listens_hears_of_a_second_record_of_a_push_that_was_over_before_this_start() -> None:
    world = World()
    await _push(world, plan_of(PERSON))
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    heard: list[tuple[PushState, StepState]] = []
    world.restart()._listen = lambda push, steps: heard.append((push.state, steps[0].state))
    await world.engine.recover()
    await world.duplicates.run_all()
    assert heard[-1] == (PushState.NEEDS_YOU, StepState.CONFLICT)
    assert world.held_push().state is PushState.NEEDS_YOU


@virtually
async def test_what_is_sent_while_others_are_looked_up_stays_on_the_list() -> None:
    world = World()
    other = person_step("P-2", "Bao")
    await _push(world, plan_of(other, subject="C-2"), "P2")
    world.flex.script.append(NotSent("wrong-secret", hopeless=True))
    assert (await _push(world, plan_of(PERSON))).state is PushState.PAUSED
    await asyncio.sleep(CHECK_AFTER)
    _slow_to_find(world, other.ref)
    looking = asyncio.ensure_future(world.duplicates.run_due())
    await asyncio.sleep(1)
    (push,) = await world.engine.resume()
    assert push.state is PushState.DONE
    assert not looking.done()
    await looking
    assert await _listed(world) == [step_key("P2", 0), step_key("P1", 0)]
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    await asyncio.sleep(CHECK_AFTER)
    assert [step.push_id for step in await world.duplicates.run_due()] == ["P1"]


@virtually
async def test_a_person_who_chose_one_of_several_is_not_asked_again() -> None:
    world = World()
    world.flex.script.append("lost-after")
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    running = world.engine.run("P1")
    await asyncio.sleep(10)
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    assert (await running).state is PushState.NEEDS_YOU
    assert (await world.engine.decide("P1", 0, Resolution(Choice.LINK, "1-TWIN"))).state is PushState.DONE
    assert await world.duplicates.run_all() == []
    assert await _listed(world) == []
