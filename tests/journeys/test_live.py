"""LIVE is said where it matters: at the top in another colour, and in everything that asks before it sends."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from textual.app import App, ComposeResult

from tests.journeys.console import ask, console, find, flat, says
from tests.support.sandbox_home import Home, Sandbox
from tui.widgets.top_bar import TopBar


@pytest.fixture
def live(home: Home) -> Home:
    config = home.path / "config.toml"
    config.write_text(config.read_text().replace("[profiles.test]\n", "[profiles.test]\nlive = true\n"))
    return home


class Bar(App[None]):
    def compose(self) -> ComposeResult:
        yield TopBar({"cards": "1 Cards"}, "cards")


async def _badge(word: str, *, live: bool) -> tuple[Any, Any]:
    """Give the two colours in which the badge is painted."""
    app = Bar()
    async with app.run_test(size=(100, 3)) as pilot:
        bar = app.query_one(TopBar)
        bar.badge, bar.live = word, live
        await pilot.pause()
        for segment in bar.render_line(0):
            if word in segment.text:
                assert segment.style is not None
                return segment.style.color, segment.style.bgcolor
    raise AssertionError("there is no badge")


async def test_the_badge_of_a_live_desk_has_colours_of_its_own() -> None:
    live, sandbox = await _badge("LIVE", live=True), await _badge("SANDBOX", live=False)
    assert live[0] != sandbox[0]
    assert live[1] != sandbox[1]


async def test_a_live_desk_says_so_at_the_top_and_before_it_sends(live: Home) -> None:
    async with console(live) as pilot:
        await says(pilot, "LIVE test")
        await find(pilot, "C-1042")
        await ask(pilot)
        assert "LIVE. " in flat(pilot)


async def test_a_trial_does_not(home: Home) -> None:
    async with console(home) as pilot:
        await says(pilot, "SANDBOX test")
        await find(pilot, "C-1042")
        await ask(pilot)
        assert "LIVE" not in flat(pilot)


async def test_several_cards_at_once_say_so_too(live: Home) -> None:
    async with console(live) as pilot:
        await pilot.press("space", "space", "p")
        await says(pilot, "LIVE. ")


def test_several_cards_wait_by_command_and_doctor_counts_the_single_pushes_that_arrived(
    live: Home, sandbox: Sandbox
) -> None:
    several = ["push", "card", "C-1001", "C-1006", "--yes"]
    code, refused = live.run(*several)
    assert (code, refused["error"]["code"]) == (1, "careful-start")
    assert sandbox.writes() == []
    said = " ".join(finding["what"] for finding in live.run("doctor")[1]["findings"])
    assert "none of 3 single pushes of cards have arrived" in said
    code, pushed = live.run("push", "card", "C-1001", "--yes")
    assert (code, pushed["receipt"]["all_arrived"]) == (0, True)
    said = " ".join(finding["what"] for finding in live.run("doctor")[1]["findings"])
    assert "1 of 3 single pushes of cards have arrived" in said


def test_a_trial_starts_without_care_and_so_does_a_live_desk_that_says_so(
    home: Home, sandbox: Sandbox
) -> None:
    assert home.run("push", "card", "C-1001", "C-1006", "--yes")[0] == 0
    config = home.path / "config.toml"
    said = "[profiles.test]\nlive = true\ncareful_start = false\n"
    config.write_text(config.read_text().replace("[profiles.test]\n", said))
    assert "areful start" not in str(home.run("doctor")[1])


@pytest.mark.parametrize(("kind", "word"), [("live", "LIVE. Send"), ("home", "Send")])
def test_the_prompt_of_a_command_says_so(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, kind: str, word: str
) -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "n"

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    home: Home = request.getfixturevalue(kind)
    assert home.say("push", "card", "C-1042")[0] == 1
    (question,) = asked
    assert question.startswith(word)
    assert sandbox.writes() == []


async def test_a_decision_that_sends_once_more_says_so(live: Home, sandbox: Sandbox) -> None:
    for arguments in (
        ["push", "card", "C-1001", "--yes"],
        ["unlink", "C-1001", "--yes"],
        ["push", "card", "C-1001", "--yes"],
    ):
        await asyncio.to_thread(live.say, *arguments)
    async with console(live) as pilot:
        await pilot.press("4")
        await says(pilot, "NEEDS YOU", "n send as new")
        await pilot.press("n")
        await says(pilot, "Are you sure?", "LIVE.")
