"""Which systems and folders a profile names, and the way to each."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from core.errors import UsageError
from core.push.plan import System
from core.systems import Purpose, systems_for
from data.book.disk import RealDisk
from data.operator_files.paths import expanded_path
from data.settings import Settings, sandbox_state

if TYPE_CHECKING:
    from data.connections import Connection

CONTACT_SYSTEMS = systems_for(Purpose.CONTACTS)
_OF_THE_FIRST_DATA: Final = (
    "tui.wiring.desk",
    "data.book.book",
    "data.connections",
    "data.vendors.brokerengine",
    "data.vendors.flex",
    "data.cards.combined_source",
    "data.vendors.http.transport",
    "tui.cards.board",
    "tui.cards.wording",
)
"""What is imported until the first cards are shown. Each of them would be imported on the event loop later."""


def import_folder(settings: Settings) -> Path:
    """Return the folder where a profile's imported cards are kept."""
    return settings.folder / "cards"


def inbox_folder(settings: Settings) -> Path:
    """Return the folder of the file in which a profile's webhooks wait."""
    return settings.folder / "inbox"


def copies_folder(settings: Settings) -> Path:
    """Return the folder of what was read last of both contact systems."""
    return settings.folder / "contacts"


def notices_folder(settings: Settings) -> Path:
    """Return the folder in which notices about removed contacts wait."""
    return settings.folder / "inbox" / "notices"


async def warm(*modules: str) -> None:
    """Import modules in a thread. A plain import of them afterwards takes no time on the event loop.

    Some modules take a quarter of a second. The plain imports are what the type checker sees.
    """

    def import_all() -> None:
        for module in modules:
            importlib.import_module(module)

    await asyncio.to_thread(import_all)


def in_home(settings: Settings, name: str) -> Path:
    """Return a path that a profile names, from the home."""
    return settings.home / expanded_path(name)


def check_one_source(settings: Settings) -> None:
    """Raise `UsageError` if a profile names both a gateway and a folder of cards."""
    chosen = settings.profile.brokerengine
    if chosen is not None and chosen.url and chosen.folder:
        raise UsageError(
            "two-sources", f"Profile “{settings.name}” names both a url and a folder for brokerengine."
        )


def folder_of_cards(settings: Settings) -> Path | None:
    """Return the folder of a profile's files of cards; None if it names none."""
    chosen = settings.profile.brokerengine
    return in_home(settings, chosen.folder) if chosen is not None and chosen.folder else None


def check_folder(settings: Settings) -> None:
    """Raise `UsageError` if a profile names a folder of cards that is not there."""
    folder = folder_of_cards(settings)
    if folder is not None and not folder.is_dir():
        raise UsageError("no-folder", f"There is no folder {folder}.", config=settings.home / "config.toml")


def from_files(settings: Settings) -> bool:
    """Return True if a profile's cards come from files only: a folder, or what is imported.

    Raises `UsageError` if the profile names a gateway and a folder.
    """
    check_one_source(settings)
    chosen = settings.profile.brokerengine
    return chosen is None or not chosen.has_gateway


def flex_systems(settings: Settings) -> tuple[System, ...]:
    """Say which systems the desk of cards speaks to; none in a profile of the contact desk alone.

    A profile may have no gateway of FLEX, and cards that come from files. Raises `UsageError`.
    """
    if settings.embedded:
        return System.BROKERENGINE, System.FLEX
    if not settings.has_cards and contact_systems(settings) == CONTACT_SYSTEMS:
        return ()
    flex = () if settings.profile.flex is None else (System.FLEX,)
    if from_files(settings):
        return flex
    return System.BROKERENGINE, *flex


def contact_systems(settings: Settings) -> tuple[System, ...]:
    """Say which of the contact systems a profile names; the embedded sandbox has both."""
    if settings.embedded:
        return CONTACT_SYSTEMS
    chosen = {system: settings.profile.system(system) for system in CONTACT_SYSTEMS}
    return tuple(system for system, said in chosen.items() if said is not None and said.url)


def begin(settings: Settings) -> None:
    """Begin what takes longest until a desk is open. Blocks, so run it in a thread, then open the desk."""
    begin_systems(settings)
    for module in _OF_THE_FIRST_DATA:
        importlib.import_module(module)


def begin_systems(settings: Settings) -> None:
    """Begin the embedded sandbox if the profile uses it. Blocks for some milliseconds; `reach` waits for it.

    It starts in its own process while this process imports the clients and the book.
    """
    if settings.embedded:
        from data.embedded import begin_sandbox

        with suppress(OSError):  # a folder that can't be made is reported by the sandbox
            RealDisk().make_folder(settings.folder)  # private from its beginning
            begin_sandbox(sandbox_state(settings.home))


async def reach(
    settings: Settings, wanted: Sequence[System], stack: AsyncExitStack
) -> dict[System, Connection]:
    """Return a connection to each of these systems, open until `stack` ends. Raises `UsageError`, `Unreachable`."""
    await warm("data.connections")
    from data import connections

    return await connections.connect(settings, wanted, stack)
