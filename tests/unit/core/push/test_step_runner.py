"""One step on its way: how often it is looked up, read and sent, when it waits, and what is kept of it."""

from __future__ import annotations

import asyncio
import itertools
from random import Random
from typing import Any

import msgspec
import pytest

from core.errors import BookClosed
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, Plan, Step, System, make_ref
from core.push.ports import Applied, Diverted, Lost, NotSent, Outcome, Refused, RemoteRecord, Trace
from core.push.records import DuplicateCheck, Link, Push, StepRecord, Unlinked, step_key
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState, StepState, WriteOutcome
from core.push.step_runner import LONGEST_WAIT, SENDS_A_RUN
from tests.support.fakes import CheckedBy, World, person_step, plan_of, ref_of, update_step
from tests.support.virtual_time import virtually

PERSON = person_step()
IN_ORDER = plan_of(PERSON)
SIDE_BY_SIDE = Plan(Asset.SYNC, "C-1", "sync", (PERSON,))
BOTH_WAYS = pytest.mark.parametrize("plan", [IN_ORDER, SIDE_BY_SIDE], ids=["in order", "side by side"])


async def _run(world: World, plan: Plan, push_id: str = "P1") -> Push:
    await world.engine.begin(plan, "m.hale", push_id)
    return await world.engine.run(push_id)


async def _held(world: World, n: int = 0) -> StepRecord:
    record = await world.book.get(StepRecord, step_key("P1", n))
    assert record is not None
    return record


async def _left_in_doubt(world: World, plan: Plan) -> None:
    """Let the desk die in the midst of the first send, which never arrives, and start again."""

    async def die() -> Any:
        world.book.fails_at = 0
        return "lost"

    world.flex.script.append(die)
    with pytest.raises(BookClosed):
        await _run(world, plan)
    world.book.fails_at = None
    await world.restart().recover()


def _appended(entity: Entity) -> Step:
    ref = ref_of(entity, "A-1")
    return Step(ref, System.FLEX, entity, Operation.CREATE, "A-1", "", {"text": ref}, parent="1-KNOWN")


def _count_reads(world: World) -> list[str | None]:
    """Give a list that grows by an id with each read of FLEX."""
    reads: list[str | None] = []
    read = world.flex.read

    async def counted(request):
        reads.append(request.remote_id)
        return await read(request)

    world.flex.read = counted
    return reads


# -- looking up ---------------------------------------------------------------------------------------------


@BOTH_WAYS
@virtually
async def test_a_lost_create_is_looked_for_no_more_often_than_needed_and_each_look_is_on_its_trail(
    plan: Plan,
) -> None:
    world = World()
    world.flex.script.append("lost")
    assert (await _run(world, plan)).state is PushState.DONE
    assert [event.code for event in (await _held(world)).trail] == [
        "intent",
        "no-reply",
        "not-there-yet",
        "not-there-yet",
        "not-there",
        "intent",
        "applied",
    ]
    assert len(world.flex.looked_at) == 3, "before the first send, and twice before the second"


@BOTH_WAYS
@virtually
async def test_what_was_provably_not_sent_is_not_looked_for_again(plan: Plan) -> None:
    world = World()
    world.flex.script.append(NotSent("unreachable"))
    assert (await _run(world, plan)).state is PushState.DONE
    assert (len(world.flex.sent), len(world.flex.looked_at)) == (2, 1)


@BOTH_WAYS
@virtually
async def test_where_nothing_can_be_looked_up_it_is_not_tried_not_even_later(plan: Plan) -> None:
    world = World()
    world.flex.can_look = False
    assert (await _run(world, plan)).state is PushState.DONE
    assert world.flex.looked_at == []
    assert await world.book.all(DuplicateCheck) == []


@virtually
async def test_ours_is_taken_from_among_others_in_whatever_order_they_come() -> None:
    world = World()
    insight = _appended(Entity.INSIGHT)
    look_up = world.flex.look_up

    async def theirs_too(requests):
        theirs = [RemoteRecord("1-THEIRS", None, {"text": "another"})] if world.flex.sent else []
        return {ref: [*theirs, *there] for ref, there in (await look_up(requests)).items()}

    world.flex.look_up = theirs_too
    world.flex.script.append("lost-after")
    assert (await _run(world, plan_of(insight))).state is PushState.DONE
    (made,) = world.flex.of_ref(insight.ref)
    assert [link.remote_id for link in await world.book.all(Link)] == [made]


