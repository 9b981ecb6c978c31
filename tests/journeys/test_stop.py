"""A stop of all sending: by a key, by a command, seen in every app, and what goes on when it is lifted."""

from __future__ import annotations

import asyncio

import pytest

from core.stop import STOPPED
from tests.journeys.console import arrived_once, console, find, flat, leave, push, toasts, told, until
from tests.support.sandbox_home import Home, Sandbox
from tui.widgets.confirm_dialog import ConfirmDialog


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.sending.stop.STOP_EVERY", 0.05)


def written(sandbox: Sandbox) -> int:
    return len(sandbox.writes()) + len(sandbox.writes("brokerengine"))


def test_a_command_stops_all_commands_until_the_stop_is_lifted(home: Home, sandbox: Sandbox) -> None:
    code, stop = home.run("stop", "--reason", "the map is wrong")
    assert (code, stop["stopped"], stop["operator"], stop["reason"]) == (
        0,
        True,
        "m.hale",
        "the map is wrong",
    )
    code, said = home.run("push", "card", "C-1001", "--yes")
    assert (code, said["error"]["code"]) == (1, STOPPED)
    assert "The reason: the map is wrong" in said["error"]["message"]
    assert home.run("preview", "card", "C-1001")[0] == 0
    assert home.run("stop")[1] == stop
    assert written(sandbox) == 0
    code, said = home.run("stop", "--lift")
    assert (code, said["error"]["code"]) == (1, "not-confirmed")
    code, lifted = home.run("stop", "--lift", "--yes")
    assert (code, lifted) == (0, {**stop, "stopped": False, "unfinished": 0})
    assert home.run("push", "card", "C-1001", "--yes")[0] == 0
    assert home.run("stop", "--lift", "--yes")[1]["error"]["code"] == "not-stopped"


async def test_a_stop_is_said_before_anything_is_confirmed(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("503 POST /flex/opportunities")
    await asyncio.to_thread(home.run, "push", "card", "C-1001", "--yes")
    await asyncio.to_thread(home.run, "stop", "--reason", "the map is wrong")
    _, said, _ = await asyncio.to_thread(home.say, "resume", "--yes")
    assert said.startswith("m.hale stopped all sending at ")
    assert "Until then nothing new is sent." in said
    async with console(home) as pilot:
        await until(pilot, lambda: "STOPPED" in flat(pilot))
        await find(pilot, "C-1006")
        await pilot.press("p")
        await until(pilot, lambda: "Nothing can be sent before F9" in flat(pilot))


async def test_a_key_stops_a_push_under_way_and_lifting_lets_it_go_on(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("delay=600 POST /flex/opportunities *1")
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        await until(pilot, lambda: written(sandbox) > 0)
        await pilot.press("f9")  # the dialog of the push is open
        await until(pilot, lambda: "STOPPED" in flat(pilot))
        sandbox.faults("")
        await until(pilot, lambda: "a person stopped all sending" in flat(pilot))
        before = written(sandbox)
        pushes = (await told(home, "activity"))["pushes"]
        assert [(each["state"], each["reason"]) for each in pushes] == [("paused", STOPPED)]
        assert written(sandbox) == before
        await pilot.press("f9")
        await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
        assert isinstance(pilot.app.screen, ConfirmDialog)
        assert "1 push that waits for this goes on at once" in flat(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Everything arrived" in flat(pilot))
        assert "STOPPED" not in flat(pilot)
    await arrived_once(sandbox, home, "C-1001")


async def test_a_stop_outlasts_the_app_and_is_shown_and_obeyed_by_the_next(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await pilot.press("f9")
        await until(pilot, lambda: "STOPPED" in flat(pilot))
        await leave(pilot)
    async with console(home) as pilot:
        await until(pilot, lambda: "STOPPED" in flat(pilot))
        assert "m.hale stopped all sending at" in toasts(pilot)
        await push(pilot, "C-1001")
        await until(pilot, lambda: "Nothing can be sent before F9" in flat(pilot))
        assert "y Send" not in flat(pilot)
        await asyncio.to_thread(home.run, "stop", "--lift", "--yes")
        await until(pilot, lambda: "STOPPED" not in flat(pilot))
    assert written(sandbox) == 0


async def test_who_says_no_to_the_question_leaves_the_stop(home: Home) -> None:
    async with console(home) as pilot:
        await find(pilot, "C-1001")
        await pilot.press("f9")
        await until(pilot, lambda: "STOPPED" in flat(pilot))
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog))
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmDialog))
        assert "STOPPED" in flat(pilot)
    assert (await told(home, "stop"))["stopped"]
