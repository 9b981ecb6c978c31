"""A sync that is ended from outside, or that another one meets: afterwards each planned record is there once."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.console import console, leave, says, until
from tests.journeys.test_sync import BOTH, _at_the_systems, _home, _links
from tests.support.fork_server import ForkedProcess
from tests.support.matrix import pairs
from tests.support.own_sandbox import own_sandbox
from tests.support.patience import LAST_RESORT, wait_until
from tests.support.sandbox_home import ROOT, Home, Sandbox
from tui.contacts.plans.plan_dialog import PlanDialog
from tui.widgets.answer_bar import GRACE

CONTACT, PROSPECT = "POST /total-expert/contacts", "POST /simplenexus/users/loan_officers"
SLOW = f"delay=0.8 {CONTACT}; delay=0.8 {PROSPECT}"
"""So slow that a sync is far from its end when a signal arrives, on a busy machine too."""
"""So long every write is on its way, some thirty at once: whatever ends the sync then, ends it in the middle."""
SETTLE = 0.9
"""Seconds after which what was on its way has arrived, or never will."""


served, sandbox = own_sandbox("--cards", "1", "--contacts", "200", "--officers", "2")
"""More contacts than the writes, about thirty, that are on their way to a system at the same time."""


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = _home(sandbox, tmp_path, monkeypatch)
    config = home.path / "config.toml"
    config.write_text(config.read_text("utf-8").replace("settle = 0", f"settle = {SETTLE}"), "utf-8")
    return home


def _written(sandbox: Sandbox) -> int:
    return sum(len(sandbox.writes(system)) for system in BOTH)


def _met(sandbox: Sandbox) -> int:
    """Return how many writes the fault rules have met so far. That costs less than to read all requests."""
    return sum(rule["met"] for rule in sandbox.ask("GET", "faults")["rules"])


def _under_way(sandbox: Sandbox, process: ForkedProcess) -> None:
    """Wait until the first writes were received. Fault rules meet all of them."""
    wait_until(lambda: _met(sandbox) or process.poll() is not None, sandbox.process.pid)
    assert process.poll() is None, process.communicate()


def _let_them_arrive(sandbox: Sandbox) -> None:
    """Wait until what a killed process had on its way is there: no second book can know of it before."""
    sandbox.faults("")  # which ends the delays
    wait_until(
        lambda: sum(map(len, _at_the_systems(sandbox).values())) >= _written(sandbox), sandbox.process.pid
    )


def _finished(home: Home, sandbox: Sandbox, *, command: str = "resume") -> None:
    """Go on, and compare journal, links and both systems."""
    sandbox.faults("")
    assert home.run(command, "--yes")[0] == 0
    (push,) = home.run("activity")[1]["pushes"]
    assert push["state"] == "done"
    made = {step["ref"]: [step["remote_id"]] for step in push["steps"]}
    assert made == _at_the_systems(sandbox)
    assert len(made) == len(push["steps"]) > 50
    assert {ref: [one] for ref, one in _links(home).items() if ref in made} == made
    sandbox.forget_requests()
    assert home.run("sync", "--yes")[1]["steps"] == []
    assert _written(sandbox) == 0


ENDS = {
    "ctrl-c": (signal.SIGINT, 130),
    "sigterm": (signal.SIGTERM, -signal.SIGTERM),
    "hangup": (signal.SIGHUP, -signal.SIGHUP),
    "kill": (signal.SIGKILL, -signal.SIGKILL),
    "quit": (signal.SIGQUIT, -signal.SIGQUIT),
}
"""What ends a sync, and its exit code then."""


@pytest.mark.parametrize(("end", "going_on"), pairs(ENDS, ["resume", "sync"]))
def test_a_sync_that_is_told_to_end_is_finished_by_what_goes_on_with_it(
    us: Home, sandbox: Sandbox, end: str, going_on: str
) -> None:
    number, code = ENDS[end]
    sandbox.faults(SLOW)
    process = us.spawn("sync", "--yes")
    _under_way(sandbox, process)
    process.send_signal(number)
    out, err = process.communicate()
    assert "Traceback" not in err, err
    assert process.returncode == code
    if code == 130:
        error = json.loads(out)["error"]
        assert (error["code"], error["message"]) == ("interrupted", "Stopped while syncing.")
    _finished(us, sandbox, command=going_on)


def test_ctrl_c_finishes_what_is_on_its_way_and_sends_nothing_new(us: Home, sandbox: Sandbox) -> None:
    sandbox.faults(SLOW)
    process = us.spawn("sync", "--yes")
    _under_way(sandbox, process)
    process.send_signal(signal.SIGINT)
    process.communicate()
    (push,) = us.run("activity")[1]["pushes"]
    _finished(us, sandbox)
    assert {step["state"] for step in push["steps"]} == {"done", "ready"}, "nothing was left in doubt"


def test_ctrl_c_again_and_again_leaves_something_to_look_up_and_no_more(us: Home, sandbox: Sandbox) -> None:
    sandbox.faults(f"hang {CONTACT}; hang {PROSPECT}")
    process = us.spawn("sync", "--yes")
    _under_way(sandbox, process)
    over = threading.Event()

    def press() -> None:
        while not over.wait(0.3):
            process.send_signal(signal.SIGINT)

    pressing = threading.Thread(target=press)
    pressing.start()
    try:
        process.communicate()
    finally:
        over.set()
        pressing.join()
    assert process.returncode in (130, -signal.SIGINT)
    _finished(us, sandbox)


# -- two at once --------------------------------------------------------------------------------------------


def test_a_second_console_is_refused_while_a_sync_runs(us: Home, sandbox: Sandbox) -> None:
    sandbox.faults(SLOW)
    process = us.spawn("sync", "--yes")
    _under_way(sandbox, process)
    for command in (("sync", "--yes"), ("resume", "--yes"), ("undo", "--yes")):
        code, said = us.run(*command)
        assert (code, said["error"]["code"]) == (4, "book-locked"), command
        assert str(process.pid) in said["error"]["message"]
    assert us.run("activity")[1]["pushes"], "what is only read can be read"
    assert process.wait() == 0
    _finished(us, sandbox)


def test_two_syncs_started_together_are_one(us: Home, sandbox: Sandbox) -> None:
    both = [us.spawn("sync", "--yes") for _ in range(2)]
    said = [json.loads(process.communicate()[0]) for process in both]
    codes = [process.returncode for process in both]
    assert 0 in codes
    for code, told in zip(codes, said, strict=True):
        assert code == 0 or told["error"]["code"] == "book-locked"
    _finished(us, sandbox)


def test_a_second_book_that_comes_later_finds_all_and_sends_nothing(
    few_contacts: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    us = _home(few_contacts, tmp_path, monkeypatch)
    code, push = us.run("sync", "--yes")
    assert (code, len(push["steps"]) > 20) == (0, True)
    few_contacts.forget_requests()
    laptop = Home.at(tmp_path / "laptop", few_contacts, 'writer = "desk"', systems=BOTH)
    code, push = laptop.run("sync", "--yes")
    assert (code, push["steps"]) == (0, [])
    assert _written(few_contacts) == 0


def test_a_second_book_goes_on_where_the_first_was_killed(us: Home, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.faults(SLOW)
    process = us.spawn("sync", "--yes")
    _under_way(sandbox, process)
    process.kill()
    process.communicate()
    _let_them_arrive(sandbox)
    laptop = Home.at(tmp_path / "laptop", sandbox, 'writer = "desk"', systems=BOTH)
    assert laptop.run("sync", "--yes")[0] == 0
    there = _at_the_systems(sandbox)
    assert {ref: ids for ref, ids in there.items() if len(ids) != 1} == {}
    assert us.run("resume", "--yes")[0] == 0
    assert _at_the_systems(sandbox) == there
    (push,) = us.run("activity")[1]["pushes"]
    assert {step["ref"]: [step["remote_id"]] for step in push["steps"]} == there


# -- the app ------------------------------------------------------------------------------------------------


async def test_quitting_the_app_in_a_sync_waits_for_what_is_on_its_way(us: Home, sandbox: Sandbox) -> None:
    sandbox.faults(SLOW.replace("0.8", "2.5"))  # the test, the app and its screen share one process
    async with console(us, rest=False) as pilot:
        await says(pilot, "NEEDS YOU")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog) and pilot.app.screen.armed)
        await pilot.press("y")
        await until(pilot, lambda: _met(sandbox))
        assert await leave(pilot) == "1 push goes on at the next start."
    (push,) = (await asyncio.to_thread(us.run, "activity"))[1]["pushes"]
    assert {step["state"] for step in push["steps"]} <= {"done", "ready"}, "nothing is left in doubt"
    await asyncio.to_thread(_finished, us, sandbox)


@contextmanager
def _in_a_terminal(home: Home) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
    """Open the app in a terminal of its own; gives the process, and what waits for a text on its screen.

    A test that fails prints what the terminal showed last.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*home.command()[:3], "--home", str(home.path)],
        cwd=ROOT,
        env={
            **os.environ,
            "TERM": "xterm-256color",
            "COLUMNS": "132",
            "LINES": "34",
            "TEXTUAL_ANIMATIONS": "none",
        },
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = bytearray()
    transcript = bytearray()
    told = threading.Condition()

    def read() -> None:
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:
                return
            with told:
                seen.extend(piece)
                transcript.extend(piece)
                told.notify_all()

    reading = threading.Thread(target=read, daemon=True)
    reading.start()

    def type_when(text: str, keys: str) -> None:
        with told:
            assert told.wait_for(lambda: text.encode() in seen, LAST_RESORT), seen[-2000:]
            seen.clear()
        os.write(ours, keys.encode())

    try:
        yield process, type_when
    except BaseException:
        print("the terminal's last output:", ascii(transcript[-8000:].decode("utf-8", "replace")))
        raise
    finally:
        process.kill()
        process.wait()
        reading.join(LAST_RESORT)
        os.close(ours)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_app_leaves_in_order_when_the_terminal_goes_or_the_machine_shuts_down(
    us: Home, sandbox: Sandbox, number: signal.Signals
) -> None:
    sandbox.faults(SLOW)
    between_keys = threading.Event()  # a person's pace: an app that gets keys without a pause arms no dialog
    with _in_a_terminal(us) as (process, type_when):
        type_when("NEEDS YOU", "a")
        type_when("y  Sync", "")
        while not _met(sandbox):  # a key that comes before the dialog is armed confirms nothing
            assert process.poll() is None
            type_when("", "y")
            between_keys.wait(GRACE)
        process.send_signal(number)
        assert process.wait(LAST_RESORT) == 0
    (push,) = us.run("activity")[1]["pushes"]
    assert {step["state"] for step in push["steps"]} <= {"done", "ready"}, "nothing is left in doubt"
    _finished(us, sandbox)
