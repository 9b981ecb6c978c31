"""A sync on real HTTP with 5 % faults, killed with `kill -9` again and again: exactly what was planned at both ends.

`SYNC_STEPS=5000 KILLS=20` makes it the real one.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from data.sandbox.seeding.contacts import truth
from tests.journeys.test_sync import BOTH, _at_the_systems, _home, _links
from tests.support.matrix import so_many
from tests.support.sandbox_home import Home, Sandbox

STEPS = int(os.environ.get("SYNC_STEPS", so_many(300, 150)))
KILLS = int(os.environ.get("KILLS", so_many(5, 3)))
SEED = int(os.environ.get("KILL_SEED", "0"))
POINTS_A_STEP = 3
"""A step touches disk and network this often, a little less where commits share an fsync."""
FAULTS = "; ".join(
    f"{fault} POST {path} 1%"
    for path, faults in {
        "/total-expert/contacts": ("drop-request", "drop-reply", "500-after", "bad-json", "429=0"),
        "/simplenexus/users": ("drop-request", "drop-reply", "500-after", "503", "no-id"),
    }.items()
    for fault in faults
)
RESUMES = 40


def _serve(tmp_path: Path) -> AbstractContextManager[Sandbox]:
    """Serve two books of which about `STEPS` contacts are imported or pushed."""
    known = truth(7, 200).verdicts
    contacts = STEPS * 200 // (known["import"] + known["push"])
    return Sandbox.serve(tmp_path / "systems", "--cards", "1", "--contacts", str(contacts), "--seed", "7")


def _killed(home: Home, point: int, *command: str) -> bool:
    """Run a command that dies at a point; says whether it did."""
    process = home.spawn(*command, module="tests.processes.dies_at_point", MORTAL=str(point))
    out, err = process.communicate()
    assert "Traceback" not in err, err
    assert process.returncode in (-signal.SIGKILL, 0, 1), out + err
    return process.returncode == -signal.SIGKILL


@pytest.mark.timeout(3600)
def test_a_sync_killed_again_and_again_makes_exactly_what_it_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _serve(tmp_path) as sandbox:
        home = _home(sandbox, tmp_path, monkeypatch)
        sandbox.faults(FAULTS)
        chance = random.Random(SEED)
        killed = 0
        while killed < KILLS:
            point = chance.randrange(2 * POINTS_A_STEP * STEPS // KILLS)
            began = bool(home.run("activity")[1]["pushes"])
            died = _killed(home, point, *(("resume", "--yes") if began else ("sync", "--yes")))
            assert died, f"it came to its end at kill {killed + 1} of {KILLS}"
            killed += 1
        push = _finished(home)
        assert (push["state"], Counter(step["state"] for step in push["steps"])) == (
            "done",
            {"done": len(push["steps"])},
        )
        planned = {step["ref"]: step["remote_id"] for step in push["steps"]}
        assert len(planned) == len(push["steps"]) > STEPS * 0.9
        there = _at_the_systems(sandbox)
        assert {ref: ids for ref, ids in there.items() if len(ids) != 1} == {}, "nothing is there twice"
        assert {ref: ids[0] for ref, ids in there.items()} == planned
        assert {ref: one for ref, one in _links(home).items() if ref in planned} == planned
        codes = Counter(event["code"] for step in push["steps"] for event in step["trail"])
        assert codes["interrupted"] >= KILLS // 2, "the kills struck what was on its way"
        met = sum(codes[code] for code in ("no-reply", "server-error", "bad-reply", "no-id", "rate-limited"))
        assert met > STEPS * 0.02, "the faults were met"
        print(f"{len(planned)} steps, {killed} kills:", dict(codes))
        sandbox.faults("")
        # The sandbox's list of requests forgets its beginning, so what is new is asked for, not counted.
        sandbox.forget_requests()
        code, again = home.run("sync", "--yes")
        assert (code, again["steps"]) == (0, [])
        assert not any(sandbox.writes(system) for system in BOTH)


def _finished(home: Home) -> dict[str, Any]:
    """Resume until it is done, as the operator would."""
    if not home.run("activity")[1]["pushes"]:
        home.run("sync", "--yes")
    for _ in range(RESUMES):
        (push,) = home.run("activity")[1]["pushes"]
        if push["state"] == "done":
            break
        home.run("resume", "--yes")
    return push


LINKS = 8
"""How many links are sent, each by a command that dies at another point."""
FIRST_POINT = 46
"""Before this point the command reads both systems."""


def test_a_link_to_the_app_is_sent_once_at_most_wherever_the_command_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox.serve(tmp_path / "systems", "--cards", "1", "--contacts", "90") as sandbox:
        home = _home(sandbox, tmp_path, monkeypatch)
        _, push = home.run("sync", "--yes")
        prospects = [step["local_id"] for step in push["steps"] if step["entity"] == "prospect"]
        _, shown = home.run("share", *prospects)
        chosen = [step["local_id"] for step in shown["steps"]]
        died = 0
        for n, contact in enumerate(chosen[:LINKS]):
            died += _killed(home, FIRST_POINT + 2 * n, "share", contact, "--yes")
            home.run("resume", "--yes")
        emails = Counter(row["email"] for row in sandbox.records("simplenexus")["app-shares"])
        assert emails
        assert max(emails.values()) == 1
        states = {
            step["state"]
            for push in home.run("activity")[1]["pushes"]
            if push["asset"] == "share"
            for step in push["steps"]
        }
        assert states <= {"done", "needs-you"}
        assert died >= LINKS // 2
