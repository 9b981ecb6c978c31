"""A reset that a person asks for in the app: the app opens again, whether or not the sandbox could be reset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import DeskError
from data.book.lock import Lock
from data.settings import load_settings
from tui.cli.commands import app as command
from tui.cli.commands.app import AppOptions

NOW = 1_800_000_000.0


class Run:
    """One run of the app, in which a person does `acts`. `not_reset` is what `app` has told it."""

    def __init__(self, acts: Callable[[], None], *, begins_anew: bool) -> None:
        self._acts = acts
        self.begins_anew = begins_anew
        self.not_reset: DeskError | None = None
        self.failure = None
        self.return_code = 0
        self.copying = SimpleNamespace(clear=lambda: None)

    def run(self) -> str | None:
        """End as the person wants."""
        self._acts()
        return None


def test_a_reset_that_is_refused_opens_the_app_again_and_the_app_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(tmp_path, None)
    (settings.folder / "receipts").mkdir(parents=True)
    lock = Lock(settings.folder / "book.lock")
    runs = [
        Run(lambda: _take(lock), begins_anew=True),
        Run(lock.release, begins_anew=True),
        Run(lambda: None, begins_anew=False),
    ]
    following: list[Any] = list(runs)
    monkeypatch.setattr(command, "check_screen", lambda: None)
    monkeypatch.setattr(command, "draw_plainly", lambda stream: None)
    monkeypatch.setattr(command, "gc", SimpleNamespace(disable=lambda: None))
    monkeypatch.setattr(command, "_make_app", lambda settings, faults: following.pop(0))
    assert command.app(AppOptions(home=str(tmp_path), profile=None, json=False, app_faults="")) == 0
    assert not following, "the app opens again after each reset"
    first, refused, done = [run.not_reset for run in runs]
    assert first is None
    assert refused is not None
    assert refused.code == "sandbox-in-use"
    assert done is None, "the second reset removed everything"
    assert not (settings.folder / "receipts").exists()


def _take(lock: Lock) -> None:
    assert lock.take("m.hale", NOW)
