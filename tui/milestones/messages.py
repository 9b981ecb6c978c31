"""The messages that the watch over the milestones posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from core.errors import DeskError
    from core.milestones.use_cases import Overview


class MilestonesSeen(Message):
    """A look has ended. `overview` has the state of every milestone."""

    def __init__(self, overview: Overview) -> None:
        super().__init__()
        self.overview = overview


class MilestonesFailed(Message):
    """A look or a sending has failed with `error`."""

    def __init__(self, error: DeskError) -> None:
        super().__init__()
        self.error = error
