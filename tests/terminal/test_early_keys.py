"""Keys that are typed while the app is still being loaded, on a real terminal."""

from __future__ import annotations

from tests.support.sandbox_home import Home, Sandbox
from tests.terminal.terminal import Terminal


def test_keys_typed_before_the_app_has_the_terminal_are_obeyed_once_the_cards_are_there(
    home: Home, sandbox: Sandbox
) -> None:
    others = [sandbox.process.pid]
    with Terminal.running("-m", "tui.cli", "--home", str(home.path), others=others) as terminal:
        terminal.type_ahead("jj\r")
        shown = terminal.until("▌○ C-1003", "▌ Not in FLEX")
        assert "▌○ C-1001" not in shown


def test_a_push_key_typed_before_the_app_has_the_terminal_is_refused_in_words(
    home: Home, sandbox: Sandbox
) -> None:
    others = [sandbox.process.pid]
    with Terminal.running("-m", "tui.cli", "--home", str(home.path), others=others) as terminal:
        terminal.type_ahead("py")
        shown = terminal.until("brokerdesk is still starting", "C-1001")
        assert "Send" not in shown
    assert not sandbox.writes()
