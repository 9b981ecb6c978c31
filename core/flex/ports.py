"""What the flex room needs from outside: where cards come from, and what FLEX can be asked. data/ implements it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from core.flex.model import (
    Card,
    CardSummary,
    CatalogueProduct,
    Extra,
    FactFind,
    FlexOpportunity,
    FlexPerson,
    HeldPerson,
    Note,
    RejectedRecord,
)


class CardSource(Protocol):
    """BrokerEngine's cards, from its gateway or from files."""

    def writable(self, card_id: str) -> bool:
        """Return True if the source of a card that was read stores FLEX IDs. A file does not."""
        ...

    def place(self, card_id: str) -> str:
        """Return where a card that was read is, in words: the name of a system, or a file and a line."""
        ...

    def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """Yield the cards page by page. Raises `Unreachable`."""
        ...

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        """Read one card, and what the card holds beyond the contract.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`.
        """
        ...

    async def person(self, person_id: str) -> HeldPerson:
        """Read one person. Raises `DeskError` (unknown-person), `BadRecord`, `Unreachable`."""
        ...


class CardPapers(Protocol):
    """What belongs to BrokerEngine's cards: notes with their files, and Fact Finds. A file export has neither."""

    async def notes(self, card_id: str) -> list[Note | RejectedRecord]:
        """Return a card's notes, the oldest first; a note that does not fit is set aside. Raises `Unreachable`."""
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
        """Return a lender's products, or () if FLEX does not have the lender. Raises `Unreachable`."""
        ...


class FlexRecords(Protocol):
    """What FLEX can be asked before a card is linked to FLEX or a record is created there."""

    async def kind_of(self, flex_id: str) -> str | None:
        """Return "opportunity" or "application" for a FLEX ID, or None if FLEX has neither. Raises `Unreachable`."""
        ...

    async def person(self, flex_id: str) -> FlexPerson | None:
        """Return the contact with this FLEX ID, or None. Raises `Unreachable`."""
        ...

    def opportunities(self) -> AsyncIterator[list[FlexOpportunity]]:
        """Yield all opportunities and applications page by page. Raises `Unreachable`."""
        ...

    async def people_like(self, first_name: str, last_name: str, email: str) -> list[FlexPerson]:
        """Return all contacts with the same name or the same email address. Raises `Unreachable`.

        A contact that our login may not see in FLEX is not found.
        """
        ...

    async def contact_fields(self, flex_id: str) -> Mapping[str, Any] | None:
        """Return all fields of a contact as FLEX writes them, or None as `person`. Raises `Unreachable`."""
        ...
