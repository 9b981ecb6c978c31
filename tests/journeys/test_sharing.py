"""Sharing the app on real HTTP: import, share, the person makes the account, the milestone. Nobody gets it before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_milestones import SECRET, listening
from tests.journeys.test_sync import _home
from tests.support.sandbox_home import Home, Sandbox

LINKED = "SN Borrower Linked"


@pytest.fixture
def sandbox(few_contacts: Sandbox) -> Sandbox:
    return few_contacts


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A desk that has the two contact systems and no other, and has watched from before the first import."""
    sandbox.options("simplenexus", app_shares=True)
    home = _home(sandbox, tmp_path, monkeypatch)
    home.run("milestones")
    return home


@pytest.fixture
def imported(us: Home) -> list[tuple[str, str]]:
    """Import, and give four people with whom the app can be shared in any way: (contact, prospect)."""
    _, push = us.run("sync", "--yes", "--limit", "12")
    prospects = {
        step["local_id"]: step["remote_id"] for step in push["steps"] if step["entity"] == "prospect"
    }
    _, shown = us.run("share", *prospects, "--make-account")
    return [(step["local_id"], prospects[step["local_id"]]) for step in shown["steps"]][:4]


def _act(sandbox: Sandbox, **what: Any) -> dict[str, Any]:
    return dict(sandbox.ask("POST", "events/act", json=what))


def _shares(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.records("simplenexus")["app-shares"])


def _lines(us: Home, *more: str) -> dict[str, dict[str, Any]]:
    """Give the Borrower Linked of each contact, as the command has it."""
    return {
        str(line["contact"]): line
        for line in us.run("milestones", *more)[1]["milestones"]
        if line["milestone"] == LINKED
    }


def _insights(sandbox: Sandbox, contact: str) -> int:
    rows = sandbox.records("total-expert")["insights"]
    return sum(str(row["contact"]["id"]) == contact for row in rows)


def test_the_milestone_comes_when_the_person_made_the_account_and_not_before(
    us: Home, sandbox: Sandbox, imported: list[tuple[str, str]]
) -> None:
    (contact, prospect), (other, _), *_ = imported
    assert _lines(us, "--yes") == {}, "an import links nobody"
    code, push = us.run("share", contact, other, "--yes")
    assert (code, push["state"]) == (0, "done")
    assert {share["loan_officer_id"] for share in _shares(sandbox)} <= {
        officer["id"] for officer in sandbox.records("simplenexus")["loan-officers"]
    }
    assert len(_shares(sandbox)) == 2
    assert _lines(us, "--yes") == {}, "a link links nobody"
    _act(sandbox, act="sign-up", prospect=prospect)
    (line,) = _lines(us, "--yes").values()
    assert (line["state"], line["contact"]) == ("waiting", None), "a sync links the account first"
    us.run("sync", "--yes", "--limit", "1")
    assert [line["state"] for line in _lines(us).values()] == ["due"]
    assert _lines(us, "--yes")[contact]["state"] == "sent"
    assert (_insights(sandbox, contact), _insights(sandbox, other)) == (1, 0)


