"""A note in the operator's own editor, on a real terminal: the app gives the terminal away and takes it back."""

from __future__ import annotations

import pytest

from tests.support.sandbox_home import Home, Sandbox
from tests.terminal.terminal import Terminal

SAYS = {
    "": ("Neither VISUAL",),
    "false": ("The editor false", "The note is as it was"),
    "nobodys": ("The editor nobodys", "started"),
}
"""Some words of each answer that stand on one line of it."""


@pytest.mark.parametrize("editor", SAYS)
def test_an_editor_that_is_not_there_or_fails_is_named_and_the_app_goes_on(
    home: Home, sandbox: Sandbox, editor: str
) -> None:
    with Terminal.running(
        "-m",
        "tui.cli",
        "--home",
        str(home.path),
        others=[sandbox.process.pid],
        EDITOR=editor,
        VISUAL="",
    ) as terminal:
        terminal.until("C-1001")
        terminal.press("/", *"1013", "\r")
        terminal.until("▌● C-1013")
        terminal.press("n")
        terminal.until("w write")
        terminal.press("w")
        terminal.until("own editor")
        terminal.press("H", "i")
        terminal.type_ahead("\x05")  # the answer is a toast, which goes by itself
        terminal.until(*SAYS[editor])
        terminal.press("!")
        terminal.until("Hi!")
