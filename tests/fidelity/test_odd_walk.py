"""A walk through the app over odd values: each room is opened, each row is passed, each dialog is looked at."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.fidelity.board import DrawnBoard
from tests.fidelity.contacts.book import ContactBook
from tests.fidelity.odd_commands import SECRETS, SYSTEMS, OddSystems
from tests.fidelity.odd_values import OddReplies
from tests.fidelity.systems import served
from tests.journeys.console import at_rest, console
from tests.support.hostile_text import shown
from tests.support.sandbox_home import Home

ROWS = 5
"""So many rows of each list are passed."""
SHARE = 5
"""Of so many values one is odd."""


@pytest.mark.parametrize(("seed", "size"), [(3, (80, 24))])
async def test_rooms_full_of_odd_values_are_walked_through(
    seed: int, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    systems = OddSystems(tmp_path)
    board = DrawnBoard(seed, systems)
    ContactBook(systems, Random(seed))
    systems.replies = OddReplies(seed, SHARE, frozenset(SYSTEMS))
    async with served(systems) as urls:
        home = Home.with_urls(tmp_path / "home", urls, systems=SYSTEMS)
        async with console(home, size=size) as pilot:
            for _ in board.cards:
                await _look(
                    pilot,
                    "down",
                    "tab",
                    "tab",
                    "tab",
                    "tab",
                    "p",
                    "escape",
                    "w",
                    "escape",
                    "h",
                    "escape",
                    "e",
                )
                await _look(pilot, "escape", "escape", "escape")
            await _look(pilot, "2", "R")
            for _ in range(ROWS):
                await _look(pilot, "down", "enter", "escape", "w", "escape")
            await _look(pilot, "S", "escape", "escape", "3", "r")
            for _ in range(ROWS):
                await _look(pilot, "down", "enter", "escape")
            await _look(pilot, "4")
            for _ in range(ROWS):
                await _look(pilot, "down", "enter", "escape")
            await _look(pilot, "f7", "escape", "f8", "escape", "1", "r")
            assert pilot.app.is_running
    systems.close()
    assert len(systems.replies.places) > 20


async def _look(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys, and check every character of the screen after each."""
    for key in keys:
        await pilot.press(key)
        await at_rest(pilot)
        shown(pilot.app)
