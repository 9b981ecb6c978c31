"""Commands that write, while another process has the book: each says so and ends with 4, and nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.journeys.console import console, told
from tests.support.sandbox_home import Home, Sandbox

ALL = ("brokerengine", "flex", "simplenexus", "total-expert")


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


async def test_a_command_says_that_it_could_not_write_the_book(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for system in ("BROKERENGINE", "FLEX", "SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{system}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    home = Home.at(tmp_path / "home", sandbox, 'writer = "desk"', systems=ALL)
    row = (await told(home, "checklist", "C-1001"))["rows"][0]["place"]
    pair = next(
        (ours[0], theirs[0])
        for item in (await told(home, "review"))["queue"]
        if (ours := item["simplenexus_ids"]) and (theirs := item["total_expert_ids"])
    )
    async with console(home):
        for command in (
            ("judge", *pair, "later"),
            ("checklist", "C-1001", "--tick", row),
            ("paste", "C-1001", "--list", "--tick", row),
            ("link", "C-1003", "1-6D9UB"),
            ("push", "card", "C-1001", "--yes"),
            ("sync", "--yes"),
            ("milestones", "--pause", "50011"),
            ("resume",),
            ("forget", "C-1001", "--yes"),
            ("watch", "--once", "--backlog"),
        ):
            said = await told(home, *command)
            code = said.get("error", {}).get("code")
            assert code == "book-locked", (command, said)
        assert "No job ran" in (await asyncio.to_thread(home.say, "watch", "--once"))[1]
