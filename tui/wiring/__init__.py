"""The one place that joins data to core: from settings to a desk with its book, its remotes and its engine.

The type checker compares each adapter with its port here. Modules that are not needed before the first screen are
imported in a thread by `warm` and then by a plain import, which the type checker can follow.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from msgspec import Struct

from core.erasure import remove_old_plans
from core.errors import BookClosed, DeskError, UsageError
from core.flex.records import PushedFields
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.fact_finds import FactFindUseCases
from core.flex.use_cases.links import LinkUseCases
from core.flex.use_cases.notes import NoteUseCases, say_time
from core.push.caretaker import Caretaker
from core.push.engine import Engine
from core.push.live_push import Listener
from core.push.plan import Asset, System
from data.settings import (
    Settings,
    find_home,
    load_settings,
    not_configured,
    read_one_way,
    read_ties,
)
from data.synced_folder import refuse_synced

if TYPE_CHECKING:
    from core.contacts.sync.use_cases import SyncUseCases
    from core.contacts.use_cases import ContactUseCases
    from core.flex.field_map.model import FieldMap
    from core.flex.field_map.operator_map import Maps
    from core.flex.model import Card, CardSummary, CatalogueProduct, Extra, RejectedRecord
    from core.flex.ports import CardPapers, CardSource, Catalogue, FlexRecords
    from core.milestones.use_cases import MilestoneUseCases
    from core.push.ports import FreshCheck, Remote
    from data.book.book import TinyBook
    from data.connections import Connection
    from data.vendors.http.client import HttpClient
    from data.vendors.simplenexus.client import SimpleNexus
    from data.vendors.total_expert.client import TotalExpert
from tui.wiring.records import RECORDS
from tui.wiring.systems import (
    CONTACT_SYSTEMS,
    contact_systems,
    flex_systems,
    import_folder,
    in_home,
    inbox_folder,
    reach,
    warm,
)

QUIT_PATIENCE = 10.0
"""Seconds that leaving the desk waits for a step in flight."""


class WallClock:
    """The machine's clock."""

    def now(self) -> float:
        """Give seconds since 1970, UTC."""
        return time.time()


def local_time(at: float) -> datetime:
    """Give seconds since 1970 as the machine's local time."""
    return datetime.fromtimestamp(at).astimezone()


class NoCards:
    """Takes the place of the cards and of FLEX's catalogue in a profile without them. Refuses every question."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def writable(self, card_id: str) -> bool:  # noqa: ARG002 - the port's form
        """Nothing is written to what is not there."""
        return False

    def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:  # noqa: ARG002 - the port's form
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)

    async def of_lender(self, lender: str) -> tuple[CatalogueProduct, ...]:  # noqa: ARG002 - the port's form
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)


class Desk(Struct, frozen=True):
    """Everything one run of the desk works with.

    `engine` is None where the book can only be read, `contacts` where the profile does not name both contact systems.
    """

    settings: Settings
    book: TinyBook
    flex: CardUseCases
    notes: NoteUseCases
    fact_finds: FactFindUseCases
    links: LinkUseCases
    engine: Engine | None
    wires: dict[System, HttpClient]
    contacts: ContactUseCases | None = None
    syncs: SyncUseCases | None = None
    milestones: MilestoneUseCases | None = None
    caretaker: Caretaker | None = None

    async def answers(self, system: System) -> bool:
        """Say whether a system can be reached and takes our credentials."""
        return await self.wires[system].answers()

    @property
    def can_sync(self) -> tuple[ContactUseCases, SyncUseCases]:
        """Give the contact desk and its sync. Raises `UsageError` where the profile names no contact systems."""
        if self.contacts is None or self.syncs is None:
            raise not_configured(self.settings, System.SIMPLENEXUS)
        return self.contacts, self.syncs

    @property
    def can_watch(self) -> MilestoneUseCases:
        """Give the milestones. Raises `UsageError` where the profile names no contact systems."""
        if self.milestones is None:
            raise not_configured(self.settings, System.SIMPLENEXUS)
        return self.milestones

    @property
    def can_push(self) -> Engine:
        """Give the engine. Raises `BookClosed` saying why the book can't be written."""
        if self.engine is None:
            raise self.book.read_only or DeskError("read-only", "This desk only reads.")
        return self.engine


