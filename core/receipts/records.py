"""What the book keeps of receipts: numbers, seals, states and counts, never a client's data.

Opening a book imports this module, so this module imports little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from core.push.ports import Book
from core.push.records import Record


class ReceiptRecord(Record, frozen=True):
    """One receipt that was written. The values are in the receipts folder.

    `number` counts from 1. `sha256` is its seal, `previous` the seal of the receipt before. `stood` is a hash of the
    states of the steps that the receipt shows. `counts` maps a mark to the number of values that have it. Times are in
    seconds since 1970, UTC. `removed_at` is None while the receipt is in the folder.
    """

    table: ClassVar[str] = "receipts"
    indexes: ClassVar[tuple[str, ...]] = ("push_id",)

    number: int
    push_id: str
    asset: str
    about: str
    sha256: str
    previous: str
    written_at: float
    stood: str
    all_arrived: bool
    counts: dict[str, int]
    removed_at: float | None = None
    removed_by: str = ""
    why: str = ""
    not_given: int = 0
    """How many of the values that were not read the system never gives back."""
    done: bool = False
    """True if the push was done when the receipt was written."""

    @property
    def key(self) -> str:
        """The number, with zeros in front, so that keys sort like numbers."""
        return f"{self.number:08}"


def json_name(record: ReceiptRecord) -> str:
    """Return the name of a receipt's JSON file."""
    return f"{record.number:06}-{record.push_id}.json"


async def receipts_of(book: Book, push_ids: Sequence[str]) -> list[ReceiptRecord]:
    """Return the receipts of some pushes, by number. Raises `BookClosed`."""
    found = [record for push_id in push_ids for record in await book.where(ReceiptRecord, push_id=push_id)]
    return sorted(found, key=lambda record: record.number)


RECORDS: Final[tuple[type[Record], ...]] = (ReceiptRecord,)
"""Every kind of record of the receipts room."""
