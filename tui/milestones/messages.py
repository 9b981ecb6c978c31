"""Messages of the watch over the milestones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from core.errors import DeskError
    from core.milestones.use_cases import Overview


class MilestonesSeen(Message):
    """A look is over; `overview` is what it found."""

    def __init__(self, overview: Overview) -> None:
        super().__init__()
        self.overview = overview


class MilestonesFailed(Message):
    """The milestones could not be read or sent."""

    def __init__(self, error: DeskError) -> None:
        super().__init__()
        self.error = error
