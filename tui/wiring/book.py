"""Opens a profile's book."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING

from core.errors import UsageError
from data.book.stop_file import StopFile
from data.settings import Settings
from data.synced_folder import refuse_synced
from tui.wiring.records import RECORDS
from tui.wiring.systems import warm

if TYPE_CHECKING:
    from data.book.book import TinyBook


async def open_book(settings: Settings, *, write: bool) -> TinyBook:
    """Open a profile's book with every kind of record. Raises `BookClosed`, `UsageError`."""
    if settings.profile.book != "tinydb":
        raise UsageError("no-such-book", "Only the book “tinydb” is there.")
    if write:
        await asyncio.to_thread(refuse_synced, settings.home)
    await warm("data.book.book")
    from data.book import book

    return await asyncio.to_thread(
        book.open_book, settings.folder, RECORDS, operator=settings.operator, write=write
    )


def stop_file(settings: Settings) -> StopFile:
    """Return the file that stops all sending of a profile."""
    return StopFile(settings.folder)


def new_push_id() -> str:
    """Return a new id for a push. It begins with the time, so that ids sort like pushes; random digits follow."""
    return f"P{int(time.time() * 1000):011x}{secrets.token_hex(3)}"
