"""What is over leaves the live log with all that reports it; what a person may still act on stays."""

from __future__ import annotations

import asyncio
import itertools
from typing import ClassVar

import msgspec
import pytest

from core.errors import BookClosed
from core.push.activity import read_activity
from core.push.caretaker import (
    AT_ONCE,
    Archiver,
    CareStopped,
    Caretaker,
    GoingOn,
    NeedsPerson,
    SecondRecord,
    shrunk,
)
from core.push.duplicate_check import CHECK_AFTER, DuplicateChecker
from core.push.live_push import LivePush, steps_of
from core.push.plan import Plan, System
from core.push.ports import Filed, Refused
from core.push.records import Declined, DuplicateCheck, Push, Record, StepRecord, TrailEvent, plan_file
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState, StepState
from tests.support.fakes import World, opportunity_step, person_step, plan_of
from tests.support.virtual_time import virtually

PERSON = person_step()
OPPORTUNITY = opportunity_step(PERSON)
WHOLE = plan_of(PERSON, OPPORTUNITY)


class Sent(Record, frozen=True):
    """Something of another room that goes where its push goes."""

    table: ClassVar[str] = "test-sent"

    push_id: str
    field: str

    @property
    def key(self) -> str:
        return self.push_id


async def _push(world: World, plan: Plan = WHOLE, push_id: str = "P1") -> Push:
    await world.engine.begin(plan, "m.hale", push_id)
    return await world.engine.run(push_id)


async def _looked_up(world: World) -> None:
    for _ in range(2):
        await asyncio.sleep(CHECK_AFTER)
        await world.duplicates.run_due()
    assert await world.book.all(DuplicateCheck) == []


def _archiver(world: World) -> Archiver:
    return Archiver(world.book, world.engine, [Sent])


@virtually
async def test_a_push_that_is_over_takes_its_steps_and_what_belongs_to_it_along() -> None:
    world = World()
    push = await _push(world)
    await world.book.commit(Sent("P1", "ab"), Sent("P2", "cd"))
    steps = await steps_of(world.book, push)
    await _looked_up(world)
    assert await _archiver(world).run() == 1
    assert await world.book.all(StepRecord) == []
    assert await world.book.all(Push) == [push]
    assert await world.book.all(Sent) == [Sent("P2", "cd")]
    assert Sent("P1", "ab") in await world.book.archived("P1")
    assert await steps_of(world.book, push) == [shrunk(step) for step in steps]
    assert len((await read_activity(world.book, push)).steps) == 2
    assert await _archiver(world).run() == 0, "nothing is left to move"


@virtually
async def test_a_push_stays_while_a_second_record_of_it_may_turn_up() -> None:
    world = World()
    await _push(world)
    assert await _archiver(world).run() == 0
    await asyncio.sleep(CHECK_AFTER)
    await world.duplicates.run_due()
    assert await _archiver(world).run() == 0
    assert len(await world.book.all(StepRecord)) == 2


@virtually
async def test_what_a_person_may_act_on_stays() -> None:
    world = World()
    world.flex.script.extend(["done", Refused("refused")])
    push = await _push(world)
    await _looked_up(world)
    assert push.state is PushState.PARTIAL
    assert await _archiver(world).run() == 0
    await world.book.delete_file(plan_file("P1"))
    assert await _archiver(world).run() == 0


@virtually
async def test_a_refused_push_stays_until_its_plan_is_gone() -> None:
    world = World()
    world.flex.script.append(Refused("refused"))
    push = await _push(world, plan_of(PERSON))
    await _looked_up(world)
    assert push.state is PushState.REFUSED
    assert await _archiver(world).run() == 0
    await world.book.delete_file(plan_file("P1"))
    assert await _archiver(world).run() == 1
    (left,) = await world.book.all(Declined)
    (step,) = await steps_of(world.book, push)
    assert (left.ref, left.sent) == (PERSON.ref, step.sent)


@virtually
async def test_an_archived_push_is_decided_like_any_other() -> None:
    world = World()
    world.flex.script.append(Refused("refused"))
    await _push(world)
    await _looked_up(world)
    await world.book.delete_file(plan_file("P1"))
    assert await _archiver(world).run() == 1
    push = await world.engine.decide("P1", 0, Resolution(Choice.LEAVE))
    assert (await steps_of(world.book, push))[0].state is StepState.SKIPPED
    assert len(await world.book.all(StepRecord)) == 2, "who acts on a push needs no archive"
    world.restart()
    await world.engine.recover()
    assert (await steps_of(world.book, push))[0].state is StepState.SKIPPED


