"""Opens everything that one run works with, and closes it in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from random import SystemRandom
from typing import TYPE_CHECKING

from msgspec import Struct, field

from core.automatic.backoff import rest_after
from core.automatic.brake import Brake
from core.automatic.resumption import Resumption
from core.automatic.standing_orders import StandingOrders
from core.diagnostics.changes import keep_changes
from core.erasure import remove_old_plans
from core.errors import BookClosed, DeskError
from core.flex.records import PushedFields
from core.flex.use_cases.cards import CardUseCases
from core.flex.use_cases.fact_finds import FactFindUseCases
from core.flex.use_cases.linking_up import LinkUpUseCases
from core.flex.use_cases.links import LinkUseCases
from core.flex.use_cases.notes import NoteUseCases
from core.flex.use_cases.paste import PasteUseCases
from core.flex.use_cases.undo import UndoPushUseCases
from core.progress import LastProgress
from core.push.caretaker import Archiver, Caretaker
from core.push.duplicate_check import DuplicateChecker
from core.push.engine import Engine
from core.push.live_push import Listener
from core.push.plan import Asset, Plan, System
from core.push.ports import FreshCheck
from core.push.records import Push, StepRecord
from core.receipts.careful_start import CarefulStart
from core.receipts.keeper import ReceiptKeeper
from core.receipts.use_cases import ReceiptUseCases
from data.settings import Settings, not_configured, read_new_contacts
from data.vendors.glance import answers
from data.vendors.http import drift
from tui.wiring.book import WATCH_PATIENCE, client_names, open_book, team_of
from tui.wiring.cards import CardSystems, card_systems, card_use_cases
from tui.wiring.clock import WallClock, desk_time
from tui.wiring.contacts import contact_clients, contact_remotes, contact_use_cases
from tui.wiring.milestones import MilestoneDraft, make_draft, milestone_use_cases
from tui.wiring.receipts import receipt_use_cases
from tui.wiring.systems import contact_systems, flex_systems, reach, warm
from tui.wiring.team.sharing import begin_to_follow, head_start, lease_for, share_credentials

if TYPE_CHECKING:
    from core.contacts.match.known_links import HeldLinks
    from core.contacts.match.live.held import HeldMatch
    from core.contacts.sync.auto_push import AutoPush
    from core.contacts.sync.use_cases import SyncUseCases
    from core.contacts.use_cases import ContactUseCases
    from core.local_forms import DeskTime
    from core.milestones.use_cases import MilestoneUseCases
    from core.overview.model import SystemKnown
    from core.overview.use_cases import OverviewUseCases
    from core.push.ports import Remote
    from core.push.team.ports import TeamBook
    from core.receipts.clients import ClientNames
    from core.reconcile.ports import FlexLists
    from data.connections import Connection
    from data.vendors.http.client import HttpClient
    from tui.wiring.book import OpenBook
    from tui.wiring.practice.desk import Practice

QUIT_PATIENCE = 10.0
"""Seconds that closing the desk waits for a step in flight."""


class Desk(Struct, frozen=True):
    """Everything that one run works with.

    `engine`, `caretaker`, `keeper` and `resumption` are None if the book can only be read. `auto_push` is None if the
    profile does not have the setting. `contacts`, `syncs` and `milestones` are
    None if the profile does not name both contact systems.
    """

    settings: Settings
    book: OpenBook
    flex: CardUseCases
    notes: NoteUseCases
    fact_finds: FactFindUseCases
    links: LinkUseCases
    undo: UndoPushUseCases
    engine: Engine | None
    connections: Mapping[System, Connection]
    contacts: ContactUseCases | None = None
    syncs: SyncUseCases | None = None
    milestones: MilestoneUseCases | None = None
    caretaker: Caretaker | None = None
    receipts: ReceiptUseCases | None = None
    keeper: ReceiptKeeper | None = None
    resumption: Resumption | None = None
    auto_push: AutoPush | None = None
    careful: CarefulStart | None = None
    orders: StandingOrders | None = None
    brake: Brake | None = None
    draft: MilestoneDraft | None = None
    """Where the milestones of a watch write while it looks; None in any other desk."""
    flex_lists: FlexLists | None = None
    """FLEX's records page by page; None in a profile without FLEX."""
    practice: Practice | None = None
    """What only the built-in sandbox offers; None in every other desk, and in the desk of a command."""
    names: ClientNames | None = None
    """For whom the pushes of the book were made; None in a desk without receipts."""
    reading: LastProgress = field(default_factory=LastProgress)
    """How far the reading of the present file of cards has come."""

    @property
    def wires(self) -> dict[System, HttpClient]:
        """The connection to each system, without what the profile says of it."""
        return {system: connection.wire for system, connection in self.connections.items()}

    @property
    def local(self) -> DeskTime:
        """The desk's time: its zone, with the forms of its country."""
        return desk_time(self.settings)

    async def answers(self, system: System) -> bool:
        """Ask a system something small. Return True if it answers and accepts our credentials."""
        return await answers(self.wires[system])

    def last_answer(self, system: System) -> tuple[bool, float] | None:
        """Return whether the last request to a system was answered, and how long ago in seconds; None before one."""
        last = self.wires[system].last_answer
        return None if last is None else (last.works, asyncio.get_running_loop().time() - last.at)

    def known_systems(self) -> tuple[SystemKnown, ...]:
        """Return how the last request to each system ended, without asking any."""
        from core.overview.model import SystemKnown

        now = asyncio.get_running_loop().time()
        known: list[SystemKnown] = []
        for system, wire in self.wires.items():
            last, rate = wire.last_answer, wire.address.rate
            if last is None:
                known.append(SystemKnown(system, None, rate=rate))
            else:
                known.append(SystemKnown(system, last.works, now - last.at, last.took, last.left, rate))
        return tuple(known)

    @property
    def overview(self) -> OverviewUseCases:
        """The use cases of the overview. They keep what they have read, so each reader uses its own."""
        from core.overview.use_cases import OverviewUseCases

        return OverviewUseCases(
            self.book,
            self.local,
            has_cards=self.settings.has_cards,
            has_contacts=self.milestones is not None,
        )

    async def keep_changes(self) -> None:
        """Write down what has changed at the vendors, if the book can be written. Raises `BookClosed`."""
        if self.book.read_only is None:
            await keep_changes(self.book, drift.take(), WallClock().now())

    @property
    def link_up(self) -> LinkUpUseCases:
        """The use cases of linking many cards and people in one go."""
        return LinkUpUseCases(self.flex, self.links)

    @property
    def paste(self) -> PasteUseCases:
        """The use cases of entering a card or a note into FLEX by hand."""
        return PasteUseCases(self.flex, self.links, self.notes)

    @property
    def can_sync(self) -> tuple[ContactUseCases, SyncUseCases]:
        """The use cases of contacts and of the sync. Raises `UsageError` if the profile lacks the contact systems."""
        if self.contacts is None or self.syncs is None:
            raise not_configured(self.settings, System.SIMPLENEXUS)
        return self.contacts, self.syncs

    @property
    def can_watch(self) -> MilestoneUseCases:
        """The use cases of milestones. Raises `UsageError` if the profile lacks the contact systems."""
        if self.milestones is None:
            raise not_configured(self.settings, System.SIMPLENEXUS)
        return self.milestones

    @property
    def can_brake(self) -> Brake:
        """The brake on automatic work."""
        if self.brake is None:
            raise AssertionError("a desk that works by itself has a brake")
        return self.brake

    @property
    def can_push(self) -> Engine:
        """The engine. Raises `BookClosed`, with the reason, if the book can't be written."""
        if self.engine is None:
            raise self.book.read_only or DeskError("read-only", "brokerdesk only reads.")
        return self.engine

    @property
    def can_resume(self) -> Caretaker:
        """The caretaker. Raises `BookClosed`, with the reason, if the book can't be written."""
        if self.caretaker is None:
            raise self.book.read_only or DeskError("read-only", "brokerdesk only reads.")
        return self.caretaker


