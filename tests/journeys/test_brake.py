"""The brake over real HTTP: automatic work that is too much at once waits for a person, in the app and without it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from core.automatic.brake import LEARNT_FROM, NEVER_UNDER
from core.automatic.records import AutomaticWork, UsualRounds
from tests.journeys import test_milestones, test_sync
from tests.journeys.console import console, flat, toasts, told, until
from tests.journeys.test_milestones import HOUR, STARTED, Us, listening
from tests.journeys.test_watch import AFTER_THE_FIRST_SYNC, happens, jobs_of
from tests.support.sandbox_home import Home, Sandbox, TypedLines
from tui.widgets.chooser import Chooser
from tui.widgets.confirm_dialog import ConfirmDialog, MessageDialog
from tui.wiring import open_book, settings_of

us = test_milestones.us
"""A desk with linked people, as in the tests of the milestones."""
THREE = 3


@pytest.fixture
def braked(us: Us) -> Us:
    """A desk with `at_most = 2`, of which the watch has begun, and for which three milestones are due."""
    at_most(us.home, 2)
    assert us.home.run("watch", "--once")[0] == 0
    happens(us, *us.people[:THREE])
    return us


def at_most(home: Home, number: int) -> None:
    config = home.path / "config.toml"
    config.write_text(
        config.read_text("utf-8").replace("[profiles.test]\n", f"[profiles.test]\nat_most = {number}\n", 1),
        "utf-8",
    )


def started(us: Us, *people: str) -> dict[str, list[str]]:
    return {us.contacts[person]: [STARTED] for person in people}


def waits(home: Home) -> list[tuple[str, int, int]]:
    code, status = home.run("watch", "--status")
    found = [(one["what"], one["number"], one["limit"]) for one in status["braked"]]
    assert code == (1 if found else 0)
    return found


def test_a_round_over_at_most_sends_nothing_until_a_person_lets_it_go(braked: Us) -> None:
    us = braked
    code, status = us.home.run("watch", "--once")
    job = jobs_of(status)["milestones"]
    assert (code, job["error"], job["waits_for_a_person"], us.sent()) == (1, "many-at-once", True, {})
    assert "3 milestones wait for a person" in str(status["events"])
    assert waits(us.home) == [("milestones", 3, 2)]
    assert "watch --allow 3" in us.home.say("watch", "--status")[1]
    code, said = us.home.run("watch", "--allow", "2")
    assert (code, said["error"]["code"]) == (1, "another-number")
    us.home.run("watch", "--once")
    assert us.sent() == {}
    assert us.home.run("watch", "--allow", "3")[0] == 0
    code, status = us.home.run("watch", "--once")
    assert (code, us.sent()) == (0, started(us, *us.people[:THREE]))
    assert "3 milestones sent" in str(status["events"])
    pages = list((us.home.path / "test" / "receipts").glob("*.html"))
    assert len(pages) == THREE
    assert all("allowed by m.hale" in page.read_text("utf-8") for page in pages)
    assert waits(us.home) == []
    happens(us, us.people[3])
    assert us.home.run("watch", "--once")[0] == 0
    assert us.sent() == started(us, *us.people[:4])


def test_what_is_left_to_a_person_waits_no_more_and_the_backlog_takes_it(braked: Us) -> None:
    us = braked
    us.home.run("watch", "--once")
    code, said = us.home.run("watch", "--leave", "3")
    assert (code, [one["number"] for one in said["answered"]]) == (0, [3])
    assert us.home.run("watch", "--once")[0] == 0
    assert (us.sent(), waits(us.home)) == ({}, [])
    happens(us, us.people[3])
    assert us.home.run("watch", "--once")[0] == 0
    assert us.sent() == started(us, us.people[3]), "what comes later goes on by itself"
    assert us.home.run("watch", "--once", "--backlog")[0] == 1
    assert waits(us.home) == [("milestones", 3, 2)], "nobody confirmed the backlog with its number"
    us.home.run("watch", "--allow", "3")
    assert us.home.run("watch", "--once")[0] == 0
    assert us.sent() == started(us, *us.people[:4])


def test_what_a_person_confirms_with_its_number_is_not_held(us: Us, monkeypatch: pytest.MonkeyPatch) -> None:
    at_most(us.home, 1)
    for person in us.people[:2]:
        us.act("begin", person, HOUR)
    with listening(us.home) as url:
        us.deliver(url)
    monkeypatch.setattr(sys, "stdin", TypedLines("y\ny\n"))
    code, out, _ = us.home.say("watch", "--once")
    assert (code, "From before: 2 milestones that are due" in out) == (0, True)
    assert us.sent() == started(us, *us.people[:2])
    happens(us, *us.people[2:4])
    assert us.home.run("milestones", "--yes")[0] == 0
    assert us.sent() == started(us, *us.people[:4])


def test_five_times_the_usual_round_of_new_users_waits(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = test_sync._home(sandbox, tmp_path, monkeypatch, "auto_push = true")
    assert home.run("sync", "--yes", "--limit", "2")[0] == 0
    assert home.run("watch", "--once")[0] == 0
    asyncio.run(_learn(home, 1))
    pairs = [pair for pair in home.run("match")[1]["pairs"] if pair["verdict"] == "push"]
    borrowers = [pair for pair in pairs if pair["roles"]["simplenexus"] == ["borrower"]]
    assert len(borrowers) > NEVER_UNDER
    stamps = {"created_at": AFTER_THE_FIRST_SYNC, "updated_at": AFTER_THE_FIRST_SYNC}
    for pair in borrowers[: NEVER_UNDER + 1]:
        sandbox.change("borrowers", pair["simplenexus_ids"][0], stamps, "simplenexus")

    def made() -> int:
        return sum(seen["path"] == "/total-expert/contacts" for seen in sandbox.writes("total-expert"))

    before, number = made(), NEVER_UNDER + 1
    code, status = home.run("watch", "--once")
    assert (code, jobs_of(status)["new-users"]["error"], made()) == (1, "many-at-once", before)
    assert waits(home) == [("new-users", number, NEVER_UNDER)]
    assert home.run("watch", "--allow", str(number))[0] == 0
    for _ in range(4):  # a round lasts some seconds, and the next one goes on
        code, status = home.run("watch", "--once")
        if made() == before + number:
            break
    assert (made(), waits(home)) == (before + number, [])


async def _learn(home: Home, size: int) -> None:
    """Let the rounds of new users up to now have had this size."""
    book = await open_book(settings_of(str(home.path), None), write=True)
    try:
        await book.commit(UsualRounds(AutomaticWork.NEW_USERS, (size,) * LEARNT_FROM, 1.0))
    finally:
        book.close()


async def test_the_app_shows_what_waits_and_takes_the_answer(braked: Us) -> None:
    us = braked
    async with console(us.home, size=(120, 34)) as pilot:
        await until(pilot, lambda: "F8: 3 wait" in flat(pilot))
        assert await asyncio.to_thread(us.sent) == {}
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(pilot.app.screen, Chooser))
        assert "3 milestones wait" in flat(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MessageDialog))
        assert "at_most = 2" in flat(pilot)
        assert f"3 {STARTED}" in flat(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, Chooser))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
        assert "Send 3 milestones this once?" in flat(pilot)
        await pilot.press("y")
        await until(pilot, lambda: us.sent() == started(us, *us.people[:THREE]))
        await until(pilot, lambda: "F8:" not in flat(pilot))
    assert (await told(us.home, "watch", "--status"))["braked"] == []


async def test_a_person_leaves_in_the_app_what_waits(braked: Us) -> None:
    us = braked
    async with console(us.home, size=(80, 24)) as pilot:
        await until(pilot, lambda: "F8: 3 · SANDBOX" in flat(pilot))
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(pilot.app.screen, Chooser))
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmDialog) and pilot.app.screen.armed)
        await pilot.press("y")
        await until(pilot, lambda: "F8:" not in flat(pilot))
        await pilot.press("f8")
        await until(pilot, lambda: "Nothing waits for your OK" in toasts(pilot))
    assert await asyncio.to_thread(us.sent) == {}
    assert (await told(us.home, "watch", "--status"))["braked"] == []


def test_a_watch_that_is_ended_leaves_nothing_that_waits(braked: Us) -> None:
    us = braked
    us.home.run("watch", "--once")
    assert waits(us.home) == [("milestones", 3, 2)]
    us.home.run("watch", "--end")
    assert waits(us.home) == []
    assert us.sent() == {}


async def test_the_app_that_stops_sending_by_itself_shows_nothing_that_waits(us: Us) -> None:
    at_most(us.home, 1)
    async with console(us.home) as pilot:
        await pilot.press("3")
        pilot.app.milestone_watch.start_sending()
        await asyncio.to_thread(happens, us, *us.people[:2])
        pilot.app.milestone_watch.read()
        await until(pilot, lambda: "F8: 2 wait" in flat(pilot))
        pilot.app.milestone_watch.stop_sending()
        await until(pilot, lambda: "F8:" not in flat(pilot))
    assert await asyncio.to_thread(us.sent) == {}
