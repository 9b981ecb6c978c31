"""A sync that is limited to an owner or a group, and the first sync, on real HTTP: by command, profile and app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.console import console, says, until
from tests.support.sandbox_home import Home, Sandbox
from tui.contacts.plans.plan_dialog import PlanDialog

BOTH = ("simplenexus", "total-expert")
DANA = "dana.whitlock@example.com"
OUTSIDE = "outside the owners or groups of this sync"


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


def a_desk(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> Home:
    for name in BOTH:
        monkeypatch.setenv(f"BROKERDESK_{name.upper().replace('-', '_')}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    home = Home.at(tmp_path / "home", sandbox, 'writer = "desk"', systems=BOTH)
    config = home.path / "config.toml"
    config.write_text(f"{config.read_text('utf-8')}\n{more}", "utf-8")
    return home


@pytest.fixture
def desk(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return a_desk(sandbox, tmp_path, monkeypatch)


def owners_made(sandbox: Sandbox) -> set[str]:
    """Return the emails of the owners of the contacts that bear a reference of ours."""
    contacts = sandbox.records("total-expert")["contacts"]
    ours = [one for one in contacts if any(mark["source"] == "brokerdesk" for mark in one["external_ids"])]
    return {one["owner"]["email"].casefold() for one in ours}


def test_a_sync_of_one_owner_touches_no_other_and_names_what_is_outside(desk: Home, sandbox: Sandbox) -> None:
    whole = desk.run("sync")[1]
    code, only = desk.run("sync", "--owner", DANA.upper())
    assert (code, only["scope"]) == (1, [{"owners": [DANA.upper()], "groups": []}])
    assert set(only["outside"]) == {"Marcus Oyelaran", "Priya Raman"}
    assert only["causes"][OUTSIDE] == sum(only["outside"].values())
    steps = {step["ref"] for step in only["steps"]}
    assert steps < {step["ref"] for step in whole["steps"]}
    assert "Marcus Oyelaran" in desk.say("sync", "--owner", DANA)[1]
    code, push = desk.run("sync", "--owner", DANA, "--yes")
    assert (code, push["state"]) == (0, "done")
    assert owners_made(sandbox) == {DANA}
    in_no_group = desk.run("sync", "--group", "no such group")[1]
    assert "only in Total Expert: becomes a prospect" not in in_no_group["causes"]
    code, said = desk.run("sync", "--owner", "nobody@example.com")
    assert (code, said["error"]["code"]) == (2, "bad-scope")


def test_the_first_sync_says_that_it_fires_nothing_and_the_next_one_does_not(desk: Home) -> None:
    assert desk.run("sync")[1]["first"] is True
    assert "This is the first sync of this profile." in desk.say("sync")[1]
    out = desk.say("sync", "--yes", "--limit", "1")[1]
    assert "This was the first sync" in out
    again: dict[str, Any] = desk.run("sync")[1]
    assert again["first"] is False
    assert "first sync" not in " ".join(again["warnings"])


async def test_a_profile_and_a_person_in_the_app_limit_a_sync(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = f'[profiles.test.scope]\nowners = ["{DANA}", "marcus.oyelaran@example.com"]\n'
    home = a_desk(sandbox, tmp_path, monkeypatch, profile)
    async with console(home, rest=False, size=(132, 60)) as pilot:
        await says(pilot, "NEEDS YOU")
        await pilot.press("L")
        await says(pilot, "Limit the sync to", "everything", "owner Dana Whitlock")
        await pilot.press("down", "enter")
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanDialog) and pilot.app.screen.armed)
        await says(pilot, "first sync of this profile", "ONLY", "Marcus Oyelaran", "Priya Raman")
        await pilot.press("y")
        await until(
            pilot, lambda: "This was the first sync" in str(pilot.app.screen.query_one("#plan-last").content)
        )
    assert owners_made(sandbox) == {DANA}
