"""Joins the webhooks of SimpleNexus and Total Expert, the listener's files and the secrets to the use cases."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from core.push.plan import System
from data.settings import Settings, SystemSettings
from tui.wiring.book import open_book
from tui.wiring.clock import WallClock
from tui.wiring.systems import contact_systems, inbox_folder, reach, warm

if TYPE_CHECKING:
    from core.push.ports import Book
    from core.webhooks.use_cases import WebhookUseCases
    from data.vendors.http.client import HttpClient
    from data.webhooks.notice_secrets import KeptNoticeSecrets


@asynccontextmanager
async def open_webhooks(settings: Settings, *, write: bool) -> AsyncIterator[WebhookUseCases]:
    """Open the book and the connections to the systems with webhooks that a profile names.

    Raises `UsageError`, `Unreachable`, `BookClosed`; the last also if `write` is true and the book can only be read.
    """
    async with AsyncExitStack() as stack:
        book = await open_book(settings, write=write)
        stack.callback(book.close)
        if write and book.read_only is not None:
            raise book.read_only
        connections = await reach(settings, contact_systems(settings), stack)
        wires = {system: connection.wire for system, connection in connections.items()}
        yield await webhook_use_cases(settings, book, wires)


async def webhook_use_cases(
    settings: Settings, book: Book, wires: Mapping[System, HttpClient]
) -> WebhookUseCases:
    """Return the webhooks of the systems among `wires` that have some."""
    await warm(
        "core.webhooks.use_cases",
        "data.vendors.simplenexus.webhooks",
        "data.vendors.total_expert.webhooks",
        "data.webhooks.windows",
    )
    from core.webhooks.use_cases import WebhookSurroundings, WebhookUseCases
    from data.vendors.simplenexus.webhooks import SimpleNexusWebhooks
    from data.vendors.total_expert.webhooks import TotalExpertWebhooks
    from data.webhooks.windows import WindowFile

    clock = WallClock()
    ours, theirs = wires.get(System.SIMPLENEXUS), wires.get(System.TOTAL_EXPERT)
    simplenexus = SimpleNexusWebhooks(ours, _settle(settings, System.SIMPLENEXUS)) if ours else None
    total_expert = TotalExpertWebhooks(theirs, _settle(settings, System.TOTAL_EXPERT)) if theirs else None
    around = WebhookSurroundings(
        WindowFile(inbox_folder(settings), clock.now),
        await asyncio.to_thread(notice_secrets, settings),
        clock,
        lambda: secrets.token_hex(16),
        settings.operator,
        settings.profile.live,
    )
    systems = [system for system in (simplenexus, total_expert) if system is not None]
    return WebhookUseCases(systems, simplenexus, book, around)


def _settle(settings: Settings, system: System) -> float:
    """Return how long a webhook that was asked for may be missing from the list, in seconds."""
    return (settings.profile.system(system) or SystemSettings(settle=0.0)).settle


def notice_secrets(settings: Settings) -> KeptNoticeSecrets:
    """Return the secrets that Total Expert's notifications bear. A new one has 64 hexadecimal digits."""
    from data.webhooks.notice_secrets import KeptNoticeSecrets

    return KeptNoticeSecrets(settings, lambda: secrets.token_hex(32), WallClock().now)
