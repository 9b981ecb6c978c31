"""Looks at a desk's systems, its book's folder and its files; changes nothing. `core.diagnostics` judges them."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from errno import EACCES
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from core.diagnostics.findings import BookSeen, ConnectionProblem, FilesSeen
from core.diagnostics.system_findings import Finds, FoundBy, SystemSeen, UpCheck
from core.errors import DeskError
from core.push.plan import System
from data.book import errors as reasons
from data.book.lock import Lock
from data.platform import WINDOWS
from data.secrets import secrets_file
from data.settings import Settings, read_desk_time
from data.synced_folder import refuse_synced
from data.vendors.contract_version import PATH, version_in
from data.vendors.glance import NOBODY, greet
from data.vendors.http.client import BadStatus, HttpClient
from data.vendors.http.reply import LookUp
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.total_expert.client import TotalExpert

PATIENCE: Final = 20.0
"""Seconds for finding out how one system's records are found again."""
_FLEX_RECORDS: Final = ("/contacts", "/opportunities", "/properties", "/notes")
_SECRET: Final = ("book.key", "book.log", "book.log.bak", "secrets.json")
_OF_CLIENTS: Final = ("kept", "inbox", "cards", "archive")
"""The folders of a profile that nobody else may read."""


def trouble_of(error: DeskError) -> ConnectionProblem:
    """Return an error as a value that a finding can be made of."""
    return ConnectionProblem(error.code, error.message, error.fix)


# -- systems -------------------------------------------------------------------------------------------------


async def look_at(wire: HttpClient, clock: Callable[[], float] = time.time) -> SystemSeen:
    """Read a little of one system, and find out how its records are found again. An error becomes its `trouble`."""
    system, at = wire.address.system, wire.address.url
    up: tuple[UpCheck, ...] = ()
    try:
        up = await _heartbeat(wire)
        reply = await greet(wire)
        skew = None if reply.date is None else reply.date - clock()
        up = (*up, *await _teapot(wire))
        finds = await _finds(wire)
        contract = reply.headers.get("x-contract-version", "")[:20] or await _contract(wire)
    except DeskError as error:
        return SystemSeen(system, wire.name, at, trouble_of(error), up=up)
    return SystemSeen(
        system,
        wire.name,
        at,
        None,
        reply.took,
        skew,
        wire.address.rate,
        reply.left,
        contract,
        finds,
        up,
    )


async def _contract(wire: HttpClient) -> str:
    """Return the version in the description that a gateway of our own contracts serves, "" if it serves none."""
    if wire.address.system not in (System.FLEX, System.BROKERENGINE):
        return ""
    with suppress(BadStatus):
        reply = await wire.get(PATH)
        version = version_in(reply.body.decode("utf-8", "replace")) if reply.status == 200 else None
        return str(version) if version is not None else ""
    return ""


async def _heartbeat(wire: HttpClient) -> tuple[UpCheck, ...]:
    """Ask Total Expert whether it runs, without a token. Raises `Unreachable`."""
    if wire.address.system is not System.TOTAL_EXPERT:
        return ()
    return (UpCheck("heartbeat", works=True, says=await TotalExpert(wire, "").heartbeat()),)


async def _teapot(wire: HttpClient) -> tuple[UpCheck, ...]:
    """Ask Total Expert whether it is a teapot, which says that our token works. Raises `Unreachable`."""
    if wire.address.system is not System.TOTAL_EXPERT:
        return ()
    return (UpCheck("teapot", works=await TotalExpert(wire, "").accepts_token()),)


async def _finds(wire: HttpClient) -> tuple[Finds, ...]:
    match wire.address.system:
        case System.FLEX:
            return tuple([await _flex_finds(wire, path) for path in _FLEX_RECORDS])
        case System.SIMPLENEXUS:
            simplenexus = SimpleNexus(wire)
            await _first_page(simplenexus.borrowers())
            borrowers = await _in_time(simplenexus.borrower_look_up())
            # Prospects have no filter: their notes, where our reference is, are read.
            return (
                Finds("Accounts, by email", borrowers),
                Finds("Prospects, by our reference", FoundBy.SCAN),
            )
        case System.TOTAL_EXPERT:
            client = TotalExpert(wire, "")
            await _first_page(client.contacts())
            return (
                Finds("Contacts, by our reference", await _in_time(client.contact_look_up())),
                Finds("Insights, by contact", await _in_time(client.insight_look_up())),
            )
        case System.BROKERENGINE:
            return ()  # nothing is created in BrokerEngine


