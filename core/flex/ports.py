"""What the flex room needs from outside: where cards come from, and what FLEX can be asked. data/ implements it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from typing import Any, Protocol

from core.flex.model import (
    Card,
    CardSummary,
    CatalogueProduct,
    Extra,
    FactFind,
    FlexNote,
    FlexOpportunity,
    FlexPerson,
    FlexProperty,
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
    """What belongs to BrokerEngine's cards: notes with their files, and Fact Finds.

    An export has notes and Fact Finds too, and no files of notes.
    """

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
        """Return a lender's products, or () if FLEX does not have the lender. Raises `Unreachable`.

        An answer of the last minutes may be given again.
        """
        ...

    def forget_catalogue(self) -> None:
        """Give no earlier answer again: the operator asked for everything again."""
        ...


class FlexAbility(StrEnum):
    """What a FLEX gateway of 1.1 can do and one of 1.0 can't: docs/gateway.md, "Versions"."""

    UPDATE_PROPERTY = "update-property"
    """A property that FLEX has is changed (a step with Entity.PROPERTY and Operation.UPDATE)."""
    ADD_APPLICANT = "add-applicant"
    """A person is added to an opportunity that FLEX has (a step with Entity.APPLICANT and Operation.LINK)."""
    FIND_NOTES_BY_TEXT = "find-notes-by-text"
    """Notes are found by how their text begins. Without it, all notes of a parent are read."""
    KEEP_ADDRESS_PARTS = "keep-address-parts"
    """A change of a postal address keeps the parts that it does not give. Without it, the parts are sent along."""
    SAY_WHAT_A_WRITE_DID = "say-what-a-write-did"
    """The reply to a write has a request id and says whether anything changed."""


class FlexRecords(Protocol):
    """What FLEX can be asked before a card is linked to FLEX or a record is created there."""

    async def abilities(self) -> frozenset[FlexAbility]:
        """Return what FLEX's gateway can do beyond version 1.0 of the contract. Raises `Unreachable`."""
        ...

    async def opportunity(self, flex_id: str) -> FlexOpportunity | None:
        """Return the opportunity with this FLEX ID, or None. Raises `Unreachable`."""
        ...

    async def property(self, flex_id: str) -> FlexProperty | None:
        """Return the property with this FLEX ID, or None. Raises `Unreachable`."""
        ...

    async def properties_with(self, ref: str) -> list[FlexProperty]:
        """Return the properties that have a reference of ours as their IntegrationId. Raises `Unreachable`."""
        ...

    async def notes_like(self, parent: str, text: str) -> list[FlexNote]:
        """Return the notes on a record whose text is this one but for blanks and line ends, the oldest first.

        `parent` is the FLEX ID of an opportunity or an application. Raises `Unreachable`.
        """
        ...

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

    async def notes_with(self, ref: str) -> list[FlexNote]:
        """Return the notes that have a reference of ours. Raises `Unreachable`."""
        ...
