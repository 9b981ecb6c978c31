"""The messages that reading the two contact systems sends to the room."""

from __future__ import annotations

from textual.message import Message

from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.review.reviewed import Reviewed
from core.errors import DeskError
from core.push.plan import System


class Heard(Message):
    """The number of contacts of a system that were read so far."""

    def __init__(self, system: System, count: int) -> None:
        super().__init__()
        self.system = system
        self.count = count

    def can_replace(self, message: Message) -> bool:
        """Return True for an older count of the same system: only the newest count matters."""
        return isinstance(message, Heard) and message.system is self.system


class Matching(Message):
    """Both systems were read; their contacts are being matched."""


class MatchRead(Message):
    """Both systems were read and matched, and the answers were applied. `not_used` records or fields can't be used."""

    def __init__(self, gathered: MatchSnapshot, reviewed: Reviewed, not_used: int) -> None:
        super().__init__()
        self.not_used = not_used
        self.gathered = gathered
        self.reviewed = reviewed


class LastQuestionsRead(Message):
    """The questions of the last match are there. `gathered` holds their contacts as they were read last."""

    def __init__(self, gathered: MatchSnapshot, reviewed: Reviewed) -> None:
        super().__init__()
        self.gathered = gathered
        self.reviewed = reviewed


class ReadAgain(Message):
    """The questions of the last match are shown, or there are none: both systems are read."""


class ReadFailed(Message):
    """The contacts could not be read or matched."""

    def __init__(self, error: DeskError) -> None:
        super().__init__()
        self.error = error
