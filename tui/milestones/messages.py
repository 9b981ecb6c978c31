"""What the watch over the milestones tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from core.errors import DeskError
    from core.milestones.use_cases import Overview


class MilestonesSeen(Message):
    """Everything was looked at: this is how it stands."""

    def __init__(self, overview: Overview) -> None:
        super().__init__()
        self.overview = overview


class MilestonesFailed(Message):
    """They could not be looked at, or not be sent."""

    def __init__(self, error: DeskError) -> None:
        super().__init__()
        self.error = error
