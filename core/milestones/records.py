"""What the book keeps of milestones: what was received, what a person decided, and what was taken up.

Nothing here is a client's data. Opening a book imports this module, so this module imports little.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final

from core.push.records import Record

NEVER: Final = 0.0


class ApplicationFacts(Record, frozen=True, gc=False):
    """What is known of one application. Times are in seconds since 1970, by the vendor's clock; 0 means never.

    `begun`, `made` and `submitted` are the earliest times that an event named, the other times are the latest. `person`
    is the id of the application's borrower according to the event at `told`.
    """

    table: ClassVar[str] = "milestone-applications"

    id: str
    begun: float = NEVER
    made: float = NEVER
    submitted: float = NEVER
    imported: float = NEVER
    changed: float = NEVER
    prompted: float = NEVER
    looked: float = NEVER
    closed: float = NEVER
    person: str = ""
    told: float = NEVER

    @property
    def key(self) -> str:
        """The application's id."""
        return self.id

    @property
    def started(self) -> float:
        """When the user began the application. An imported one has no beginning until a webhook names one."""
        return self.begun or (self.made if not self.imported else NEVER)

    @property
    def touched(self) -> float:
        """When something last happened that may have changed the application."""
        return max(self.begun, self.made, self.imported, self.changed)

    @property
    def in_progress(self) -> bool:
        """True if somebody worked on the application and it was neither submitted nor closed since."""
        return not self.submitted and max(self.started, self.changed) > self.closed

    @property
    def wants_a_look(self) -> bool:
        """True if SimpleNexus called it abandoned, or its borrower is not known, and nobody has read it since."""
        told = max(self.touched, self.submitted)
        return self.prompted > self.looked or (not self.person and told > self.looked)


class PersonFacts(Record, frozen=True, gc=False):
    """What is known of one borrower or partner: the earliest time of each event.

    A book of an earlier version may hold a borrower's first sign-in as `account`. Times are in seconds since 1970; 0
    means never.
    """

    table: ClassVar[str] = "milestone-people"

    id: str
    account: float = NEVER
    partner: float = NEVER
    calculated: float = NEVER
    signed_in: float = NEVER

    @property
    def key(self) -> str:
        """The person's id in SimpleNexus."""
        return self.id


class WaitingCalculation(Record, frozen=True):
    """A reported calculation that belongs to no known person yet. Keeps ids alone, never an email.

    `at` is when it was, `received` when the desk heard of it: seconds since 1970. `contacts` are the ids of the
    contacts of Total Expert that it may be about, or the one id that the report names, which may be an account's.
    """

    table: ClassVar[str] = "milestone-calculations"

    id: str
    at: float
    received: float
    contacts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The report's own id."""
        return self.id


class FinishedApplication(Record, frozen=True, gc=False):
    """A submitted application that is done. The record tells late and repeated events from new ones."""

    table: ClassVar[str] = "milestone-finished"

    id: str
    at: float

    @property
    def key(self) -> str:
        """The application's id."""
        return self.id


class Doubt(StrEnum):
    """Why a milestone waits for a person."""

    UNREADABLE = "unreadable"
    """The application can't be read again, so it may have changed."""
    LATE = "late"
    """The milestone happened long ago, and a Journey would speak of it as if it happened today."""
    ELSEWHERE = "elsewhere"
    """The contact has an insight of that kind that the desk did not send."""
    CONSENT = "consent"
    """The contact is silenced, or wants neither emails nor calls nor mail."""
    NOT_SIGNED_IN = "not-signed-in"
    """The desk made the account for a person who did nothing, and no first sign-in was reported."""


class Approval(Record, frozen=True):
    """A person's word to send one milestone although there is a doubt.

    `at` is the milestone's own time in seconds since 1970. An application that changes afterwards needs a new approval.
    `consent` is the keyed hash of the consent that the person who approved saw, if the doubt is about that.
    The approval counts only while the consent is the same. `said_at` is the time of the decision in seconds since 1970;
    approvals of earlier versions have none.
    """

    table: ClassVar[str] = "milestone-approvals"

    name: str
    doubt: Doubt
    at: float
    by: str
    consent: str = ""
    said_at: float = NEVER

    @property
    def key(self) -> str:
        """The milestone's local id, and the doubt."""
        return self.key_of(self.name, self.doubt)

    @staticmethod
    def key_of(name: str, doubt: Doubt) -> str:
        """Return the key of the approval of a milestone, named by its local id, and a doubt."""
        return f"{name}|{doubt}"


class Skip(Record, frozen=True):
    """A milestone that a person decided not to send. `reason` is in the person's own words.

    `at` is the time of the decision, `happened` the time of the milestone: seconds since 1970.
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
    """A contact for whom nothing is sent until a person ends the pause."""

    table: ClassVar[str] = "milestone-pauses"

    contact: str
    by: str
    at: float

    @property
    def key(self) -> str:
        """The contact's id in Total Expert."""
        return self.contact


class MilestoneState(StrEnum):
    """Where one milestone of one contact stands (fixed words)."""

    WAITING = "waiting"
    DUE = "due"
    SENT = "sent"
    SKIPPED = "skipped"
    OBSERVED = "observed"
    NEEDS_YOU = "needs-you"


class SentMilestone(Record, frozen=True):
    """A milestone that the desk has begun to send. `at` is the milestone's planned time in seconds since 1970.

    `push_id` is "" if the insight was found in Total Expert and nothing was sent. `over` is True when nothing more
    happens to the milestone.
    """

    table: ClassVar[str] = "milestones-taken"

    name: str
    at: float
    push_id: str = ""
    state: MilestoneState = MilestoneState.DUE
    insight_id: str = ""
    reason: str = "on its way"
    over: bool = False

    @property
    def key(self) -> str:
        """The milestone's local id."""
        return self.name


class WatchState(Record, frozen=True):
    """How far the desk has watched.

    `since` is when the desk began to watch, `polled` the time up to which it has polled by the vendor's clock: seconds
    since 1970. `ahead` is how many seconds the desk's clock was ahead of the vendor's. `calculated` is when a
    calculation was reported last, by the desk's clock; 0 means never.
    """

    table: ClassVar[str] = "milestone-watch"

    since: float
    polled: float
    ahead: float = 0.0
    calculated: float = NEVER

    @property
    def key(self) -> str:
        """The one key: a book has one such record."""
        return "watch"


RECORDS: Final[tuple[type[Record], ...]] = (
    ApplicationFacts,
    PersonFacts,
    WaitingCalculation,
    FinishedApplication,
    Approval,
    Skip,
    Pause,
    SentMilestone,
    WatchState,
)
"""Every kind of record of the milestones room."""