class KeptOpen(Struct, frozen=True):
    """What a watch keeps from round to round: the connections, and what it knows of pushes that wait for a next try.

    `last_tries` is that of the engine. `match` is the last match of the contacts: a round matches what changed since.
    `links` are those of the kept read of the contacts.
    """

    connections: Mapping[System, Connection]
    resumption: Resumption
    last_tries: dict[str, float]
    match: HeldMatch
    links: HeldLinks


class UndoFreshness:
    """Asks the use cases of the push that is undone. Honours `core.push.ports.FreshCheck`."""

    def __init__(self, of_cards: FreshCheck, of_contacts: FreshCheck) -> None:
        self._of_cards = of_cards
        self._of_contacts = of_contacts

    async def is_fresh(self, plan: Plan) -> bool:
        """Return True if the same values would be put back now. Raises as both use cases do."""
        of_cards = any(step.system is System.FLEX for step in plan.steps)
        return await (self._of_cards if of_cards else self._of_contacts).is_fresh(plan)


@asynccontextmanager
async def open_desk(
    settings: Settings,
    *,
    write: bool,
    listen: Listener = lambda push, steps: None,
    watch: KeptOpen | None = None,
    is_worker: bool = False,
    is_app: bool = False,
) -> AsyncIterator[Desk]:
    """Open the book and the connections; with `write`, also recover the pushes that a crash left unfinished.

    On a team's book the desk shares the rate of each credential with the others, shows what they do, and leaves queued
    pushes to workers for a moment, unless it `is_worker` itself. With `watch` the desk is that of a round: it does not
    wait for the book, uses the connections that are open, and closes soon. If it only reads, its milestones write to
    `Desk.draft`. For an app (`is_app`) the first page of the board is read meanwhile. Raises `UsageError`,
    `Unreachable`, `BookClosed`. The desk only reads if another process has the book open.
    """
    async with AsyncExitStack() as stack:
        book = await open_book(settings, write=write, is_watch=watch is not None)
        stack.callback(book.close)
        if book.read_only is None:
            stack.push_async_callback(_keep_changes, book)
        if watch is None:
            connections = await open_connections(settings, stack)
        else:
            connections = dict(watch.connections)
        team = team_of(book) if watch is None else None
        share_credentials(team, connections)
        systems = await card_systems(settings, connections)
        remotes = dict(systems.remotes)
        cards = await _cards(settings, book, systems, stack, reads_ahead=is_app)
        local = desk_time(settings)
        notes, fact_finds = NoteUseCases(cards, local.moment), FactFindUseCases(cards)
        undo = UndoPushUseCases(cards, undo_days=settings.profile.undo_days)
        fresh: dict[Asset, FreshCheck] = {
            Asset.CARD: cards,
            Asset.FACT_FIND: fact_finds,
            Asset.NOTE: notes,
            Asset.UNDO: undo,
        }
        careful = CarefulStart(book, on=settings.profile.is_careful)
        orders = StandingOrders(book, settings.operator, WallClock())
        brake = Brake(book, settings.profile.at_most, settings.operator, WallClock(), local)
        room = await _open_contacts(
            settings,
            book,
            connections,
            careful,
            watch,
            drafts=watch is not None and not write,
        )
        if room is not None:
            remotes |= room.remotes
            fresh |= {
                Asset.SYNC: room.syncs,
                Asset.SHARE: room.syncs,
                Asset.INVITE: room.syncs,
                Asset.UNDO: UndoFreshness(undo, room.syncs),
                Asset.MILESTONE: room.milestones,
            }
        receipts = await asyncio.to_thread(receipt_use_cases, settings, book, remotes, cards.field_map)
        engine: Engine | None = None
        caretaker, keeper, resumption, auto_push = None, None, None, None
        if book.read_only is None:
            resumption = Resumption(WallClock(), SystemRandom()) if watch is None else watch.resumption
            keeper = ReceiptKeeper(receipts)
            heard, paused = keeper.heard, resumption.heard

            def told(push: Push, steps: Sequence[StepRecord]) -> None:
                listen(push, steps)
                if engine is not None and engine.carries(push.push_id):
                    heard(push)
                    paused(push, steps, engine)

            engine = Engine(
                book,
                remotes,
                WallClock(),
                SystemRandom(),
                fresh=fresh,
                keepers=undo.keepers,
                guards=room.syncs.guard.by_asset if room is not None else None,
                listen=told,
                witness=receipts,
                lasts=lease_for(connections),
                rest=rest_after,
                head_start=head_start(None if is_worker else team),
            )
            if watch is not None:
                engine.last_tries = watch.last_tries
            follow = await _recover(book, engine, team)
            await notes.settle_drafts()
            await undo.forget_old_values()
            if room is not None:
                await room.syncs.forget_old_values()
                await room.syncs.settle_shares()
                if settings.profile.auto_push and watch is None and team is None:
                    auto_push = await _auto_push(room.syncs, engine, orders, brake)
            follow(stack)
            duplicates = DuplicateChecker(book, remotes, WallClock(), engine)
            caretaker = Caretaker(engine, duplicates, Archiver(book, engine, (PushedFields,)))
            _begin_and_end(stack, caretaker, notes, keeper, engine, is_watch=watch is not None)
        yield Desk(
            settings=settings,
            book=book,
            flex=cards,
            notes=notes,
            fact_finds=fact_finds,
            links=LinkUseCases(cards),
            undo=undo,
            engine=engine,
            connections=connections,
            contacts=room.contacts if room is not None else None,
            syncs=room.syncs if room is not None else None,
            milestones=room.milestones if room is not None else None,
            caretaker=caretaker,
            receipts=receipts,
            keeper=keeper,
            resumption=resumption,
            auto_push=auto_push,
            careful=careful,
            orders=orders,
            brake=brake,
            draft=room.draft if room is not None else None,
            flex_lists=systems.lists,
            names=client_names(settings, book),
            reading=systems.reading,
        )


