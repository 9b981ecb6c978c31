"""A sync's steps go side by side: each once, lost ones found with one look for all, nothing begun once it pauses."""

from __future__ import annotations

import asyncio
from random import Random

from core.push.engine import Engine
from core.push.plan import ALLOW_OTHERS, Asset, Entity, Operation, Plan, Step, System, make_ref
from core.push.ports import Diverted, NotSent, Refused, RemoteRecord
from core.push.push_driver import LANES
from core.push.records import Link, StepRecord, Unlinked
from core.push.resolutions import Choice, Resolution, choices
from core.push.states import PushState, StepState
from core.push.step_runner import SENDS_A_RUN
from tests.support.fakes import CheckedBy, World
from tests.support.virtual_time import virtually

MANY = 200


def _step(n: int, others: tuple[str, ...] = ()) -> Step:
    ref = make_ref("test", System.FLEX, Entity.CONTACT, f"S-{n}")
    body = {"first_name": f"N{n}", "last_name": "Moss"}
    return Step(
        ref,
        System.FLEX,
        Entity.CONTACT,
        Operation.CREATE,
        f"S-{n}",
        f"contact {n}",
        body,
        parent="7",
        identity=("first_name",),
        others=others,
    )


def _sync(number: int = MANY) -> Plan:
    return Plan(Asset.SYNC, "sync", "sync", tuple(_step(n) for n in range(number)))


async def _push(world: World, plan: Plan) -> PushState:
    await world.engine.begin(plan, "m.hale", "P1")
    return (await world.engine.run("P1")).state


def test_only_what_needs_no_other_step_goes_side_by_side() -> None:
    together = [asset for asset in Asset if Plan(asset, "x", "x", ()).runs_in_lanes]
    assert together == [Asset.SYNC, Asset.SHARE, Asset.INVITE, Asset.UNDO]


@virtually
async def test_each_record_is_made_once_and_linked() -> None:
    world = World()
    assert await _push(world, _sync()) is PushState.DONE
    made = {row.ref: row.remote_id for row in world.flex.rows.values()}
    assert len(made) == len(world.flex.rows) == MANY
    assert {link.ref: link.remote_id for link in await world.book.all(Link)} == made


@virtually
async def test_it_is_looked_once_for_all_before_the_first_send() -> None:
    world = World()
    plan = _sync()
    world.flex.put("1-OLD", plan.steps[3].ref, **plan.steps[3].body)
    assert await _push(world, plan) is PushState.DONE
    assert len(world.flex.looked_at) == 1
    assert len(world.flex.sent) == MANY - 1
    assert (await world.book.get(Link, plan.steps[3].key)).remote_id == "1-OLD"


@virtually
async def test_as_many_are_under_way_as_there_are_lanes() -> None:
    world = World()
    most = 0
    send = world.flex.send

    async def counted(request):
        nonlocal most
        answer = asyncio.ensure_future(send(request))
        await asyncio.sleep(0.01)
        most = max(most, len(world.flex.busy))
        return await answer

    world.flex.send = counted
    await _push(world, _sync())
    assert most == LANES


@virtually
async def test_lost_ones_are_found_or_sent_again_under_their_ref() -> None:
    world = World()
    world.flex.script.extend(["", "lost", "", "lost-after", "lost"] * 20)
    assert await _push(world, _sync()) is PushState.DONE
    refs = [row.ref for row in world.flex.rows.values()]
    assert len(refs) == len(set(refs)) == MANY
    assert len(world.flex.looked_at) < 12, "one look for all that wait, not one each"


@virtually
async def test_a_rest_the_remote_asks_for_is_kept_by_all_and_opens_no_breaker() -> None:
    world = World()
    world.flex.script.extend([NotSent("rate-limited", retry_after=20.0)] * LANES)
    assert await _push(world, _sync()) is PushState.DONE
    early = [at for at in world.flex.sent_at if at < 20.0]
    assert len(early) <= LANES


@virtually
async def test_when_a_system_forbids_nothing_more_is_begun_there() -> None:
    world = World()
    world.flex.script.append(Refused("forbidden", closes=True))
    assert await _push(world, _sync()) is PushState.PAUSED
    assert len(world.flex.sent) <= LANES
    await world.engine.resume()
    states = [record.state for record in world.held_steps()]
    assert states.count(StepState.REFUSED) == 1
    assert states.count(StepState.DONE) == MANY - 1


