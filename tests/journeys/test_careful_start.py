"""The careful start of a live profile in the app: many at once wait, and each dialog says what to do instead."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.journeys.console import NORMAL, ask, console, find, flat, says, toasts, until
from tests.support.sandbox_home import Home, Sandbox
from tui.app import DeskApp
from tui.cards.bulk import BulkDialog
from tui.contacts.pairs import PairList
from tui.contacts.plans.plan_dialog import PlanDialog

BOTH = ("simplenexus", "total-expert")
SMALL = (80, 24)


@pytest.fixture
def live(home: Home) -> Home:
    """A live profile with cards and FLEX, from which nothing was pushed."""
    config = home.path / "config.toml"
    config.write_text(config.read_text().replace("[profiles.test]\n", "[profiles.test]\nlive = true\n"))
    return home


@pytest.fixture
def contacts(few_contacts: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A live profile with the two contact systems, which this desk writes to."""
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    few_contacts.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    return Home.at(tmp_path / "home", few_contacts, 'live = true\nwriter = "desk"', systems=BOTH)


def text_of(pilot: Pilot[Any], name: str) -> str:
    """Return the text of one part of the screen, without line breaks of the screen."""
    return str(pilot.app.screen.query_one(name, Static).content)


async def bulk(pilot: Pilot[Any]) -> BulkDialog:
    """Mark two cards, ask for their push, and wait until the dialog has read both."""
    await pilot.press("space", "space", "p")
    await until(pilot, lambda: isinstance(pilot.app.screen, BulkDialog) and pilot.app.screen.armed)
    dialog = pilot.app.screen
    assert isinstance(dialog, BulkDialog)
    return dialog


async def test_several_cards_are_offered_only_after_three_single_pushes(live: Home, sandbox: Sandbox) -> None:
    async with console(live, size=SMALL) as pilot:
        for size in (SMALL, NORMAL):
            await pilot.resize_terminal(*size)
            await bulk(pilot)
            said = text_of(pilot, "#bulk-sum")
            assert "none of 3 single pushes of cards" in said
            assert "Push one card at a time" in said
            assert "U takes the marks away" in said
            screen = flat(pilot)
            assert "asks about one card." in screen, f"the advice is shown to its end: {size}"
            assert "y send" not in screen, size
            assert "Send 2" not in screen, size
            await pilot.press("y")
            assert sandbox.writes() == []
            await pilot.press("escape", "U", "up", "up")
        await find(pilot, "C-1042")
        await ask(pilot)
        await pilot.press("y")
        await says(pilot, "Everything arrived.")
    for card in ("C-1001", "C-1003"):
        assert (await asyncio.to_thread(live.run, "push", "card", card, "--yes"))[0] == 0
    async with console(live) as pilot:
        await bulk(pilot)
        assert "can't be sent yet" not in flat(pilot)


async def test_few_contacts_and_no_milestones_are_sent_by_a_new_desk_which_says_why(
    contacts: Home, few_contacts: Sandbox
) -> None:
    async with console(contacts, size=SMALL, rest=False) as pilot:
        await until(pilot, lambda: bool(pilot.app.screen.query(PairList)))
        await until(pilot, lambda: bool(pilot.app.screen.query_one(PairList).shown_keys))
        for size in (SMALL, NORMAL):
            await pilot.resize_terminal(*size)
            await asks_to_sync(pilot)
            await pilot.press("escape", "3")
            await milestones_are_not_sent_by_themselves(pilot)
            await pilot.press("2")
        await asks_to_sync(pilot)
        await pilot.press("y")
        await says(pilot, "Done.")
    sent = [len(few_contacts.writes(system)) for system in BOTH]
    assert max(sent) == 5


async def asks_to_sync(pilot: Pilot[Any]) -> None:
    """Ask for a sync. The plan has few contacts and says why the others wait."""
    await pilot.press("a")
    await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog) and pilot.app.screen.armed)
    said = text_of(pilot, "#plan-told")
    assert "Careful start: at most 5 contacts in one sync" in said
    assert "None of 3 small syncs to Total Expert" in said


async def milestones_are_not_sent_by_themselves(pilot: Pilot[Any]) -> None:
    """Ask for automatic milestones in their room. They are refused with what to do."""
    app = pilot.app
    assert isinstance(app, DeskApp)
    await until(pilot, lambda: app.milestone_watch.overview is not None)
    app.clear_notifications()
    await pilot.press("b")
    await until(pilot, lambda: "can't be sent automatically yet" in toasts(pilot))
    assert "none of 3 single milestones" in toasts(pilot)
    assert "y in Milestones" in toasts(pilot)
    assert not app.milestone_watch.sends
