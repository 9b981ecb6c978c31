"""What the engine keeps and forgets of a step while it is in doubt, decided again, or over: each caught a mutant."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from random import Random

import msgspec
import pytest

from core.errors import BookClosed, DeskError, Unreachable
from core.push.duplicate_check import CHECK_AFTER, PASSES_NEEDED
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref
from core.push.ports import Applied, Lost, NotSent, Refused, RemoteRecord
from core.push.records import DuplicateCheck, Link, Push, StepRecord, plan_file
from core.push.resolutions import Choice, Resolution, choices
from core.push.states import PushState, StepState
from core.push.step_runner import LOOKS_A_RUN
from tests.support.fakes import (
    CheckedBy,
    World,
    back_step,
    opportunity_step,
    person_step,
    plan_of,
    update_step,
)
from tests.support.virtual_time import virtually

PERSON = person_step()


async def _run(world: World, plan: Plan, push_id: str = "P1") -> Push:
    await world.engine.begin(plan, "m.hale", push_id)
    return await world.engine.run(push_id)


def _record(world: World, n: int = 0, push_id: str = "P1") -> StepRecord:
    return world.held_steps(push_id)[n]


# -- changes that are sent side by side ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "code", "sends"), [("lost-after", "read-back", 1), ("lost", "as-it-was", 2)]
)
@virtually
async def test_a_lost_change_among_many_is_read_back_and_not_looked_up(
    script: str, code: str, sends: int
) -> None:
    """A record of its kind could be looked up by reference; but it was there before, and bears none."""
    world = World()
    world.flex.put("1-KNOWN", None, LastName="Before")
    world.flex.script.append(script)
    undo = Plan(Asset.UNDO, "undo", "undo", (update_step(),))
    assert (await _run(world, undo)).state is PushState.DONE
    assert code in [event.code for event in _record(world).trail]
    assert (world.flex.looked_at, len(world.flex.sent)) == ([], sends)
    assert world.flex.rows["1-KNOWN"].fields == {"LastName": "Tran"}


@virtually
async def test_a_sync_is_proved_before_its_first_send_and_not_again_once_it_has_begun() -> None:
    """Half of it is linked by then, so that the same plan would not be made any more."""
    world = World()
    asked = 0

    async def fresh(plan: Plan) -> bool:
        nonlocal asked
        asked += 1
        return not world.flex.sent

    world.flex.script.extend(["lost", "lost-after"])
    steps = tuple(person_step(f"P-{n}", f"N{n}") for n in range(5))
    world.engine = Engine(
        world.book, {System.FLEX: world.flex}, world.clock, Random(1), fresh={Asset.SYNC: CheckedBy(fresh)}
    )
    assert (await _run(world, Plan(Asset.SYNC, "sync", "sync", steps))).state is PushState.DONE
    assert (asked, len(world.flex.sent)) == (1, 6)


# -- decided again -------------------------------------------------------------------------------------------


@virtually
async def test_a_push_that_a_decision_sets_going_again_is_the_subjects_one_push() -> None:
    world = World()
    world.flex.script.append(Refused("refused"))
    assert (await _run(world, plan_of(PERSON))).state is PushState.REFUSED
    assert world.engine.active("C-1") is None
    world.flex.takes = 30.0
    deciding = asyncio.ensure_future(world.engine.decide("P1", 0, Resolution(Choice.AGAIN)))
    await asyncio.sleep(5)
    assert (await world.engine.begin(plan_of(PERSON), "m.hale", "P2")).push_id == "P1"
    assert (await deciding).state is PushState.DONE
    assert len(world.flex.sent) == 2
    assert world.engine.active("C-1") is None


async def _in_conflict(world: World) -> StepRecord:
    world.flex.put("1-STRANGER", PERSON.ref, FirstName="Somebody else")
    assert (await _run(world, plan_of(PERSON))).state is PushState.NEEDS_YOU
    record = _record(world)
    assert (record.error, record.candidates) == ("found-differs", ("1-STRANGER",))
    return record


@virtually
async def test_what_was_shown_to_choose_from_is_forgotten_when_it_is_sent_as_new() -> None:
    world = World()
    await _in_conflict(world)
    world.flex.can_look = False
    world.flex.script.append("lost")
    push = await world.engine.decide("P1", 0, Resolution(Choice.AS_NEW, workspace="test"))
    assert (push.state, _record(world).error) == (PushState.NEEDS_YOU, "cannot-look-up")
    with pytest.raises(DeskError) as caught:
        await world.engine.decide("P1", 0, Resolution(Choice.THERE))
    assert (caught.value.code, caught.value.message[:7]) == ("which-one", "Step 1 ")
    assert await world.book.all(Link) == []


INSIGHT_REF = make_ref("test", System.FLEX, Entity.INSIGHT, "M-1")
INSIGHT = Step(INSIGHT_REF, System.FLEX, Entity.INSIGHT, Operation.CREATE, "M-1", "an insight", {"type": "x"})


@virtually
async def test_what_was_shown_to_choose_from_is_forgotten_when_it_is_sent_all_the_same() -> None:
    """The one from elsewhere was said not to be ours; a lost reply later, “it is there” must not link it."""
    world = World()
    elsewhere = RemoteRecord("1-ELSEWHERE", None, {"type": "x"})
    world.flex.rows[elsewhere.remote_id] = elsewhere

    async def look_up(requests):
        return {asked.ref: list(world.flex.rows.values()) for asked in requests}

    world.flex.look_up = look_up
    assert (await _run(world, plan_of(INSIGHT))).state is PushState.NEEDS_YOU
    assert _record(world).candidates == ("1-ELSEWHERE",)
    world.flex.script.append("lost")
    sending = asyncio.ensure_future(world.engine.decide("P1", 0, Resolution(Choice.AGAIN)))
    await asyncio.sleep(5)  # lost, and waiting to be looked for
    assert _record(world).state is StepState.UNKNOWN
    await world.engine.decide("P1", 0, Resolution(Choice.THERE))
    await sending
    assert "1-ELSEWHERE" not in {link.remote_id for link in await world.book.all(Link)}


@virtually
async def test_a_step_in_doubt_waits_while_what_it_needs_is_in_conflict() -> None:
    """The duplicate check found a second person; whether the opportunity arrived is still not known."""
    world = World()
    opportunity = opportunity_step(PERSON)
    look_up = world.flex.look_up

    async def down_after_two(requests):
        if len(world.flex.sent) == 2:
            raise Unreachable("unreachable", "It is down.")
        return await look_up(requests)

    world.flex.look_up = down_after_two
    world.flex.script.extend(["lost-after", "lost-after"])
    assert (await _run(world, plan_of(PERSON, opportunity))).state is PushState.PAUSED
    world.flex.look_up = look_up
    world.flex.put("1-TWIN", PERSON.ref, FirstName="Linh")
    assert [step.error for step in await world.duplicates.run_all()] == ["second-record"]
    (push,) = await world.engine.resume()
    assert push.state is PushState.NEEDS_YOU


@virtually
async def test_a_push_asks_from_the_very_commit_in_which_a_second_record_is_told() -> None:
    """Who dies right after it would else leave a push that is over and asks nobody."""
    world = World()
    await _run(world, plan_of(PERSON))
    world.flex.put("1-TWIN", PERSON.ref, FirstName="Linh")
    world.book.fails_at = world.book.commits + 1
    with suppress(BookClosed):
        await world.duplicates.run_all()
    (push,) = await world.book.all(Push)
    (step,) = await world.book.all(StepRecord)
    assert (push.state, step.state) == (PushState.NEEDS_YOU, StepState.CONFLICT)


@virtually
async def test_a_push_that_turns_out_to_be_open_holds_up_no_later_one_of_its_subject() -> None:
    """An older push ended in part, a newer one is on its way, and then the older one needs a person after all."""
    world = World()
    plan = plan_of(PERSON, back_step(PERSON))
    world.board.script.append(Refused("refused"))
    world.board.put("P-1")
    assert (await _run(world, plan)).state is PushState.PARTIAL
    await world.engine.begin(plan, "m.hale", "P2")
    world.flex.put("1-TWIN", PERSON.ref, FirstName="Linh")
    assert [step.push_id for step in await world.duplicates.run_all()] == ["P1"]
    world.restart()
    assert {push.push_id for push in await world.engine.recover()} == {"P1", "P2"}
    await world.engine.resume()
    states = {push.push_id: push.state for push in await world.book.all(Push)}
    assert states == {"P1": PushState.NEEDS_YOU, "P2": PushState.DONE}


@virtually
async def test_a_push_that_ended_in_part_and_is_looked_at_stands_in_no_later_ones_way() -> None:
    world = World()
    world.board.script.append(Refused("refused"))
    world.board.put("P-1")
    assert (await _run(world, plan_of(PERSON, back_step(PERSON)))).state is PushState.PARTIAL
    world.restart()
    await world.engine.bring_back("P1")
    assert world.engine.active("C-1") is None


@virtually
async def test_a_push_without_its_plan_is_decided_and_never_run() -> None:
    world = World()
    await _run(world, plan_of(PERSON))
    world.flex.put("1-TWIN", PERSON.ref, FirstName="Linh")
    await world.duplicates.run_all()
    world.restart()
    await world.engine.recover()
    with pytest.raises(DeskError, match="is not among its choices"):
        await world.engine.decide("P1", 0, Resolution(Choice.AS_NEW))
    assert await world.engine.resume() == []
    assert (await world.engine.decide("P1", 0, Resolution(Choice.LINK, "1-TWIN"))).state is PushState.DONE


@virtually
async def test_a_step_that_is_still_in_doubt_stays_on_the_list_of_what_is_looked_up_again() -> None:
    world = World()
    world.flex.script.append("lost-after")
    task_of = await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    task = world.engine.run(task_of.push_id)
    await asyncio.sleep(10)  # within the window
    world.flex.put("1-TWIN", PERSON.ref, FirstName="Linh")
    await asyncio.sleep(0)
    assert _record(world).state is StepState.UNKNOWN
    assert await world.duplicates.run_all() == []
    assert len(await world.book.all(DuplicateCheck)) == 1
    assert _record(world).state is StepState.UNKNOWN
    assert (await task).state is PushState.NEEDS_YOU
    assert _record(world).error == "several-found"


@virtually
async def test_what_can_not_be_there_twice_is_dropped_from_that_list_when_its_time_has_come() -> None:
    world = World()
    world.flex.put("1-KNOWN", None, LastName="Before")
    world.flex.script.append("lost-after")
    assert (await _run(world, plan_of(update_step()))).state is PushState.DONE
    assert await world.duplicates.run_all() == []
    assert len(await world.book.all(DuplicateCheck)) == 1
    for _ in range(PASSES_NEEDED):
        await asyncio.sleep(CHECK_AFTER)
        assert await world.duplicates.run_all() == []
    assert await world.book.all(DuplicateCheck) == []


# -- over ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["done", "lost-after"])
@virtually
async def test_a_step_that_is_over_shows_no_error(script: str) -> None:
    world = World()
    world.flex.script.extend([Lost("server-error", "it answered 500"), script])
    assert (await _run(world, plan_of(PERSON))).state is PushState.DONE
    assert (_record(world).error, _record(world).detail) == ("", "")


@virtually
async def test_a_plan_is_removed_also_where_a_crash_came_just_before() -> None:
    world = World()

    async def crash(name: str) -> None:
        raise BookClosed("book-io-error", "The machine stopped here.")

    discard, world.book.delete_file = world.book.delete_file, crash
    with pytest.raises(BookClosed):
        await _run(world, plan_of(PERSON))
    (push,) = await world.book.all(Push)
    assert push.state is PushState.DONE
    world.book.delete_file = discard
    await world.restart().recover()
    assert plan_file("P1") not in world.book.files, "it holds the client's data"


@virtually
async def test_a_plan_whose_push_was_never_written_is_removed() -> None:
    world = World()
    world.book.fails_at = 1  # the plan is kept, the commit of the push is not
    with pytest.raises(BookClosed):
        await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    world.book.fails_at = None
    await world.restart().recover()
    assert world.book.files == {}


@virtually
async def test_one_record_is_never_what_two_creates_of_a_push_made() -> None:
    world = World()
    one, other = person_step("P-1"), person_step("P-2", "Bao")
    world.flex.script.extend(["done", Applied("1-00000")])
    await _run(world, plan_of(one, other))
    linked = [link.remote_id for link in await world.book.all(Link)]
    assert len(linked) == len(set(linked))


@virtually
async def test_whoever_listens_hears_of_a_push_from_its_beginning_to_its_end() -> None:
    world = World()
    heard: list[tuple[PushState, StepState]] = []
    world.engine = Engine(
        world.book,
        {System.FLEX: world.flex},
        world.clock,
        Random(1),
        listen=lambda push, steps: heard.append((push.state, steps[0].state)),
    )
    await _run(world, plan_of(PERSON))
    assert list(dict.fromkeys(heard)) == [
        (PushState.QUEUED, StepState.READY),
        (PushState.RUNNING, StepState.READY),
        (PushState.RUNNING, StepState.INTENT),
        (PushState.RUNNING, StepState.DONE),
        (PushState.DONE, StepState.DONE),
    ]


@virtually
async def test_a_system_that_is_down_is_asked_again_after_longer_and_longer_waits() -> None:
    world = World()
    asked: list[float] = []

    async def look_up(requests):
        asked.append(asyncio.get_running_loop().time())
        raise Unreachable("unreachable", "It is down.")

    world.flex.look_up = look_up
    assert (await _run(world, plan_of(PERSON))).reason == "unreachable"
    waits = [after - before for before, after in itertools.pairwise(asked)]
    assert len(waits) == LOOKS_A_RUN - 1
    assert all(0.5 * 2**n * 0.5 <= wait <= 0.5 * 2**n * 1.5 for n, wait in enumerate(waits)), waits
    assert world.flex.sent == []


@virtually
async def test_what_the_source_says_otherwise_is_shown_to_choose_from() -> None:
    world = World()
    world.board.put("C-1", None, flex_id="1-ANOTHER")
    opportunity = opportunity_step(PERSON)
    push = await _run(world, plan_of(PERSON, opportunity, back_step(opportunity)))
    assert push.state is PushState.NEEDS_YOU
    record = _record(world, 2)
    assert (record.error, record.candidates) == ("source-says-otherwise", ("1-ANOTHER",))


@virtually
async def test_a_push_whose_plan_is_gone_is_closed_with_the_time_of_its_closing() -> None:
    world = World()
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    (begun,) = await world.book.all(Push)
    await world.book.delete_file(plan_file("P1"))
    await asyncio.sleep(100)
    await world.restart().recover()
    (closed,) = await world.book.all(Push)
    assert (closed.created_at, closed.updated_at) == (begun.created_at, begun.updated_at + 100)


# -- the window of settling ---------------------------------------------------------------------------------


@virtually
async def test_the_window_counts_from_a_send_that_was_cut_off_too() -> None:
    world = World()
    world.flex.takes = 40.0
    world.flex.script.extend([NotSent("rate-limited", retry_after=50.0), "lost"])
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    task = world.engine.run("P1")
    await asyncio.sleep(100)  # in the midst of the second
    assert len(world.flex.sent) == 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert _record(world).error == "cancelled"
    cut_off = asyncio.get_running_loop().time()
    world.flex.takes = 0.1
    assert (await world.engine.run("P1")).state is PushState.DONE
    assert world.flex.looked_at[-2] >= cut_off + world.flex.settle


@virtually
async def test_after_the_second_look_in_vain_it_is_sent_without_another_wait() -> None:
    world = World()
    world.flex.script.append("lost")
    assert (await _run(world, plan_of(PERSON))).state is PushState.DONE
    first, second = world.flex.looked_at[-2:]
    assert second - first == pytest.approx(world.flex.recheck)
    assert world.flex.sent_at[1] == pytest.approx(second)


def test_a_plan_with_a_word_that_is_not_known_is_not_half_understood() -> None:
    whole = msgspec.json.decode(msgspec.json.encode(plan_of(PERSON)))
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**whole, "since": "a later version"}, Plan)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**whole, "steps": [{**whole["steps"][0], "since": "a later version"}]}, Plan)


@virtually
async def test_two_people_of_one_push_never_become_one_record() -> None:
    world = World()
    second = person_step("P-7", first="Bao")
    world.flex.put("1-BOTH", second.ref, **second.body)
    push = await _run(world, plan_of(update_step("P-2", "1-BOTH"), second))
    live = world.engine.live("P1")
    assert live is not None
    assert (push.state, live.steps[1].error) == (PushState.NEEDS_YOU, "of-another-step")
    assert choices(live.steps[1]) == (Choice.LEAVE, Choice.AS_NEW)
    push = await world.engine.decide("P1", 1, Resolution(Choice.AS_NEW, workspace="test"))
    assert push.state is PushState.DONE
    assert len({record.remote_id for record in live.steps}) == 2
