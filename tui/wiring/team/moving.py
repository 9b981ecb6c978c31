"""Moves a profile's book to another place, and hands out the secret of a team's book."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from core.errors import UsageError
from data.settings import Settings
from tui.wiring.book import check_extra
from tui.wiring.clock import desk_time
from tui.wiring.records import RECORDS

if TYPE_CHECKING:
    from data.book_move.move import BookPlace, Moved

HERE: Final = "tinydb"
"""How the place of a book on this computer is named."""


async def move_book(settings: Settings, to: str, told: Callable[[int], None]) -> Moved:
    """Move a profile's book to an address, or to `HERE`. `told` hears on another thread how much was copied.

    Raises `UsageError`, `DeskError`, `BookClosed`.
    """

    def move() -> Moved:
        from data.book_move import move as moving

        source, target = _place(settings, settings.profile.book), _place(settings, to, makes_secret=True)
        return moving.move_book(source, target, RECORDS, told)

    check_extra()
    return await asyncio.to_thread(move)


def places_in_words(settings: Settings, to: str) -> tuple[str, str]:
    """Return where a profile's book is and where it would go, as it may be shown. Raises `UsageError`."""
    check_extra()
    if settings.embedded:
        raise UsageError("bad-book", "The book of the sandbox stays where it is.", when="it is the sandbox")
    source, target = _shown(settings, settings.profile.book), _shown(settings, to)
    if source == target:
        raise UsageError("bad-book", f"The book is at {source} already.", when="it is there already")
    return source, target


def _shown(settings: Settings, book: str) -> str:
    from data.team_book.profile_book import address_of

    return str(settings.folder) if book == HERE else address_of(settings, book).shown


def _place(settings: Settings, book: str, *, makes_secret: bool = False) -> BookPlace:
    """Return a place for a book. `makes_secret`: make and store the secret of a team that has no book yet.

    Raises `UsageError`, `BookClosed`.
    """
    from data.book_move.in_database import InDatabase
    from data.book_move.in_folder import InFolder
    from data.team_book.book import Opening
    from data.team_book.profile_book import address_of, team_secret

    if book == HERE:
        return InFolder(settings.folder, RECORDS, settings.operator, desk_time(settings))
    address = address_of(settings, book)
    secret = team_secret(settings, address, makes=makes_secret)
    return InDatabase(Opening(address, secret, settings.profile.workspace, settings.operator), RECORDS)


def team_secret_text(settings: Settings) -> str:
    """Return the team's secret as text to hand over. Raises `UsageError` if there is none on this machine."""
    check_extra()
    from data.settings import BOOK_VARIABLE
    from data.team_book.profile_book import find_team_secret
    from data.team_book.sealing import secret_text

    if (secret := find_team_secret(settings)) is None:
        raise UsageError(
            "book-no-secret",
            f"Profile “{settings.name}” has no secret of a team's book.",
            variable=BOOK_VARIABLE,
        )
    return secret_text(secret)


def check_team_secret(text: str) -> None:
    """Raise `UsageError` if a text can't be the secret of a team's book."""
    check_extra()
    from data.team_book.sealing import secret_bytes

    try:
        secret_bytes(text)
    except ValueError:
        raise UsageError("bad-book-secret", "That can't be the secret of a team's book.") from None
