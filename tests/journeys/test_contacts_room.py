"""The Contacts room on real HTTP, with the keyboard alone: review, sync, share the app, undo."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.journeys.console import console, flat, says, told, until
from tests.support.few_contacts import KNOWN_OF_FEW
from tests.support.sandbox_home import Home, Sandbox
from tui.contacts.pairs import PairList
from tui.contacts.plans.plan_dialog import PlanDialog

BOTH = ("simplenexus", "total-expert")
KNOWN = KNOWN_OF_FEW.verdicts
AGENTS = KNOWN_OF_FEW.cases["agent-total-expert"]
SENT = KNOWN["import"] + KNOWN["push"] + KNOWN["skip-one-way"]


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


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


async def test_a_sync_is_shown_confirmed_once_has_nothing_left_and_is_undone(
    us: Home, sandbox: Sandbox
) -> None:
    async with console(us, rest=False) as pilot:
        await _read(pilot)
        await _ask(pilot, "a")
        text = flat(pilot)
        assert f"{KNOWN['link']} same email: linked" in text
        assert f"{KNOWN['import'] - AGENTS} only in Total Expert: becomes a prospect" in text
        assert f"{AGENTS} an agent only in Total Expert: becomes a partner" in text
        await pilot.press("n")
        assert _writes(sandbox) == 0, "closing it sends nothing"
        await _ask(pilot, "a")
        await pilot.press("y", "y")
        await says(pilot, "Done.")
        assert f"{SENT} of {SENT}" in flat(pilot)
        await pilot.press("n")
        await says(pilot, f"{KNOWN['linked'] + KNOWN['link'] + SENT} linked earlier")
        await _ask(pilot, "a")
        assert "Nothing to link or to send." in flat(pilot)
        await pilot.press("y")
        await pilot.press("escape")
        assert _writes(sandbox) == SENT

        await _ask(pilot, "z")
        text = flat(pilot)
        assert f"{KNOWN['link'] + SENT} links are removed" in text
        assert "can't be removed" in text, "it says what stays"
        await pilot.press("y")
        await says(pilot, "Done.")
    assert (await told(us, "links"))["links"] == []
    assert _writes(sandbox) == SENT + AGENTS, "each new partner is switched off"


async def test_links_that_a_person_took_back_are_called_so_and_are_made_again_by_their_word(us: Home) -> None:
    await told(us, "sync", "--yes")
    removed = KNOWN["link"] + SENT
    async with console(us, rest=False) as pilot:
        await _read(pilot)
        await _ask(pilot, "z")
        await pilot.press("y")
        await says(pilot, f"Done. {removed} links removed, {AGENTS} partners switched off.")
        await pilot.press("n")
        await says(pilot, "link taken back")
        counts = (await told(us, "match"))["counts"]
        assert counts["link"] == 0
        assert f"{counts['unlinked']} link taken back" in flat(pilot)
        while _list(pilot).cursor_row is None or _list(pilot).cursor_row.verdict != "unlinked":
            await pilot.press("v")
            await pilot.pause()
        pair = _list(pilot).cursor_row
        text = flat(pilot)
        assert "Link taken back" in text
        assert "took the link back on" in text
        await pilot.press("s")
        await says(pilot, "The next sync links the two", f"{counts['unlinked'] - 1} link taken back")
        await _ask(pilot, "a")
        assert "1 a person said they are one: linked" in flat(pilot)
        assert f"{counts['unlinked'] - 1} a person took this link back" in flat(pilot)
        await pilot.press("y")
        await says(pilot, "Done. 1 pair linked.")
    assert pair is not None
    links = (await told(us, "links"))["links"]
    assert [(link["local_id"], link["remote_id"]) for link in links] == [
        (pair.simplenexus_ids[0], pair.total_expert_ids[0])
    ]
    other = next(row for row in (await told(us, "match"))["pairs"] if row["verdict"] == "unlinked")
    ids = *other["simplenexus_ids"], *other["total_expert_ids"]
    assert [one["answer"] for one in (await told(us, "judge", *ids, "same"))["judged"]] == ["same"]
    await told(us, "sync", "--yes")
    assert len((await told(us, "links"))["links"]) == 2
    last = next(row for row in (await told(us, "match"))["pairs"] if row["verdict"] == "unlinked")
    ids = *last["simplenexus_ids"], *last["total_expert_ids"]
    alike = (await told(us, "judge", *ids, "same", "--alike"))["judged"]
    assert len(alike) == counts["unlinked"] - 2, "all links of one undo at once"


async def test_an_answer_goes_into_the_next_sync_of_a_desk_without_cards(us: Home) -> None:
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
        await says(pilot, "Done.")
        await pilot.press("n", "1")
        await says(pilot, "does not say where flex is")  # a contact desk has no cards
    links = (await told(us, "links"))["links"]
    assert len(links) == KNOWN["link"] + 1 + SENT


async def test_the_person_under_the_cursor_is_given_the_app_and_the_agent_under_it_is_invited(
    us: Home, sandbox: Sandbox
) -> None:
    steps = (await told(us, "sync", "--yes"))["steps"]
    prospects = [step["local_id"] for step in steps if step["entity"] == "prospect"]
    agent, partner = next(
        (step["local_id"], step["remote_id"]) for step in steps if step["entity"] == "partner"
    )
    before = len(sandbox.records("simplenexus")["app-shares"])
    async with console(us, rest=False) as pilot:
        await _read(pilot)
        room: Any = pilot.app.screen
        await _show(pilot, prospects[-1])  # nobody special
        assert room.check_action("share_app", ())
        await _ask(pilot, "x")
        assert "SimpleNexus sends each of them the link" in flat(pilot)
        await pilot.press("f")
        await says(pilot, "Fallback: make the account")
        await pilot.press("f")
        await until(pilot, lambda: "Send the link" in flat(pilot) and _armed(pilot))
        await pilot.press("y")
        await says(pilot, "Done.")
        await pilot.press("n")
        await says(pilot, "shared on")
        assert len(sandbox.records("simplenexus")["app-shares"]) == before + 1

        await _show(pilot, agent)
        assert room.check_action("invite_agent", ())
        assert not room.check_action("share_app", ()), "an agent is never offered the app"
        assert "agent, by group" in flat(pilot)
        await _ask(pilot, "i")
        assert "can't be taken back" in flat(pilot)
        await pilot.press("y")
        await says(pilot, "Done.")
    (row,) = [row for row in sandbox.records("simplenexus")["partners"] if row["id"] == partner]
    assert row["accepted_invite"] is False


def _armed(pilot: Pilot[Any]) -> bool:
    screen = pilot.app.screen
    return isinstance(screen, PlanDialog) and screen.armed


async def _show(pilot: Pilot[Any], contact_id: str) -> None:
    """Go from view to view until a contact of Total Expert is listed, and put the cursor on its row."""
    while not _go_to(pilot, contact_id):
        await pilot.press("v")
        await pilot.pause()
    await pilot.pause()


def _go_to(pilot: Pilot[Any], contact_id: str) -> bool:
    """Put the cursor on the row of a contact of Total Expert, if the row is listed."""
    for key in _list(pilot).shown_keys:
        row = _list(pilot).row(key)
        if row is not None and contact_id in row.total_expert_ids:
            _list(pilot).move_to(key)
            return True
    return False


async def test_new_users_go_by_themselves_after_the_first_sync_where_the_profile_says_so(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _home(sandbox, tmp_path, monkeypatch, "auto_push = true")
    async with console(home, rest=False) as pilot:
        await _read(pilot)
        await until(pilot, lambda: "after the first sync" in _told_notes(pilot))
    assert not _writes(sandbox), "who was there before the first sync is pushed by a person alone"

    code, first = await asyncio.to_thread(home.run, "sync", "--yes", "--limit", "2")
    assert (code, first["state"]) == (0, "done")
    written = _writes(sandbox)
    dry = (await asyncio.to_thread(home.run, "sync"))[1]
    borrowers = {row["id"] for row in sandbox.records("simplenexus")["borrowers"]}
    left = next(step["local_id"] for step in dry["steps"] if step["local_id"] in borrowers)
    sandbox.change("borrowers", left, {"created_at": "2099-01-01T00:00:00Z"}, "simplenexus")
    async with console(home, rest=False) as pilot:
        await until(pilot, lambda: getattr(pilot.app.screen, "armed", False))
        assert "Push 1 new user too?" in flat(pilot)
        assert _writes(sandbox) == written, "it waits for a person's word the first time"
        await pilot.press("y")
        await until(pilot, lambda: "1 new user on the way" in _told_notes(pilot))
        await until(pilot, lambda: _writes(sandbox) == written + 1)


def _told_notes(pilot: Any) -> str:
    return " ".join(note.message for note in pilot.app._notifications)
