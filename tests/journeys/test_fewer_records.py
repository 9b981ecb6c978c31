"""A read that lost a page, on real HTTP: it stops every sync until a person gives the number of missing records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from core.push.plan import System
from tests.journeys import test_sync
from tests.journeys.console import console, flat, toasts, until
from tests.journeys.test_sync import BOTH
from tests.support.sandbox_home import Home, Sandbox
from tui.contacts.plans.plan_dialog import PlanDialog
from tui.widgets.confirm_dialog import LineDialog

LOST = {
    System.SIMPLENEXUS: "empty-page GET /simplenexus/users/borrowers",
    System.TOTAL_EXPERT: "last-page GET /total-expert/contacts *1",
}
"""What loses a page of each system's lists."""


TWO_PAGES = ("--cards", "1", "--contacts", "140", "--officers", "3")
"""A few more contacts in Total Expert than one page of its list has."""


@pytest.fixture(scope="module")
def two_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.serve(tmp_path_factory.mktemp("pages"), *TWO_PAGES) as served:
        yield served


@pytest.fixture
def sandbox(two_pages: Sandbox) -> Sandbox:
    two_pages.reset()
    return two_pages


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk that has read both systems in full, as they are."""
    home = test_sync._home(sandbox, tmp_path, monkeypatch)
    assert home.run("match", "--full")[0] == 0
    sandbox.forget_requests()
    return home


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
    us: Home, sandbox: Sandbox, system: System
) -> None:
    lost = lose_a_page(us, sandbox, system)
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


def test_the_command_says_what_is_missing_and_reading_again_ends_it(us: Home, sandbox: Sandbox) -> None:
    lost = lose_a_page(us, sandbox, System.TOTAL_EXPERT)
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
    us: Home, sandbox: Sandbox
) -> None:
    lost = lose_a_page(us, sandbox, System.TOTAL_EXPERT)
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
    assert us.run("sync", "--yes")[0] == 0
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


async def test_the_app_offers_to_read_again_and_takes_the_typed_number(us: Home, sandbox: Sandbox) -> None:
    lost = await asyncio.to_thread(lose_a_page, us, sandbox, System.TOTAL_EXPERT)

    async with console(us, size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "are missing" in toasts(pilot))

        async def asked() -> None:
            await pilot.press("a")
            await until(pilot, lambda: isinstance(pilot.app.screen, LineDialog))

        await asked()
        said = flat(pilot)
        assert f"{lost['missing']} of {lost['had']} records are missing" in said
        assert f"Now: {lost['records']}" in said
        assert "Enter reads both systems again" in said
        pilot.app.screen.query_one(Input).value = "1"
        await pilot.press("enter")
        await until(pilot, lambda: "That is not the number" in flat(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, LineDialog))
        assert await asyncio.to_thread(written, sandbox) == 0
        await asked()
        pilot.app.screen.query_one(Input).value = str(lost["missing"])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog))


async def test_enter_reads_again_and_the_records_are_back(us: Home, sandbox: Sandbox) -> None:
    await asyncio.to_thread(lose_a_page, us, sandbox, System.SIMPLENEXUS)
    async with console(us, size=(120, 34)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "are missing" in toasts(pilot))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineDialog))
        await pilot.press("enter")
        await until(pilot, lambda: "Read both systems again" in toasts(pilot))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog))


async def test_a_number_counts_for_the_read_to_which_it_was_given(us: Home, sandbox: Sandbox) -> None:
    lost = await asyncio.to_thread(lose_a_page, us, sandbox, System.TOTAL_EXPERT)
    async with console(us, size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "are missing" in toasts(pilot))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, LineDialog))
        pilot.app.screen.query_one(Input).value = ","
        await pilot.press("enter")
        await until(pilot, lambda: "That is not the number" in flat(pilot))
        contacts = pilot.app.desk.contacts
        await asyncio.to_thread(sandbox.faults, LOST[System.SIMPLENEXUS])
        await contacts.gather_all()  # as new users do, every five minutes
        await asyncio.to_thread(sandbox.faults, "")
        (short,) = contacts.short_reads
        assert short.system is System.SIMPLENEXUS
        pilot.app.screen.query_one(Input).value = str(lost["missing"])
        await pilot.press("enter")
        await until(pilot, lambda: "The number that was given is" in toasts(pilot))
        assert contacts.short_reads == (short,)
