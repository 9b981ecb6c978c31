"""The review of contact matches on real HTTP: from the command line, and in the app, over a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.console import console, says, told, until
from tests.support.sandbox_home import Home, Sandbox
from tui.contacts.pairs import PairList

ALL = ("brokerengine", "flex", "simplenexus", "total-expert")


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


@pytest.fixture
def desk(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk with all four systems."""
    for name in ALL:
        monkeypatch.setenv(f"BROKERDESK_{name.upper().replace('-', '_')}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=100_000)
    return Home.at(tmp_path / "home", sandbox, systems=ALL)


def test_the_queue_is_listed_judged_and_undone_from_the_command_line(desk: Home) -> None:
    code, before = desk.run("review")
    assert (code, before["settled"]) == (0, 0)
    assert before["of"] == len(before["queue"]) > 10
    first = before["queue"][0]
    assert first["verdict"] == "possible-duplicate"
    assert first["answers"] == ["same", "different", "household", "later"]
    assert first["if_nobody_decides"].startswith(
        "nothing is sent, because a sync would create a second account"
    )
    assert first["bits"] == round(sum(line["bits"] for line in first["evidence"]), 2)
    ours, theirs = first["simplenexus_ids"][0], first["total_expert_ids"][0]
    code, said = desk.run("judge", ours, theirs, "same")
    assert (code, said["settled"]) == (0, 1)
    assert [(one["answer"], one["by"]) for one in said["judged"]] == [("same", "m.hale")]
    after = desk.run("review")[1]
    assert [one["simplenexus_ids"] for one in after["queue"]] == [
        one["simplenexus_ids"] for one in before["queue"][1:]
    ]
    assert after["counts"]["link"] == before["counts"]["link"] + 1
    assert desk.run("judge", "--undo")[1]["undone"][0]["simplenexus_id"] == ours
    assert desk.run("judge", "--undo") == (0, {"undone": []})
    assert desk.run("review")[1] == before


def test_what_can_not_be_judged_is_said(desk: Home) -> None:
    code, said = desk.run("judge", "nobody", "50001", "same")
    assert (code, said["error"]["code"]) == (1, "unknown-pair")
    for arguments in (
        ("judge", "a", "b"),
        ("judge", "a", "b", "maybe"),
        ("judge", "a", "b", "same", "--undo"),
    ):
        code, said = desk.run(*arguments)
        assert (code, said["error"]["code"]) == (2, "bad-judge")


def test_a_person_reads_the_question_and_why(desk: Home) -> None:
    code, out, _ = desk.say("review")
    assert code == 0
    for words in (
        " costly. Nothing is settled yet.",
        "Same person?",
        "the same person: same ",
        "If you skip this: nothing is sent",
        "+ phone equal",
        "one person: ",
        "linked; nothing is created",
    ):
        assert words in out
    first = desk.run("review")[1]["queue"][0]
    _, out, _ = desk.say("judge", first["simplenexus_ids"][0], first["total_expert_ids"][0], "different")
    assert "To undo it: brokerdesk judge --undo" in out
    assert "Taken back: different of" in desk.say("judge", "--undo")[1]
    assert "no decision" in desk.say("judge", "--undo")[1]


def open_rows(pilot: Any) -> list[str]:
    listed = pilot.app.screen.query_one(PairList)
    return [
        key for key in listed.shown_keys if (row := listed.row(key)) and pilot.app.screen._pairs.is_open(row)
    ]


async def test_decisions_made_in_the_app_last_and_are_undone_after_a_restart(desk: Home) -> None:
    async with console(desk) as pilot:
        await pilot.press("2")
        await says(pilot, "NEEDS YOU", "Same person?", "WHY")
        before = open_rows(pilot)
        await pilot.press("s")
        await says(pilot, f"1 of {len(before)}")
        await pilot.press("d")
        await says(pilot, f"2 of {len(before)}")
    queue = (await told(desk, "review"))["queue"]
    assert [f"S {one['simplenexus_ids'][0]}" for one in queue] == before[2:]
    async with console(desk) as pilot:
        await pilot.press("2")
        await says(pilot, f"2 of {len(before)}")
        await pilot.press("u")
        await says(pilot, f"1 of {len(before)}", "Taken back: “different”")
        await until(pilot, lambda: set(open_rows(pilot)) == set(before[1:]))


async def test_a_system_that_does_not_answer_is_said_and_read_again(desk: Home, sandbox: Sandbox) -> None:
    sandbox.faults("503 GET /simplenexus/users/borrowers")
    async with console(desk) as pilot:
        await pilot.press("2")
        await says(pilot, "simplenexus")
        sandbox.faults("")
        await pilot.press("r")
        await says(pilot, "NEEDS YOU", "WHY")
        sandbox.faults("503 GET /simplenexus/users/borrowers")
        await pilot.press("r")
        await until(pilot, lambda: any(note.severity == "error" for note in pilot.app._notifications))
        await says(pilot, "NEEDS YOU", "WHY")
    sandbox.faults("")


async def test_a_profile_without_contact_systems_says_so(home: Home) -> None:
    async with console(home) as pilot:
        await pilot.press("2")
        await says(pilot, "This profile has no contact systems.", "simplenexus")
        await pilot.press("s", "u", "r", "b", "v", "tab", "slash", "x", "escape")
        assert pilot.app.is_running
