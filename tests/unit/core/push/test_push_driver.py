"""Many steps side by side, and several pushes of one record: who waits for whom, and when a push pauses."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Any

import msgspec
import pytest

from core.errors import BookClosed
from core.push.engine import Engine
from core.push.plan import Asset, Plan, Step, System
from core.push.ports import FreshCheck, NotSent
from core.push.push_driver import LANES
from core.push.records import Link, Push, StepRecord, TrailEvent, step_key
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState, StepState
from core.push.step_runner import SENDS_A_RUN
from tests.support.fakes import CheckedBy, World, opportunity_step, person_step, plan_of
from tests.support.virtual_time import virtually

PERSON = person_step()
ON_THE_BOARD = msgspec.structs.replace(person_step("P-9", "Jo"), ref="BD-BOARD", system=System.BROKERENGINE)
HOPELESS = NotSent("wrong-secret", hopeless=True)


def _sync(*steps: Step) -> Plan:
    return Plan(Asset.SYNC, "sync", "sync", steps)


def _people(number: int) -> Plan:
    return _sync(*(person_step(f"P-{n}", f"N{n}") for n in range(number)))


async def _run(world: World, plan: Plan, push_id: str = "P1") -> Push:
    await world.engine.begin(plan, "m.hale", push_id)
    return await world.engine.run(push_id)


async def _held(world: World, n: int = 0, push_id: str = "P1") -> StepRecord:
    record = await world.book.get(StepRecord, step_key(push_id, n))
    assert record is not None
    return record


async def _states(world: World, push_id: str = "P1") -> list[str]:
    return [record.state.value for record in await world.book.all(StepRecord) if record.push_id == push_id]


def _another_engine(
    world: World, *remotes: System, fresh: Mapping[Asset, FreshCheck] | None = None
) -> Engine:
    """Give an engine over the same book that reaches some systems alone."""
    both = {System.FLEX: world.flex, System.BROKERENGINE: world.board}
    reached = {system: both[system] for system in remotes or both}
    world.engine = Engine(world.book, reached, world.clock, Random(1), fresh=fresh)
    return world.engine


# -- without a gateway --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plan", [plan_of(PERSON, ON_THE_BOARD), _sync(PERSON, ON_THE_BOARD)], ids=["in order", "side by side"]
)
@virtually
async def test_a_system_whose_place_nobody_knows_pauses_the_push_and_the_others_go_on(plan: Plan) -> None:
    world = World()
    _another_engine(world, System.FLEX)
    push = await _run(world, plan)
    assert (push.state, push.reason) == (PushState.PAUSED, "no-gateway")
    assert await _states(world) == ["done", "ready"]
    await _another_engine(world).recover()
    (push,) = await world.engine.resume()
    assert (push.state, push.reason) == (PushState.DONE, "")
    assert (len(world.flex.sent), len(world.board.sent)) == (1, 1)


@pytest.mark.parametrize(
    "plan", [plan_of(PERSON, ON_THE_BOARD), _sync(PERSON, ON_THE_BOARD)], ids=["in order", "side by side"]
)
@virtually
async def test_where_nothing_is_left_to_be_sent_a_gateway_is_not_missed(plan: Plan) -> None:
    world = World()
    world.flex.script.append(HOPELESS)
    assert (await _run(world, plan)).reason == "wrong-secret"
    assert await _states(world) == ["ready", "done"]
    await _another_engine(world, System.FLEX).recover()
    (push,) = await world.engine.resume()
    assert (push.state, push.reason) == (PushState.DONE, "")


# -- what another push left in doubt ------------------------------------------------------------------------


async def _left_in_doubt(world: World, plan: Plan, fate: str) -> None:
    """Let the desk die in the midst of the first send, and start again."""

    async def die() -> Any:
        world.book.fails_at = 0
        return fate

    world.flex.script.append(die)
    with pytest.raises(BookClosed):
        await _run(world, plan)
    world.book.fails_at = None
    await world.restart().recover()
    assert (await _held(world)).state is StepState.UNKNOWN


@virtually
async def test_what_another_push_made_and_does_not_know_of_is_settled_and_not_made_again() -> None:
    world = World()
    await _left_in_doubt(world, plan_of(PERSON), "done")
    push = await _run(world, plan_of(PERSON, subject="C-2"), "P2")
    assert push.state is PushState.DONE
    assert len(world.flex.sent) == 1
    first, second = await _held(world), await _held(world, push_id="P2")
    assert (first.state, first.trail[-1].code) == (StepState.DONE, "found-after-all")
    assert (second.remote_id, second.trail[-1].code) == (first.remote_id, "linked-already")


@virtually
async def test_what_another_push_may_have_made_has_its_time_to_turn_up_before_it_is_sent() -> None:
    world = World(settle=60)
    await _left_in_doubt(world, plan_of(PERSON), "lost")
    began = asyncio.get_running_loop().time()
    assert (await _run(world, plan_of(PERSON, subject="C-2"), "P2")).state is PushState.DONE
    assert world.flex.sent_at[1] >= began + 60
    assert (await _held(world)).state is StepState.READY
    await world.engine.resume()
    assert await _states(world) == ["done"]
    assert (len(world.flex.sent), len(world.flex.rows)) == (2, 1)


@virtually
async def test_what_a_crash_left_in_doubt_is_looked_for_twice_and_then_sent() -> None:
    world = World()
    await _left_in_doubt(world, plan_of(PERSON), "lost")
    before = len(world.flex.looked_at)
    (push,) = await world.engine.resume()
    assert push.state is PushState.DONE
    assert (len(world.flex.looked_at) - before, len(world.flex.sent)) == (2, 2)


@virtually
async def test_a_doubt_of_another_push_whose_ground_is_open_is_left_to_it() -> None:
    """Its body names a person of whom there are two now: nobody can say under which id it was sent."""
    world = World()
    opportunity = opportunity_step(PERSON)
    look_up = world.flex.look_up

    async def down_after_two(requests):
        world.flex.down = int(len(world.flex.sent) == 2)
        return await look_up(requests)

    world.flex.look_up = down_after_two
    world.flex.script.extend(["done", "lost-after"])
    assert (await _run(world, plan_of(PERSON, opportunity))).reason == "unreachable"
    world.flex.look_up, world.flex.down = look_up, 0
    world.flex.put("1-TWIN", PERSON.ref, FirstName="Linh")
    await world.duplicates.run_all()
    assert await _states(world) == ["conflict", "unknown"]
    push = await _run(world, plan_of(PERSON, opportunity, subject="C-2"), "P2")
    assert push.state is PushState.DONE
    assert await _states(world) == ["conflict", "unknown"]
    assert len(world.flex.sent) == 2


@virtually
async def test_a_record_that_one_push_is_settling_is_left_alone_by_the_other() -> None:
    world = World(settle=60)
    world.flex.script.append("lost")
    await world.engine.begin(_sync(PERSON), "m.hale", "P1")
    first = world.engine.run("P1")
    await asyncio.sleep(10)
    assert (await _held(world)).state is StepState.UNKNOWN
    second = await _run(world, plan_of(PERSON, subject="C-2"), "P2")
    assert ((await first).state, second.state) == (PushState.DONE, PushState.DONE)
    assert (len(world.flex.sent), len(world.flex.rows)) == (2, 1)
    assert [event.code for event in (await _held(world)).trail].count("not-there") == 1


@pytest.mark.parametrize(("fate", "sends"), [("done", 1), ("lost", 2)], ids=["it had arrived", "it was lost"])
@virtually
async def test_what_another_push_has_settled_meanwhile_is_not_settled_again(fate: str, sends: int) -> None:
    world = World(settle=60)
    await _left_in_doubt(world, _sync(PERSON), fate)
    second = asyncio.ensure_future(_run(world, plan_of(PERSON, subject="C-2"), "P2"))
    await asyncio.sleep(10)
    first = await world.engine.run("P1")
    assert (first.state, (await second).state) == (PushState.DONE, PushState.DONE)
    assert (len(world.flex.sent), len(world.flex.rows)) == (sends, 1)
    assert [event.code for event in (await _held(world)).trail].count("found-after-all") == 2 - sends


# -- pauses -------------------------------------------------------------------------------------------------


@virtually
async def test_why_a_step_was_paused_is_on_its_trail_with_what_the_remote_said() -> None:
    world = World()
    world.flex.script.append(NotSent("rate-limited", retry_after=500.0))
    assert (await _run(world, plan_of(PERSON))).reason == "rate-limited"
    now = world.clock.now()
    assert (await _held(world)).trail[-1] == TrailEvent(now, "rate-limited", "asked to wait 500 s")


@virtually
async def test_once_one_of_many_is_paused_nothing_more_is_begun() -> None:
    world = World()
    world.flex.script.append(HOPELESS)
    push = await _run(world, _people(3 * LANES))
    assert (push.state, push.reason) == (PushState.PAUSED, "wrong-secret")
    assert len(world.flex.sent) == LANES, "those that were under way are finished"
    assert (await _states(world)).count("done") == LANES - 1


@virtually
async def test_many_that_nobody_can_look_up_pause_with_the_reason_of_it() -> None:
    world = World()
    world.flex.down = 1000
    push = await _run(world, _people(3))
    assert (push.state, push.reason, world.flex.sent) == (PushState.PAUSED, "unreachable", [])


@pytest.mark.parametrize(
    ("last", "state", "reason"),
    [
        ("lost", PushState.PAUSED, "keeps-failing"),
        (HOPELESS, PushState.PAUSED, "wrong-secret"),
        ("done", PushState.DONE, ""),
    ],
)
@virtually
async def test_what_is_lost_again_and_again_is_sent_a_few_times_and_then_says_why_not(
    last: Any, state: PushState, reason: str
) -> None:
    world = World()
    world.flex.script.extend(["lost"] * (SENDS_A_RUN - 1) + [last])
    push = await _run(world, _people(1))
    assert (push.state, push.reason) == (state, reason)
    assert len(world.flex.sent) == SENDS_A_RUN


@virtually
async def test_one_that_fails_does_not_cut_off_the_others_that_are_under_way() -> None:
    world = World()

    async def full() -> Any:
        await asyncio.sleep(1)
        world.book.fails_at = 0
        return "done"

    async def slow() -> Any:
        await asyncio.sleep(30)
        return "done"

    world.flex.script.extend([full, slow])
    with pytest.raises(BookClosed):
        await _run(world, _people(2))
    assert world.flex.busy == set(), "nothing is under way any more once it is told"
    assert len(world.flex.rows) == 2


# -- changed since it was confirmed -------------------------------------------------------------------------


async def _stale(plan: Plan) -> bool:
    return False


@virtually
async def test_of_many_that_changed_since_nothing_is_asked_sent_or_linked() -> None:
    world = World()
    world.flex.put("1-OLD", PERSON.ref, **PERSON.body)
    _another_engine(world, fresh={Asset.SYNC: CheckedBy(_stale)})
    push = await _run(world, _sync(PERSON, person_step("P-2", "Bao")))
    assert (push.state, push.reason) == (PushState.REFUSED, "plan-changed")
    assert await _states(world) == ["refused", "refused"]
    assert world.flex.looked_at == []
    assert world.flex.sent == []
    assert await world.book.all(Link) == []


@virtually
async def test_where_nothing_is_ready_to_be_sent_the_plan_is_not_asked_about_and_its_question_stays() -> None:
    world = World()
    world.flex.put("1-OTHER", PERSON.ref, FirstName="Somebody")
    assert (await _run(world, _sync(PERSON))).state is PushState.NEEDS_YOU
    await _another_engine(world, fresh={Asset.SYNC: CheckedBy(_stale)}).recover()
    (push,) = await world.engine.resume()
    assert (push.state, push.reason) == (PushState.NEEDS_YOU, "")
    push = await world.engine.decide("P1", 0, Resolution(Choice.LINK))
    assert push.state is PushState.DONE
