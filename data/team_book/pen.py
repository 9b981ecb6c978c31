"""The pen of a sender: makes sure that each of its commits is carried out once, also if the connection is lost.

Every commit adds one to the number of the sender's pen, and only if the number is the expected one. So a sender that
has lost the connection asks the pen whether its last commit arrived, and a commit that arrives late or twice changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from msgspec import Struct

from core.errors import BookClosed
from data.team_book import errors as reasons
from data.team_book.connection import Connected, Server

T = TypeVar("T")

IDLE: Final = 86_400.0
"""Seconds without a commit after which another sender may take the pen."""
_SURE: Final = IDLE * 3 / 4
"""Seconds since its last commit for which a sender is sure that nobody has taken its pen, whatever the clocks say."""


class OtherNumber(Exception):
    """A commit was not counted: the pen does not have the expected number, or the book may not be written."""


class Tally(Struct):
    """What a commit has to be counted with, in the same transaction. `is_sent` and `is_counted` say how far it came.

    `documents` is the schema of the records that are written. `moved_to` is what the book has to say of where it is.
    """

    pen: int
    number: int
    sender: str
    documents: int
    moved_to: str
    is_sent: bool = False
    is_counted: bool = False


class Pen:
    """What a sender commits with.

    `now` returns seconds since 1970, UTC. `moved_to` is "" for a book that everybody may write. See `Tally` too.
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

    def commit(self, writes: Callable[[Connected, Tally], T]) -> T | None:
        """Run `writes`, which commits once with a statement that counts the `Tally`. Return its result.

        `writes` may be run several times; only one of the runs is committed. It may also end without a commit. The
        result is None if the reply to a commit was lost, and the commit was carried out. Raises `BookClosed`; if the
        connection was lost for longer, it is not known whether the commit was carried out.
        """
        if self._in_doubt:
            self._settle()
        if not self.id:
            self._take()
        tally = self._tally()
        results: list[T] = []
        self._in_doubt = True
        self._tries = 2  # a connection that nobody used for long may be dead: a second one is made then
        try:
            while not self._is_carried_out(writes, tally, results):
                if tally.pen != self.id:
                    tally = self._tally()
        except BookClosed as error:
            self._in_doubt = error.code == reasons.AWAY and tally.is_sent
            raise
        except Exception:
            self._in_doubt = False  # it was rolled back
            raise
        self._in_doubt = False
        if tally.is_counted:
            self.number += 1
            self._used_at = self._now()
        return results[0] if results else None

    def _tally(self) -> Tally:
        return Tally(self.id, self.number, self._sender, self._documents, self._moved_to)

    def _is_carried_out(
        self, writes: Callable[[Connected, Tally], T], tally: Tally, results: list[T]
    ) -> bool:
        """Try a commit. Return False if it has to be tried again."""
        was_sent, tally.is_sent = tally.is_sent, False
        try:
            results[:] = [self._server.write(lambda connection: writes(connection, tally))]
        except OtherNumber:
            found = self._ask()
            if found is None:
                self._check_taken()
                self._take()
                return False
            self._check_not_older(found)
            if not was_sent or found == self.number:
                raise self._why_not() from None
            tally.is_counted = True  # the try before has arrived after all
        except BookClosed as error:
            if error.code != reasons.AWAY:
                raise
            if tally.is_sent:
                tally.is_counted = self._arrived()
                return tally.is_counted
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
