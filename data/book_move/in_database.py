"""A team's book, as the place from which or to which a book is moved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import msgspec

from core.errors import BookClosed, DeskError
from core.push.records import Record
from core.stop import Stop
from data.book_move.copying import WholeBook
from data.book_move.in_folder import other_book
from data.team_book.book import HASH_KEY_PLACE, FoundBook, Opening, find_or_make
from data.team_book.connection import Connected, Server
from data.team_book.errors import COPYING, MOVING, NOT_THERE, moved, only_reading
from data.team_book.news import STOP_PLACE, read_stop
from data.team_book.tables import BookTables

R = TypeVar("R", bound=Record)

_EMPTY: Final = (
    b"delete from brokerdesk.records; delete from brokerdesk.files; delete from brokerdesk.archive;"
    b" delete from brokerdesk.pushes; delete from brokerdesk.open_steps; delete from brokerdesk.subjects;"
    b" delete from brokerdesk.leases; delete from brokerdesk.lanes"
)


class DatabaseBook:
    """A team's book that is moved, or a copy of one. The records, files and archive are those of `BookTables`."""

    def __init__(self, found: FoundBook, tables: BookTables) -> None:
        self.hash_key = found.hash_key
        self._found = found
        self._tables = tables
        self.all = tables.all
        self.commit = tables.commit
        self.list_files, self.get_file = tables.list_files, tables.get_file
        self.put_file, self.delete_file = tables.put_file, tables.delete_file
        self.archived_at, self.archived, self.archive = tables.archived_at, tables.archived, tables.archive

    def stop(self) -> Stop | None:
        """Return the stop of all sending, or None."""
        return read_stop(self._found.forms, self._found.stop)

    def mark_moved(self, to: str) -> None:
        """Say from now on that the book is at `to`."""
        self._tables.server.write(
            lambda connection: connection.execute("update brokerdesk.book set moved_to = %s", (to,)),
            again=True,
        )

    def open_for_all(self, stop: Stop | None) -> None:
        """Let everybody write the copy."""
        sealed = None if stop is None else self._found.forms.seal(STOP_PLACE, msgspec.json.encode(stop))
        self._tables.server.write(
            lambda connection: connection.execute(
                "update brokerdesk.book set stop = %s, moved_to = ''", (sealed,)
            ),
            again=True,
        )


class InDatabase:
    """The database of a team's book. Implements `BookPlace`. `opening` says how it is opened."""

    def __init__(
        self, opening: Opening, kinds: Iterable[type[Record]], now: Callable[[], float] = time.time
    ) -> None:
        self._opening = opening
        self._kinds = tuple(kinds)
        self._now = now

    @property
    def shown(self) -> str:
        """The address, without a password."""
        return self._opening.address.shown

    @contextmanager
    def origin(self, to: str) -> Iterator[DatabaseBook]:
        """See `BookPlace.origin`: the book says of itself that it is being moved, which ends every commit of others."""
        with self._server() as server:
            found = find_or_make(server, self._opening, self._kinds, makes=False)
            if found.moved_to not in ("", MOVING, to):
                raise moved(self.shown, found.moved_to)
            tables = found.tables(server, barred=None, now=self._now, moved_to=MOVING)
            if found.moved_to == to:
                yield DatabaseBook(found, tables)
                return
            if senders := sorted({f"{held.operator} on {held.host}" for held in tables.leases.held("")}):
                raise DeskError("book-in-use", f"{self.shown} is in use by {', '.join(senders)}.")
            server.write(_freeze, again=True)
            try:
                yield DatabaseBook(found, tables)
            finally:
                server.write(_thaw, again=True)

    @contextmanager
    def copy(self, hash_key: bytes) -> Iterator[DatabaseBook]:
        """See `BookPlace.copy`. An earlier copy of the same book that was moved away is removed first."""
        opening = msgspec.structs.replace(self._opening, hash_key=hash_key)
        with self._server() as server:
            found = find_or_make(server, opening, self._kinds, makes=True, moved_to=COPYING)
            tables = found.tables(server, barred=None, now=self._now, moved_to=COPYING)
            is_empty = not (
                any(tables.newest(kind, 1) for kind in self._kinds)
                or tables.list_files()
                or tables.archived_at()
            )
            if not is_empty and (found.hash_key != hash_key or not found.moved_to):
                raise other_book(self.shown)
            if found.moved_to != COPYING or found.hash_key != hash_key:
                sealed = found.forms.seal(HASH_KEY_PLACE, hash_key)
                server.write(lambda connection: _empty(connection, sealed), again=True)
            book = DatabaseBook(found, tables)
            book.hash_key = hash_key
            try:
                yield book
            finally:
                tables.pen.put_away()

    @contextmanager
    def read_again(self) -> Iterator[WholeBook]:
        """See `BookPlace.read_again`."""
        with self._server() as server:
            found = find_or_make(server, self._opening, self._kinds, makes=False)
            yield DatabaseBook(found, found.tables(server, barred=only_reading(self.shown), now=self._now))

    def is_open_copy(self, hash_key: bytes) -> bool:
        """See `BookPlace.is_open_copy`."""
        with self._server() as server:
            try:
                found = find_or_make(server, self._opening, self._kinds, makes=False)
            except BookClosed as error:
                if error.code == NOT_THERE:
                    return False
                raise
        return not found.moved_to and found.hash_key == hash_key

    @contextmanager
    def _server(self) -> Iterator[Server]:
        server = Server(self._opening.address)
        try:
            yield server
        finally:
            server.close()


def _freeze(connection: Connected) -> None:
    """Let nobody commit any more, and wait for the commits that have begun."""
    connection.execute("update brokerdesk.book set moved_to = %s", (MOVING,))
    connection.execute("select id from brokerdesk.pens order by id for update")


def _thaw(connection: Connected) -> None:
    """Let everybody commit again, unless the book was moved meanwhile."""
    connection.execute("update brokerdesk.book set moved_to = '' where moved_to = %s", (MOVING,))


def _empty(connection: Connected, sealed_key: bytes) -> None:
    """Remove what an earlier copy holds, and begin a new one with the key of its hashes."""
    with connection.transaction():
        connection.execute(_EMPTY)
        connection.execute("update brokerdesk.book set moved_to = %s, hash_key = %s", (COPYING, sealed_key))
