"""An organisation that requires groups on a new contact: what is refused is said in words, and what is set is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sandbox_home import Home, Sandbox

BOTH = ("simplenexus", "total-expert")
GROUP = "SN Loan Application Started"


@pytest.fixture
def picky(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that refuses a contact without a group."""
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000, required_groups=GROUP)
    return sandbox


def home_of(sandbox: Sandbox, path: Path, more: str = "") -> Home:
    home = Home.at(path, sandbox, 'writer = "desk"', systems=BOTH)
    with (path / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f"\n{more}\n")
    return home


def test_a_refused_contact_says_which_group_was_missing(picky: Sandbox, tmp_path: Path) -> None:
    desk = home_of(picky, tmp_path / "home")
    code, push = desk.run("sync", "--yes")
    errors = [step["error"] for step in push["steps"] if step["entity"] == "contact"]
    assert code == 1
    assert errors
    assert {error["code"] for error in errors} == {"group-missing"}
    assert f"requires the group “{GROUP}” on a new contact" in errors[0]["message"]
    assert "groups = [" in errors[0]["fix"]
    other = home_of(picky, tmp_path / "other")
    code, said, _ = other.say("sync", "--yes")
    assert code == 1
    assert f"requires the group “{GROUP}”" in " ".join(said.split())


def test_the_groups_and_defaults_of_the_profile_go_along(picky: Sandbox, tmp_path: Path) -> None:
    more = f'groups = ["{GROUP}"]\n[profiles.test.total_expert.defaults]\nreferred_by = "the app"'
    desk = home_of(picky, tmp_path / "home", more)
    code, push = desk.run("sync", "--yes")
    assert (code, push["state"]) == (0, "done")
    made = {step["remote_id"] for step in push["steps"] if step["entity"] == "contact"}
    assert made
    for row in picky.records("total-expert")["contacts"]:
        if str(row["id"]) in made:
            agent = any(group["group_name"] == "Realtor" for group in row["contact_groups"])
            names = [GROUP, "Realtor"] if agent else [GROUP]
            assert [group["group_name"] for group in row["contact_groups"]] == names
            assert row["referred_by"] == "the app"


def test_a_group_that_nobody_has_is_named(picky: Sandbox, tmp_path: Path) -> None:
    desk = home_of(picky, tmp_path / "home", 'groups = ["Bowrower"]')
    _, push = desk.run("sync", "--yes")
    (said,) = {step["error"]["message"] for step in push["steps"] if step["entity"] == "contact"}
    assert "the owner has no group “Bowrower”" in said
