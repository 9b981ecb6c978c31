"""The command line of this run: who confirmed with --yes, and what the run is sending."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

IN_THE_APP: Final = "answered in the app"
confirmed_by: Final[ContextVar[str]] = ContextVar("confirmed_by", default=IN_THE_APP)
"""How what this run sends is confirmed. The receipts say it."""


class CommandRun:
    """One run of a command. `sending` is what was confirmed, and may be on its way, such as "pushing C-1001"."""

    def __init__(self) -> None:
        self.sending = ""


this_run: Final[ContextVar[CommandRun]] = ContextVar("this_run")
"""The run that a message about an interruption speaks of."""
