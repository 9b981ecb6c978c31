"""What the flex room needs of the world: where cards come from, and what FLEX can be asked. data/ honours these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from core.flex.model import (
    Card,
    CardSummary,
    CatalogueProduct,
    Extra,
    FactFind,
    FlexPerson,
    Note,
    RejectedRecord,
)


class CardSource(Protocol):
    """BrokerEngine's cards, from its gateway or from files."""

    def writable(self, card_id: str) -> bool:
        """Say whether FLEX IDs are taken back for a card that was read: a file takes none."""
        ...

    def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """List the cards, page by page. Raises `Unreachable`."""
        ...

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        """Read one card whole, and what it holds beyond the contract.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`.
        """
        ...


class CardPapers(Protocol):
    """What hangs from BrokerEngine's cards: notes with their files, Fact Finds. A file export has none of it."""

    async def notes(self, card_id: str) -> list[Note | RejectedRecord]:
        """List a card's notes, the oldest first; one that doesn't fit is set aside. Raises `Unreachable`."""
        ...

    async def note(self, note_id: str) -> Note:
        """Read one note. Raises `DeskError` (unknown-note), `BadRecord`, `Unreachable`."""
        ...

    async def attachment(self, attachment_id: str) -> bytes:
        """Read a file. Raises `DeskError`, `Unreachable`."""
        ...

    async def fact_find(self, fact_find_id: str) -> FactFind:
        """Read a Fact Find. Raises `DeskError` (unknown-fact-find), `BadRecord`, `Unreachable`."""
        ...


class Catalogue(Protocol):
    """FLEX's product catalogue."""

    async def of_lender(self, lender: str) -> tuple[CatalogueProduct, ...]:
        """List a lender's products, () where FLEX does not have the lender. Raises `Unreachable`."""
        ...


class FlexRecords(Protocol):
    """What FLEX can be asked before something is linked to it or created in it."""

    async def kind_of(self, flex_id: str) -> str | None:
        """Say whether an ID is an `opportunity`'s or an `application`'s; None where FLEX has neither. `Unreachable`."""
        ...

    async def people_like(self, first_name: str, last_name: str, email: str) -> list[FlexPerson]:
        """Find contacts of the same name or the same email address. Raises `Unreachable`."""
        ...
