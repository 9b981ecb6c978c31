"""The Activity room on real HTTP: what needs a person is on top, each way to settle it works."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest

from core.push.states import PushState, StepState
from tests.journeys.console import arrived_once, at_rest, console, push, says, toasts, told, until
from tests.support.sandbox_home import Home, Sandbox
from tui.activity.screen import PushText

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture(autouse=True)
def _no_faults(sandbox: Sandbox) -> None:
    sandbox.faults("")


def shown_push(pilot: Any) -> Any:
    return pilot.app.screen._told


async def activity(pilot: Any, *words: str) -> str:
    """Go to the Activity room and wait until it says so."""
    await pilot.press("escape", "4")
    return await says(pilot, *words)


async def settled(pilot: Any, state: PushState) -> None:
    await until(pilot, lambda: (told := shown_push(pilot)) is not None and told.push.state is state)


def step(pilot: Any, n: int) -> Any:
    return shown_push(pilot).steps[n]


def opportunities(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [
        row for row in sandbox.records()["opportunities"] if str(row.get("IntegrationId")).startswith("BD-")
    ]


async def uncertain(pilot: Any, sandbox: Sandbox, fault: str) -> None:
    """Push C-1001 so that it isn't known whether its opportunity arrived, and FLEX can't be asked."""
    before = len(opportunities(sandbox))
    sandbox.faults(f"delay=600 POST /flex/opportunities *1; {fault} POST /flex/opportunities *1")
    await push(pilot, "C-1001")
    await until(pilot, lambda: any("opportunities" in one["path"] for one in sandbox.writes()))
    sandbox.faults("503 GET /flex/opportunities")
    await says(pilot, "waits")
    await activity(
        pilot, "WAITING", "Did the opportunity arrive?", "t it is there", "s it is not there", "x leave it"
    )
    assert len(opportunities(sandbox)) == before + (fault == "drop-reply")


async def test_a_refused_step_is_tried_again(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("423 POST /flex/opportunities *1")
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        await says(pilot, "arrived in part", "FLEX refused the opportunity")
        await activity(
            pilot, "NEEDS YOU", "The opportunity was refused", "a try again", "x leave it", "locked"
        )
        await pilot.press("a")
        await settled(pilot, PushState.DONE)
        await says(pilot, "Arrived", "TODAY")
    await arrived_once(sandbox, home, "C-1001")


async def test_a_refused_step_is_left(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("423 POST /flex/opportunities *1")
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        await says(pilot, "arrived in part")
        await activity(pilot, "The opportunity was refused", "x leave it")
        lines = str(pilot.app.screen.query_one(PushText).visual).split("\n")
        at = next(n for n, line in enumerate(lines) if line.startswith("x leave it"))
        await pilot.click(PushText, offset=(4, at))
        await until(pilot, lambda: step(pilot, 2).state is StepState.SKIPPED)
        assert opportunities(sandbox) == []


async def test_not_known_and_it_is_there(home: Home, sandbox: Sandbox) -> None:
    async with console(home) as pilot:
        await uncertain(pilot, sandbox, "drop-reply")
        sandbox.faults("")
        (there,) = opportunities(sandbox)
        await pilot.press("t")
        await says(pilot, "The ID of the opportunity that you found in FLEX")
        await pilot.press("full_stop", "enter")
        await says(pilot, "This isn't an ID: it can't be sent in an address.")
        await pilot.press("backspace", *"nonsense", "enter")
        await says(pilot, "FLEX has no opportunity or application nonsense.")
        await says(pilot, "The ID of the opportunity that you found in FLEX", "nonsense")
        await pilot.press(*there["FLEXId"].lower(), "enter")
        await settled(pilot, PushState.DONE)
        assert step(pilot, 2).remote_id == there["FLEXId"]
    await arrived_once(sandbox, home, "C-1001")


async def test_not_known_and_it_is_not_there(home: Home, sandbox: Sandbox) -> None:
    async with console(home) as pilot:
        await uncertain(pilot, sandbox, "drop-request")
        sandbox.faults("")
        await pilot.press("s")
        await settled(pilot, PushState.DONE)
    assert len(opportunities(sandbox)) == 1
    await arrived_once(sandbox, home, "C-1001")


async def test_not_known_and_a_person_errs_makes_no_second_one(home: Home, sandbox: Sandbox) -> None:
    async with console(home) as pilot:
        await uncertain(pilot, sandbox, "drop-reply")
        sandbox.faults("")
        await pilot.press("s")  # it is there anyway: the same reference finds it
        await settled(pilot, PushState.DONE)
    assert len(opportunities(sandbox)) == 1
    await arrived_once(sandbox, home, "C-1001")


async def test_not_known_and_nobody_decides_is_looked_up_at_the_next_start(
    home: Home, sandbox: Sandbox
) -> None:
    async with console(home) as pilot:
        await uncertain(pilot, sandbox, "drop-reply")
        await says(pilot, "looked up again at the next start")
    sandbox.faults("")
    async with console(home) as pilot:
        await until(pilot, lambda: "Going on with card C-1001" in toasts(pilot))
        await pilot.press("4")
        await settled(pilot, PushState.DONE)
    assert len(opportunities(sandbox)) == 1
    await arrived_once(sandbox, home, "C-1001")


async def test_a_changed_record_is_decided_by_a_person(home: Home, sandbox: Sandbox) -> None:
    """The guarantor's update gets lost, and somebody changes him in FLEX meanwhile."""
    ron = next(row for row in sandbox.records()["contacts"] if row.get("LastName") == "Whitfield")
    sandbox.faults("delay=600 PATCH /flex/contacts *1; drop-request PATCH /flex/contacts *1")
    async with console(home) as pilot:
        await push(pilot, "C-1009")
        await until(pilot, lambda: any(one["method"] == "PATCH" for one in sandbox.writes()))
        sandbox.ask("PATCH", f"records/flex/contacts/{ron['FLEXId']}", json={"CellularPhone": "0400 000 000"})
        sandbox.faults("")
        await says(pilot, "needs you")
        await activity(pilot, "NEEDS YOU", "Did the person arrive?", "neither as it was nor as it was sent")
        await pilot.press("s")
        await settled(pilot, PushState.DONE)
    (now,) = [row for row in sandbox.records()["contacts"] if row["FLEXId"] == ron["FLEXId"]]
    assert now["CellularPhone"] == "0491 572 983"