@virtually
async def test_what_changed_somebody_else_is_a_conflict_never_a_link() -> None:
    world = World()
    world.flex.script.append(Diverted("1-SOMEBODY"))
    assert await _push(world, _sync(1)) is PushState.NEEDS_YOU
    (record,) = await world.book.all(StepRecord)
    assert (record.error, record.candidates) == ("diverted", ("1-SOMEBODY",))
    assert Choice.AS_NEW not in choices(record), "whatever is sent would change that record again"
    assert await world.book.all(Link) == []
    (kept,) = await world.book.all(Unlinked)
    assert kept.remote_id == "1-SOMEBODY"


@virtually
async def test_a_lost_reply_that_changed_somebody_else_is_told_from_a_new_record() -> None:
    """The change put our reference on that record, so finding it there proves nothing."""
    world = World()
    step = _step(0, others=("1-THERE",))

    async def divert() -> str:
        world.flex.put("1-THERE", step.ref, **step.body)
        return "lost"

    world.flex.put("1-THERE", None, first_name="N0", last_name="Moss")
    world.flex.script.append(divert)
    assert await _push(world, Plan(Asset.SYNC, "sync", "sync", (step,))) is PushState.NEEDS_YOU
    (record,) = await world.book.all(StepRecord)
    assert record.error == "diverted"
    assert await world.book.all(Link) == []


@virtually
async def test_a_remote_that_always_fails_ends_in_a_pause_with_its_reason() -> None:
    world = World()
    world.flex.script.extend([NotSent("unreachable")] * (LANES * SENDS_A_RUN))
    assert await _push(world, _sync(2)) is PushState.PAUSED
    push = (await world.engine.resume())[0]
    assert push.state is PushState.PAUSED
    assert push.reason == "unreachable"


# -- what is appended ---------------------------------------------------------------------------------------


def _insight(overrides: tuple[str, ...] = ()) -> Plan:
    ref = make_ref("test", System.FLEX, Entity.INSIGHT, "T1|Started|A1")
    body = {"contact": {"id": "T1"}, "data": {"description": f"Started {ref}"}}
    step = Step(
        ref, System.FLEX, Entity.INSIGHT, Operation.CREATE, "T1|Started|A1", "Started", body, parent="T1"
    )
    return Plan(Asset.MILESTONE, "milestone:T1", "", (step,), overrides=overrides)


def _foreign(world: World) -> None:
    """Let a look for our insight also find one of the same kind that is not ours."""
    look_up = world.flex.look_up

    async def both(requests):
        found = await look_up(requests)
        theirs = RemoteRecord("1-THEIRS", None, {"contact": {"id": "T1"}})
        return {ref: [*there, theirs] for ref, there in found.items()}

    world.flex.look_up = both


@virtually
async def test_an_insight_is_held_by_one_of_its_kind_from_elsewhere() -> None:
    world = World()
    _foreign(world)
    assert await _push(world, _insight()) is PushState.NEEDS_YOU
    (record,) = await world.book.all(StepRecord)
    assert (record.error, world.flex.sent) == ("one-from-elsewhere", [])
    push = await world.engine.decide("P1", 0, Resolution(Choice.AGAIN))
    assert push.state is PushState.DONE
    assert len(world.flex.sent) == 1


@virtually
async def test_a_person_may_have_said_before_that_it_is_to_be_sent_all_the_same() -> None:
    world = World()
    _foreign(world)
    world.flex.script.append("lost-after")
    assert await _push(world, _insight((ALLOW_OTHERS,))) is PushState.DONE
    assert len(world.flex.sent) == 1


@virtually
async def test_a_milestone_is_proved_before_every_send_also_when_the_first_was_lost() -> None:
    """What was due when it was first tried may not be when it is tried again: an application may have been changed."""
    world = World()
    asked: list[bool] = [True, False]

    async def fresh(plan: Plan) -> bool:
        return asked.pop(0)

    world.engine = Engine(
        world.book,
        {System.FLEX: world.flex},
        world.clock,
        Random(1),
        fresh={Asset.MILESTONE: CheckedBy(fresh)},
    )
    world.flex.script.append("lost")
    assert await _push(world, _insight()) is PushState.REFUSED
    assert (len(world.flex.sent), world.flex.rows, asked) == (1, {}, [])


@virtually
async def test_an_insight_is_looked_for_before_every_send() -> None:
    world = World()
    world.flex.script.extend([NotSent("unreachable"), NotSent("unreachable")])
    assert await _push(world, _insight()) is PushState.DONE
    assert len(world.flex.looked_at) == len(world.flex.sent) == 3
