"""A FLEX desk over systems in memory: cards with notes and Fact Finds, what FLEX can be asked, a book, an engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from itertools import count
from random import Random
from typing import Any

import msgspec

from core.errors import DeskError, Unreachable
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
from core.flex.plans.preview import Preview
from core.flex.ports import FlexAbility
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.fact_finds import FactFindUseCases
from core.flex.use_cases.linking_up import LinkUpUseCases
from core.flex.use_cases.links import LinkUseCases
from core.flex.use_cases.notes import NoteUseCases
from core.flex.use_cases.paste import PasteUseCases
from core.flex.use_cases.undo import UndoPushUseCases
from core.push.engine import Engine
from core.push.plan import Asset, System
from core.push.ports import FreshCheck
from core.push.records import Push
from core.push.states import PushState
from tests.support.cards import CATALOGUE, MAP
from tests.support.fakes import FakeBook, FakeRemote

START = 1_700_000_000.0
"""The time of every new world, in seconds since 1970."""


class CardsInMemory:
    """A source of cards. Honours `core.flex.ports.CardSource`.

    `listed` holds FLEX IDs that the board shows for a card although the card itself has no such ID.
    """

    def __init__(self, *cards: Card) -> None:
        self.held = {card.id: card for card in cards}
        self.listed: dict[str, str] = {}
        self.takes_ids_back = True

    def writable(self, card_id: str) -> bool:
        assert card_id in self.held
        return self.takes_ids_back

    def place(self, card_id: str) -> str:
        return "BrokerEngine" if self.takes_ids_back else f"the file of {card_id}"

    async def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        for card in self.held.values():
            flex_id = self.listed.get(card.id, card.flex_id)
            yield [
                RejectedRecord("BrokerEngine", "C-0", "title", "it is missing"),
                CardSummary(card.id, card.title, card.kind, card.stage, card.owner, flex_id=flex_id),
            ]

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        if card_id not in self.held:
            raise DeskError("unknown-card", f"There is no card {card_id}.")
        return self.held[card_id], ()

    async def person(self, person_id: str) -> HeldPerson:
        for card in self.held.values():
            for applicant in card.people:
                if applicant.contact.id == person_id:
                    return HeldPerson(applicant.contact, self.place(card.id), self.takes_ids_back)
        raise DeskError("unknown-person", f"There is no person {person_id}.")


class CatalogueInMemory:
    """FLEX's catalogue. Honours `core.flex.ports.Catalogue`."""

    async def of_lender(self, lender: str) -> tuple[CatalogueProduct, ...]:
        return CATALOGUE.get(lender.casefold(), ())

    def forget_catalogue(self) -> None:
        """Nothing is kept."""


class PapersInMemory:
    """Notes with their files, and Fact Finds. Honours `core.flex.ports.CardPapers`.

    A file with an error in place of its bytes raises that error when it is read.
    """

    def __init__(self) -> None:
        self.listed: list[Note | RejectedRecord] = []
        self.files: dict[str, bytes | DeskError] = {}
        self.fact_finds: dict[str, FactFind] = {}

    async def notes(self, card_id: str) -> list[Note | RejectedRecord]:
        return [note for note in self.listed if isinstance(note, RejectedRecord) or note.card_id == card_id]

    async def note(self, note_id: str) -> Note:
        for note in self.listed:
            if note.id == note_id and isinstance(note, Note):
                return note
        raise DeskError("unknown-note", f"There is no note {note_id}.")

    async def attachment(self, attachment_id: str) -> bytes:
        content = self.files[attachment_id]
        if isinstance(content, DeskError):
            raise content
        return content

    async def fact_find(self, fact_find_id: str) -> FactFind:
        return self.fact_finds[fact_find_id]


