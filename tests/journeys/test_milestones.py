"""Milestones over real HTTP: webhooks to a real listener, then the command; Total Expert has exactly what it should."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.automatic.records import AutomaticWork, StandingOrder
from core.milestones.records import MilestoneState
from core.push.plan import Entity, System, make_ref
from core.push.records import Link
from data.platform import WINDOWS
from tests.journeys.console import console, says, until
from tests.support.sandbox_home import Home, Sandbox, TypedLines
from tui.app import DeskApp
from tui.wiring import open_book, settings_of

BOTH = ("simplenexus", "total-expert")
SECRET = "between us"
ENDED = 1 if WINDOWS else 0
"""How a listener ends: in order, unless the system can only break it off."""
MINUTE, HOUR = 60, 3600
LINKED, STARTED, ABANDONED, SUBMITTED = (
    "SN Borrower Linked",
    "SN Loan Application Started",
    "SN Loan Application Abandoned",
    "SN Loan Application Submitted",
)


class Us:
    """A desk with linked people, and what happens to them in SimpleNexus."""

    def __init__(self, home: Home, sandbox: Sandbox) -> None:
        self.home = home
        self.sandbox = sandbox
        self.contacts = asyncio.run(_linked(home, sandbox))
        self.people = sorted(self.contacts)
        self.before = {row["id"] for row in self.insights()}

    def insights(self) -> list[dict[str, Any]]:
        return self.sandbox.records("total-expert")["insights"]

    def act(self, act: str, who: str, ago: float) -> str:
        """Let something happen to a person (begin, log-in) or an application."""
        about = "borrower" if act in ("begin", "log-in", "import") else "application"
        told = self.sandbox.ask("POST", "events/act", json={"act": act, about: who, "ago": ago})
        return str(told["application"])

    def deliver(self, url: str, **how: Any) -> list[int]:
        """Have the webhooks that wait delivered."""
        told = self.sandbox.ask("POST", "events/deliver", json={"url": url, "secret": SECRET, **how})
        return list(told["statuses"])

    def sent(self) -> dict[str, list[str]]:
        """What Total Expert was sent, by contact, in order."""
        types = {row["id"]: row["type"] for row in self.sandbox.records("total-expert")["insight-types"]}
        found: dict[str, list[str]] = {}
        for row in sorted(self.insights(), key=lambda row: int(row["id"])):
            if row["id"] not in self.before:
                found.setdefault(str(row["contact"]["id"]), []).append(types[row["type"]["id"]])
        return found

    def started(self) -> set[str]:
        """Who is in the group of those who started."""
        return {
            str(row["id"])
            for row in self.sandbox.records("total-expert")["contacts"]
            if any(group["group_name"] == STARTED for group in row.get("contact_groups") or ())
        }

    def lines(self, *more: str) -> tuple[int, dict[tuple[str | None, str], dict[str, Any]]]:
        """The milestones by contact and name, as the command gives them."""
        code, told = self.home.run("milestones", *more)
        return code, {(one["contact"], one["milestone"]): one for one in told["milestones"]}

    def writes(self) -> int:
        return len(self.sandbox.writes("total-expert"))


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Us:
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT", "LISTEN"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", SECRET if name == "LISTEN" else "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    sandbox.options("simplenexus", applications=True)
    home = Home.at(tmp_path / "home", sandbox, 'writer = "desk"\nmilestones = "own.toml"', systems=BOTH)
    own_map(home, "")
    return Us(home, sandbox)


async def _linked(home: Home, sandbox: Sandbox) -> dict[str, str]:
    """Link a few accounts with the contacts of the same email, as a sync does; gives who is linked with whom."""
    emails = {row["email"]: str(row["id"]) for row in sandbox.records("total-expert")["contacts"]}
    accounts = {row["id"]: row["email"] for row in sandbox.records("simplenexus")["borrowers"]}
    found = {ours: emails[email] for ours, email in sorted(accounts.items()) if email in emails}
    chosen = dict(list({theirs: ours for ours, theirs in found.items()}.items())[:8])
    book = await open_book(settings_of(str(home.path), None), write=True)
    try:
        for theirs, ours in chosen.items():
            ref = make_ref("test", System.TOTAL_EXPERT, Entity.CONTACT, ours)
            await book.commit(Link(System.TOTAL_EXPERT, Entity.CONTACT, ours, theirs, ref, 0.0))
    finally:
        book.close()
    return {ours: theirs for theirs, ours in chosen.items()}


def own_map(home: Home, text: str) -> None:
    (home.path / "own.toml").write_text(text, "utf-8")


@contextmanager
def listening(home: Home) -> Iterator[str]:
    """Run `brokerdesk listen` in a process of its own; gives where deliveries go."""
    process = home.spawn("listen", "--port", "0")
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.communicate()
        text += line
    told = json.loads(text)
    try:
        yield f"http://{told['host']}:{told['port']}{told['path']}"
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == ENDED


def test_what_happened_is_sent_once_and_in_order_however_it_was_delivered(us: Us) -> None:
    gone, done, back, new = us.people[:4]
    first = us.act("begin", gone, 5 * HOUR)
    us.act("change", first, 4 * HOUR)
    us.act("abandon", first, 2.5 * HOUR)
    second = us.act("begin", done, 3 * HOUR)
    us.act("submit", second, HOUR)
    third = us.act("begin", back, 4 * HOUR)
    us.act("abandon", third, 2.5 * HOUR)
    us.act("log-in", new, 30 * MINUTE)
    us.act("change", third, 20 * MINUTE)  # the newest webhook but one: it comes too late to be heard of
    us.act("change", third, 10 * MINUTE)
    with listening(us.home) as url:
        statuses = us.deliver(url, late=2, doubled=2, shuffled=True, seed=5)
        assert len(statuses) > 8
        assert set(statuses) == {200}
        assert set(us.deliver(url, bad_signature=True)) == {401}
        code, before = us.lines()
        assert (code, us.writes(), us.sent()) == (1, 0, {}), "it is due and not confirmed"
        at = us.contacts
        assert before[at[gone], STARTED]["state"] == "due"
        assert before[at[gone], ABANDONED]["reason"] == f"after “{STARTED}”"
        assert before[at[back], ABANDONED]["reason"] == "waiting out the 90 minutes"
        code, after = us.lines("--yes")
        assert code == 0
        assert us.sent() == {
            at[gone]: [STARTED, ABANDONED],
            at[done]: [STARTED, SUBMITTED],
            at[back]: [STARTED],
            at[new]: [LINKED],
        }
        assert us.started() == {at[done], at[back]}
        held = {str(row["id"]) for row in us.insights()}
        for contact, milestone in ((at[gone], ABANDONED), (at[done], SUBMITTED), (at[new], LINKED)):
            assert after[contact, milestone]["state"] == "sent"
            assert after[contact, milestone]["insight_id"] in held
        assert after[at[back], ABANDONED]["state"] == "waiting"
        writes = us.writes()
        us.deliver(url, doubled=1)
    code, again = us.lines("--yes")
    assert (code, us.writes()) == (0, writes)
    assert {key: one["state"] for key, one in again.items()} == {
        key: one["state"] for key, one in after.items()
    }


def test_what_is_due_is_sent_by_its_hash_and_nothing_that_became_due_since(us: Us) -> None:
    who, other = us.people[:2]
    us.act("begin", who, 3 * HOUR)
    with listening(us.home) as url:
        us.deliver(url)
        code, shown = us.home.run("milestones")
        assert (code, shown["error"]["code"]) == (1, "not-confirmed")
        assert [plan["steps"][0]["entity"] for plan in shown["plans"]] == ["insight"]
        assert us.home.run("milestones", "--yes", "--plan", "00000000")[1]["error"]["code"] == "plan-changed"
        assert us.sent() == {}
        code, _ = us.lines("--yes", "--plan", shown["plan"])
        assert us.sent() == {us.contacts[who]: [STARTED]}, "what is due after that waits for its own yes"
        us.act("begin", other, 10 * MINUTE)
        us.deliver(url)
    code, said = us.home.run("milestones", "--yes", "--plan", shown["plan"])
    assert (code, said["error"]["code"]) == (1, "plan-changed")
    assert us.sent() == {us.contacts[who]: [STARTED]}


def test_what_is_due_is_listed_and_asked_about_at_a_terminal(us: Us, monkeypatch: pytest.MonkeyPatch) -> None:
    us.act("begin", us.people[0], 10 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    code, listed, _ = us.home.say("milestones")
    assert (code, "To send what is due, add --yes." in listed) == (0, True), "on a pipe it only lists"
    for answer, sent in (("n", {}), ("y", {us.contacts[us.people[0]]: [STARTED]})):
        monkeypatch.setattr("sys.stdin", TypedLines(f"{answer}\n"))
        _, said, _ = us.home.say("milestones")
        assert said.count("[y/N]") == 1
        assert us.sent() == sent


def test_decisions_about_milestones_are_commands_that_send_nothing(us: Us) -> None:
    first, second, third = us.people[:3]
    for who in (first, second, third):
        us.act("begin", who, 10 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    at = us.contacts
    _, shown = us.home.run("milestones")
    names = {line["contact"]: line["name"] for line in shown["milestones"] if line["state"] == "due"}
    assert us.home.run("milestones", "--skip", names[at[first]])[1]["error"]["code"] == "no-reason"
    code, lines = us.lines("--skip", names[at[first]], "--reason", "He rang us")
    assert (code, lines[at[first], STARTED]["state"]) == (0, "skipped")
    assert us.lines("--unskip", names[at[first]])[1][at[first], STARTED]["state"] == "due"
    assert us.home.run("milestones", "--unskip", names[at[first]])[1]["error"]["code"] == "not-offered"
    us.lines("--skip", names[at[first]], "--reason", "He rang us")
    code, lines = us.lines("--pause", at[second])
    assert (code, lines[at[second], STARTED]["state"]) == (0, "waiting")
    for more in (("--yes",), ("--go-on", at[second]), ("--only", names[at[third]])):
        code, said = us.home.run("milestones", "--pause", at[third], *more)
        assert (code, said["error"]["code"]) == (2, "one-decision")
    assert us.sent() == {}
    assert us.lines("--yes", "--only", names[at[third]])[0] == 0
    assert us.sent() == {at[third]: [STARTED]}
    assert us.lines("--go-on", at[second])[0] == 0
    code, said = us.home.run("milestones", "--even-so", names[at[second]])
    assert (code, said["error"]["code"]) == (1, "not-offered"), "it does not wait for that answer"
    us.lines("--yes")
    assert us.sent() == {at[second]: [STARTED], at[third]: [STARTED]}


async def _order(home: Home) -> None:
    """Let somebody have ordered that brokerdesk watch sends milestones."""
    book = await open_book(settings_of(str(home.path), None), write=True)
    try:
        await book.commit(StandingOrder(AutomaticWork.MILESTONES, "m.hale", 0.0))
    finally:
        book.close()


def test_a_decision_says_what_the_watch_does_with_it(us: Us) -> None:
    (first,) = us.people[:1]
    us.act("begin", first, 10 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    _, shown = us.home.run("milestones")
    (name,) = [line["name"] for line in shown["milestones"] if line["state"] == "due"]
    us.home.run("milestones", "--skip", name, "--reason", "He rang us")
    _, said, _ = us.home.say("milestones", "--unskip", name)
    assert "waits for your OK" in said
    assert "brokerdesk watch" not in said
    us.home.run("milestones", "--skip", name, "--reason", "He rang us")
    asyncio.run(_order(us.home))
    _, said, _ = us.home.say("milestones", "--unskip", name)
    assert said.startswith("! brokerdesk watch sends what is due, without another question.")
    assert "brokerdesk watch sends it" in said
    assert "waits for your OK" not in said
    assert us.sent() == {}


def test_an_insight_type_that_is_missing_is_named_and_its_milestones_wait(us: Us) -> None:
    own_map(us.home, '[[milestone]]\nmilestone = "SN Borrower Linked"\ninsight = "Welcome aboard"\n')
    who = us.people[0]
    us.act("log-in", who, 10 * MINUTE)
    us.act("begin", who, 5 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    code, lines = us.lines("--yes")
    contact = us.contacts[who]
    assert code == 0
    assert lines[contact, LINKED]["state"] == "waiting"
    assert (
        lines[contact, LINKED]["reason"] == "no such insight type: ask Total Expert to add “Welcome aboard”"
    )
    assert us.sent() == {contact: [STARTED]}


def test_an_application_that_can_not_be_read_again_waits_for_a_person(us: Us) -> None:
    who = us.people[0]
    application = us.act("begin", who, 3 * HOUR)
    with listening(us.home) as url:
        us.deliver(url)
    contact = us.contacts[who]
    assert us.lines("--yes")[0] == 0
    assert us.sent() == {contact: [STARTED, ABANDONED]}
    other = us.people[1]
    application = us.act("begin", other, 3 * HOUR)
    with listening(us.home) as url:
        us.deliver(url)
    us.lines()  # read while it could be: so it is known whose it is
    us.sandbox.options("simplenexus", applications=False)
    code, lines = us.lines("--yes")
    contact = us.contacts[other]
    line = lines[contact, ABANDONED]
    assert (code, line["state"], line["application"]) == (1, "needs-you", application)
    assert (
        line["reason"]
        == "the application can't be read again: SimpleNexus answers 403, and the endpoint is BETA"
    )
    assert us.sent()[contact] == [STARTED]


def test_where_the_vendor_writes_it_is_watched_and_nothing_is_sent(us: Us) -> None:
    text = (us.home.path / "config.toml").read_text("utf-8")
    (us.home.path / "config.toml").write_text(text.replace('writer = "desk"', 'writer = "vendor"'), "utf-8")
    who, other = us.people[:2]
    us.act("log-in", who, 10 * MINUTE)
    us.act("begin", other, 5 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    writes = us.writes()
    code, lines = us.lines("--yes")
    assert (code, us.writes(), us.sent()) == (0, writes, {})
    line = lines[us.contacts[other], STARTED]
    assert (line["state"], line["reason"]) == ("observed", "the vendors' integration has not sent it")


@pytest.mark.parametrize(
    "faults",
    [
        "drop-reply POST /total-expert/insights 50%; 503 PATCH /total-expert/contacts *1",
        "500-after POST /total-expert/insights *2; drop-request POST /total-expert/insights *1",
    ],
)
def test_lost_replies_double_nothing(us: Us, faults: str) -> None:
    for who in us.people[:6]:
        application = us.act("begin", who, 2 * HOUR)
        us.act("submit", application, HOUR)
    with listening(us.home) as url:
        us.deliver(url)
    us.sandbox.faults(faults)
    for _ in range(10):
        code, _ = us.lines("--yes")
        if code == 0:
            break
    us.sandbox.faults("")
    code, _ = us.lines("--yes")
    assert code == 0
    assert us.sent() == {us.contacts[who]: [STARTED, SUBMITTED] for who in us.people[:6]}
    assert us.started() == {us.contacts[who] for who in us.people[:6]}


def test_a_system_that_is_down_is_exit_code_3_and_what_was_received_is_kept(us: Us) -> None:
    who = us.people[0]
    us.act("begin", who, MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
    us.sandbox.faults("503 GET /total-expert/insight-types")
    code, _, error = us.home.say("milestones", "--yes")
    assert code == 3
    assert "Total Expert" in error
    us.sandbox.faults("")
    assert us.lines("--yes")[0] == 0
    assert us.sent() == {us.contacts[who]: [STARTED]}


def test_without_contact_systems_it_says_so(sandbox: Sandbox, tmp_path: Path, home: Home) -> None:
    code, _, error = home.say("milestones")
    assert code == 2
    assert "does not say where simplenexus is" in error


def sent_now(app: DeskApp) -> int:
    """Return how many milestones the app knows to be sent."""
    overview = app.milestone_watch.overview
    return sum(line.state is MilestoneState.SENT for line in overview.lines) if overview is not None else 0


async def test_the_room_sends_what_the_listener_took_in(us: Us) -> None:
    who, other = us.people[:2]
    us.act("begin", who, 2 * HOUR)
    us.act("begin", other, 10 * MINUTE)
    with listening(us.home) as url:
        us.deliver(url)
        async with console(us.home, rest=False) as pilot:
            app = pilot.app
            assert isinstance(app, DeskApp)
            await until(pilot, lambda: app.milestone_watch.overview is not None)
            await pilot.press("3")
            await says(pilot, "2 due")
            await pilot.press("a")
            await says(pilot, "Send 2 milestones")
            await pilot.press("y")
            await until(pilot, lambda: sent_now(app) == 2)
            await says(pilot, "1 due")  # Abandoned, now that Started is sent
            us.act("log-in", other, 0)
            await asyncio.to_thread(us.deliver, url)
            await pilot.press("b")
            await says(pilot, "Now due: 1")
            await pilot.press("y")
            await until(pilot, lambda: sent_now(app) == 4)
    at = us.contacts
    assert us.sent() == {at[who]: [STARTED, ABANDONED], at[other]: [STARTED, LINKED]}


def test_the_receipt_of_what_was_sent_is_given_and_every_value_is_read_back(us: Us) -> None:
    us.lines()  # from now on it watches
    us.act("begin", us.people[0], 0)
    code, said = us.home.run("milestones", "--yes")
    (sent,) = said["receipts"]
    assert (code, sent["receipt"]["all_arrived"], sent["receipt"]["counts"]["not-read"]) == (0, True, 0)
    _, receipt = us.home.run("receipt", sent["push_id"])
    found = {field["source"]: field["found"] for field in receipt["fields"]}
    assert found["insight_date"]
    assert found["data.description"].startswith(STARTED)


def test_a_poll_alone_finds_what_no_webhook_told(us: Us) -> None:
    us.lines()  # from now on it watches
    who = us.people[0]
    us.act("begin", who, 0)
    code, lines = us.lines("--yes")
    assert code == 0
    assert us.sent() == {us.contacts[who]: [STARTED]}
    assert lines[us.contacts[who], ABANDONED]["state"] == "waiting"
