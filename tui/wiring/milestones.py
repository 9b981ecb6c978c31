"""Joins SimpleNexus's applications, Total Expert's insights and the inbox to the use cases of milestones."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from core.automatic.draft_book import DraftBook
from core.push.plan import System
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
from tui.wiring.systems import inbox_folder, notices_folder, warm

if TYPE_CHECKING:
    from core.contacts.use_cases import ContactUseCases
    from core.milestones.events import CalculationReport
    from core.milestones.ports import EventBox, Received
    from core.milestones.use_cases import MilestoneUseCases
    from core.push.ports import Book
    from core.receipts.careful_start import CarefulStart
    from data.inbox import Inbox
    from data.serving.asgi import App
    from tui.wiring.book import OpenBook


async def milestone_use_cases(
    settings: Settings,
    book: OpenBook,
    clients: ContactClients,
    contacts: ContactUseCases,
    careful: CarefulStart,
    draft: MilestoneDraft | None = None,
) -> MilestoneUseCases:
    """Return the milestones with the profile's settings. With a `draft` they write to the draft instead of the book.

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
    from data.maps.milestones import read_milestones
    from data.vendors.linked_people import LinkedPeople
    from data.vendors.simplenexus.applications import SimpleNexusApplications
    from data.vendors.total_expert.insights import TotalExpertInsights

    clock, profile = WallClock(), settings.profile
    outside = Outside(
        SimpleNexusApplications(clients.simplenexus, clock),
        TotalExpertInsights(clients.total_expert),
        LinkedPeople(book, clients.total_expert, contacts.known_links, clock),
        draft.inbox if draft is not None else _inbox(settings),
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
        outside,
        draft.book if draft is not None else book,
        terms,
        new_push_id,
        clock,
        keeps=draft is not None or book.read_only is None,
        careful=careful,
    )


class HeldInbox:
    """The listener's file for a look without the lock: what was read stays there until `drop_read`."""

    def __init__(self, inbox: EventBox) -> None:
        self._inbox = inbox
        self.end = 0
        """How far the file was read, 0 if it was empty."""

    def read(self) -> Received:
        """See `EventBox.read`."""
        return self._inbox.read()

    def drop(self, end: int) -> None:
        """Remember what the look took in."""
        self.end = end

    def add_reports(self, reports: tuple[CalculationReport, ...]) -> None:
        """See `EventBox.add_reports`."""
        self._inbox.add_reports(reports)

    def drop_read(self) -> None:
        """Remove what the look took in, after the book holds its facts. Blocks. Raises `DeskError` (inbox-closed)."""
        self._inbox.drop(self.end)
        self.end = 0


class MilestoneDraft(Struct, frozen=True):
    """Where the milestones write during a look without the lock."""

    book: DraftBook
    inbox: HeldInbox

    async def write_to(self, book: Book) -> None:
        """Write the facts down, and then drop the events that they were made of. Raises `DeskError`, `BookClosed`."""
        await self.book.write_to(book)
        if self.inbox.end:
            await asyncio.to_thread(self.inbox.drop_read)

    @property
    def has_changes(self) -> bool:
        """True if `write_to` would change something."""
        return self.book.has_changes or self.inbox.end > 0


def make_draft(settings: Settings, book: Book) -> MilestoneDraft:
    """Return a draft over a profile's book and its file of received events."""
    return MilestoneDraft(DraftBook(book), HeldInbox(_inbox(settings)))


async def receiving_app(settings: Settings) -> App:
    """Return the app that takes webhooks, calculations and notices into a profile's inbox.

    Raises `UsageError` if the secret of the webhooks is not set up.
    """
    await warm("data.listener", "data.contacts.notice_front", "data.webhooks.marks", "data.webhooks.windows")
    from data import listener
    from data.contacts.notice_front import NoticeFront
    from data.contacts.notices import NoticeFiles
    from data.inbox import Inbox
    from data.webhooks.marks import DeliveryMarks
    from data.webhooks.windows import WindowFile
    from tui.wiring.webhooks import notice_secrets

    secrets = {listener.PATH: await asyncio.to_thread(find_listen_secret, settings)}
    if await asyncio.to_thread(has_secret, find_calculations_secret, settings):
        secrets[listener.CALCULATIONS] = await asyncio.to_thread(find_calculations_secret, settings)
    folder, clock = inbox_folder(settings), WallClock()
    marks = DeliveryMarks(folder, clock.now)
    inner = listener.Listener(Inbox(folder), secrets, clock.now, WindowFile(folder, clock.now), marks.mark)
    return NoticeFront(
        inner, NoticeFiles(notices_folder(settings)), notice_secrets(settings).accepted, marks.mark
    )


def _inbox(settings: Settings) -> Inbox:
    """Return the listener's file. Events of unknown kinds that it holds count as changes at the vendor."""
    from data.inbox import Inbox
    from data.vendors.http.drift import observe_unknown_events

    return Inbox(inbox_folder(settings), count_unknown=partial(observe_unknown_events, System.SIMPLENEXUS))
