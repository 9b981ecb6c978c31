"""`brokerdesk` alone: opens the app, or says what to do where there is no terminal."""

from __future__ import annotations

import gc
import os
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, TextIO

from core.errors import DeskError, UsageError
from tui.cli.console import draw_plainly
from tui.cli.options import CommandOptions
from tui.cli.output import broken, report, say
from tui.wiring import settings_of
from tui.wiring.platform import WINDOWS

if TYPE_CHECKING:
    from data.settings import Settings
    from tui.app import DeskApp

_DRIVER = "TEXTUAL_DRIVER"
_TERMINAL_DRIVERS = ("LinuxDriver", "LinuxInlineDriver", "WindowsDriver")


@dataclass(frozen=True, kw_only=True)
class AppOptions(CommandOptions):
    """The options of the app."""

    app_faults: str
    """What goes wrong in the sandbox from the start on; "" for nothing."""


def app(options: AppOptions) -> int:
    """Run the app until it is left. In the sandbox a person may begin again: then the app opens again."""
    gc.disable()  # what the start loads stays; the app collects again as soon as the desk is open
    settings = settings_of(options.home, options.profile)
    if options.app_faults:
        from tui.wiring.practice.commands import check_faults  # noqa: PLC0415 - few start the app with faults

        check_faults(settings, options.app_faults)
    try:
        check_screen()
    except UsageError as error:
        if _is_terminal(sys.stderr) or not _is_terminal(sys.stdout):
            raise
        say(error.message, error.fix)  # nobody sees stderr, which is what is wrong
        return error.exit_code
    draw_plainly(_screen()[0])
    not_reset: DeskError | None = None
    while True:
        desk = _make_app(settings, options.app_faults)
        desk.not_reset = not_reset
        try:
            said = desk.run()
        finally:  # also after a crash: the clipboard would go on holding a client's value
            desk.copying.clear()
        if said:
            print(said)  # noqa: T201 - the screen is gone by now
        if desk.failure is not None:
            return report(broken(desk.failure, options.home), as_json=False)
        if not desk.begins_anew:
            return desk.return_code or 0
        gc.disable()
        from tui.wiring.practice.commands import reset_practice  # noqa: PLC0415 - done seldom

        try:
            reset_practice(settings, time.time())
            not_reset = None
        except DeskError as error:
            not_reset = error


def _make_app(settings: Settings, faults: str) -> DeskApp:
    from tui.app import DeskApp  # noqa: PLC0415 - the commands do without textual

    if not settings.embedded:
        return DeskApp(settings)
    from tui.wiring.practice.opener import open_practice_with  # noqa: PLC0415 - only the sandbox has one

    return DeskApp(settings, opener=open_practice_with(faults))


def check_screen() -> None:
    """Raise `UsageError` (no-terminal) unless the app can be seen, and typed to, by somebody.

    The app reads keys from stdin, and Textual draws on stderr; on Windows on stdout. Without this check an app that
    nobody sees would still act on each key. A browser needs no terminal: then the environment names Textual's driver
    for the web.
    """
    if (named := os.environ.get(_DRIVER)) and _is_for_the_web(named):
        return
    if not _is_terminal(sys.__stdin__):
        raise UsageError("no-terminal", "brokerdesk reads keys from stdin, and stdin isn't a terminal here.")
    stream, name = _screen()
    if not _is_terminal(stream):
        raise UsageError(
            "no-terminal",
            f"brokerdesk draws on {name}, and {name} isn't a terminal here.",
            when="the app can't be seen",
            stream=name,
        )


def _screen() -> tuple[TextIO | None, str]:
    """Return the stream that Textual draws on, and its name."""
    return (sys.__stdout__, "stdout") if WINDOWS else (sys.__stderr__, "stderr")


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _is_for_the_web(named: str) -> bool:
    """Return True for a driver that draws in a browser, False for one that needs a terminal.

    Raises `UsageError` for any other: what it draws is seen by nobody.
    """
    from textual.drivers.web_driver import WebDriver  # noqa: PLC0415 - the commands do without textual

    module, _, name = named.partition(":")
    try:
        driver = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        driver = None
    if isinstance(driver, type) and issubclass(driver, WebDriver):
        return True
    if getattr(driver, "__name__", "") not in _TERMINAL_DRIVERS:
        raise UsageError(
            "no-terminal",
            f"{_DRIVER} names “{named}”, which draws neither on a terminal nor in a browser.",
            when="the driver isn't one of ours",
        )
    return False
