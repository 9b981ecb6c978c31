"""The team's book as the rest of the desk sees it: the tables on a thread of their own. `open_team_book` opens it."""

from __future__ import annotations

import platform
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from msgspec import Struct

from core.errors import ArchiveDamaged, BookClosed
from core.push.plan import Asset
from core.push.ports import Filed, Lease, LookAgain
from core.push.records import Push, Record
from core.push.team.decided import DecisionTurns
from core.push.team.ports import Held, PushNews, SharedToken
from core.stop import Stop
from data.book.lock import Holder
from data.book.migrations import MIGRATIONS, Migration, newest_schema
from data.common_book.call_thread import CallThread, SharedCommits
from data.common_book.kinds import KEY_SIZE, RecordKinds, keyed_hash
from data.team_book import errors as reasons
from data.team_book.address import BookAddress
from data.team_book.changes import Commit
from data.team_book.connection import Connected, Server
from data.team_book.documents import migrate_documents
from data.team_book.leases import LeaseTables
from data.team_book.migrations import prepare, version_of
from data.team_book.news import News, read_stop
from data.team_book.pen import Pen
from data.team_book.rows import RowForms
from data.team_book.sealing import BadSeal, Sealer
from data.team_book.tables import BookTables

R = TypeVar("R", bound=Record)
T = TypeVar("T")

HASH_KEY_PLACE: Final = b"book hash key"
"""The place for which the key of the book's hashes is sealed."""


class Opening(Struct, frozen=True):
    """How a process opens a team's book.

    `secret` is the team's secret. `workspace` is that of the profile: a book belongs to one. `hash_key` is the key of
    a book that is moved; without it a new book gets a new key.
    """

    address: BookAddress
    secret: bytes
    workspace: str
    operator: str
    hash_key: bytes | None = None


