"""Opens a profile's book."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from typing import TYPE_CHECKING, Final

from core.errors import UsageError
from data.book.stop_file import StopFile
from data.book.watch_file import WatchFile
from data.settings import Settings
from data.synced_folder import refuse_synced
from tui.wiring.records import RECORDS
from tui.wiring.systems import warm

if TYPE_CHECKING:
    from pathlib import Path

    from core.receipts.clients import ClientNames
    from data.book.book import TinyBook


ROUND: Final = 5.0
"""Seconds for which a round of the watch begins new work while it has the book."""
WATCH_PATIENCE: Final = 5.0
"""Seconds that the end of a round waits for requests in flight, and after that for receipts."""
PATIENCE: Final = ROUND + 2 * WATCH_PATIENCE + 10.0
"""Seconds that the app or a command waits at most for a round of the watch to end. The last ten are for slow disks."""
_PROBE_EVERY: Final = 0.1
"""Seconds between two tries to take the lock."""


def check_kind(settings: Settings) -> None:
    """Raise `UsageError` if a profile names a kind of book that does not exist."""
    if settings.profile.book != "tinydb":
        raise UsageError("no-such-book", "Only the book “tinydb” is there.")


async def open_book(settings: Settings, *, write: bool, is_watch: bool = False) -> TinyBook:
    """Open a profile's book with every kind of record. Raises `BookClosed`, `UsageError`.

    While a watch has the book for a round, everybody but a watch waits for the end of the round.
    """
    check_kind(settings)
    if write:
        await asyncio.to_thread(refuse_synced, settings.home)
    await warm("data.book.book")
    from data.book import book

    gave_up = threading.Event()
    until = time.monotonic() + PATIENCE

    def wait() -> bool:
        return not is_watch and time.monotonic() < until and not gave_up.wait(_PROBE_EVERY)

    def open_it() -> TinyBook:
        return book.open_book(
            settings.folder,
            RECORDS,
            operator=settings.operator,
            write=write,
            turn=book.Turn(is_watch, wait),
        )

    try:
        return await asyncio.to_thread(open_it)
    finally:
        gave_up.set()  # a cancelled caller must not leave a thread that waits


def stop_file(settings: Settings) -> StopFile:
    """Return the file that stops all sending of a profile."""
    return StopFile(settings.folder)


def watch_file(settings: Settings) -> WatchFile:
    """Return the file with the status of a profile's watch."""
    return WatchFile(settings.folder)


def receipts_folder(settings: Settings) -> Path:
    """Return the folder of a profile's receipts."""
    return settings.folder / "receipts"


def client_names(settings: Settings, book: TinyBook) -> ClientNames:
    """Return what finds for whom pushes were made."""
    from core.receipts.clients import ClientNames
    from data.receipts_folder import PrivateFolder

    return ClientNames(book, PrivateFolder(receipts_folder(settings)))


def new_push_id() -> str:
    """Return a new id for a push. It begins with the time, so that ids sort like pushes; random digits follow."""
    return f"P{int(time.time() * 1000):011x}{secrets.token_hex(3)}"
