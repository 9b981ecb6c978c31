"""What the book keeps of pushes: ids, states and keyed hashes, never a client's data."""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec
from msgspec import Struct

from core.push.plan import Asset, Entity, Operation, StepKind, System, link_key
from core.push.states import PushState, StepState, WriteOutcome


class Record(Struct, frozen=True):
    """A document of the book. `table` is the name of its table on the disk; every subclass sets its own.

    `indexes` names the fields, each with a text, by which `Book.where` can ask.

    docs/decisions/0009-the-books-format.md says how a subclass may change.
    """

    table: ClassVar[str]
    indexes: ClassVar[tuple[str, ...]] = ()

    @property
    def key(self) -> str:
        """The document's own key, unique in its table."""
        raise NotImplementedError


class Push(Record, frozen=True):
    """One confirmed plan and its state. `plan` is the plan's digest, `size` the number of its steps.

    Times are in seconds since 1970, UTC.
    """

    table: ClassVar[str] = "pushes"
    indexes: ClassVar[tuple[str, ...]] = ("about", "subject", "state")

    push_id: str
    asset: Asset
    subject: str
    plan: str
    state: PushState
    operator: str
    created_at: float
    updated_at: float
    size: int
    about: str = ""
    """The id of the card that the push concerns."""
    reason: str = ""
    """A code of the error catalogue that explains the state."""

    @property
    def key(self) -> str:
        """The push's id."""
        return self.push_id


class TrailEvent(Struct, frozen=True, gc=False):
    """One thing that happened to a step at `at` (seconds since 1970, UTC).

    `said` is the desk's own words or a redacted request line. `by` is the operator who decided it, "" if nobody did.
    """

    at: float
    code: str
    said: str = ""
    by: str = ""


class StepRecord(Record, frozen=True, gc=False):
    """The state of one step of a push; `n` is its place in the plan, from 0.

    `before` and `sent` map a field's name to the keyed hash of what the remote held and of what was sent.
    `sent_at` is the time of the last attempt in seconds since 1970, UTC; the settle time counts from it. `parent` is
    the ref or id of the record above, without which some remotes can't find this one. `candidates` are the remote ids
    from which a person may choose. `forced` is True if a person chose to overwrite what is there. `request_id` is the
    system's own name for the last request, and `outcome` what the system says that the request did; both are empty if
    the system says neither. `reached` is True once a request of the step changed something in the system, or may have:
    also if it turned out later that it did not.
    """

    table: ClassVar[str] = "steps"
    indexes: ClassVar[tuple[str, ...]] = ("push_id", "entity", "local_id", "state")

    push_id: str
    n: int
    ref: str
    system: System
    entity: Entity
    operation: Operation
    kind: StepKind
    local_id: str
    state: StepState
    remote_id: str | None = None
    error: str = ""
    detail: str = ""
    attempts: int = 0
    sent_at: float | None = None
    forced: bool = False
    before: dict[str, str] = {}
    sent: dict[str, str] = {}
    candidates: tuple[str, ...] = ()
    parent: str | None = None
    trail: tuple[TrailEvent, ...] = ()
    request_id: str = ""
    outcome: WriteOutcome | None = None
    reached: bool = False

    @property
    def key(self) -> str:
        """The push's id and the step's place in the plan."""
        return step_key(self.push_id, self.n)

    @property
    def link_key(self) -> str:
        """The key of the link that this step makes when the step is DONE."""
        return link_key(self.system, self.entity, self.local_id)


def step_key(push_id: str, n: int) -> str:
    """Return the key of the n-th step (from 0) of a push."""
    return f"{push_id}:{n}"


class Link(Record, frozen=True, gc=False):
    """A local thing and the remote record that is its copy. The commit that makes the step DONE also writes the link.

    `at` is in seconds since 1970, UTC.
    """

    table: ClassVar[str] = "links"
    indexes: ClassVar[tuple[str, ...]] = ("entity", "local_id", "remote_id")

    system: System
    entity: Entity
    local_id: str
    remote_id: str
    ref: str
    at: float

    @property
    def key(self) -> str:
        """System, entity and local id."""
        return link_key(self.system, self.entity, self.local_id)


