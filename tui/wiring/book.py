"""Opens a profile's book."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from core.errors import UsageError
from core.push.ports import PushBook
from data.book.stop_file import StopFile
from data.book.watch_file import WatchFile
from data.settings import Settings
from data.synced_folder import refuse_synced
from tui.wiring.clock import desk_time
from tui.wiring.records import RECORDS
from tui.wiring.systems import warm

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from core.errors import BookClosed
    from core.push.records import Push, StepRecord
    from core.push.team.ports import TeamBook
    from core.receipts.clients import ClientNames
    from core.stop import Stop
    from data.book.book import TinyBook
    from data.book.lock import Holder


ROUND: Final = 5.0
"""Seconds for which a round of the watch begins new work while it has the book."""
WATCH_PATIENCE: Final = 5.0
"""Seconds that the end of a round waits for requests in flight, and after that for receipts."""
PATIENCE: Final = ROUND + 2 * WATCH_PATIENCE + 10.0
"""Seconds that the app or a command waits at most for a round of the watch to end. The last ten are for slow disks."""
LAST_PUSHES: Final = 200
"""How many pushes are compared with what was read before, once another process no longer writes the book."""
_PROBE_EVERY: Final = 0.1
"""Seconds between two tries to take the lock."""


class OpenBook(PushBook, Protocol):
    """A book that is open, of whichever kind the profile names."""

    @property
    def notices(self) -> list[str]:
        """Sentences for the operator about what opening the book found."""
        ...

    @property
    def read_only(self) -> BookClosed | None:
        """The reason why the book can't be written now; None if it can."""
        ...

    @property
    def holder(self) -> Holder | None:
        """The other process that has the book open for writing; None if there is none, or if several may write."""
        ...

    @property
    def version(self) -> tuple[int, int]:
        """What is different if somebody has written between two times that the book was opened."""
        ...

    async def refresh(self) -> None:
        """Read again a book that may only be read. Raises `BookClosed`."""
        ...

    def close(self) -> None:
        """Finish the calls that have begun, then close the book. Blocks. A second call does nothing."""
        ...


class SendingStop(Protocol):
    """The stop of all sending on a book that may not be open. Every method blocks."""

    def now(self) -> Stop | None:
        """Return the stop, or None."""
        ...

    def is_set(self) -> bool:
        """Return True while sending is stopped."""
        ...

    def set(self, stop: Stop) -> Stop:
        """Stop all sending, and return the stop that holds. Raises `OSError`, `DeskError`."""
        ...

    def lift(self) -> Stop | None:
        """Allow sending again, and return the stop that was lifted. Raises `OSError`, `DeskError`."""
        ...


def check_kind(settings: Settings) -> None:
    """Raise `UsageError` if a profile names a kind of book that does not exist."""
    if not settings.has_team_book and settings.profile.book != "tinydb":
        raise UsageError("no-such-book", f"There is no book “{settings.profile.book}”.")


async def open_book(settings: Settings, *, write: bool, is_watch: bool = False) -> OpenBook:
    """Open a profile's book with every kind of record. Raises `BookClosed`, `UsageError`.

    While a watch has a book on this computer for a round, everybody but a watch waits for the end of the round.
    """
    check_kind(settings)
    if settings.has_team_book:
        return await _open_team_book(settings, write=write)
    if write:
        await asyncio.to_thread(refuse_synced, settings.home)
    await warm("data.book.book")
    from data.book import book

    gave_up = threading.Event()
    until = time.monotonic() + PATIENCE

    def wait() -> bool:
        return not is_watch and time.monotonic() < until and not gave_up.wait(_PROBE_EVERY)

    def open_it() -> book.TinyBook:
        return book.open_book(
            settings.folder,
            RECORDS,
            operator=settings.operator,
            write=write,
            turn=book.Turn(is_watch, wait, desk_time(settings)),
        )

    try:
        opened = await asyncio.to_thread(open_it)
    finally:
        gave_up.set()  # a cancelled caller must not leave a thread that waits
    if not write:
        await _show_what_was_cut_off(opened, settings)
    return opened


