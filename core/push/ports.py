"""What the engine needs from outside: `Book`, `Remote` and `Clock`, and the outcomes of a send.

`data/book` and `data/vendors` implement these; the fakes of the tests pass the same contract tests. The outcomes are
described in docs/protocol.md, "Outcomes", leases in "Several senders".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from math import inf
from typing import Any, Final, Protocol, TypeVar

from msgspec import Struct

from core.errors import ArchiveDamaged
from core.push.plan import Body, Entity, Operation, Plan, Step, System
from core.push.records import Push, Record
from core.push.states import WriteOutcome
from core.stop import Stop

R = TypeVar("R", bound=Record)
LEASE_ENDED: Final = "lease-ended"
"""The code of a request that did not leave because its lease might have ended before the reply."""


LookAgain = Callable[[], Awaitable[None]]
"""Reads the book again just before a decision is written. Raises `DecidedMeanwhile` if the person has to see more."""


class Filed(Struct, frozen=True):
    """What is archived of one finished push. The month of `at` (seconds since 1970, UTC) decides the archive.

    `left` are records that stay in the live log; the commit that removes the others writes them.
    """

    push_id: str
    at: float
    records: tuple[Record, ...]
    left: tuple[Record, ...] = ()


class Book(Protocol):
    """The desk's durable memory. A commit is atomic across tables, and on disk when it returns.

    Every method may raise `BookClosed`. After a failed write the book stays read-only.
    """

    @property
    def is_shared(self) -> bool:
        """True if other senders may use the book at the same time: it is a `core.push.team.ports.TeamBook`."""
        ...

    async def get(self, kind: type[R], key: str) -> R | None:
        """Return one record, or None."""
        ...

    async def all(self, kind: type[R]) -> list[R]:
        """Return every record of a kind, in the order of their first commit."""
        ...

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        """Return at most `count` records of a kind without the first `skip`, the last first commit first.

        The time depends on `count` and `skip`, not on the size of the book.
        """
        ...

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """Return the records that exist under `keys`, in the order of the keys."""
        ...

    async def where(self, kind: type[R], **field: str) -> list[R]:
        """Return the records that have a value in an indexed field, in the order of their first commit.

        Example: `where(Push, about="C-1")`. The time depends on the number of records returned, not on the size of
        the book. Raises `ValueError` unless the kind declares exactly this one field in `indexes`.
        """
        ...

    async def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        """Return the records that have one of some values in an indexed field.

        Those with the same value are in the order of their first commit. Example: `where_any(Push, "about", ["C-1"])`.
        The time depends on the number of values and of records returned. Raises the errors of `where`.
        """
        ...

    async def values(self, kind: type[Record], field: str) -> list[str]:
        """Return the different values of an indexed field, sorted. Raises the errors of `where`."""
        ...

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Write the records `put` and remove the records `drop` (kind and key), all or none of them."""
        ...

    async def decide(
        self, look: LookAgain, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()
    ) -> None:
        """Commit what a person decided.

        On a book that others use too, `look` is called first, while nobody else decides. What it raises is raised, with
        nothing written. A book that one process writes does not call it: there the person has seen what the book holds.
        """
        ...

    async def archive(self, *filed: Filed) -> None:
        """Move records of finished pushes from the live log to an archive, durably.

        Afterwards `get`, `all` and `where` don't return them; `archived` does. An earlier archive entry of the same
        push is replaced. A crash leaves all records of a call in their old place, or all in the new one. Raises
        `BookClosed` if the disk refuses; the book can still be written then.
        """
        ...

    async def archived(self, push_id: str) -> list[Record]:
        """Return the archived records of a push, if any. Raises `ArchiveDamaged`."""
        ...

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        """Return the archived records of a kind by push, for those pushes that have an archive entry.

        A push with an entry that can't be read has the error instead of its records. Entries that follow each other in
        an archive are read together.
        """
        ...

    async def tidy(self) -> None:
        """Rewrite the log if much of it is outdated, and the archives in which an entry was replaced."""
        ...

    async def put_file(self, name: str, content: bytes) -> None:
        """Write a private file of the book, such as a confirmed plan. The file is durable when the call returns."""
        ...

    async def get_file(self, name: str) -> bytes | None:
        """Return the content of a private file of the book, or None."""
        ...

    async def get_files(self, names: Collection[str]) -> Mapping[str, bytes]:
        """Return the contents of those private files that exist, by name."""
        ...

    async def list_files(self) -> list[str]:
        """Return the names of the private files of the book."""
        ...

    async def delete_file(self, name: str) -> None:
        """Remove a private file of the book, if there is one of that name."""
        ...

    def stop(self) -> Stop | None:
        """Return the stop of all sending on this book, or None. Asks again each time, and raises nothing."""
        ...

    def keyed_hash(self, field: str, value: Any) -> str:
        """Return the keyed hash of a field's JSON value. Hashes of one book can be compared with each other only."""
        ...


