"""A desk in memory for the screens: the same cards, the same replies and the same clock on every run.

It takes the place of `tui.wiring.open_desk`. The book, the engine and the plans are the real ones; what lies outside
the process honours the ports: the cards (`CardSource`), FLEX's catalogue (`Catalogue`), the systems (`Remote`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from core.errors import BookClosed, DeskError, Unreachable
from core.flex.model import (
    Address,
    Applicant,
    BadRecord,
    Card,
    CardSummary,
    CatalogueProduct,
    Extra,
    HeldPerson,
    Person,
    Phones,
    Product,
    Property,
    RejectedRecord,
    Requirements,
    lacks_a_name,
)
from core.flex.ports import CardPapers
from core.flex.records import PushedFields
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.fact_finds import FactFindUseCases
from core.flex.use_cases.links import LinkUseCases
from core.flex.use_cases.notes import NoteUseCases
from core.flex.use_cases.undo import UndoPushUseCases
from core.local_forms import DeskTime, utc_zone
from core.push.caretaker import Archiver, Caretaker
from core.push.duplicate_check import DuplicateChecker
from core.push.engine import Engine
from core.push.live_push import Listener
from core.push.plan import Asset, Entity, System
from core.push.ports import Applied, Lost, NotSent, Outcome, Refused, Remote, RemoteRecord, Request, Trace
from core.systems import display_name
from data.book.book_file import BookFile
from data.configuration.definition import EMBEDDED, Profile, SystemSettings
from data.connections import Connection
from data.maps import shipped_map
from data.settings import Settings
from data.vendors.http.client import LastAnswer, SystemAddress
from data.vendors.http.reply import HttpReply
from tests.support.clipboard import MemoryClipboard
from tests.support.inline_book import InlineBook
from tui.app import DeskApp
from tui.clipboard import Clipboard
from tui.wiring import Desk
from tui.wiring.records import RECORDS

NOW = datetime(2026, 11, 12, 14, 5, tzinfo=UTC).timestamp()
COLLECTION = {
    Entity.PERSON: "contacts",
    Entity.OPPORTUNITY: "opportunities",
    Entity.PROPERTY: "properties",
    Entity.PRODUCT_LINK: "product-links",
}


def said_at(at: Any) -> str:
    return str(at)


utc = DeskTime(utc_zone)


# -- what BrokerEngine holds -------------------------------------------------------------------------------

_BAY = Address("Unit 4", "12 Bay Rd", "Coogee", "2034", "NSW", "Australia")


def person(person_id: str, first: str, last: str | None, **more: Any) -> Person:
    return Person(person_id, first, None, last, **more)


def card(card_id: str, title: str, stage: str, people: Iterable[Person], **more: Any) -> Card:
    more = {"kind": "lead" if stage == "Lead" else "deal", "owner": "m.hale", **more}
    roles = ("Primary Applicant", "Co-Applicant", "Guarantor")
    applicants = tuple(Applicant(role, one) for role, one in zip(roles, people, strict=False))
    return Card(card_id, title, stage=stage, people=applicants, **more)


LINH = person(
    "P-1",
    "Linh",
    "Nguyen",
    email="linh.nguyen@example.com",
    birth_date=datetime(1988, 2, 29, tzinfo=UTC).date(),
    phones=Phones("0491 570 006", "(02) 5550 1234"),
    home_address=_BAY,
    other=(Extra("Employment", "Employer", "Bay Health"),),
)
BAO = person("P-2", "Bao", "Tran", email="bao.tran@example.com", phones=Phones("0491 570 156"))
LOAN = Requirements(
    loan_amount=Decimal("640000.00"),
    loan_term=Decimal(30),
    loan_category="Residential",
    loan_purpose="Refinance",
    objectives="Lower the rate, keep the offset.",
    pre_approval=True,
    split_loan=Decimal("200000.00"),
    fixed_rate=True,
    standard_variable=True,
    principal_and_interest=True,
    interest_only=False,
)
HOUSE = Property(Decimal("900000.00"), "House", "Security", "Owner Occupied", _BAY)
FLEXI = Product("L-1", "Harbour Mutual", "Flexi Home Loan", True, True, True, True)
OFFSET = Product("L-2", "Coolamon Bank", "Offset Package", True, True)
SAVER = Product("L-3", "Harbour Mutual", "Anchor Saver", True, True)
CATALOGUE = (
    CatalogueProduct("1-PR001", "Harbour Mutual", "Flexi Home Loan"),
    CatalogueProduct("1-PR002", "Coolamon Bank", "Offset Package"),
)
_EXTRAS = (
    Extra("Existing loans", "Coolamon Bank", "412000.00"),
    Extra("Assets", "Savings", "42000.00"),
    Extra("Referrer", "Name", "Ferry Road Accounting"),
)


def _small(card_id: str, title: str, stage: str, first: str, last: str | None, **more: Any) -> Card:
    more = {"requirements": Requirements(loan_amount=Decimal(480000), loan_purpose="Purchase"), **more}
    return card(card_id, title, stage, [person(f"P-{card_id[2:]}", first, last)], **more)


CARDS: tuple[Card | RejectedRecord, ...] = (
    card(
        "C-1042",
        "Nguyen, Linh & Tran, Bao",
        "AIP issued",
        [LINH, BAO],
        requirements=LOAN,
        property=HOUSE,
        products=(FLEXI, OFFSET, SAVER),
        other=_EXTRAS,
    ),
    _small("C-1043", "Nguyen Pty Ltd", "Lead", "Minh", "Nguyen"),
    _small("C-1051", "O’Brien-Ng, Maeve", "MIR requested", "Maeve", "O’Brien-Ng"),
    _small("C-1060", "Wang, Mei", "Lead", "Mei", "Wang"),
    _small("C-1066", "Ngata, Hemi", "Formal approval", "Hemi", "Ngata", flex_id="1-6D2QF"),
    _small("C-1071", "Ngo, Anh & Ngo, Thi", "Ready to settle", "Anh", "Ngo"),
    _small("C-1080", "Ångström, Zoë", "Docs outstanding", "Zoë", "Ångström", owner="j.park"),
    _small("C-1088", "Sunny", "Lead", "Sunny", None),
    _small("C-1090", "Cheung, Wai", "Lead", "Wai", "Cheung", owner="j.park"),
    RejectedRecord("BrokerEngine", "C-1091", "requirements.loan_amount", "it isn't a number"),
    _small("C-1093", "Abadi, Nour", "Formal approval", "Nour", "Abadi", owner="s.osei", flex_id="1-6C9XK"),
    _small("C-1097", "Papadopoulou-Konstantinidou, Alexandra-Maria", "Lead", "Alexandra-Maria",
           "Papadopoulou-Konstantinidou"),
)  # fmt: skip


def summary(whole: Card) -> CardSummary:
    return CardSummary(
        whole.id,
        whole.title,
        whole.kind,
        whole.stage,
        whole.owner,
        whole.requirements.loan_purpose,
        tuple(applicant.contact.name for applicant in whole.people),
        whole.flex_id,
        whole.requirements.loan_amount,
        whole.fact_find.flex_integrated if whole.fact_find is not None else None,
        sum(lacks_a_name(one.contact.first_name, one.contact.last_name) for one in whole.people),
    )


class FakeCards:
    """Cards in memory. Honours `core.flex.ports.CardSource`."""

    def writable(self, card_id: str) -> bool:
        return True

    def place(self, card_id: str) -> str:
        return "BrokerEngine"

    def __init__(self, cards: Sequence[Card | RejectedRecord]) -> None:
        self.held = {one.id: one for one in cards}
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.trouble: DeskError | None = None

    async def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        await self.may_answer.wait()
        if self.trouble is not None:
            raise self.trouble
        listed = [one if isinstance(one, RejectedRecord) else summary(one) for one in self.held.values()]
        for start in range(0, len(listed), 500):
            yield listed[start : start + 500]

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:
        if self.trouble is not None:
            raise self.trouble
        held = self.held.get(card_id)
        if held is None:
            raise DeskError("unknown-card", f"There is no card {card_id}.")
        if isinstance(held, RejectedRecord):
            raise BadRecord(held)
        return held, ()

    async def person(self, person_id: str) -> HeldPerson:
        for card in self.held.values():
            for applicant in card.people if isinstance(card, Card) else ():
                if applicant.contact.id == person_id:
                    return HeldPerson(applicant.contact, "BrokerEngine", writable=True)
        raise DeskError("unknown-person", f"There is no person {person_id}.")

    def change(self, card_id: str, **fields: Any) -> None:
        self.held[card_id] = msgspec.structs.replace(self.held[card_id], **fields)


class FakeCatalogue:
    """FLEX's catalogue in memory. Honours `core.flex.ports.Catalogue`."""

    async def of_lender(self, lender: str) -> tuple[CatalogueProduct, ...]:
        return tuple(one for one in CATALOGUE if one.lender == lender)

    def forget_catalogue(self) -> None:
        """Nothing is kept."""


