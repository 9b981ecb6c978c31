"""A stop: a person halts all sending on a book, until a person lifts the stop. Looking and reading go on.

The book keeps the stop, so every process that works on the book finds it. The engine asks for it before it begins a
push and before each send, and a connection asks again when its turn comes. So a stop takes effect within one
request.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from core.errors import DeskError

STOPPED: Final = "stopped"
"""The code of what was not sent because of a stop."""


class Stop(Struct, frozen=True):
    """Who stopped all sending, when (seconds since 1970, UTC) and why. An unknown operator or reason is ""."""

    operator: str = ""
    at: float = 0.0
    reason: str = ""

    def sentence(self, when: str = "") -> str:
        """Return the stop as a sentence without its reason. `when` is its time in the desk's zone; "" leaves it out."""
        who = self.operator or "Somebody"
        return f"{who} stopped all sending at {when}." if self.at and when else f"{who} stopped all sending."


def check_not_stopped(stop: Stop | None) -> None:
    """Raise `DeskError` (stopped) if there is a stop."""
    if stop is not None:
        reason = f" The reason: {stop.reason}" if stop.reason else ""
        raise DeskError(STOPPED, f"{stop.sentence()} Nothing was sent.{reason}")
