"""The Activity room."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.widgets import Static

from tui.room import Room


class ActivityScreen(Room):
    """Every push, live and past."""

    room = "activity"

    def compose_room(self) -> ComposeResult:
        """Give the list."""
        yield Static()
