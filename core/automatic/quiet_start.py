"""The first sync of a profile fires nothing: what existed before it is from before. The one rule, kept in the book.

No milestone is sent for what happened before the first sync, and nobody who was there before is pushed without a
question. Otherwise a desk that connects two books of many years would start Journeys for everybody in them.
"""

from __future__ import annotations

from typing import ClassVar, Final

from core.push.ports import Book
from core.push.records import Record

FIRST_SYNC: Final = "first-sync"
BEFORE_FIRST_SYNC: Final = "from before the first sync"
"""Why something is not sent automatically, in words."""


FIRST_SYNC_WORDS: Final = (
    "This is the first sync of this profile. For records that exist now it sends no milestone, shares no app and "
    "pushes nobody automatically."
)
FIRST_SYNC_AFTER: Final = (
    "This was the first sync. Milestones and new users count from now on. "
    "Nothing is sent for what happened before."
)


class QuietStart(Record, frozen=True):
    """When the first sync of a profile was confirmed: seconds since 1970, UTC."""

    table: ClassVar[str] = "quiet-start"

    at: float

    @property
    def key(self) -> str:
        """The one key: a book has one such record."""
        return FIRST_SYNC


async def quiet_start(book: Book) -> QuietStart | None:
    """Return when the first sync was confirmed; None before that, and in a book that is older than the rule.

    Raises `BookClosed`.
    """
    return await book.get(QuietStart, FIRST_SYNC)


RECORDS: Final[tuple[type[Record], ...]] = (QuietStart,)
"""Every kind of record of what the desk does automatically."""
