"""The one place that joins data to core: from settings to a desk with its book, its remotes and its engine."""

from __future__ import annotations

import asyncio
import importlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from types import ModuleType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from core.contacts.decisions import Judged
from core.contacts.synced import Synced
from core.errors import DeskError, UsageError
from core.flex.checklist import Tick
from core.flex.desk import FlexDesk
from core.flex.fact_finds import FactFindDesk
from core.flex.linking import LinkDesk
from core.flex.note_plan import NoteSent
from core.flex.notes import NoteDesk, say_time
from core.flex.products import SameProduct
from core.flex.since import Copied
from core.forget import let_go_of_plans
from core.push.engine import Engine, Fresh
from core.push.live import Listener
from core.push.plan import Asset, System
from data.health_cloud import refuse_synced
from data.settings import (
    Profile,
    Settings,
    SystemSettings,
    find_home,
    load_settings,
    login_name,
    read_one_way,
    read_ties,
    secret_variable,
)

if TYPE_CHECKING:
    from core.contacts.desk import ContactDesk
    from core.contacts.matching import Matched
    from core.contacts.sync import SyncDesk
    from core.flex.fieldmap import FieldMap
    from core.flex.nouns import Card, CardSummary, Extra, SetAside
    from core.flex.own_map import Maps
    from core.flex.ports import CardSource
    from core.health import Finding
    from core.milestones.desk import MilestoneDesk
    from core.push.ports import Remote
    from data.book.book import TinyBook
    from data.files.reading import Misfit
    from data.files.store import Import
    from data.new_profile import Tried
    from data.reach import Reach
    from data.vendors.drift import Drifted
    from data.vendors.gateway_check import Checked
    from data.vendors.simplenexus import SimpleNexus
    from data.vendors.total_expert import TotalExpert
    from data.vendors.wire import Wire

CONTACT_SYSTEMS = (System.SIMPLENEXUS, System.TOTAL_EXPERT)
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
    """Stands for the board and FLEX in a profile that has the contact desk alone: whatever is asked, it says so."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def writable(self, card_id: str) -> bool:  # noqa: ARG002 - the port's form
        """Nothing is written to what is not there."""
        return False

    def summaries(self) -> AsyncIterator[list[CardSummary | SetAside]]:
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)

    async def card(self, card_id: str) -> tuple[Card, tuple[Extra, ...]]:  # noqa: ARG002 - the port's form
        """Raise `UsageError`."""
        raise not_configured(self._settings, System.FLEX)


class Desk(Struct, frozen=True):
    """Everything one run of the desk works with.

    `engine` is None where the book can only be read, `contacts` where the profile does not name both contact systems.
    """

    settings: Settings
    book: TinyBook
    flex: FlexDesk
    notes: NoteDesk
    fact_finds: FactFindDesk
    links: LinkDesk
    engine: Engine | None
    wires: dict[System, Wire]
    contacts: ContactDesk | None = None
    syncs: SyncDesk | None = None
    milestones: MilestoneDesk | None = None

    async def answers(self, system: System) -> bool:
        """Say whether a system can be reached and takes our credentials."""
        return await self.wires[system].answers()

    @property
    def can_sync(self) -> tuple[ContactDesk, SyncDesk]:
        """Give the contact desk and its sync. Raises `UsageError` where the profile names no contact systems."""
        if self.contacts is None or self.syncs is None:
            raise not_configured(self.settings, System.SIMPLENEXUS)
        return self.contacts, self.syncs

    @property
    def can_watch(self) -> MilestoneDesk:
        """Give the milestones. Raises `UsageError` where the profile names no contact systems."""
        if self.milestones is None:
            raise not_configured(self.settings, System.SIMPLENEXUS)
        return self.milestones

    @property
    def can_push(self) -> Engine:
        """Give the engine. Raises `BookClosed` saying why the book can't be written."""
        if self.engine is None:
            raise self.book.read_only or DeskError(
                "read-only", "This desk only reads.", "Open it for writing."
            )
        return self.engine


def not_configured(settings: Settings, system: System) -> UsageError:
    """Give the error of a profile that does not say where a system is."""
    return UsageError(
        "not-configured",
        f"Profile “{settings.name}” does not say where {system} is.",
        f"Set url in [profiles.{settings.name}.{system.replace('-', '_')}] of {settings.home / 'config.toml'}.",
    )


