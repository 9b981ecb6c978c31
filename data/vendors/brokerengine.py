"""BrokerEngine, through the gateway contract of ours (data/contracts/brokerengine.yaml): cards, and FLEX IDs back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

from core.errors import DeskError, Unreachable
from core.flex.decoding import decode, leftovers
from core.flex.model import (
    BadRecord,
    Card,
    CardSummary,
    Extra,
    FactFind,
    HeldPerson,
    Note,
    Person,
    RejectedRecord,
)
from core.progress import Meter
from core.push.plan import Entity, System
from core.push.ports import Outcome, RemoteRecord, Request
from core.systems import display_name
from data.vendors.card_list import CardList
from data.vendors.http.client import HttpClient, segment
from data.vendors.http.paging import all_pages, next_page
from data.vendors.http.reply import HttpReply

_COLLECTION: Final = {Entity.PERSON: "/contacts", Entity.OPPORTUNITY: "/cards"}
PAGE_SIZE: Final = 200
_NAME: Final = display_name(System.BROKERENGINE)


class BrokerEngine:
    """The board as a source of cards, and its write-back of FLEX IDs as the push engine's remote."""

    system = System.BROKERENGINE

    def __init__(self, wire: HttpClient, settle: float, meter_of: Callable[[str], Meter] = Meter) -> None:
        """`meter_of` gives the meter of a read of many cards, by what is read."""
        self._wire = wire
        self._list = CardList(wire, meter_of)
        self.settle = settle
        self.recheck = min(2.0, settle)

    # -- cards -----------------------------------------------------------------------------------------

    def writable(self, card_id: str) -> bool:  # noqa: ARG002 - the port's form
        """Its contract takes FLEX IDs back, of every card."""
        return True

    def place(self, card_id: str) -> str:  # noqa: ARG002 - the port's form
        """Return the system's name."""
        return _NAME

    def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """Yield the board in blocks. An item that doesn't fit is rejected alone. Raises `Unreachable`.

        What the last call read is kept: the next one asks only for what changed, where the gateway can tell.
        """
        return self._list.pages()

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        """Read a card whole. Raises `DeskError` (unknown-card), `BadRecord`, `Unreachable`."""
        reply = await self._wire.get_patiently(f"/cards/{segment(card_id)}")
        if reply.status == 404:
            raise DeskError("unknown-card", f"BrokerEngine has no card {card_id}.")
        raw = self._object(reply)
        card = decode(raw, Card, _NAME)
        if card.id.casefold() != card_id.casefold():  # an id is text of the system, neither email nor name
            raise _another_record()
        return card, tuple(leftovers(raw, card))

    async def person(self, person_id: str) -> HeldPerson:
        """Read one contact. Raises `DeskError` (unknown-person), `BadRecord`, `Unreachable`."""
        reply = await self._wire.get_patiently(f"/contacts/{segment(person_id)}")
        if reply.status == 404:
            raise _unknown("person", person_id)
        person = decode(self._object(reply), Person, _NAME)
        if person.id.casefold() != person_id.casefold():
            raise _another_record()
        return HeldPerson(person, _NAME, writable=True)

    def _object(self, reply: HttpReply) -> dict[str, Any]:
        """Read a reply's JSON; a page that strict decoding refuses for one stray character is read leniently."""
        content = reply.lenient_object()
        if content is None:
            raise self._unreadable()
        return content

    def _items(self, content: Mapping[str, Any]) -> list[Any]:
        """Return the items of a list's page. A reply without a list is not an answer. Raises `Unreachable`."""
        items = content.get("items")
        if not isinstance(items, list):
            raise self._unreadable()
        return items

    @staticmethod
    def _unreadable() -> Unreachable:
        return Unreachable("bad-reply", "BrokerEngine's reply can't be read.", when="a read failed")

    # -- notes and Fact Finds --------------------------------------------------------------------------

    async def notes(self, card_id: str) -> list[Note | RejectedRecord]:
        """Return a card's notes, the oldest first. A note that doesn't fit is rejected alone.

        Raises `DeskError` (unknown-card), `Unreachable`.
        """

        async def read(number: int) -> tuple[list[Note | RejectedRecord], int | None]:
            reply = await self._wire.get_patiently(f"/cards/{segment(card_id)}/notes", _page(number))
            if reply.status == 404:
                raise _unknown("card", card_id)
            content = self._object(reply)
            return [_note(item) for item in self._items(content)], next_page(content, number)

        return [note async for page in all_pages(read) for note in page]

    async def note(self, note_id: str) -> Note:
        """Read one note. Raises `DeskError` (unknown-note), `BadRecord`, `Unreachable`."""
        return decode(await self._one("note", f"/notes/{segment(note_id)}", note_id), Note, _NAME)

    async def attachment(self, attachment_id: str) -> bytes:
        """Read a file. Raises `DeskError` (unknown-attachment), `Unreachable`."""
        reply = await self._wire.get_patiently(f"/attachments/{segment(attachment_id)}/content")
        if reply.status == 404:
            raise _unknown("attachment", attachment_id)
        return reply.body

    async def fact_find(self, fact_find_id: str) -> FactFind:
        """Read a Fact Find. Raises `DeskError` (unknown-fact-find), `BadRecord`, `Unreachable`."""
        raw = await self._one("fact-find", f"/fact-finds/{segment(fact_find_id)}", fact_find_id)
        return decode(raw, FactFind, _NAME)

    async def _one(self, kind: str, path: str, record_id: str) -> dict[str, Any]:
        reply = await self._wire.get_patiently(path)
        if reply.status == 404:
            raise _unknown(kind, record_id)
        return self._object(reply)

    # -- the engine's port -----------------------------------------------------------------------------

    async def send(self, request: Request) -> Outcome:
        """Write a FLEX ID back, once."""

        def id_of(content: Mapping[str, Any]) -> str | None:
            return request.remote_id if content.get("id") == request.remote_id else None

        return await self._wire.write("PATCH", _path(request), request.body, id_of)

    def can_look_up(self, entity: Entity) -> bool:  # noqa: ARG002 - the port's form
        """Nothing is created in BrokerEngine, so nothing has a reference of ours."""
        return False

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Never asked for: `can_look_up` says so."""
        raise AssertionError(f"BrokerEngine has no look-up of a {requests[0].entity}")

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read a contact or card. Raises `Unreachable`."""
        content = await self._wire.get_object(_path(request))
        if content is not None and content.get("id") != request.remote_id:
            raise _another_record()
        return RemoteRecord(str(content.get("id", "")), None, content) if content else None


def _page(number: int) -> dict[str, str]:
    return {"page": str(number), "page_size": str(PAGE_SIZE)}


def _note(item: object) -> Note | RejectedRecord:
    try:
        return decode(item, Note, _NAME)
    except BadRecord as error:
        return error.aside


def _unknown(kind: str, record_id: str) -> DeskError:
    return DeskError(f"unknown-{kind}", f"BrokerEngine has no {kind.replace('-', ' ')} {record_id}.")


def _another_record() -> Unreachable:
    return Unreachable("bad-answer", "BrokerEngine gave an unusable answer to a request for one record.")


def _path(request: Request) -> str:
    return f"{_COLLECTION[request.entity]}/{segment(request.remote_id or '')}"
