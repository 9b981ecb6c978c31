"""`brokerdesk` alone: opens the app, or says what to do where there is no terminal."""

from __future__ import annotations

import sys

from core.errors import UsageError
from tui.cli.options import CommandOptions
from tui.cli.output import broken, report
from tui.wiring import settings_of


def app(options: CommandOptions) -> int:
    """Run the app until it is left."""
    settings = settings_of(options.home, options.profile)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("no-terminal", "There is no terminal here to open the desk on.")
    from tui.app import DeskApp  # noqa: PLC0415 - the commands do without textual

    desk = DeskApp(settings)

    try:
        said = desk.run()
    finally:  # also after a crash: the clipboard would go on holding a client's value
        desk.clear_clipboard()
    if said:
        print(said)  # noqa: T201 - the screen is gone by now
    if desk.failure is not None:
        return report(broken(desk.failure), as_json=False)
    return desk.return_code or 0
