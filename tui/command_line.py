"""The command line of this run, for the receipts: who confirmed with --yes is named by the words of the command."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

IN_THE_APP: Final = "answered in the app"
confirmed_by: Final[ContextVar[str]] = ContextVar("confirmed_by", default=IN_THE_APP)
"""How what this run sends is confirmed."""
