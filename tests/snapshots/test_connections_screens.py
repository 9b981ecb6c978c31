"""How Connections look, at three sizes, as pictures next to this test: made again by `--snapshot-update`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.diagnostics import findings, system_findings
from core.diagnostics.findings import BookSeen, ConnectionProblem, FilesSeen, Finding, FindingLevel
from core.diagnostics.system_findings import Finds, FoundBy, SystemSeen
from core.diagnostics.tenant_findings import TypeNeed, judge_insight_types, judge_required_groups
from core.error_catalogue import fix_of
from core.push.plan import System
from tests.snapshots.test_screens import EVERY, painted, scene
from tests.support.fake_desk import FakeDesk

SEEN = (
    SystemSeen(
        System.BROKERENGINE, "BrokerEngine", "https://board.example", None, 0.21, 0.6, 500.0, 480, "1.0.0"
    ),
    SystemSeen(
        System.FLEX,
        "FLEX",
        "https://gateway.aggregator.example/flex",
        ConnectionProblem(
            "wrong-secret",
            "FLEX does not accept the client id and secret.",
            fix_of("wrong-secret", values={"system": "flex"}),
        ),
    ),
    SystemSeen(
        System.TOTAL_EXPERT,
        "Total Expert",
        "https://public.totalexpert.net/v1",
        None,
        0.4,
        -312.0,
        finds=(
            Finds("Contacts, by our reference", FoundBy.FILTER),
            Finds("Insights, by contact", FoundBy.NONE),
        ),
    ),
)


NEEDS = tuple(TypeNeed(name, name) for name in ("SN Loan Application Started", "SN Partner Linked"))


async def _found(*_: object) -> list[Finding]:
    return [
        *findings.judge_settings("harbour", live=True, writes="vendor"),
        *(finding for one in SEEN for finding in system_findings.judge_system(one)),
        *judge_insight_types(NEEDS, {}, FindingLevel.WARN),
        *judge_required_groups(None, (), (), 0.0),
        *findings.judge_book(BookSeen("/home/jo/desk/live", there=True, size=1_400_000, backup_age=200_000)),
        *findings.judge_files(
            FilesSeen("/home/jo/desk", loose=("/home/jo/desk",), repair="chmod -R go-rwx /home/jo/desk")
        ),
    ]


@pytest.mark.parametrize("size", EVERY, ids=lambda size: f"{size[0]}x{size[1]}")
def test_connections_look_as_they_did(
    size: tuple[int, int], tmp_path: Path, snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.connections.dialog.examine", _found)
    assert painted(snap_compare, FakeDesk(tmp_path), scene("C"), size)