def settings_of(home: str | None, profile: str | None) -> Settings:
    """Read the settings that the command line asks for. Raises `UsageError`."""
    return load_settings(find_home(home), profile)


def own_map_file(settings: Settings) -> Path:
    """Say where a profile's own field map is or would be."""
    from data.maps import own_file

    return own_file(settings)


def read_maps(settings: Settings, file: str | Path | None = None) -> Maps:
    """Read the field map a profile uses, or would with another own file. Raises `BrokenMap`, `UsageError`."""
    from data import maps

    return maps.read_maps(settings) if file is None else maps.read_own_map(Path(file).expanduser().absolute())


def shipped_map() -> FieldMap:
    """Give the field map that ships with the desk."""
    from data import maps

    return maps.shipped_map()


def start_own_map(file: Path) -> bool:
    """Make an own map of the commented template; False where there is one already. Raises `UsageError`."""
    from data import maps

    return maps.start_own_map(file)


@asynccontextmanager
async def open_desk(
    settings: Settings, *, write: bool, listen: Listener = lambda push, steps: None
) -> AsyncIterator[Desk]:
    """Open the book and the way to the systems; with `write`, take up what a crash left.

    Raises `UsageError`, `Unreachable`, `BookClosed`. Where somebody else has the book open the desk is read-only.
    """
    async with AsyncExitStack() as stack:
        book = await open_book(settings, write=write)
        stack.callback(book.close)
        wanted = (*await flex_systems(settings), *contact_systems(settings))
        ways = await reach(settings, wanted, stack)
        systems = await _card_systems(settings, ways)
        remotes = dict(systems.remotes)
        desk = CardUseCases(
            systems.cards,
            systems.catalogue,
            book,
            (await asyncio.to_thread(read_maps, settings)).in_use,
            workspace=settings.profile.workspace,
            operator=settings.operator,
            new_id=new_push_id,
            clock=WallClock(),
            papers=systems.papers,
            records=systems.records,
        )
        notes, fact_finds = NoteUseCases(desk, say_time(local_time)), FactFindUseCases(desk)
        contacts, syncs, milestones = None, None, None
        fresh: dict[Asset, FreshCheck] = {
            Asset.CARD: desk,
            Asset.FACT_FIND: fact_finds,
            Asset.NOTE: notes,
        }
        if clients := await _contact_clients(ways):
            contacts = await _contact_desk(settings, book, clients)
            remotes |= await _contact_remotes(clients, ways)
            await warm("core.contacts.sync.use_cases")
            from core.contacts.sync.use_cases import SyncUseCases

            syncs = SyncUseCases(contacts, clients.total_expert.source)
            fresh |= {Asset.SYNC: syncs, Asset.SHARE: syncs, Asset.UNDO: syncs}
            milestones = await _milestone_desk(settings, book, clients, contacts)
            fresh[Asset.MILESTONE] = milestones
        engine, caretaker = None, None
        if book.read_only is None:
            engine = Engine(
                book,
                remotes,
                WallClock(),
                SystemRandom(),
                fresh=fresh,
                listen=listen,
            )
            await remove_old_plans(book, WallClock().now())
            await engine.recover()
            if syncs is not None:
                await syncs.forget_old_values()
            caretaker = Caretaker(book, engine, (PushedFields,))
            caring = asyncio.create_task(_care(caretaker))
            stack.push_async_callback(asyncio.wait, [caring])
            stack.push_async_callback(engine.stop, QUIT_PATIENCE)
        wires = {system: way.wire for system, way in ways.items()}
        links = LinkUseCases(desk)
        yield Desk(
            settings,
            book,
            desk,
            notes,
            fact_finds,
            links,
            engine,
            wires,
            contacts,
            syncs,
            milestones,
            caretaker,
        )


