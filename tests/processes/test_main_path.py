"""The main path in processes of its own, on every system: commands and the app push, one writer at a time has the book.

Nothing here needs a signal, a mode or a terminal, so it is the first that has to pass on another operating system.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from data.platform import WINDOWS
from data.platform.processes import OWN_GROUP
from tests.support.fork_server import ROOT
from tests.support.patience import LAST_RESORT, wait_until
from tests.support.sandbox_home import Home, Sandbox

NEIGHBOUR = "Zoë Łukasz 陳"


def _started(*command: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        **OWN_GROUP,
    )


def _command(home: Path, *arguments: str) -> tuple[int, Any]:
    process = _started("tui.cli", *arguments, "--json", "--home", str(home))
    out, err = process.communicate(timeout=LAST_RESORT)
    return process.returncode, json.loads(out or err)


@contextmanager
def _app(home: Home) -> Iterator[subprocess.Popen[str]]:
    """Start the app and wait until its desk is open. Leave it in order."""
    with _started("tests.processes.app_without_screen", str(home.path)) as app:
        try:
            assert app.stdout is not None
            assert app.stdout.readline() == "open\n"
            yield app
            out, err = app.communicate(timeout=LAST_RESORT)
            assert (app.returncode, out) == (0, "left\n"), err
        finally:
            app.kill()


def test_a_card_is_pushed_by_command_on_the_sandbox_that_comes_with_it(tmp_path: Path) -> None:
    home = tmp_path / "desk of Zoë"
    code, board = _command(home, "cards")
    assert code == 0, board
    assert len(board["cards"]) > 10
    code, push = _command(home, "push", "card", "C-1001", "--yes")
    assert (code, push["state"]) == (0, "done")
    code, links = _command(home, "links")
    assert "C-1001" in {link["local_id"] for link in links["links"]}
    code, receipt = _command(home, "receipt", "--verify")
    assert (code, receipt["sound"]) == (0, True)


def test_while_the_app_has_the_book_a_command_is_told_who_writes_and_sends_nothing(
    home: Home, sandbox: Sandbox
) -> None:
    with _app(home) as app:
        code, told = home.run("push", "card", "C-1001", "--yes")
        assert (code, told["error"]["code"]) == (4, "book-locked")
        assert f"process {app.pid}" in told["error"]["message"]
        assert sandbox.writes() == []
        code, board = home.run("cards")
        assert code == 0, board
        assert app.stdin is not None
        assert app.stdout is not None
        app.stdin.write("C-1042\n")
        app.stdin.flush()
        assert app.stdout.readline() == "pushed\n"
    code, push = home.run("push", "card", "C-1001", "--yes")
    assert (code, push["state"]) == (0, "done")
    assert {"C-1042", "C-1001"} <= {link["local_id"] for link in home.run("links")[1]["links"]}


def test_an_app_that_is_killed_leaves_the_book_to_the_next(home: Home) -> None:
    with _started("tests.processes.app_without_screen", str(home.path)) as app:
        assert app.stdout is not None
        assert app.stdout.readline() == "open\n"
        app.kill()
    code, push = home.run("push", "card", "C-1001", "--yes")
    assert (code, push["state"]) == (0, "done")


ECHO = """
import sys
from tui.cli import console
console.prepare()
print(sys.stdin.read(), console.plain_sign("✓"), "✓")
"""


def test_what_is_piped_is_utf8_in_both_directions() -> None:
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "", "LC_ALL": "C.UTF-8"}
    piped = subprocess.run(
        [sys.executable, "-c", ECHO],
        cwd=ROOT,
        env=environment,
        input=NEIGHBOUR.encode(),
        capture_output=True,
        check=False,
    )
    assert (piped.stdout.decode().rstrip(), piped.stderr) == (f"{NEIGHBOUR} + ✓", b"")


@pytest.mark.parametrize("how", [signal.CTRL_BREAK_EVENT] if WINDOWS else [signal.SIGTERM, signal.SIGINT])
def test_a_watch_that_is_told_to_end_ends_in_order(home: Home, how: signal.Signals) -> None:
    with _started("tui.cli", "watch", "--json", "--home", str(home.path)) as watch:
        wait_until((home.path / "test" / "watch.json").exists)
        watch.send_signal(how)
        _, err = watch.communicate(timeout=LAST_RESORT)
    assert (watch.returncode, err) == (0, "")
    _, status = home.run("watch", "--status")
    assert status["ended"] == "signal"
