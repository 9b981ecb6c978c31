"""The card is read again before the first send: what counts as the plan that was confirmed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.errors import DeskError, Unreachable
from core.flex.board import Board, CardState, card_state
from core.flex.model import Card, CardSummary, CatalogueProduct, Extra, RejectedRecord
from core.flex.use_cases.cards import CardUseCases
from core.push.plan import Asset, Entity, Plan, System, link_key
from core.push.records import Generation, Link, Push
from core.push.states import PushState
from tests.support.cards import (
    BASIC,
    FLEXI,
    FULL,
    LINH,
    MAP,
    SELECTED,
    but,
    link,
    step,
    with_loan,
    with_person,
)
from tests.support.fakes import FakeBook, LoopClock


class FakeBoard:
    """A source of one card."""

    def writable(self, card_id: str) -> bool:
        return True

    def __init__(self, card: Card) -> None:
        self.held = card
        self.extras: tuple[Extra, ...] = ()

    async def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        yield []

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        assert card_id == self.held.id
        return self.held, self.extras


class FakeCatalogue:
    """A catalogue that knows a lender by one spelling only."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def of_lender(self, lender: str) -> tuple[CatalogueProduct, ...]:
        self.asked.append(lender)
        if lender == "Down Bank":
            raise Unreachable("unreachable", "FLEX")
        return (FLEXI, BASIC) if lender == "Harbour Mutual" else ()

    def forget_catalogue(self) -> None:
        """Nothing is kept."""


class World:
    def __init__(self, card: Card = FULL) -> None:
        self.board, self.catalogue, self.book = FakeBoard(card), FakeCatalogue(), FakeBook()
        self.desk = CardUseCases(
            self.board,
            self.catalogue,
            self.book,
            MAP,
            workspace="test",
            operator="m.hale",
            new_id=lambda: "P1",
            clock=LoopClock(),
        )


async def test_a_card_that_did_not_change_is_fresh() -> None:
    world = World()
    plan = (await world.desk.preview("C-1")).plan
    assert await world.desk.is_fresh(plan)


@pytest.mark.parametrize(
    "changed",
    [
        with_loan(pre_approval=False),
        with_person(LINH),
        but(FULL, products=()),
        but(FULL, flex_id="1-OPPT1", products=()),
        with_person(but(LINH, flex_id="1-OTHER"), FULL.people[1].contact),
    ],
)
async def test_a_card_that_would_be_sent_otherwise_is_not_fresh(changed: Card) -> None:
    world = World()
    plan = (await world.desk.preview("C-1")).plan
    world.board.held = changed
    assert not await world.desk.is_fresh(plan)


async def test_what_is_not_sent_may_change() -> None:
    world = World()
    plan = (await world.desk.preview("C-1")).plan
    world.board.held = but(FULL, stage="Formal Approval", other=())
    assert await world.desk.is_fresh(plan)


async def test_a_person_our_own_other_push_made_meanwhile_is_no_difference() -> None:
    world = World()
    plan = (await world.desk.preview("C-1")).plan
    (made,) = link(Entity.PERSON, "P-1", "1-MADE1").values()
    await world.book.commit(made)
    assert await world.desk.is_fresh(plan)  # linked in the book, not yet written back
    world.board.held = with_person(but(LINH, flex_id="1-MADE1"), FULL.people[1].contact)
    assert await world.desk.is_fresh(plan)  # and written back


async def test_a_person_linked_to_something_else_meanwhile_is_a_difference() -> None:
    world = World()
    plan = (await world.desk.preview("C-1")).plan
    (made,) = link(Entity.PERSON, "P-1", "1-MADE1").values()
    await world.book.commit(but(made, ref="BD-ANOTHER"))
    assert not await world.desk.is_fresh(plan)


async def test_a_new_generation_is_a_difference() -> None:
    world = World()
    plan = (await world.desk.preview("C-1")).plan
    await world.book.commit(Generation(link_key(System.FLEX, Entity.OPPORTUNITY, "C-1"), 1))
    assert not await world.desk.is_fresh(plan)


async def test_the_book_s_links_and_generations_reach_the_plan() -> None:
    world = World()
    await world.book.commit(*link(Entity.PERSON, "P-1", "1-MADE1").values())
    assert step(await world.desk.preview("C-1"), Entity.PERSON).remote_id == "1-MADE1"


