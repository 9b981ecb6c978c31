"""A gateway's cards and imported cards as one source. The gateway's cards come first.

An imported card with an id that the gateway knows is set aside with the reason, because two cards with one id would
become one record in FLEX. FLEX IDs are written back for the gateway's cards only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeVar

from core.errors import DeskError
from core.flex.model import Card, CardSummary, Extra, FactFind, HeldPerson, Note, RejectedRecord
from core.flex.ports import CardPapers, CardSource
from data.cards.folder import FolderCards
from data.cards.papers import SYSTEM

T = TypeVar("T")


class Gateway(CardSource, CardPapers, Protocol):
    """BrokerEngine's own gateway."""


class CardsBeside:
    """A gateway's cards and imported cards as one source. Implements `CardSource` and `CardPapers`."""

    def __init__(self, gateway: Gateway, imported: FolderCards) -> None:
        self._gateway = gateway
        self._imported = imported
        self._from_files: set[str] = set()

    def writable(self, card_id: str) -> bool:
        """Return True if a FLEX ID can be written back to a card. It can't for an imported card that was read."""
        return card_id not in self._from_files and self._gateway.writable(card_id)

    def place(self, card_id: str) -> str:
        """Return where a card that was read is, in words."""
        return (self._imported if card_id in self._from_files else self._gateway).place(card_id)

    async def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """Yield the gateway's cards, then the imported cards. Raises `Unreachable`."""
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
        """Return the gateway's card, or the imported card if the gateway does not know the id.

        Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`.
        """
        try:
            card = await self._gateway.card(card_id)
        except DeskError as error:
            if error.code != "unknown-card":
                raise
            try:
                card = await self._imported.card(card_id)
            except DeskError as absent:
                raise (error if absent.code == "unknown-card" else absent) from None
            self._from_files.add(card_id)
            return card
        self._from_files.discard(card_id)
        return card

    async def person(self, person_id: str) -> HeldPerson:
        """Return the gateway's person, or the imported person if the gateway does not know the id.

        Raises `DeskError` (unknown-person), `BadRecord`, `Unreachable`.
        """
        try:
            return await self._gateway.person(person_id)
        except DeskError as error:
            if error.code != "unknown-person":
                raise
            return await self._imported.person(person_id)

    # -- notes and Fact Finds: of an imported card those in the files ----------------------------------

    async def notes(self, card_id: str) -> list[Note | RejectedRecord]:
        """Return a card's notes, the oldest first. Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`."""
        try:
            return await self._gateway.notes(card_id)
        except DeskError as error:
            if error.code != "unknown-card" or not await self._imported.has(card_id):
                raise
            return await self._imported.notes(card_id)

    async def note(self, note_id: str) -> Note:
        """Return a note. Raises `DeskError` (unknown-note), `BadRecord`, `Unreachable`."""
        try:
            return await self._gateway.note(note_id)
        except DeskError as error:
            return await _or_refuse(error, "unknown-note", self._imported.note(note_id))

    async def attachment(self, attachment_id: str) -> bytes:
        """Return the content of an attachment. Raises `DeskError`, `Unreachable`."""
        return await self._gateway.attachment(attachment_id)

    async def fact_find(self, fact_find_id: str) -> FactFind:
        """Return a Fact Find. Raises `DeskError` (unknown-fact-find), `BadRecord`, `Unreachable`."""
        try:
            return await self._gateway.fact_find(fact_find_id)
        except DeskError as error:
            return await _or_refuse(error, "unknown-fact-find", self._imported.fact_find(fact_find_id))


async def _or_refuse(error: DeskError, code: str, imported: Awaitable[T]) -> T:
    """Return what the files hold if the gateway does not know the record. Raises the gateway's error otherwise."""
    try:
        found = await imported
    except DeskError as absent:
        raise (error if absent.code == code else absent) from None
    if error.code != code:
        raise error
    return found


def _clash(card_id: str, place: str) -> RejectedRecord:
    reason = f"{SYSTEM} has a card of this id itself, and that one is used ({place})"
    return RejectedRecord(SYSTEM, card_id, "id", reason)