def settings_of(home: str | None, profile: str | None) -> Settings:
    """Read the settings that the command line asks for. Raises `UsageError`."""
    return load_settings(find_home(home), profile)


def own_map_file(settings: Settings) -> Path:
    """Say where a profile's own field map is or would be."""
    from data.maps import own_file  # noqa: PLC0415 - not needed before the first screen is painted

    return own_file(settings)


def read_maps(settings: Settings, file: str | Path | None = None) -> Maps:
    """Read the field map a profile uses, or would with another own file. Raises `BrokenMap`, `UsageError`."""
    from data import maps  # noqa: PLC0415

    return maps.read_maps(settings) if file is None else maps.read_own_map(Path(file).expanduser().absolute())


def shipped_map() -> FieldMap:
    """Give the field map that ships with the desk."""
    from data import maps  # noqa: PLC0415

    return maps.shipped_map()


def start_own_map(file: Path) -> bool:
    """Make an own map of the commented template; False where there is one already. Raises `UsageError`."""
    from data import maps  # noqa: PLC0415

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
        wanted = (*await _flex_systems(settings), *_contact_systems(settings))
        ways = await _reach(settings, wanted, stack)
        vendors = await _load("data.vendors.brokerengine", "data.vendors.flex")
        remotes: dict[System, Remote] = {}
        flex: Any = None
        if way := ways.get(System.FLEX):
            remotes[System.FLEX] = flex = vendors[1].Flex(way.wire, way.settings.settle)
        gateway = None
        if board := ways.get(System.BROKERENGINE):
            gateway = vendors[0].BrokerEngine(board.wire, board.settings.settle)
            remotes[System.BROKERENGINE] = gateway
        files = await _files(settings) if flex is not None else NoCards(settings)
        beside = gateway and (await _load("data.files.beside"))[0].CardsBeside(gateway, files)
        desk = FlexDesk(
            beside or files,
            flex,
            book,
            (await asyncio.to_thread(read_maps, settings)).in_use,
            workspace=settings.profile.workspace,
            operator=settings.operator,
            new_id=new_push_id,
            clock=WallClock(),
            papers=beside,
            records=flex,
        )
        notes, fact_finds = NoteDesk(desk, say_time(local_time)), FactFindDesk(desk)
        contacts, syncs, milestones = None, None, None
        fresh: dict[Asset, Fresh] = {
            Asset.CARD: desk.is_fresh,
            Asset.FACT_FIND: fact_finds.is_fresh,
            Asset.NOTE: notes.is_fresh,
        }
        if clients := await _contact_clients(ways):
            contacts = await _contact_desk(settings, book, clients)
            remotes |= await _contact_remotes(clients, ways)
            syncs = (await _load("core.contacts.sync"))[0].SyncDesk(contacts, clients.total_expert.source)
            fresh[Asset.SYNC], fresh[Asset.SHARE] = syncs.is_fresh, syncs.is_fresh_share
            fresh[Asset.UNDO] = syncs.is_fresh_undo
            milestones = await _milestone_desk(settings, book, clients, contacts)
            fresh[Asset.MILESTONE] = milestones.is_fresh
        engine = None
        if book.read_only is None:
            engine = Engine(
                book,
                remotes,
                WallClock(),
                SystemRandom(),
                fresh=fresh,
                listen=listen,
            )
            await let_go_of_plans(book, WallClock().now())
            await engine.recover()
            if syncs is not None:
                await syncs.forget_old_values()
            stack.push_async_callback(engine.stop, QUIT_PATIENCE)
        wires = {system: way.wire for system, way in ways.items()}
        links = LinkDesk(desk)
        yield Desk(settings, book, desk, notes, fact_finds, links, engine, wires, contacts, syncs, milestones)


@asynccontextmanager
async def open_contacts(
    settings: Settings, same_email_other_name: str = "", *, write: bool = False
) -> AsyncIterator[ContactDesk]:
    """Open the book and the way to the two contact systems alone; the profile may lack the FLEX desk's.

    `same_email_other_name` takes the place of the profile's where it is given.

    Raises `UsageError` where it does not say where one of the two is, `Unreachable`, `BookClosed`.
    """
    async with AsyncExitStack() as stack:
        book = await open_book(settings, write=write)
        stack.callback(book.close)
        clients = await _contact_clients(await _reach(settings, CONTACT_SYSTEMS, stack))
        if clients is None:
            raise AssertionError("both were asked for")
        yield await _contact_desk(settings, book, clients, same_email_other_name)


