"""What the flex room needs of the world: where cards come from, and FLEX's catalogue. data/ honours these."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from core.flex.nouns import Card, CardSummary, CatalogueProduct, Extra, SetAside


class CardSource(Protocol):
    """BrokerEngine's cards, from its gateway or from files. `writable` says whether it takes FLEX IDs back."""

    writable: bool

    def summaries(self) -> AsyncIterator[list[CardSummary | SetAside]]:
        """List the cards, page by page. Raises `Unreachable`."""
        ...

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        """Read one card whole, and what it holds beyond the contract.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`.
        """
        ...


class Catalogue(Protocol):
    """FLEX's product catalogue."""

    async def of_lender(self, lender: str) -> tuple[CatalogueProduct, ...]:
        """List a lender's products, () where FLEX does not have the lender. Raises `Unreachable`."""
        ...