async def test_a_paused_push_goes_on_when_it_is_told_to(home: Home, sandbox: Sandbox) -> None:
    sandbox.faults("503 GET /flex/opportunities")
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        await says(pilot, "waits")
        await activity(pilot, "WAITING", "Waits", "r resume")
        assert opportunities(sandbox) == []
        sandbox.faults("")
        await pilot.press("r")
        await settled(pilot, PushState.DONE)
    await arrived_once(sandbox, home, "C-1001")


async def test_a_push_that_was_killed_is_taken_up_at_the_start(home: Home, sandbox: Sandbox) -> None:
    process = home.spawn(
        "push", "card", "C-1001", "--yes", module="tests.processes.dies_at_point", MORTAL="60"
    )
    await asyncio.to_thread(process.communicate)
    assert process.returncode == -signal.SIGKILL
    async with console(home) as pilot:
        await pilot.press("4")
        await settled(pilot, PushState.DONE)
        await says(pilot, "Arrived")
    await arrived_once(sandbox, home, "C-1001")


async def test_a_second_record_that_came_late_is_found_and_a_person_says_which(
    home: Home, sandbox: Sandbox
) -> None:
    sandbox.faults("late=3600 POST /flex/opportunities *1")
    async with console(home) as pilot:
        await push(pilot, "C-1001")
        await says(pilot, "Everything arrived.")
    sandbox.carry_out_late()
    assert len(opportunities(sandbox)) == 2
    chosen, _ = sorted(row["FLEXId"] for row in opportunities(sandbox))
    async with console(home) as pilot:
        await until(pilot, lambda: "A second record turned up" in toasts(pilot))
        pilot.app.clear_notifications()
        await activity(pilot, "NEEDS YOU", "Which opportunity is it?", "i it is this one", "x leave it")
        await pilot.press("i")
        await says(pilot, "Which one is it?")
        assert all("created" in offer.label for offer in pilot.app.screen._offers)
        offered = [offer.value for offer in pilot.app.screen._offers]
        assert sorted(offered) == sorted(row["FLEXId"] for row in opportunities(sandbox))
        await pilot.press(*["down"] * offered.index(chosen), "enter")
        await settled(pilot, PushState.DONE)
    assert len(opportunities(sandbox)) == 2
    links = (await told(home, "links"))["links"]
    assert chosen in {link["remote_id"] for link in links if link["entity"] == "opportunity"}


async def test_the_filter_and_the_steps_are_reached_by_keys(home: Home, sandbox: Sandbox) -> None:
    await told(home, "push", "card", "C-1001", "--yes")
    await told(home, "push", "card", "C-1002", "--yes")
    async with console(home) as pilot:
        await activity(pilot, "TODAY", "Nguyen, Linh", "Patel, Priya", "Today 2 arrived")
        await pilot.press("slash")
        await pilot.pause()
        await pilot.press(*"1001", "enter")
        await at_rest(pilot)
        await until(pilot, lambda: shown_push(pilot).push.subject == "C-1001")
        await pilot.press("tab", "down", "down")
        await says(pilot, "REQUEST POST /opportunities", "recorded, then sent")
        await pilot.press("e")
        await says(pilot, "What this means", "intent")
        await pilot.press("escape", "escape", "escape")
        await at_rest(pilot)
        assert len(pilot.app.screen.query_one("#push-list").shown_keys) == 2


async def test_keys_that_do_not_apply_do_nothing(home: Home, sandbox: Sandbox) -> None:
    await told(home, "push", "card", "C-1001", "--yes")
    before = len(sandbox.writes())
    async with console(home) as pilot:
        text = await activity(pilot, "Arrived")
        assert "decide" not in text
        await pilot.press(*"tsainxr")
        await at_rest(pilot)
    assert len(sandbox.writes()) == before