@BOTH_WAYS
@virtually
async def test_what_a_person_had_unlinked_is_asked_about_when_it_is_found_again(plan: Plan) -> None:
    world = World()
    world.flex.put("1-OLD", PERSON.ref, **PERSON.body)
    await world.book.commit(
        Unlinked(System.FLEX, Entity.PERSON, "P-1", "1-OLD", "person", PERSON.ref, "m.hale", 0)
    )
    assert (await _run(world, plan)).state is PushState.NEEDS_YOU
    record = await _held(world)
    assert (record.state, record.error, record.candidates) == (
        StepState.CONFLICT,
        "unlinked-before",
        ("1-OLD",),
    )
    assert await world.book.all(Link) == []
    assert (await world.engine.decide("P1", 0, Resolution(Choice.LINK))).state is PushState.DONE
    assert world.flex.sent == []


@virtually
async def test_what_was_linked_to_another_record_meanwhile_is_shown_to_choose_from() -> None:
    world = World()
    await world.book.commit(Link(System.FLEX, Entity.PERSON, "P-1", "1-ELSE", "BD-ANOTHER", 0))
    assert (await _run(world, IN_ORDER)).state is PushState.NEEDS_YOU
    record = await _held(world)
    assert (record.error, record.candidates) == ("linked-elsewhere", ("1-ELSE",))


# -- updates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("script", "reads"), [(NotSent("unreachable"), 1), ("lost", 2)])
@virtually
async def test_what_an_update_will_overwrite_is_read_once_and_once_more_where_it_was_lost(
    script: Any, reads: int
) -> None:
    world = World()
    world.flex.put("1-KNOWN", LastName="Old")
    world.flex.script.append(script)
    read = _count_reads(world)
    assert (await _run(world, plan_of(update_step()))).state is PushState.DONE
    assert (len(world.flex.sent), read) == (2, ["1-KNOWN"] * reads)


@virtually
async def test_an_update_that_a_crash_left_in_doubt_is_read_back_once_and_sent_over_the_same() -> None:
    world = World()
    world.flex.put("1-KNOWN", LastName="Old")
    await _left_in_doubt(world, plan_of(update_step()))
    read = _count_reads(world)
    (push,) = await world.engine.resume()
    assert (push.state, len(world.flex.sent), read) == (PushState.DONE, 2, ["1-KNOWN"])


@virtually
async def test_a_lost_update_has_arrived_in_the_form_that_the_system_gives_it() -> None:
    world = World()
    world.flex.put("1-KNOWN", LastName="Old")

    async def write_in_capitals() -> Any:
        world.flex.put("1-KNOWN", LastName=" TRAN")
        return "lost"

    world.flex.script.append(write_in_capitals)
    assert (await _run(world, plan_of(update_step()))).state is PushState.DONE
    assert (len(world.flex.sent), (await _held(world)).trail[-1].code) == (1, "read-back")


@virtually
async def test_a_lost_update_that_corrects_the_form_alone_is_sent_again_where_the_old_form_is_there() -> None:
    world = World()
    world.flex.put("1-KNOWN", LastName="TRAN")
    world.flex.script.append("lost")
    assert (await _run(world, plan_of(update_step()))).state is PushState.DONE
    assert (len(world.flex.sent), world.flex.rows["1-KNOWN"].fields["LastName"]) == (2, "Tran")


@virtually
async def test_an_update_of_what_is_gone_names_what_it_looked_for() -> None:
    world = World()
    assert (await _run(world, plan_of(update_step()))).state is PushState.REFUSED
    record = await _held(world)
    assert (record.error, record.detail) == ("record-gone", "1-KNOWN")


@virtually
async def test_a_lost_update_of_what_is_gone_since_asks_a_person() -> None:
    world = World()
    world.flex.put("1-KNOWN", LastName="Old")

    async def remove() -> Any:
        world.flex.rows.clear()
        return "lost"

    world.flex.script.append(remove)
    assert (await _run(world, plan_of(update_step()))).state is PushState.NEEDS_YOU
    record = await _held(world)
    assert (record.state, record.error) == (StepState.NEEDS_YOU, "record-gone")


