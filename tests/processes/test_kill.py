"""kill -9 at any point of a push, then resume: one of each record, links as both systems hold them, one receipt.

`make test` kills at some points of each stretch, `make matrix` at every point.
"""

from __future__ import annotations

import json
import random
import signal

import pytest

from tests.support.matrix import points, so_many
from tests.support.sandbox_home import Home, Sandbox

POINTS = 190
"""A push of C-1001 touches disk and network this often, and a little less; the test says if it grows."""
CHUNK = 10
COLLECTION = {"person": "contacts", "opportunity": "opportunities", "property": "properties"}


def _check(home: Home, sandbox: Sandbox) -> None:
    """Compare links, journal and both systems."""
    held, board = sandbox.records(), sandbox.records("brokerengine")
    pushes = home.run("activity")[1]["pushes"]
    assert [push["state"] for push in pushes] == ["done"], pushes
    links = home.run("links")[1]["links"]
    steps = [step for step in pushes[0]["steps"] if step["system"] == "flex"]
    assert {(s["ref"], s["remote_id"]) for s in steps} == {(link["ref"], link["remote_id"]) for link in links}
    for link in links:
        kind = COLLECTION.get(link["entity"], "product-links")
        (row,) = [row for row in held[kind] if row.get("IntegrationId") == link["ref"]]
        assert row["FLEXId"] == link["remote_id"]
    back = {row["id"]: row["flex_id"] for kind in ("cards", "contacts") for row in board[kind]}
    for link in links:
        if link["entity"] in ("person", "opportunity"):
            assert back[link["local_id"]] == link["remote_id"]
    (receipt,) = home.run("receipt")[1]["receipts"]
    assert receipt["all_arrived"]
    assert home.run("receipt", "--verify")[1]["sound"]
    assert not list((home.path / "test" / "kept").iterdir())


def _killed(home: Home, point: int, *command: str) -> bool:
    """Run a command that dies at a point; says whether it lived to its end."""
    process = home.spawn(*command, module="tests.processes.dies_at_point", MORTAL=str(point))
    out, err = process.communicate()
    assert "Traceback" not in err, err
    if process.returncode == -signal.SIGKILL:
        return False
    assert process.returncode == 0, out + err
    return True


@pytest.mark.parametrize("first", range(0, POINTS, CHUNK))
def test_a_push_killed_at_any_point_is_finished_by_resume(
    first: int, sandbox: Sandbox, tmp_path: object, home: Home
) -> None:
    for point in points(first, first + CHUNK, 5, shift=first // CHUNK):
        sandbox.reset()
        here = Home.at(home.path / str(point), sandbox)
        lived = _killed(here, point, "push", "card", "C-1001", "--yes")
        _finish(here)
        _check(here, sandbox)
        assert not lived or point > POINTS * 0.7, f"a push has only {point} points"


def test_the_points_cover_a_whole_push(sandbox: Sandbox, home: Home) -> None:
    assert _killed(home, POINTS, "push", "card", "C-1001", "--yes")


@pytest.mark.parametrize("seed", range(4))
def test_a_push_killed_and_its_resume_killed_too(seed: int, sandbox: Sandbox, home: Home) -> None:
    chance = random.Random(seed)
    for round_ in range(so_many(4, 2)):
        sandbox.reset()
        here = Home.at(home.path / str(round_), sandbox)
        _killed(here, chance.randrange(20, POINTS), "push", "card", "C-1001", "--yes")
        _killed(here, chance.randrange(4, 60), "resume", "--yes")
        _finish(here)
        _check(here, sandbox)


def _finish(home: Home) -> None:
    """Resume; where nothing was confirmed yet when it died, push again, as a person would."""
    code, resumed = home.run("resume", "--yes")
    assert code == 0, resumed
    if not home.run("activity")[1]["pushes"]:
        assert home.run("push", "card", "C-1001", "--yes")[0] == 0


def test_two_processes_that_push_one_card_make_one_opportunity(sandbox: Sandbox, home: Home) -> None:
    both = [home.spawn("push", "card", "C-1001", "--yes") for _ in range(2)]
    said = [json.loads(process.communicate()[0]) for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes[0] == 0
    assert codes[1] in (1, 4)
    refused = next(one for one in said if "error" in one)
    assert refused["error"]["code"] in ("book-locked", "already-linked")
    _check(home, sandbox)
