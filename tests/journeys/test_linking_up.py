"""Linking up: one search over the sandbox's board, one answer, and nothing is linked before it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.console import console
from tests.support.running_sandbox import Sandbox
from tests.support.sandbox_home import Home
from tests.support.until import flat, until
from tui.cards.linking.linking_up import LinkingUp
from tui.cards.linking.look_alikes import LookAlikes
from tui.widgets.row_list import RowList

PUSHED = "C-1010"
"""A card that is in FLEX with its people from the start."""


@pytest.fixture
def unlinked(sandbox: Sandbox) -> dict[str, str]:
    """Let BrokerEngine forget the FLEX IDs of a card and of its people. Return them by local id."""
    card = _card(sandbox, PUSHED)
    ids = {PUSHED: card["flex_id"]}
    sandbox.change("cards", PUSHED, {"flex_id": None, "flex_kind": None})
    for person_id in (person["contact_id"] for person in card["people"]):
        ids[person_id] = _contact(sandbox, person_id)["flex_id"]
        sandbox.change("contacts", person_id, {"flex_id": None})
    return {local_id: flex_id for local_id, flex_id in ids.items() if flex_id}


def _card(sandbox: Sandbox, card_id: str) -> dict[str, Any]:
    return next(row for row in sandbox.records("brokerengine")["cards"] if row["id"] == card_id)


def _contact(sandbox: Sandbox, person_id: str) -> dict[str, Any]:
    return next(row for row in sandbox.records("brokerengine")["contacts"] if row["id"] == person_id)


def _suggestions(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["local_id"]: one for one in said["suggestions"]}


def test_what_is_found_is_linked_only_after_the_answer(
    home: Home, sandbox: Sandbox, unlinked: dict[str, str]
) -> None:
    code, said = home.run("links", "--find")
    assert (code, said["error"]["code"]) == (1, "not-confirmed")
    found = _suggestions(said)
    for local_id, flex_id in unlinked.items():
        assert flex_id in [one["flex_id"] for one in found[local_id]["candidates"]]
    assert sandbox.writes("brokerengine") == []
    assert home.run("links")[1] == {"links": []}
    people = [local_id for local_id in unlinked if local_id != PUSHED]
    take = [part for one in unlinked for part in ("--take", f"{one}={unlinked[one]}")]
    others = [one for one in found if found[one]["sure"] and one not in unlinked]
    leave = [part for one in others for part in ("--leave", one)]
    _, asked = home.run("links", "--find", *take, *leave)
    code, wrong = home.run("links", "--find", *take, *leave, "--yes", "--plan", said["plan"] + "0")
    assert (code, wrong["error"]["code"]) == (1, "plan-changed")
    code, said = home.run("links", "--find", *take, *leave, "--yes", "--plan", asked["plan"])
    assert code == 0
    assert {one["local_id"]: one["state"] for one in said["results"]} == dict.fromkeys(unlinked, "done")
    assert _card(sandbox, PUSHED)["flex_id"] == unlinked[PUSHED]
    assert [_contact(sandbox, one)["flex_id"] for one in people] == [unlinked[one] for one in people]
    assert sandbox.writes() == []


def test_a_choice_that_was_not_suggested_is_refused(home: Home, unlinked: dict[str, str]) -> None:
    for given in (("--take", f"{PUSHED}=1-NOTHERE"), ("--take", "C-9999=1-6D9UB"), ("--leave", "C-9999")):
        code, said = home.run("links", "--find", *given, "--yes")
        assert (code, said["error"]["code"]) == (2, "which-link")


async def test_links_are_reviewed_and_taken_with_the_keyboard(
    home: Home, sandbox: Sandbox, unlinked: dict[str, str]
) -> None:
    async with console(home) as pilot:
        await pilot.press("escape", "F")
        await until(pilot, lambda: isinstance(pilot.app.screen, LinkingUp))
        await until(pilot, lambda: "to look at" in flat(pilot) or "to link" in flat(pilot))
        assert sandbox.writes("brokerengine") == []
        rows = pilot.app.screen.query_one(RowList)
        person_id = next(one for one in unlinked if one != PUSHED)
        rows.move_to(person_id)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, LookAlikes))
        assert unlinked[person_id] in flat(pilot)
        await pilot.press("u")
        await until(pilot, lambda: isinstance(pilot.app.screen, LinkingUp))
        await until(pilot, lambda: "chosen by you" in flat(pilot) or "the same name" in flat(pilot))
        assert sandbox.writes("brokerengine") == []
        await pilot.press("y")
        await until(pilot, lambda: _contact(sandbox, person_id).get("flex_id") == unlinked[person_id])
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, LinkingUp))
    assert sandbox.writes() == []


async def test_where_nothing_is_found_nothing_is_offered_to_be_linked(home: Home) -> None:
    async with console(home) as pilot:
        await pilot.press("escape", "F")
        await until(pilot, lambda: isinstance(pilot.app.screen, LinkingUp))
        await until(pilot, lambda: "to link" in flat(pilot))
        if pilot.app.screen.query_one(RowList).cursor_row is None:
            assert "y link" not in flat(pilot)
            assert "i compare" not in flat(pilot)
        assert ("y link" in flat(pilot)) is ("0 to link" not in flat(pilot))


async def test_closing_the_search_links_nothing(
    home: Home, sandbox: Sandbox, unlinked: dict[str, str]
) -> None:
    async with console(home) as pilot:
        await pilot.press("escape", "F")
        await until(pilot, lambda: isinstance(pilot.app.screen, LinkingUp))
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(pilot.app.screen, LinkingUp))
    assert sandbox.writes("brokerengine") == []
