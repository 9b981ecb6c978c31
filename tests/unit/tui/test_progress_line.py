"""The line that shows progress on stderr: on a terminal alone, within its width, and gone at the end."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len

from core.progress import RowProgress
from tui.cli.progress import progress_lines, shown_progress


class _Screen(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def _stderr(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> _Screen:
    screen = _Screen(terminal=terminal)
    monkeypatch.setattr("sys.stderr", screen)
    return screen


def test_a_terminal_shows_the_line_and_loses_it_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _stderr(monkeypatch, terminal=True)
    with shown_progress() as tell:
        tell(RowProgress("deals.csv", 500, 2_000, 1.0))
        assert "deals.csv: 500 of 2,000 rows · 500 a second · 3 s left · Ctrl-C stops" in screen.getvalue()
    assert screen.getvalue().endswith("\r\x1b[K")


def test_a_pipe_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _stderr(monkeypatch, terminal=False)
    with shown_progress() as tell:
        tell(RowProgress("deals.csv", 500, 2_000, 1.0))
    assert screen.getvalue() == ""


def test_a_closed_stderr_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    with progress_lines() as show:
        show("on the way")


def test_a_long_name_is_cut_at_the_width_and_made_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _stderr(monkeypatch, terminal=True)
    with progress_lines() as show:
        show("房" * 200 + "\x1b[2J")
        line = screen.getvalue().removeprefix("\r")
    assert cell_len(line) == 79
    assert "\x1b" not in line