async def _care(caretaker: Caretaker) -> None:
    """Archive a few of the pushes that are over; a book that can't be written says so wherever it is used."""
    with suppress(BookClosed):
        await caretaker.run(batches=1)


@asynccontextmanager
async def open_contacts(
    settings: Settings, same_email_other_name: str = "", *, write: bool = False
) -> AsyncIterator[ContactUseCases]:
    """Open the book and the way to the two contact systems alone; the profile may lack the FLEX desk's.

    `same_email_other_name` takes the place of the profile's where it is given.

    Raises `UsageError` where it does not say where one of the two is, `Unreachable`, `BookClosed`.
    """
    async with AsyncExitStack() as stack:
        book = await open_book(settings, write=write)
        stack.callback(book.close)
        clients = await _contact_clients(await reach(settings, CONTACT_SYSTEMS, stack))
        if clients is None:
            raise AssertionError("both were asked for")
        yield await _contact_desk(settings, book, clients, same_email_other_name)


async def open_book(settings: Settings, *, write: bool) -> TinyBook:
    """Open a profile's book with every kind of record. Raises `BookClosed`, `UsageError`."""
    if settings.profile.book != "tinydb":
        raise UsageError("no-such-book", "Only the book “tinydb” is there.")
    if write:
        await asyncio.to_thread(refuse_synced, settings.home)
    await warm("data.book.book")
    from data.book import book

    return await asyncio.to_thread(
        book.open_book, settings.folder, RECORDS, operator=settings.operator, write=write
    )


def new_push_id() -> str:
    """Make the id of a push: its time first, so that ids sort as pushes do, then chance."""
    return f"P{int(time.time() * 1000):011x}{secrets.token_hex(3)}"


class CardSystems(Struct, frozen=True):
    """What the FLEX desk reads from, and the remotes to which the engine writes for the FLEX desk.

    `papers` is None without a gateway, `records` without FLEX.
    """

    cards: CardSource
    catalogue: Catalogue
    papers: CardPapers | None
    records: FlexRecords | None
    remotes: dict[System, Remote]


async def _card_systems(settings: Settings, ways: Mapping[System, Connection]) -> CardSystems:
    """Return BrokerEngine's gateway, the cards in files and FLEX, as far as the profile names them."""
    theirs, board = ways.get(System.FLEX), ways.get(System.BROKERENGINE)
    if theirs is None:
        nothing = NoCards(settings)
        return CardSystems(nothing, nothing, None, None, {})
    await warm("data.vendors.brokerengine", "data.vendors.flex", "data.cards.combined_source")
    from data.cards.combined_source import CardsBeside
    from data.cards.folder import FolderCards
    from data.vendors.brokerengine import BrokerEngine
    from data.vendors.flex import Flex

    chosen = settings.profile.brokerengine
    watched = in_home(settings, chosen.folder) if chosen and chosen.folder else None
    files = FolderCards(watched, import_folder(settings))
    flex = Flex(theirs.wire, theirs.settings.settle)
    if board is None:
        return CardSystems(files, flex, None, flex, {System.FLEX: flex})
    gateway = BrokerEngine(board.wire, board.settings.settle)
    both = CardsBeside(gateway, files)
    return CardSystems(both, flex, both, flex, {System.FLEX: flex, System.BROKERENGINE: gateway})


class ContactClients(Struct, frozen=True):
    """The typed clients of the two contact systems: reading goes through them, and so does writing."""

    simplenexus: SimpleNexus
    total_expert: TotalExpert


