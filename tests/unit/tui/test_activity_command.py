"""`brokerdesk activity`: how many pushes it lists, and how it says that there are more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.push.records import Push
from core.push.states import PushState
from data.book.book_file import BookFile
from tests.support.book_fakes import a_push
from tui.cli.commands.book.activity import SHOWN
from tui.cli.main import main
from tui.wiring.records import RECORDS

PUSHES = 30
Run = Callable[..., str]


def push_of(n: int) -> Push:
    state = PushState.NEEDS_YOU if n == 0 else PushState.DONE
    return msgspec.structs.replace(a_push(f"{n:02}", state), created_at=float(n), size=0)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    book = BookFile(tmp_path / "sandbox", RECORDS)
    book.commit(*(push_of(n) for n in range(PUSHES)))
    book.close()

    def run_it(*words: str) -> str:
        assert main(["activity", *words, "--home", str(tmp_path)]) == 0
        return capsys.readouterr().out

    return run_it


def ids(out: str) -> list[str]:
    return [line.split()[0] for line in out.splitlines() if line.startswith("P")]


def newest(count: int) -> list[str]:
    return [f"P{n:02}" for n in reversed(range(PUSHES - count, PUSHES))]


def form(out: str) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(out)
    return given


def test_a_person_sees_the_newest_and_what_needs_somebody_and_how_to_see_the_rest(run: Run) -> None:
    out = run()
    assert ids(out) == [*newest(SHOWN), "P00"]
    every = "To list every push: brokerdesk activity --limit all"
    assert out.splitlines()[-1] == f"9 older pushes are not listed. {every}"
    assert run("--limit", str(PUSHES - 2)).splitlines()[-1] == f"1 older push is not listed. {every}"


def test_a_limit_is_a_number_or_all(run: Run) -> None:
    assert ids(run("--limit", "2")) == [*newest(2), "P00"]
    out = run("--limit", "all")
    assert ids(out) == newest(PUSHES)
    assert "not listed" not in out


def test_a_script_gets_every_push_unless_it_gives_a_limit(run: Run) -> None:
    given = form(run("--json"))
    assert [push["push_id"] for push in given["pushes"]] == newest(PUSHES)
    assert given["left_out"] == 0
    given = form(run("--json", "--limit", "5"))
    assert [push["push_id"] for push in given["pushes"]] == [*newest(5), "P00"]
    assert given["left_out"] == 24


@pytest.mark.parametrize("limit", ["0", "-1", "some", "1.5"])
def test_any_other_limit_is_refused(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["activity", f"--limit={limit}"])
    assert left.value.code == 2
    assert f"“{limit}” isn't a number from 1 on" in capsys.readouterr().err
