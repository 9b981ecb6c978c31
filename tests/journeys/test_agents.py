"""A real estate agent is still one after sync, share, invite, milestones and undo: real HTTP, and strict systems."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from core.automatic.quiet_start import QuietStart
from core.contacts.sync.invite_plan import SENDS_MAIL
from tests.journeys.test_milestones import LINKED, Us, listening
from tests.journeys.test_strict_sandbox import PARTNER, home, strict
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring import open_book, settings_of

__all__ = ["home", "strict"]  # fixtures

AGENTS = "Realtor"


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


class Agents:
    """The agents of the sandbox: those whom Total Expert alone has, and the partner whom SimpleNexus alone has."""

    def __init__(self, home: Home, sandbox: Sandbox) -> None:
        self.home, self.sandbox = home, sandbox
        self.there = [one for one in self.contacts() if self.is_in_group(one)]
        emails = self.emails(self.contacts())
        partners = sandbox.records("simplenexus")["partners"]
        (self.partner,) = [one for one in partners if one["email"].casefold() not in emails]

    def contacts(self) -> list[dict[str, Any]]:
        return self.sandbox.records("total-expert")["contacts"]

    def contact(self, email: str) -> dict[str, Any]:
        (found,) = [one for one in self.contacts() if (one["email"] or "").casefold() == email.casefold()]
        return found

    def of_simplenexus(self, kind: str, email: str) -> list[dict[str, Any]]:
        records = self.sandbox.records("simplenexus")[kind]
        return [one for one in records if (one["email"] or "").casefold() == email.casefold()]

    @staticmethod
    def is_in_group(contact: dict[str, Any]) -> bool:
        return any(group["group_name"] == AGENTS for group in contact["contact_groups"])

    @staticmethod
    def emails(records: Iterable[dict[str, Any]]) -> set[str]:
        return {(one["email"] or "").casefold() for one in records}

    def made_just_now(self) -> None:
        """Let the partner of SimpleNexus have been made just now, so that the desk hears of it."""
        stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        self.sandbox.change(
            "partners", self.partner["id"], {"created_at": stamp, "updated_at": stamp}, "simplenexus"
        )

    def are_agents(self) -> None:
        """Nobody of them became a borrower or a prospect, and each is an agent in both systems."""
        for email in (*(one["email"] for one in self.there), self.partner["email"]):
            assert self.is_in_group(self.contact(email)), email
            (partner,) = self.of_simplenexus("partners", email)
            assert partner["type"] == "AGENT"
            for kind in ("borrowers", "prospects"):
                assert self.of_simplenexus(kind, email) == [], (kind, email)


@pytest.fixture
def agents(home: Home, strict: Sandbox) -> Agents:
    return Agents(home, strict)


def test_an_agent_is_still_one_after_sync_share_invite_and_milestones(
    home: Home, strict: Sandbox, agents: Agents
) -> None:
    us = Us(home, strict)
    asyncio.run(_synced_an_hour_ago(home))
    assert home.run("milestones")[0] == 0  # the desk watches from now on
    agents.made_just_now()
    code, push = home.run("sync", "--yes")
    assert (code, push["state"], push["receipt"]["counts"]["differs"]) == (0, "done", 0)
    agents.are_agents()
    ids = [str(one["id"]) for one in agents.there]

    code, refused = home.run("share", *ids, "--yes")
    assert (code, refused["error"]["code"]) == (1, "nothing-to-share")
    assert "an agent is invited" in refused["error"]["message"]
    assert not any("SEND_INVITE" in str(one.get("body")) for one in strict.writes("simplenexus"))
    code, shown = home.run("invite", *ids)
    assert (code, shown["error"]["code"], len(shown["steps"])) == (1, "not-confirmed", len(ids))
    code, invited = home.run("invite", *ids, "--yes", "--plan", shown["plan"])
    assert (code, invited["state"]) == (0, "done")
    assert home.run("receipt", invited["push_id"])[1]["warnings"] == [SENDS_MAIL]
    code, asked, _ = home.say("invite", *ids, "999999")
    assert (code, asked.count("was already invited on")) == (1, len(ids))
    assert "999999 (999999) is not in Total Expert" in asked, "who is left out is said before the question"
    assert asked.count("email yes") == len(ids), "so is what Total Expert says of their consent"
    assert [
        agents.of_simplenexus("partners", one["email"])[0]["accepted_invite"] for one in agents.there
    ] == [False] * len(ids)

    with listening(home) as url:
        us.deliver(url)
        us.deliver(url, twice=True)
    for _ in range(2):
        assert us.lines("--yes")[0] == 0
    pushed = str(agents.contact(agents.partner["email"])["id"])
    assert [us.sent().get(id_) for id_ in (*ids, pushed)] == [[PARTNER]] * (len(ids) + 1), f"never {LINKED}"

    writes = [len(strict.writes(system)) for system in ("simplenexus", "total-expert")]
    code, again = home.run("sync", "--yes")
    assert (code, again["steps"]) == (0, [])
    assert [len(strict.writes(system)) for system in ("simplenexus", "total-expert")] == writes
    agents.are_agents()


async def _synced_an_hour_ago(home: Home) -> None:
    """Let the first sync, which fires nothing, have been an hour ago."""
    book = await open_book(settings_of(str(home.path), None), write=True)
    try:
        await book.commit(QuietStart(time.time() - 3_600))
    finally:
        book.close()


def test_each_side_gets_the_fields_that_it_has_and_the_rest_is_said_before(
    home: Home, agents: Agents
) -> None:
    code, shown = home.run("sync")
    assert code == 1
    agent = agents.there[0]
    left = {one["field"]: one for one in shown["no_home"] if one["local_id"] == str(agent["id"])}
    assert {"title (honorific)", "license number", "employer", "employer's license number", "groups"} <= set(
        left
    )
    assert left["license number"]["value"] == agent["license_number"]
    assert {(one["system"], one["entity"]) for one in left.values()} == {("simplenexus", "partner")}
    assert "professional title" not in left
    assert home.run("sync", "--yes")[0] == 0
    (partner,) = agents.of_simplenexus("partners", agent["email"])
    assert partner["professional_title"] == "Broker"
    assert partner["address"]["street1"] == agent["address"]
    made = agents.contact(agents.partner["email"])
    assert made["custom"][0]["value"] == agents.partner["professional_title"] == "Realtor"
    assert not made.get("title"), "an honorific is no profession"
    code, receipt = home.run("receipt", home.run("activity")[1]["pushes"][0]["push_id"])
    assert code == 0
    kept = {one["source"] for one in receipt["fields"] if one["arrived"] == "not-sent"}
    assert {"license number", "employer"} <= kept


def test_an_undo_switches_partners_off_and_deletes_nobody(
    home: Home, strict: Sandbox, agents: Agents
) -> None:
    code, push = home.run("sync", "--yes")
    assert code == 0
    first, second = (agents.of_simplenexus("partners", one["email"])[0] for one in agents.there)
    strict.change("partners", first["id"], {"accepted_invite": True}, "simplenexus")
    code, shown = home.run("undo", push["push_id"])
    assert [step["remote_id"] for step in shown["steps"] if step["operation"] == "disable"] == [second["id"]]
    assert any("accepted an invite" in one["why"] for one in shown["stays"])
    code, undone = home.run("undo", push["push_id"], "--yes")
    assert (code, undone["state"]) == (0, "done")
    partners = {one["id"]: one for one in strict.records("simplenexus")["partners"]}
    assert partners[first["id"]].get("is_enabled", True)
    assert partners[second["id"]]["is_enabled"] is False
    assert home.run("undo", push["push_id"])[1]["error"]["code"] == "nothing-to-undo"


def test_an_agent_and_a_borrower_of_one_email_are_asked_about_and_keep_their_roles(home: Home) -> None:
    code, review = home.run("review")
    assert code == 0
    (asked,) = [one for one in review["queue"] if one["reason"].startswith("one email, but a borrower in")]
    assert asked["roles"] == {"simplenexus": ["borrower"], "total_expert": ["agent"]}
    assert "one is an agent, the other a borrower" in [line["words"] for line in asked["evidence"]]
    ids = asked["simplenexus_ids"][0], asked["total_expert_ids"][0]
    row = _row(home, ids)
    assert (row["verdict"], row["roles"]) == ("hold", asked["roles"])
    assert home.run("judge", *ids, "same")[0] == 0
    code, push = home.run("sync", "--yes")
    assert code == 0
    assert ids[1] not in [step["local_id"] for step in push["steps"]]
    assert _row(home, ids)["verdict"] == "linked"


def _row(home: Home, ids: tuple[str, str]) -> dict[str, Any]:
    code, matched = home.run("match")
    assert code == 0
    (row,) = [one for one in matched["pairs"] if ids[1] in one["total_expert_ids"]]
    assert row["simplenexus_ids"] == [ids[0]]
    return dict(row)