class FakeClock:
    """A clock that does not move until it is set. Honours `core.push.ports.Clock`."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> float:
        return self.at


class FakeRemote:
    """A system in memory. Honours `core.push.ports.Remote`; `replies` says what the next write of a kind meets.

    A reply is `applied` (also where none is given), `lost` (nothing came), `doubled` (it came twice, and no reply),
    `refused`, `wrong-secret`, `down` (the system can't be reached), or `held`: no reply until `release` is set.
    """

    settle = 0.0
    recheck = 0.0

    def __init__(self, system: System, ids: Iterable[int], clock: FakeClock) -> None:
        self.system = system
        self.rows: list[tuple[Entity, RemoteRecord]] = []
        self.replies: defaultdict[Entity, deque[str]] = defaultdict(deque)
        self.blind: set[Entity] = set()
        """Kinds of record that can't be looked up by our reference."""
        self.release = asyncio.Event()
        self.sent: list[Request] = []
        self.names: dict[str, str] = {}
        self._ids = iter(ids)
        self._clock = clock

    async def send(self, request: Request) -> Outcome:
        self.sent.append(request)
        self._clock.at += 1
        replies = self.replies[request.entity]
        reply = replies.popleft() if replies else "applied"
        method = "PUT" if request.entity is Entity.PRODUCT_LINK else "PATCH" if request.remote_id else "POST"
        line = f"{method} /{COLLECTION[request.entity]} · {len(msgspec.json.encode(request.body))} bytes"
        match reply:
            case "refused":
                detail = "ProposedLoanAmount: must not be more than the valuation"
                return Refused("refused", detail, trace=Trace(line, "422 · 118 bytes · 41 ms"))
            case "wrong-secret":
                return NotSent("wrong-secret", "invalid_client", hopeless=True, trace=Trace(line, "401"))
            case "down":
                return NotSent("unreachable", "connection refused", hopeless=True, trace=Trace(line, "none"))
            case "lost":
                return Lost("no-reply", "", trace=Trace(line, "none in 8.0 s"))
            case "doubled":
                self._keep(request)
                self._keep(request)
                return Lost("no-reply", "", trace=Trace(line, "none in 8.0 s"))
            case "held":
                await self.release.wait()
            case _:
                pass
        return Applied(self._keep(request), Trace(line, "201 · 64 bytes · 38 ms"))

    def _keep(self, request: Request) -> str:
        remote_id = request.remote_id or f"1-6E{next(self._ids):03X}"
        self.rows.append((request.entity, RemoteRecord(remote_id, request.ref, request.body)))
        return remote_id

    def can_look_up(self, entity: Entity) -> bool:
        return entity not in self.blind

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        return {
            asked.ref: [row for kind, row in self.rows if kind is asked.entity and row.ref == asked.ref]
            for asked in requests
        }

    async def read(self, request: Request) -> RemoteRecord | None:
        return RemoteRecord(request.remote_id or "", None, {})


class FakeWire:
    """As much of a connection as the top bar asks for."""

    def __init__(self, system: System) -> None:
        self.up = True
        self.name = display_name(system)
        self.address = SystemAddress(system, "http://127.0.0.1:9", "desk", "secret")
        self.last_answer: LastAnswer | None = None

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> HttpReply:
        self.last_answer = LastAnswer(asyncio.get_running_loop().time(), self.up)
        if not self.up:
            raise Unreachable("unreachable", f"{self.name} does not answer.")
        return HttpReply(200, {}, b"{}")


# -- the desk ----------------------------------------------------------------------------------------------


class FakeDesk:
    """Everything a test can set before, and look at while, an app runs on it."""

    def __init__(
        self,
        folder: Path,
        *,
        cards: Sequence[Card | RejectedRecord] = CARDS,
        locked: bool = False,
        trouble: DeskError | None = None,
    ) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.cards = FakeCards(cards)
        ids = count(0x2A0, 7)
        self.flex = FakeRemote(System.FLEX, ids, self.clock)
        self.board = FakeRemote(System.BROKERENGINE, ids, self.clock)
        self.wires = {system: FakeWire(system) for system in (System.BROKERENGINE, System.FLEX)}
        self.trouble = trouble
        self.papers: CardPapers | None = None
        self.before: list[tuple[str, float, dict[Entity, str]]] = []
        self._locked = locked
        self._numbers = count(1)
        self._waits = asyncio.Event()

    def pushed(self, card_id: str, minutes_ago: float, **replies: str) -> FakeDesk:
        """Let a card have been pushed before the app starts; replies by entity: `opportunity="refused"`."""
        by_entity = {Entity(name.replace("_", "-")): reply for name, reply in replies.items()}
        self.before.append((card_id, minutes_ago, by_entity))
        return self

    @asynccontextmanager
    async def open(self, settings: Settings, *, write: bool, listen: Listener) -> AsyncIterator[Desk]:
        """Take the place of `tui.wiring.open_desk`."""
        if self.trouble is not None:
            raise self.trouble
        home = settings.folder
        with_past = InlineBook(BookFile(home, RECORDS, random=bytes))
        await self._live_the_past(with_past)
        book = with_past
        if self._locked:
            with_past.close()
            said = BookClosed(
                "book-locked", "The book is open in process 4711 (j.park, since 12 Nov 2026, 08:58)."
            )
            book = InlineBook(BookFile(home, RECORDS, barred=said, random=bytes))
        desk = self._desk(book)
        engine = None if self._locked else self._engine(book, desk, listen)
        if engine is not None:
            await engine.recover()
        try:
            links, notes, fact_finds = LinkUseCases(desk), NoteUseCases(desk, said_at), FactFindUseCases(desk)
            caretaker = self._caretaker(book, engine) if engine is not None else None
            yield Desk(
                settings,
                book,  # type: ignore[arg-type]  # a book without a thread
                desk,
                notes,
                fact_finds,
                links,
                UndoPushUseCases(desk, undo_days=7),
                engine,
                {
                    system: Connection(wire, SystemSettings())  # type: ignore[arg-type]  # only says whether it answers
                    for system, wire in self.wires.items()
                },
                caretaker=caretaker,
            )
        finally:
            self.flex.release.set()
            if engine is not None:
                await engine.stop(1)
            book.close()

    def _desk(self, book: InlineBook) -> CardUseCases:
        return CardUseCases(
            self.cards,
            FakeCatalogue(),
            book,
            shipped_map(),
            workspace="sandbox",
            operator="m.hale",
            new_id=lambda: f"P{next(self._numbers):04}",
            clock=self.clock,
            papers=self.papers,
        )

    def _engine(self, book: InlineBook, desk: CardUseCases, listen: Listener) -> Engine:
        return Engine(
            book,
            self._remotes,
            self.clock,
            Random(0),
            fresh={Asset.CARD: desk},
            listen=listen,
        )

    def _caretaker(self, book: InlineBook, engine: Engine) -> Caretaker:
        duplicates = DuplicateChecker(book, self._remotes, self.clock, engine)
        return Caretaker(engine, duplicates, Archiver(book, engine, (PushedFields,)))

    @property
    def _remotes(self) -> dict[System, Remote]:
        return {System.FLEX: self.flex, System.BROKERENGINE: self.board}

    async def _live_the_past(self, book: InlineBook) -> None:
        desk = self._desk(book)
        for card_id, minutes_ago, replies in self.before:
            self.clock.at = NOW - 60 * minutes_ago
            for entity, reply in replies.items():
                self.flex.replies[entity].append("lost" if reply == "blind" else reply)
            self.flex.blind = {entity for entity, reply in replies.items() if reply == "blind"}
            engine = self._engine(book, desk, lambda push, steps: None)
            push = await desk.confirm(await desk.preview(card_id), engine)
            await engine.run(push.push_id)
        self.clock.at = NOW


def fake_settings(folder: Path, *, live: bool = False) -> Settings:
    name = "live" if live else EMBEDDED
    there = SystemSettings(url="http://127.0.0.1:1")
    profile = Profile(live=live, named_workspace="sandbox", operator="m.hale", writer="desk", flex=there)
    return Settings(folder, name, profile)


def fake_app(desk: FakeDesk, *, live: bool = False, grace: float = 0.0) -> DeskApp:
    """Give the app on a fake desk."""
    return DeskApp(
        fake_settings(desk.folder, live=live),
        local=utc,
        clock=desk.clock.now,
        grace=grace,
        opener=desk.open,
        clipboard=Clipboard(MemoryClipboard(), None),
    )
