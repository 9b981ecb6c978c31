"""What a plan of milestones is made from, gathered beforehand, and what it says. Values; nothing here decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.compare.keys import label_key
from core.milestones.events import ApplicationReading, Unreadable
from core.milestones.insights import Insight, InsightContact
from core.milestones.milestone_map import Milestone, MilestoneId, MilestoneMap
from core.milestones.records import Approval, Doubt, MilestoneState, WaitingCalculation
from core.push.plan import Plan
from core.send_hours import SendHours

FINAL: Final = frozenset({MilestoneState.SENT, MilestoneState.SKIPPED})
"""Nothing more happens to a milestone in these states."""
PAUSED: Final = "paused"
"""Why a milestone waits while its contact is paused."""


class Writer(StrEnum):
    """Who sends the milestones: the vendors' own integration, or the desk."""

    VENDOR = "vendor"
    DESK = "desk"


class MilestoneStanding(Struct, frozen=True):
    """What the book says of a milestone that was taken up: on its way (`due`), sent, skipped, or in need of a person.

    `at` is when the milestone happened according to its plan: seconds since 1970. `skipped_by` is the person who
    decided that it is never sent, "" if nobody did.
    """

    state: MilestoneState
    at: float
    insight_id: str = ""
    reason: str = ""
    skipped_by: str = ""


class MilestoneInputs(Struct, frozen=True):
    """Everything that a plan is made from, except the facts.

    `now` and `since` are seconds since 1970 by the desk's clock. What happened before `since`, when the desk began to
    watch, is never sent, nor is what happened before `first_sync`, when the first sync was confirmed (0 if there was
    none). `ahead` is how many seconds the desk's clock was ahead of the vendor's at the last reading.

    `people` gives the linked contact for each person's id. `readings` holds, by application, what was read for this
    plan; an earlier reading says nothing about now. `types` gives the ids of the insight types for a folded name,
    `groups` the id of a group for its owner's id and folded name, `insights` the insights of each contact that was
    read. `standings` and `approvals` are what the book holds, by the encoded `MilestoneId` and by the approval's key.
    `paused` are ids of contacts. Nothing is sent outside `hours`. `made_here` are ids of contacts of which the desk
    made the account, or may have made it: such an account is a person's own from the first sign-in on. `hears_sign_ins`
    says that webhooks can tell of it. `seal` returns the keyed hash of what a contact's consent is, as
    approvals hold it. `calculations` are the reported calculations that belong to no known
    contact yet.
    """

    now: float
    workspace: str
    map: MilestoneMap
    since: float = 0.0
    first_sync: float = 0.0
    writer: Writer = Writer.DESK
    ahead: float = 0.0
    people: Mapping[str, InsightContact] = {}
    readings: Mapping[str, ApplicationReading | Unreadable] = {}
    types: Mapping[str, Sequence[str]] = {}
    groups: Mapping[tuple[str, str], str] = {}
    insights: Mapping[str, Sequence[Insight]] = {}
    standings: Mapping[str, MilestoneStanding] = {}
    approvals: Mapping[str, Approval] = {}
    paused: Collection[str] = ()
    hours: SendHours | None = None
    made_here: Collection[str] = ()
    hears_sign_ins: bool = False
    seal: Callable[[str], str] = str
    calculations: Sequence[WaitingCalculation] = ()

    def standing(self, id_: MilestoneId | None) -> MilestoneStanding | None:
        """Return what the book says of a milestone; None if it was not taken up or has no contact yet."""
        return self.standings.get(id_.encode()) if id_ is not None else None

    def approves(self, id_: MilestoneId | None, doubt: Doubt, at: float, consent: str = "") -> bool:
        """Return True if a person approved a milestone, with this time, although there is this doubt.

        `consent` is what the contact's consent is now, if the doubt is about that.
        """
        approval = self.approvals.get(Approval.key_of(id_.encode(), doubt)) if id_ is not None else None
        if approval is None or approval.at != at:
            return False
        return approval.consent == (self.seal(consent) if consent else "")

    def approver(self, id_: MilestoneId, doubt: Doubt) -> str:
        """Return who approved a milestone although there is this doubt; "" if nobody did."""
        approval = self.approvals.get(Approval.key_of(id_.encode(), doubt))
        return approval.by if approval is not None else ""

    def types_of(self, milestone: Milestone) -> tuple[str, ...]:
        """Return the ids of the insight types with the milestone's name. Total Expert should have exactly one."""
        return tuple(self.types.get(label_key(self.map.rows[milestone].insight), ()))


class MilestoneLine(Struct, frozen=True):
    """One milestone and its state. One that can be sent has a plan.

    `id` is None while the contact is not known. `person` is the person's id in SimpleNexus. `at` is when the milestone
    happened or will have happened, `until` when a countdown ends by the desk's clock, and `opens` when the hours begin
    in which the contact is reached: seconds since 1970. `doubt` is what a person can overrule. `consent` and `opt_outs`
    are those of `InsightContact`. `calculation` is the id of a report that belongs to no known contact yet.
    `skipped_by` is the person who decided that the milestone is never sent. `is_closed` says that the application is
    not in progress any more, so that nobody abandons it.
    """

    milestone: Milestone
    person: str
    at: float
    state: MilestoneState
    reason: str = ""
    contact: str = ""
    application: str = ""
    id: MilestoneId | None = None
    insight_id: str = ""
    until: float | None = None
    doubt: Doubt | None = None
    plan: Plan | None = None
    opens: float | None = None
    consent: str = ""
    opt_outs: str = ""
    calculation: str = ""
    skipped_by: str = ""
    is_closed: bool = False

    @property
    def counts_down(self) -> bool:
        """True if the milestone happens when a time is over, unless the person comes back before."""
        return self.state is MilestoneState.WAITING and self.until is not None and not self.is_closed

    @property
    def is_open(self) -> bool:
        """True if the milestone is due or may become due."""
        return self.state in (MilestoneState.WAITING, MilestoneState.DUE, MilestoneState.NEEDS_YOU)

    @property
    def waits_for_go_on(self) -> bool:
        """True if the milestone waits because a person paused its contact."""
        return self.state is MilestoneState.WAITING and self.reason == PAUSED

    @property
    def waits_for_link(self) -> bool:
        """True if nobody knows yet to which contact of Total Expert the milestone belongs."""
        is_somebodys = bool(self.person or self.calculation)
        return self.state is MilestoneState.WAITING and is_somebodys and not self.contact

    @property
    def can_be_unskipped(self) -> bool:
        """True if a person skipped the milestone, and what is known of its person still says that it happened."""
        return bool(self.skipped_by and self.person)

    @property
    def name(self) -> str:
        """The encoded `id`, as the book and JSON hold it; "" while the contact is not known."""
        return self.id.encode() if self.id is not None else ""


class Candidate(Struct, frozen=True):
    """A milestone as the book, the clocks and the readings leave it: before the order and the insights are looked at.

    `recipient` is the contact to send the milestone to, None if the line is decided already. `wants_reading` is True if
    the application has to be read first.
    """

    line: MilestoneLine
    recipient: InsightContact | None = None
    wants_reading: bool = False


class Milestones(Struct, frozen=True):
    """What becomes of everything that is open, oldest first.

    `done_applications` and `done_people` are the ids of those with nothing left to do.
    """

    lines: tuple[MilestoneLine, ...]
    done_applications: tuple[str, ...] = ()
    done_people: tuple[str, ...] = ()

    @property
    def due(self) -> tuple[MilestoneLine, ...]:
        """What can be sent now: of each contact the first."""
        return tuple(line for line in self.lines if line.state is MilestoneState.DUE and line.plan)
