"""Imported cards beside those of a gateway: the gateway's come first, and a card it has is its own.

An imported card whose id the gateway knows is set aside, with the reason: two records of one id would be one in FLEX.
FLEX IDs are written back for the gateway's cards only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from core.errors import DeskError
from core.flex.model import Card, CardSummary, Extra, FactFind, Note, RejectedRecord
from core.flex.ports import CardPapers, CardSource
from data.cards.folder import FolderCards
from data.cards.reading import SYSTEM


class Gateway(CardSource, CardPapers, Protocol):
    """BrokerEngine's own gateway."""


class CardsBeside:
    """A gateway's cards and imported ones as one source. Honours `CardSource` and `CardPapers` of core.flex.ports."""

    def __init__(self, gateway: Gateway, imported: FolderCards) -> None:
        self._gateway = gateway
        self._imported = imported
        self._from_files: set[str] = set()

    def writable(self, card_id: str) -> bool:
        """Say whether a card that was read takes FLEX IDs back: an imported one does not."""
        return card_id not in self._from_files and self._gateway.writable(card_id)

    async def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """List the gateway's cards, then the imported ones. Raises `Unreachable`."""
        taken: set[str] = set()
        async for page in self._gateway.summaries():
            taken.update(item.id for item in page)
            yield page
        async for page in self._imported.summaries():
            yield [
                _clash(item.id, self._imported.where(item.id))
                if isinstance(item, CardSummary) and item.id in taken
                else item
                for item in page
            ]

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        """Read the gateway's card, or the imported one where the gateway knows none of that id.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`.
        """
        try:
            found = await self._gateway.card(card_id)
        except DeskError as error:
            if error.code != "unknown-card":
                raise
            try:
                found = await self._imported.card(card_id)
            except DeskError as absent:
                raise (error if absent.code == "unknown-card" else absent) from None
            self._from_files.add(card_id)
            return found
        self._from_files.discard(card_id)
        return found

    # -- what hangs from cards: an imported one has none of it -----------------------------------------

    async def notes(self, card_id: str) -> list[Note | RejectedRecord]:
        """List a card's notes, the oldest first. Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`."""
        try:
            return await self._gateway.notes(card_id)
        except DeskError as error:
            if error.code != "unknown-card" or not await self._imported.has(card_id):
                raise
            return []

    async def note(self, note_id: str) -> Note:
        """Read one note. Raises `DeskError` (unknown-note), `BadRecord`, `Unreachable`."""
        return await self._gateway.note(note_id)

    async def attachment(self, attachment_id: str) -> bytes:
        """Read a file. Raises `DeskError`, `Unreachable`."""
        return await self._gateway.attachment(attachment_id)

    async def fact_find(self, fact_find_id: str) -> FactFind:
        """Read a Fact Find. Raises `DeskError` (unknown-fact-find), `BadRecord`, `Unreachable`."""
        return await self._gateway.fact_find(fact_find_id)


def _clash(card_id: str, place: str) -> RejectedRecord:
    reason = f"{SYSTEM} has a card of this id itself, and that one is used ({place})"
    return RejectedRecord(SYSTEM, card_id, "id", reason)
