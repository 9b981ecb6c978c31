"""How the dialogs look about automatic work, reads, reconciliation, webhooks and files: made by `--snapshot-update`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from core.automatic.brake import Brake
from core.automatic.records import AutomaticWork, StandingOrder
from core.automatic.standing_orders import StandingOrders
from core.automatic.watch_status import WatchStatus
from core.contacts.reading.shortfall import Shortfall, ShortRead
from core.push.live_push import Listener
from core.push.plan import Entity, System
from core.reconcile.model import (
    Discrepancy,
    DiscrepancyKind,
    KeptReconciliation,
    NotCompared,
    Reconciliation,
    Remedy,
    SumLine,
    Sums,
    SystemLook,
)
from core.webhooks.model import WANTED, RegisteredEvent, Webhook
from core.webhooks.plan import WebhookStanding
from core.webhooks.records import WebhookRecord
from data.book.reconcile_file import ReconciliationFile
from data.book.watch_file import WatchFile
from data.settings import Settings
from tests.snapshots.test_screens import EVERY, Scene, painted_at, scene
from tests.support.card_files import table
from tests.support.fake_desk import NOW, FakeDesk, fake_settings, utc
from tests.support.fake_milestones import FakeMilestones
from tests.support.inline_book import InlineBook
from tests.support.until import at_rest, says
from tui.connections.webhooks import WebhooksDialog
from tui.contacts.plans.missing_dialog import missing_dialog
from tui.wiring import Desk

AT_SIZES = pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")


class BrakedMilestones(FakeMilestones):
    """A desk that sends milestones by a standing order, one in a round: the two that are due wait for a person."""

    async def _live_the_past(self, book: InlineBook) -> None:
        await super()._live_the_past(book)
        await book.commit(StandingOrder(AutomaticWork.MILESTONES, "m.hale", NOW - 7200))

    @asynccontextmanager
    async def open(self, settings: Settings, *, write: bool, listen: Listener) -> AsyncIterator[Desk]:
        async with super().open(settings, write=write, listen=listen) as desk:
            orders = StandingOrders(desk.book, "m.hale", self.clock)
            brake = Brake(desk.book, 1, "m.hale", self.clock)
            yield msgspec.structs.replace(desk, brake=brake, orders=orders)


def braked(*keys: str) -> Scene:
    """Give a scene that is reached by keys once the round waits."""

    async def play(desk: FakeDesk, pilot: Pilot[Any]) -> None:
        await says(pilot, "F8: 2")
        await scene(*keys)(desk, pilot)

    return play


@AT_SIZES
def test_a_round_that_waits_is_shown_with_its_answers(
    size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    play = braked("f8")
    assert painted_at(snap_compare, "brake", size, EVERY, lambda: BrakedMilestones(tmp_path), play)


@AT_SIZES
def test_what_a_round_would_send_is_shown(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    play = braked("f8", "enter")
    assert painted_at(snap_compare, "braked", size, EVERY, lambda: BrakedMilestones(tmp_path), play)


@AT_SIZES
def test_everything_that_waits_at_once_is_in_the_header(
    size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    def make() -> FakeDesk:
        folder = fake_settings(tmp_path).folder
        ReconciliationFile(folder).keep(KeptReconciliation(report=REPORT, by="watch"))
        WatchFile(folder).keep(WatchStatus(1, "m.hale", NOW - 7200, NOW - 3600))
        return BrakedMilestones(tmp_path)

    assert painted_at(snap_compare, "all in the header", size, EVERY, make, braked("f9"))


@AT_SIZES
def test_a_stop_is_lifted_after_a_question(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    async def lifted(desk: FakeDesk, pilot: Pilot[Any]) -> None:
        await scene("f9")(desk, pilot)
        await says(pilot, "STOPPED")
        pilot.app.clear_notifications()
        await pilot.press("f9")
        await says(pilot, "Let sending continue?")

    assert painted_at(snap_compare, "lift the stop", size, EVERY, lambda: FakeDesk(tmp_path), lifted)


SHORT = ShortRead(System.TOTAL_EXPERT, 2711, Shortfall(3120, NOW - 86_400, 409))


async def missing(_: FakeDesk, pilot: Pilot[Any]) -> None:
    pilot.app.push_screen(missing_dialog(SHORT, utc))
    await says(pilot, "type how many are missing")


@AT_SIZES
def test_missing_records_are_asked_about(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    assert painted_at(snap_compare, "missing", size, EVERY, lambda: FakeDesk(tmp_path), missing)


REPORT = Reconciliation(
    NOW - 3600,
    (
        SystemLook(System.FLEX, 41, 380, 2, 1),
        SystemLook(System.TOTAL_EXPERT, code="unreachable", message="Total Expert does not answer."),
    ),
    (
        Discrepancy(
            DiscrepancyKind.GONE,
            "FLEX has no contact 1-6E2A0 any more.",
            System.FLEX,
            Entity.PERSON,
            "P-1",
            "1-6E2A0",
            about="P-1",
            card="C-1042",
            remedies=(Remedy.UNLINK, Remedy.FIND_LINKS),
        ),
        Discrepancy(
            DiscrepancyKind.CHANGED,
            "ProposedLoanAmount, LoanPurpose: FLEX holds other values than the receipt says.",
            System.FLEX,
            Entity.OPPORTUNITY,
            "C-1042",
            "1-6E2A7",
            ("ProposedLoanAmount", "LoanPurpose"),
            other_id="P0001",
            about="C-1042",
            card="C-1042",
            remedies=(Remedy.CHECK_RECEIPT, Remedy.SEND_PEOPLE_AGAIN, Remedy.BY_HAND),
        ),
    ),
    (NotCompared(System.FLEX, "notes", 0, "FLEX lists no notes by link"),),
    Sums(
        (SumLine("2026-11-12", "m.hale", "card", 3, 2, 1, receipt=3),),
        SumLine("", "", "", 3, 2, 1),
        last_receipt=3,
        receipts=3,
    ),
)


def reconciled(folder: Path) -> FakeDesk:
    """Give a desk of which the watch has kept a report."""
    ReconciliationFile(fake_settings(folder).folder).keep(KeptReconciliation(report=REPORT, by="watch"))
    return FakeDesk(folder)


@AT_SIZES
def test_a_reconciliation_is_shown(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    play = scene("f7", "down")
    assert painted_at(snap_compare, "reconciliation", size, EVERY, lambda: reconciled(tmp_path), play)


URL = "https://hooks.example.com"
EVENTS = tuple(RegisteredEvent(name, name) for name in WANTED[System.SIMPLENEXUS][:-1])
STANDINGS = (
    WebhookStanding(
        System.SIMPLENEXUS,
        (
            (
                Webhook(System.SIMPLENEXUS, "7", f"{URL}/simplenexus", "brokerdesk", EVENTS),
                WebhookRecord(
                    System.SIMPLENEXUS, f"{URL}/simplenexus", "m.hale", enabled_at=NOW, tested_at=NOW + 60
                ),
            ),
        ),
        (Webhook(System.SIMPLENEXUS, "3", "https://other.example/hook", "", EVENTS[:1]),),
        offered=WANTED[System.SIMPLENEXUS],
    ),
    WebhookStanding(System.TOTAL_EXPERT, offered=WANTED[System.TOTAL_EXPERT][:1]),
)


class _Webhooks:
    """As much of the webhooks as the dialog reads."""

    async def look(self) -> list[WebhookStanding]:
        """Return how they stand."""
        return list(STANDINGS)


async def _webhooks(*_: object) -> _Webhooks:
    return _Webhooks()


async def webhooks(_: FakeDesk, pilot: Pilot[Any]) -> None:
    pilot.app.push_screen(WebhooksDialog(pilot.app.desk, local=utc, live=False, grace=0.0))
    await says(pilot, "hooks.example.com")
    await at_rest(pilot)


@AT_SIZES
def test_webhooks_are_shown(
    size: tuple[int, int], tmp_path: Path, snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.connections.webhooks.webhook_use_cases", _webhooks)
    assert painted_at(snap_compare, "webhooks", size, EVERY, lambda: FakeDesk(tmp_path), webhooks)


async def asked(_: FakeDesk, pilot: Pilot[Any]) -> None:
    await pilot.press("I", *"deals.csv", "enter")
    await says(pilot, "Which column holds the last name?")


async def found(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await asked(desk, pilot)
    await pilot.press("escape")
    await says(pilot, "Not imported yet")


@AT_SIZES
@pytest.mark.parametrize("play", [asked, found])
def test_an_import_asks_and_shows_what_it_found(
    size: tuple[int, int], play: Scene, tmp_path: Path, snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"Familienname": "Nguyen", "loan_amount": "#REF!", "Referrer": "J. Park"}
    rows = [{**row, "card_id": "X-1"}, {**row, "card_id": "X-2", "role": "Boss"}]
    (tmp_path / "deals.csv").write_bytes(table(*rows).replace(b"last_name", b"Nickname", 1))
    name = f"import-{play.__name__}"
    assert painted_at(snap_compare, name, size, EVERY, lambda: FakeDesk(tmp_path), play)
