"""A sync from the command line, on real HTTP, with faults: exactly what was planned at both ends, and nothing twice.

`SYNC_STEPS=5000` makes the large one that large.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.contacts.model import Contact, Verdict
from core.contacts.review.reviewed import review
from core.push.plan import Entity, System, make_ref
from core.push.resolutions import Choice, Resolution
from core.push.states import PushState
from data.sandbox.seeding.contacts import truth
from tests.support.few_contacts import KNOWN_OF_FEW as KNOWN
from tests.support.matrix import so_many
from tests.support.sandbox_home import Home, Sandbox
from tui.wiring import open_desk, settings_of

BOTH = ("simplenexus", "total-expert")
STEPS = int(os.environ.get("SYNC_STEPS", so_many(400, 160)))
FAULTS = (
    "drop-request POST /total-expert/contacts 1%; drop-reply POST /total-expert/contacts 1%;"
    "500-after POST /simplenexus/users 1%; drop-reply POST /simplenexus/users 1%; 503 POST /simplenexus/users 1%;"
    "bad-json POST /total-expert/contacts 1%; no-id POST /simplenexus/users 1%; 429=0 POST /total-expert/contacts 1%"
)


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk that has the two contact systems and no other, and is the writer."""
    return _home(sandbox, tmp_path, monkeypatch)


def _home(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str = 'writer = "desk"'
) -> Home:
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    return Home.at(tmp_path / "home", sandbox, more, systems=BOTH)


SEEDED = "2026-02"
"""Every record of the seed was made before this month."""


def _at_the_systems(sandbox: Sandbox) -> dict[str, list[str]]:
    """Give the ids of the records that the desk made, by their references.

    A partner bears no reference: it is known by the email of the contact in Total Expert that it was made of.
    """
    found: dict[str, list[str]] = {}
    for row in sandbox.records("total-expert")["contacts"]:
        for mark in row["external_ids"] or ():
            if mark["source"] == "brokerdesk":
                found.setdefault(mark["external_id"], []).append(str(row["id"]))
    for row in sandbox.records("simplenexus")["prospects"]:
        words = [word for word in (row["note"] or "").split() if word.startswith("BD-")]
        for word in words:
            found.setdefault(word, []).append(row["id"])
    contacts = {row["email"]: str(row["id"]) for row in sandbox.records("total-expert")["contacts"]}
    for row in sandbox.records("simplenexus")["partners"]:
        if row["created_at"] > SEEDED:
            ref = make_ref("test", System.SIMPLENEXUS, Entity.PARTNER, contacts[row["email"]])
            found.setdefault(ref, []).append(row["id"])
    return found


def _links(home: Home) -> dict[str, str]:
    """Give the remote id of every link, by its reference."""
    code, said = home.run("links")
    assert code == 0
    return {link["ref"]: link["remote_id"] for link in said["links"]}


def test_a_sync_makes_exactly_what_it_planned_and_the_next_one_writes_nothing(
    us: Home, sandbox: Sandbox
) -> None:
    code, said, _ = us.say("sync")
    assert code == 1
    assert f"{KNOWN.verdicts['link']:9}  same email" in said
    assert not any(sandbox.writes(system) for system in BOTH)
    code, push = us.run("sync", "--yes")
    assert (code, push["state"]) == (0, "done")
    pushed = KNOWN.verdicts["push"] + KNOWN.verdicts["skip-one-way"]
    agents = KNOWN.cases["agent-total-expert"]
    assert Counter(step["entity"] for step in push["steps"]) == {
        "contact": pushed,
        "prospect": KNOWN.verdicts["import"] - agents,
        "partner": agents,
    }
    assert push["counts"]["import"] == KNOWN.verdicts["import"]
    assert push["receipt"]["counts"]["differs"] == 0
    assert push["receipt"]["counts"]["arrived"] > len(push["steps"])
    there = _at_the_systems(sandbox)
    assert {ref: ids for ref, ids in there.items() if len(ids) != 1} == {}
    links = _links(us)
    assert {ref: one for ref, one in links.items() if ref in there} == {
        ref: ids[0] for ref, ids in there.items()
    }
    assert len(links) == KNOWN.verdicts["link"] + len(there)
    before = [len(sandbox.writes(system)) for system in BOTH]
    code, again = us.run("sync", "--yes")
    assert (code, again["push_id"], again["counts"]["link"]) == (0, None, 0)
    assert [len(sandbox.writes(system)) for system in BOTH] == before


