"""The pen of a sender: makes sure that each of its commits is carried out once, also if the connection is lost.

Every commit adds one to the number of the sender's pen, and only if the number is the expected one. So a sender that
has lost the connection asks the pen whether its last commit arrived, and a commit that arrives late or twice changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from core.errors import BookClosed, DeskError
from data.team_book import errors as reasons
from data.team_book.connection import Connected, Server

T = TypeVar("T")

IDLE: Final = 86_400.0
"""Seconds without a commit after which another sender may take the pen."""
_SURE: Final = IDLE * 3 / 4
"""Seconds since its last commit for which a sender is sure that nobody has taken its pen, whatever the clocks say."""


class _OtherNumber(Exception):
    """The pen does not have the expected number, or the book may not be written."""


class Pen:
    """What a sender commits with.

    `documents` is the schema of the records that it writes. `now` returns seconds since 1970, UTC. `moved_to` is what
    the book has to say of where it is: "" for a book that everybody may write.
    """

    def __init__(
        self, server: Server, sender: str, documents: int, now: Callable[[], float], moved_to: str = ""
    ) -> None:
        self.id = 0
        """The id of the pen; 0 before the first commit."""
        self.number = 0
        """The number of commits."""
        self._server = server
        self._sender = sender
        self._documents = documents
        self._moved_to = moved_to
        self._in_doubt = False
        self._tries = 0
        self._now = now
        self._used_at = now()

    def commit(self, writes: Callable[[Connected], T]) -> T:
        """Run `writes` as one transaction that is carried out once, and return its result.

        `writes` may be run several times; only one of the runs is committed. Raises `BookClosed`; if the connection was
        lost for longer, it is not known whether the transaction was carried out.
        """
        if self._in_doubt:
            self._settle()
        if not self.id:
            self._take()
        done: list[T] = []

        def once(connection: Connected) -> None:
            with connection.pipeline(), connection.transaction():
                self._count(connection)
                done.append(writes(connection))

        self._in_doubt = True
        self._tries = 2  # a connection that nobody used for long may be dead: a second one is made then
        try:
            while not self._is_carried_out(once, done):
                pass
        except DeskError as error:
            self._in_doubt = isinstance(error, BookClosed) and error.code == reasons.AWAY and bool(done)
            raise
        self._in_doubt = False
        self.number += 1
        self._used_at = self._now()
        return done[-1]

    def _is_carried_out(self, once: Callable[[Connected], None], done: Sequence[object]) -> bool:
        """Try a commit. Return False if it has to be tried again. Nothing was sent as long as `done` is empty."""
        try:
            self._server.write(once)
        except _OtherNumber:
            found = self._ask()
            if found is None:
                self._check_taken()
                self._take()
                return False
            self._check_not_older(found)
            if not done or found == self.number:
                raise self._why_not() from None
        except BookClosed as error:
            if error.code != reasons.AWAY:
                raise
            if done:
                return self._arrived()
            self._tries -= 1
            if not self._tries:
                raise
            return False
        return True

    def put_away(self) -> None:
        """Let another sender have the pen. Raises `BookClosed`."""
        if self.id:
            self._server.write(
                lambda connection: connection.execute(
                    "update brokerdesk.pens set sender = null where id = %s and sender = %s",
                    (self.id, self._sender),
                ),
                again=True,
            )
            self.id = 0

    def _count(self, connection: Connected) -> None:
        """Add one to the number, which locks the pen until the end of the transaction."""
        counted = connection.execute(
            "update brokerdesk.pens pen set commits = pen.commits + 1, used_at = clock_timestamp()"
            " from brokerdesk.book book where pen.id = %s and pen.sender = %s and pen.commits = %s"
            " and book.documents = %s and book.moved_to = %s returning 1",
            (self.id, self._sender, self.number, self._documents, self._moved_to),
        ).fetchone()
        if counted is None:
            raise _OtherNumber

    def _take(self) -> None:
        """Take a free pen, or a new one."""

        def take(connection: Connected) -> tuple[int, int]:
            free = connection.execute(
                "update brokerdesk.pens set sender = %s, used_at = clock_timestamp() where id ="
                " (select id from brokerdesk.pens where sender is null"
                " or used_at < clock_timestamp() - make_interval(secs => %s)"
                " order by id limit 1 for update skip locked) returning id, commits",
                (self._sender, IDLE),
            ).fetchone()
            return free or _first(
                connection.execute(
                    "insert into brokerdesk.pens (sender) values (%s) returning id, commits", (self._sender,)
                ).fetchone()
            )

        self.id, self.number = self._server.write(take, again=True)
        self._used_at = self._now()

    def _arrived(self) -> bool:
        """Return True if the commit that was counted last in vain has been carried out. Waits for its end.

        Raises `BookClosed` if the book has gone back to an older copy.
        """
        found = self._ask()
        if found is None:
            self._check_taken()
            return False
        self._check_not_older(found)
        return found == self.number + 1

    def _check_not_older(self, found: int) -> None:
        """Raise `BookClosed` if the pen has fewer commits than were confirmed."""
        if found < self.number:
            raise reasons.went_back(self._server.shown)

    def _check_taken(self) -> None:
        """Raise `BookClosed` if nobody can have taken the pen, so that the book has gone back to an older copy."""
        if self._now() - self._used_at < _SURE:
            raise reasons.went_back(self._server.shown)

    def _ask(self) -> int | None:
        """Return the number of the pen; None if it is another sender's. Raises `BookClosed`."""

        def ask(connection: Connected) -> int | None:
            found = connection.execute(
                "select commits from brokerdesk.pens where id = %s and sender = %s for update",
                (self.id, self._sender),
            ).fetchone()
            return found[0] if found is not None else None

        return self._server.read(ask)

    def _settle(self) -> None:
        """Make sure that a commit in doubt has been carried out or never will be."""

        def settle(connection: Connected) -> int | None:
            found = connection.execute(
                "update brokerdesk.pens set commits = greatest(commits, %s) where id = %s and sender = %s"
                " and commits >= %s returning commits",
                (self.number + 2, self.id, self._sender, self.number),
            ).fetchone()
            return found[0] if found is not None else None

        number = self._server.write(settle, again=True)
        if number is None:
            if self._ask() is not None:
                raise reasons.went_back(self._server.shown)
            self._check_taken()
            self.id = 0  # another sender has the pen, so nothing of ours can arrive any more
        else:
            self.number = number
        self._in_doubt = False

    def _why_not(self) -> BookClosed:
        """Return why the book may not be written."""

        def look(connection: Connected) -> tuple[int, str]:
            return _first(connection.execute("select documents, moved_to from brokerdesk.book").fetchone())

        documents, moved_to = self._server.read(look)
        if moved_to != self._moved_to:
            return reasons.moved(self._server.shown, moved_to)
        return reasons.newer(self._server.shown, documents, self._documents)


def _first(row: T | None) -> T:
    if row is None:
        raise AssertionError("the database returned no row")
    return row
