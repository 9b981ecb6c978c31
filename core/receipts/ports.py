"""What receipts need from outside: a folder of private files, and the names of what a person keyed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.receipts.arrival import Ticked
from core.receipts.model import ShownField


class ReceiptFolder(Protocol):
    """The desk's folder of receipts. Files are private. Every method blocks and may raise `DeskError`."""

    def write(self, name: str, content: bytes) -> None:
        """Write a file durably, in the place of an older one of that name."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, or None if there is none of that name."""
        ...

    def names(self) -> list[str]:
        """Return the names of the files, sorted."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if there is one of that name."""
        ...

    def place(self, name: str) -> str:
        """Return where a file is, for a person."""
        ...


class KeyedByHand(Protocol):
    """What a person keyed into FLEX by hand."""

    async def ticked(self, card: str, fields: Sequence[ShownField]) -> Mapping[str, Ticked]:
        """Return the ticks on a card's checklist that are about these values, by place. Raises `BookClosed`."""
        ...
