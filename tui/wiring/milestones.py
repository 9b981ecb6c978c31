"""Joins SimpleNexus's applications, Total Expert's insights and the inbox to the use cases of milestones."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from data.settings import (
    Settings,
    find_calculations_secret,
    find_listen_secret,
    has_secret,
    read_send_hours,
)
from tui.wiring.book import new_push_id
from tui.wiring.clock import WallClock
from tui.wiring.contacts import ContactClients
from tui.wiring.systems import inbox_folder, warm

if TYPE_CHECKING:
    from core.contacts.use_cases import ContactUseCases
    from core.milestones.use_cases import MilestoneUseCases
    from core.receipts.careful_start import CarefulStart
    from data.book.book import TinyBook


async def milestone_use_cases(
    settings: Settings,
    book: TinyBook,
    clients: ContactClients,
    contacts: ContactUseCases,
    careful: CarefulStart,
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
    terms = MilestoneSettings(
        profile.workspace,
        settings.operator,
        field_map,
        profile.writes,
        read_send_hours(settings),
        await asyncio.to_thread(has_secret, find_listen_secret, settings),
        await asyncio.to_thread(has_secret, find_calculations_secret, settings),
    )
    return MilestoneUseCases(
        outside, book, terms, new_push_id, clock, keeps=book.read_only is None, careful=careful
    )
