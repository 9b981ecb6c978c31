"""Everything that is sent to SimpleNexus and Total Expert, where both refuse whatever their texts do not have."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.push.plan import Entity, System, make_ref
from core.push.records import Link
from tests.contracts.recording.traffic_recorder import VARIABLE
from tests.contracts.traffic import report
from tests.journeys.test_milestones import (
    ABANDONED,
    BOTH,
    HOUR,
    LINKED,
    MINUTE,
    SECRET,
    STARTED,
    SUBMITTED,
    Us,
    listening,
    own_map,
)
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring import open_book, settings_of

PARTNER = "SN Partner Linked"


@pytest.fixture
def strict(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose contact systems refuse what no text has."""
    sandbox.options("total-expert", strict=True, tokens_an_hour=10_000, requests_a_minute=1_000_000)
    sandbox.options("simplenexus", strict=True, applications=True)
    return sandbox


@pytest.fixture
def home(strict: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A desk that writes into both systems. At the end, nothing that the test sent may be refused as unknown."""
    recordings = tmp_path / "traffic"
    recordings.mkdir()
    monkeypatch.setenv(VARIABLE, str(recordings))
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT", "LISTEN"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", SECRET if name == "LISTEN" else "sandbox")
    home = Home.at(tmp_path / "home", strict, 'writer = "desk"\nmilestones = "own.toml"', systems=BOTH)
    own_map(home, "")
    yield home
    code, lines = report(recordings)
    assert code == 0, lines
    for system in BOTH:
        asked = strict.requests(system)
        assert asked
        assert [one for one in asked if one["status"] in (400, 422)] == []


def test_a_sync_a_share_and_an_undo_send_nothing_that_no_text_has(home: Home, strict: Sandbox) -> None:
    code, push = home.run("sync", "--yes")
    assert (code, push["state"], push["receipt"]["counts"]["differs"]) == (0, "done", 0)
    prospects = [step["local_id"] for step in push["steps"] if step["entity"] == "prospect"]
    assert prospects
    code, shared = home.run("share", *prospects, "--yes")
    assert (code, shared["state"]) == (0, "done")
    assert shared["steps"]
    code, made = home.run("share", *prospects[-3:], "--make-account", "--yes")
    assert (code, made["state"], len(made["steps"])) == (0, "done", 3)
    code, undone = home.run("undo", push["push_id"], "--yes")
    assert code == 0, undone


def test_each_milestone_that_simplenexus_reports_is_sent(home: Home, strict: Sandbox) -> None:
    us = Us(home, strict)
    gone, done, new = us.people[:3]
    first = us.act("begin", gone, 3 * HOUR)
    us.act("abandon", first, HOUR)
    second = us.act("begin", done, 3 * HOUR)
    us.act("submit", second, HOUR)
    us.act("log-in", new, 30 * MINUTE)
    with listening(home) as url:
        assert set(us.deliver(url)) == {200}
    code, _ = us.lines("--yes")
    assert code == 0
    agent = partner_of_now(home, strict, us)
    code, _ = us.lines("--yes")
    assert code == 0
    at = us.contacts
    assert us.sent() == {
        at[gone]: [STARTED, ABANDONED],
        at[done]: [STARTED, SUBMITTED],
        at[new]: [LINKED],
        agent: [PARTNER],
    }


def partner_of_now(home: Home, sandbox: Sandbox, us: Us) -> str:
    """Let a partner be made just now, who is linked with a contact; return the contact's id in Total Expert."""
    partner = sandbox.records("simplenexus")["partners"][0]["id"]
    free = {
        str(row["id"])
        for row in sandbox.records("total-expert")["contacts"]
        if not {"ok_to_email", "preferences"} & row.keys()  # nobody who opted out
    } - set(us.contacts.values())
    contact = min(free)
    stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    sandbox.change("partners", partner, {"created_at": stamp, "updated_at": stamp}, "simplenexus")
    ref = make_ref("test", System.TOTAL_EXPERT, Entity.CONTACT, partner)
    link = Link(System.TOTAL_EXPERT, Entity.CONTACT, partner, contact, ref, 0.0)

    async def keep() -> None:
        book = await open_book(settings_of(str(home.path), None), write=True)
        try:
            await book.commit(link)
        finally:
            book.close()

    asyncio.run(keep())
    return contact