def _serve(tmp_path: Path) -> Any:
    """Serve a book of which about `STEPS` are imported or pushed."""
    known = truth(7, 200).verdicts
    share = (known["import"] + known["push"]) / 200
    return Sandbox.serve(
        tmp_path / "systems", "--cards", "1", "--contacts", str(int(STEPS / share)), "--seed", "7"
    )


def test_a_large_sync_with_faults_ends_with_exactly_the_planned_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _serve(tmp_path) as sandbox:
        home = _home(sandbox, tmp_path, monkeypatch)
        sandbox.faults(FAULTS)
        code, push = home.run("sync", "--yes")
        planned = {step["ref"] for step in push["steps"] if step["entity"] != "partner"}
        agents = {step["ref"] for step in push["steps"]} - planned
        assert agents
        assert len(planned) > STEPS * 0.9
        for _ in range(20):
            if push["state"] == "done":
                break
            code, resumed = home.run("resume", "--yes")
            push = resumed["pushes"][0] if resumed["pushes"] else push
        assert (code, push["state"]) == (0, "done"), push["reason"]
        assert sum(len(step["trail"]) > 2 for step in push["steps"]) > STEPS * 0.02, "the faults were met"
        there = _at_the_systems(sandbox)
        assert there.keys() == planned | agents
        assert {ref: ids for ref, ids in there.items() if len(ids) != 1} == {}
        partners = [row["email"].casefold() for row in sandbox.records("simplenexus")["partners"]]
        assert len(partners) == len(set(partners))
        links = {ref: one for ref, one in _links(home).items() if ref in there}
        assert links == {ref: ids[0] for ref, ids in there.items()}
        sandbox.faults("")
        before = [len(sandbox.writes(system)) for system in BOTH]
        code, again = home.run("sync", "--yes")
        assert (code, again["steps"]) == (0, [])
        assert [len(sandbox.writes(system)) for system in BOTH] == before


