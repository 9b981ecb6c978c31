"""Tells a person who looks elsewhere that the app needs them: a desktop notice, or the bell; and the terminal's title.

A notice is one of the sentences here, with a number. So no name, phone or email can be in one. Knows no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, Literal

Setting = Literal["never", "unfocused", "always"]
"""When a person gets a notice: never, only while the terminal does not have the focus, always."""
QUIET: Final = 10.0
"""Seconds after a notice in which no other one is given."""
_BELL: Final = "\x07"
_OSC_9: Final = frozenset({"iTerm.app", "WezTerm"})
"""What TERM_PROGRAM says of terminals that show the text of OSC 9."""
_OSC_777: Final = ("foot", "rxvt-unicode", "xterm-ghostty")
"""How TERM begins in terminals that show title and text of OSC 777."""


class DesktopNotice(Enum):
    """Why a person gets a notice. The value is the sentence for one thing, and for several."""

    ASKS = ("1 push asks you", "{n} pushes ask you")
    FINISHED = ("Long work has ended: 1 is done", "Long work has ended: {n} are done")
    WARNING = ("There is a warning", "There are {n} warnings")

    def text(self, number: int = 1) -> str:
        """Return the sentence for a number."""
        one, several = self.value
        return one if number == 1 else several.format(n=f"{number:,}")


def notice_sequence(text: str, environment: Mapping[str, str]) -> str:
    """Return what makes a terminal show a notice, in the form that it knows; the bell for any other terminal.

    A desktop notice has no answer, so a terminal is recognised by its environment. Inside tmux and GNU screen it is the
    bell, which both pass on.
    """
    if environment.get("TMUX") or environment.get("STY"):
        return _BELL
    term = environment.get("TERM", "")
    if environment.get("TERM_PROGRAM") in _OSC_9 or term == "xterm-kitty":
        return f"\x1b]9;brokerdesk: {text}\x07"
    if term.startswith(_OSC_777) or environment.get("VTE_VERSION"):
        return f"\x1b]777;notify;brokerdesk;{text}\x07"
    return _BELL


def title_sequence(title: str) -> str:
    """Return what sets the title of a terminal's window."""
    return f"\x1b]2;{title}\x07"


KEEP_TITLE: Final = "\x1b[22;2t"
"""Asks the terminal to keep the present title of its window."""
OLD_TITLE: Final = "\x1b[23;2t"
"""Asks the terminal to take the kept title again."""


def title_of(asking: int) -> str:
    """Return the title of the window: what asks for a person, and the program."""
    asks = "asks" if asking == 1 else "ask"
    return f"{asking:,} {asks} you · brokerdesk" if asking else "brokerdesk"


class DesktopNotices:
    """Tells a person. `write` sends a sequence to the terminal, `now` returns a time in seconds."""

    def __init__(
        self,
        setting: Setting,
        write: Callable[[str], object],
        now: Callable[[], float],
        environment: Mapping[str, str],
    ) -> None:
        self._setting = setting
        self._write = write
        self._now = now
        self._environment = environment
        self._last = float("-inf")
        self._title = ""

    def tell(self, notice: DesktopNotice, number: int = 1, *, has_focus: bool) -> None:
        """Give a notice, unless the setting or the focus forbids it, or another notice was given just now."""
        if self._setting == "never" or (self._setting == "unfocused" and has_focus):
            return
        if self._now() - self._last < QUIET:
            return
        self._last = self._now()
        self._write(notice_sequence(notice.text(number), self._environment))

    def show_title(self, asking: int) -> None:
        """Set the title of the terminal's window, if it changed. The first time the old title is kept."""
        title = title_of(asking)
        if title != self._title:
            self._write(title_sequence(title) if self._title else KEEP_TITLE + title_sequence(title))
            self._title = title

    def give_title_back(self) -> None:
        """Let the window have the title again that it had before the app."""
        if self._title:
            self._title = ""
            self._write(OLD_TITLE)