async def _contact_clients(ways: Mapping[System, Connection]) -> ContactClients | None:
    """Return the clients of both contact systems; None if the profile lacks one of the systems."""
    ours, theirs = ways.get(System.SIMPLENEXUS), ways.get(System.TOTAL_EXPERT)
    if ours is None or theirs is None:
        return None
    await warm("data.vendors.simplenexus.client", "data.vendors.total_expert.client")
    from data.vendors.simplenexus.client import SimpleNexus
    from data.vendors.total_expert.client import TotalExpert

    return ContactClients(SimpleNexus(ours.wire), TotalExpert(theirs.wire, theirs.settings.source))


async def _contact_remotes(
    clients: ContactClients, ways: Mapping[System, Connection]
) -> dict[System, Remote]:
    """Return both contact systems as remotes of the engine."""
    await warm("data.vendors.simplenexus.writes", "data.vendors.total_expert.writes")
    from data.vendors.simplenexus.writes import SimpleNexusWrites
    from data.vendors.total_expert.writes import TotalExpertWrites

    settle = {system: ways[system].settings.settle for system in CONTACT_SYSTEMS}
    return {
        System.SIMPLENEXUS: SimpleNexusWrites(clients.simplenexus, settle[System.SIMPLENEXUS]),
        System.TOTAL_EXPERT: TotalExpertWrites(clients.total_expert, settle[System.TOTAL_EXPERT]),
    }


async def _contact_desk(
    settings: Settings, book: TinyBook, clients: ContactClients, same_email: str = ""
) -> ContactUseCases:
    """Return the contact desk with the profile's settings. Raises `UsageError`."""
    await warm(
        "core.contacts.use_cases",
        "data.vendors.simplenexus.contact_source",
        "data.vendors.total_expert.contact_source",
    )
    from core.contacts.match.rule import SameEmail
    from core.contacts.use_cases import ContactSettings, ContactUseCases
    from data.vendors.simplenexus.contact_source import SimpleNexusContactSource
    from data.vendors.total_expert.contact_source import TotalExpertContactSource

    profile = settings.profile
    terms = ContactSettings(
        profile.workspace,
        settings.operator,
        SameEmail(same_email or profile.same_email_other_name),
        await asyncio.to_thread(read_one_way, settings),
        read_ties(settings),
        profile.writes,
        profile.auto_push,
        profile.undo_days,
    )
    return ContactUseCases(
        SimpleNexusContactSource(clients.simplenexus),
        TotalExpertContactSource(clients.total_expert),
        book,
        terms,
        new_push_id,
        WallClock(),
    )


async def _milestone_desk(
    settings: Settings, book: TinyBook, clients: ContactClients, contacts: ContactUseCases
) -> MilestoneUseCases:
    """Return the milestones with the profile's settings.

    The contact desk's links say to which contact an application belongs. Raises `UsageError` for a milestone map that
    can't be used.
    """
    await warm(
        "core.milestones.use_cases",
        "data.inbox",
        "data.maps.milestones",
        "data.vendors.simplenexus.applications",
        "data.vendors.total_expert.insights",
        "data.vendors.linked_people",
    )
    from core.milestones.gather import MilestoneSettings
    from core.milestones.ports import Outside
    from core.milestones.use_cases import MilestoneUseCases
    from data.inbox import Inbox
    from data.maps.milestones import read_milestones
    from data.vendors.linked_people import LinkedPeople
    from data.vendors.simplenexus.applications import SimpleNexusApplications
    from data.vendors.total_expert.insights import TotalExpertInsights

    clock, profile = WallClock(), settings.profile
    outside = Outside(
        SimpleNexusApplications(clients.simplenexus, clock),
        TotalExpertInsights(clients.total_expert),
        LinkedPeople(book, clients.total_expert, lambda: contacts.last, clock),
        Inbox(inbox_folder(settings)),
    )
    field_map = await asyncio.to_thread(read_milestones, settings)
    terms = MilestoneSettings(profile.workspace, settings.operator, field_map, profile.writes)
    return MilestoneUseCases(outside, book, terms, new_push_id, clock, keeps=book.read_only is None)