async def test_a_lender_written_in_two_ways_is_found_by_the_one_flex_knows() -> None:
    odd = but(SELECTED, id="PR-9", lender="harbour  mutual", name="Basic Variable")
    world = World(but(FULL, products=(SELECTED, odd)))
    shown = await world.desk.preview("C-1")
    assert [match.linked for match in shown.products] == [True, True]


async def test_the_case_of_a_lender_is_no_difference_in_any_script(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = CatalogueProduct("1-PROD7", "Große Bank", "Kredit")
    world = World(but(FULL, products=(but(SELECTED, lender="Große Bank", name="KREDIT"),)))

    async def of_lender(lender: str) -> tuple[CatalogueProduct, ...]:
        return (entry,) if lender == "Große Bank" else ()

    monkeypatch.setattr(world.catalogue, "of_lender", of_lender)
    assert [match.entry for match in (await world.desk.preview("C-1")).products] == [entry]


async def test_only_lenders_of_tracked_products_are_asked_for() -> None:
    world = World(but(FULL, products=(but(SELECTED, lender="Down Bank", tracked=False),)))
    await world.desk.preview("C-1")
    assert world.catalogue.asked == []


async def test_a_catalogue_that_cant_be_reached_is_said_not_taken_for_an_empty_one() -> None:
    world = World(but(FULL, products=(but(SELECTED, lender="Down Bank"),)))
    with pytest.raises(Unreachable):
        await world.desk.preview("C-1")


async def test_what_the_source_holds_beyond_the_contract_has_a_line() -> None:
    world = World()
    world.board.extras = (Extra("Beyond the contract", "referrer", "A. Friend"),)
    assert "referrer" in [field.source for field in (await world.desk.preview("C-1")).fields]


async def test_a_card_with_something_against_it_is_not_begun() -> None:
    world = World(but(FULL, people=()))

    class NoEngine:
        def unfinished_push_of(self, plan: Plan) -> None:
            return None

    engine: Any = NoEngine()
    with pytest.raises(DeskError) as caught:
        await world.desk.confirm(await world.desk.preview("C-1"), engine)
    assert caught.value.code == "no-people"


# -- where a card stands ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flex_id", "state", "stands"),
    [
        (None, None, CardState.UNLINKED),
        ("1-A1B2C", None, CardState.LINKED),
        (None, PushState.QUEUED, CardState.PUSHING),
        (None, PushState.RUNNING, CardState.PUSHING),
        ("1-A1B2C", PushState.PAUSED, CardState.PAUSED),
        ("1-A1B2C", PushState.NEEDS_YOU, CardState.NEEDS_YOU),
        ("1-A1B2C", PushState.PARTIAL, CardState.NEEDS_YOU),
        (None, PushState.NEEDS_YOU, CardState.NEEDS_YOU),
        (None, PushState.REFUSED, CardState.UNLINKED),
        ("1-A1B2C", PushState.DONE, CardState.LINKED),
    ],
)
def test_where_a_card_stands(flex_id: str | None, state: PushState | None, stands: CardState) -> None:
    push = Push("P", Asset.CARD, "C-1", "x", state, "m", 0, 0, 1) if state else None
    assert card_state(flex_id, push) is stands


def test_brokerengines_word_on_a_card_wins_over_the_books() -> None:
    (held,) = link(Entity.OPPORTUNITY, "C-1", "1-BOOK1").values()
    board = Board({"C-1": held}, {})
    summary = CardSummary("C-1", "t", "deal", "s", "o")
    assert board.place(summary).flex_id == "1-BOOK1"
    assert board.place(but(summary, flex_id="1-THERE")).flex_id == "1-THERE"


async def test_the_board_counts_opportunities_of_flex_alone() -> None:
    world = World()
    await world.book.commit(
        *link(Entity.OPPORTUNITY, "C-1", "1-BOOK1").values(),
        *link(Entity.PERSON, "C-1", "1-PERSN").values(),
        Link(System.BROKERENGINE, Entity.OPPORTUNITY, "C-1", "C-1", "BD-X", 0),
    )
    assert {key: held.remote_id for key, held in (await world.desk.board(["C-1"])).links.items()} == {
        "C-1": "1-BOOK1"
    }
