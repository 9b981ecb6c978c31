"""Ctrl-C at a question, and an `init` that fails: what is said is true, and nothing half-made is left."""

from __future__ import annotations

import io
import json
import os
import pty
import signal
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring

from tests.journeys.dialogue import Dialogue
from tests.support.sandbox_home import Home, TypedLines
from tui.cli.main import main
from tui.cli.output import Interrupted
from tui.cli.prompts import answered_yes

QUESTIONS = 14
"""How many questions `init` asks about a profile of both desks, with a folder of cards."""


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    yield
    keyring.set_keyring(before)


def _typing(monkeypatch: pytest.MonkeyPatch, stop_at: int) -> list[str]:
    """Let somebody answer what `init` asks, and press Ctrl-C at one question. Return the questions so far."""
    answers = {
        "Workspace": "w",
        "flex / contacts": "both",
        "gateway / folder": "folder",
        "Address of FLEX": "https://flex.example",
        "Client id": "desk",
    }
    asked: list[str] = []

    def typed(question: str) -> str:
        asked.append(question)
        if len(asked) == stop_at:
            raise KeyboardInterrupt
        return next((answer for words, answer in answers.items() if words in question), "")

    monkeypatch.setattr("builtins.input", typed)
    monkeypatch.setattr("getpass.getpass", lambda question: typed(question) or "s3cret")
    monkeypatch.setattr("sys.stdin", TypedLines())
    return asked


def _init(home: Path) -> tuple[int, str]:
    told, screen = io.StringIO(), TypedLines()
    with redirect_stdout(screen), redirect_stderr(told):
        code = main(["init", "--skip-tests", "--home", str(home)])
    return code, told.getvalue()


@pytest.mark.parametrize("question", range(1, 25))
def test_ctrl_c_at_any_question_of_init_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: int
) -> None:
    asked = _typing(monkeypatch, question)
    home = tmp_path / "home"
    code, told = _init(home)
    if len(asked) < question:
        assert (code, told) == (0, "")
        assert question > QUESTIONS
        return
    assert (code, told.splitlines()[0]) == (130, "Stopped. Nothing was written.")
    assert not home.exists()


def test_an_init_that_can_not_write_its_settings_stores_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _typing(monkeypatch, 0)
    home = tmp_path / "home"
    home.mkdir()
    (home / "secrets.json").write_text('{"live:flex":"earlier"}', "utf-8")
    (home / "config.toml").symlink_to(tmp_path / "nowhere" / "config.toml")
    code, told = _init(home)
    assert (code, told.splitlines()[0]) == (2, f"{home / 'config.toml'} can't be written: it is not there.")
    assert json.loads((home / "secrets.json").read_text("utf-8")) == {"live:flex": "earlier"}
    assert sorted(path.name for path in home.iterdir()) == ["config.toml", "secrets.json"]


def test_a_home_that_can_not_be_says_so_at_the_first_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _typing(monkeypatch, 0)
    (tmp_path / "file").write_text("", "utf-8")
    with redirect_stdout(TypedLines()), redirect_stderr(io.StringIO()) as told:
        code = main(["init", "--skip-tests", "--profile", "live", "--home", str(tmp_path / "file" / "home")])
    assert (code, asked) == (2, [])
    assert "a part of its path is not a folder" in told.getvalue()


def test_ctrl_c_that_does_not_wake_the_question_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread takes the signal, as the question's own thread does in the instant before it waits."""
    person, terminal = pty.openpty()
    asked = threading.Event()

    class Screen(io.StringIO):
        def flush(self) -> None:
            asked.set()

    def press() -> None:
        asked.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    presses = threading.Thread(target=press)
    presses.start()
    with os.fdopen(terminal) as stdin, redirect_stdout(Screen()) as screen:
        monkeypatch.setattr("sys.stdin", stdin)
        with pytest.raises(Interrupted) as stopped:
            answered_yes("Send it? [y/N] ")
    presses.join()
    os.close(person)
    assert screen.getvalue() == "Send it? [y/N] \n"
    assert "Nothing was sent." in str(stopped.value)


def test_ctrl_c_at_the_question_of_a_push_ends_at_once_and_says_that_nothing_was_sent(home: Home) -> None:
    with Dialogue.with_command("push", "card", "C-1001", "--home", str(home.path)) as asked:
        asked.wait_for("[y/N] ")
        asked.process.send_signal(signal.SIGINT)
        assert asked.end() == 130
    assert "Stopped. Nothing was sent." in asked.said
    assert "looks it up" not in asked.said
    assert home.run("activity")[1]["pushes"] == []
