"""Hears what others do with a team's book, on a thread and a connection of its own.

A poll asks every `POLL` seconds. A notification of the database only makes the next question come sooner: some clusters
and poolers have none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec
import psycopg

from core.decoding.typed_json import decode_json
from core.errors import BookClosed, DeskError
from core.stop import Stop
from data.team_book.connection import Connected, Server
from data.team_book.rows import RowForms

POLL: Final = 2.0
"""Seconds between two questions. So old is what a desk knows of the others, at most."""
TELL: Final = b"notify brokerdesk"
"""Tells everybody who listens that somebody has committed."""
_LISTEN: Final = b"listen brokerdesk"
STOP_PLACE: Final = b"book stop"
"""The place for which the stop is sealed."""
_SLICE: Final = 0.5
"""Seconds for which the thread waits for a notification before it looks whether it is to end."""


def read_stop(forms: RowForms, sealed: bytes | None) -> Stop | None:
    """Return the stop of the book, or None. A stop that can't be read stops everything too: somebody meant to stop."""
    if sealed is None:
        return None
    with suppress(DeskError, msgspec.DecodeError):
        return decode_json(forms.open(STOP_PLACE, sealed, "the stop"), Stop)
    return Stop()


class News:
    """Keeps the stop and the number of commits of a book fresh.

    `heard` is called on the thread when somebody has committed, when the stop has changed, and when the database has
    gone away or come back; `stop_changed` with the new stop when that has changed. `server` is a connection of its own.
    `main` is that of the book, which is told when the database is back.
    """

    def __init__(
        self,
        server: Server,
        main: Server,
        forms: RowForms,
        stop: Stop | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stop = stop
        self._away: BookClosed | None = None
        self._away_at = 0.0
        self.commits = -1
        """The number of commits that the book had at the last question; -1 before the first answer."""
        self.heard: Callable[[], None] = lambda: None
        self.stop_changed: Callable[[Stop | None], None] = lambda stop: None
        self._clock = clock
        self._server = server
        self._main = main
        self._forms = forms
        self._may_listen = True
        self._listens_on: Connected | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="book-news", daemon=True)

    @property
    def away(self) -> BookClosed | None:
        """Why the database can't be reached; None if it answered to the last question here or of the book itself."""
        return self._away if self._away_at > self._main.worked_at else None

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def end(self) -> None:
        """End the thread soon, without waiting for it."""
        self._ending.set()

    def set_stop(self, server: Server, stop: Stop) -> Stop:
        """Write a stop, unless there is one. Return the stop that holds. Raises `BookClosed`."""
        sealed = self._forms.seal(STOP_PLACE, msgspec.json.encode(stop))

        def write(connection: Connected) -> bytes | None:
            connection.execute("update brokerdesk.book set stop = %s where stop is null", (sealed,))
            return _question(connection)[0]

        return self._tell_stop(server, read_stop(self._forms, server.write(write, again=True))) or stop

    def lift_stop(self, server: Server) -> Stop | None:
        """Remove the stop, and return the one that there was. Raises `BookClosed`."""

        def write(connection: Connected) -> bytes | None:
            before = _question(connection)[0]
            connection.execute("update brokerdesk.book set stop = null")
            return before

        lifted = read_stop(self._forms, server.write(write, again=True))
        self._tell_stop(server, None)
        return lifted

    def _tell_stop(self, server: Server, stop: Stop | None) -> Stop | None:
        self._take_stop(stop)
        with suppress(BookClosed):
            server.read(lambda connection: connection.execute(TELL))
        return stop

    def _take_stop(self, stop: Stop | None) -> None:
        if stop != self.stop:
            self.stop = stop
            self.stop_changed(stop)

    def _run(self) -> None:
        while not self._ending.is_set():
            self._ask()
            self._wait()
        self._server.close()

    def _ask(self) -> None:
        """Ask the book, and tell if something has changed."""
        before = (self.stop, self.commits, self._away is None)
        try:
            sealed, self.commits = self._server.read(_question)
            self._take_stop(read_stop(self._forms, sealed))
            self._away = None
            self._main.away = None
        except BookClosed as error:
            self._away, self._away_at = error, self._clock()
        if (self.stop, self.commits, self._away is None) != before:
            self.heard()

    def _wait(self) -> None:
        """Wait for a notification, `POLL` seconds at most."""
        for _ in range(int(POLL / _SLICE)):
            if self._ending.is_set() or self._notified():
                return

    def _notified(self) -> bool:
        """Wait a moment for a notification; return True if there was one, or if the connection is lost."""
        if self._away is not None or not self._may_listen:
            self._ending.wait(_SLICE)
            return False
        try:
            return self._server.read(self._listen)
        except BookClosed:
            self._may_listen = self._server.away is not None or not isinstance(
                self._server.refused, psycopg.NotSupportedError
            )
            return True

    def _listen(self, connection: Connected) -> bool:
        if connection is not self._listens_on:
            connection.execute(_LISTEN)
            self._listens_on = connection
        return any(True for _ in connection.notifies(timeout=_SLICE, stop_after=1))


def _question(connection: Connected) -> tuple[bytes | None, int]:
    row = connection.execute(
        "select stop, (select coalesce(sum(commits), 0)::bigint from brokerdesk.pens) from brokerdesk.book"
    ).fetchone()
    return (None, 0) if row is None else (row[0], row[1])