async def open_book(settings: Settings, *, write: bool) -> TinyBook:
    """Open a profile's book. Raises `BookClosed`, `UsageError`."""
    if settings.profile.book != "tinydb":
        raise UsageError(
            "no-such-book", "Only the book “tinydb” is there.", 'Set book = "tinydb" in the profile.'
        )
    if write:
        await asyncio.to_thread(refuse_synced, settings.home)
    book, milestones = await _load("data.book.book", "core.milestones.taken")
    opened: TinyBook = await asyncio.to_thread(
        book.open_book,
        settings.folder,
        operator=settings.operator,
        write=write,
        kinds=(*book.KINDS, Copied, Judged, NoteSent, SameProduct, Synced, Tick, *milestones.RECORDS),
    )
    return opened


def new_push_id() -> str:
    """Make the id of a push: its time first, so that ids sort as pushes do, then chance."""
    return f"P{int(time.time() * 1000):011x}{secrets.token_hex(3)}"


def import_folder(settings: Settings) -> Path:
    """Give the folder where a profile's imported cards are kept."""
    return settings.folder / "cards"


def read_import(settings: Settings, file: Path) -> Import:
    """Read a file of cards that is to be imported into a profile. Raises `UsageError` where it can't be read."""
    from data.files import store  # noqa: PLC0415 - for this command only

    refuse_synced(settings.home)
    return store.read_import(file, import_folder(settings))


def match_files(
    simplenexus: Path, total_expert: Path, same_email_other_name: str
) -> tuple[Matched, tuple[Sequence[Misfit], Sequence[Misfit]]]:
    """Match two files of contacts; gives what did not fit in either too. Raises `UsageError`."""
    from core.contacts.matching import match  # noqa: PLC0415 - for this command only
    from core.contacts.nouns import Kind  # noqa: PLC0415
    from core.contacts.rule import SameEmail, Terms  # noqa: PLC0415
    from data.files.contacts import read_contacts  # noqa: PLC0415

    ours, theirs = read_contacts(simplenexus, Kind.BORROWER), read_contacts(total_expert)
    matched = match(ours.contacts, theirs.contacts, Terms(SameEmail(same_email_other_name)))
    return matched, (ours.misfits, theirs.misfits)


def write_rows(path: Path, rows: Iterable[Any]) -> int:
    """Write one JSON value a line to a file readable by its owner alone. Raises `UsageError`."""
    from data.files import contacts  # noqa: PLC0415

    return contacts.write_rows(path, rows)


def tell_about(at: float) -> dict[str, Any]:
    """Give the versions of what runs, as a support bundle holds them."""
    from data import bundle  # noqa: PLC0415 - for this command only

    return bundle.about(at)


def tell_settings(settings: Settings) -> dict[str, Any]:
    """Give a profile's settings without a name or a secret in them."""
    from data import bundle  # noqa: PLC0415

    return bundle.settings_told(settings)


def tell_files(settings: Settings) -> dict[str, Any]:
    """Give sizes and modes of the files of a profile's book."""
    from data import bundle  # noqa: PLC0415

    return bundle.files_told(settings.folder)


def tell_drift() -> tuple[Drifted, ...]:
    """Give where the vendors' records were other than described, as far as this process read them."""
    from data.vendors import drift  # noqa: PLC0415

    return drift.told()


def write_bundle(path: Path, parts: Mapping[str, Any]) -> None:
    """Write a support bundle, readable by its owner alone. Raises `UsageError`."""
    from data import bundle  # noqa: PLC0415

    bundle.write_bundle(path, parts)


def imported_lines(settings: Settings, card_id: str) -> int:
    """Say in how many lines of a profile's imported cards a card stands."""
    from data.files import store  # noqa: PLC0415 - for this command only

    return store.lines_of(import_folder(settings), card_id)


def forget_imported(settings: Settings, card_id: str) -> None:
    """Take a card out of a profile's imported cards. Raises `UsageError`."""
    from data.files import store  # noqa: PLC0415

    store.forget_card(import_folder(settings), card_id)