@virtually
async def test_only_what_is_written_back_to_the_source_stops_at_another_value_there() -> None:
    world = World()
    world.flex.put("1-KNOWN", LastName="Old")
    update = msgspec.structs.replace(update_step(), identity=("LastName",))
    assert (await _run(world, plan_of(update))).state is PushState.DONE
    assert world.flex.rows["1-KNOWN"].fields == {"LastName": "Tran"}


# -- asked whether it still holds ---------------------------------------------------------------------------


@virtually
async def test_what_was_begun_is_finished_without_asking_also_after_a_restart() -> None:
    world = World()
    await _left_in_doubt(world, IN_ORDER)

    async def stale(plan: Plan) -> bool:
        return False

    world.fresh = stale
    (push,) = await world.engine.resume()
    assert (push.state, len(world.flex.sent)) == (PushState.DONE, 2)


def _milestone() -> Plan:
    insight = _appended(Entity.INSIGHT)
    ref = make_ref("test", System.FLEX, Entity.GROUP, "A-1|join")
    group = Step(
        ref,
        System.FLEX,
        Entity.GROUP,
        Operation.JOIN_GROUP,
        "A-1|join",
        "join",
        {"contact_groups": [{"id": "7"}]},
        "1-KNOWN",
        needs=(insight.ref,),
    )
    return Plan(Asset.MILESTONE, "milestone:1", "", (insight, group))


@pytest.mark.parametrize(
    ("plan", "script"),
    [
        (_milestone(), ["done", NotSent("unreachable"), "done"]),
        (msgspec.structs.replace(plan_of(_appended(Entity.NOTE)), asset=Asset.NOTE), ["lost", "done"]),
    ],
    ids=["the groups of a milestone", "a note"],
)
@virtually
async def test_all_but_an_insight_is_proved_once_alone(plan: Plan, script: list[Any]) -> None:
    """Once the insight is there the same plan would not be made again; its groups belong to it anyway."""
    world = World()
    world.flex.put("1-KNOWN")
    asked = 0

    async def fresh(plan: Plan) -> bool:
        nonlocal asked
        asked += 1
        return not world.flex.sent

    world.engine = Engine(
        world.book, {System.FLEX: world.flex}, world.clock, Random(1), fresh={plan.asset: CheckedBy(fresh)}
    )
    world.flex.script.extend(script)
    assert (await _run(world, plan)).state is PushState.DONE
    assert (asked, len(world.flex.sent)) == (1, len(script))


# -- replies ------------------------------------------------------------------------------------------------


@virtually
async def test_what_the_remote_said_of_a_lost_write_is_kept_while_it_is_in_doubt() -> None:
    world = World()

    async def fail() -> Outcome:
        world.flex.down = 1000
        return Lost("server-error", "it answered 500")

    world.flex.script.append(fail)
    assert (await _run(world, IN_ORDER)).state is PushState.PAUSED
    record = await _held(world)
    assert (record.state, record.error, record.detail) == (
        StepState.UNKNOWN,
        "server-error",
        "it answered 500",
    )


@virtually
async def test_a_reply_with_another_steps_record_is_looked_into_and_sent_again_where_it_was_not_made() -> (
    None
):
    world = World()
    world.flex.script.extend(["done", Applied("1-00000")])
    push = await _run(world, plan_of(PERSON, person_step("P-2", "Bao")))
    assert push.state is PushState.DONE
    links = {link.local_id: link.remote_id for link in await world.book.all(Link)}
    assert links == {"P-1": "1-00000", "P-2": "1-00001"}
    assert "other-record" in [event.code for event in (await _held(world, 1)).trail]


@virtually
@pytest.mark.parametrize(
    "outcome", [WriteOutcome.CREATED, WriteOutcome.UPDATED, WriteOutcome.UNCHANGED, None]
)
async def test_what_the_remote_says_that_a_write_did_is_on_the_steps_record(
    outcome: WriteOutcome | None,
) -> None:
    world = World()
    world.flex.script.append(Applied("1-00000", Trace("", "", "rq-17"), outcome))
    await _run(world, plan_of(PERSON))
    record = await _held(world)
    assert (record.state, record.request_id, record.outcome) == (StepState.DONE, "rq-17", outcome)