@virtually
async def test_what_arrived_later_takes_the_place_of_what_was_declined() -> None:
    world = World()
    world.flex.script.append(Refused("refused"))
    await _push(world, plan_of(PERSON))
    await _looked_up(world)
    await world.book.delete_file(plan_file("P1"))
    await _archiver(world).run()
    await _push(world, plan_of(PERSON), "P2")
    await _looked_up(world)
    assert await _archiver(world).run() == 1
    (left,) = await world.book.all(Declined)
    assert left.sent == {}


@virtually
async def test_an_older_refusal_that_is_archived_later_does_not_take_it_back() -> None:
    world = World()
    world.flex.script.append(Refused("refused"))
    await _push(world, plan_of(PERSON))
    await _push(world, plan_of(PERSON), "P2")
    await _looked_up(world)
    assert await _archiver(world).run() == 1
    await world.book.delete_file(plan_file("P1"))
    assert await _archiver(world).run() == 1
    (left,) = await world.book.all(Declined)
    assert left.sent == {}


@virtually
async def test_a_push_that_runs_again_is_left_alone() -> None:
    world = World()
    push = await _push(world, plan_of(PERSON))
    await _looked_up(world)
    somebody_holds: list[LivePush] = []
    is_held = True
    get = world.book.get

    async def get_and_bring_back(kind: type[Record], key: str) -> Record | None:
        if kind is Sent and is_held:
            somebody_holds.append(await world.engine.bring_back("P1"))
        return await get(kind, key)

    world.book.get = get_and_bring_back
    assert await _archiver(world).run() == 0
    assert len(await world.book.all(StepRecord)) == push.size
    is_held = False
    somebody_holds.clear()
    assert await _archiver(world).run() == 1


@virtually
async def test_the_engine_keeps_what_is_not_over() -> None:
    world = World()
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    assert world.engine.live("P1") is not None
    task = world.engine.run("P1")
    await asyncio.sleep(0.01)
    assert world.engine.live("P1") is not None
    await task
    assert world.engine.live("P1") is None


@virtually
async def test_a_run_is_bounded_and_the_next_one_goes_on() -> None:
    world = World()
    world.flex.can_look = False
    count = AT_ONCE + 3
    for n in range(count):
        await _push(world, plan_of(person_step(f"P-{n}"), subject=f"C-{n}"), f"P{n:03}")
    assert await _archiver(world).run(batches=1) == AT_ONCE
    assert await _archiver(world).run(batches=1) == 3
    assert world.engine.live("P000") is None, "the engine holds no push that is over"


def event(code: str, at: float, said: str = "") -> TrailEvent:
    return TrailEvent(at, code, said)


@virtually
async def test_a_trail_keeps_its_codes_their_times_and_the_last_words() -> None:
    world = World()
    push = await _push(world, plan_of(PERSON))
    (step,) = await steps_of(world.book, push)
    trail = (
        event("intent", 1.0),
        event("lost", 2.0, "POST /contacts"),
        *(event("not-there-yet", 3.0 + n) for n in range(5)),
        event("applied", 9.0, "POST /contacts → 201"),
        event("note", 10.0),
    )
    short = shrunk(msgspec.structs.replace(step, trail=trail))
    assert [(one.code, one.at) for one in short.trail] == [
        ("intent", 1.0),
        ("lost", 2.0),
        ("not-there-yet", 3.0),
        ("not-there-yet", 7.0),
        ("applied", 9.0),
        ("note", 10.0),
    ]
    assert [one.said for one in short.trail if one.said] == ["POST /contacts → 201"]
    assert (short.sent, short.state) == (step.sent, step.state)


# -- the caretaker ------------------------------------------------------------------------------------------


def _caretaker(world: World) -> Caretaker:
    return Caretaker(world.engine, world.duplicates, _archiver(world))


@virtually
async def test_an_unfinished_push_goes_on_and_the_caretaker_says_so() -> None:
    world = World()
    await world.engine.begin(WHOLE, "m.hale", "P1")
    world.restart()
    await world.engine.recover()
    event = await anext(_caretaker(world).run())
    assert isinstance(event, GoingOn)
    assert event.push.push_id == "P1"
    assert (await event.run).state is PushState.DONE
    assert len(world.flex.sent) == 2


