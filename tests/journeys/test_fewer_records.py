"""A read that lost a page, on real HTTP: it stops every sync until a person gives the number of missing records."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.push.plan import System
from tests.journeys import test_sync
from tests.journeys.console import console, flat, says, toasts, until
from tests.journeys.test_sync import BOTH
from tests.support.own_sandbox import own_sandbox
from tests.support.sandbox_home import Home, Sandbox
from tui.contacts.plans.plan_dialog import PlanDialog
from tui.widgets.confirm_dialog import LineDialog

LOST = {
    System.SIMPLENEXUS: "empty-page GET /simplenexus/users/borrowers",
    System.TOTAL_EXPERT: "last-page GET /total-expert/contacts *1",
}
"""What loses a page of each system's lists."""


served, sandbox = own_sandbox("--cards", "1", "--contacts", "140", "--officers", "3")
"""A few more contacts in Total Expert than one page of its list has."""


class Short(NamedTuple):
    """A home whose last full read lost a page, and what `match --full` said of that system."""

    home: Home
    lost: dict[str, Any]


@pytest.fixture(scope="module")
def whole(served: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A desk that has read both systems in full, as they are. Tests take a copy."""
    served.reset()
    with pytest.MonkeyPatch.context() as monkeypatch:
        home = test_sync._home(served, tmp_path_factory.mktemp("whole"), monkeypatch)
        assert home.run("match", "--full")[0] == 0
    return home


@pytest.fixture(scope="module")
def short(whole: Home, served: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Mapping[System, Short]:
    """Copies of that desk that read both systems again and lost a page of one. Tests take a copy."""
    made: dict[System, Short] = {}
    for system in LOST:
        folder = tmp_path_factory.mktemp("short")
        with pytest.MonkeyPatch.context() as monkeypatch:
            home = copied(whole, served, folder, monkeypatch)
            made[system] = Short(home, lose_a_page(home, served, system))
    return made


def copied(home: Home, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Return a copy of a home, with its secrets."""
    copy = test_sync._home(sandbox, tmp_path, monkeypatch)
    shutil.copytree(home.path, copy.path, dirs_exist_ok=True)
    return copy


@pytest.fixture
def us(whole: Home, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk that has read both systems in full, as they are."""
    return copied(whole, sandbox, tmp_path, monkeypatch)


def written(sandbox: Sandbox) -> int:
    return sum(len(sandbox.writes(system)) for system in BOTH)


def lose_a_page(home: Home, sandbox: Sandbox, system: System) -> dict[str, Any]:
    """Read both systems in full while a page of one of them is lost. Return what the command says of that system."""
    sandbox.faults(LOST[system])
    code, said = home.run("match", "--full")
    sandbox.faults("")
    assert code == 0
    reads = {read["system"]: read for read in said["read"]}
    other = next(name for name in reads if name != system.value)
    assert reads[other]["missing"] is None
    found: dict[str, Any] = reads[system.value]
    assert found["missing"] > found["had"] / 10
    assert found["records"] + found["missing"] == found["had"]
    return found


@pytest.mark.parametrize("system", LOST)
def test_a_lost_page_stops_the_sync_until_the_right_number_is_given(
    short: Mapping[System, Short],
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    system: System,
) -> None:
    home, lost = short[system]
    us = copied(home, sandbox, tmp_path, monkeypatch)
    code, said = us.run("sync", "--yes")
    assert (code, said["error"]["code"]) == (1, "fewer-records")
    assert f"{lost['missing']:,} of the {lost['had']:,}" in said["error"]["message"]
    assert f"--fewer {lost['missing']}" in said["error"]["fix"]
    assert {read["system"]: read["missing"] for read in said["read"]}[system.value] == lost["missing"]
    code, said = us.run("sync", "--yes", "--fewer", str(lost["missing"] - 1))
    assert (code, said["error"]["code"]) == (1, "fewer-records")
    code, said = us.run("match", "--fewer", str(lost["missing"] + 1))
    assert (code, said["error"]["code"]) == (1, "fewer-records")
    assert written(sandbox) == 0


def test_the_right_number_of_records_that_are_really_gone_lets_the_sync_go(
    us: Home, sandbox: Sandbox
) -> None:
    there = sandbox.records("total-expert")["contacts"]
    gone = len(there) // 10 + 1
    for row in there[:gone]:
        sandbox.ask("DELETE", f"records/total-expert/contacts/{row['id']}")
    code, said = us.run("sync", "--yes", "--full")
    assert (code, said["error"]["code"]) == (1, "fewer-records")
    (short,) = (read for read in said["read"] if read["missing"])
    assert (short["system"], short["missing"]) == ("total-expert", gone)
    assert us.run("sync", "--yes", "--fewer", str(gone + 1))[0] == 1
    assert written(sandbox) == 0
    code, push = us.run("sync", "--yes", "--limit", "1", "--fewer", str(gone))
    assert (code, push["state"]) == (0, "done")
    code, push = us.run("sync", "--yes", "--full", "--limit", "1")
    assert (code, push["state"]) == (0, "done"), "the word was given once and for all"


def test_a_sync_that_waits_pauses_and_goes_on_with_the_right_number(us: Home, sandbox: Sandbox) -> None:
    linked = [pair for pair in us.run("match")[1]["pairs"] if pair["verdict"] == "linked"]
    ids = {pair["total_expert_ids"][0] for pair in linked}
    sandbox.faults("drop-request POST /total-expert/contacts; drop-request POST /simplenexus")
    code, push = us.run("sync", "--yes", "--limit", "1")
    assert (code, push["state"]) != (0, "done")
    sandbox.faults("")
    there = sandbox.records("total-expert")["contacts"]
    gone = [row["id"] for row in there if str(row["id"]) in ids]
    gone += [row["id"] for row in there if row["id"] not in gone and row["email"] is None]
    most = len(there) // 10 + 1
    assert len(gone) >= most
    for row_id in gone[:most]:
        sandbox.ask("DELETE", f"records/total-expert/contacts/{row_id}")
    assert us.run("match", "--full")[0] == 0
    code, again = us.run("sync", "--yes")
    assert (code, again["push_id"], again["reason"]) == (1, push["push_id"], "fewer-records")
    code, again = us.run("sync", "--yes", "--fewer", str(most))
    assert (code, again["push_id"], again["state"]) == (0, push["push_id"], "done")


def test_the_command_says_what_is_missing_and_reading_again_ends_it(
    short: Mapping[System, Short], sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, lost = short[System.TOTAL_EXPERT]
    us = copied(home, sandbox, tmp_path, monkeypatch)
    _, out, _ = us.say("match")
    assert f"! Total Expert: {lost['missing']} of {lost['had']} records are missing." in out
    code, _, err = us.say("sync", "--yes")
    assert (code, "A page of the list may never have come." in err) == (1, True)
    sandbox.faults(LOST[System.TOTAL_EXPERT])
    assert us.run("sync", "--yes", "--full")[0] == 1, "the page is lost again"
    sandbox.faults("")
    code, push = us.run("sync", "--yes", "--full", "--limit", "1")
    assert (code, push["state"]) == (0, "done")


def test_a_forgotten_person_does_not_make_the_desk_forget_that_a_page_is_missing(
    short: Mapping[System, Short], sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, lost = short[System.TOTAL_EXPERT]
    us = copied(home, sandbox, tmp_path, monkeypatch)
    for copy in (us.path / "test" / "contacts").glob("*.copy"):
        copy.unlink()
    sandbox.faults(LOST[System.TOTAL_EXPERT])
    code, said = us.run("sync", "--yes")
    assert (code, said["error"]["code"]) == (1, "fewer-records")
    assert str(lost["missing"]) in said["error"]["fix"]
    assert written(sandbox) == 0


def test_shares_and_new_users_wait_too_and_the_status_of_the_watch_says_so(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = test_sync._home(sandbox, tmp_path, monkeypatch, 'writer = "desk"\nauto_push = true')
    assert home.run("sync", "--yes", "--limit", "2")[0] == 0
    assert home.run("watch", "--once")[0] == 0
    imported = next(
        pair["total_expert_ids"][0] for pair in home.run("match")[1]["pairs"] if pair["verdict"] == "linked"
    )
    lost = lose_a_page(home, sandbox, System.SIMPLENEXUS)
    sandbox.forget_requests()
    code, said = home.run("watch", "--once")
    jobs = {job["job"]: job for job in said["jobs"]}
    assert (code, jobs["new-users"]["error"], jobs["new-users"]["waits_for_a_person"]) == (
        1,
        "fewer-records",
        True,
    )
    assert jobs["milestones"]["error"] is None, "a milestone reads its contact anew, and creates nobody"
    code, status = home.run("watch", "--status")
    assert (code, [(one["system"], one["missing"]) for one in status["fewer"]]) == (
        1,
        [("simplenexus", lost["missing"])],
    )
    assert f"--fewer {lost['missing']}" in home.say("watch", "--status")[1]
    assert home.run("share", imported, "--yes")[0] == 1
    assert written(sandbox) == 0
    assert home.run("match", "--fewer", str(lost["missing"]))[0] == 0
    assert home.run("watch", "--once")[0] == 0
    assert home.run("watch", "--status")[0] == 0


@pytest.mark.parametrize("system", LOST)
def test_a_reconciliation_calls_nothing_gone_that_a_lost_page_may_have_held(
    us: Home, sandbox: Sandbox, system: System
) -> None:
    assert us.run("sync", "--yes", "--limit", "12")[0] == 0
    assert us.run("match", "--full")[0] == 0
    lose_a_page(us, sandbox, system)
    code, report = us.run("reconcile")
    reads = {read["system"]: read for read in us.run("match")[1]["read"]}
    missing, had = reads[system.value]["missing"], reads[system.value]["had"]
    looks = {look["system"]: look["error"] for look in report["systems"]}
    assert (code, report["counts"]["gone"], looks[system]["code"]) == (1, 0, "fewer-records")
    assert f"{missing:,} of the {had:,}" in looks[system]["message"]
    assert us.run("match", "--fewer", str(missing))[0] == 0
    assert us.run("reconcile")[1]["counts"]["gone"] > 0, "a person said that they are really gone"


async def test_the_app_offers_to_read_again_and_takes_only_the_number_of_the_read_that_is_shown(
    short: Mapping[System, Short], sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, lost = short[System.TOTAL_EXPERT]
    us = copied(home, sandbox, tmp_path, monkeypatch)
    async with console(us, size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "are missing" in toasts(pilot))
        await says_what_is_missing_and_refuses_another_number(pilot, lost)
        assert await asyncio.to_thread(written, sandbox) == 0

        await asked(pilot)
        await type_in(pilot, ",")
        await says(pilot, "That is not the number")
        await read_again_and_lose_a_page(pilot, sandbox, System.SIMPLENEXUS)  # while the dialog is open
        shown = pilot.app.desk.contacts.short_reads
        await type_in(pilot, str(lost["missing"]))
        await until(pilot, lambda: "The number that was given is" in toasts(pilot))
        assert pilot.app.desk.contacts.short_reads == shown

        await pilot.resize_terminal(120, 34)
        await asked(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Read both systems again" in toasts(pilot))
        await shows_the_plan(pilot)

        await read_again_and_lose_a_page(pilot, sandbox, System.TOTAL_EXPERT)
        await asked(pilot)
        await type_in(pilot, str(lost["missing"]))
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog))


async def asked(pilot: Pilot[Any]) -> None:
    """Ask for a sync, and wait for the question about the missing records."""
    await pilot.press("a")
    await until(pilot, lambda: isinstance(pilot.app.screen, LineDialog))


async def type_in(pilot: Pilot[Any], number: str) -> None:
    """Answer the question."""
    pilot.app.screen.query_one(Input).value = number
    await pilot.press("enter")


async def says_what_is_missing_and_refuses_another_number(pilot: Pilot[Any], lost: dict[str, Any]) -> None:
    await asked(pilot)
    said = flat(pilot)
    assert f"{lost['missing']} of {lost['had']} records are missing" in said
    assert f"Now: {lost['records']}" in said
    assert "Enter reads both systems again" in said
    await type_in(pilot, "1")
    await says(pilot, "That is not the number")
    await pilot.press("escape")
    await until(pilot, lambda: not isinstance(pilot.app.screen, LineDialog))


async def read_again_and_lose_a_page(pilot: Pilot[Any], sandbox: Sandbox, system: System) -> None:
    """Read both systems as new users do, every five minutes; a page of one of them is lost."""
    app: Any = pilot.app
    contacts = app.desk.contacts
    await asyncio.to_thread(sandbox.faults, LOST[system])
    await contacts.gather_all()
    await asyncio.to_thread(sandbox.faults, "")
    (missing,) = contacts.short_reads
    assert missing.system is system


async def shows_the_plan(pilot: Pilot[Any]) -> None:
    """Ask for a sync, see its plan at once, and leave it."""
    await pilot.press("a")
    await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog))
    await pilot.press("escape")
    await until(pilot, lambda: not isinstance(pilot.app.screen, PlanDialog))
