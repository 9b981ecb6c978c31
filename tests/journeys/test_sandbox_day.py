"""The app on the built-in sandbox: a day is played there, replies are lost on request, and a person can begin again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.milestones.records import MilestoneState
from data.practice.control import SandboxControl
from data.settings import sandbox_state
from tests.journeys.console import at_rest, console, find, flat, push, says, toasts, until
from tests.support.sandbox_home import Home, Sandbox
from tui.app import DeskApp
from tui.palette.dialog import PaletteDialog
from tui.sandbox.palette import sandbox_entries
from tui.tour.steps import OFFER
from tui.widgets.confirm_dialog import ConfirmDialog
from tui.wiring.practice.opener import open_practice_with

NEEDS_YOU, DUE, WAITING = MilestoneState.NEEDS_YOU, MilestoneState.DUE, MilestoneState.WAITING


@pytest.fixture
def play(tmp_path: Path) -> Home:
    """A home without a profile: the built-in sandbox."""
    return Home(tmp_path / "home")


def app_of(pilot: Pilot[Any]) -> DeskApp:
    assert isinstance(pilot.app, DeskApp)
    return pilot.app


async def choose(pilot: Pilot[Any], entry: str) -> None:
    """Choose an entry of the palette by its name."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, PaletteDialog))
    pilot.app.screen.query_one(Input).value = entry
    await says(pilot, entry)
    await pilot.press("enter")


async def test_a_day_on_the_sandbox_from_its_first_start_to_its_reset(play: Home) -> None:
    async with console(play, opener=open_practice_with("")) as pilot:
        await says(pilot, OFFER)
        await every_room_has_something_to_show(pilot, play)
        await the_day_is_told_in_the_palette(pilot)
        await a_lost_reply_is_asked_for_in_the_palette_and_settled(pilot, play)
        await a_system_that_is_down_refuses_a_new_push_as_the_palette_says(pilot, play)
        await a_reset_is_asked_for_and_says_what_goes(pilot)


async def the_day_is_told_in_the_palette(pilot: Pilot[Any]) -> None:
    await choose(pilot, "Sandbox: what happened today")
    await says(pilot, "What happened today in the sandbox", "signs in to the app")
    await pilot.press("escape")


async def every_room_has_something_to_show(pilot: Pilot[Any], play: Home) -> None:
    watch = app_of(pilot).milestone_watch
    await until(pilot, lambda: watch.overview is not None and watch.overview.due)
    overview = watch.overview
    assert overview is not None
    states = [line.state for line in overview.lines]
    assert NEEDS_YOU in states
    counting = [line.until - overview.at for line in overview.lines if line.until is not None]
    assert any(600 < left < 725 for left in counting), counting  # some 12 minutes, by two clocks
    submitted = [line for line in overview.lines if str(line.milestone).endswith("Submitted")]
    assert len(submitted) == 1, "it was reported twice"
    await pilot.press("3")
    assert "SANDBOX" in await says(pilot, "NEEDS YOU", "DUE")
    await pilot.press("2")
    await says(pilot, "shared email", "QUEUE")
    await pilot.press("slash", *"Noor")
    await says(pilot, "Noor Hoffman")
    await pilot.press("escape")
    await pilot.press("4")
    await says(pilot, "Nothing was pushed yet", "Sandbox: lose the next reply")
    await pilot.press("1")
    await at_rest(pilot)
    await find(pilot, "C-1046")
    moved = [
        act.said for act in SandboxControl(sandbox_state(play.path)).played().acts if "C-1046" in act.said
    ]
    assert moved[0].partition("“")[2].split()[0] in flat(pilot)


async def a_lost_reply_is_asked_for_in_the_palette_and_settled(pilot: Pilot[Any], play: Home) -> None:
    await choose(pilot, "Sandbox: lose the next reply")
    await until(pilot, lambda: "will be lost" in toasts(pilot))
    await push(pilot, "C-1001")
    await says(pilot, "Everything arrived")
    await pilot.press("escape", "4", "tab")
    await says(pilot, "the connection closed with no reply", "it had arrived: found by its reference")
    (rule,) = await asyncio.to_thread(SandboxControl(sandbox_state(play.path)).faults)
    assert (rule.met, rule.remaining) == (1, 0)


async def a_system_that_is_down_refuses_a_new_push_as_the_palette_says(pilot: Pilot[Any], play: Home) -> None:
    await pilot.press("1")
    await find(pilot, "C-1003")
    await choose(pilot, "Sandbox: FLEX is down for a minute")
    await until(pilot, lambda: "A new push is refused; one on its way waits" in toasts(pilot))
    await pilot.press("p")
    await until(pilot, lambda: "Not pushed" in toasts(pilot))
    assert "Wait a minute, then try again." in toasts(pilot)
    assert "config.toml" not in toasts(pilot), "nothing there is wrong"
    await asyncio.to_thread(SandboxControl(sandbox_state(play.path)).end_faults)


async def a_reset_is_asked_for_and_says_what_goes(pilot: Pilot[Any]) -> None:
    await choose(pilot, "Sandbox: reset…")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
    text = flat(pilot)
    assert "the practice book" in text
    assert "Your profiles and their books" in text
    await pilot.press("enter")
    await at_rest(pilot)
    assert not app_of(pilot).begins_anew
    await choose(pilot, "Sandbox: reset…")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
    await pilot.press("y")
    await until(pilot, lambda: not pilot.app.is_running or app_of(pilot).begins_anew)
    assert app_of(pilot).begins_anew


async def test_another_profile_has_no_entry_of_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    async with console(Home.at(tmp_path / "home", sandbox)) as pilot:
        assert sandbox_entries(app_of(pilot)) == []
