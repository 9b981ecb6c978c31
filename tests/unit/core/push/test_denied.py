"""What becomes of a write that a reply denied (401, 429): it is looked up before it is sent again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from core.push.plan import Asset, Entity, Operation, Plan, Step, System
from core.push.ports import NotSent, Outcome
from core.push.records import Link, StepRecord, Unlinked, step_key
from core.push.states import PushState, StepState
from core.push.step_runner import SENDS_A_RUN
from tests.support.fakes import World, person_step, plan_of, ref_of, update_step
from tests.support.virtual_time import virtually

PERSON = person_step()
DENIED = NotSent("not-authorised", denied=True)
BOTH_WAYS = pytest.mark.parametrize("asset", [Asset.CARD, Asset.SYNC], ids=["in order", "side by side"])


def _denied_after(world: World, reply: NotSent = DENIED) -> Callable[[], Awaitable[Outcome]]:
    """Return a fate of a write: the system carries the write out, and a gateway denies it."""

    async def deny() -> Outcome:
        world.flex.carry_out(world.flex.sent[-1])
        return reply

    return deny


def _plan(asset: Asset, *steps: Step) -> Plan:
    return Plan(asset, "C-1", "a push", steps)


async def _run(world: World, plan: Plan) -> PushState:
    await world.engine.begin(plan, "m.hale", "P1")
    return (await world.engine.run("P1")).state


async def _step(world: World, n: int = 0) -> StepRecord:
    record = await world.book.get(StepRecord, step_key("P1", n))
    assert record is not None
    return record


@BOTH_WAYS
@pytest.mark.parametrize("reply", [DENIED, NotSent("rate-limited", retry_after=5.0, denied=True)])
def test_a_create_that_was_denied_after_it_arrived_is_adopted_and_not_sent_again(
    asset: Asset, reply: NotSent
) -> None:
    @virtually
    async def live_through() -> None:
        world = World()
        world.flex.script.append(_denied_after(world, reply))
        assert await _run(world, _plan(asset, PERSON)) is PushState.DONE
        assert len(world.flex.of_ref(PERSON.ref)) == len(world.flex.sent) == 1
        assert [link.remote_id for link in await world.book.all(Link)] == world.flex.of_ref(PERSON.ref)
        assert (await _step(world)).trail[-1].code == "found-after-all"

    live_through()


@BOTH_WAYS
@virtually
async def test_a_create_that_was_denied_and_is_not_there_is_looked_up_once_and_sent_again(
    asset: Asset,
) -> None:
    world = World()
    world.flex.script.append(DENIED)
    assert await _run(world, _plan(asset, PERSON)) is PushState.DONE
    assert (len(world.flex.sent), len(world.flex.looked_at)) == (2, 2)
    assert len(world.flex.of_ref(PERSON.ref)) == 1


@BOTH_WAYS
@virtually
async def test_every_denial_is_looked_into_not_only_the_first(asset: Asset) -> None:
    world = World()
    world.flex.script.extend([DENIED, DENIED, _denied_after(world)])
    assert await _run(world, _plan(asset, PERSON)) is PushState.DONE
    assert len(world.flex.sent) == 3
    assert len(world.flex.of_ref(PERSON.ref)) == 1


@BOTH_WAYS
@virtually
async def test_a_create_that_is_denied_again_and_again_pauses_the_push(asset: Asset) -> None:
    world = World()
    world.flex.script.extend([DENIED] * 50)
    assert await _run(world, _plan(asset, PERSON)) is PushState.PAUSED
    assert len(world.flex.sent) == SENDS_A_RUN
    assert (await _step(world)).state is StepState.READY


@virtually
async def test_many_creates_that_are_denied_at_once_share_one_look_up() -> None:
    world = World()
    people = [person_step(f"P-{n}", f"N{n}") for n in range(10)]
    limited = NotSent("rate-limited", retry_after=5.0, denied=True)
    world.flex.script.extend([limited] * len(people))
    assert await _run(world, _plan(Asset.SYNC, *people)) is PushState.DONE
    assert (len(world.flex.sent), len(world.flex.looked_at)) == (2 * len(people), 2)


@virtually
async def test_a_note_that_was_denied_after_it_arrived_is_there_once() -> None:
    world = World()
    ref = ref_of(Entity.NOTE, "N-1")
    note = Step(ref, System.FLEX, Entity.NOTE, Operation.CREATE, "N-1", "", {"text": ref}, parent="1-KNOWN")
    world.flex.script.append(_denied_after(world))
    assert await _run(world, plan_of(note)) is PushState.DONE
    assert len(world.flex.of_ref(ref)) == len(world.flex.sent) == 1


@BOTH_WAYS
@virtually
async def test_what_cant_be_looked_up_counts_as_not_sent_when_it_is_denied(asset: Asset) -> None:
    world = World()
    world.flex.can_look = False
    world.flex.script.append(DENIED)
    assert await _run(world, _plan(asset, PERSON)) is PushState.DONE
    assert (len(world.flex.sent), world.flex.looked_at) == (2, [])


@virtually
async def test_an_update_that_was_denied_is_sent_again() -> None:
    world = World()
    world.flex.put("1-KNOWN", None, LastName="Before")
    world.flex.script.append(_denied_after(world))
    assert await _run(world, plan_of(update_step())) is PushState.DONE
    assert (len(world.flex.sent), world.flex.looked_at) == (2, [])


@virtually
async def test_a_record_of_which_the_create_was_denied_is_not_taken_for_the_one_that_was_unlinked() -> None:
    world = World()
    old = Unlinked(System.FLEX, Entity.PERSON, "P-1", "1-OLD", "person", "BD-OLD", "m.hale", 0)
    await world.book.commit(old)
    world.flex.script.append(_denied_after(world))
    assert await _run(world, plan_of(PERSON)) is PushState.DONE
    assert await world.book.all(Unlinked) == []
