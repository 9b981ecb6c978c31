"""Messages from workers to screens. Handlers own the state; workers only post messages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.errors import DeskError
    from core.push.records import Push, StepRecord
    from tui.wiring import Desk


class DeskOpened(Message):
    """The book is open and the systems can be asked."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk


class DeskFailed(Message):
    """The desk could not be opened. Nothing works until the error is resolved."""

    def __init__(self, error: DeskError) -> None:
        super().__init__()
        self.error = error


class PushChanged(Message):
    """A push changed: a step of it has a new state. `steps` may go on changing until the message is handled."""

    def __init__(self, push: Push, steps: Sequence[StepRecord]) -> None:
        super().__init__()
        self.push = push
        self._held = steps

    @cached_property
    def steps(self) -> tuple[StepRecord, ...]:
        """The steps as they are when they are first asked for. A message that is replaced copies none."""
        return tuple(self._held)

    def can_replace(self, message: Message) -> bool:
        """Return True if `message` is about the same push: only the newest state counts."""
        return isinstance(message, PushChanged) and message.push.push_id == self.push.push_id
