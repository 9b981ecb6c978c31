"""Joins SimpleNexus and Total Expert to the use cases of contacts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from core.push.plan import System
from data.configuration.definition import TotalExpertSettings
from data.settings import (
    Settings,
    read_agents,
    read_desk_time,
    read_one_way,
    read_send_hours,
    read_ties,
)
from tui.wiring.book import new_push_id, open_book
from tui.wiring.clock import WallClock
from tui.wiring.systems import CONTACT_SYSTEMS, contact_systems, copies_folder, notices_folder, warm

if TYPE_CHECKING:
    from core.contacts.reading.shortfall import ShortRead
    from core.contacts.use_cases import ContactUseCases
    from core.push.ports import Remote
    from data.connections import Connection
    from data.contacts.copies import ContactCopies
    from data.vendors.simplenexus.client import SimpleNexus
    from data.vendors.total_expert.client import TotalExpert
    from tui.wiring.book import OpenBook
    from tui.wiring.desk import KeptOpen


@asynccontextmanager
async def open_contacts(
    settings: Settings, same_email_other_name: str = "", *, write: bool = False
) -> AsyncIterator[ContactUseCases]:
    """Open the book and the connections to the two contact systems alone. The profile may lack FLEX.

    `same_email_other_name` replaces the profile's setting unless it is "".

    Raises `UsageError` if the profile lacks the address of one of the two, `Unreachable`, `BookClosed`.
    """
    async with AsyncExitStack() as stack:
        book = await open_book(settings, write=write)
        stack.callback(book.close)
        from tui.wiring.team.sharing import reach_with

        ways = await reach_with(book, settings, CONTACT_SYSTEMS, stack)
        clients = await contact_clients(settings, ways)
        if clients is None:
            raise AssertionError("both were asked for")
        yield await contact_use_cases(settings, book, clients, same_email_other_name)


class ContactClients(Struct, frozen=True):
    """The typed clients of the two contact systems: reading goes through them, and so does writing."""

    simplenexus: SimpleNexus
    total_expert: TotalExpert


async def contact_clients(settings: Settings, ways: Mapping[System, Connection]) -> ContactClients | None:
    """Return the clients of both contact systems; None if the profile lacks one of the systems."""
    ours, theirs = ways.get(System.SIMPLENEXUS), ways.get(System.TOTAL_EXPERT)
    if ours is None or theirs is None:
        return None
    await warm("data.vendors.simplenexus.client", "data.vendors.total_expert.client")
    from data.vendors.simplenexus.client import SimpleNexus
    from data.vendors.total_expert.client import TotalExpert

    said = settings.profile.total_expert or TotalExpertSettings()
    return ContactClients(SimpleNexus(ours.wire), TotalExpert(theirs.wire, said.source))


async def contact_remotes(clients: ContactClients, ways: Mapping[System, Connection]) -> dict[System, Remote]:
    """Return both contact systems as remotes of the engine."""
    await warm("data.vendors.simplenexus.writes", "data.vendors.total_expert.writes")
    from data.vendors.simplenexus.writes import SimpleNexusWrites
    from data.vendors.total_expert.writes import TotalExpertWrites

    settle = {system: ways[system].settings.settle for system in CONTACT_SYSTEMS}
    return {
        System.SIMPLENEXUS: SimpleNexusWrites(clients.simplenexus, settle[System.SIMPLENEXUS]),
        System.TOTAL_EXPERT: TotalExpertWrites(clients.total_expert, settle[System.TOTAL_EXPERT]),
    }


async def contact_use_cases(
    settings: Settings,
    book: OpenBook,
    clients: ContactClients,
    same_email: str = "",
    watch: KeptOpen | None = None,
) -> ContactUseCases:
    """Return the contact desk with the profile's settings, and with what a watch keeps. Raises `UsageError`."""
    await warm(
        "core.contacts.use_cases",
        "data.contacts.copies",
        "data.contacts.notices",
        "data.vendors.simplenexus.contact_source",
        "data.vendors.total_expert.contact_source",
        "data.vendors.total_expert.consents",
    )
    from core.contacts.match.live.held import HeldMatch
    from core.contacts.match.rule import OtherOwner, SameEmail
    from core.contacts.use_cases import ContactSettings, ContactUseCases, MoreSources
    from data.contacts.notices import NoticeFiles
    from data.scale.choice import find_groups
    from data.vendors.simplenexus.contact_source import SimpleNexusContactSource
    from data.vendors.total_expert.consents import TotalExpertConsents
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
        profile.full_read_days,
        read_agents(settings),
        OtherOwner(profile.same_email_other_owner),
        read_send_hours(settings),
        read_desk_time(settings),
    )
    simplenexus = SimpleNexusContactSource(clients.simplenexus)
    return ContactUseCases(
        simplenexus,
        TotalExpertContactSource(clients.total_expert),
        book,
        terms,
        new_push_id,
        WallClock(),
        MoreSources(
            contact_copies(settings, clients),
            TotalExpertConsents(clients.total_expert),
            simplenexus,
            NoticeFiles(notices_folder(settings)),
            watch.match if watch is not None else HeldMatch(find_groups),
            watch.links if watch is not None else None,
        ),
    )


def contact_copies(settings: Settings, clients: ContactClients) -> ContactCopies:
    """Return the store of what was read last. A copy is for these addresses, credentials, workspace and source."""
    addresses = {
        System.SIMPLENEXUS: clients.simplenexus.address,
        System.TOTAL_EXPERT: clients.total_expert.address,
    }
    return _copies(settings, {system: (one.url, one.client_id) for system, one in addresses.items()})


def short_reads(settings: Settings) -> tuple[ShortRead, ...]:
    """Return the systems that gave clearly fewer records than before, as of the last read of any process. Blocks."""
    from core.contacts.reading.shortfall import ShortRead

    addresses = {
        system: (chosen.url, chosen.client_id) if (chosen := settings.profile.system(system)) else ("", "")
        for system in contact_systems(settings)
    }
    copies = _copies(settings, addresses)
    counts = {system: copies.known(system) for system in addresses}
    return tuple(
        ShortRead(system, count.records, count.shortfall)
        for system, count in counts.items()
        if count is not None and count.shortfall is not None
    )


def _copies(settings: Settings, addresses: Mapping[System, tuple[str, str]]) -> ContactCopies:
    """Return the store for systems at these addresses, each a url and the credentials' name.

    The built-in sandbox of a home keeps its records and has another address at each start, so its address does not
    count.
    """
    from data.contacts.copies import ContactCopies, identity_of

    source = (settings.profile.total_expert or TotalExpertSettings()).source
    return ContactCopies(
        copies_folder(settings),
        {
            system: identity_of(*(() if settings.embedded else address), settings.profile.workspace, source)
            for system, address in addresses.items()
        },
    )
