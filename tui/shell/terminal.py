"""The app's terminal: control sequences for it, and an orderly end when it or the session goes away."""

from __future__ import annotations

import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from textual.driver import Driver

    from tui.app import DeskApp

TERMINAL_EVERY: Final = 5.0
"""Seconds between two looks whether the terminal is still there."""


def write_to_terminal(driver: Driver | None, sequence: str) -> None:
    """Write a control sequence to the terminal: through the driver of a running app, else to standard output."""
    from tui.clipboard import send

    terminal = driver if driver is not None else sys.__stdout__
    if terminal is not None:
        send(terminal, sequence)


def lasting_driver(driver: type[Driver]) -> type[Driver]:
    """Return the driver to use in place of Textual's: on Linux and macOS one that notices that the terminal is gone."""
    if driver.__name__ != "LinuxDriver":
        return driver
    from tui.shell.lasting_driver import LastingDriver

    return LastingDriver


def end_in_order(app: DeskApp) -> None:
    """End the app in order when the system says so, and once its terminal is gone.

    Textual itself would end on a signal without closing anything. Without a terminal nobody would see the app, and
    the app would keep the book.
    """
    if app.is_headless or threading.current_thread() is not threading.main_thread():
        return
    from tui.wiring.platform.signals import END, HANG_UP, obey

    obey(dict.fromkeys((*END, *HANG_UP), partial(app.call_later, app.action_quit)))
    app.set_interval(TERMINAL_EVERY, app.look_at_terminal)
