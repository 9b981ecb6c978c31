"""Opens the team's book of a profile: its address, the team's secret, and the stop, which connections ask for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from core.errors import DeskError, UsageError
from core.push.records import Record
from core.stop import Stop
from data.book.stop_file import StopFile
from data.secrets import find_kept, keep_secret
from data.settings import BOOK_VARIABLE, Settings
from data.team_book import errors as reasons
from data.team_book.address import BookAddress, parse_address
from data.team_book.book import Opening, PostgresBook, is_there, open_team_book
from data.team_book.connection import Server
from data.team_book.news import POLL
from data.team_book.sealing import new_secret, secret_bytes

NAME: Final = "book"
"""The name of the team's secret among those of a profile."""


def address_of(settings: Settings, address: str = "") -> BookAddress:
    """Return the address of a profile's book, or `address` in its place. Raises `UsageError`."""
    if address:
        return parse_address(address)
    where = f"{settings.home / 'config.toml'}: profiles.{settings.name}.book"
    return parse_address(settings.profile.book, where)


def find_team_secret(settings: Settings, environment: Mapping[str, str] = os.environ) -> bytes | None:
    """Return the team's secret: from the environment if it is set there, else as it is stored; None without one.

    Raises `UsageError` if it can't be one.
    """
    text = environment.get(BOOK_VARIABLE) or find_kept(settings.home, f"{settings.name}:{NAME}")
    if not text:
        return None
    try:
        return secret_bytes(text)
    except ValueError:
        raise UsageError("bad-book-secret", "The stored secret of the team's book can't be one.") from None


def team_secret(settings: Settings, address: BookAddress, *, makes: bool) -> bytes:
    """Return the team's secret. With `makes`, make and store one if the database has no book yet.

    Raises `UsageError` if there is none, `BookClosed`.
    """
    if (secret := find_team_secret(settings)) is not None:
        return secret
    server = Server(address)
    try:
        is_new = not is_there(server)
    finally:
        server.close()
    if not is_new:
        raise reasons.no_secret(address.shown, BOOK_VARIABLE)
    if not makes:
        raise reasons.not_there(address.shown)
    text = new_secret()
    keep_secret(settings.home, f"{settings.name}:{NAME}", text)
    return secret_bytes(text)


def open_profile_book(
    settings: Settings, kinds: Iterable[type[Record]], *, write: bool, address: str = ""
) -> PostgresBook:
    """Open a profile's book, or the one at `address` in its place. Blocks. Raises `UsageError`, `BookClosed`."""
    at = address_of(settings, address)
    secret = team_secret(settings, at, makes=write)
    book = open_team_book(
        Opening(at, secret, settings.profile.workspace, settings.operator), kinds, write=write
    )
    mirror = StopFile(settings.folder)
    _show_stop(mirror, book.stop())
    book.news.stop_changed = lambda stop: _show_stop(mirror, stop)
    return book


def _show_stop(mirror: StopFile, stop: Stop | None) -> None:
    """Write the team's stop to the file that the connections of this machine ask for, or remove it there."""
    with suppress(OSError):  # the book itself stops every push
        if stop is None:
            mirror.lift()
        elif mirror.now() != stop:
            mirror.lift()
            mirror.set(stop)


class TeamStop:
    """The stop of a profile's book, for those who have not opened the book. Has the methods of `StopFile`, and blocks.

    Every method but `now` and `is_set` raises `DeskError` if the database is away.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._seen: Stop | None = None
        self._asked_at = -POLL

    def now(self) -> Stop | None:
        """Return the stop as it was two seconds ago at most; as it was seen last while the database is away."""
        if self._clock() >= self._asked_at + POLL:
            with suppress(DeskError), open_profile_book(self._settings, (), write=False) as book:
                self._seen = book.stop()
            self._asked_at = self._clock()
        return self._seen

    def is_set(self) -> bool:
        """Return True while sending is stopped."""
        return self.now() is not None

    def set(self, stop: Stop) -> Stop:
        """Stop all sending, and return the stop that holds: an earlier one stays."""
        with open_profile_book(self._settings, (), write=True) as book:
            self._seen = book.set_stop(stop)
        return self._seen

    def lift(self) -> Stop | None:
        """Allow sending again, and return the stop that was lifted; None if there was none."""
        with open_profile_book(self._settings, (), write=True) as book:
            lifted = book.lift_stop()
        self._seen = None
        return lifted
