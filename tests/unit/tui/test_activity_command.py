"""`brokerdesk activity`: how many pushes it lists, and how it says that there are more."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.push.plan import Asset, Plan
from core.push.records import Push, plan_file
from core.push.states import PushState, StepState
from data.book.book_file import BookFile
from data.book.lock import Lock
from tests.support.book_fakes import a_push, a_step
from tui.cells import width_of
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
    return [line.split()[-1] for line in out.splitlines() if re.search(r" P\d+$", line)]


def newest(count: int) -> list[str]:
    return [f"P{n:02}" for n in reversed(range(PUSHES - count, PUSHES))]


def form(out: str) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(out)
    return given


def test_a_person_sees_the_newest_and_what_needs_somebody_and_how_to_see_the_rest(run: Run) -> None:
    out = run()
    assert ids(out) == ["P00", *newest(SHOWN)]
    every = "To list every push: brokerdesk activity --limit all"
    assert out.splitlines()[-1] == f"9 older pushes are not listed. {every}"
    assert run("--limit", str(PUSHES - 2)).splitlines()[-1] == f"1 older push is not listed. {every}"


def test_a_limit_is_a_number_or_all(run: Run) -> None:
    assert ids(run("--limit", "2")) == ["P00", *newest(2)]
    out = run("--limit", "all")
    assert ids(out) == ["P00", *newest(PUSHES - 1)]
    assert "not listed" not in out


def test_a_script_gets_every_push_unless_it_gives_a_limit(run: Run) -> None:
    given = form(run("--json"))
    assert [push["push_id"] for push in given["pushes"]] == newest(PUSHES)
    assert given["left_out"] == 0
    given = form(run("--json", "--limit", "5"))
    assert [push["push_id"] for push in given["pushes"]] == [*newest(5), "P00"]
    assert given["left_out"] == 24


def test_a_push_is_listed_with_its_client_and_its_result_under_a_heading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = time.time()
    book = BookFile(tmp_path / "sandbox", RECORDS)
    for n, (client, state) in enumerate(
        (("王小美 👩‍👩‍👧", PushState.NEEDS_YOU), ("Åsa", PushState.DONE), ("Bo", PushState.DONE))
    ):
        push = msgspec.structs.replace(push_of(n), state=state, created_at=now - 5 * n)
        book.commit(push)
        book.put_file(
            plan_file(push.push_id), msgspec.json.encode(Plan(Asset.CARD, push.subject, client, ()))
        )
    book.close()
    assert main(["activity", "--home", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Today 2 arrived · 1 asks you\n\nNEEDS YOU\n?  ")
    (asks,) = [line for line in out.splitlines() if "王小美" in line]
    assert re.search(r"  card  C-00 王小美 \S+  asks you  P00$", asks)
    arrived = [line for line in out.splitlines() if line.startswith("✓")]
    assert [width_of(line.partition("arrived")[0]) for line in arrived] == [
        width_of(arrived[0].partition("arrived")[0])
    ] * 2
    assert [line for line in out.splitlines() if "BD-" in line or "needs-you" in line] == []


@pytest.mark.parametrize("is_held", [True, False])
def test_what_a_killed_process_was_sending_is_paused_and_not_on_its_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], is_held: bool
) -> None:
    book = BookFile(tmp_path / "sandbox", RECORDS)
    pushes = [
        msgspec.structs.replace(a_push(f"{n}", state), created_at=time.time(), size=1)
        for n, state in enumerate((PushState.QUEUED, PushState.RUNNING))
    ]
    step = msgspec.structs.replace(a_step(0), push_id="P1", state=StepState.INTENT)
    book.commit(*pushes, step)
    book.close()
    log = (tmp_path / "sandbox" / "book.log").read_bytes()
    lock = Lock(tmp_path / "sandbox" / "book.lock")
    assert lock.take("m.hale", 0.0)
    if not is_held:
        lock.release()
    for _ in range(2):  # a reader leaves no trace that the next one sees
        assert main(["activity", "--home", str(tmp_path)]) == 0
        out = capsys.readouterr().out
        assert out.startswith("Today 2 on the way" if is_held else "Today 2 wait")
        assert ("RUNNING" in out, "WAITING" in out) == (is_held, not is_held)
    assert main(["activity", "P1", "--home", str(tmp_path)]) == 0
    assert ("on its way" in capsys.readouterr().out.replace("while this was on its way", "")) is is_held
    assert main(["activity", "P1", "--json", "--home", str(tmp_path)]) == 0
    shown = form(capsys.readouterr().out)
    assert (shown["state"], shown["reason"]) == (("running", None) if is_held else ("paused", "interrupted"))
    assert (tmp_path / "sandbox" / "book.log").read_bytes() == log
    lock.release()


def test_one_push_is_shown_step_by_step(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("P07").splitlines()[0] == "P07  card C-07  arrived"
    assert form(run("P07", "--json"))["push_id"] == "P07"
    assert main(["activity", "P99", "--home", str(tmp_path)]) == 1
    assert "There is no push P99." in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["0", "-1", "some", "1.5"])
def test_any_other_limit_is_refused(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["activity", f"--limit={limit}"])
    assert left.value.code == 2
    assert f"“{limit}” isn't a number from 1 on" in capsys.readouterr().err
