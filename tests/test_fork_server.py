"""A forked process is what `python -m` would have started: its arguments, environment, folder, outputs and end."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.support.fork_server import ForkedProcess, fork_server

TELL = """
import json, os, sys
told = {"arguments": sys.argv[1:], "mark": os.environ.get("MARK"), "folder": os.getcwd(), "name": __name__}
print(json.dumps(told))
print("warning", file=sys.stderr)
sys.exit(3)
"""
WAIT = """
import signal
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tell.py").write_text(TELL)
    (tmp_path / "wait.py").write_text(WAIT)
    return tmp_path


def start(module: str, folder: Path, *arguments: str, **environment: str) -> ForkedProcess:
    return fork_server().spawn(module, arguments, {**os.environ, **environment}, folder)


def test_a_child_gets_what_was_asked_for_and_nothing_of_the_warm_process(folder: Path) -> None:
    process = start("tell", folder, "a", "b c", MARK="here")
    out, err = process.communicate()
    assert json.loads(out) == {
        "arguments": ["a", "b c"],
        "mark": "here",
        "folder": str(folder),
        "name": "__main__",
    }
    assert err == "warning\n"
    assert process.returncode == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_child_dies_of_a_signal_as_any_process_does(folder: Path, number: signal.Signals) -> None:
    process = start("wait", folder)
    assert process.stdout.readline() == "ready\n"
    assert process.poll() is None
    process.send_signal(number)
    assert process.wait() == -number
    process.communicate()


def test_children_run_side_by_side_and_are_told_apart(folder: Path) -> None:
    waiting, telling = start("wait", folder), start("tell", folder)
    telling.communicate()
    assert (waiting.poll(), telling.returncode) == (None, 3)
    waiting.kill()
    waiting.communicate()
    assert waiting.returncode == -signal.SIGKILL
