"""How the overview looks, at three sizes, as pictures beside this test. They are made anew by `--snapshot-update`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.push.plan import System
from data.vendors.http.client import LastAnswer
from tests.snapshots.test_screens import EVERY, a_desk, painted_at, scene
from tests.support.fake_desk import FakeDesk

LATER = 10_000.0
"""Seconds by which the answers are ahead, so that they are of just now however slow the machine is."""


async def overview(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    at = asyncio.get_running_loop().time() + LATER
    desk.wires[System.BROKERENGINE].last_answer = LastAnswer(at, works=True, took=0.06)
    desk.wires[System.FLEX].last_answer = LastAnswer(at, works=False, took=0.08, left=412)
    await scene("0")(desk, pilot)


@pytest.mark.parametrize("size", EVERY)
def test_the_overview_looks_as_it_did(size: tuple[int, int], tmp_path: Path, snap_compare: Any) -> None:
    assert painted_at(snap_compare, "overview", size, EVERY, lambda: a_desk(tmp_path), overview)