class Lease(Struct, frozen=True):
    """The right of one sender to change one push, or to do one job of the watch, for a while.

    `name` is the push's id, or the name of the job. `token` is another one for each claim, so that a book can tell the
    lease from every earlier and later lease of the name. `lasts` is the number of seconds that the lease still lasts,
    counted from the moment at which the book was asked; `inf` is a lease that never ends. The sender counts them on its
    own clock, from before it asked: so it never believes in a lease for longer than the book does, whatever the clocks
    of both say.
    """

    name: str
    token: str = ""
    lasts: float = inf


class PushBook(Book, Protocol):
    """A book as the engine uses it. Each opened book belongs to one sender, which the book knows by an id of its own.

    A book that one process writes gives every lease to its owner (`core/push/team/one_owner.py`).
    """

    async def begin(
        self,
        push: Push,
        *put: Record,
        files: Mapping[str, bytes],
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> Push:
        """Store a new push with all that belongs to it, and return it.

        `put` are its steps and what else the confirmation writes, `files` are private files by name, such as the plan.
        All of them are there, and the records of `drop` are not, or nothing has changed. If another push of
        `push.subject` is in a state of `ACTIVE`, nothing is written and that push is returned, the first committed if
        there are several. That also holds if two senders begin at the same moment: one of them gets the other's push.
        Nobody holds a lease on the new push. Raises `BookClosed`.
        """
        ...

    async def commit_under(
        self, lease: Lease, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()
    ) -> None:
        """Commit like `commit`, if `lease` is still the newest lease on its name and was not released.

        The test of the lease and the writes are one transaction: a claim of the same name by another sender comes
        wholly before or wholly after it. A lease of which the time has ended counts until somebody else claims the
        name. Raises `LeaseLost` and writes nothing if the lease is lost; `BookClosed`. After `BookClosed` of a shared
        book it is not known whether the commit was carried out.
        """
        ...

    async def claim(self, name: str, lasts: float) -> Lease:
        """Take the lease on a name for `lasts` seconds, for the sender of this book. Waits for nobody.

        `name` is the id of a push, or any other word, such as the name of a job. The time runs on the book's own clock.
        If the same sender holds a lease on the name, the new lease takes its place. Raises `HeldElsewhere` while
        another sender holds one that has not ended.

        A push is also held if another sender holds another push with a step of the same reference, DONE steps of both
        left out: so no two senders ever write the same record at one time. If such a lease of another sender has ended,
        the claim removes it, and its owner gets `LeaseLost` from the next commit. Claims at the same moment are carried
        out one after the other. Raises `BookClosed`.
        """
        ...

    async def renew(self, leases: Sequence[Lease], lasts: float) -> Sequence[Lease]:
        """Let leases last `lasts` seconds from now, also those of which the time has ended but that are not lost.

        Return those that are still held, each with its token and its new `lasts`; a lost lease is left out. Raises
        `BookClosed`.
        """
        ...

    async def release(self, lease: Lease, *, rest: float = 0.0) -> None:
        """Give a lease back. A lost lease is left as it is. Raises `BookClosed`.

        For `rest` seconds `claim_next` does not return the name. `claim` by name does not wait for that.
        """
        ...


class FreshCheck(Protocol):
    """Reads the source of a plan again. The use cases of each asset fulfil this."""

    async def is_fresh(self, plan: Plan) -> bool:
        """Return True if the same plan would be made now.

        Raises `DeskError` or `Unreachable` when the source can't be read, `BookClosed`.
        """
        ...


class StepStop(Struct, frozen=True):
    """Why a step is not sent now. `code` is in the error catalogue, `why` are words for a person, which the book keeps.

    A step that `waits` is sent when the push goes on later; another one is refused.
    """

    code: str
    why: str
    waits: bool = False


class StepGuard(Protocol):
    """Is asked before every send of a step. The use cases of an asset fulfil this."""

    async def stop(self, plan: Plan, step: Step) -> StepStop | None:
        """Return why a step must not be sent now; None if it may be. Raises `Unreachable`, `BookClosed`."""
        ...


class ReplacedKeeper(Protocol):
    """Keeps the values that an update is about to replace, so that an undo can put them back."""

    async def keep(self, push_id: str, step: Step, sent: Body, held: Mapping[str, Any]) -> None:
        """Keep what a record holds in the fields of an update. The update is sent afterwards. Raises `BookClosed`.

        `sent` is the update's body with every id filled in, `held` are the fields of the record.
        """
        ...


class Witness(Protocol):
    """Keeps what a person saw when they confirmed a plan."""

    def confirmed(self, push: Push, plan: Plan, shown: bytes) -> bytes:
        """Return the content of the file that is kept until the push has ended.

        `shown` is the preview in the form of the witness, or b"" if the plan itself was shown.
        """
        ...


class Clock(Protocol):
    """The wall clock. Waiting goes through the event loop, which has its own clock."""

    def now(self) -> float:
        """Return the time in seconds since 1970, UTC."""
        ...


class Request(Struct, frozen=True):
    """One write as the engine gives it to a remote: a step with every id filled in."""

    ref: str
    entity: Entity
    operation: Operation
    body: Body
    remote_id: str | None = None
    parent: str | None = None


class Trace(Struct, frozen=True):
    """Request and reply, each as one redacted line: method, path without ids of people, sizes, time.

    `request_id` is the system's own name for the request, if the reply says it.
    """

    request: str = ""
    reply: str = ""
    request_id: str = ""


class Applied(Struct, frozen=True):
    """The reply proves that the write arrived, under this id. `outcome` is what the system says that the write did.

    EXISTING means that a create changed nothing: a record with its reference was there. The engine looks that record
    up before it takes it for the step's own.
    """

    remote_id: str
    trace: Trace = Trace()
    outcome: WriteOutcome | None = None


class NotSent(Struct, frozen=True):
    """Nothing was written: the step may be sent again under the same reference.

    `retry_after` is the wait in seconds that the remote asks for. `hopeless` is True if only a person can help, for
    example with a wrong secret. `denied` is True if a reply says so (401, 429). A gateway can give that reply after
    the system behind it carried the request out, so a record that can be looked up is looked up before the next send.
    Otherwise it is proven that nothing was written. `code` is of the error catalogue.
    """

    code: str
    detail: str = ""
    retry_after: float | None = None
    hopeless: bool = False
    denied: bool = False
    trace: Trace = Trace()


class Refused(Struct, frozen=True):
    """The remote said no clearly. `closes` is True for a 403: nothing more is sent there until a person looked."""

    code: str
    detail: str = ""
    closes: bool = False
    trace: Trace = Trace()


class Lost(Struct, frozen=True):
    """It isn't known whether the write arrived."""

    code: str
    detail: str = ""
    trace: Trace = Trace()


class Diverted(Struct, frozen=True):
    """The remote took the new record for an old one and changed the old one.

    `remote_id` is the changed record. It never becomes a link. Another send would change it again.
    """

    remote_id: str
    trace: Trace = Trace()


Outcome = Applied | NotSent | Refused | Lost | Diverted


class RemoteRecord(Struct, frozen=True):
    """A record as the remote holds it: its id, our reference if it has one, and its fields.

    If the remote knows a record by something else, such as an account by its email, `ref` is the reference of the
    request that asked for it.
    """

    remote_id: str
    ref: str | None
    fields: Mapping[str, Any]


class Remote(Protocol):
    """One system that the engine writes to.

    `settle` is how long after the last send a missing record may still turn up, in seconds. `recheck` is the wait in
    seconds between the two look-ups that must both find nothing.
    """

    system: System
    settle: float
    recheck: float

    async def send(self, request: Request) -> Outcome:
        """Send once. Nothing that the network or the remote does raises an error; a cancel raises `CancelledError`."""
        ...

    def can_look_up(self, entity: Entity) -> bool:
        """Return True if a record of this kind can be found by our reference."""
        ...

    async def look_up(self, requests: Sequence[Request]) -> Mapping[str, Sequence[RemoteRecord]]:
        """Return the records that have the references of `requests`, by reference. A reference may be missing.

        For an append that one parent should hold once, records of the same type from elsewhere are returned too, with
        their own reference or None. Raises `Unreachable`.
        """
        ...

    async def read(self, request: Request) -> RemoteRecord | None:
        """Return the record that an update addresses, or None if it is gone. Raises `Unreachable`."""
        ...