@virtually
async def test_the_request_id_is_that_of_the_last_attempt() -> None:
    world = World()
    world.flex.script.extend([NotSent("rate-limited", 1.0, trace=Trace("", "", "rq-1")), "done"])
    await _run(world, plan_of(PERSON))
    assert (await _held(world)).request_id == ""


@virtually
async def test_an_attempt_in_doubt_does_not_bear_the_request_id_of_the_attempt_before() -> None:
    world = World()
    world.flex.script.append(NotSent("rate-limited", retry_after=1.0, trace=Trace("", "", "rq-1")))
    await _left_in_doubt(world, IN_ORDER)
    record = await _held(world)
    assert (record.attempts, record.state, record.request_id) == (2, StepState.UNKNOWN, "")


@virtually
@pytest.mark.parametrize(
    "outcome",
    [Refused("refused", trace=Trace("", "", "rq-2")), Lost("server-error", trace=Trace("", "", "rq-2"))],
)
async def test_a_write_that_did_not_arrive_keeps_its_request_id_too(outcome: Outcome) -> None:
    world = World()
    world.flex.can_look = False
    world.flex.script.append(outcome)
    await _run(world, plan_of(PERSON))
    assert (await _held(world)).request_id == "rq-2"


@virtually
@pytest.mark.parametrize(("name", "state"), [("Linh", StepState.DONE), ("Bao", StepState.CONFLICT)])
async def test_a_create_that_met_a_record_of_its_reference_is_compared_with_that_record(
    name: str, state: StepState
) -> None:
    world = World()

    async def meet() -> Outcome:
        world.flex.put("1-THERE", PERSON.ref, **{**PERSON.body, "FirstName": name})
        return Applied("1-THERE", outcome=WriteOutcome.EXISTING)

    world.flex.script.append(meet)
    await _run(world, plan_of(PERSON))
    record = await _held(world)
    assert (record.state, record.outcome) == (state, WriteOutcome.EXISTING)
    assert len(world.flex.sent) == 1
    assert "existing" in [event.code for event in record.trail]


@virtually
async def test_a_step_that_names_its_record_by_a_step_is_sent_with_the_id_that_the_step_brought() -> None:
    world = World()
    applicant = Step(
        ref=ref_of(Entity.APPLICANT, "C-1/P-1"),
        system=System.FLEX,
        entity=Entity.APPLICANT,
        operation=Operation.LINK,
        local_id="C-1/P-1",
        summary="Linh as Guarantor",
        body={"Role": "Guarantor"},
        remote_id=PERSON.ref,
        parent="1-OPPT1",
        needs=(PERSON.ref,),
    )
    await world.engine.begin(plan_of(PERSON, applicant), "m.hale", "P1")
    assert (await _held(world, 1)).remote_id is None, "a reference is no id"
    await world.engine.finish("P1")
    assert (world.flex.sent[1].remote_id, world.flex.sent[1].parent) == ("1-00000", "1-OPPT1")


@virtually
async def test_who_stops_a_push_in_mid_send_has_it_stopped() -> None:
    world = World()
    world.flex.takes = 30.0
    await world.engine.begin(IN_ORDER, "m.hale", "P1")
    task = world.engine.run("P1")
    await asyncio.sleep(5)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert (await _held(world)).error == "cancelled"


# -- again, and when no more --------------------------------------------------------------------------------


@virtually
async def test_what_is_not_sent_is_tried_again_after_longer_and_longer_waits() -> None:
    world = World()
    world.flex.takes = 0.0
    world.flex.script.extend([NotSent("unreachable")] * 50)
    assert (await _run(world, IN_ORDER)).reason == "unreachable"
    waits = [after - before for before, after in itertools.pairwise(world.flex.sent_at)]
    assert len(waits) == SENDS_A_RUN - 1
    assert all(0.5 * 2**n * 0.5 <= wait <= 0.5 * 2**n * 1.5 for n, wait in enumerate(waits)), waits
    breaker = world.engine.breakers[System.FLEX]
    assert (breaker.reason, breaker.last_failure) == ("connection-rests", "unreachable")


