"""What a person decides about milestones, as the book keeps it: sent all the same, skipped with a reason, paused."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from core.push.journal import Record


class Doubt(StrEnum):
    """What a milestone waits for a person's word about."""

    UNREADABLE = "unreadable"
    """The application can't be read again, so nobody knows whether it was changed."""
    LATE = "late"
    """It happened long ago; a Journey would speak of it as of today."""
    ELSEWHERE = "elsewhere"
    """The contact has an insight of that kind which is not the desk's."""


class Approval(Record, frozen=True):
    """A person's word to send one milestone in spite of one doubt.

    It is given for what happened `at` that moment: an application that is changed afterwards needs a new one.
    """

    table: ClassVar[str] = "milestone-approvals"

    name: str
    doubt: Doubt
    at: float
    by: str

    @property
    def key(self) -> str:
        """The milestone's local id, and the doubt."""
        return f"{self.name}|{self.doubt}"


class Skip(Record, frozen=True):
    """A milestone that is not to be sent, and why, in the person's own words.

    `at` is when that was said, `happened` the milestone's own moment: seconds since 1970.
    """

    table: ClassVar[str] = "milestone-skips"

    name: str
    reason: str
    by: str
    at: float
    happened: float

    @property
    def key(self) -> str:
        """The milestone's local id."""
        return self.name


class Pause(Record, frozen=True):
    """A contact of whom nothing is sent until a person lets it go on."""

    table: ClassVar[str] = "milestone-pauses"

    contact: str
    by: str
    at: float

    @property
    def key(self) -> str:
        """The contact's id in Total Expert."""
        return self.contact
