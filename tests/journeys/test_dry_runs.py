"""A command that would send shows its plan first, sends the plan that `--plan` names, and never another one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.support.few_contacts import CONTACTS, OFFICERS
from tests.support.own_sandbox import own_sandbox
from tests.support.sandbox_home import Home, Sandbox

EVERYTHING: Final = ("brokerengine", "flex", "simplenexus", "total-expert")

pytestmark = pytest.mark.usefixtures("impatient")


served, sandbox = own_sandbox("--cards", "14", "--contacts", str(CONTACTS), "--officers", str(OFFICERS))
"""The cards that have a story, and the fewest contacts that have every kind of pair."""


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk for all four systems that is the writer of the contacts."""
    for name in ("BROKERENGINE", "FLEX", "SIMPLENEXUS", "TOTAL_EXPERT"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    return Home.at(tmp_path / "home", sandbox, 'writer = "desk"', systems=EVERYTHING)


class Case(NamedTuple):
    """A command that sends, and what has to happen before."""

    prepare: Callable[[Home, Sandbox], list[str]]
    """Returns the words of the command."""
    asset: str | None


def _imported(us: Home, sandbox: Sandbox) -> list[str]:
    """Return the ids of three imported people with whom the app can be shared."""
    _, push = us.run("sync", "--yes")
    prospects = [step["local_id"] for step in push["steps"] if step["entity"] == "prospect"]
    _, shown = us.run("share", *prospects)
    return [step["local_id"] for step in shown["steps"]][:3]


def _partners(us: Home) -> list[str]:
    """Return the ids of the agents whom a sync imported."""
    _, push = us.run("sync", "--yes")
    return [step["local_id"] for step in push["steps"] if step["entity"] == "partner"]


def _free(sandbox: Sandbox) -> str:
    """Return the id of an application of FLEX that no card is linked to."""
    applications = sandbox.records()["applications"]
    found: str = next(row["FLEXId"] for row in applications if row.get("IntegrationId") == "walk-in:1")
    return found


def _waits(us: Home, sandbox: Sandbox) -> list[str]:
    """Leave a push that waits, because FLEX accepts no token."""
    sandbox.faults("401 POST /flex/contacts")
    assert us.run("push", "card", "C-1001", "--yes")[0] == 3
    sandbox.faults("")
    return ["resume"]


CASES: Final = {
    "card": Case(lambda us, sandbox: ["push", "card", "C-1001"], "card"),
    "people": Case(
        lambda us, sandbox: [us.run("push", "card", "C-1001", "--yes"), "push", "card", "C-1001", "--people"][1:],
        "card",
    ),
    "fact-find": Case(lambda us, sandbox: ["push", "fact-find", "FF-1011"], "fact-find"),
    "note": Case(
        lambda us, sandbox: [us.run("push", "card", "C-1001", "--yes"), "push", "note", "N-3001"][1:], "note"
    ),
    "written note": Case(
        lambda us, sandbox: [
            us.run("push", "card", "C-1001", "--yes"),
            *("push", "note", "--card", "C-1001", "--text", "Call on Friday."),
        ][1:],
        "note",
    ),
    "several": Case(lambda us, sandbox: ["push", "card", "C-1001", "C-1004", "C-1006"], "card"),
    "unlink": Case(lambda us, sandbox: ["unlink", "C-1010"], "unlink"),
    "link": Case(lambda us, sandbox: ["link", "C-1001", _free(sandbox)], "link"),
    "sync": Case(lambda us, sandbox: ["sync"], "sync"),
    "share": Case(lambda us, sandbox: ["share", *_imported(us, sandbox)], "share"),
    "invite": Case(lambda us, sandbox: ["invite", *_partners(us)], "invite"),
    "undo": Case(lambda us, sandbox: [us.run("sync", "--yes")[1]["push_id"], "undo"][1:], "undo"),
    "resume": Case(_waits, None),
    "a push that waits": Case(lambda us, sandbox: [*_waits(us, sandbox), "push", "card", "C-1001"][1:], "card"),
}  # fmt: skip


def _at_the_systems(sandbox: Sandbox) -> dict[str, Any]:
    return {system: sandbox.records(system) for system in EVERYTHING}


def _everything(us: Home, sandbox: Sandbox) -> list[Any]:
    """Return the records of the systems, the links of the book, and its pushes with their steps."""
    pushes = [
        [push["push_id"], push["plan"], [step["state"] for step in push["steps"]]]
        for push in us.run("activity")[1]["pushes"]
    ]
    return [_at_the_systems(sandbox), us.run("links"), pushes]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_without_a_yes_the_plan_is_printed_beside_the_error_and_its_hash_sends_it(
    us: Home, sandbox: Sandbox, case: Case
) -> None:
    words = case.prepare(us, sandbox)
    before = _everything(us, sandbox)
    code, shown = us.run(*words)
    assert (code, shown["error"]["code"]) == (1, "not-confirmed")
    assert shown.get("asset") == case.asset
    assert len(shown["plan"]) == 8
    assert (
        any(plan["steps"] for plan in shown.get("plans") or shown.get("pushes") or [shown])
        or shown["unlinks"]
    )

    code, other = us.run(*words, "--yes", "--plan", "00000000")
    assert (code, other["error"]["code"]) == (1, "plan-changed")
    assert other["plan"] == shown["plan"], "the plan that would be sent now is shown"
    assert us.run(*words) == (1, shown)
    assert us.run(*words, "--plan", shown["plan"])[1]["error"]["code"] == "not-confirmed", "a hash is no yes"
    assert _everything(us, sandbox) == before

    code, done = us.run(*words, "--yes", "--plan", shown["plan"])
    pushed = done if isinstance(done, list) else done.get("pushes", [done])
    ids = {push["push_id"] for push in pushed} - {None}
    states = [push["state"] for push in us.run("activity")[1]["pushes"] if push["push_id"] in ids]
    assert states == ["done"] * len(ids)
    assert ids
    assert _everything(us, sandbox) != before


def test_the_dry_run_of_a_card_is_its_preview(us: Home) -> None:
    _, preview = us.run("preview", "card", "C-1001")
    _, shown = us.run("push", "card", "C-1001")
    del preview["since_push"], shown["error"]
    assert shown == preview


def test_a_card_that_can_not_be_pushed_is_shown_beside_the_error_too(us: Home, sandbox: Sandbox) -> None:
    for more in ((), ("--yes",)):
        code, shown = us.run("push", "card", "C-1004", *more)
        assert (code, shown["error"]["code"], shown["pushable"]) == (1, "name-missing", False)
        assert shown["reason_codes"] == ["name-missing"]
    assert sandbox.writes() == []


def test_a_hash_never_sends_another_plan_that_waits(us: Home, sandbox: Sandbox) -> None:
    _waits(us, sandbox)
    (waiting,) = us.run("activity")[1]["pushes"]
    sandbox.change("cards", "C-1001", {"requirements": {"loan_amount": "700000.00"}})
    _, preview = us.run("preview", "card", "C-1001")
    assert preview["plan"] != waiting["plan"]
    before = _at_the_systems(sandbox)
    code, said = us.run("push", "card", "C-1001", "--yes", "--plan", preview["plan"])
    assert (code, said["error"]["code"]) == (1, "another-plan-waits")
    assert waiting["plan"] in said["error"]["message"]
    assert _at_the_systems(sandbox) == before


def test_a_push_of_the_people_is_not_given_the_push_of_the_card_that_waits(
    us: Home, sandbox: Sandbox
) -> None:
    sandbox.faults("401 POST /flex/opportunities")
    assert us.run("push", "card", "C-1001", "--yes")[0] == 3
    sandbox.faults("")
    code, said = us.run("push", "card", "C-1001", "--people", "--yes")
    assert (code, said["error"]["code"]) == (1, "another-plan-waits")
    assert us.run("push", "card", "C-1001", "--yes")[1]["state"] == "done", "the card's own push goes on"


def test_a_share_that_waits_is_not_given_for_other_people(us: Home, sandbox: Sandbox) -> None:
    first, second, *_ = _imported(us, sandbox)
    sandbox.faults("401 POST /simplenexus/users/loan_officers/*/app_shares")
    us.run("share", first, "--yes")
    sandbox.faults("")
    code, said = us.run("share", second, "--yes")
    assert (code, said["state"], said["steps"][0]["local_id"]) == (0, "done", second)
    code, said = us.run("share", first, "--yes")
    assert (code, said["state"], said["steps"][0]["local_id"]) == (0, "done", first)


def test_the_hash_of_several_cards_is_about_all_of_them(us: Home, sandbox: Sandbox) -> None:
    _, shown = us.run("push", "card", "C-1001", "C-1004", "C-1006")
    assert [plan.get("error", {}).get("code") for plan in shown["plans"]] == [None, None, None]
    assert [plan["pushable"] for plan in shown["plans"]] == [True, False, True]
    sandbox.change("cards", "C-1006", {"title": "Another title"})
    code, said = us.run("push", "card", "C-1001", "C-1004", "C-1006", "--yes", "--plan", shown["plan"])
    assert (code, said["error"]["code"]) == (1, "plan-changed")
    assert sandbox.writes() == []


def _change_at_the_prompt(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    """Let somebody change the loan of C-1001 while the command asks; the answer is yes."""

    def answer(question: str) -> str:
        sandbox.change("cards", "C-1001", {"requirements": {"loan_amount": "123456.00"}})
        return "y"

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)


def test_after_a_change_at_the_prompt_the_command_says_what_changed_and_what_to_do(
    home: Home, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _change_at_the_prompt(monkeypatch, sandbox)
    code, said, _ = home.say("push", "card", "C-1001")
    assert (code, sandbox.writes()) == (1, [])
    assert "CHANGED SINCE PLAN" in said
    assert "Loan Amount" in said
    assert "123456" in said.replace(",", "")
    assert "Look at the new preview and confirm that." in said


def test_a_hash_of_an_older_plan_shows_the_new_plan_and_says_what_to_do(home: Home, sandbox: Sandbox) -> None:
    code, said, error = home.say("push", "card", "C-1001", "--yes", "--plan", "00000000")
    assert (code, sandbox.writes()) == (1, [])
    assert "STEPS" in said
    assert "The new plan is shown." in error
    assert "brokerdesk preview card C-1001" in error