@virtually
async def test_a_remote_that_asks_again_and_again_to_slow_down_pauses_the_push_and_not_the_connection() -> (
    None
):
    world = World()
    world.flex.script.extend([NotSent("rate-limited", retry_after=1.0)] * 50)
    push = await _run(world, IN_ORDER)
    assert (push.state, push.reason) == (PushState.PAUSED, "rate-limited")
    assert len(world.flex.sent) == SENDS_A_RUN
    assert not world.engine.breakers[System.FLEX].is_open


@virtually
async def test_what_fails_in_one_way_and_another_is_sent_a_few_times_all_told() -> None:
    world = World()
    limited = NotSent("rate-limited", retry_after=1.0)
    world.flex.script.extend(["lost", "lost", limited, "lost", "lost", "done"])
    push = await _run(world, IN_ORDER)
    assert (push.state, push.reason) == (PushState.PAUSED, "keeps-failing")
    assert len(world.flex.sent) == SENDS_A_RUN
    assert (await _held(world)).trail[-1].code == "keeps-failing"


@virtually
async def test_a_wait_of_just_the_longest_is_waited_for() -> None:
    world = World()
    world.flex.script.append(NotSent("rate-limited", retry_after=LONGEST_WAIT))
    assert (await _run(world, IN_ORDER)).state is PushState.DONE
    assert world.flex.sent_at[1] - world.flex.sent_at[0] >= LONGEST_WAIT


@pytest.mark.parametrize("reply", [NotSent("rate-limited", retry_after=50.0), NotSent("unreachable")])
@virtually
async def test_a_rest_that_a_remote_asks_for_is_kept_by_the_next_push_too_and_no_other_wait(
    reply: NotSent,
) -> None:
    world = World()
    world.flex.script.append(reply)
    await world.engine.begin(IN_ORDER, "m.hale", "P1")
    first = world.engine.run("P1")
    await asyncio.sleep(0.15)
    second = await _run(world, plan_of(person_step("P-2", "Bao"), subject="C-2"), "P2")
    assert ((await first).state, second.state) == (PushState.DONE, PushState.DONE)
    (at,) = [at for at, one in zip(world.flex.sent_at, world.flex.sent, strict=True) if one.ref != PERSON.ref]
    assert at >= 50.0 if reply.retry_after else at == 0.15


# -- the connection -----------------------------------------------------------------------------------------


def _failing(world: World) -> None:
    """Let the connection be one failure short of a pause."""
    for _ in range(4):
        world.engine.breakers[System.FLEX].failed("no-reply")
    assert not world.engine.breakers[System.FLEX].is_open


@virtually
async def test_a_connection_that_was_just_paused_is_not_waited_for() -> None:
    world = World()
    _failing(world)
    world.flex.script.append(NotSent("unreachable"))
    assert (await _run(world, IN_ORDER)).reason == "unreachable"
    assert asyncio.get_running_loop().time() == world.flex.takes


@pytest.mark.parametrize(
    ("failure", "code"), [(Lost("server-error"), "server-error"), (Applied("1-00000"), "other-record")]
)
@virtually
async def test_writes_that_nobody_can_vouch_for_pause_the_connection_after_a_run_of_them(
    failure: Outcome, code: str
) -> None:
    world = World()
    world.flex.script.extend(["done", *[failure] * 50])
    push = await _run(world, plan_of(PERSON, person_step("P-2", "Bao")))
    assert (push.state, push.reason) == (PushState.PAUSED, "keeps-failing")
    breaker = world.engine.breakers[System.FLEX]
    assert (breaker.reason, breaker.last_failure) == ("connection-rests", code)


@pytest.mark.parametrize("reply", ["done", Refused("refused"), Diverted("1-SOMEBODY")])
@virtually
async def test_a_reply_that_was_meant_ends_a_run_of_failures_whatever_it_says(reply: Any) -> None:
    world = World()
    _failing(world)
    world.flex.script.append(reply)
    await _run(world, IN_ORDER)
    world.engine.breakers[System.FLEX].failed("no-reply")
    assert not world.engine.breakers[System.FLEX].is_open