def test_an_account_that_the_desk_made_counts_from_the_first_sign_in(
    us: Home, sandbox: Sandbox, imported: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    contact, other, *_ = (contact for contact, _ in imported)
    code, push = us.run("share", contact, other, "--make-account", "--yes")
    assert code == 0, push
    assert (push["state"], _shares(sandbox)) == ("done", [])
    accounts = {step["local_id"]: step["remote_id"] for step in push["steps"]}
    us.run("sync", "--yes", "--limit", "1")
    before = {who: line["state"] for who, line in _lines(us, "--yes").items()}
    assert before == {contact: "needs-you", other: "needs-you"}, (
        "no webhook tells of a sign-in: a person decides"
    )
    name = _lines(us)[other]["name"]
    us.run("milestones", "--even-so", name)
    assert _lines(us)[other]["state"] == "due"
    monkeypatch.setenv("BROKERDESK_LISTEN_SECRET", SECRET)
    assert _lines(us)[contact]["state"] == "waiting"
    _act(sandbox, act="log-in", borrower=accounts[contact])
    with listening(us) as url:
        sandbox.ask("POST", "events/deliver", json={"url": url, "secret": SECRET})
    assert {who: line["state"] for who, line in _lines(us, "--yes").items()} == {
        contact: "sent",
        other: "sent",
    }
    assert (_insights(sandbox, contact), _insights(sandbox, other)) == (1, 1)


def test_a_link_whose_answer_was_lost_is_a_persons_to_settle(
    us: Home, sandbox: Sandbox, imported: list[tuple[str, str]]
) -> None:
    contact = imported[0][0]
    sandbox.faults("drop-reply POST /simplenexus/users/loan_officers/*/app_shares *1")
    code, push = us.run("share", contact, "--yes")
    assert (code, push["state"], len(_shares(sandbox))) == (1, "needs-you", 1)
    us.run("resume", "--yes")
    code, said = us.run("share", contact, "--again", "--yes")
    assert code == 1
    assert len(_shares(sandbox)) == 1, "nothing sends it again by itself"
    (step,) = push["steps"]
    assert step["error"]["code"] == "share-not-listed"
    code, _ = us.run("decide", push["push_id"], step["ref"], "there", "--yes")
    assert (code, len(_shares(sandbox))) == (0, 1)
    code, said = us.run("share", contact, "--yes")
    assert (code, said["error"]["code"]) == (1, "nothing-to-share")
    assert "shared on" in said["error"]["message"]
    code, push = us.run("share", contact, "--again", "--yes")
    assert (code, push["state"], len(_shares(sandbox))) == (0, "done", 2)


def test_where_the_endpoint_is_off_that_is_said_and_the_fallback_is_named(
    us: Home, sandbox: Sandbox, imported: list[tuple[str, str]]
) -> None:
    sandbox.options("simplenexus", app_shares=False)
    code, push = us.run("share", imported[0][0], "--yes")
    (step,) = push["steps"]
    assert (code, step["state"], step["error"]["code"]) == (1, "refused", "app-share-off")
    assert "--make-account" in step["error"]["fix"]
    assert _shares(sandbox) == []


def test_texts_need_a_persons_word_and_the_receipt_keeps_it(
    us: Home, sandbox: Sandbox, imported: list[tuple[str, str]]
) -> None:
    chosen = [contact for contact, _ in imported]
    code, said = us.run("share", *chosen, "--by", "sms", "--yes")
    assert (code, said["error"]["code"]) == (2, "no-channel")
    code, said = us.run("share", *chosen, "--by", "letter", "--yes")
    assert (code, said["error"]["code"]) == (2, "no-channel")
    code, push = us.run("share", *chosen, "--by", "email,sms", "--texts-agreed", "--yes")
    assert (code, push["state"]) == (0, "done")
    assert any(len(share.get("phone") or "") == 10 for share in _shares(sandbox))
    _, receipt = us.run("receipt", push["push_id"])
    assert receipt["overrides"] == ["texts-agreed"]
    assert any("agreed to text messages" in warning for warning in receipt["warnings"])
    assert {field["arrived"] for field in receipt["fields"]} == {"not-read"}


def test_a_link_can_be_co_branded_with_a_partner_of_the_same_officer(
    us: Home, sandbox: Sandbox, imported: list[tuple[str, str]]
) -> None:
    officers = {row["id"]: row["loan_officer_id"] for row in sandbox.records("simplenexus")["prospects"]}
    partners = {row["loan_officer_id"]: row["id"] for row in sandbox.records("simplenexus")["partners"]}
    contact, prospect = next(pair for pair in imported if officers[pair[1]] in partners)
    partner = partners[officers[prospect]]
    code, push = us.run("share", contact, "--partner", partner, "--yes")
    assert (code, push["state"]) == (0, "done")
    assert [share["partner_id"] for share in _shares(sandbox)] == [partner]


def test_a_shared_app_cannot_be_taken_back_and_an_undo_says_so(
    us: Home, sandbox: Sandbox, imported: list[tuple[str, str]]
) -> None:
    sync = us.run("activity")[1]["pushes"][-1]["push_id"]
    _, push = us.run("share", imported[0][0], "--yes")
    code, said = us.run("undo", push["push_id"], "--yes")
    assert (code, said["error"]["code"]) == (1, "share-stays")
    _, undo = us.run("undo", sync)
    assert any("can't be called back" in stays["why"] for stays in undo["stays"])
    assert len(_shares(sandbox)) == 1
