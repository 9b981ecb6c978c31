"""The streams of a real process: any encoding, closed, full, left by their reader; and the app without a screen."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.fork_server import ROOT
from tests.support.patience import LAST_RESORT
from tests.support.sandbox_home import Home

FULL = Path("/dev/full")


def _run(
    home: Path, *arguments: str, streams: str = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in an interpreter of its own, with its streams as a shell would redirect them."""
    command = ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-m", "tui.cli"]
    return subprocess.run(
        [*command, *arguments, "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=LAST_RESORT,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-16-le"])
def test_stdout_can_have_any_encoding(home: Home, encoding: str) -> None:
    ended = _run(home.path, "cards", "--filter", "C-1001", PYTHONUTF8="0", PYTHONIOENCODING=encoding)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.decode(encoding).splitlines()[0].split()[:2] in (["-", "C-1001"], ["·", "C-1001"])


def test_json_is_utf8_whatever_the_encoding_of_the_terminal(home: Home) -> None:
    ended = _run(home.path, "cards", "--json", PYTHONUTF8="0", PYTHONIOENCODING="utf-16")
    assert json.loads(ended.stdout.decode("ascii"))["cards"]


def test_a_closed_stdin_is_one_where_nobody_answers(home: Home) -> None:
    ended = _run(home.path, "push", "card", "C-1001", streams="<&-")
    assert ended.returncode == 1
    assert b"Nothing was sent: pushing C-1001 needs --yes" in ended.stderr
    assert home.run("activity")[1]["pushes"] == []


def test_with_every_stream_closed_a_push_arrives_and_no_file_gets_what_was_printed(home: Home) -> None:
    assert _run(home.path, "push", "card", "C-1001", "--yes", streams="<&- >&- 2>&-").returncode == 0
    (push,) = home.run("activity")[1]["pushes"]
    assert push["state"] == "done"
    assert home.run("receipt", "--verify")[1]["sound"]
    written = [
        path for path in home.path.rglob("*") if path.is_file() and b"FLEX was searched" in path.read_bytes()
    ]
    assert written == []


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has /dev/full")
def test_output_that_can_not_be_written_is_told(home: Home) -> None:
    ended = _run(home.path, "cards", streams=f"> {FULL}")
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines()[0] == "The output could not be written: the disk is full."
    assert _run(home.path, "preview", "card", "C-9999", "--json", streams=f"> {FULL}").returncode == 1
    assert _run(home.path, "cards", "--no-such", streams=f"2> {FULL}").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "code"), [(("cards",), 0), (("preview", "card", "C-9999", "--json"), 1), (("--help",), 0)]
)
def test_a_reader_who_leaves_changes_no_exit_code(home: Home, arguments: Sequence[str], code: int) -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "--home", str(home.path), *arguments],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)
    assert process.communicate(timeout=LAST_RESORT)[1] == b""
    assert process.returncode == code


def _at_a_terminal(home: Path, stderr: int, **environment: str) -> tuple[int, str]:
    """Start the app with a terminal for stdin and stdout; give its exit code and what the terminal got."""
    own, childs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=childs,
        stdout=childs,
        stderr=childs if stderr == subprocess.STDOUT else stderr,
    )
    os.close(childs)
    try:
        code = process.wait(LAST_RESORT)
        sent = os.read(own, 1 << 16).decode()
    finally:
        process.kill()
        os.close(own)
    return code, sent


def test_an_app_that_nobody_would_see_does_not_start(home: Home) -> None:
    code, sent = _at_a_terminal(home.path, subprocess.DEVNULL)
    assert code == 2
    assert sent.splitlines()[0] == "brokerdesk draws on stderr, and stderr isn't a terminal here."
    assert "\x1b" not in sent


@pytest.mark.parametrize("driver", ["textual.drivers.headless_driver:HeadlessDriver", "no.such:Driver", "x"])
def test_a_driver_that_draws_for_nobody_is_refused(home: Home, driver: str) -> None:
    code, sent = _at_a_terminal(home.path, subprocess.STDOUT, TEXTUAL_DRIVER=driver)
    assert code == 2
    assert sent.startswith(f"TEXTUAL_DRIVER names “{driver}”, which draws neither")


def test_a_browser_needs_no_terminal(home: Home) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.cli", "--home", str(home.path)],
        cwd=ROOT,
        env={**os.environ, "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"__GANGLION__\n"
    finally:
        process.kill()
        process.communicate()


def test_no_warning_of_a_library_reaches_the_terminal() -> None:
    code = (
        "import logging, warnings; from tui.cli import console; console.silence_libraries()\n"
        "logging.getLogger('asyncio').warning('raw'); warnings.warn('raw'); print('said')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert (ended.stdout, ended.stderr) == (b"said\n", b"")


def test_several_commands_at_once_on_a_new_home_all_work(tmp_path: Path) -> None:
    commands = (("cards",), ("push", "card", "C-1001", "--yes"), ("cards", "--filter", "C-1002"))
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tui.cli", *command, "--json", "--home", str(tmp_path / "new")],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for command in commands
    ]
    ended = [process.communicate(timeout=LAST_RESORT) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], ended
    assert [err for _, err in ended] == [b""] * 3
    assert json.loads(ended[1][0])["state"] == "done"
