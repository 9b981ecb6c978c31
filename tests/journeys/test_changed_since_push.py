"""What changed since a push: on the command line, in JSON, and as a filter of the list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.console import at_rest, console, find, says, toasts, told, until
from tests.support.sandbox_home import Home, Sandbox

DEARER = {"requirements": {"loan_amount": "655000.00"}}


def changed_of(preview: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {change["source"]: change for change in preview["since_push"]["changed"]}


def test_a_preview_says_what_changed_and_that_the_old_value_is_not_kept(home: Home, sandbox: Sandbox) -> None:
    assert home.run("preview", "card", "C-1001")[1]["since_push"] is None
    _, push = home.run("push", "card", "C-1001", "--yes")
    now = home.run("preview", "card", "C-1001")[1]["since_push"]
    assert (now["push_id"], now["changed"], now["not_sent"]) == (push["push_id"], [], [])
    sandbox.change("cards", "C-1001", DEARER)
    for more in ((), ("--people",)):
        _, preview = home.run("preview", "card", "C-1001", *more)
        loan = changed_of(preview)["Loan Amount"]
        assert (loan["kind"], loan["old"], loan["new"]) == ("changed", None, "655,000.00")
        assert loan["target"] == "Opportunity.ProposedLoanAmount"


def test_the_words_say_old_and_new_and_what_to_do(home: Home, sandbox: Sandbox) -> None:
    home.run("push", "card", "C-1001", "--yes")
    sandbox.change("cards", "C-1001", DEARER)
    said = home.say("preview", "card", "C-1001")[1]
    assert "Loan Amount: (not kept) → 655,000.00: enter it in FLEX again" in said
    assert "does not keep the values" in said


def test_the_changed_cards_are_listed_and_no_other_card_is_read(home: Home, sandbox: Sandbox) -> None:
    for card_id in ("C-1001", "C-1002"):
        home.run("push", "card", card_id, "--yes")
    assert home.run("cards", "--changed")[1]["cards"] == []
    sandbox.change("cards", "C-1002", DEARER)
    (card,) = home.run("cards", "--changed")[1]["cards"]
    assert (card["id"], card["changed_since_push"] >= 1) == ("C-1002", True)
    assert home.run("cards", "--filter", "C-1002")[1]["cards"][0]["changed_since_push"] is None
    said = home.say("cards", "--changed")[1]
    assert "C-1002" in said
    assert "field changed" in said or "fields changed" in said


@pytest.mark.parametrize("size", [(80, 24), (132, 34)])
async def test_the_list_shows_only_what_changed_since_its_push(
    size: tuple[int, int], home: Home, sandbox: Sandbox
) -> None:
    for card_id in ("C-1001", "C-1002"):
        await told(home, "push", "card", card_id, "--yes")
    sandbox.change("cards", "C-1002", DEARER)
    async with console(home, size=size) as pilot:
        rows = pilot.app.screen.query_one("#card-list")
        await pilot.press("s")
        await says(pilot, "changed since push")
        await pilot.press("end", "enter")
        await until(pilot, lambda: "of 2 cards that were pushed from here changed" in toasts(pilot))
        await at_rest(pilot)
        assert list(rows.shown_keys) == ["C-1002"]
        await says(pilot, "≠")


async def test_a_changed_row_shows_that_the_old_value_is_not_kept(home: Home, sandbox: Sandbox) -> None:
    await told(home, "push", "card", "C-1001", "--yes")
    sandbox.change("contacts", "P-2001", {"middle_name": "Mai"})
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        await says(pilot, "changed since", "(not kept) → Mai")