async def _cards(
    settings: Settings, book: OpenBook, systems: CardSystems, stack: AsyncExitStack, *, reads_ahead: bool
) -> CardUseCases:
    """Return the use cases of cards. If wanted, begin to read the board while the rest of the desk is made ready."""
    cards = await card_use_cases(settings, book, systems)
    if reads_ahead and settings.has_cards:
        cards.ahead.begin()
        stack.push_async_callback(cards.ahead.end)
    return cards


async def _sync_use_cases(
    settings: Settings, contacts: ContactUseCases, careful: CarefulStart
) -> SyncUseCases:
    await warm("core.contacts.sync.use_cases")
    from core.contacts.sync.scope import SyncScope
    from core.contacts.sync.use_cases import SyncUseCases

    new, limited = read_new_contacts(settings), settings.profile.scope
    return SyncUseCases(
        contacts,
        new.source,
        careful,
        groups=new.groups,
        defaults=new.defaults,
        scope=SyncScope(limited.owners, limited.groups),
    )


async def _recover(book: OpenBook, engine: Engine, team: TeamBook | None) -> Callable[[AsyncExitStack], None]:
    """Read the unfinished pushes. Return what shows from now on what others do with them. Raises `BookClosed`."""
    await remove_old_plans(book, WallClock().now())
    follow = await begin_to_follow(team, engine)
    await engine.recover()
    return follow


