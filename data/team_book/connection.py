"""One connection to the database of a team's book, made again when it was lost. Blocks; for one thread at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Any, Final, TypeAlias, TypeVar

import psycopg

from core.errors import BookClosed, UsageError
from data.book.errors import again
from data.loopback import is_loopback
from data.team_book import errors as reasons
from data.team_book.address import BookAddress

T = TypeVar("T")
Connected: TypeAlias = psycopg.Connection[tuple[Any, ...]]

REST: Final = 1.0
"""Seconds after a failed try to connect in which no other try is made: calls fail at once instead of waiting."""
_PREPARE_AFTER: Final = 3
"""A statement is prepared when it is executed so often: planning takes longer than most of them."""
_OF_POOLER: Final = (psycopg.errors.InvalidSqlStatementName, psycopg.errors.DuplicatePreparedStatement)
"""What a connection of a pooler says that has prepared statements of somebody else, or not ours any more."""
_SETTINGS: Final = (
    "set idle_in_transaction_session_timeout = '15s'",
    "set lock_timeout = '20s'",
    "set plan_cache_mode = force_generic_plan",
)
"""A transaction that a lost connection left open does not hold its rows for long; statements are planned once."""
_REPEATS: Final = 8
"""How often a transaction is tried in all that others keep getting in the way of."""


class Server:
    """The connection of a book. `clock` counts seconds.

    `away` is why the database can't be reached, None while it can be or if nobody has asked since.
    """

    def __init__(self, address: BookAddress, clock: Callable[[], float] = time.monotonic) -> None:
        self.shown = address.shown
        self.away: BookClosed | None = None
        self.refused: psycopg.Error | None = None
        """The last error of the database that was not about the connection."""
        self._conninfo = address.conninfo
        self._clock = clock
        self._connection: Connected | None = None
        self.worked_at = -inf
        """When the database answered last, by `clock`."""
        self._failed_at = -REST
        self._prepares = True

    def read(self, work: Callable[[Connected], T]) -> T:
        """Run `work`, which changes nothing, and again on a new connection if the old one is lost. Return its result.

        Raises `BookClosed`.
        """
        return self._run(work, tries=2)

    def write(self, work: Callable[[Connected], T], *, again: bool = False) -> T:
        """Run `work`, which is one transaction, and return its result. Raises `BookClosed`.

        It is run again if another transaction was in its way. After the connection is lost it is not known whether it
        was carried out; `again` says that `work` may be carried out twice all the same.
        """
        return self._run(work, tries=2 if again else 1)

    def close(self) -> None:
        """Close the connection. The next call makes a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()

    def _run(self, work: Callable[[Connected], T], tries: int) -> T:
        repeats = _REPEATS
        while True:
            connection = self._connected()
            try:
                result = work(connection)
            except psycopg.Error as error:
                if reasons.is_worth_repeating(error) and repeats > 1:
                    repeats -= 1
                    continue
                if isinstance(error, _OF_POOLER) and self._prepares:
                    self._prepares = False
                    self.close()
                    continue
                tries -= 1
                if reasons.is_away(error) or connection.broken:
                    self.close()
                    if tries:
                        continue
                    self.away = reasons.of_database(error, self.shown)
                else:
                    self.refused = error
                raise reasons.of_database(error, self.shown) from None
            except BaseException:
                if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                    self.close()
                raise
            self.away = None
            self.worked_at = self._clock()
            return result

    def _connected(self) -> Connected:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        if self.away is not None and self._clock() < self._failed_at + REST:
            raise again(self.away)
        try:
            threshold = _PREPARE_AFTER if self._prepares else None
            connection: Connected = psycopg.connect(
                self._conninfo, autocommit=True, prepare_threshold=threshold
            )
            for setting in _SETTINGS:
                with suppress(psycopg.errors.ProgrammingError, psycopg.errors.NotSupportedError):
                    connection.execute(setting)  # a pooler or another kind of server may not know it
        except psycopg.Error as error:
            self._failed_at = self._clock()
            self.away = reasons.away(self.shown, reasons.why_away(error))
            raise again(self.away) from None
        self._check_private(connection)
        self._connection = connection
        return connection

    def _check_private(self, connection: Connected) -> None:
        """Raise `UsageError` if the connection leads to another machine without TLS, whatever made it go there."""
        host = connection.pgconn.hostaddr.decode() or connection.info.host
        if connection.pgconn.ssl_in_use or host.startswith(("/", "@")) or is_loopback(host):
            return
        connection.close()
        raise UsageError(
            "bad-book",
            f"The connection to the team's book at {self.shown} is not encrypted.",
            when="it does not check the server",
        )
