"""Where a value is copied to: the operating system's clipboard, else the terminal's, else nowhere.

The terminal's clipboard is reached by an escape sequence (OSC 52) that no terminal acknowledges. So the desk says "sent
to your terminal's clipboard" there, never "copied". A value that was copied for now is overwritten when it is not
needed any more. Knows no program and no screen: both are given.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Protocol

Write = Callable[[str], object]
"""Writes a control sequence to the terminal."""


class Terminal(Protocol):
    """What leads to the terminal: a stream, or the driver of the app."""

    def write(self, text: str, /) -> object:
        """Write a text."""
        ...

    def flush(self) -> object:
        """Let the terminal have it now."""
        ...


def send(terminal: Terminal, sequence: str) -> None:
    """Write a control sequence of this module to the terminal. It holds no text of a client but in base64."""
    terminal.write(sequence)
    terminal.flush()


OVERWRITTEN_WITH: Final = " "
"""What takes the place of a value: some clipboards ignore an empty text."""
_WITHOUT_OSC_52: Final = frozenset({"", "dumb", "linux", "vt100", "vt102", "vt220"})
"""Kinds of terminal (TERM) that have no clipboard."""


class SystemClipboard(Protocol):
    """The operating system's clipboard. Every method blocks for a moment."""

    def put(self, text: str) -> bool:
        """Put a text into the clipboard. Return False if that failed."""
        ...

    def get(self) -> str | None:
        """Return the text in the clipboard, or None if it can't be read."""
        ...


class Reached(Enum):
    """How far a value came."""

    SYSTEM = "Copied."
    """The operating system's clipboard has it."""
    TERMINAL = "Sent to your terminal's clipboard."
    """The terminal was asked. It does not answer."""
    BROWSER = "Sent to your browser's clipboard."
    """The page was asked. It says so if the browser does not let it copy."""
    HIDDEN = "Names and amounts are hidden, so nothing is copied. F6 shows them again."
    """A person hides client data on the screen."""
    NOWHERE = "This terminal has no clipboard: select the value and copy it."


class Clipboard:
    """Copies values. `system` and `terminal` are None if there is none. Every method blocks for a moment."""

    def __init__(
        self,
        system: SystemClipboard | None,
        terminal: Write | None,
        by_terminal: Reached = Reached.TERMINAL,
    ) -> None:
        """`by_terminal` is how far a value comes that the terminal is asked to take."""
        self._system = system
        self._terminal = terminal
        self._by_terminal = by_terminal
        self._lent: tuple[str, Reached] | None = None
        self.is_closed = False
        """True while client data is hidden on the screen: then nothing is copied."""

    @property
    def reaches(self) -> Reached:
        """How far a value will come, if nothing fails."""
        if self.is_closed:
            return Reached.HIDDEN
        if self._system is not None:
            return Reached.SYSTEM
        return Reached.NOWHERE if self._terminal is None else self._by_terminal

    def copy(self, text: str) -> Reached:
        """Copy a text, and say how far it came."""
        if self.is_closed:
            return Reached.HIDDEN
        return self._put(text)

    def _put(self, text: str) -> Reached:
        if self._system is not None and self._system.put(text):
            return Reached.SYSTEM
        if self._terminal is None:
            return Reached.NOWHERE
        self._terminal(osc_52(text))
        return self._by_terminal

    def copy_for_now(self, text: str) -> Reached:
        """Copy a text as `copy`, to be overwritten by `clear`."""
        reached = self.copy(text)
        self._lent = None if reached in (Reached.NOWHERE, Reached.HIDDEN) else (text, reached)
        return reached

    def clear(self) -> None:
        """Overwrite what was copied for now. A clipboard that can be read and holds something else is left alone."""
        if self._lent is None:
            return
        (text, reached), self._lent = self._lent, None
        if reached is Reached.SYSTEM and self._system is not None:
            held = self._system.get()
            if held is not None and held.rstrip("\r\n") != text.rstrip("\r\n"):
                return
        self._put(OVERWRITTEN_WITH)


def osc_52(text: str) -> str:
    """Return the sequence that asks a terminal to take a text into its clipboard."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    return f"\x1b]52;c;{encoded}\x07"


def for_tmux(sequence: str) -> str:
    """Return a sequence as it is sent inside tmux: plain, and once more in an envelope.

    tmux takes the plain one itself if its option `set-clipboard` is on. It passes the other one on to the terminal if
    `allow-passthrough` is on.
    """
    inner = sequence.replace("\x1b", "\x1b\x1b")
    return f"{sequence}\x1bPtmux;{inner}\x1b\\"


def takes_osc_52(environment: Mapping[str, str]) -> bool:
    """Return False for a terminal that is known to ignore OSC 52: a console, Apple's Terminal, GNU screen."""
    if environment.get("TMUX"):
        return True
    ignores = environment.get("TERM_PROGRAM") == "Apple_Terminal" or bool(environment.get("STY"))
    return not ignores and environment.get("TERM", "") not in _WITHOUT_OSC_52