@virtually
async def test_a_push_that_waits_for_a_person_is_named_and_what_can_go_on_goes_on() -> None:
    world = World()
    world.flex.script.append("lost")
    world.flex.can_look = False
    assert (await _push(world)).state is PushState.NEEDS_YOU
    world.restart()
    await world.engine.recover()
    event = await anext(_caretaker(world).run())
    assert isinstance(event, NeedsPerson)
    assert (await event.run).state is PushState.NEEDS_YOU
    assert len(world.flex.sent) == 1


@virtually
async def test_a_second_record_is_reported_by_the_pass_at_the_start() -> None:
    world = World()
    await _push(world)
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    before = asyncio.get_running_loop().time()
    event = await anext(_caretaker(world).run())
    assert isinstance(event, SecondRecord)
    assert (event.step.error, set(event.step.candidates)) == ("second-record", {"1-00000", "1-TWIN"})
    assert asyncio.get_running_loop().time() == before


@virtually
async def test_a_second_record_that_comes_later_is_reported_when_the_check_is_due() -> None:
    world = World()
    await _push(world)
    before = asyncio.get_running_loop().time()
    waiting = asyncio.ensure_future(anext(_caretaker(world).run()))
    await asyncio.sleep(1)
    looks = len(world.flex.looked_at)
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    assert isinstance(await waiting, SecondRecord)
    assert asyncio.get_running_loop().time() - before == pytest.approx(CHECK_AFTER, abs=1)
    assert len(world.flex.looked_at) == looks + 1, "one pass asks one system once"


@virtually
async def test_a_finished_push_is_archived_after_its_last_pass_and_a_round_takes_a_minute_at_least() -> None:
    world = World()
    await _push(world)
    rounds: list[float] = []
    run_due = DuplicateChecker.run_due

    class Counted(DuplicateChecker):
        async def run_due(self) -> list[StepRecord]:
            rounds.append(asyncio.get_running_loop().time())
            return await run_due(self)

    remotes = {System.FLEX: world.flex}
    duplicates = Counted(world.book, remotes, world.clock, world.engine)
    caring = asyncio.ensure_future(anext(Caretaker(world.engine, duplicates, _archiver(world)).run()))
    await asyncio.sleep(2 * CHECK_AFTER + 300)
    assert await world.book.all(StepRecord) == []
    gaps = [later - earlier for earlier, later in itertools.pairwise(rounds)]
    assert gaps[-1] == min(gaps) == pytest.approx(60.0)
    caring.cancel()


@virtually
async def test_a_book_that_can_not_be_read_ends_the_caretaker_with_the_reason() -> None:
    world = World()
    await _push(world)
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    world.book.fails_at = 0
    events = [event async for event in _caretaker(world).run()]
    assert [type(event) for event in events] == [CareStopped]
    assert isinstance(events[0], CareStopped)
    assert isinstance(events[0].error, BookClosed)


@virtually
async def test_a_book_that_can_not_be_archived_into_stops_no_check() -> None:
    world = World()
    await _push(world)

    async def refuse(*filed: Filed) -> None:
        raise BookClosed("disk-full", "The disk is full.")

    world.book.archive = refuse
    waiting = asyncio.ensure_future(anext(_caretaker(world).run()))
    await asyncio.sleep(3 * CHECK_AFTER)
    assert not waiting.done()
    assert await world.book.all(DuplicateCheck) == []
    waiting.cancel()


@virtually
async def test_resume_gives_each_push_that_goes_on_or_has_a_second_record_once() -> None:
    world = World()
    await _push(world)
    world.flex.put("1-TWIN", PERSON.ref, **PERSON.body)
    other = plan_of(person_step("P-2", "Bao"), subject="C-2")
    await world.engine.begin(other, "m.hale", "P2")
    resumed = await _caretaker(world).resume()
    assert {push.push_id: push.state for push in resumed.pushes} == {
        "P1": PushState.NEEDS_YOU,
        "P2": PushState.DONE,
    }
    assert len(resumed.pushes) == 2
    assert [step.push_id for step in resumed.doubled] == ["P1"]
