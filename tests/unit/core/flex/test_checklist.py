"""The checklist to key by hand: what is on it, and a tick that lasts as long as the value it was set for."""

from __future__ import annotations

import pytest

from core.errors import DecidedMeanwhile
from core.flex.field_map.fates import Fate
from core.flex.model import Extra
from core.flex.use_cases.checklist import ChecklistItem, Tick, set_tick
from tests.support.cards import FULL, LINH, but, line, preview, with_loan, with_person
from tests.support.flex_setup import START, FlexWorld
from tests.support.team_books import FakeTeamBook, Sender, SharedStore

SAVINGS = "Assets//Savings"


async def items(world: FlexWorld) -> dict[str, ChecklistItem]:
    """Return the items of the checklist by place."""
    return {item.place: item for item in await world.desk.checklist(await world.desk.preview("C-1"))}


def marks(item: ChecklistItem) -> tuple[bool, bool, bool]:
    return item.ticked, item.changed, item.new


async def test_what_has_no_home_or_was_refused_is_on_the_list_and_nothing_else() -> None:
    card = but(with_person(but(LINH, email="linh\ud800@example.com")), other=FULL.other)
    listed = await items(FlexWorld(card))
    fates = {item.field.fate for item in listed.values()}
    assert fates == {Fate.NO_HOME, Fate.REFUSED}
    by_hand = [field for field in preview(card).fields if field.fate in (Fate.NO_HOME, Fate.REFUSED)]
    assert [item.field for item in listed.values()] == by_hand
    assert line(preview(card), "Email Address", "P-1") in by_hand


async def test_an_item_begins_without_a_tick() -> None:
    item = (await items(FlexWorld(FULL)))[SAVINGS]
    assert marks(item) == (False, False, False)
    assert (item.field.source_value, item.by, item.at) == ("20000", "", None)


async def test_a_tick_lasts_and_says_who_set_it_and_when() -> None:
    world = FlexWorld(FULL)
    world.clock.at = START + 7
    await world.desk.tick("C-1", (await items(world))[SAVINGS], ticked=True)
    world.clock.at = START + 99
    item = (await items(world))[SAVINGS]
    assert marks(item) == (True, False, False)
    assert (item.by, item.at) == ("m.hale", START + 7)
    assert [other.ticked for place, other in (await items(world)).items() if place != SAVINGS] == [False] * (
        len(await items(world)) - 1
    )


async def test_a_tick_is_taken_away_again() -> None:
    world = FlexWorld(FULL)
    item = (await items(world))[SAVINGS]
    await world.desk.tick("C-1", item, ticked=True)
    await world.desk.tick("C-1", item, ticked=False)
    assert await world.book.all(Tick) == []
    assert (await items(world))[SAVINGS] == item


async def test_a_value_that_changed_after_its_tick_is_to_be_keyed_again() -> None:
    world = FlexWorld(FULL)
    await world.desk.tick("C-1", (await items(world))[SAVINGS], ticked=True)
    world.cards.held["C-1"] = but(FULL, other=(Extra("Assets", "Savings", "25000"),))
    item = (await items(world))[SAVINGS]
    assert marks(item) == (False, True, False)
    assert item.by == "m.hale", "the list says who keyed the older value"
    await world.desk.tick("C-1", item, ticked=True)
    assert marks((await items(world))[SAVINGS]) == (True, False, False)
    world.cards.held["C-1"] = FULL
    assert marks((await items(world))[SAVINGS]) == (False, True, False), "the newest tick alone counts"


async def test_a_change_elsewhere_leaves_a_tick_alone() -> None:
    world = FlexWorld(FULL)
    await world.desk.tick("C-1", (await items(world))[SAVINGS], ticked=True)
    world.cards.held["C-1"] = but(with_loan(loan_term=None), stage="Formal Approval")
    assert marks((await items(world))[SAVINGS]) == (True, False, False)


async def test_a_tick_on_one_card_is_none_on_another() -> None:
    world = FlexWorld(FULL, but(FULL, id="C-2"))
    await world.desk.tick("C-1", (await items(world))[SAVINGS], ticked=True)
    other = await world.desk.checklist(await world.desk.preview("C-2"))
    assert not any(item.ticked or item.changed for item in other)


async def test_two_fields_of_one_name_have_ticks_of_their_own() -> None:
    world = FlexWorld(but(FULL, other=(*FULL.other, *FULL.other)))
    await world.desk.tick("C-1", (await items(world))[f"{SAVINGS}/2"], ticked=True)
    listed = await items(world)
    assert (listed[SAVINGS].ticked, listed[f"{SAVINGS}/2"].ticked) == (False, True)


async def test_an_item_that_came_after_the_push_is_new_until_it_is_ticked() -> None:
    world = FlexWorld(FULL)
    await world.push(await world.desk.preview("C-1"))
    world.cards.held["C-1"] = but(FULL, other=(*FULL.other, Extra("Assets", "Car", "9000")))
    listed = await items(world)
    assert [place for place, item in listed.items() if item.new] == ["Assets//Car"]
    await world.desk.tick("C-1", listed["Assets//Car"], ticked=True)
    assert marks((await items(world))["Assets//Car"]) == (True, False, False)


async def test_the_book_holds_no_value_of_a_tick_in_the_clear() -> None:
    world = FlexWorld(FULL)
    world.book.keyed_hash = lambda field, value: f"hash of {len(str(value))}"  # type: ignore[method-assign]  # a hash that hides
    await world.desk.tick("C-1", (await items(world))[SAVINGS], ticked=True)
    (tick,) = await world.book.all(Tick)
    assert tick == Tick("C-1", SAVINGS, "hash of 5", "m.hale", START)


async def test_of_two_people_who_tick_a_row_the_second_sees_the_first() -> None:
    store = SharedStore(lambda: START)
    anna, ben = (FakeTeamBook(store, Sender(name)) for name in ("s-1", "s-2"))
    item = (await items(FlexWorld(FULL)))[SAVINGS]
    ticked = await set_tick(anna, "C-1", item, ticked=True, operator="anna", now=START)
    with pytest.raises(DecidedMeanwhile, match=r"^anna ticked “.+”, 40 s ago\. Nothing of yours was saved"):
        await set_tick(ben, "C-1", item, ticked=True, operator="ben", now=START + 40)
    assert [tick.by for tick in await anna.all(Tick)] == ["anna"]
    assert not (await set_tick(ben, "C-1", ticked, ticked=False, operator="ben", now=START)).ticks
    with pytest.raises(DecidedMeanwhile, match="Somebody has taken back the tick"):
        await set_tick(anna, "C-1", ticked, ticked=False, operator="anna", now=START)
