"""However paste mode ends, the last thing that the terminal's clipboard is sent is not a value of a client."""

from __future__ import annotations

import base64
import re
import signal
from collections.abc import Callable

import pytest

from tests.support.sandbox_home import Home, Sandbox
from tests.terminal.terminal import Terminal
from tui.clipboard import OVERWRITTEN_WITH


def asked_for(sent: bytes) -> list[str]:
    """Return the texts that the terminal was asked to take."""
    return [base64.b64decode(found).decode() for found in re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", sent)]


def leave(terminal: Terminal) -> None:
    terminal.press("\x1b", quiet=0.3)
    terminal.press("q", quiet=0.3)


def be_terminated(terminal: Terminal) -> None:
    terminal.send_signal(signal.SIGTERM)


def fail(terminal: Terminal) -> None:
    terminal.press("\r")


@pytest.mark.parametrize(
    ("module", "end"),
    [
        ("tui.cli", leave),
        ("tui.cli", be_terminated),
        ("tests.terminal.failing_paste", fail),
    ],
)
def test_the_terminals_clipboard_is_overwritten_at_every_end(
    home: Home, sandbox: Sandbox, module: str, end: Callable[[Terminal], None]
) -> None:
    command = ("-m", module, "--home", str(home.path))
    others = [sandbox.process.pid]
    with Terminal.running(*command, others=others, SSH_CONNECTION="far away", TMUX="") as terminal:  # type: ignore[arg-type]  # no variable is called columns or lines
        terminal.until("C-1001")
        terminal.press("j", "k", quiet=0.3)
        terminal.until("p push")
        terminal.press("V", quiet=0.3)
        terminal.until("Enter in FLEX by hand", "Sent to your terminal's clipboard.")
        end(terminal)
        terminal.to_the_end()
        asked = asked_for(terminal.sent)
    assert len(asked) == 2
    assert asked[0].strip()
    assert asked[1] == OVERWRITTEN_WITH
