"""How the overview, the tour, eyes nearby and the lock look, at three sizes, as pictures beside this test."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.push.plan import System
from data.vendors.http.client import LastAnswer
from tests.snapshots.test_screens import EVERY, Scene, a_desk, painted_at, scene
from tests.support.fake_desk import FakeDesk
from tests.support.until import says
from tui.tour.steps import STEPS

LATER = 10_000.0
"""Seconds by which the answers are ahead, so that they are of just now however slow the machine is."""


async def overview(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    at = asyncio.get_running_loop().time() + LATER
    desk.wires[System.BROKERENGINE].last_answer = LastAnswer(at, works=True, took=0.06)
    desk.wires[System.FLEX].last_answer = LastAnswer(at, works=False, took=0.08, left=412)
    await scene("0")(desk, pilot)


async def tour_in_dialog(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await scene("f2", "down", "p")(desk, pilot)
    await says(pilot, STEPS[2].press)


async def tour(desk: FakeDesk, pilot: Pilot[Any]) -> None:
    await pilot.press("f2")
    await says(pilot, STEPS[0].press)


SCENES: dict[str, Scene] = {
    "overview": overview,
    "tour": tour,
    "tour-in-dialog": tour_in_dialog,
    "eyes-nearby": scene("f6"),
    "lock": scene("f5"),
}


@pytest.mark.parametrize("size", EVERY)
@pytest.mark.parametrize("name", SCENES)
def test_the_screen_looks_as_it_did(
    name: str, size: tuple[int, int], tmp_path: Path, snap_compare: Any
) -> None:
    assert painted_at(snap_compare, name, size, EVERY, lambda: a_desk(tmp_path), SCENES[name])
