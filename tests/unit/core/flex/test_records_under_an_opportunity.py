"""The property and the product links of a card's opportunity when the card is unlinked and pushed again."""

from __future__ import annotations

import pytest

from core.push.plan import Entity, System, make_ref
from core.push.ports import Refused
from core.push.records import Generation, Link, Push, StepRecord, Unlinked
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState, StepState
from tests.support.cards import FULL, but, link
from tests.support.fakes import ref_of
from tests.support.flex_setup import FlexInMemory, FlexWorld

HOUSE = ref_of(Entity.PROPERTY, "C-1")
NEW_HOUSE = make_ref("test", System.FLEX, Entity.PROPERTY, "C-1", 1)
BELOW = {
    "flex/property/C-1",
    "flex/product-link/C-1/PR-1",
    "flex/product-link/C-1/PR-2",
}


async def pushed() -> FlexWorld:
    """Return a world where the full card was pushed from this book."""
    records = FlexInMemory()
    world = FlexWorld(FULL, records=records)
    assert (await world.push(await world.desk.preview("C-1"))).state is PushState.DONE
    records.kinds = dict.fromkeys((await opportunity(world), "1-OTHER"), "opportunity")
    return world


async def opportunity(world: FlexWorld) -> str:
    (held,) = [
        one for one in await world.book.all(Link) if one.local_id == "C-1" and one.entity == "opportunity"
    ]
    return held.remote_id


async def unlinked() -> tuple[FlexWorld, str]:
    """Return a world where the card was pushed and unlinked, and the FLEX ID of the old opportunity."""
    world = await pushed()
    flex_id, push = await world.unlink("C-1")
    await world.engine.finish(push.push_id)
    return world, flex_id


async def below(world: FlexWorld, kind: type[Link | Unlinked]) -> set[str]:
    return {one.key for one in await world.book.all(kind)} & BELOW


async def question(world: FlexWorld, push: Push) -> StepRecord:
    """Return the one step about which the push asks."""
    steps = await world.book.where(StepRecord, push_id=push.push_id)
    (asks,) = [one for one in steps if one.state is StepState.CONFLICT]
    return asks


async def answer(world: FlexWorld, push: Push, choice: Choice) -> Push:
    asks = await question(world, push)
    chosen = asks.candidates[0] if choice is Choice.LINK else ""
    return await world.engine.decide(push.push_id, asks.n, Resolution(choice, chosen, "test"))


def houses(world: FlexWorld) -> dict[str, str]:
    """Return the opportunity of every property in FLEX, by the property's reference."""
    return {
        row.ref or "": row.fields["Opportunity"]["FLEXId"]
        for row in world.flex.rows.values()
        if "Opportunity" in row.fields
    }


async def test_unlinking_forgets_the_property_and_the_product_links_and_keeps_the_people() -> None:
    world = await pushed()
    assert await below(world, Link) == BELOW
    people = await world.book.where(Link, entity=Entity.PERSON)
    await world.unlink("C-1")
    assert await below(world, Link) == set()
    assert await below(world, Unlinked) == BELOW
    assert await world.book.where(Link, entity=Entity.PERSON) == people


async def test_linking_the_same_record_again_restores_what_belongs_to_it() -> None:
    world = await pushed()
    before = {one.key: (one.remote_id, one.ref) for one in await world.book.all(Link) if one.key in BELOW}
    flex_id, push = await world.unlink("C-1")
    await world.engine.finish(push.push_id)
    await world.link("C-1", flex_id)
    after = {one.key: (one.remote_id, one.ref) for one in await world.book.all(Link) if one.key in BELOW}
    assert after == before
    assert await world.book.all(Unlinked) == []


async def test_linking_another_record_restores_nothing_even_after_it_was_unlinked_too() -> None:
    world, _ = await unlinked()
    await world.engine.finish((await world.link("C-1", "1-OTHER")).push_id)
    assert await below(world, Link) | await below(world, Unlinked) == set()
    _, push = await world.unlink("C-1")
    await world.engine.finish(push.push_id)
    await world.link("C-1", "1-OTHER")
    assert await below(world, Link) == set()