class Generation(Record, frozen=True):
    """How often a person chose "send again as new" for a local thing. The reference is derived from this number."""

    table: ClassVar[str] = "generations"

    link: str
    number: int

    @property
    def key(self) -> str:
        """The link's key."""
        return self.link


class Unlinked(Record, frozen=True):
    """A link that does not count: a person took it back at `at` (seconds since 1970, UTC).

    The remote record still exists. If the desk finds that record again, the desk asks before it adopts the record.
    `diverted` is True if there never was a link: the system changed that record where it should have made a new one.
    """

    table: ClassVar[str] = "unlinked"

    system: System
    entity: Entity
    local_id: str
    remote_id: str
    remote_kind: str
    ref: str
    by: str
    at: float
    diverted: bool = False

    @property
    def key(self) -> str:
        """System, entity and local id."""
        return link_key(self.system, self.entity, self.local_id)


class Declined(Record, frozen=True):
    """What the live log keeps of a create that was refused or skipped, once its step is archived.

    `sent` maps a field's name to the keyed hash of what was sent; it is empty if a later create of the same thing
    arrived. `at` is seconds since 1970, UTC.
    """

    table: ClassVar[str] = "declined"
    indexes: ClassVar[tuple[str, ...]] = ("entity", "local_id")

    system: System
    entity: Entity
    local_id: str
    ref: str
    sent: dict[str, str]
    at: float

    @property
    def key(self) -> str:
        """The key of the link that the step would have made."""
        return link_key(self.system, self.entity, self.local_id)


def declined(step: StepRecord) -> Declined:
    """Return what stays of a create once its step is archived. `at` is the time of the last event of the step."""
    at = step.trail[-1].at if step.trail else step.sent_at or 0.0
    return Declined(step.system, step.entity, step.local_id, step.ref, step.sent, at)


class DuplicateCheck(Record, frozen=True, gc=False):
    """A step that made a record, or may have made one, and is looked up again to find a second record.

    The check finds a request that was carried out late or twice: docs/protocol.md, "Duplicate check".

    `attempt` is the number of the attempt, from 1. `since` is when the step was sent, came into doubt or was last
    looked up, whichever is latest (seconds since 1970, UTC). `passes` is how many timed passes found no second record.
    """

    table: ClassVar[str] = "audits"

    step: str
    attempt: int
    since: float
    passes: int = msgspec.field(name="looks", default=0)

    @property
    def key(self) -> str:
        """The step's key and the attempt."""
        return duplicate_check_key(self.step, self.attempt)


def attempt_key(step: StepRecord) -> str:
    """Return the key of a step's last attempt. A further attempt, by whichever process, has another key."""
    return f"{step.key}#{step.attempts}"


def duplicate_check_key(step: str, attempt: int) -> str:
    """Return the key of the duplicate check of one attempt (from 1) of a step."""
    return f"{step}#{attempt}"


RECORDS: Final[tuple[type[Record], ...]] = (
    Push,
    StepRecord,
    Link,
    Generation,
    Unlinked,
    Declined,
    DuplicateCheck,
)
"""Every kind of record of the push room."""

PLAN: Final = "plan"
UNDO: Final = "undo"
SEEN: Final = "seen"
KEPT: Final = frozenset({PLAN, UNDO, SEEN})
"""The endings of the names of a push's private files."""


def plan_file(push_id: str) -> str:
    """Return the name of the private file that holds a push's plan until every step is settled."""
    return f"{push_id}.{PLAN}"


def seen_file(push_id: str) -> str:
    """Return the name of the private file that holds what was confirmed, until the receipt of the push is written."""
    return f"{push_id}.{SEEN}"


def undo_file(push_id: str) -> str:
    """Return the name of the private file that holds the old values that undoing a push puts back."""
    return f"{push_id}.{UNDO}"
