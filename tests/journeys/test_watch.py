"""The watch over real HTTP: what it sends and what it leaves, with the app and with commands next to it."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.automatic.schedule import EVERY, OVERDUE_AFTER, JobName
from core.automatic.watch_status import DEAD_AFTER, JobStatus, WatchEnd, WatchStatus
from data.book.watch_file import WatchFile
from tests.journeys import test_milestones, test_sync
from tests.journeys.console import console, flat, told, until
from tests.journeys.test_milestones import HOUR, STARTED, Us, listening
from tests.support.sandbox_home import Home, Sandbox, TypedLines

us = test_milestones.us
"""A desk with linked people, as in the tests of the milestones."""

AFTER_THE_FIRST_SYNC = "2099-01-02T03:04:05Z"


def jobs_of(status: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {job["job"]: job for job in status["jobs"]}


def happens(us: Us, *who: str) -> None:
    """Let people begin an application now, and deliver the webhooks."""
    for person in who:
        us.act("begin", person, 0)
    with listening(us.home) as url:
        assert set(us.deliver(url)) == {200}


def test_the_first_watch_leaves_what_is_older_and_sends_what_comes_after(us: Us) -> None:
    old, new = us.people[:2]
    us.act("begin", old, HOUR)
    with listening(us.home) as url:
        us.deliver(url)
    code, first = us.home.run("watch", "--once")
    assert (code, us.sent()) == (0, {})
    assert "1 milestone that is older is left to a person" in str(first["events"])
    happens(us, new)
    code, second = us.home.run("watch", "--once")
    assert (code, us.sent()) == (0, {us.contacts[new]: [STARTED]})
    assert "1 milestone sent" in str(second["events"])
    (push,) = us.home.run("activity")[1]["pushes"]
    (page,) = (us.home.path / "test" / "receipts").glob(f"*{push['push_id']}.html")
    assert "s standing order of" in page.read_text("utf-8")
    assert us.home.run("watch", "--once", "--backlog")[0] == 0
    assert us.sent() == {us.contacts[new]: [STARTED], us.contacts[old]: [STARTED]}
    before = us.writes()
    assert us.home.run("watch", "--once")[0] == 0
    assert us.writes() == before, "nothing is sent twice"


def test_the_first_watch_at_a_terminal_says_what_there_is_and_asks(
    us: Us, monkeypatch: pytest.MonkeyPatch
) -> None:
    us.act("begin", us.people[0], HOUR)
    with listening(us.home) as url:
        us.deliver(url)

    def at_a_terminal(typed: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", TypedLines(typed))
        code, out, err = us.home.say("watch", "--once")
        assert not err
        return code, out

    code, out = at_a_terminal("n\n")
    assert (code, "milestones are sent automatically" in out) == (1, True)
    code, out = at_a_terminal("y\nn\n")
    assert (code, "From before: 1 milestone that is due" in out, us.sent()) == (0, True, {})
    code, out = at_a_terminal("")
    assert (code, "?" in out, us.sent()) == (0, False, {}), "it asks once"
    happens(us, us.people[1])
    assert at_a_terminal("")[0] == 0
    assert us.sent() == {us.contacts[us.people[1]]: [STARTED]}


def test_new_users_from_before_are_left_and_the_backlog_takes_them(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = test_sync._home(sandbox, tmp_path, monkeypatch, "auto_push = true")
    assert home.run("sync", "--yes", "--limit", "2")[0] == 0
    new = [pair for pair in home.run("match")[1]["pairs"] if pair["verdict"] == "push"]
    borrowers = [pair for pair in new if pair["roles"]["simplenexus"] == ["borrower"]]
    for pair in borrowers[:2]:
        stamps = {"created_at": AFTER_THE_FIRST_SYNC, "updated_at": AFTER_THE_FIRST_SYNC}
        sandbox.change("borrowers", pair["simplenexus_ids"][0], stamps, "simplenexus")

    def made() -> int:
        return sum(seen["path"] == "/total-expert/contacts" for seen in sandbox.writes("total-expert"))

    before = made()
    code, first = home.run("watch", "--once")
    assert code == 0
    assert "2 users who are new are left to a person" in str(first["events"])
    assert made() == before
    assert home.run("watch", "--once", "--backlog")[0] == 0
    assert made() == before + 2
    assert home.run("watch", "--once")[0] == 0
    assert made() == before + 2, "nobody is made twice"
    pushes = home.run("activity")[1]["pushes"]
    assert [push["state"] for push in pushes if push["asset"] == "sync"] == ["done", "done"]


def test_the_status_says_when_each_job_succeeded_and_alarms(us: Us) -> None:
    code, said = us.home.run("watch", "--status")
    assert (code, said["error"]["code"]) == (1, "no-watch")
    us.home.run("watch", "--once")
    code, status = us.home.run("watch", "--status")
    jobs = jobs_of(status)
    assert (code, set(jobs)) == (0, {"pushes", "milestones", "duplicate-checks", "reconcile"})
    assert all(job["last_run"] == job["last_success"] and not job["overdue"] for job in jobs.values())
    file = WatchFile(us.home.path / "test")
    longer = OVERDUE_AFTER * EVERY[JobName.MILESTONES] + 1
    past = time.time() - longer
    late = tuple(JobStatus(JobName(name), past, past, "unreachable") for name in jobs)
    file.keep(WatchStatus(1, "m.hale", past, past, late))
    code, status = us.home.run("watch", "--status")
    assert code == 1
    assert {name for name, job in jobs_of(status).items() if job["overdue"]} == {"pushes", "milestones"}
    assert us.home.run("watch", "--end") == (0, {"ended": ["milestones"]})
    assert us.home.run("watch", "--status")[0] == 0
    code, said = us.home.run("watch", "--once")
    assert (code, said["error"]["code"]) == (1, "watch-ended")


def test_a_stop_lets_the_watch_look_and_send_nothing(us: Us) -> None:
    us.home.run("watch", "--once")
    us.home.run("stop")
    happens(us, us.people[0])
    code, status = us.home.run("watch", "--once")
    assert (code, us.sent()) == (0, {})
    assert jobs_of(status)["pushes"]["error"] == "stopped"
    us.home.run("stop", "--lift", "--yes")
    us.home.run("watch", "--once")
    assert us.sent() == {us.contacts[us.people[0]]: [STARTED]}


def test_a_forbidden_system_waits_for_a_person_and_the_other_jobs_go_on(us: Us, sandbox: Sandbox) -> None:
    us.home.run("watch", "--once")
    sandbox.faults("403 GET /simplenexus")
    code, status = us.home.run("watch", "--once")
    jobs = jobs_of(status)
    assert (code, jobs["milestones"]["error"], jobs["milestones"]["waits_for_a_person"]) == (
        1,
        "forbidden",
        True,
    )
    assert jobs["pushes"]["error"] is None


async def test_while_the_app_is_open_the_watch_leaves_the_work_and_the_app_obeys_the_order(us: Us) -> None:
    await told(us.home, "watch", "--once")
    async with console(us.home) as pilot:
        await until(pilot, lambda: "sending" in flat(pilot))
        await asyncio.to_thread(happens, us, us.people[0])
        before = us.writes()
        status = await told(us.home, "watch", "--once")
        assert "process" in status["left_to"]
        assert us.writes() == before
        assert (await told(us.home, "watch", "--status"))["left_to"] == status["left_to"]
        pilot.app.milestone_watch.look()
        await until(pilot, lambda: us.sent() == {us.contacts[us.people[0]]: [STARTED]})


async def test_the_header_says_that_a_watch_has_died_and_not_that_a_single_run_has_ended(home: Home) -> None:
    dead = time.time() - DEAD_AFTER - 1
    (home.path / "test").mkdir()
    WatchFile(home.path / "test").keep(WatchStatus(1, "m.hale", dead, dead))
    async with console(home) as pilot:
        await until(pilot, lambda: "no watch since" in flat(pilot))
    for end in (WatchEnd.BY_A_PERSON, WatchEnd.ONCE):
        WatchFile(home.path / "test").keep(WatchStatus(1, "m.hale", dead, dead, ended=end))
        async with console(home) as pilot:
            assert "no watch since" not in flat(pilot)


def test_a_unit_names_this_program_and_its_home(home: Home) -> None:
    for kind in ("systemd", "launchd", "windows"):
        code, unit = home.run("watch", "--unit", kind)
        assert code == 0
        assert str(home.path) in unit["text"].replace("\\\\", "\\")
        assert "watch" in unit["text"]