class PostgresBook:
    """A team's book, on a thread of its own. Implements `TeamBook`. `open_team_book` makes it.

    A cancelled call still runs to its end on the thread. Later calls see all of its changes or none. While the database
    is away every call raises `BookClosed` (book-away) and `read_only` says why; the next call after it is back works.
    """

    holder: Holder | None = None
    """None: others may write the book at the same time."""

    def __init__(self, tables: BookTables, hash_key: bytes, news: News, commits: int) -> None:
        self.notices: list[str] = []
        """Sentences for the operator about what opening the book found."""
        self.version = (0, commits)
        """What was different if somebody had written before the book was opened."""
        self.news = news
        self.tables = tables
        self._hash_key = hash_key
        self._thread = CallThread("team-book", lambda: reasons.shut(tables.server.shown))
        self._on_thread = self._thread.run
        self._commits = SharedCommits(self._thread, tables.commit_together)
        self._decisions = DecisionTurns(self)

    @property
    def read_only(self) -> BookClosed | None:
        """The reason why the book can't be written now; None if it can."""
        return self.tables.read_only or self.news.away

    async def get(self, kind: type[R], key: str) -> R | None:
        """See `BookTables.get`."""
        return await self._on_thread(lambda: self.tables.get(kind, key))

    async def all(self, kind: type[R]) -> list[R]:
        """See `BookTables.all`."""
        return await self._on_thread(lambda: self.tables.all(kind))

    async def newest(self, kind: type[R], count: int, *, skip: int = 0) -> list[R]:
        """See `BookTables.newest`."""
        return await self._on_thread(lambda: self.tables.newest(kind, count, skip=skip))

    async def get_many(self, kind: type[R], keys: Iterable[str]) -> list[R]:
        """See `BookTables.get_many`."""
        return await self._on_thread(lambda: self.tables.get_many(kind, keys))

    async def where(self, kind: type[R], **field: str) -> list[R]:
        """See `BookTables.where`."""
        return await self._on_thread(lambda: self.tables.where(kind, **field))

    async def where_any(self, kind: type[R], field: str, values: Collection[str]) -> list[R]:
        """See `BookTables.where_any`."""
        return await self._on_thread(lambda: self.tables.where_any(kind, field, values))

    async def values(self, kind: type[Record], field: str) -> list[str]:
        """See `BookTables.values`."""
        return await self._on_thread(lambda: self.tables.values(kind, field))

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        """See `BookTables.commit_together`. Commits that wait while the database is busy share a transaction."""
        await self._commits.write(Commit(put, tuple(drop)))

    @property
    def may_share(self) -> bool:
        """See `TeamBook.may_share`."""
        return self.tables.may_share

    @property
    def is_shared(self) -> bool:
        """True: others may use the book at the same time."""
        return True

    async def begin(
        self,
        push: Push,
        *put: Record,
        files: Mapping[str, bytes],
        drop: Iterable[tuple[type[Record], str]] = (),
    ) -> Push:
        """See `PushBook.begin`. The push, its steps and its files are one transaction."""
        return await self._on_thread(lambda: self.tables.begin(push, put, files, tuple(drop)))

    async def commit_under(
        self, lease: Lease, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()
    ) -> None:
        """See `PushBook.commit_under`."""
        await self._commits.write(Commit(put, tuple(drop), lease))

    async def decide(
        self, look: LookAgain, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()
    ) -> None:
        """See `Book.decide`."""
        await self._decisions.decide(look, *put, drop=drop)

    async def claim(self, name: str, lasts: float) -> Lease:
        """See `PushBook.claim`."""
        return await self._lease(lambda leases: leases.claim(name, lasts))

    async def claim_next(self, count: int, lasts: float, assets: Collection[Asset]) -> Sequence[Lease]:
        """See `TeamBook.claim_next`."""
        return await self._lease(lambda leases: leases.claim_next(count, lasts, assets))

    async def renew(self, leases: Sequence[Lease], lasts: float) -> Sequence[Lease]:
        """See `PushBook.renew`."""
        return await self._lease(lambda tables: tables.renew(leases, lasts))

    async def release(self, lease: Lease, *, rest: float = 0.0) -> None:
        """See `PushBook.release`."""
        await self._share(lambda leases: leases.release(lease, rest))

    async def held(self, prefix: str = "") -> Sequence[Held]:
        """See `TeamBook.held`."""
        return await self._on_thread(lambda: self.tables.leases.held(prefix))

    async def changes(self, mark: str) -> PushNews:
        """See `TeamBook.changes`."""
        return await self._on_thread(lambda: self.tables.leases.changes(mark))

    async def reserve(self, name: str, count: int, gap: float) -> float:
        """See `TeamBook.reserve`."""
        return await self._share(lambda leases: leases.reserve(name, count, gap))

    async def get_token(self, credential: str) -> SharedToken | None:
        """See `TeamBook.get_token`."""
        return await self._on_thread(lambda: self.tables.leases.get_token(credential))

    async def claim_token(self, credential: str, lasts: float) -> Lease:
        """See `TeamBook.claim_token`."""
        return await self._share(lambda leases: leases.claim_token(credential, lasts))

    async def put_token(self, credential: str, bearer: str, lasts: float) -> None:
        """See `TeamBook.put_token`."""
        await self._share(lambda leases: leases.put_token(credential, bearer, lasts))

    async def _lease(self, work: Callable[[LeaseTables], T]) -> T:
        """Run what writes leases on the thread. Raises `BookClosed` if the book may only be read."""
        return await self._on_thread(lambda: work(self.tables.writable_leases()))

    async def _share(self, work: Callable[[LeaseTables], T]) -> T:
        """Run on the thread what is shared by readers too. Raises `BookClosed` if this account may only read."""
        return await self._on_thread(lambda: work(self.tables.shared_leases()))

    async def archive(self, *filed: Filed) -> None:
        """See `BookTables.archive`."""
        await self._on_thread(lambda: self.tables.archive(*filed))

    async def archived(self, push_id: str) -> list[Record]:
        """See `BookTables.archived`."""
        return await self._on_thread(lambda: self.tables.archived(push_id))

    async def archived_many(
        self, kind: type[R], push_ids: Iterable[str]
    ) -> Mapping[str, list[R] | ArchiveDamaged]:
        """See `BookTables.archived_many`."""
        return await self._on_thread(lambda: self.tables.archived_many(kind, push_ids))

    async def put_file(self, name: str, content: bytes) -> None:
        """See `BookTables.put_file`."""
        await self._on_thread(lambda: self.tables.put_file(name, content))

    async def get_file(self, name: str) -> bytes | None:
        """See `BookTables.get_file`."""
        return await self._on_thread(lambda: self.tables.get_file(name))

    async def get_files(self, names: Collection[str]) -> dict[str, bytes]:
        """See `BookTables.get_files`."""
        return await self._on_thread(lambda: self.tables.get_files(names))

    async def list_files(self) -> list[str]:
        """See `BookTables.list_files`."""
        return await self._on_thread(self.tables.list_files)

    async def delete_file(self, name: str) -> None:
        """See `BookTables.delete_file`."""
        await self._on_thread(lambda: self.tables.delete_file(name))

    def stop(self) -> Stop | None:
        """Return the stop of all sending as it was two seconds ago at most. Asks nothing itself."""
        return self.news.stop

    def set_stop(self, stop: Stop) -> Stop:
        """Stop all sending, and return the stop that holds: an earlier one stays. Blocks. Raises `BookClosed`."""
        return self.news.set_stop(self.tables.writable_server(), stop)

    def lift_stop(self) -> Stop | None:
        """Allow sending again, and return the stop that was lifted, if any. Blocks. Raises `BookClosed`."""
        return self.news.lift_stop(self.tables.writable_server())

    def keyed_hash(self, field: str, value: Any) -> str:
        """See `data.common_book.kinds.keyed_hash`. Does not use the thread."""
        return keyed_hash(self._hash_key, field, value)

    async def tidy(self) -> None:
        """Do nothing: the database tidies automatically."""

    async def refresh(self) -> None:
        """Do nothing: every answer is fresh. Raises `BookClosed` after `close`."""
        await self._on_thread(lambda: None)

    def close(self) -> None:
        """Finish the calls that have begun, then close the connections. Blocks. A second call does nothing."""
        self.news.end()
        self._thread.end(self.tables.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


if TYPE_CHECKING:  # the type checker compares the book with the port
    from core.push.team.ports import TeamBook

    _BOOK: Final[type[TeamBook]] = PostgresBook


def open_team_book(
    opening: Opening,
    kinds: Iterable[type[Record]],
    *,
    write: bool = True,
    now: Callable[[], float] = time.time,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> PostgresBook:
    """Open a team's book. Make its tables if they are missing and `write` is True. Blocks.

    `kinds` are the kinds of record that the book holds. Without `write`, or if the account may not write, the book is
    read-only and `read_only` says why. Raises `BookClosed` if the book can't be read, `UsageError` if the connection
    would not be private.
    """
    server = Server(opening.address)
    try:
        return _open(server, opening, kinds, write=write, now=now, migrations=migrations)
    except BaseException:
        server.close()
        raise


def _open(
    server: Server,
    opening: Opening,
    kinds: Iterable[type[Record]],
    *,
    write: bool,
    now: Callable[[], float],
    migrations: Sequence[Migration],
) -> PostgresBook:
    found = find_or_make(server, opening, kinds, makes=write, migrations=migrations)
    why_not = why_not_written(server, found.moved_to)
    barred = why_not if write else reasons.only_reading(server.shown)
    tables = found.tables(server, barred=barred, may_share=why_not is None, now=now)
    if barred is None:
        tables.leases.sign(opening.operator, platform.node())
    news = News(Server(opening.address), server, found.forms, read_stop(found.forms, found.stop))
    book = PostgresBook(tables, found.hash_key, news, found.commits)
    if write:
        news.start()
    return book


class FoundBook(Struct, frozen=True):
    """A team's book that is there: what its one row says, and how its rows are read."""

    forms: RowForms
    documents: int
    hash_key: bytes
    stop: bytes | None
    moved_to: str
    commits: int

    def tables(
        self,
        server: Server,
        *,
        barred: BookClosed | None,
        now: Callable[[], float],
        may_share: bool = False,
        moved_to: str = "",
    ) -> BookTables:
        """Return the tables for a new sender. `barred` and `may_share`: see `BookTables`; `moved_to`: see `Pen`."""
        sender = secrets.token_hex(8)
        pen = Pen(server, sender, self.documents, now, moved_to)
        leases = LeaseTables(server, self.forms, sender)
        return BookTables(server, self.forms, pen, leases, barred=barred, may_share=may_share)


def find_or_make(
    server: Server,
    opening: Opening,
    kinds: Iterable[type[Record]],
    *,
    makes: bool,
    moved_to: str = "",
    migrations: Sequence[Migration] = MIGRATIONS,
) -> FoundBook:
    """Return the book, and with `makes` make it if it is missing. Blocks.

    A new book says `moved_to` of where it is. The records of an older version go through the missing `migrations`.
    Raises `BookClosed` if there is none, or if it can't be read with this secret, for this workspace or by this
    version.
    """
    sealer = Sealer(opening.secret)
    documents = newest_schema(migrations)
    prepare(server, may_write=makes)
    workspace = sealer.mark("book", "workspace", opening.workspace)
    row = server.read(_read_book)
    if row is None and makes:
        sealed = sealer.seal(HASH_KEY_PLACE, opening.hash_key or secrets.token_bytes(KEY_SIZE))
        server.write(
            lambda connection: connection.execute(
                "insert into brokerdesk.book (workspace, documents, hash_key, moved_to) values (%s, %s, %s, %s)"
                " on conflict do nothing",
                (workspace, documents, sealed, moved_to),
            ),
            again=True,
        )
        row = server.read(_read_book)
    if row is None:
        raise reasons.not_there(server.shown)
    try:
        hash_key = sealer.open(HASH_KEY_PLACE, row.hash_key)
    except BadSeal:
        raise reasons.wrong_secret(server.shown) from None
    if row.workspace != workspace:
        raise reasons.other_workspace(server.shown, opening.workspace)
    if row.documents > documents:
        raise reasons.newer(server.shown, row.documents, documents)
    forms = RowForms(RecordKinds(kinds), sealer, server.shown, migrations)
    if row.documents < documents:
        if not makes:
            raise reasons.older(server.shown)
        migrate_documents(server, forms)
    return FoundBook(forms, documents, hash_key, row.stop, row.moved_to, row.commits)


def is_there(server: Server) -> bool:
    """Return True if the database has a book. Raises `BookClosed`."""
    return server.read(version_of) is not None and server.read(_read_book) is not None


class _BookRow(Struct, frozen=True):
    workspace: bytes
    documents: int
    hash_key: bytes
    stop: bytes | None
    moved_to: str
    commits: int


def _read_book(connection: Connected) -> _BookRow | None:
    row = connection.execute(
        "select workspace, documents, hash_key, stop, moved_to,"
        " (select coalesce(sum(commits), 0)::bigint from brokerdesk.pens) from brokerdesk.book"
    ).fetchone()
    return None if row is None else _BookRow(*row)


def why_not_written(server: Server, moved_to: str) -> BookClosed | None:
    """Return why this account may not write the book, None if it may. `moved_to` is what the book says of itself."""
    if moved_to:
        return reasons.moved(server.shown, moved_to)
    allowed = server.read(
        lambda connection: connection.execute(
            "select has_table_privilege('brokerdesk.records', 'insert')"
            " and current_setting('transaction_read_only') = 'off'"
        ).fetchone()
    )
    return None if allowed is not None and allowed[0] else reasons.not_allowed(server.shown)