def test_where_the_vendor_writes_nothing_is_sent(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _home(sandbox, tmp_path, monkeypatch, 'writer = "vendor"')
    code, push = home.run("sync", "--yes")
    assert (code, push["state"], push["steps"]) == (0, "done", [])
    assert push["counts"]["link"] == KNOWN.verdicts["link"]
    assert not any(sandbox.writes(system) for system in BOTH)
    assert home.run("match")[1]["counts"]["linked"] == KNOWN.verdicts["link"] + KNOWN.verdicts["linked"]


def test_accounts_are_made_on_purpose_and_an_undo_names_what_stays(us: Home, sandbox: Sandbox) -> None:
    _, push = us.run("sync", "--yes")
    prospects = [step["local_id"] for step in push["steps"] if step["entity"] == "prospect"]
    assert us.say("share", prospects[0])[0] == 1
    assert not any("borrowers" in one["path"] for one in sandbox.writes("simplenexus"))
    code, shared = us.run("share", *prospects, "--make-account", "--yes")
    assert (code, shared["state"]) == (0, "done")
    made = len(shared["steps"])
    assert made
    accounts = [row for row in sandbox.records("simplenexus")["borrowers"] if row["id"] in {
        step["remote_id"] for step in shared["steps"]
    }]  # fmt: skip
    assert len(accounts) == made
    counts = us.run("match")[1]["counts"]
    assert (counts["hold"], counts["linked"]) == (
        KNOWN.verdicts["hold"],
        KNOWN.verdicts["linked"] + KNOWN.verdicts["link"] + len(push["steps"]),
    )
    code, said, error = us.say("undo", push["push_id"])
    assert code == 1
    assert "can't be removed" in said
    assert "needs --yes" in error
    before = len(sandbox.writes("simplenexus")), len(sandbox.writes("total-expert"))
    assert us.run("undo", push["push_id"], "--yes")[0] == 0
    written = sandbox.writes("simplenexus")[before[0] :]
    assert [one["method"] for one in written] == ["POST"] * KNOWN.cases["agent-total-expert"]
    assert all(one["path"].endswith("/actions") for one in written), "an undo deletes nothing"
    assert len(sandbox.writes("total-expert")) == before[1]


def test_a_restored_book_finds_what_an_earlier_one_made(us: Home, sandbox: Sandbox) -> None:
    us.run("sync", "--yes")
    lost = us.path / "test"
    lost.rename(us.path / "lost")
    before = [len(sandbox.writes(system)) for system in BOTH]
    code, push = us.run("sync", "--yes")
    assert (code, push["steps"]) == (0, [])
    assert [len(sandbox.writes(system)) for system in BOTH] == before


def test_what_total_expert_did_to_somebody_else_is_no_link_and_can_be_put_back(
    us: Home, sandbox: Sandbox
) -> None:
    push_id, victim = asyncio.run(_hit_somebody(us, sandbox))
    assert victim.id not in _links(us).values()
    code, said, _ = us.say("undo", push_id)
    assert code == 1
    assert f"({victim.id}): email" in said
    code, undone = us.run("undo", push_id, "--yes")
    operations = {one["operation"] for one in undone["steps"] if one["entity"] != "access"}
    assert (code, operations) == (0, {"write-back"})
    (row,) = [row for row in sandbox.records("total-expert")["contacts"] if str(row["id"]) == victim.id]
    assert row["email"] == victim.email


async def _hit_somebody(us: Home, sandbox: Sandbox) -> tuple[str, Contact]:
    """Let somebody in Total Expert become a namesake of one of ours after both books were read; the push hits him."""
    async with open_desk(settings_of(str(us.path), None), write=True) as desk:
        contacts, syncs = desk.can_sync
        gathered = await contacts.gather()
        matched = await contacts.match(gathered)
        reviewed = review(matched, [], desk.book.keyed_hash)
        victim = next(one for one in gathered.total_expert if one.street and one.email)
        ours = next(
            matched.simplenexus[row.simplenexus_ids[0]]
            for row in reviewed.rows
            if row.verdict is Verdict.PUSH
            and gathered.ties.ties[victim.owner] == matched.simplenexus[row.simplenexus_ids[0]].owner
        )
        namesake = {"first_name": ours.first_name, "last_name": ours.last_name}
        gathered = msgspec.structs.replace(
            gathered,
            total_expert=tuple(
                msgspec.structs.replace(one, **namesake) if one is victim else one
                for one in gathered.total_expert
            ),
        )
        preview = await syncs.preview(gathered, reviewed)
        sandbox.change("contacts", victim.id, {**namesake, "email": ours.email}, system="total-expert")
        push = await syncs.confirm(preview, gathered, desk.can_push)
        push = await desk.can_push.run(push.push_id)
        assert push.state is PushState.NEEDS_YOU
        live = await desk.can_push.bring_back(push.push_id)
        (step,) = [step for step in live.steps if step.error == "diverted"]
        assert (step.local_id, step.candidates) == (ours.id, (victim.id,))
        push = await desk.can_push.decide(push.push_id, step.n, Resolution(Choice.LEAVE))
        assert push.state is PushState.DONE
        return push.push_id, victim


def test_a_profile_of_the_contact_desk_alone_syncs_and_says_that_it_has_no_cards(us: Home) -> None:
    assert us.run("sync", "--yes")[0] == 0
    assert us.run("resume", "--yes") == (0, {"pushes": []})
    code, _, error = us.say("cards")
    assert code == 2
    assert "does not say where flex is" in error
