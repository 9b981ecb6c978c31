"""A linked record that is removed, merged or moved: the full read finds it, and the link asks where it goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.few_contacts import unit_of
from tests.support.sandbox_home import Home, Sandbox

BOTH = ("simplenexus", "total-expert")


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk with the two contact systems, which has linked what has equal emails."""
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    return Home.at(tmp_path / "home", sandbox, 'writer = "desk"', systems=BOTH)


def linked(home: Home) -> tuple[str, str]:
    """Sync; return a pair that the sync has linked."""
    assert home.run("sync", "--yes")[0] == 0
    (ours,), (theirs,) = unit_of("equal-email").ids
    return ours, theirs


def row_of(home: Home, record: str, *options: str) -> dict[str, Any]:
    pairs = home.run("match", *options)[1]["pairs"]
    return next(row for row in pairs if record in (*row["simplenexus_ids"], *row["total_expert_ids"]))


def question(home: Home, record: str) -> dict[str, Any] | None:
    queue = home.run("review")[1]["queue"]
    named = [item for item in queue if record in (*item["simplenexus_ids"], *item["total_expert_ids"])]
    return next((item for item in named if item["verdict"] == "gone"), None)


def test_a_contact_that_was_removed_leaves_a_question_and_nothing_is_made_in_its_place(
    us: Home, sandbox: Sandbox
) -> None:
    ours, theirs = linked(us)
    sandbox.ask("DELETE", f"records/total-expert/contacts/{theirs}")
    assert row_of(us, ours)["verdict"] == "linked"
    row = row_of(us, ours, "--full")
    assert (row["verdict"], row["gone"]) == ("gone", theirs)
    asked = question(us, ours)
    assert asked is not None
    assert (asked["gone"], asked["total_expert_ids"], asked["answers"]) == (theirs, [], ["later", "unlink"])
    assert us.run("sync", "--yes")[1]["steps"] == []
    code, said = us.run("judge", ours, theirs, "unlink")
    assert code == 0
    assert [(one["total_expert_id"], one["answer"]) for one in said["judged"]] == [(theirs, "unlink")]
    assert row_of(us, ours)["verdict"] == "push"
    assert us.run("judge", "--undo")[0] == 0
    assert row_of(us, ours)["verdict"] == "gone"


def test_a_contact_that_went_into_another_one_passes_its_link_on(us: Home, sandbox: Sandbox) -> None:
    ours, theirs = linked(us)
    contact = next(one for one in sandbox.records("total-expert")["contacts"] if str(one["id"]) == theirs)
    twin = {"first_name": "Someone", "last_name": "Else", "email": "twin@x.example"}
    into = _create(sandbox, {**twin, "source": "import", "owner": contact["owner"]})
    assert row_of(us, into)["verdict"] == "import"
    sandbox.ask("POST", "contacts/merge", json={"from": theirs, "into": into})
    sandbox.change("contacts", into, {"email": contact["email"]}, "total-expert")
    row_of(us, ours, "--full")
    asked = question(us, ours)
    assert asked is not None
    assert (asked["total_expert_ids"], asked["answers"]) == ([into], ["same", "later", "unlink"])
    assert row_of(us, into)["verdict"] == "hold"
    assert us.run("judge", ours, into, "same")[0] == 0
    assert us.run("sync", "--yes")[0] == 0
    assert row_of(us, ours) | {"bits": None} == row_of(us, into) | {"bits": None}
    assert (row_of(us, ours)["verdict"], row_of(us, ours)["total_expert_ids"]) == ("linked", [into])


def test_a_borrower_who_was_moved_to_another_officer_keeps_the_link_only_with_a_persons_word(
    us: Home, sandbox: Sandbox
) -> None:
    ours, theirs = linked(us)
    records = sandbox.records("simplenexus")
    borrower = next(one for one in records["borrowers"] if one["id"] == ours)
    users = {str(one["email"]).casefold() for one in sandbox.records("total-expert")["users"]}
    officer = next(
        one["id"]
        for one in records["loan-officers"]
        if one["id"] != borrower["loan_officer_id"] and str(one["email"]).casefold() in users
    )
    sandbox.change("borrowers", ours, {"loan_officer_id": officer}, "simplenexus")
    row = row_of(us, ours)
    assert (row["verdict"], row["simplenexus_ids"], row["total_expert_ids"]) == ("gone", [ours], [theirs])
    assert us.run("judge", ours, theirs, "same")[0] == 0
    assert question(us, ours) is None


def _create(sandbox: Sandbox, contact: dict[str, Any]) -> str:
    """Let a user of Total Expert make a contact; return its id."""
    url = sandbox.urls["total-expert"]
    signed = httpx.post(
        f"{url}/token", auth=("sandbox", "sandbox"), json={"grant_type": "client_credentials"}
    )
    token = signed.json()["access_token"]
    made = httpx.post(f"{url}/contacts", json=contact, headers={"authorization": f"Bearer {token}"})
    made.raise_for_status()
    return str(made.json()["id"])
