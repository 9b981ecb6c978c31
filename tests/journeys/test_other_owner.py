"""One email under two officers, on real HTTP: one question, one answer for all contacts of the same two officers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.console import console, says, told, until
from tests.support.sandbox_home import Home, Sandbox

BOTH = ("simplenexus", "total-expert")
ALL = ("brokerengine", "flex", *BOTH)
OFFICERS = ("marcus.oyelaran@example.com", "priya.raman@example.com")


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


def a_desk(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> Home:
    for name in ALL:
        monkeypatch.setenv(f"BROKERDESK_{name.upper().replace('-', '_')}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    return Home.at(tmp_path / "home", sandbox, f'writer = "desk"\n{more}', systems=ALL)


@pytest.fixture
def desk(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return a_desk(sandbox, tmp_path, monkeypatch)


def held(queue: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in queue if item["reason"] == "the same email under another owner"]


def ids_of(items: list[dict[str, Any]]) -> set[str]:
    return {
        record_id for item in items for record_id in (*item["simplenexus_ids"], *item["total_expert_ids"])
    }


def made_of(plan: dict[str, Any]) -> set[str]:
    return {step["local_id"] for step in plan["steps"]}


def test_one_answer_by_command_settles_all_contacts_of_two_officers_and_is_undone(desk: Home) -> None:
    code, before = desk.run("review")
    asked = held(before["queue"])
    assert (code, len(asked)) == (0, 2)
    for item in asked:
        (owners,) = item["owners"]
        assert sorted(officer["email"] for officer in owners["officers"]) == sorted(OFFICERS)
        assert owners["open"] == 2
        assert item["answers"] == ["different", "household", "later"]
    assert not made_of(desk.run("sync")[1]) & ids_of(asked)
    code, out, _ = desk.say("review")
    assert "Owners: Marcus Oyelaran and Priya Raman, 2 open" in out

    code, said = desk.run("judge", "--owners", OFFICERS[1], OFFICERS[0].upper(), "leave")
    assert (code, [one["answer"] for one in said["owners"]]) == (0, ["leave"])
    left = desk.run("review")[1]
    assert (held(left["queue"]), left["counts"]["cannot"]) == ([], before["counts"]["cannot"] + 4)
    plan = desk.run("sync")[1]
    assert not made_of(plan) & ids_of(asked)
    assert plan["causes"]["another owner has this person, and somebody decided to leave that"] == 4

    assert desk.run("judge", "--owners", *OFFICERS, "separate")[0] == 0
    assert made_of(desk.run("sync")[1]) >= ids_of(asked)
    assert desk.run("judge", "--undo")[1]["owners"][0]["answer"] == "separate"
    assert desk.run("judge", "--undo")[1]["owners"][0]["answer"] == "leave"
    assert desk.run("review")[1] == before


def records_of(sandbox: Sandbox, emails: set[str]) -> int:
    """Return how many records both systems hold with one of these emails."""
    kinds = [sandbox.records("total-expert")["contacts"]]
    kinds += [sandbox.records("simplenexus")[kind] for kind in ("borrowers", "prospects")]
    return sum((record["email"] or "").casefold() in emails for records in kinds for record in records)


def test_nothing_is_made_at_the_systems_while_the_question_is_open(desk: Home, sandbox: Sandbox) -> None:
    ours = {id_ for item in held(desk.run("review")[1]["queue"]) for id_ in item["simplenexus_ids"]}
    borrowers = sandbox.records("simplenexus")["borrowers"]
    emails = {record["email"].casefold() for record in borrowers if record["id"] in ours}
    assert records_of(sandbox, emails) == 4
    assert desk.run("sync", "--yes")[1]["state"] == "done"
    assert records_of(sandbox, emails) == 4
    assert desk.run("judge", "--owners", *OFFICERS, "separate")[0] == 0
    assert desk.run("sync", "--yes")[1]["state"] == "done"
    assert records_of(sandbox, emails) == 8


def test_owners_of_whom_nothing_is_asked_or_who_do_not_exist_are_refused(desk: Home) -> None:
    code, said = desk.run("judge", "--owners", "nobody@example.com", OFFICERS[0], "leave")
    assert (code, said["error"]["code"]) == (2, "bad-judge")
    code, said = desk.run("judge", "--owners", *OFFICERS, "same")
    assert (code, said["error"]["code"]) == (2, "bad-judge")
    code, said = desk.run("judge", "--owners", "dana.whitlock@example.com", OFFICERS[0], "leave")
    assert (code, said["error"]["code"]) == (1, "no-such-owners")


def test_a_setting_handles_the_owners_as_if_there_were_no_other(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ids_of(held(a_desk(sandbox, tmp_path, monkeypatch).run("review")[1]["queue"]))
    separate = a_desk(sandbox, tmp_path / "2", monkeypatch, 'same_email_other_owner = "separate"')
    assert held(separate.run("review")[1]["queue"]) == []
    assert made_of(separate.run("sync")[1]) >= asked


async def test_one_answer_in_the_app_settles_all_contacts_of_two_officers(desk: Home) -> None:
    asked = held((await told(desk, "review"))["queue"])
    name = asked[0]["simplenexus_ids"][0]
    async with console(desk) as pilot:
        await pilot.press("2")
        await says(pilot, "NEEDS YOU")
        screen = pilot.app.screen
        screen._list.move_to(f"S {name}")
        await says(
            pilot, "Two owners have a contact with this email", "Marcus Oyelaran", "Priya Raman", "e all 2"
        )
        await pilot.press("e")
        await says(pilot, "All contacts that both owners have")
        await pilot.press("enter")
        await says(pilot, "2 open now")
        await until(pilot, lambda: pilot.app.screen.armed)
        await pilot.press("y")
        await until(pilot, lambda: screen._pairs.reviewed.item(f"S {name}") is None)
    assert held((await told(desk, "review"))["queue"]) == []
    async with console(desk) as pilot:
        await pilot.press("2")
        await says(pilot, "NEEDS YOU")
        await pilot.press("u")
        await says(pilot, "Taken back: “separate”", "Priya")
    assert held((await told(desk, "review"))["queue"]) == asked