async def test_a_card_that_is_sent_as_new_takes_its_property_and_products_along_with_one_question() -> None:
    world, old = await unlinked()
    push = await world.push(await world.desk.preview("C-1"))
    assert (await question(world, push)).entity is Entity.OPPORTUNITY
    sent_before = len(world.flex.sent)
    push = await answer(world, push, Choice.AS_NEW)
    assert push.state is PushState.DONE, "nothing else is asked"
    new = await opportunity(world)
    assert new != old
    assert houses(world) == {HOUSE: old, NEW_HOUSE: new}
    products = [one for one in world.flex.sent[sent_before:] if one.entity is Entity.PRODUCT_LINK]
    assert [one.parent for one in products] == [new, new]
    assert {one.link for one in await world.book.all(Generation)} == {"flex/opportunity/C-1", *BELOW}
    assert await world.book.all(Unlinked) == []
    assert await below(world, Link) == BELOW


async def test_the_next_plan_has_the_references_of_what_was_sent_as_new() -> None:
    world, _ = await unlinked()
    first = {step.ref for step in (await world.desk.preview("C-1")).plan.steps}
    push = await answer(world, await world.push(await world.desk.preview("C-1")), Choice.AS_NEW)
    sent = {one.ref for one in await world.book.where(StepRecord, push_id=push.push_id)}
    planned = {step.ref for step in (await world.desk.preview("C-1")).plan.steps}
    assert len(sent - first) == 4, "opportunity, property and two product links"
    assert sent - first <= planned


async def test_linking_the_old_opportunity_asks_about_the_property_and_doubles_nothing() -> None:
    world, old = await unlinked()
    push = await answer(world, await world.push(await world.desk.preview("C-1")), Choice.LINK)
    assert push.state is PushState.NEEDS_YOU
    asks = await question(world, push)
    assert (asks.entity, asks.error) == (Entity.PROPERTY, "unlinked-before")
    push = await answer(world, push, Choice.LINK)
    assert push.state is PushState.DONE
    assert houses(world) == {HOUSE: old}


async def test_a_property_that_belongs_to_another_opportunity_is_not_adopted_silently() -> None:
    world = FlexWorld(FULL)
    world.flex.put("1-HOUSE", HOUSE, Opportunity={"FLEXId": "1-ELSE"})
    push = await world.push(await world.desk.preview("C-1"))
    asks = await question(world, push)
    assert (asks.entity, asks.error, asks.candidates) == (Entity.PROPERTY, "found-differs", ("1-HOUSE",))
    assert (await answer(world, push, Choice.AS_NEW)).state is PushState.DONE
    assert houses(world) == {HOUSE: "1-ELSE", NEW_HOUSE: await opportunity(world)}


async def test_a_property_of_ours_whose_reply_was_lost_is_adopted_under_the_same_opportunity() -> None:
    world = FlexWorld(FULL)
    world.flex.settle = world.flex.recheck = 0.0
    world.flex.script.extend(["done", "done", "done", "lost-after"])
    assert (await world.push(await world.desk.preview("C-1"))).state is PushState.DONE
    assert houses(world) == {HOUSE: await opportunity(world)}


@pytest.mark.parametrize("ref", [HOUSE, "BD-OLDER"])
async def test_a_link_that_an_older_desk_left_behind_does_not_stand_for_the_new_property(ref: str) -> None:
    world = FlexWorld(FULL)
    (stale,) = link(Entity.PROPERTY, "C-1", "1-HOUSE").values()
    await world.book.commit(but(stale, ref=ref))
    assert (await world.push(await world.desk.preview("C-1"))).state is PushState.DONE
    assert houses(world) == {HOUSE: await opportunity(world)}


async def test_what_was_left_out_of_a_card_sent_as_new_is_not_restored_from_the_old_opportunity() -> None:
    world, _ = await unlinked()
    push = await world.push(await world.desk.preview("C-1"))
    world.flex.script.extend(["done", Refused("refused")])
    push = await answer(world, push, Choice.AS_NEW)
    assert push.state is PushState.PARTIAL
    assert await below(world, Unlinked) == set()
    assert "flex/property/C-1" not in await below(world, Link)
