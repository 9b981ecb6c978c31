"""The commands about the built-in sandbox: its day, what goes wrong there, and a new beginning."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.practice import reset
from data.settings import sandbox_state
from tests.support.sandbox_home import Home, Sandbox, TypedLines
from tui.cli.main import main


@pytest.fixture
def play(tmp_path: Path) -> Home:
    """A home without a profile: the built-in sandbox."""
    return Home(tmp_path / "home")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home like `play`, one for all tests, with a sandbox that another process runs."""
    home = Home(tmp_path_factory.mktemp("running") / "home")
    with Sandbox.serve(sandbox_state(home.path)):
        yield home


def test_a_day_begins_on_request_and_is_listed(running: Home) -> None:
    assert running.run("sandbox", "day") == (0, {"days": 0, "next": None, "acts": []})
    code, told = running.run("sandbox", "day", "--again")
    assert (code, told["days"]) == (0, 1)
    assert [act["at"] for act in told["acts"]] == sorted(act["at"] for act in told["acts"])
    code, out, err = running.say("sandbox", "day")
    assert (code, err) == (0, "")
    assert all(act["said"] in out for act in told["acts"])
    assert "3 Milestones" in out
    assert "More happens from" in out
    assert running.run("sandbox", "day", "--again")[1]["days"] == 2


def test_what_goes_wrong_is_added_listed_and_ended(running: Home) -> None:
    assert running.run("sandbox", "faults") == (0, {"faults": []})
    first, second = "drop-reply POST /flex *1", "503 /flex 60s"
    running.run("sandbox", "faults", first)
    code, told = running.run("sandbox", "faults", second)
    assert (code, [fault["rule"] for fault in told["faults"]]) == (0, [first, second])
    assert told["faults"][0] == {"rule": first, "met": 0, "remaining": 1}
    code, out, _ = running.say("sandbox", "faults")
    assert (code, first in out) == (0, True)
    assert running.run("sandbox", "faults", "--end") == (0, {"faults": []})


def test_a_rule_that_cant_be_read_is_refused_with_how_one_is_written(running: Home) -> None:
    code, told = running.run("sandbox", "faults", "fall-over")
    assert (code, told["error"]["code"]) == (2, "bad-faults")
    assert "there is no fault 'fall-over'" in told["error"]["message"]
    assert "drop-reply POST /flex *1" in told["error"]["fix"]


def test_without_a_sandbox_nothing_can_go_wrong(play: Home) -> None:
    code, told = play.run("sandbox", "faults")
    assert (code, told["error"]["code"]) == (3, "no-sandbox")
    assert "Open the app" in told["error"]["fix"]


@pytest.mark.parametrize("command", [("day",), ("faults",), ("reset", "--yes")])
def test_another_profile_has_none_of_it(sandbox: Sandbox, tmp_path: Path, command: tuple[str, ...]) -> None:
    home = Home.at(tmp_path / "home", sandbox)
    code, told = home.run("sandbox", *command)
    assert (code, told["error"]["code"]) == (2, "not-sandbox")


def test_the_app_takes_faults_on_the_sandbox_alone(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home.at(tmp_path / "home", sandbox)
    assert home.say("--faults", "503 /flex")[0] == 2
    assert "is not the sandbox" in home.say("--faults", "503 /flex")[2]
    assert "there is no fault" in Home(tmp_path / "play").say("--faults", "fall-over")[2]
    with pytest.raises(SystemExit) as left:
        main(["--faults", "503 /flex", "cards"])
    assert left.value.code == 2
    assert "--faults is for the app" in capsys.readouterr().err


def test_a_reset_asks_removes_nothing_after_a_no_and_begins_anew_after_a_yes(
    play: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert play.run("sandbox", "day") == (0, {"days": 0, "next": None, "acts": []})
    with Sandbox.serve(sandbox_state(play.path)):  # spares each command the start of a sandbox
        play.run("push", "card", "C-1001", "--yes")
        assert play.run("sandbox", "day", "--again")[1]["days"] == 1
    code, told = play.run("sandbox", "reset")
    assert (code, told["error"]["code"]) == (1, "not-confirmed")
    with monkeypatch.context() as typed:
        typed.setattr("sys.stdin", TypedLines("n\n"))
        typed.setattr("sys.stdout", _Terminal())
        assert main(["sandbox", "reset", "--home", str(play.path)]) == 0
    assert play.run("links")[1]["links"]
    assert play.run("sandbox", "reset", "--yes") == (0, {"reset": True})
    assert play.run("links")[1]["links"] == []
    assert play.run("sandbox", "day")[1]["days"] == 0
    code, told = play.run("push", "card", "C-1001", "--yes")
    assert (code, told["state"]) == (0, "done")


def test_a_reset_while_the_sandbox_runs_removes_nothing(
    running: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reset, "ENDS_WITHIN", 0.0)
    running.run("push", "card", "C-1001", "--yes")
    code, told = running.run("sandbox", "reset", "--yes")
    assert (code, told["error"]["code"]) == (1, "sandbox-in-use")
    assert running.run("links")[1]["links"]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_a_match_read_is_known_after_the_sandbox_was_started_again(play: Home, tmp_path: Path) -> None:
    kinds = [[read["kind"] for read in play.run("match")[1]["read"]] for _ in range(2)]
    assert kinds == [["full"] * 2, ["incremental"] * 2], "each match starts the sandbox, at another address"
    linked = next(
        pair["total_expert_ids"][0]
        for pair in play.run("match")[1]["pairs"]
        if pair["verdict"] == "linked" and pair["total_expert_ids"] and pair["simplenexus_ids"]
    )
    file = tmp_path / "calculations.csv"
    file.write_text(f"contact_id,at,id\n{linked},{datetime.now(UTC).isoformat()},C-1\n", "utf-8")
    said = play.run("milestones", "--calculations", str(file))[1]
    assert (said["calculations"]["waiting"], said["lacks_links"]) == (0, False), "no sync has linked anybody"


def test_a_reset_forgets_what_was_read(play: Home) -> None:
    play.run("match")
    assert play.run("sandbox", "reset", "--yes")[0] == 0
    assert [read["why"] for read in play.run("match")[1]["read"]] == [
        "nothing is kept of an earlier read"
    ] * 2