def csv_bytes(names: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Give rows as CSV in which nothing is a formula."""
    from data.files import private  # noqa: PLC0415 - for this command only

    return private.csv_bytes(names, rows)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read. Raises `UsageError`."""
    from data.files import private  # noqa: PLC0415

    private.write_private(path, content)


def secret_in_environment(system: System) -> str:
    """Give a system's secret where the environment holds it, else ""."""
    return os.environ.get(secret_variable(system), "")


async def check_gateway(system: System, url: str, client_id: str, secret: str) -> Checked:
    """Hold a gateway against our contract, on records of the check's own making. Raises `UsageError`."""
    from data.vendors import gateway_check, wire  # noqa: PLC0415 - for this command only

    way = wire.Wire(wire.Address(system, url, client_id, secret))
    try:
        return await gateway_check.check_gateway(way, secrets.token_hex(5))
    finally:
        await way.close()


def webhook_path() -> str:
    """Give the path at which the listener takes webhooks."""
    from data import listener  # noqa: PLC0415 - for this command only

    return listener.PATH


async def listen(settings: Settings, host: str, port: int, when_ready: Callable[[str, int], None]) -> None:
    """Take webhooks into a profile's inbox until told to end. Raises `UsageError`, `DeskError` (port-in-use)."""
    from data import inbox, listener  # noqa: PLC0415 - for this command only
    from data.settings import find_listen_secret  # noqa: PLC0415

    await asyncio.to_thread(refuse_synced, settings.home)
    secret = await asyncio.to_thread(find_listen_secret, settings)
    await listener.listen(host, port, inbox.Inbox(inbox_folder(settings)), secret, when_ready)


def inbox_folder(settings: Settings) -> Path:
    """Give the folder of the file in which a profile's webhooks wait."""
    return settings.folder / "inbox"


# -- going live ----------------------------------------------------------------------------------------------


async def examine(settings: Settings, wires: Mapping[System, Wire] | None = None) -> list[Finding]:
    """Look at a profile's settings, systems, book and files; gives what was found. Changes nothing.

    `wires` are the ways of a desk that is open; without them they are made, and Total Expert's kept token is used.
    """
    judge, systems, look = await _load("core.health", "core.health_systems", "data.health")
    findings: list[Finding] = await _judge_settings(settings)
    async with AsyncExitStack() as stack:
        found = dict(wires) if wires is not None else await _each_wire(settings, findings, stack)
        for seen in await asyncio.gather(*(look.look_at(wire) for wire in found.values())):
            findings += systems.judge_system(seen)
    reading: DeskError | None = None
    try:
        (await open_book(settings, write=False)).close()
    except DeskError as error:
        reading = error
    findings += judge.judge_book(await asyncio.to_thread(look.look_at_book, settings, reading))
    findings += judge.judge_files(await asyncio.to_thread(look.look_at_files, settings))
    ordered: list[Finding] = judge.in_order(findings)
    return ordered


async def _each_wire(
    settings: Settings, findings: list[Finding], stack: AsyncExitStack
) -> dict[System, Wire]:
    """Make the way to each system of a profile; one that can't be made is a finding, and the others go on."""
    (judge,) = await _load("core.health")
    found: dict[System, Wire] = {}
    try:
        wanted = (*await _flex_systems(settings), *_contact_systems(settings))
        if settings.embedded:
            return {system: way.wire for system, way in (await _reach(settings, wanted, stack)).items()}
    except DeskError as error:
        findings.append(judge.bad(judge.SETTINGS, error))
        return found
    for system in wanted:
        try:
            found[system] = (await _reach(settings, [system], stack))[system].wire
        except DeskError as error:
            findings.append(judge.bad(system.value, error))
    return found


async def _judge_settings(settings: Settings) -> list[Finding]:
    """Say what is to be said of a profile's own words, and of the files that it names."""
    (judge,) = await _load("core.health")
    findings: list[Finding] = []
    for read in (read_one_way, read_ties, read_maps):
        try:
            await asyncio.to_thread(read, settings)
        except DeskError as error:
            findings.append(judge.bad(judge.SETTINGS, error))
    chosen = settings.profile.brokerengine
    if chosen is not None and chosen.folder and not _in_home(settings, chosen.folder).is_dir():
        missing = UsageError(
            "no-folder",
            f"There is no folder {_in_home(settings, chosen.folder)}.",
            f"Make it, or correct folder in {settings.home / 'config.toml'}.",
        )
        findings.append(judge.bad(System.BROKERENGINE.value, missing))
    contacts = () if settings.embedded else _contact_systems(settings)
    return [
        *judge.judge_settings(settings.name, live=settings.profile.live, writes=settings.profile.writes),
        *judge.judge_pair(contacts),
        *findings,
    ]


def who_is_logged_in() -> str:
    """Give the name that whoever runs this is logged in by."""
    return login_name()


def system_name(system: System) -> str:
    """Give a system's name as people know it."""
    from data.vendors.wire import NAMES  # noqa: PLC0415 - for these commands only

    return NAMES[system]


def secret_variable_of(system: System) -> str:
    """Name the environment variable that can hold a system's secret."""
    return secret_variable(system)


def check_not_synced(home: str | None) -> None:
    """Raise `BookClosed` where a cloud drive syncs the desk's home."""
    refuse_synced(find_home(home))


def check_profile_name(home: str | None, name: str) -> None:
    """Raise `UsageError` where a new profile can't be called so."""
    from data import new_profile  # noqa: PLC0415 - for this command only

    new_profile.check_name(find_home(home), name)


def check_system_address(system: System, url: str) -> None:
    """Raise `UsageError` for an address that is neither https nor on this machine."""
    from data import new_profile  # noqa: PLC0415

    new_profile.check_address(system, url)


def check_one_way(home: str | None, one_way: str) -> None:
    """Raise `UsageError` where the list of those who go one way alone can't be read."""
    read_one_way(Settings(find_home(home), "new", Profile(one_way=one_way)))


def read_answers(text: str) -> dict[str, Any]:
    """Read a new profile's keys as TOML. Raises `UsageError`."""
    from data import new_profile  # noqa: PLC0415

    return new_profile.read_answers(text)


def typed_answers(home: str | None, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give a new profile's values as their kinds. Raises `UsageError` naming the key that is wrong."""
    from data import new_profile  # noqa: PLC0415

    return new_profile.typed(find_home(home), name, values)


async def try_sign_in(system: System, url: str, client_id: str, secret: str) -> Tried:
    """Sign in to a system and read a little. Raises `Unreachable`, `UsageError` saying what is wrong."""
    (new_profile,) = await _load("data.new_profile")
    tried: Tried = await new_profile.try_system(system, SystemSettings(url=url, client_id=client_id), secret)
    return tried


def add_new_profile(home: str | None, name: str, values: Mapping[str, Any]) -> tuple[Settings, bool]:
    """Add a profile to config.toml; gives it, and whether it is the one used unnamed. Raises `UsageError`."""
    from data import new_profile  # noqa: PLC0415

    return new_profile.add_profile(find_home(home), name, values)


def keep_profile_secret(settings: Settings, name: str, secret: str) -> Path | None:
    """Store a secret of a profile: in the keyring, else in a file, which is given then. Raises `UsageError`."""
    from data.secrets import keep_secret  # noqa: PLC0415

    return keep_secret(settings.home, f"{settings.name}:{name}", secret)


async def _files(settings: Settings) -> CardSource:
    """Give the cards that come from files: a folder that the profile names, and what was imported."""
    folder = (await _load("data.files.folder"))[0]
    chosen = settings.profile.brokerengine
    watched = _in_home(settings, chosen.folder) if chosen and chosen.folder else None
    files: CardSource = folder.FolderCards(watched, import_folder(settings))
    return files


def _in_home(settings: Settings, name: str) -> Path:
    return settings.home / Path(name).expanduser()


async def _from_files(settings: Settings) -> bool:
    """Say whether a profile's cards come from files alone. Raises `UsageError` where it names a gateway too."""
    chosen = settings.profile.brokerengine
    if chosen is not None and chosen.url and chosen.folder:
        raise UsageError(
            "two-sources",
            f"Profile “{settings.name}” names both a url and a folder for brokerengine.",
            f"Keep one of the two in {settings.home / 'config.toml'}.",
        )
    if chosen is not None and chosen.url:
        return False
    if chosen is not None and chosen.folder:
        return True
    store = (await _load("data.files.store"))[0]
    return bool(await asyncio.to_thread(store.has_imports, import_folder(settings)))


async def _flex_systems(settings: Settings) -> tuple[System, ...]:
    """Say which systems the FLEX desk speaks to; none in a profile of the contact desk alone. Raises `UsageError`."""
    if settings.embedded:
        return System.BROKERENGINE, System.FLEX
    if not settings.has_cards and _contact_systems(settings) == CONTACT_SYSTEMS:
        return ()
    if await _from_files(settings):
        return (System.FLEX,)
    return System.BROKERENGINE, System.FLEX


def _contact_systems(settings: Settings) -> tuple[System, ...]:
    """Say which of the contact systems a profile names; the embedded sandbox has both."""
    if settings.embedded:
        return CONTACT_SYSTEMS
    chosen = {system: settings.profile.system(system) for system in CONTACT_SYSTEMS}
    return tuple(system for system, said in chosen.items() if said is not None and said.url)


async def _reach(settings: Settings, wanted: Sequence[System], stack: AsyncExitStack) -> dict[System, Reach]:
    ways: dict[System, Reach] = await (await _load("data.reach"))[0].reach(settings, wanted, stack)
    return ways


class ContactClients(Struct, frozen=True):
    """The typed clients of the two contact systems: reading goes through them, and so does writing."""

    simplenexus: SimpleNexus
    total_expert: TotalExpert


async def _contact_clients(ways: Mapping[System, Reach]) -> ContactClients | None:
    """Give the clients of both contact systems; None where one of them is not there."""
    ours, theirs = ways.get(System.SIMPLENEXUS), ways.get(System.TOTAL_EXPERT)
    if ours is None or theirs is None:
        return None
    simplenexus, total_expert = await _load("data.vendors.simplenexus", "data.vendors.total_expert")
    return ContactClients(
        simplenexus.SimpleNexus(ours.wire), total_expert.TotalExpert(theirs.wire, theirs.settings.source)
    )


async def _contact_remotes(clients: ContactClients, ways: Mapping[System, Reach]) -> dict[System, Remote]:
    """Give both contact systems as the engine writes to them."""
    ours, theirs = await _load("data.vendors.simplenexus_writes", "data.vendors.total_expert_writes")
    settle = {system: ways[system].settings.settle for system in CONTACT_SYSTEMS}
    return {
        System.SIMPLENEXUS: ours.SimpleNexusWrites(clients.simplenexus, settle[System.SIMPLENEXUS]),
        System.TOTAL_EXPERT: theirs.TotalExpertWrites(clients.total_expert, settle[System.TOTAL_EXPERT]),
    }


async def _contact_desk(
    settings: Settings, book: TinyBook, clients: ContactClients, same_email: str = ""
) -> ContactDesk:
    """Give the contact desk on the profile's terms. Raises `UsageError`."""
    room, rule, ours, theirs = await _load(
        "core.contacts.desk",
        "core.contacts.rule",
        "data.vendors.simplenexus_side",
        "data.vendors.total_expert_side",
    )
    profile = settings.profile
    terms = room.ContactTerms(
        profile.workspace,
        settings.operator,
        rule.SameEmail(same_email or profile.same_email_other_name),
        await asyncio.to_thread(read_one_way, settings),
        read_ties(settings),
        profile.writes,
        profile.auto_push,
        profile.undo_days,
    )
    desk: ContactDesk = room.ContactDesk(
        ours.SimpleNexusSide(clients.simplenexus),
        theirs.TotalExpertSide(clients.total_expert),
        book,
        terms,
        new_push_id,
        WallClock(),
    )
    return desk


async def _milestone_desk(
    settings: Settings, book: TinyBook, clients: ContactClients, contacts: ContactDesk
) -> MilestoneDesk:
    """Give the milestones on the profile's terms; whose an application is they know by the contact desk's links.

    Raises `UsageError` for a milestone map that can't be used.
    """
    room, ports, around, inbox, maps, applications, insights, people = await _load(
        "core.milestones.desk",
        "core.milestones.ports",
        "core.milestones.surroundings",
        "data.inbox",
        "data.maps.milestones",
        "data.vendors.simplenexus_applications",
        "data.vendors.total_expert_insights",
        "data.vendors.linked_people",
    )
    clock, profile = WallClock(), settings.profile
    outside = ports.Outside(
        applications.SimpleNexusApplications(clients.simplenexus, clock),
        insights.TotalExpertInsights(clients.total_expert),
        people.LinkedPeople(book, clients.total_expert, lambda: contacts.last, clock),
        inbox.Inbox(inbox_folder(settings)),
    )
    field_map = await asyncio.to_thread(maps.read_milestones, settings)
    terms = around.MilestoneTerms(profile.workspace, settings.operator, field_map, profile.writes)
    desk: MilestoneDesk = room.MilestoneDesk(
        outside, book, terms, new_push_id, clock, keeps=book.read_only is None
    )
    return desk


async def _load(*names: str) -> list[Any]:
    """Import modules off the event loop: some take a quarter of a second."""

    def load() -> list[ModuleType]:
        return [importlib.import_module(name) for name in names]

    return await asyncio.to_thread(load)