def _begin_and_end(
    stack: AsyncExitStack,
    caretaker: Caretaker,
    notes: NoteUseCases,
    keeper: ReceiptKeeper,
    engine: Engine,
    *,
    is_watch: bool,
) -> None:
    """Begin to archive and to write missing receipts. When `stack` ends, end everything in order."""
    patience = WATCH_PATIENCE if is_watch else QUIT_PATIENCE
    archiving = asyncio.create_task(caretaker.archive(batches=1))
    stack.push_async_callback(_settle_drafts, notes)
    stack.push_async_callback(asyncio.wait, [archiving])
    catching_up = asyncio.create_task(keeper.catch_up())
    stack.push_async_callback(asyncio.wait, [catching_up])
    stack.push_async_callback(keeper.stop, patience)
    if is_watch:  # the next round goes on with the receipts that are missing
        stack.callback(catching_up.cancel)
    stack.push_async_callback(engine.stop, patience)


class OpenContacts(Struct, frozen=True):
    """The contact desk and the milestones of a profile with both contact systems, and their remotes."""

    contacts: ContactUseCases
    syncs: SyncUseCases
    milestones: MilestoneUseCases
    remotes: dict[System, Remote]
    draft: MilestoneDraft | None


async def _open_contacts(
    settings: Settings,
    book: OpenBook,
    connections: Mapping[System, Connection],
    careful: CarefulStart,
    watch: KeptOpen | None,
    *,
    drafts: bool,
) -> OpenContacts | None:
    """Return the contact desk, or None if the profile lacks one of the systems. Raises `UsageError`.

    `watch` is what a watch keeps from round to round. With `drafts` the milestones write to a draft.
    """
    clients = await contact_clients(settings, connections)
    if clients is None:
        return None
    contacts = await contact_use_cases(settings, book, clients, watch=watch)
    await warm("data.inbox")
    syncs = await _sync_use_cases(settings, contacts, careful)
    draft = make_draft(settings, book) if drafts else None
    milestones = await milestone_use_cases(settings, book, clients, contacts, careful, draft)
    return OpenContacts(contacts, syncs, milestones, await contact_remotes(clients, connections), draft)


async def open_connections(settings: Settings, stack: AsyncExitStack) -> dict[System, Connection]:
    """Return a connection to each system of a profile, open until `stack` ends. Raises `UsageError`, `Unreachable`."""
    return await reach(settings, (*flex_systems(settings), *contact_systems(settings)), stack)


async def _auto_push(syncs: SyncUseCases, engine: Engine, orders: StandingOrders, brake: Brake) -> AutoPush:
    await warm("core.contacts.sync.auto_push")
    from core.contacts.sync.auto_push import AutoPush

    return AutoPush(syncs, engine, orders, brake, WallClock(), SystemRandom())


async def _keep_changes(book: OpenBook) -> None:
    """Write down what has changed at the vendors. A book that was closed meanwhile learns it another time."""
    with suppress(BookClosed):
        await keep_changes(book, drift.take(), WallClock().now())


async def _settle_drafts(notes: NoteUseCases) -> None:
    """Delete the drafts of what arrived in this run. A book that was closed meanwhile keeps them until the next."""
    with suppress(BookClosed):
        await notes.settle_drafts()
