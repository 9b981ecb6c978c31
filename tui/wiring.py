"""The one place that joins data to core: from settings to a desk with its book, its remotes and its engine."""

from __future__ import annotations

import asyncio
import importlib
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from types import ModuleType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from core.errors import DeskError, UsageError
from core.flex.checklist import Tick
from core.flex.desk import FlexDesk
from core.flex.fact_finds import FactFindDesk
from core.flex.linking import LinkDesk
from core.flex.note_plan import NoteSent
from core.flex.notes import NoteDesk, say_time
from core.flex.products import SameProduct
from core.flex.since import Copied
from core.push.engine import Engine
from core.push.live import Listener
from core.push.plan import Asset, System
from data.settings import EMBEDDED, Settings, SystemSettings, find_home, find_secret, load_settings

if TYPE_CHECKING:
    from core.contacts.matching import Matched
    from core.flex.fieldmap import FieldMap
    from core.flex.own_map import Maps
    from core.flex.ports import CardSource
    from core.push.ports import Remote
    from data.book.book import TinyBook
    from data.files.reading import Misfit
    from data.files.store import Import
    from data.vendors.wire import Wire

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


class Desk(Struct, frozen=True):
    """Everything one run of the desk works with. `engine` is None where the book can only be read."""

    settings: Settings
    book: TinyBook
    flex: FlexDesk
    notes: NoteDesk
    fact_finds: FactFindDesk
    links: LinkDesk
    engine: Engine | None
    wires: dict[System, Wire]

    async def answers(self, system: System) -> bool:
        """Say whether a system can be reached and takes our credentials."""
        return await self.wires[system].answers()

    @property
    def can_push(self) -> Engine:
        """Give the engine. Raises `BookClosed` saying why the book can't be written."""
        if self.engine is None:
            raise self.book.read_only or DeskError(
                "read-only", "This desk only reads.", "Open it for writing."
            )
        return self.engine


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
        addresses = await _addresses(settings, stack)
        vendors = await _load("data.vendors.wire", "data.vendors.brokerengine", "data.vendors.flex")
        wires: dict[System, Wire] = {}
        for system, (url, client_id, secret, system_settings) in addresses.items():
            wires[system] = vendors[0].Wire(
                vendors[0].Address(
                    system,
                    url,
                    client_id,
                    secret,
                    rate=system_settings.rate,
                    deadline=system_settings.deadline,
                )
            )
            stack.push_async_callback(wires[system].close)
        settle = {system: entry[3].settle for system, entry in addresses.items()}
        flex = vendors[2].Flex(wires[System.FLEX], settle[System.FLEX])
        remotes: dict[System, Remote] = {System.FLEX: flex}
        gateway = None
        if wire := wires.get(System.BROKERENGINE):
            gateway = vendors[1].BrokerEngine(wire, settle[System.BROKERENGINE])
            remotes[System.BROKERENGINE] = gateway
        files = await _files(settings)
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
        engine = None
        if book.read_only is None:
            engine = Engine(
                book,
                remotes,
                WallClock(),
                SystemRandom(),
                fresh={
                    Asset.CARD: desk.is_fresh,
                    Asset.FACT_FIND: fact_finds.is_fresh,
                    Asset.NOTE: notes.is_fresh,
                },
                listen=listen,
            )
            await engine.recover()
            stack.push_async_callback(engine.stop, QUIT_PATIENCE)
        yield Desk(settings, book, desk, notes, fact_finds, LinkDesk(desk), engine, wires)


async def open_book(settings: Settings, *, write: bool) -> TinyBook:
    """Open a profile's book. Raises `BookClosed`, `UsageError`."""
    if settings.profile.book != "tinydb":
        raise UsageError(
            "no-such-book", "Only the book “tinydb” is there.", 'Set book = "tinydb" in the profile.'
        )
    book = (await _load("data.book.book"))[0]
    opened: TinyBook = await asyncio.to_thread(
        book.open_book,
        settings.folder,
        operator=settings.operator,
        write=write,
        kinds=(*book.KINDS, Copied, NoteSent, SameProduct, Tick),
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


def sandbox_state(home: Path) -> Path:
    """Give the folder where the embedded sandbox keeps what it holds."""
    return home / EMBEDDED / "systems"


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


async def _addresses(
    settings: Settings, stack: AsyncExitStack
) -> dict[System, tuple[str, str, str, SystemSettings]]:
    """Give base address, client id, secret and settings of the FLEX desk's systems."""
    wanted: tuple[System, ...] = (System.BROKERENGINE, System.FLEX)
    if settings.embedded:
        embedded = (await _load("data.embedded"))[0]
        sandbox = await embedded.start_sandbox(sandbox_state(settings.home))
        stack.push_async_callback(sandbox.close)
        there = SystemSettings(settle=0.0, rate=60_000.0)
        return {system: (sandbox.urls[system], "sandbox", "sandbox", there) for system in wanted}
    found: dict[System, tuple[str, str, str, SystemSettings]] = {}
    if await _from_files(settings):
        wanted = (System.FLEX,)
    for system in wanted:
        chosen = settings.profile.system(system)
        key = system.replace("-", "_")
        if chosen is None or not chosen.url:
            raise UsageError(
                "not-configured",
                f"Profile “{settings.name}” does not say where {system} is.",
                f"Set url in [profiles.{settings.name}.{key}] of {settings.home / 'config.toml'}"
                + (", or folder, or import cards." if system is System.BROKERENGINE else "."),
            )
        secret = await asyncio.to_thread(find_secret, settings, system)
        found[system] = (chosen.url, chosen.client_id, secret, chosen)
    return found


async def _load(*names: str) -> list[Any]:
    """Import modules off the event loop: some take a quarter of a second."""

    def load() -> list[ModuleType]:
        return [importlib.import_module(name) for name in names]

    return await asyncio.to_thread(load)
