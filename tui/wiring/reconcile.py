"""Joins a desk to the reconciliation, and the watch to its weekly run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from core.automatic.weekly import WEEK, seconds_to_weekly
from core.errors import UsageError
from core.push.plan import System
from core.reconcile.flex_look import LookTerms, no_pause
from core.reconcile.model import KeptReconciliation, Reconciliation
from core.reconcile.use_cases import ReconcileParts, ReconcileUseCases
from core.systems import display_name
from data.book.reconcile_file import ReconciliationFile
from data.settings import Settings
from tui.wiring.clock import WallClock, desk_time

if TYPE_CHECKING:
    from core.push.ports import Clock
    from tui.wiring.desk import Desk

SHARE: Final = 0.1
"""The part of the rate of FLEX that the watch's reconciliation takes. The number is ours."""
MOST_OF_A_WATCH: Final = 120
"""Requests to FLEX of one reconciliation of the watch. The number is ours."""


def reconcile_use_cases(desk: Desk, clock: Clock | None = None) -> ReconcileUseCases:
    """Return the reconciliation of a desk. Raises `AssertionError` for a desk without receipts."""
    if desk.receipts is None:
        raise AssertionError("a desk has its receipts")
    return ReconcileUseCases(
        ReconcileParts(
            book=desk.book,
            receipts=desk.receipts,
            clock=clock or WallClock(),
            local=desk_time(desk.settings),
            workspace=desk.settings.profile.workspace,
            cards=desk.flex.cards,
            flex=desk.flex_lists,
            contacts=desk.contacts,
        )
    )


def chosen_system(name: str, systems: Collection[System]) -> System:
    """Return the system that a person names, in any letter case. Raises `UsageError` (no-such-system)."""
    wanted = name.casefold().replace("_", "-")
    for system in systems:
        if wanted in (system.value, display_name(system).casefold()):
            return system
    known = ", ".join(display_name(system) for system in systems) or "none"
    raise UsageError("no-such-system", f"This profile can't reconcile {name}.", known=known)


def reconciliation_file(settings: Settings) -> ReconciliationFile:
    """Return the file with the last reconciliation of a profile."""
    return ReconciliationFile(settings.folder)


async def keep_report(settings: Settings, report: Reconciliation, by: str) -> None:
    """Keep a report about every system. A disk that refuses costs the report of the past, and nothing else."""
    file = reconciliation_file(settings)

    def keep() -> None:
        with suppress(OSError):
            file.keep(file.read().with_report(report, by))

    await asyncio.to_thread(keep)


def slow_pause(rate: float) -> Callable[[], Awaitable[None]]:
    """Return a pause that leaves most of a rate (requests a minute) to others."""

    async def pause() -> None:
        await asyncio.sleep(60.0 / (rate * SHARE))

    return pause


class WeeklyReconciliation:
    """The watch's weekly reconciliation of one profile: when it is due, and what it runs."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._file = reconciliation_file(settings)
        self._clock = clock

    def seconds_left(self) -> float:
        """Return the seconds until it is due, 0 if it is due now. Blocks.

        The first one is due since the first call.
        """
        kept, now = self._file.read(), self._clock.now()
        if not kept.asked_since:
            kept = replace(kept, asked_since=now)
            with suppress(OSError):
                self._file.keep(kept)
        return seconds_to_weekly(kept.succeeded or kept.asked_since - WEEK, now, desk_time(self._settings))

    async def run(self, desk: Desk) -> Reconciliation:
        """Compare everything, slowly, and keep the report. Raises the errors of `ReconcileUseCases.run`."""
        use_cases = reconcile_use_cases(desk, self._clock)
        flex = desk.wires.get(System.FLEX)
        rate = flex.address.rate if flex is not None else 0.0
        turn = int(self._clock.now() // WEEK)
        terms = LookTerms(MOST_OF_A_WATCH, slow_pause(rate) if rate else no_pause, turn)
        report = await use_cases.run(use_cases.parts.systems, terms)
        await keep_report(self._settings, report, "watch")
        return report

    def kept(self) -> KeptReconciliation:
        """Return what is kept of the last one. Blocks."""
        return self._file.read()
