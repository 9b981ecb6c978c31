"""Joins BrokerEngine's gateway, the cards in files and FLEX to the use cases of cards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct, field

from core.progress import LastProgress
from core.push.plan import System
from data.settings import Settings, not_configured
from tui.wiring.book import new_push_id, open_book
from tui.wiring.clock import WallClock, desk_time
from tui.wiring.field_maps import read_maps
from tui.wiring.files import column_profiles
from tui.wiring.systems import begin_systems, flex_systems, folder_of_cards, import_folder, warm

if TYPE_CHECKING:
    from core.flex.model import Card, CardSummary, Extra, HeldPerson, RejectedRecord
    from core.flex.ports import CardPapers, CardSource, Catalogue, FlexRecords
    from core.flex.use_cases.cards import CardUseCases
    from core.push.ports import Remote
    from core.reconcile.ports import FlexLists
    from data.connections import Connection
    from data.tables.columns import ColumnAnswers
    from tui.wiring.book import OpenBook


class NoCards:
    """Takes the place of the cards in a profile of the contact desk alone. Refuses every question."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def writable(self, card_id: str) -> bool:  # noqa: ARG002 - the port's form
        """Nothing is written to what is not there."""
        return False

    def place(self, card_id: str) -> str:  # noqa: ARG002 - the port's form
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)

    def summaries(self) -> AsyncIterator[list[CardSummary | RejectedRecord]]:
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:  # noqa: ARG002 - the port's form
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)

    async def person(self, person_id: str) -> HeldPerson:  # noqa: ARG002 - the port's form
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)


class CardSystems(Struct, frozen=True):
    """What the FLEX desk reads from, and the remotes to which the engine writes for the FLEX desk.

    `papers` is None in a profile without cards; `catalogue`, `records` and `lists` without a gateway of FLEX.
    """

    cards: CardSource
    catalogue: Catalogue | None
    papers: CardPapers | None
    records: FlexRecords | None
    remotes: dict[System, Remote]
    lists: FlexLists | None = None
    reading: LastProgress = field(default_factory=LastProgress)
    """How far the reading of the present file of cards, or of the gateway's board, has come."""


def folder_answers(settings: Settings) -> Callable[[], ColumnAnswers]:
    """Return what gives the answers about columns for a profile's folder. Raises `UsageError` if a setting is wrong."""
    from data.cards.known_columns import IMPORTED
    from data.tables.columns import ColumnAnswers
    from data.tables.profiles import given_answers

    profiles = column_profiles(settings)
    chosen = settings.profile.brokerengine
    given = given_answers(chosen.columns if chosen else "", IMPORTED, profiles).given
    zone = desk_time(settings)
    return lambda: ColumnAnswers(given, profiles.all(), zone=zone)


async def card_systems(settings: Settings, ways: Mapping[System, Connection]) -> CardSystems:
    """Return BrokerEngine's gateway, the cards in files and FLEX, as far as the profile names them."""
    if not settings.has_cards:
        return CardSystems(NoCards(settings), None, None, None, {})
    theirs, board = ways.get(System.FLEX), ways.get(System.BROKERENGINE)
    await warm("data.vendors.brokerengine", "data.vendors.flex", "data.cards.combined_source")
    from data.cards.combined_source import CardsBeside
    from data.cards.folder import FolderCards
    from data.vendors.brokerengine import BrokerEngine
    from data.vendors.flex import Flex

    watched = folder_of_cards(settings)
    reading = LastProgress()
    files = FolderCards(
        watched, import_folder(settings), answers=folder_answers(settings), meter_of=reading.meter
    )
    flex = None if theirs is None else Flex(theirs.wire, theirs.settings.settle)
    remotes: dict[System, Remote] = {} if flex is None else {System.FLEX: flex}
    if board is None:
        return CardSystems(files, flex, files, flex, remotes, flex, reading)
    gateway = BrokerEngine(board.wire, board.settings.settle, reading.meter)
    both = CardsBeside(gateway, files)
    return CardSystems(both, flex, both, flex, remotes | {System.BROKERENGINE: gateway}, flex, reading)


async def card_use_cases(settings: Settings, book: OpenBook, systems: CardSystems) -> CardUseCases:
    """Return the use cases of cards. Raises `BrokenMap`, `UsageError`."""
    await warm("core.flex.use_cases.cards", "data.maps")
    from core.flex.use_cases.cards import CardUseCases

    return CardUseCases(
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
        zone=desk_time(settings),
    )


class OpenBoard(Struct, frozen=True):
    """The book, opened for reading, and the systems of cards. Nothing is loaded yet that plans a push."""

    settings: Settings
    book: OpenBook
    systems: CardSystems

    async def use_cases(self) -> CardUseCases:
        """Return the use cases of cards. Raises `BrokenMap`, `UsageError`."""
        return await card_use_cases(self.settings, self.book, self.systems)


@asynccontextmanager
async def open_board(settings: Settings) -> AsyncIterator[OpenBoard]:
    """Open the book for reading and the systems of cards alone. Raises `UsageError`, `Unreachable`, `BookClosed`."""
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(begin_systems, settings)
        book = await open_book(settings, write=False)
        stack.callback(book.close)
        from tui.wiring.team.sharing import reach_with

        connections = await reach_with(book, settings, flex_systems(settings), stack)
        yield OpenBoard(settings, book, await card_systems(settings, connections))
