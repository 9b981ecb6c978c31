"""The Contacts room on real HTTP, with the keyboard alone: review, sync, share the app, undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from data.sandbox.seeding.contacts import truth
from data.sandbox.server import DEFAULT_CONTACTS, DEFAULT_SEED
from tests.journeys.console import console, flat, told, until
from tests.support.sandbox_home import Home, Sandbox
from tui.contacts.pairs import PairList
from tui.contacts.plan_dialog import PlanDialog

BOTH = ("simplenexus", "total-expert")
KNOWN = truth(DEFAULT_SEED, DEFAULT_CONTACTS).verdicts
SENT = KNOWN["import"] + KNOWN["push"] + KNOWN["skip-one-way"]


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk that has the two contact systems and no other: it opens in their room."""
    return _home(sandbox, tmp_path, monkeypatch)


def _home(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> Home:
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    return Home.at(tmp_path / "home", sandbox, f'writer = "desk"\n{more}', systems=BOTH)


def _writes(sandbox: Sandbox) -> int:
    return sum(len(sandbox.writes(system)) for system in BOTH)


async def _read(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: bool(pilot.app.screen.query(PairList)) and bool(_list(pilot).shown_keys))


def _list(pilot: Pilot[Any]) -> PairList:
    return pilot.app.screen.query_one(PairList)


async def _ask(pilot: Pilot[Any], key: str) -> PlanDialog:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog) and pilot.app.screen.armed)
    dialog = pilot.app.screen
    assert isinstance(dialog, PlanDialog)
    return dialog


async def test_a_sync_is_shown_confirmed_once_and_then_has_nothing_left(us: Home, sandbox: Sandbox) -> None:
    async with console(us, rest=False) as pilot:
        await _read(pilot)
        await _ask(pilot, "a")
        text = flat(pilot)
        assert f"{KNOWN['link']} equal email: linked" in text
        assert f"{KNOWN['import']} only in Total Expert: becomes a prospect" in text
        await pilot.press("n")
        assert _writes(sandbox) == 0, "closing it sends nothing"
        await _ask(pilot, "a")
        await pilot.press("y", "y")
        await until(pilot, lambda: "Done." in flat(pilot))
        assert f"{SENT} of {SENT}" in flat(pilot)
        await pilot.press("n")
        await until(pilot, lambda: f"{KNOWN['linked'] + KNOWN['link'] + SENT} linked" in flat(pilot))
        await _ask(pilot, "a")
        assert "Nothing to link or to send." in flat(pilot)
        await pilot.press("y")
        await pilot.press("escape")
    assert _writes(sandbox) == SENT


async def test_an_answer_goes_into_the_next_sync(us: Home) -> None:
    async with console(us, rest=False) as pilot:
        await _read(pilot)
        await pilot.press("s")
        await until(
            pilot,
            lambda: f"1 of {KNOWN['household'] + KNOWN['hold'] + KNOWN['possible-duplicate']}" in flat(pilot),
        )
        await _ask(pilot, "a")
        assert "1 a person said they are one: linked" in flat(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Done." in flat(pilot))
    links = (await told(us, "links"))["links"]
    assert len(links) == KNOWN["link"] + 1 + SENT


async def test_the_app_is_shared_with_the_person_under_the_cursor(us: Home, sandbox: Sandbox) -> None:
    push = await told(us, "sync", "--yes")
    prospects = {
        step["local_id"]: step["remote_id"] for step in push["steps"] if step["entity"] == "prospect"
    }
    before = len(sandbox.records("simplenexus")["borrowers"])
    async with console(us, rest=False) as pilot:
        await _read(pilot)
        while not _go_to_a_prospect(pilot, prospects):
            await pilot.press("v")
            await pilot.pause()
        await pilot.pause()
        await _ask(pilot, "x")
        assert "may send each of them an email" in flat(pilot)
        await pilot.press("y")
        await until(pilot, lambda: "Done." in flat(pilot))
    assert len(sandbox.records("simplenexus")["borrowers"]) == before + 1


def _go_to_a_prospect(pilot: Pilot[Any], prospects: dict[str, str]) -> bool:
    """Put the cursor on the last imported person, who is nobody special."""
    room: Any = pilot.app.screen
    wanted = list(prospects)[-1]
    for key in _list(pilot).shown_keys:
        row = _list(pilot).row(key)
        if row is not None and wanted in row.total_expert_ids:
            _list(pilot).move_to(key)
            return bool(room.check_action("share_app", ()))
    return False


async def test_an_undo_is_shown_with_what_stays_and_takes_the_links_back(us: Home, sandbox: Sandbox) -> None:
    await told(us, "sync", "--yes")
    before = _writes(sandbox)
    async with console(us, rest=False) as pilot:
        await _read(pilot)
        await _ask(pilot, "z")
        text = flat(pilot)
        assert f"{KNOWN['link'] + SENT} links are taken back" in text
        assert "can't be removed" in text
        await pilot.press("y")
        await until(pilot, lambda: "Done." in flat(pilot))
    assert (await told(us, "links"))["links"] == []
    assert _writes(sandbox) == before


async def test_new_users_go_by_themselves_only_where_the_profile_says_so(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _home(sandbox, tmp_path, monkeypatch, "auto_push = true")
    pushed = KNOWN["push"] + KNOWN["skip-one-way"]
    async with console(home, rest=False) as pilot:
        await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
        assert f"Push {pushed} new users too?" in flat(pilot)
        assert _writes(sandbox) == 0, "it waits for a person's word the first time"
        await pilot.press("y")
        await until(pilot, lambda: _writes(sandbox) == pushed)
        await until(
            pilot,
            lambda: f"{pushed} new users on the way" in " ".join(n.message for n in pilot.app._notifications),
        )
    assert not sandbox.writes("simplenexus")


async def test_in_the_cards_room_a_contact_desk_says_that_it_has_no_cards(us: Home) -> None:
    async with console(us, rest=False) as pilot:
        await _read(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "does not say where flex is" in flat(pilot))