async def _show_what_was_cut_off(opened: TinyBook, settings: Settings) -> None:
    """Let a reader see that what was on its way is paused, if the process that sent it is gone."""
    from core.push.records import Push
    from core.push.recovery import SENDING, cut_off
    from data.book.book import is_held

    is_sending = await opened.mentions(Push, SENDING) and await cut_off(opened)
    if is_sending and not await asyncio.to_thread(is_held, settings.folder):
        await opened.refresh()  # its end may have been written meanwhile
        await opened.show_instead(await cut_off(opened))


async def look_at_writer(
    settings: Settings, opened: OpenBook
) -> Sequence[tuple[Push, Sequence[StepRecord]]] | None:
    """Look who has the book open for writing, if that is why this process only reads. Return None if nothing is new.

    Else `read_only` says something new. If no process writes the book any more, return the pushes that have changed
    since it was read, with their steps: those that were on their way are paused. Raises `BookClosed`.
    """
    from core.push.live_push import steps_of_many
    from core.push.recovery import cut_off
    from data.book.book import TinyBook

    if not isinstance(opened, TinyBook) or not await opened.look_at_writer(desk_time(settings)):
        return None
    if opened.holder is not None:
        return ()
    before = await _shown_pushes(opened)
    await opened.refresh()
    await opened.show_instead(await cut_off(opened))
    now = await _shown_pushes(opened, before)
    pushes = [push for push_id, push in now.items() if before.get(push_id) != push]
    steps = await steps_of_many(opened, pushes)
    known = (
        (push, steps[push.push_id]) for push in pushes
    )  # a damaged archive is shown with the push itself
    return [(push, records if isinstance(records, list) else []) for push, records in known]


async def _shown_pushes(opened: TinyBook, also: Iterable[str] = ()) -> dict[str, Push]:
    """Return the pushes that a person may look at, by id: those that are not over, the last ones, and `also`."""
    from core.push.records import Push
    from core.push.recovery import unfinished_pushes

    shown = (*await unfinished_pushes(opened), *await opened.newest(Push, LAST_PUSHES))
    ids = dict.fromkeys([*also, *(push.push_id for push in shown)])
    return {push.push_id: push for push in await opened.get_many(Push, ids)}


async def _open_team_book(settings: Settings, *, write: bool) -> OpenBook:
    """Open the team's book that a profile names. Raises `BookClosed`, `UsageError`."""

    def open_it() -> OpenBook:
        check_extra()
        from data.team_book.profile_book import open_profile_book

        return open_profile_book(settings, RECORDS, write=write)

    return await asyncio.to_thread(open_it)


def team_of(book: PushBook) -> TeamBook | None:
    """Return a book as one that several senders share; None if one process writes it."""
    if not book.is_shared:
        return None
    from data.team_book.book import PostgresBook

    if not isinstance(book, PostgresBook):
        raise AssertionError("a book that several senders share is a team's book")
    return book


def check_extra() -> None:
    """Raise `UsageError` if the extra `team` is not installed."""
    try:
        import cryptography  # noqa: F401 - whether it is there
        import psycopg  # noqa: F401 - as above
    except ImportError:
        raise UsageError("needs-team", "A team's book needs the extra team of brokerdesk.") from None


def stop_file(settings: Settings) -> SendingStop:
    """Return what stops all sending of a profile: a file, or a row of the team's book. The first call may block."""
    if not settings.has_team_book:
        return StopFile(settings.folder)
    check_extra()
    from data.team_book.profile_book import TeamStop

    with _stops_lock:
        return _stops.setdefault(settings.folder, TeamStop(settings))


_stops: dict[Path, SendingStop] = {}
_stops_lock = threading.Lock()


def watch_file(settings: Settings) -> WatchFile:
    """Return the file with the status of a profile's watch."""
    return WatchFile(settings.folder)


def receipts_folder(settings: Settings) -> Path:
    """Return the folder of a profile's receipts."""
    return settings.folder / "receipts"


def client_names(settings: Settings, book: OpenBook) -> ClientNames:
    """Return what finds for whom pushes were made."""
    from core.receipts.clients import ClientNames
    from data.receipts_folder import PrivateFolder

    return ClientNames(book, PrivateFolder(receipts_folder(settings)))


def new_push_id() -> str:
    """Return a new id for a push. It begins with the time, so that ids sort like pushes; random digits follow."""
    return f"P{int(time.time() * 1000):011x}{secrets.token_hex(3)}"
