"""What a push leaves for a person: one number for every place that says it, and the refused values first."""

from __future__ import annotations

from typing import Any

import pytest

from core.flex.field_map.fates import Fate
from core.flex.model import Card, Person
from core.flex.plans.preview import Preview
from tests.support.cards import FULL, LINH, but, preview, with_loan, with_person
from tests.support.flex_setup import FlexWorld

CARDS = {
    "full": FULL,
    "plain": but(FULL, other=()),
    "email": but(with_person(but(LINH, email="linh\ud800@example.com")), other=FULL.other),
    "two emails": with_person(but(LINH, email="a@example.com; b@example.com")),
    "birth date": with_person(but(LINH, birth_date="31 February")),
    "term": but(with_loan(loan_term=9_999), other=FULL.other),
}


def odd(person: Person, **values: Any) -> Card:
    return with_person(but(person, **values))


async def open_rows(world: FlexWorld) -> int:
    shown = await world.desk.glance("C-1")
    return sum(item.open for item in await world.desk.checklist(shown))


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
async def test_a_preview_counts_what_the_list_to_enter_has(card: Card) -> None:
    world = FlexWorld(card)
    for shown in (await world.desk.glance("C-1"), await world.desk.preview("C-1")):
        assert len(shown.by_hand) == await open_rows(world)
    by_fate = [field for field in shown.fields if field.fate in (Fate.NO_HOME, Fate.REFUSED)]
    assert list(shown.by_hand) == by_fate


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
async def test_what_was_ticked_is_not_counted_any_more_and_counts_again_once_it_changes(card: Card) -> None:
    world = FlexWorld(card)
    items = await world.desk.checklist(await world.desk.glance("C-1"))
    for ticked, item in enumerate(items, 1):
        await world.desk.tick("C-1", item, ticked=True)
        for shown in (await world.desk.glance("C-1"), await world.desk.preview("C-1")):
            assert len(shown.by_hand) == len(items) - ticked
            assert item.field not in shown.by_hand
    if items:
        await world.desk.tick("C-1", items[-1], ticked=False)
        assert len((await world.desk.glance("C-1")).by_hand) == 1


def refusals(shown: Preview) -> list[str]:
    return [warning for warning in shown.warnings if "is not sent: " in warning]


@pytest.mark.parametrize("card", [CARDS["email"], CARDS["two emails"], CARDS["term"]])
@pytest.mark.parametrize("writable", [True, False])
def test_refused_values_are_the_first_warnings_and_the_count_to_enter_the_last(
    card: Card, *, writable: bool
) -> None:
    shown = preview(card, writable=writable)
    first = refusals(shown)
    assert first
    assert list(shown.warnings[: len(first)]) == first
    refused = sum(field.fate is Fate.REFUSED for field in shown.by_hand)
    if refused < len(shown.by_hand):
        assert shown.warnings[-1] == (
            f"{len(shown.by_hand)} fields can't be sent to FLEX, {refused} of them refused. "
            "Enter them by hand (h in Cards)."
        )
