"""A create that finds its record with other values: nothing is taken over silently, and an update is offered."""

from __future__ import annotations

import msgspec
import pytest

from core.push.plan import Entity, Operation, Plan, Step, StepKind, System, as_update, id_of
from core.push.records import Link, Push, StepRecord
from core.push.resolutions import Choice, Resolution, choices, is_left_as_it_was
from core.push.states import PushState, StepState
from tests.support.fakes import World, person_step, plan_of, ref_of
from tests.support.virtual_time import virtually

LINH = person_step()
PERSON = msgspec.structs.replace(
    LINH, body={**LINH.body, "CellularPhone": "0491 570 157"}, holds=("FirstName", "CellularPhone")
)


def record_of(world: World) -> StepRecord:
    return world.held_steps()[0]


async def run(world: World) -> Push:
    await world.engine.begin(plan_of(PERSON), "m.hale", "P1")
    return await world.engine.run("P1")


async def with_another_phone() -> World:
    world = World()
    world.flex.put("1-LINH", PERSON.ref, FirstName="Linh", CellularPhone="0491 570 006", Note="kept")
    assert (await run(world)).state is PushState.NEEDS_YOU
    return world


@virtually
async def test_what_differs_is_named_and_nothing_is_sent() -> None:
    world = await with_another_phone()
    record = record_of(world)
    assert (record.error, record.detail, record.candidates) == ("other-values", "CellularPhone", ("1-LINH",))
    assert world.flex.sent == []
    assert choices(record) == (Choice.LINK, Choice.LEAVE, Choice.OVERWRITE, Choice.AS_NEW)


@virtually
async def test_an_equal_form_is_no_other_value() -> None:
    world = World()
    world.flex.put("1-LINH", PERSON.ref, FirstName="Linh", CellularPhone="(0491) 570-157")
    assert (await run(world)).state is PushState.DONE
    assert world.flex.sent == []


@pytest.mark.parametrize("restarted", [False, True])
@virtually
async def test_an_update_sends_the_values_to_the_record_that_is_there(restarted: bool) -> None:
    world = await with_another_phone()
    checked: list[Plan] = []
    if restarted:

        async def fresh(plan: Plan) -> bool:
            checked.append(plan)
            return plan == plan_of(PERSON)

        world.fresh = fresh
        await world.restart().recover()
    push = await world.engine.decide("P1", 0, Resolution(Choice.OVERWRITE))
    assert push.state is PushState.DONE
    (sent,) = world.flex.sent
    assert (sent.operation, sent.remote_id) == (Operation.UPDATE, "1-LINH")
    assert sent.body == {"FirstName": "Linh", "CellularPhone": "0491 570 157"}
    assert world.flex.rows["1-LINH"].fields["CellularPhone"] == "0491 570 157"
    assert world.flex.rows["1-LINH"].fields["Note"] == "kept"
    link = await world.book.get(Link, PERSON.key)
    assert link is not None
    assert link.remote_id == "1-LINH"
    assert len(checked) == restarted


@pytest.mark.parametrize("script", ["lost", "lost-after"])
@virtually
async def test_an_update_whose_reply_is_lost_is_read_back(script: str) -> None:
    world = await with_another_phone()
    world.flex.script.append(script)
    assert (await world.engine.decide("P1", 0, Resolution(Choice.OVERWRITE))).state is PushState.DONE
    assert world.flex.rows["1-LINH"].fields["CellularPhone"] == "0491 570 157"
    assert len(world.flex.rows) == 1


@virtually
async def test_a_link_that_another_push_made_is_compared_too() -> None:
    world = World()
    world.flex.put("1-LINH", PERSON.ref, FirstName="Linh", CellularPhone="0491 570 006")
    link = Link(System.FLEX, Entity.PERSON, "P-1", "1-LINH", PERSON.ref, 0.0)
    await world.book.commit(link)
    assert (await run(world)).state is PushState.NEEDS_YOU
    assert record_of(world).error == "other-values"


@pytest.mark.parametrize("entity", [Entity.OPPORTUNITY, Entity.NOTE, Entity.PROSPECT])
def test_a_record_that_cannot_be_changed_offers_no_update(entity: Entity) -> None:
    record = StepRecord(
        *("P", 0, "BD", System.FLEX, entity, Operation.CREATE, StepKind.CREATE, "C-1", StepState.CONFLICT),
        error="other-values",
        candidates=("1-A",),
    )
    assert choices(record) == (Choice.LINK, Choice.LEAVE, Choice.AS_NEW)


def test_an_update_leaves_out_what_names_the_record_and_its_parent() -> None:
    parent = ref_of(Entity.OPPORTUNITY, "C-1")
    step = Step(
        *(ref_of(Entity.PROPERTY, "C-1"), System.FLEX, Entity.PROPERTY, Operation.CREATE, "C-1", "a house"),
        body={
            "IntegrationId": ref_of(Entity.PROPERTY, "C-1"),
            "Opportunity": {"FLEXId": id_of(parent)},
            "Value": 1,
        },
        parent=parent,
        needs=(parent,),
        identity=("Value",),
        holds=("Value",),
    )
    update = as_update(step, "1-HOUSE")
    assert (update.body, update.remote_id, update.kind) == ({"Value": 1}, "1-HOUSE", StepKind.UPDATE)
    assert (update.ref, update.parent, update.needs, update.holds) == (step.ref, parent, (parent,), ())


@pytest.mark.parametrize(
    ("choice", "left"), [(Choice.LINK, {"CellularPhone"}), (Choice.OVERWRITE, set()), (Choice.LEAVE, set())]
)
@virtually
async def test_only_a_chosen_record_keeps_its_own_values(choice: Choice, left: set[str]) -> None:
    world = await with_another_phone()
    await world.engine.decide("P1", 0, Resolution(choice))
    record = await world.book.get(StepRecord, "P1:0")
    assert record is not None
    assert {name for name in PERSON.body if is_left_as_it_was(record, name)} == left
