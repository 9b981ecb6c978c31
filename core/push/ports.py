"""What the push room needs of the world: a book that keeps, a remote that is written to, a clock.

`data/book` and `data/vendors` honour these; the tests' own stand-ins pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from core.push.plan import Body, Entity, Operation, Plan, System
from core.push.records import Record

R = TypeVar("R", bound=Record)


class Filed(Struct, frozen=True):
    """What is archived of one push that is over. `at` decides which month's archive; seconds since 1970, UTC.

    `left` are records that stay in the live log instead; they are written in the same commit.
    """

    push_id: str
    at: float
    records: tuple[Record, ...]
    left: tuple[Record, ...] = ()


class Book(Protocol):
    """Durable memory. A commit is atomic across tables and on disk when it returns.

    Every method may raise `BookClosed`. After a failed write the book stays read-only.
    """

    async def get(self, kind: type[R], key: str) -> R | None:
        """Give one record, or None."""
        ...

    async def all(self, kind: type[R]) -> list[R]:
        """Give every record of a kind, in the order of their first commit."""
        ...

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """Give those records of these keys that are there, in the order of the keys."""
        ...

    async def where(self, kind: type[R], **field: str) -> list[R]:
        """Give the records whose field has a value, in the order of their first commit: `where(Push, about="C-1")`.

        How long it takes depends on how many it gives, not on how many there are. Raises `ValueError` unless
        it is one field that the kind declares in `indexes`.
        """
        ...

    async def values(self, kind: type[Record], field: str) -> list[str]:
        """Give the different values that an indexed field has, sorted. Raises as `where`."""
        ...

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """Write and remove records, all or none of them."""
        ...

    async def archive(self, *filed: Filed) -> None:
        """Move records of pushes that are over from the live log to an archive, durably.

        From then on `get`, `all` and `where` don't give them, `archived` does. What was archived of a push before
        is replaced. A crash leaves all of it where it was, or moved. Raises `BookClosed` where the disk refuses;
        the book can still be written then.
        """
        ...

    async def archived(self, push_id: str) -> list[Record]:
        """Give the records of a push that were archived; none where none were. Raises `ArchiveDamaged`."""
        ...

    async def tidy(self) -> None:
        """Write anew what holds much that no longer counts: the log, and archives in which an entry was replaced."""
        ...

    async def put_file(self, name: str, content: bytes) -> None:
        """Write a private file of the book (a confirmed plan), durable when it returns."""
        ...

    async def get_file(self, name: str) -> bytes | None:
        """Read a private file of the book."""
        ...

    async def list_files(self) -> list[str]:
        """Name the private files of the book."""
        ...

    async def delete_file(self, name: str) -> None:
        """Remove a private file of the book; nothing happens where there is none."""
        ...

    def keyed_hash(self, field: str, value: Any) -> str:
        """Give the keyed hash of a field's JSON value: comparable within this book, meaningless elsewhere."""
        ...


class FreshCheck(Protocol):
    """Reads the source of a plan again. The use cases of each asset fulfil this."""

    async def is_fresh(self, plan: Plan) -> bool:
        """Return True if the same plan would be made now.

        Raises `DeskError` or `Unreachable` when the source can't be read, `BookClosed`.
        """
        ...


class Clock(Protocol):
    """Wall time, seconds since 1970 UTC. Waiting goes through the event loop, which has its own clock."""

    def now(self) -> float:
        """Give the time."""
        ...


class Request(Struct, frozen=True):
    """One write as the engine hands it to a remote: a step with every id filled in."""

    ref: str
    entity: Entity
    operation: Operation
    body: Body
    remote_id: str | None = None
    parent: str | None = None


class Trace(Struct, frozen=True):
    """The request and the reply in one redacted line each: method, path without ids of people, sizes, time."""

    request: str = ""
    reply: str = ""


class Applied(Struct, frozen=True):
    """The remote says the write is there, under this id."""

    remote_id: str
    trace: Trace = Trace()


class NotSent(Struct, frozen=True):
    """Provably nothing was written: it may be sent again under the same ref.

    `retry_after` is what the remote asked for, in seconds; `hopeless` says that trying again by itself
    is of no use (a wrong secret). `code` is of the catalogue.
    """

    code: str
    detail: str = ""
    retry_after: float | None = None
    hopeless: bool = False
    trace: Trace = Trace()


class Refused(Struct, frozen=True):
    """The remote understood and said no. `closes` (a 403): nothing more is to be sent there until a person looks."""

    code: str
    detail: str = ""
    closes: bool = False
    trace: Trace = Trace()


class Lost(Struct, frozen=True):
    """Nobody can tell from here whether it was written."""

    code: str
    detail: str = ""
    trace: Trace = Trace()


class Diverted(Struct, frozen=True):
    """The write went to another record than it was meant for: the remote took ours for that one and changed it.

    `remote_id` is the record that was changed. It is no link, and sending again would change it again.
    """

    remote_id: str
    trace: Trace = Trace()


Outcome = Applied | NotSent | Refused | Lost | Diverted


class RemoteRecord(Struct, frozen=True):
    """A record as the remote holds it: its id, our ref on it if any, and its fields.

    Where a remote keeps a record by something else (an account by its email), that counts as the ref it was
    asked for.
    """

    remote_id: str
    ref: str | None
    fields: Mapping[str, Any]


class Remote(Protocol):
    """One system that is written to.

    `settle` is how long after the last send a missing record may still turn up, in seconds; `recheck` is
    the wait between the two looks that must both miss.
    """

    system: System
    settle: float
    recheck: float

    async def send(self, request: Request) -> Outcome:
        """Send once. Never raises for what the network or the remote does; a cancel raises CancelledError."""
        ...

    def can_look_up(self, entity: Entity) -> bool:
        """Say whether a record of this kind can be found by our ref."""
        ...

    async def look_up(self, requests: Sequence[Request]) -> Mapping[str, Sequence[RemoteRecord]]:
        """Find the records that bear our refs, by ref; a ref that nothing bears may be left out.

        For what is written only once a record, those of the same kind from elsewhere are given too, with
        their own ref or None. Raises `Unreachable`.
        """
        ...

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read back what an update addresses; None where there is no such record. Raises `Unreachable`."""
        ...
