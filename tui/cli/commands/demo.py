"""`make demo`: the main jobs without a screen, printed as they go: preview, push, links; match and sync."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence

from tui.cli import console
from tui.cli.main import main
from tui.cli.output import say

CARD = "C-1001"


def demo() -> int:
    """Run the commands a newcomer would, in a home of their own that is gone afterwards; gives the exit code."""
    with tempfile.TemporaryDirectory(prefix="brokerdesk-demo-") as home:
        for arguments in (
            ["cards", "--filter", "m.hale"],
            ["preview", "card", CARD],
            ["push", "card", CARD, "--yes"],
            ["links"],
            ["activity"],
        ):
            if code := _show(arguments, home):
                return code
        say("", "Pushing it again, as a second press would:")
        _show(["push", "card", CARD, "--yes"], home)
        for arguments in (["match"], ["sync", "--yes"]):
            if code := _show(arguments, home):
                return code
        say("", "Syncing again, with nothing new:")
        _show(["sync", "--yes"], home)
    return 0


def _show(arguments: Sequence[str], home: str) -> int:
    say("", f"$ brokerdesk {' '.join(arguments)}")
    sys.stdout.flush()
    return main([*arguments, "--home", home])


if __name__ == "__main__":
    console.prepare()
    console.silence_libraries()
    sys.exit(console.checked(demo()))
