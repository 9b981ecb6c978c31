"""What becomes of a push whose plan file is gone, as after `book.log` was restored alone."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from core.errors import DeskError
from core.push.activity import needs_you
from core.push.engine import Engine
from core.push.plan import Asset, Plan, Step, System
from core.push.records import DuplicateCheck, Link, Push, StepRecord, plan_file, step_key
from core.push.resolutions import Choice, Resolution, choices
from core.push.states import PushState, StepState
from tests.support.fakes import (
    CheckedBy,
    World,
    link_step,
    opportunity_step,
    person_step,
    plan_of,
    update_step,
)
from tests.support.virtual_time import virtually

PERSON = person_step()
BOTH_WAYS = pytest.mark.parametrize("asset", [Asset.CARD, Asset.SYNC], ids=["in order", "side by side"])


async def _restore_in_mid_push(world: World, *steps: Step, asset: Asset = Asset.CARD, **fields: Any) -> None:
    """Leave a push whose first step is an INTENT, without its plan, and start again."""
    plan = msgspec.structs.replace(plan_of(*steps), asset=asset)
    await world.engine.begin(plan, "m.hale", "P1")
    record = await _step(world)
    intent = {"state": StepState.INTENT, "attempts": 1, "sent_at": world.clock.now(), **fields}
    await world.book.commit(msgspec.structs.replace(record, **intent))
    await world.book.delete_file(plan_file("P1"))
    await world.restart().recover()


async def _step(world: World, n: int = 0) -> StepRecord:
    record = await world.book.get(StepRecord, step_key("P1", n))
    assert record is not None
    return record


async def _push(world: World) -> Push:
    push = await world.book.get(Push, "P1")
    assert push is not None
    return push


@virtually
async def test_an_intent_without_its_plan_is_unknown_and_its_push_pauses_and_says_why() -> None:
    world = World()
    await _restore_in_mid_push(world, PERSON)
    step, push = await _step(world), await _push(world)
    assert (step.state, step.error) == (StepState.UNKNOWN, "interrupted")
    assert (push.state, push.reason) == (PushState.PAUSED, "plan-gone")
    assert needs_you(push, latest=True)
    assert [check.step for check in await world.book.all(DuplicateCheck)] == [step.key]
    assert [unfinished.push_id for unfinished in world.engine.unfinished()] == ["P1"]


@BOTH_WAYS
@virtually
async def test_a_record_that_is_found_without_the_plan_is_shown_to_a_person_who_links_it(
    asset: Asset,
) -> None:
    world = World()
    world.flex.put("1-MADE", PERSON.ref, FirstName="Linh")
    await _restore_in_mid_push(world, PERSON, asset=asset)
    (push,) = await world.engine.resume()
    step = await _step(world)
    assert (push.state, step.state) == (PushState.NEEDS_YOU, StepState.CONFLICT)
    assert (step.error, step.candidates) == ("found-without-plan", ("1-MADE",))
    world.restart()
    await world.engine.recover()
    decided = await world.engine.decide("P1", 0, Resolution(Choice.LINK, "1-MADE"))
    assert decided.state is PushState.DONE
    assert [link.remote_id for link in await world.book.all(Link)] == ["1-MADE"]
    assert world.flex.sent == []


@BOTH_WAYS
@virtually
async def test_without_its_plan_nothing_is_sent_and_the_card_can_be_pushed_again(asset: Asset) -> None:
    world = World()
    await _restore_in_mid_push(world, PERSON, person_step("P-3", "Jo"), asset=asset)
    (push,) = await world.engine.resume()
    steps = [await _step(world), await _step(world, 1)]
    assert push.state is PushState.REFUSED
    assert needs_you(push, latest=True)
    assert [(step.state, step.error) for step in steps] == [(StepState.REFUSED, "plan-gone")] * 2
    assert len(world.flex.looked_at) == 2, "the interrupted step, twice"
    assert [choices(step) for step in steps] == [(Choice.LEAVE,)] * 2
    assert world.flex.sent == []
    again = await world.engine.begin(plan_of(PERSON), "m.hale", "P2")
    assert again.push_id == "P2"
    assert (await world.engine.run("P2")).state is PushState.DONE


@virtually
async def test_what_was_never_sent_is_refused_without_its_plan_and_not_checked_for_changes() -> None:
    world = World()

    async def changed(plan: Plan) -> bool:
        return False

    world.fresh = changed
    await world.engine.begin(plan_of(PERSON, opportunity_step(PERSON)), "m.hale", "P1")
    await world.book.delete_file(plan_file("P1"))
    await world.restart().recover()
    (push,) = await world.engine.resume()
    assert (push.state, push.reason) == (PushState.REFUSED, "")
    assert [(await _step(world, n)).error for n in (0, 1)] == ["plan-gone", "plan-gone"]
    assert await world.restart().recover() == []


@pytest.mark.parametrize(
    ("there", "state", "code"),
    [
        ({"LastName": "Tran"}, StepState.DONE, "read-back"),
        ({"LastName": "Before"}, StepState.REFUSED, "plan-gone"),
        ({"LastName": "Other"}, StepState.NEEDS_YOU, "changed-meanwhile"),
    ],
)
def test_an_update_without_its_plan_is_read_back_by_its_hashes(
    there: dict[str, str], state: StepState, code: str
) -> None:
    @virtually
    async def live_through() -> None:
        world = World()
        world.flex.put("1-KNOWN", None, **there)
        hashes = {name: {"LastName": world.book.keyed_hash("LastName", name)} for name in ("Before", "Tran")}
        await _restore_in_mid_push(world, update_step(), before=hashes["Before"], sent=hashes["Tran"])
        await world.engine.resume()
        step = await _step(world)
        assert (step.state, step.trail[-1].code) == (state, code)
        assert world.flex.sent == []

    live_through()


@virtually
async def test_an_update_of_which_no_hash_is_left_asks_a_person() -> None:
    world = World()
    world.flex.put("1-KNOWN", None, LastName="Tran")
    await _restore_in_mid_push(world, update_step())
    await world.engine.resume()
    step = await _step(world)
    assert (step.state, step.error) == (StepState.NEEDS_YOU, "changed-meanwhile")
    with pytest.raises(DeskError, match="no longer kept"):
        await world.engine.decide("P1", 0, Resolution(Choice.NOT_THERE))


@virtually
async def test_a_set_without_its_plan_is_refused_and_not_sent() -> None:
    world = World()
    await _restore_in_mid_push(world, msgspec.structs.replace(link_step(PERSON), needs=()))
    (push,) = await world.engine.resume()
    assert (push.state, (await _step(world)).error) == (PushState.REFUSED, "plan-gone")
    assert world.flex.sent == []


@virtually
async def test_what_cant_be_looked_up_without_its_plan_asks_a_person() -> None:
    world = World()
    world.flex.can_look = False
    await _restore_in_mid_push(world, PERSON)
    await world.engine.resume()
    step = await _step(world)
    assert (step.state, step.error) == (StepState.NEEDS_YOU, "cannot-look-up")


@virtually
async def test_a_step_in_doubt_without_its_plan_is_settled_before_another_push_of_it_is_sent() -> None:
    world = World()
    world.flex.put("1-MADE", PERSON.ref, IntegrationId=PERSON.ref, FirstName="Linh")
    await _restore_in_mid_push(world, PERSON)
    await world.engine.begin(plan_of(PERSON, subject="C-2"), "m.hale", "P2")
    assert (await world.engine.run("P2")).state is PushState.DONE
    assert (await _step(world)).state is StepState.CONFLICT
    assert world.flex.sent == []


@virtually
async def test_steps_side_by_side_without_their_plan_are_refused_and_not_checked_for_changes() -> None:
    world = World()
    asked: list[Plan] = []

    async def changed(plan: Plan) -> bool:
        asked.append(plan)
        return False

    await world.engine.begin(Plan(Asset.SYNC, "sync", "sync", (PERSON,)), "m.hale", "P1")
    await world.book.delete_file(plan_file("P1"))
    fresh = {Asset.SYNC: CheckedBy(changed)}
    engine = Engine(world.book, {System.FLEX: world.flex}, world.clock, Random(1), fresh=fresh)
    await engine.recover()
    (push,) = await engine.resume()
    assert (push.state, (await _step(world)).error) == (PushState.REFUSED, "plan-gone")
    assert asked == []


@virtually
async def test_a_step_without_its_plan_waits_for_the_record_above_it() -> None:
    """Some systems find a record only by the id of the record above."""
    world = World()
    world.flex.put("1-MADE", PERSON.ref, FirstName="Linh")
    loan = msgspec.structs.replace(opportunity_step(PERSON), parent=PERSON.ref)
    await world.engine.begin(plan_of(PERSON, loan), "m.hale", "P1")
    for n in (0, 1):
        interrupted = msgspec.structs.replace(await _step(world, n), state=StepState.INTENT, attempts=1)
        await world.book.commit(interrupted)
    await world.book.delete_file(plan_file("P1"))
    await world.restart().recover()
    await world.engine.resume()
    assert [(await _step(world, n)).state for n in (0, 1)] == [StepState.CONFLICT, StepState.UNKNOWN]
    await world.engine.decide("P1", 0, Resolution(Choice.LINK, "1-MADE"))
    await world.engine.resume()
    assert [(await _step(world, n)).state for n in (0, 1)] == [StepState.DONE, StepState.REFUSED]
    assert world.flex.sent == []
