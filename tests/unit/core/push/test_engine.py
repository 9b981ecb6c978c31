"""The engine: one push a subject, nothing sent twice, nothing lost, and what it says when it stops."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from core.errors import BookClosed, DeskError, Unreachable
from core.push import activity
from core.push.plan import Entity, Plan, System
from core.push.ports import Applied, Lost, NotSent, Outcome, Refused
from core.push.records import DuplicateCheck, Link, Push, StepRecord, plan_file, step_key, undo_file
from core.push.states import PushState, StepState
from core.push.step_runner import LONGEST_WAIT, SENDS_A_RUN
from tests.support.fakes import (
    LoopClock,
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
BACK = back_step(OPPORTUNITY)
WHOLE = plan_of(PERSON, OPPORTUNITY, link_step(OPPORTUNITY), BACK)


async def _push(world: World, plan: Plan = WHOLE, push_id: str = "P1") -> Push:
    world.board.put("C-1")
    push = await world.engine.begin(plan, "m.hale", push_id)
    return await world.engine.run(push.push_id)


def _states(world: World, push_id: str = "P1") -> list[str]:
    return [record.state.value for record in world.held_steps(push_id)]


# -- beginning and running ----------------------------------------------------------------------------------


@virtually
async def test_a_push_carries_every_step_and_leaves_links() -> None:
    world = World()
    push = await _push(world)
    assert push.state is PushState.DONE
    assert _states(world) == ["done"] * 4
    links = {link.local_id: link.remote_id for link in await world.book.all(Link)}
    assert links == {"P-1": "1-00000", "C-1": "1-00001", "C-1/1-PROD1": "L-1-PROD1"}
    assert world.flex.sent[1].body["Applicants"] == [{"FLEXId": "1-00000"}]
    assert world.flex.sent[2].parent == "1-00001"
    assert world.board.rows["C-1"].fields == {"flex_id": "1-00001"}
    assert world.engine.active("C-1") is None


@virtually
async def test_a_second_begin_gives_the_running_push() -> None:
    world = World()
    first, second = await asyncio.gather(
        world.engine.begin(WHOLE, "m.hale", "P1"), world.engine.begin(WHOLE, "m.hale", "P2")
    )
    assert first == second
    assert [push.push_id for push in await world.book.all(Push)] == ["P1"]


@virtually
async def test_a_confirmed_plan_is_never_answered_with_the_push_of_another_plan() -> None:
    world = World()
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    with pytest.raises(DeskError) as caught:
        await world.engine.begin(WHOLE, "m.hale", "P2")
    assert caught.value.code == "another-plan-waits"
    assert plan_of(PERSON).digest in caught.value.message
    assert [push.push_id for push in await world.book.all(Push)] == ["P1"]
    assert await world.book.list_files() == [plan_file("P1")]
    assert (await world.engine.begin(plan_of(PERSON), "m.hale", "P3")).push_id == "P1"


@virtually
async def test_two_different_plans_of_one_subject_begun_at_once_leave_one_push() -> None:
    world = World()
    begun = await asyncio.gather(
        world.engine.begin(WHOLE, "m.hale", "P1"),
        world.engine.begin(plan_of(PERSON), "m.hale", "P2"),
        return_exceptions=True,
    )
    assert [type(each) for each in begun] == [Push, DeskError]
    assert [push.plan for push in await world.book.all(Push)] == [WHOLE.digest]


@virtually
async def test_running_a_push_twice_is_one_task() -> None:
    world = World()
    world.board.put("C-1")
    await world.engine.begin(WHOLE, "m.hale", "P1")
    task = world.engine.run("P1")
    assert world.engine.run("P1") is task
    await task
    assert len(world.flex.sent) == 3


@virtually
async def test_who_stops_waiting_for_a_push_stops_nothing_that_is_on_its_way() -> None:
    world = World()
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    waiting = asyncio.ensure_future(world.engine.finish("P1"))
    await asyncio.sleep(0.05)  # the send is on its way
    waiting.cancel()
    push = await world.engine.finish("P1")
    assert waiting.cancelled()
    assert (push.push_id, push.state, len(world.flex.sent)) == ("P1", PushState.DONE, 1)


@virtually
async def test_every_intent_is_durable_before_any_byte_leaves() -> None:
    world = World()

    async def look() -> Any:
        record = await world.book.get(StepRecord, step_key("P1", 0))
        assert record is not None
        assert (record.state, record.attempts, set(record.sent)) == (StepState.INTENT, 1, set(PERSON.body))
        assert await world.book.get_file(plan_file("P1"))
        return "done"

    world.flex.script.append(look)
    assert (await _push(world)).state is PushState.DONE


@virtually
async def test_the_confirmed_plan_is_discarded_when_all_is_done_and_kept_before() -> None:
    world = World()
    world.flex.script.extend([Refused("refused")])
    await _push(world)
    assert plan_file("P1") in world.book.files
    world.restart()
    await world.engine.recover()
    await _push(world, push_id="P2")
    assert plan_file("P2") not in world.book.files


@virtually
async def test_the_screens_hear_of_every_change() -> None:
    world = World()
    heard: list[tuple[str, ...]] = []
    world.engine._listen = lambda push, steps: heard.append(tuple(step.state.value for step in steps))
    await _push(world, plan_of(PERSON))
    assert ("intent",) in heard
    assert heard[-1] == ("done",)


# -- changed since it was confirmed -------------------------------------------------------------------------


@virtually
async def test_a_source_that_can_not_be_used_pauses_the_push_with_its_code_until_it_is_corrected() -> None:
    world = World()

    async def unusable(plan: Plan) -> bool:
        raise DeskError(
            "bad-record", "BrokerEngine record C-1 was set aside.", field="x", source="BrokerEngine"
        )

    world.fresh = unusable
    push = await _push(world)
    assert (push.state, push.reason) == (PushState.PAUSED, "bad-record")
    assert not world.flex.sent
    world.fresh = None
    assert (await world.engine.finish(push.push_id)).state is PushState.DONE


@virtually
async def test_a_plan_that_changed_before_the_first_send_refuses_all_and_sends_nothing() -> None:
    world = World()

    async def stale(plan: Plan) -> bool:
        return False

    world.fresh = stale
    push = await _push(world)
    assert (push.state, push.reason) == (PushState.REFUSED, "plan-changed")
    assert set(_states(world)) == {"refused"}
    assert world.flex.sent == world.board.sent == []
    assert world.book.files == {}
    assert world.engine.active("C-1") is None


@virtually
async def test_once_something_was_sent_the_card_is_not_asked_again() -> None:
    world = World()
    world.flex.script.extend(["done", NotSent("wrong-secret", hopeless=True)])
    assert (await _push(world)).state is PushState.PAUSED

    async def stale(plan: Plan) -> bool:
        raise AssertionError("what was begun is finished")

    world.fresh = stale
    (push,) = await world.engine.resume()
    assert push.state is PushState.DONE


# -- replies ------------------------------------------------------------------------------------------------


@virtually
async def test_a_lost_create_that_arrived_is_found_and_not_sent_again() -> None:
    world = World()
    world.flex.script.append("lost-after")
    assert (await _push(world)).state is PushState.DONE
    assert len(world.flex.of_ref(PERSON.ref)) == 1
    assert [request.ref for request in world.flex.sent].count(PERSON.ref) == 1


@virtually
async def test_a_lost_create_is_looked_for_twice_after_settling_then_sent_under_the_same_ref() -> None:
    world = World(settle=60)
    world.flex.script.append("lost")
    assert (await _push(world, plan_of(PERSON))).state is PushState.DONE
    assert [request.ref for request in world.flex.sent] == [PERSON.ref] * 2
    lost_at = world.flex.sent_at[0] + 0.1
    first, second = [at for at in world.flex.looked_at if at > lost_at]
    assert first >= lost_at + 60
    assert second >= first + world.flex.recheck


@virtually
async def test_settling_counts_from_the_last_send() -> None:
    world = World(settle=60)
    world.flex.script.extend(["lost", "lost"])
    await _push(world, plan_of(PERSON))
    second = world.flex.sent_at[1]
    assert min(at for at in world.flex.looked_at if at > second) >= second + 60


@virtually
async def test_a_create_that_is_there_before_anything_is_sent_is_adopted() -> None:
    world = World()
    world.flex.put("1-OLDER", PERSON.ref, **PERSON.body)
    await _push(world, plan_of(PERSON))
    assert world.flex.sent == []
    record = await world.book.get(StepRecord, step_key("P1", 0))
    assert record is not None
    assert (record.remote_id, record.trail[-1].code) == ("1-OLDER", "found-by-ref")


@virtually
async def test_somebody_else_under_our_ref_is_a_conflict_never_a_link() -> None:
    world = World()
    world.flex.put("1-OTHER", PERSON.ref, FirstName="Somebody")
    push = await _push(world, plan_of(PERSON))
    assert push.state is PushState.NEEDS_YOU
    assert _states(world) == ["conflict"]
    assert await world.book.all(Link) == []
    assert world.flex.sent == []


@virtually
async def test_two_records_under_our_ref_are_shown_and_neither_is_chosen() -> None:
    world = World()
    for remote_id in ("1-ONE", "1-TWO"):
        world.flex.put(remote_id, PERSON.ref, **PERSON.body)
    await _push(world, plan_of(PERSON))
    record = await world.book.get(StepRecord, step_key("P1", 0))
    assert record is not None
    assert (record.state, record.candidates, record.error) == (
        StepState.CONFLICT,
        ("1-ONE", "1-TWO"),
        "several-found",
    )


@virtually
async def test_the_records_to_choose_from_are_read_by_reference_and_else_by_their_ids() -> None:
    world = World()
    for remote_id, name in (("1-ONE", "Linh"), ("1-TWO", "Lin")):
        world.flex.put(remote_id, PERSON.ref, **{**PERSON.body, "FirstName": name})
    await _push(world, plan_of(PERSON))
    for world.flex.can_look in (True, False):
        records = await world.engine.candidates("P1", 0)
        names = {record.remote_id: record.fields["FirstName"] for record in records}
        assert names == {"1-ONE": "Linh", "1-TWO": "Lin"}
    del world.flex.rows["1-ONE"]
    assert [record.remote_id for record in await world.engine.candidates("P1", 0)] == ["1-TWO"]
    sent = len(world.flex.sent)
    world.flex.down = 1
    with pytest.raises(Unreachable):
        await world.engine.candidates("P1", 0)
    assert len(world.flex.sent) == sent == 0


@virtually
async def test_what_cant_be_looked_up_asks_a_person() -> None:
    world = World()
    world.flex.can_look = False
    world.flex.script.append("lost")
    assert (await _push(world)).state is PushState.NEEDS_YOU
    assert _states(world) == ["needs-you", "ready", "ready", "ready"]
    assert len(world.flex.sent) == 1


@virtually
async def test_a_lost_product_link_is_simply_done_again() -> None:
    world = World()
    world.flex.script.extend(["done", "done", "lost-after"])
    assert (await _push(world)).state is PushState.DONE
    assert [request.ref for request in world.flex.sent].count(WHOLE.steps[2].ref) == 2
    assert len(world.flex.of_ref(WHOLE.steps[2].ref)) == 1


@virtually
async def test_a_refusal_blocks_what_stands_on_it_and_leaves_the_rest() -> None:
    world = World()
    world.flex.script.extend(["done", Refused("refused", "LoanPurpose")])
    push = await _push(world)
    assert push.state is PushState.PARTIAL
    assert _states(world) == ["done", "refused", "blocked", "blocked"]
    assert world.board.sent == []
    record = await world.book.get(StepRecord, step_key("P1", 1))
    assert record is not None
    assert "LoanPurpose" in record.detail


@virtually
async def test_what_stands_on_what_is_blocked_is_blocked_too() -> None:
    world = World()
    world.flex.script.append(Refused("refused"))
    assert (await _push(world)).state is PushState.REFUSED
    assert _states(world) == ["refused", "blocked", "blocked", "blocked"]


# -- updates ------------------------------------------------------------------------------------------------


@virtually
async def test_an_update_that_is_there_already_is_not_sent() -> None:
    world = World()
    world.flex.put("1-KNOWN", LastName="Tran", Email="x")
    assert (await _push(world, plan_of(update_step()))).state is PushState.DONE
    assert world.flex.sent == []


@pytest.mark.parametrize(
    ("fate", "after", "state", "sends"),
    [
        ("lost-after", None, "done", 1),
        ("lost", None, "done", 2),
        ("lost", {"LastName": "Someone"}, "needs-you", 1),
    ],
)
def test_a_lost_update_is_settled_by_reading_back(
    fate: str, after: dict[str, str] | None, state: str, sends: int
) -> None:
    @virtually
    async def live_through() -> None:
        world = World()
        world.flex.put("1-KNOWN", LastName="Old")

        async def strike() -> Any:
            if after:
                world.flex.put("1-KNOWN", **after)
            return fate

        world.flex.script.append(strike)
        await _push(world, plan_of(update_step()))
        assert _states(world) == [state]
        assert len(world.flex.sent) == sends

    live_through()


@virtually
async def test_an_update_of_what_is_gone_is_refused() -> None:
    world = World()
    assert (await _push(world, plan_of(update_step()))).state is PushState.REFUSED
    assert world.flex.sent == []


@virtually
async def test_a_source_that_holds_another_flex_id_is_not_overwritten() -> None:
    world = World()
    world.board.put("C-1", flex_id="1-ELSE")
    await world.engine.begin(WHOLE, "m.hale", "P1")
    push = await world.engine.run("P1")
    assert push.state is PushState.NEEDS_YOU
    assert _states(world)[-1] == "conflict"
    assert world.board.rows["C-1"].fields == {"flex_id": "1-ELSE"}


# -- breaker, pauses ----------------------------------------------------------------------------------------


@virtually
async def test_a_403_pauses_that_system_and_the_other_goes_on() -> None:
    world = World()
    world.board.put("P-1")
    person, house = person_step(), person_step("P-2", "Bao")
    world.flex.script.extend(["done", Refused("forbidden", closes=True)])
    push = await _push(world, plan_of(person, house, person_step("P-3", "Jo"), back_step(person)))
    assert _states(world) == ["done", "refused", "ready", "done"]
    assert (push.state, push.reason) == (PushState.PAUSED, "forbidden")
    assert len(world.flex.sent) == 2
    assert world.engine.breakers[System.FLEX].is_open
    assert not world.engine.breakers[System.BROKERENGINE].is_open
    (again,) = await world.engine.resume()  # a person looked
    assert _states(world) == ["done", "refused", "done", "done"]
    assert again.state is PushState.PARTIAL


@virtually
async def test_a_retry_after_is_waited_for() -> None:
    world = World()
    world.flex.script.append(NotSent("rate-limited", retry_after=50))
    assert (await _push(world, plan_of(PERSON))).state is PushState.DONE
    assert world.flex.sent_at[1] - world.flex.sent_at[0] >= 50


@pytest.mark.parametrize("asked", [LONGEST_WAIT + 1, 1e9, float("inf")])
def test_an_absurd_retry_after_pauses_the_push_at_once(asked: float) -> None:
    @virtually
    async def live_through() -> None:
        world = World()
        world.flex.script.append(NotSent("rate-limited", retry_after=asked))
        push = await _push(world, plan_of(PERSON))
        assert (push.state, push.reason) == (PushState.PAUSED, "rate-limited")
        assert len(world.flex.sent) == 1
        assert asyncio.get_running_loop().time() < 10
        assert (await world.engine.resume())[0].state is PushState.DONE

    live_through()


@virtually
async def test_what_is_hopeless_is_not_tried_again() -> None:
    world = World()
    world.flex.script.append(NotSent("wrong-secret", hopeless=True))
    push = await _push(world, plan_of(PERSON))
    assert (push.state, push.reason) == (PushState.PAUSED, "wrong-secret")
    assert len(world.flex.sent) == 1


@virtually
async def test_what_is_provably_not_sent_is_tried_a_few_times_then_paused() -> None:
    world = World()
    world.flex.script.extend([NotSent("unreachable")] * 50)
    push = await _push(world, plan_of(PERSON))
    assert (push.state, push.reason) == (PushState.PAUSED, "unreachable")
    assert len(world.flex.sent) == SENDS_A_RUN


@virtually
async def test_a_look_up_that_nobody_answers_pauses_and_is_taken_up_again() -> None:
    world = World()
    world.flex.script.append("lost-after")

    async def down() -> Any:
        world.flex.down = 1000
        return "lost-after"

    world.flex.script[0] = down
    push = await _push(world, plan_of(PERSON))
    assert (push.state, push.reason, _states(world)) == (PushState.PAUSED, "unreachable", ["unknown"])
    world.flex.down = 0
    (push,) = await world.engine.resume()
    assert push.state is PushState.DONE
    assert len(world.flex.sent) == 1


# -- quitting and dying -------------------------------------------------------------------------------------


@virtually
async def test_quitting_waits_for_what_is_in_flight_and_sends_nothing_new() -> None:
    world = World()
    world.board.put("C-1")
    await world.engine.begin(WHOLE, "m.hale", "P1")
    task = world.engine.run("P1")
    await asyncio.sleep(0.05)  # the first send is on its way
    assert await world.engine.stop(10) == 0
    assert (await task).reason == "quit"
    assert _states(world) == ["done", "ready", "ready", "ready"]
    assert len(world.flex.sent) == 1


@virtually
async def test_quitting_leaves_what_takes_too_long_unknown_and_says_how_many() -> None:
    world = World()
    world.board.put("C-1")

    async def hang() -> Outcome:
        await asyncio.sleep(1000)
        return Applied("1-NEVER")

    world.flex.script.append(hang)
    await world.engine.begin(WHOLE, "m.hale", "P1")
    world.engine.run("P1")
    await asyncio.sleep(1)
    assert await world.engine.stop(10) == 1
    assert _states(world) == ["unknown", "ready", "ready", "ready"]
    held = await world.book.get(StepRecord, step_key("P1", 0))
    assert held is not None
    assert held.state is StepState.UNKNOWN
    world.restart()
    await world.engine.recover()
    (push,) = await world.engine.resume()
    assert push.state is PushState.DONE
    assert len(world.flex.of_ref(PERSON.ref)) == 1


@virtually
async def test_an_intent_on_disk_is_unknown_at_the_next_start_and_is_listed_for_the_duplicate_check() -> None:
    world = World()
    world.board.put("C-1")

    async def die() -> Any:
        world.book.fails_at = 0
        return "done"

    world.flex.script.append(die)
    with pytest.raises(BookClosed):
        await _push(world)
    world.book.fails_at = None
    world.restart()
    (push,) = await world.engine.recover()
    assert push.state is PushState.PAUSED
    assert _states(world) == ["unknown", "ready", "ready", "ready"]
    assert [check.step for check in await world.book.all(DuplicateCheck)] == [step_key("P1", 0)]
    (push,) = await world.engine.resume()
    assert push.state is PushState.DONE
    assert len(world.flex.of_ref(PERSON.ref)) == 1


@virtually
async def test_a_book_that_fails_in_mid_push_stops_the_sending_and_says_so() -> None:
    world = World()
    heard: list[Push] = []
    world.engine._listen = lambda push, steps: heard.append(push)

    async def full() -> Any:
        world.book.fails_at = 0
        return "done"

    world.flex.script.extend(["done", full])
    with pytest.raises(BookClosed) as caught:
        await _push(world)
    assert caught.value.exit_code == 4
    assert len(world.flex.sent) == 2
    assert world.board.sent == []
    assert (heard[-1].state, heard[-1].reason) == (PushState.PAUSED, "disk-full")


@virtually
async def test_a_book_that_cant_take_the_intent_sends_nothing() -> None:
    world = World()
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    world.book.fails_at = 0
    with pytest.raises(BookClosed):
        await world.engine.run("P1")
    assert world.flex.sent == []


@pytest.mark.parametrize("end", [PushState.DONE, PushState.REFUSED])
@virtually
async def test_a_push_whose_end_was_not_written_is_closed_at_the_next_start(end: PushState) -> None:
    world = World()
    if end is PushState.REFUSED:
        world.flex.script.append(Refused("forbidden"))
    push = await _push(world, plan_of(PERSON))
    running = Push(**{f: getattr(push, f) for f in Push.__struct_fields__} | {"state": PushState.RUNNING})
    await world.book.commit(running)
    world.restart()
    assert await world.engine.recover() == []
    (held,) = await world.book.all(Push)
    assert held.state is end
    assert world.engine.active(push.subject) is None
    again = await world.engine.begin(plan_of(PERSON), "m.hale", "P2")
    assert (again.push_id, again.state) == ("P2", PushState.QUEUED)


@virtually
async def test_an_interrupted_send_keeps_the_time_at_which_its_bytes_may_have_left() -> None:
    world = World()

    async def die() -> Any:
        world.book.fails_at = 0
        return "done"

    world.flex.script.append(die)
    await asyncio.sleep(100)
    with pytest.raises(BookClosed):
        await _push(world, plan_of(PERSON))
    world.book.fails_at = None
    (sent,) = await world.book.all(StepRecord)
    assert sent.sent_at == LoopClock().now() - world.flex.takes
    await asyncio.sleep(1000)
    await world.restart().recover()
    (found,) = await world.book.all(StepRecord)
    assert (found.state, found.sent_at) == (StepState.UNKNOWN, sent.sent_at)
    (check,) = await world.book.all(DuplicateCheck)
    assert check.since == LoopClock().now()


@virtually
async def test_a_start_leaves_what_is_over_as_it_was() -> None:
    world = World()
    await _push(world, plan_of(PERSON))
    world.flex.script.append(Refused("forbidden"))
    await _push(world, plan_of(person_step("P-2", "Bao"), subject="C-2"), "P2")
    before = {name: dict(table) for name, table in world.book.tables.items()}
    await asyncio.sleep(1000)
    assert await world.restart().recover() == []
    assert world.book.tables == before
    assert world.engine.live("P1") is world.engine.live("P2") is None


@virtually
async def test_a_start_removes_the_private_files_of_no_push_and_keeps_all_others() -> None:
    """Old values are for an undo, which comes after the end of a push; a draft is of no push."""
    world = World()
    await _push(world, plan_of(PERSON))
    kept = {undo_file("P1"), "C-1.draft"}
    for name in (*kept, undo_file("P9"), plan_file("P9"), plan_file("P1")):
        await world.book.put_file(name, b"{}")
    await world.restart().recover()
    assert set(await world.book.list_files()) == kept


# -- two pushes, one person ---------------------------------------------------------------------------------


@virtually
async def test_two_cards_pushed_together_make_their_common_client_once() -> None:
    world = World()
    world.flex.script.extend(["lost-after"])
    other = plan_of(PERSON, opportunity_step(PERSON, "C-2"), subject="C-2")
    world.board.put("C-1")
    await world.engine.begin(WHOLE, "m.hale", "P1")
    await world.engine.begin(other, "m.hale", "P2")
    pushes = await asyncio.gather(world.engine.run("P1"), world.engine.run("P2"))
    assert {push.state for push in pushes} == {PushState.DONE}
    assert len(world.flex.of_ref(PERSON.ref)) == 1
    assert len([row for row in world.flex.rows.values() if "Applicants" in row.fields]) == 2


@virtually
async def test_a_person_linked_to_another_record_meanwhile_is_a_conflict() -> None:
    world = World()
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    await world.book.commit(Link(System.FLEX, Entity.PERSON, "P-1", "1-ELSE", "BD-ANOTHER", 0))
    await world.engine.run("P1")
    assert _states(world) == ["conflict"]
    assert world.flex.sent == []


# -- what the book tells ------------------------------------------------------------------------------------


@virtually
async def test_activity_lists_the_newest_push_first() -> None:
    world = World()
    world.board.put("C-2")
    for n, subject in enumerate(("C-1", "C-2", "C-1")):
        await asyncio.sleep(1)
        plan = plan_of(person_step(f"P-{n}", "Jo"), subject=subject)
        await world.engine.begin(plan, "m.hale", f"P{n}")
        await world.engine.run(f"P{n}")
    assert [one.push_id for one in await activity.pushes(world.book)] == ["P2", "P1", "P0"]
    assert [one.push.push_id for one in await activity.activity_of_card(world.book, "C-1")] == ["P2", "P0"]


@virtually
async def test_a_push_is_listed_with_the_card_it_is_about() -> None:
    world = World()
    note = msgspec.structs.replace(plan_of(PERSON, subject="N-1"), about="C-1")
    await _push(world, note)
    assert [one.push.push_id for one in await activity.activity_of_card(world.book, "C-1")] == ["P1"]


@virtually
async def test_an_unknown_push_is_named() -> None:
    world = World()
    with pytest.raises(DeskError, match="P9"):
        await world.engine.bring_back("P9")


@virtually
async def test_no_text_of_a_client_reaches_the_journal() -> None:
    world = World()
    world.book.keyed_hash = lambda field, value: "sealed"
    world.flex.script.append(Lost("no-reply"))
    await _push(world, plan_of(person_step("P-1", "Linh-the-client")))
    held = b"".join(one for table in world.book.tables.values() for one in table.values())
    assert b"Linh-the-client" not in held
