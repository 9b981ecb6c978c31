"""Eyes nearby on real HTTP: no name, email or phone of either contact book is on a screen or in a plan."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.contacts.match.snapshot import MatchSnapshot
from tests.journeys.console import console, flat, until
from tests.support.hostile_text import shown
from tests.support.sandbox_home import Home, Sandbox
from tui.app import DeskApp
from tui.contacts.pairs import PairList

BOTH = ("simplenexus", "total-expert")
WALK = ("down", "down", "tab", "down", "down", "down", "v", "escape", "3", "0", "tab", "2")


def data_in(contacts: MatchSnapshot) -> Iterator[str]:
    """Yield the names, emails and phones of both books."""
    for contact in (*contacts.simplenexus, *contacts.total_expert):
        values = (contact.first_name, contact.last_name, contact.email, *contact.phones)
        yield from (value for value in values if len(value) > 2)


def leaks(pilot: Pilot[Any], pattern: re.Pattern[str]) -> list[str]:
    return sorted({match[0] for match in pattern.finditer(flat(pilot))})


async def test_no_contact_of_either_book_is_on_a_screen_or_in_a_plan(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    home = Home.at(tmp_path / "home", sandbox, 'writer = "desk"', systems=BOTH)
    async with console(home, rest=False) as pilot:
        app = pilot.app
        assert isinstance(app, DeskApp)
        await until(
            pilot,
            lambda: bool(app.screen.query(PairList)) and bool(app.screen.query_one(PairList).shown_keys),
        )
        contacts = app.last_contacts()
        assert contacts is not None
        either = "|".join(re.escape(value) for value in sorted(set(data_in(contacts)), key=len, reverse=True))
        pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)")
        assert leaks(pilot, pattern)
        await pilot.press("f6")
        await pilot.pause()
        for key in WALK:
            await pilot.press(key)
            await pilot.pause()
            assert leaks(pilot, pattern) == [], f"after {key}:\n{shown(app)}"
        await pilot.press("a")
        await until(pilot, lambda: app.screen.is_modal)
        await pilot.pause()
        assert leaks(pilot, pattern) == [], shown(app)
        await pilot.press("escape", "f6")
        await until(pilot, lambda: bool(leaks(pilot, pattern)))
