"""What the book remembers of pushes: ids, states and keyed hashes, never a client's data."""

from __future__ import annotations

from typing import ClassVar, Final

from msgspec import Struct

from core.push.plan import Asset, Entity, Kind, Operation, System, link_key
from core.push.states import PushState, StepState


class Record(Struct, frozen=True):
    """A document of the book: `table` says where it is kept, `key` under what.

    `indexes` names the fields, each holding text, that `Book.where` can ask by.
    """

    table: ClassVar[str]
    indexes: ClassVar[tuple[str, ...]] = ()

    @property
    def key(self) -> str:
        """The document's own key, unique in its table."""
        raise NotImplementedError


class Push(Record, frozen=True):
    """One confirmed plan on its way. Times are seconds since 1970, UTC."""

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
    """The card it concerns."""
    reason: str = ""
    """A code of the catalogue that says why it stands where it stands."""

    @property
    def key(self) -> str:
        """The push's id."""
        return self.push_id


class Event(Struct, frozen=True):
    """One thing that happened to a step. `said` is the desk's own words or a redacted request line."""

    at: float
    code: str
    said: str = ""


class StepRecord(Record, frozen=True):
    """Where one step of a push stands.

    `before` and `sent` map a field's name to the keyed hash of what the remote held and of what was sent.
    `sent_at` is the last attempt: settling counts from it. `parent` is the ref or id of what the record hangs
    from: some remotes can't find it without. `candidates` are the remote ids a person may
    choose from. `forced` says that a person chose to overwrite what is there.
    """

    table: ClassVar[str] = "steps"
    indexes: ClassVar[tuple[str, ...]] = ("push_id", "entity", "local_id", "state")

    push_id: str
    n: int
    ref: str
    system: System
    entity: Entity
    operation: Operation
    kind: Kind
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
    trail: tuple[Event, ...] = ()

    @property
    def key(self) -> str:
        """The push's id and the step's place in it."""
        return step_key(self.push_id, self.n)

    @property
    def link_key(self) -> str:
        """The key of the link that this step makes when it is DONE."""
        return link_key(self.system, self.entity, self.local_id)


def step_key(push_id: str, n: int) -> str:
    """Give the key of the n-th step (from 0) of a push."""
    return f"{push_id}:{n}"


class Link(Record, frozen=True):
    """A local thing and the remote record that is its copy. Written in the same commit as the step's DONE."""

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
    """How often a person chose "send again as new" for a local thing; counts into its reference."""

    table: ClassVar[str] = "generations"

    link: str
    number: int

    @property
    def key(self) -> str:
        """The link's key."""
        return self.link


class Unlinked(Record, frozen=True):
    """A link that a person took back. Its remote record is still there: found again, it is asked about, not adopted."""

    table: ClassVar[str] = "unlinked"

    system: System
    entity: Entity
    local_id: str
    remote_id: str
    remote_kind: str
    ref: str
    by: str
    at: float

    @property
    def key(self) -> str:
        """System, entity and local id."""
        return link_key(self.system, self.entity, self.local_id)


class Declined(Record, frozen=True):
    """What stays of a create that was refused or set aside once its step is archived: what was sent, and when that was.

    `sent` maps a field's name to the keyed hash of what was sent; it is empty where a later create of the same thing
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
    """Give what stays of a create once its step is archived. `at` is when the last thing happened to the step."""
    at = step.trail[-1].at if step.trail else step.sent_at or 0.0
    return Declined(step.system, step.entity, step.local_id, step.ref, step.sent, at)


class Audit(Record, frozen=True):
    """A step that made a record, or may have, and is to be looked up once more: is there a second one?

    That catches a request that was carried out late, or twice. `attempt` says by which sending of the step. `since` is
    when it was sent, in doubt or last looked up, whichever is later; seconds since 1970, UTC. `looks` is how many looks
    there were so long after that.
    """

    table: ClassVar[str] = "audits"

    step: str
    attempt: int
    since: float
    looks: int = 0

    @property
    def key(self) -> str:
        """The step's key and the attempt."""
        return audit_key(self.step, self.attempt)


def audit_key(step: str, attempt: int) -> str:
    """Give the key of what is to be looked up of one attempt (from 1) of a step."""
    return f"{step}#{attempt}"


PLAN: Final = "plan"
UNDO: Final = "undo"
KEPT: Final = frozenset({PLAN, UNDO})
"""What the private files of a push are called, after its id."""


def plan_file(push_id: str) -> str:
    """Give the name under which the book keeps a push's plan until every step of it is settled."""
    return f"{push_id}.{PLAN}"


def undo_file(push_id: str) -> str:
    """Give the name under which the book keeps what a push may have to put back."""
    return f"{push_id}.{UNDO}"
