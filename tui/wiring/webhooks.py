"""Joins the webhooks of SimpleNexus and Total Expert, the listener's files and the secrets to the use cases."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from core.diagnostics.findings import ConnectionProblem
from core.push.plan import System
from data.configuration.definition import SystemSettings
from data.settings import Settings
from tui.wiring.book import open_book
from tui.wiring.clock import WallClock
from tui.wiring.systems import contact_systems, inbox_folder, warm

if TYPE_CHECKING:
    from core.diagnostics.findings import Finding
    from core.push.ports import Book
    from core.webhooks.model import WebhooksSeen
    from core.webhooks.ports import WebhookSystem
    from core.webhooks.records import WebhookRecord
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
        from tui.wiring.team.sharing import reach_with

        connections = await reach_with(book, settings, contact_systems(settings), stack)
        wires = {system: connection.wire for system, connection in connections.items()}
        yield await webhook_use_cases(settings, book, wires)


async def webhook_use_cases(
    settings: Settings, book: Book, wires: Mapping[System, HttpClient]
) -> WebhookUseCases:
    """Return the webhooks of the systems among `wires` that have some."""
    await warm("core.webhooks.use_cases", "data.webhooks.windows")
    from core.webhooks.use_cases import WebhookSurroundings, WebhookUseCases
    from data.vendors.simplenexus.webhooks import SimpleNexusWebhooks
    from data.webhooks.windows import WindowFile

    clock = WallClock()
    systems = await _systems(settings, wires)
    tester = next((system for system in systems if isinstance(system, SimpleNexusWebhooks)), None)
    around = WebhookSurroundings(
        WindowFile(inbox_folder(settings), clock.now),
        await asyncio.to_thread(notice_secrets, settings),
        clock,
        lambda: secrets.token_hex(16),
        asyncio.sleep,
        settings.operator,
        settings.profile.live,
    )
    return WebhookUseCases(systems, tester, book, around)


async def _systems(settings: Settings, wires: Mapping[System, HttpClient]) -> list[WebhookSystem]:
    """Return the systems with webhooks among `wires`."""
    await warm("data.vendors.simplenexus.webhooks", "data.vendors.total_expert.webhooks")
    from data.vendors.simplenexus.webhooks import SimpleNexusWebhooks
    from data.vendors.total_expert.webhooks import TotalExpertWebhooks

    systems: list[WebhookSystem] = []
    if ours := wires.get(System.SIMPLENEXUS):
        systems.append(SimpleNexusWebhooks(ours, _settle(settings, System.SIMPLENEXUS)))
    if theirs := wires.get(System.TOTAL_EXPERT):
        systems.append(TotalExpertWebhooks(theirs, _settle(settings, System.TOTAL_EXPERT)))
    return systems


class WebhookLook:
    """What each system lists of webhooks, read while the connections are open and judged when the book is."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen: dict[System, WebhooksSeen | ConnectionProblem] = {}

    async def read(self, wires: Mapping[System, HttpClient]) -> None:
        """Read the webhooks of each system. What can't be read, or not in time, is kept as its problem."""
        await warm("data.vendors.tenants")
        from data.vendors.tenants import in_time

        for system in await _systems(self._settings, wires):
            self._seen[system.system] = await in_time(system.look())

    async def judge(self, records: Sequence[WebhookRecord]) -> list[Finding]:
        """Return the findings. `records` are what the book has of brokerdesk's webhooks."""
        await warm("core.diagnostics.webhook_findings", "data.webhooks.marks")
        from core.diagnostics.webhook_findings import WebhooksLooked, judge_webhooks
        from core.webhooks.plan import standing_of
        from data.webhooks.marks import DeliveryMarks

        clock = WallClock()
        marks = DeliveryMarks(inbox_folder(self._settings), clock.now)
        has_secret = bool(await asyncio.to_thread(notice_secrets(self._settings).current))
        findings: list[Finding] = []
        for system, seen in self._seen.items():
            looked = WebhooksLooked(system, clock.now(), last=marks.last(system), has_secret=has_secret)
            if isinstance(seen, ConnectionProblem):
                looked = replace(looked, trouble=seen)
            else:
                looked = replace(looked, standing=standing_of(seen, records))
            is_sandbox = self._settings.embedded and not (looked.standing and looked.standing.ours)
            findings += [] if is_sandbox else judge_webhooks(looked)  # nobody sets webhooks of the sandbox up
        return findings


def _settle(settings: Settings, system: System) -> float:
    """Return how long a webhook that was asked for may be missing from the list, in seconds."""
    return (settings.profile.system(system) or SystemSettings(settle=0.0)).settle


def notice_secrets(settings: Settings) -> KeptNoticeSecrets:
    """Return the secrets that Total Expert's notifications have. A new one has 64 hexadecimal digits."""
    from data.webhooks.notice_secrets import KeptNoticeSecrets

    return KeptNoticeSecrets(settings, lambda: secrets.token_hex(32), WallClock().now)
