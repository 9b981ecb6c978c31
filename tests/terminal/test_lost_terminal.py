"""A window that is closed under the app: the app ends, and gives the book back."""

from __future__ import annotations

from data.book.lock import Lock
from tests.support.sandbox_home import Home, Sandbox
from tests.terminal.terminal import WORK, Terminal


def test_an_app_whose_terminal_goes_away_ends_and_frees_the_book(home: Home, sandbox: Sandbox) -> None:
    lock = Lock(home.path / "test" / "book.lock")
    others = [sandbox.process.pid]
    with Terminal.running("-m", "tui.cli", "--home", str(home.path), others=others) as terminal:
        terminal.until("C-1001")
        assert lock.holder_now() is not None
        terminal.close_window()
        terminal.ends(WORK)
    assert lock.holder_now() is None
