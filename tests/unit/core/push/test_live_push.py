"""What one push writes and keeps: a change, a note, an end, a doubt, and where the whole then stands."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from core.push.live_push import LivePush, lift_blocks
from core.push.plan import Entity, Operation, Step, System
from core.push.records import DuplicateCheck, Link, Push, StepRecord, TrailEvent, Unlinked, step_key
from core.push.states import MAY_FOLLOW, IllegalChange, PushState, StepState
from tests.support.fakes import World, back_step, opportunity_step, person_step, plan_of, ref_of, update_step
from tests.support.virtual_time import virtually

PERSON = person_step()
KNOWN = update_step()


async def _begun(*steps: Step) -> tuple[World, LivePush]:
    """Give a push that was begun a minute ago."""
    world = World()
    await world.engine.begin(plan_of(*steps or (PERSON,)), "m.hale", "P1")
    live = world.engine.live("P1")
    assert live is not None
    live.lease = await world.book.claim("P1", 90)
    await asyncio.sleep(60)
    return world, live


async def _held(world: World, n: int = 0) -> StepRecord:
    record = await world.book.get(StepRecord, step_key("P1", n))
    assert record is not None
    return record


def _put(live: LivePush, state: StepState, **fields: Any) -> None:
    """Let the first step stand elsewhere, however it came there."""
    live.steps[0] = msgspec.structs.replace(live.steps[0], state=state, **fields)


# -- a note, a change ---------------------------------------------------------------------------------------


@virtually
async def test_a_note_is_durable_on_the_trail_and_heard_and_moves_nothing() -> None:
    world, live = await _begun()
    heard: list[tuple[StepRecord, ...]] = []
    live.listen = lambda live, step: heard.append(tuple(live.steps))
    await live.note(0, "unreachable", "it is down")
    await live.note(0, "noted", before={"LastName": "hash"})
    record, now = await _held(world), world.clock.now()
    assert record.trail == (TrailEvent(now, "unreachable", "it is down"), TrailEvent(now, "noted"))
    assert (record.state, record.before) == (StepState.READY, {"LastName": "hash"})
    assert live.steps == [record]
    assert [steps[0].trail for steps in heard] == [record.trail[:1], record.trail]


@virtually
async def test_a_change_that_may_not_be_is_refused_before_anything_is_written() -> None:
    world, live = await _begun()
    before = live.steps[0]
    with pytest.raises(IllegalChange):
        await live.change(0, StepState.UNKNOWN, "no-reply")
    assert live.steps == [before]
    assert await _held(world) == before


STILL = {StepState.REFUSED, StepState.BLOCKED, StepState.UNKNOWN, StepState.NEEDS_YOU, StepState.CONFLICT}


@pytest.mark.parametrize("state", list(StepState))
@virtually
async def test_why_a_step_stands_is_shown_only_where_it_does(state: StepState) -> None:
    world, live = await _begun()
    before = next(before for before in StepState if state in MAY_FOLLOW[before])
    _put(live, before, error="an-older-one", detail="of before")
    await live.change(0, state, "a-code", "what was said")
    record = await _held(world)
    assert (record.error, record.detail) == (("a-code", "what was said") if state in STILL else ("", ""))
    assert record.trail[-1] == TrailEvent(world.clock.now(), "a-code", "what was said")


# -- the end ------------------------------------------------------------------------------------------------


@virtually
async def test_the_end_of_a_step_is_one_commit_that_links_and_forgets_what_was_asked() -> None:
    world, live = await _begun()
    old = Unlinked(System.FLEX, Entity.PERSON, "P-1", "1-OLD", "person", PERSON.ref, "m.hale", 0)
    await world.book.commit(old)
    _put(live, StepState.CONFLICT, candidates=("1-OLD", "1-NEW"), forced=True)
    commits = world.book.commits
    await live.finish(0, "1-NEW", "decided-link")
    assert world.book.commits == commits + 1
    record, now = await _held(world), world.clock.now()
    assert (record.state, record.remote_id) == (StepState.DONE, "1-NEW")
    assert (record.candidates, record.forced) == ((), False)
    assert await world.book.all(Link) == [
        Link(System.FLEX, Entity.PERSON, "P-1", "1-NEW", PERSON.ref, now),
    ]
    assert await world.book.all(Unlinked) == []


@pytest.mark.parametrize(
    ("step", "remote_id"), [(PERSON, ""), (back_step(PERSON), "P-1")], ids=["without an id", "write-back"]
)
@virtually
async def test_what_made_no_record_that_has_an_id_leaves_no_link(step: Step, remote_id: str) -> None:
    world, live = await _begun(step)
    await live.finish(0, remote_id, "decided-there")
    assert (await _held(world)).state is StepState.DONE
    assert await world.book.all(Link) == []


# -- a doubt ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ago", [None, 45.0], ids=["just now", "when the desk died"])
@virtually
async def test_a_doubt_says_when_and_why_and_is_on_the_list_of_what_is_looked_up_again(
    ago: float | None,
) -> None:
    world, live = await _begun()
    now = world.clock.now()
    _put(live, StepState.INTENT, sent_at=now - 50)
    sent_at = None if ago is None else now - ago
    await live.doubt(0, "server-error", "POST → 500", detail="its own words", sent_at=sent_at)
    record = await _held(world)
    assert (record.state, record.error, record.detail) == (
        StepState.UNKNOWN,
        "server-error",
        "its own words",
    )
    assert record.sent_at == now - (ago or 0.0)
    assert record.trail[-1].said == "POST → 500"
    assert await world.book.all(DuplicateCheck) == [
        DuplicateCheck(step_key("P1", 0), live.steps[0].attempts, now)
    ]


# -- where the whole stands ---------------------------------------------------------------------------------


@virtually
async def test_where_a_push_stands_is_written_with_the_time_since_when() -> None:
    world, live = await _begun()
    begun = live.push
    await live.stand(PushState.PAUSED, "unreachable")
    (held,) = await world.book.all(Push)
    assert held == live.push
    assert (held.state, held.reason) == (PushState.PAUSED, "unreachable")
    assert (held.created_at, held.updated_at) == (begun.created_at, begun.updated_at + 60)


# -- what other steps are told ------------------------------------------------------------------------------


@virtually
async def test_an_id_is_given_to_other_steps_only_while_its_step_is_done() -> None:
    _, live = await _begun(KNOWN)
    assert live.steps[0].remote_id == "1-KNOWN"
    assert live.ids == {}
    await live.finish(0, "1-KNOWN", "there-already")
    assert live.ids == {KNOWN.ref: "1-KNOWN"}
    await live.change(0, StepState.CONFLICT, "second-record")
    assert live.ids == {}


@virtually
async def test_a_create_never_made_what_another_made_but_a_change_may_be_of_it() -> None:
    contact = Step(
        ref_of(Entity.CONTACT, "P-9"), System.FLEX, Entity.CONTACT, Operation.CREATE, "P-9", "", {}
    )
    _, live = await _begun(PERSON, person_step("P-3"), update_step("P-2", "1-A"), contact)
    assert not live.is_made_by_another_step(1, "1-A")
    await live.finish(0, "1-A", "applied")
    assert [live.is_made_by_another_step(n, "1-A") for n in range(4)] == [False, True, False, False]
    assert not live.is_made_by_another_step(1, "1-B")


@virtually
async def test_a_block_is_lifted_once_its_ground_is_no_longer_lost_and_not_before() -> None:
    world, live = await _begun(PERSON, opportunity_step(PERSON))
    await live.change(0, StepState.REFUSED, "refused")
    await live.change(1, StepState.BLOCKED, "blocked")
    blocked = await _held(world, 1)
    await lift_blocks(live)
    assert await _held(world, 1) == blocked
    await live.change(0, StepState.READY, "decided-again")
    await lift_blocks(live)
    lifted = await _held(world, 1)
    assert (lifted.state, [event.code for event in lifted.trail]) == (
        StepState.READY,
        ["blocked", "unblocked"],
    )
