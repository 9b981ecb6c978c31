"""The driver of a terminal that may go away: its window was closed, or its connection was lost.

Textual's own driver stops writing at the first error and then blocks the app for good, which keeps the book's lock and
hears no signal.
"""

from __future__ import annotations

import select
from typing import IO, Any, cast

from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message


class LastingDriver(LinuxDriver):
    """The driver for Linux and macOS. It says when the terminal is gone, and what is drawn from then on is dropped."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._output = TerminalOutput(cast("IO[str]", self._file))
        self._file = cast("Any", self._output)
        self._input = select.poll()
        self._input.register(self.fileno, select.POLLHUP)

    def process_message(self, message: Message) -> None:
        """Hand a message to the app. A line feed is Enter.

        Until the app has the terminal, the terminal makes a line feed of Enter. No action has the key that sends a
        line feed otherwise, Ctrl-J.
        """
        if isinstance(message, events.Key) and message.key == "ctrl+j":
            message = events.Key("enter", "\r")
        super().process_message(message)

    @property
    def is_lost(self) -> bool:
        """True once the terminal is gone: its output gave an error, or its input hung up."""
        return self._output.is_lost or any(what & select.POLLHUP for _, what in self._input.poll(0))


class TerminalOutput:
    """A terminal's output, for the thread that draws. Once an error has come, what is written is dropped."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.is_lost = False

    def write(self, text: str) -> int:
        """Write text, and return its length in characters."""
        if not self.is_lost:
            try:
                self._file.write(text)
            except OSError:
                self.is_lost = True
        return len(text)

    def flush(self) -> None:
        """Send what was written."""
        if not self.is_lost:
            try:
                self._file.flush()
            except OSError:
                self.is_lost = True

    def fileno(self) -> int:
        """Return the file's descriptor."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Return True if this is a terminal."""
        return self._file.isatty()