class FlexInMemory:
    """What FLEX can be asked. Honours `core.flex.ports.FlexRecords`.

    `contacts` are contacts that were there before; `written` is the remote that the desk writes to, and has the
    names of a contact by then.
    """

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.people: list[FlexPerson] = []
        self.notes: list[tuple[str, FlexNote]] = []
        """Each note with the id of the record that it is on."""
        self.can = frozenset(FlexAbility)
        self.contacts: dict[str, FlexPerson] = {}
        self.written: FakeRemote | None = None
        self.records: list[FlexOpportunity] = []
        self.by_id: dict[str, FlexOpportunity] = {}
        self.properties: list[FlexProperty] = []
        self.asked: list[tuple[str, str, str]] = []
        self.can_search_texts = True
        self.read: list[str] = []
        self.down = False

    async def kind_of(self, flex_id: str) -> str | None:
        if self.down:
            raise Unreachable("unreachable", "FLEX can't be reached.")
        return self.kinds.get(flex_id)

    async def abilities(self) -> frozenset[FlexAbility]:
        return self.can

    async def opportunity(self, flex_id: str) -> FlexOpportunity | None:
        return self.by_id.get(flex_id)

    async def property(self, flex_id: str) -> FlexProperty | None:
        return next((house for house in self.properties if house.flex_id == flex_id), None)

    async def properties_with(self, ref: str) -> list[FlexProperty]:
        return [house for house in self.properties if house.integration_id == ref]

    async def opportunities(self) -> AsyncIterator[list[FlexOpportunity]]:
        if self.down:
            raise Unreachable("unreachable", "FLEX can't be reached.")
        yield self.records

    async def people_like(self, first_name: str, last_name: str, email: str) -> list[FlexPerson]:
        self.asked.append((first_name, last_name, email))
        return self.people

    async def notes_with(self, ref: str) -> list[FlexNote]:
        if self.down:
            raise Unreachable("unreachable", "FLEX can't be reached.")
        return [note for _, note in self.notes if note.integration_id == ref]

    async def notes_like(self, parent: str, text: str) -> list[FlexNote]:
        if self.down:
            raise Unreachable("unreachable", "FLEX can't be reached.")
        if not self.can_search_texts:
            raise Unreachable("bad-answer", "FLEX answered with an error.")
        return [note for on, note in self.notes if on == parent and note.text.split() == text.split()]

    async def person(self, flex_id: str) -> FlexPerson | None:
        if self.down:
            raise Unreachable("unreachable", "FLEX can't be reached.")
        self.read.append(flex_id)
        if self.written is None or flex_id not in self.written.rows:
            there = {person.flex_id: person for person in self.people} | self.contacts
            return there.get(flex_id)
        fields = self.written.rows[flex_id].fields
        return msgspec.structs.replace(
            self.contacts.get(flex_id, FlexPerson(flex_id)),
            first_name=str(fields.get("FirstName", "")),
            last_name=str(fields.get("LastName", "")),
        )

    async def contact_fields(self, flex_id: str) -> Mapping[str, Any] | None:
        if self.written is None or flex_id not in self.written.rows:
            return None
        return self.written.rows[flex_id].fields


class StandingClock:
    """A clock that shows `at` until a test sets another time."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> float:
        return self.at


class FlexWorld:
    """Everything around the FLEX desk, and the desk. Decisions and pushes are named P1, P2, … in order."""

    def __init__(
        self,
        *cards: Card,
        papers: PapersInMemory | None = None,
        records: FlexInMemory | None = None,
        has_gateway: bool = True,
    ) -> None:
        self.cards, self.book, self.clock = CardsInMemory(*cards), FakeBook(), StandingClock()
        numbers = count(1)
        self.desk = CardUseCases(
            self.cards,
            CatalogueInMemory() if has_gateway else None,
            self.book,
            MAP,
            workspace="test",
            operator="m.hale",
            new_id=lambda: f"P{next(numbers)}",
            clock=self.clock,
            papers=papers,
            records=records,
        )
        self.notes = NoteUseCases(self.desk, lambda at: f"at {at - START:g}")
        self.fact_finds = FactFindUseCases(self.desk)
        self.links = LinkUseCases(self.desk)
        self.paste = PasteUseCases(self.desk, self.links, self.notes)
        self.undo = UndoPushUseCases(self.desk, undo_days=7)
        self.link_up = LinkUpUseCases(self.desk, self.links)
        self.flex, self.board = FakeRemote(System.FLEX), FakeRemote(System.BROKERENGINE)
        self.records = records or FlexInMemory()
        self.records.written = self.flex
        for remote in (self.flex, self.board):
            remote.takes = 0.0
        for card in cards:
            self.board.put(card.id, flex_id=card.flex_id, flex_kind=card.flex_kind)
            for applicant in card.people:
                self.board.put(applicant.contact.id, flex_id=applicant.contact.flex_id)
        fresh: dict[Asset, FreshCheck] = {
            Asset.CARD: self.desk,
            Asset.NOTE: self.notes,
            Asset.FACT_FIND: self.fact_finds,
            Asset.UNDO: self.undo,
        }
        remotes = {System.FLEX: self.flex, System.BROKERENGINE: self.board}
        self.engine = Engine(
            self.book, remotes, self.clock, Random(1), fresh=fresh, keepers=self.undo.keepers
        )

    async def push(self, preview: Preview) -> Push:
        """Confirm a preview and run its push to the end."""
        push = await self.desk.confirm(preview, self.engine)
        return await self.engine.finish(push.push_id)

    async def link(self, local_id: str, flex_id: str) -> Push:
        """Preview a link and confirm it. The push that writes it back is not run yet."""
        return await self.links.confirm(await self.links.preview(local_id, flex_id, self.engine), self.engine)

    async def unlink(self, local_id: str) -> tuple[str | None, Push]:
        """Preview that a link is taken back, and confirm it. Return the FLEX ID, and the push, not run yet."""
        preview = await self.links.preview_unlink(local_id, self.engine)
        return preview.was, await self.links.confirm(preview, self.engine)

    async def remember_push(self, push_id: str, state: PushState, asset: Asset = Asset.CARD) -> None:
        """Write a push in this state into the book, as an earlier run of the desk would have."""
        await self.book.commit(
            Push(push_id, asset, "C-1", "hash", state, "m.hale", START, START, 1, about="C-1")
        )