async def _first_page(pages: AsyncIterator[object]) -> None:
    """Read the first page of a list, to see whether its records are as described. Raises `Unreachable`."""
    async for _ in pages:
        return


async def _flex_finds(wire: HttpClient, path: str) -> Finds:
    """Search for a reference that no record has: a gateway that finds a record ignores what is searched for."""
    content = await wire.get_object(path, {"IntegrationId": NOBODY})
    items = content.get("items") if content is not None else None
    record = f"{path[1:].capitalize()}, by our reference"
    if not isinstance(items, list):
        return Finds(record, FoundBy.NONE)
    return Finds(record, FoundBy.IGNORED if items else FoundBy.FILTER)


async def _in_time(asking: Awaitable[LookUp]) -> FoundBy:
    try:
        async with asyncio.timeout(PATIENCE):
            return FoundBy(await asking)
    except TimeoutError:
        return FoundBy.UNKNOWN


# -- the book ------------------------------------------------------------------------------------------------


def look_at_book(
    settings: Settings, reading: DeskError | None, clock: Callable[[], float] = time.time
) -> BookSeen:
    """Return whether a profile's book can be written, who writes it, and how old its snapshot is.

    `reading` is the error that reading the book gave, None where it was read. A temporary file is made in the book's
    folder and removed again.
    """
    folder = settings.folder
    log, backup = folder / "book.log", folder / "book.log.bak"
    seen = BookSeen(str(folder), log.is_file(), trouble_of(reading) if reading else None)
    if seen.reading is not None:
        return seen
    return BookSeen(
        seen.folder,
        seen.there,
        writing=_unwritable(settings),
        holder=_holder(settings),
        size=log.stat().st_size if seen.there else 0,
        backup_age=max(0.0, clock() - backup.stat().st_mtime) if backup.is_file() else None,
    )


def _unwritable(settings: Settings) -> ConnectionProblem | None:
    """Return why the book can't be written, None where it can."""
    folder = next(at for at in (settings.folder, *settings.folder.parents) if at.exists())
    try:
        refuse_synced(settings.home)
        if folder != settings.folder:  # it is made at first use
            if os.access(folder, os.W_OK | os.X_OK):
                return None
            return trouble_of(reasons.no_home(settings.folder, PermissionError(EACCES, "Permission denied")))
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
            probe.write(b"x")
            probe.flush()
            os.fsync(probe.fileno())
    except DeskError as error:
        return trouble_of(error)
    except OSError as error:
        return trouble_of(reasons.write_failed(folder, error))
    return None


def _holder(settings: Settings) -> str:
    """Return who has the book open for writing, "" where nobody has."""
    path = settings.folder / "book.lock"
    if not path.exists():
        return ""
    try:
        # The lock is held for a moment and given back. It leaves no name: it only shows whether it was free.
        with FileLock(path, timeout=0, mode=0o600, thread_local=False):
            return ""
    except OSError as error:
        if not isinstance(error, Timeout):
            return ""  # the lock can't be opened; `_unwritable` says so
        holder = Lock(path).holder()
    if holder is None:
        return "another process"
    return "this process" if holder.pid == os.getpid() else holder.words(read_desk_time(settings))


# -- files ---------------------------------------------------------------------------------------------------


def look_at_files(settings: Settings) -> FilesSeen:
    """Return which of the desk's files and folders others than their owner may use. On Windows nothing is looked at."""
    home, kept = settings.home, secrets_file(settings.home)
    secrets = str(kept) if kept.is_file() else ""
    if WINDOWS:
        return FilesSeen(str(home), secrets=secrets, modes_told=False)
    loose: list[str] = []
    private: list[str] = []
    for path, holds_secrets in _watched(settings):
        try:
            mode = path.stat().st_mode & 0o777
        except OSError:
            continue
        if mode & 0o022 or (mode & 0o077 and holds_secrets):
            private.append(str(path))
        elif mode & 0o077:
            loose.append(str(path))
    repair = f"chmod -R go-rwx {shlex.quote(str(home))}"
    return FilesSeen(str(home), tuple(loose), tuple(private), repair, secrets)


def _watched(settings: Settings) -> Iterable[tuple[Path, bool]]:
    """Yield each path with a mode that matters, and True where it holds secrets or clients' data."""
    home, folder = settings.home, settings.folder
    yield from ((home, False), (home / "config.toml", False), (folder, False))
    yield from ((at / name, True) for at in (home, folder) for name in _SECRET)
    yield from ((path, True) for path in sorted(folder.glob("token-*")))
    for name in _OF_CLIENTS:
        yield folder / name, False
        yield from ((path, True) for path in sorted((folder / name).rglob("*")) if path.is_file())
