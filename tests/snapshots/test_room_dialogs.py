"""How the dialogs of the rooms look, at three sizes, as pictures next to this test: made by `--snapshot-update`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.contacts.match.match import match
from core.contacts.match.rule import MatchOptions, Owners
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.review.reviewed import review
from core.contacts.sync.plan import PastPushes, SyncOptions, plan_sync
from core.receipts.records import ReceiptRecord
from core.receipts.use_cases import WrittenReceipt
from data.practice.control import PlayedAct, PlayedDays
from tests.snapshots.test_screens import EVERY, Scene, a_desk, at, painted_at, scene
from tests.support.fake_contacts import REYES, FakeContactDesk, people
from tests.support.fake_desk import NOW, FakeDesk, utc
from tests.support.until import at_rest, says
from tests.unit.core.contacts.test_review import seal
from tui.activity.receipt_dialog import ReceiptDialog
from tui.contacts.controller import shown_sync
from tui.contacts.plans.plan_dialog import PlanDialog
from tui.sandbox.dialog import DayDialog
from tui.tour.steps import OFFER_KEYS
from tui.tour.tour import Tour


def field(section: str, about: str, source: str, value: str, arrived: str, **more: Any) -> dict[str, Any]:
    """Give a value of a receipt."""
    given = {"source_value": value, "sent": value, "found": value, "target": source, "reason": "", "by": ""}
    return {"section": section, "about": about, "source": source, **given, "arrived": arrived, **more}


RECEIPT = WrittenReceipt(
    ReceiptRecord(
        3, "P0001", "card", "C-1042", "9f2c", "41aa", NOW, "x", False, {"arrived": 3, "differs": 1}
    ),
    {
        "operator": "m.hale",
        "confirmed_local": "12 Nov 2026, 14:02",
        "checked_local": "12 Nov 2026, 14:05",
        "sha256": "9f2c71aa03be55d1c0ffee",
        "desk": {"mode": "SANDBOX"},
        "consent": [],
        "fields": [
            field("Contacts", "Linh Nguyen", "First name", "Linh", "arrived"),
            field("Contacts", "Linh Nguyen", "Email", "linh.nguyen@example.com", "arrived"),
            field("Contacts", "Linh Nguyen", "Referrer", "J. Park", "not-sent", sent=None, found=None),
            field("Opportunity", "C-1042", "Loan amount", "640000", "differs", found="600000"),
            field("Opportunity", "C-1042", "Purpose", "Refinance", "arrived"),
        ],
    },
    "3.json",
    "~/.local/share/brokerdesk/receipts/0003-C-1042.html",
)


async def receipt(_: FakeDesk, pilot: Pilot[Any]) -> None:
    pilot.app.push_screen(ReceiptDialog(None, RECEIPT, may_write=True))  # type: ignore[arg-type] # reads nothing
    await says(pilot, "Receipt 3")
    await pilot.press("down", "down", "down")


async def sync(_: FakeDesk, pilot: Pilot[Any]) -> None:
    left, right = people()
    ties = Owners({"u1": "lo1"})
    users = (REYES,)
    read = MatchSnapshot(tuple(left), tuple(right), (REYES,), users, ties, (), {})
    reviewed = review(match(left, right, MatchOptions(owners=ties)), [], seal)
    preview = plan_sync(read, reviewed, PastPushes(), SyncOptions("w", "brokerdesk", "desk"), seal)

    async def nothing() -> None:
        return None

    pilot.app.push_screen(
        PlanDialog(shown_sync(preview, []), nothing, live=False, grace=0.0, clock=lambda: NOW)
    )
    await says(pilot, "Sync SimpleNexus and Total Expert")


PLAYED = PlayedDays(
    1,
    NOW,
    (
        PlayedAct(NOW - 120, "C-1007 went on to Formal approval.", "cards"),
        PlayedAct(NOW - 60, "Jonathan Ruiz began an application.", "milestones"),
        PlayedAct(NOW - 30, "Two people share the inbox family@harbour.example.", "contacts"),
    ),
    NOW + 300,
)


async def day(_: FakeDesk, pilot: Pilot[Any]) -> None:
    pilot.app.push_screen(DayDialog(PLAYED, utc))
    await says(pilot, "What happened today in the sandbox")


async def first_run(_: FakeDesk, pilot: Pilot[Any]) -> None:
    pilot.app.tour = Tour(pilot.app, -1)  # type: ignore[arg-type,attr-defined] # as at the first start
    await says(pilot, OFFER_KEYS)


async def nothing_to_show(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await scene("0")(desk, pilot)
    await says(pilot, "Nothing was pushed today.")


async def said_when_hidden(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await scene("2", "down", "f6")(desk, pilot)
    pilot.app.clear_notifications()
    await at_rest(pilot)


def plain_desk(folder: Path) -> FakeDesk:
    return FakeDesk(folder)


def doubled(folder: Path) -> FakeDesk:
    return a_desk(folder).pushed("C-1051", 3, opportunity="doubled")


def blind(folder: Path) -> FakeDesk:
    return a_desk(folder).pushed("C-1051", 3, opportunity="blind")


SCENES: dict[str, tuple[Callable[[Path], FakeDesk], Scene]] = {
    "activity-details": (a_desk, scene("4", "d")),
    "activity-explain": (a_desk, scene("4", "e")),
    "activity-which": (doubled, scene("4", "i")),
    "activity-there": (blind, scene("4", "t")),
    "activity-empty": (plain_desk, scene("4")),
    "activity-filter": (a_desk, scene("4", "slash", "z", "z")),
    "columns": (a_desk, scene("4", "vertical_line")),
    "contacts-hidden": (FakeContactDesk, said_when_hidden),
    "day": (a_desk, day),
    "export": (a_desk, scene("4", "E")),
    "first-run": (a_desk, first_run),
    "help-activity": (a_desk, scene("4", "question_mark")),
    "help-in-dialog": (a_desk, at("C-1043", "p", "question_mark")),
    "overview-empty": (plain_desk, nothing_to_show),
    "palette-search": (a_desk, scene("ctrl+p", "n", "g", "u")),
    "receipt": (a_desk, receipt),
    "sync": (FakeContactDesk, sync),
    "views": (a_desk, scene("4", "f4")),
    "whole-value": (a_desk, at("C-1091", "full_stop")),
}
CASES = [pytest.param(name, size, id=f"{name}-{size[0]}x{size[1]}") for name in SCENES for size in EVERY]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_dialog_looks_as_it_did(
    name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    make, play = SCENES[name]
    assert painted_at(snap_compare, f"dialog {name}", size, EVERY, lambda: make(tmp_path), play)
