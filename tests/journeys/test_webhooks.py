"""Webhooks over real HTTP: registered, switched on, tested and removed, with the listener in a process of its own."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual.widgets import Input

from core.webhooks.ports import ListenerWindow, WindowKind
from data.sandbox.systems.events import delivery_of, sent_to, signature
from data.webhooks.windows import WindowFile
from tests.journeys.console import console, flat, says, until
from tests.journeys.test_milestones import HOUR, MINUTE, SECRET, STARTED, Us, listening, own_map
from tests.support.sandbox_home import Home, Sandbox, TypedLines

BOTH = ("simplenexus", "total-expert")
EVENTS = (
    "loan_app_started",
    "loan_app_updated",
    "loan_app_imported",
    "loan_app_submitted",
    "loan_app_abandoned",
    "user_created",
    "user_first_login",
    "user_deleted",
)


@pytest.fixture
def us(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Us:
    """A desk with linked people. SimpleNexus signs with the secret that the listener has."""
    for name in ("SIMPLENEXUS", "TOTAL_EXPERT", "LISTEN"):
        monkeypatch.setenv(f"BROKERDESK_{name}_SECRET", SECRET if name == "LISTEN" else "sandbox")
    sandbox.options("total-expert", tokens_an_hour=10_000, requests_a_minute=1_000_000)
    sandbox.options("simplenexus", applications=True, webhook_secret=SECRET)
    home = Home.at(tmp_path / "home", sandbox, 'writer = "desk"\nmilestones = "own.toml"', systems=BOTH)
    own_map(home, "")
    return Us(home, sandbox)


def base_of(url: str) -> str:
    """Return the address of a listener without its path."""
    return url.removesuffix("/simplenexus")


def register(us: Us, url: str, *more: str) -> tuple[int, dict[str, Any]]:
    return us.home.run("webhooks", "register", "--url", base_of(url), *more)


def hooks(us: Us) -> dict[str, list[dict[str, Any]]]:
    """What the sandbox has: webhooks and subscriptions of SimpleNexus, subscriptions of Total Expert."""
    ours, theirs = us.sandbox.records("simplenexus"), us.sandbox.records("total-expert")
    return {
        "webhooks": ours.get("registered-webhooks", []),
        "events": ours.get("webhook-subscriptions", []),
        "subscriptions": theirs.get("webhook-subscriptions", []),
    }


def test_a_registration_is_shown_and_confirmed_and_then_events_arrive(us: Us) -> None:
    with listening(us.home) as url:
        code, shown = register(us, url)
        assert (code, shown["error"]["code"]) == (1, "not-confirmed")
        acts = [(step["system"], step["act"]) for step in shown["steps"]]
        assert acts == [
            ("simplenexus", "create"),
            *[("simplenexus", "subscribe")] * len(EVENTS),
            ("simplenexus", "enable"),
            ("simplenexus", "test"),
            ("total-expert", "create"),
        ]
        assert not any(hooks(us).values()), "a dry run sends nothing"
        assert register(us, url, "--yes", "--plan", "00000000")[1]["error"]["code"] == "plan-changed"
        code, done = register(us, url, "--yes", "--plan", shown["plan"])
        assert (code, done["tests"]["simplenexus"]["result"], done["notes"]) == (0, "works", [])
        there = hooks(us)
        assert [(one["url"], one["is_enabled"]) for one in there["webhooks"]] == [(url, True)]
        assert sorted(one["event"] for one in there["events"]) == sorted(EVENTS)
        (subscription,) = there["subscriptions"]
        assert subscription["actions"] == [{"action": "DELETED", "item": "CONTACT"}]
        assert len(subscription["secret"]) == 64
        assert subscription["secret"] not in str((shown, done))
        who = us.people[0]
        us.act("begin", who, 10 * MINUTE)
        assert us.sandbox.ask("POST", "events/deliver", json={"secret": SECRET})["statuses"] == [200]
        gone = us.contacts[who]
        assert us.lines("--yes")[0] == 0
        assert us.sent() == {gone: [STARTED]}
        body = {
            "item": "CONTACT",
            "action": "DELETED",
            "id": gone,
            "hashValue": "ab",
            "secret": subscription["secret"],
        }
        assert _notified(subscription["url"], body) == 200
        assert _notified(subscription["url"], {**body, "secret": "another"}) == 401


def _notified(url: str, body: dict[str, Any]) -> int:
    return sent_to(url, json.dumps(body).encode(), None)[0]


def test_a_second_registration_creates_nothing_and_a_removal_takes_everything_back(us: Us) -> None:
    with listening(us.home) as url:
        assert register(us, url, "--yes")[0] == 0
        us.sandbox.forget_requests()
        code, again = register(us, url, "--yes")
        assert (code, again["steps"], again["done"]) == (0, [], [])
        assert [us.sandbox.writes(system) for system in BOTH] == [[], []]
        _, listed = us.home.run("webhooks", "list")
        by_system = {one["system"]: one for one in listed["systems"]}
        assert [one["url"] for one in by_system["simplenexus"]["ours"]] == [url]
        assert by_system["simplenexus"]["ours"][0]["made_here"] is True
        assert by_system["simplenexus"]["ours"][0]["enabled_at"]
        assert {name: one["missing"] for name, one in by_system.items()} == {system: [] for system in BOTH}
        code, shown = us.home.run("webhooks", "remove")
        assert (code, shown["error"]["code"]) == (1, "not-confirmed")
        assert "no way to remove a webhook" in " ".join(shown["left"])
        assert us.home.run("webhooks", "remove", "--yes")[0] == 0
    there = hooks(us)
    assert [one["is_enabled"] for one in there["webhooks"]] == [False]
    assert (there["events"], there["subscriptions"]) == ([], [])
    us.sandbox.forget_requests()
    code, again = us.home.run("webhooks", "remove", "--yes")
    assert (code, again["steps"], us.sandbox.writes("simplenexus")) == (0, [], [])


def test_what_somebody_else_registered_is_listed_and_never_removed(us: Us) -> None:
    with listening(us.home) as url:
        assert register(us, url, "--yes", "--system", "simplenexus")[0] == 0
        other = base_of(url) + "/other"
        us.home.path.joinpath("elsewhere").mkdir()
        second = Home.at(us.home.path / "elsewhere", us.sandbox, systems=BOTH)
        code, _ = second.run("webhooks", "register", "--url", other, "--yes", "--system", "total-expert")
        assert code == 0
        _, listed = us.home.run("webhooks", "list")
        theirs = {one["system"]: [hook["url"] for hook in one["others"]] for one in listed["systems"]}
        assert theirs == {"simplenexus": [], "total-expert": [f"{other}/total-expert"]}
        _, shown = us.home.run("webhooks", "remove")
        assert {step["system"] for step in shown["steps"]} == {"simplenexus"}
        assert any("is not brokerdesk's" in line for line in shown["left"])


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("drop-reply POST /simplenexus/webhooks *1", "webhooks"),
        ("drop-reply POST /total-expert/webhook-subscriptions *1", "subscriptions"),
    ],
)
def test_a_reply_that_is_lost_makes_no_second_webhook(us: Us, spec: str, kind: str) -> None:
    with listening(us.home) as url:
        us.sandbox.faults(spec)
        assert register(us, url, "--yes")[0] == 0
        us.sandbox.faults("")
        assert len(hooks(us)[kind]) == 1
        code, again = register(us, url, "--yes")
        assert (code, again["steps"]) == (0, [])
        us.home.run("webhooks", "remove", "--yes")
        assert hooks(us)["subscriptions"] == [], "the desk knows that it made it"


def test_while_all_sending_is_stopped_nothing_is_registered(us: Us) -> None:
    with listening(us.home) as url:
        assert us.home.run("stop")[0] == 0
        code, said = register(us, url, "--yes")
        assert (code, said["error"]["code"]) == (1, "stopped")
        assert not any(hooks(us).values())


def test_a_listener_with_another_secret_or_none_is_told_apart(
    us: Us, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(us.home) as url:
        us.sandbox.options("simplenexus", webhook_secret="another")
        code, said = register(us, url, "--yes", "--system", "simplenexus")
        assert (code, said["tests"]["simplenexus"]["result"]) == (1, "wrong-secret")
    code, said = us.home.run("webhooks", "test", "--yes")
    assert (code, said["tests"]["simplenexus"]["result"]) == (1, "refused"), "nothing listens there any more"


def test_a_test_event_never_becomes_a_milestone(us: Us) -> None:
    """The listener refuses it while the test runs, drops it later, and takes what is real in time."""
    who = us.people[0]
    application = us.act("begin", who, 3 * HOUR)
    with listening(us.home) as url:
        assert register(us, url, "--yes", "--system", "simplenexus")[0] == 0
        us.sandbox.ask("POST", "events/deliver", json={"secret": SECRET})
        code, said = us.home.run("webhooks", "test", "--event", "loan_app_submitted", "--yes")
        assert (code, said["tests"]["simplenexus"]["result"]) == (0, "works")
        test_event = {
            "_id": "00000000-0000-0000-0000-000000000000",
            "_timestamp": "2026-11-20T09:00:00Z",
            "_links": {"loan_application": f"/loan_applications/{application}"},
            "event": "loan_app_submitted",
            "event_info": {"borrower_name": "x"},
        }
        body = delivery_of(test_event, "again")
        assert sent_to(url, body, signature(body, SECRET, "hex"))[0] == 204, "it came again after the test"
        us.lines("--yes")
        submitted = [name for names in us.sent().values() for name in names if "Submitted" in name]
        assert submitted == []


def test_what_is_real_and_comes_during_a_test_is_delivered_again_and_a_test_that_died_deafens_nobody(
    us: Us,
) -> None:
    who = us.people[0]
    now = time.time()
    inbox = us.home.path / "test" / "inbox"
    with listening(us.home) as url:
        assert register(us, url, "--yes", "--system", "simplenexus")[0] == 0
        us.act("begin", who, 10 * MINUTE)
        window = ListenerWindow(WindowKind.TEST, "t0ken", now + 60.0, "loan_app_started")
        WindowFile(inbox, time.time).open(window)
        assert us.sandbox.ask("POST", "events/deliver", json={"secret": SECRET})["statuses"] == [503]
        # The process that tested has died, and its two minutes are over: to the listener the window lies in the past.
        WindowFile(inbox, lambda: now - 600.0).open(replace(window, until=now - 480.0))
        assert us.sandbox.ask("POST", "events/deliver", json={"secret": SECRET})["statuses"] == [200]
    us.lines("--yes")
    assert us.sent() == {us.contacts[who]: [STARTED]}


def test_everything_is_registered_as_the_strict_systems_want_it(us: Us) -> None:
    us.sandbox.options("simplenexus", strict=True)
    us.sandbox.options("total-expert", strict=True)
    with listening(us.home) as url:
        assert register(us, url, "--yes", "--system", "simplenexus")[0] == 0
        code, said = register(us, url, "--yes", "--system", "total-expert")
        assert (code, said["error"]["code"]) == (1, "webhook-refused"), "it has to be https"
        https = ("--url", "https://hooks.example.com", "--system", "total-expert", "--yes")
        assert us.home.run("webhooks", "register", *https)[0] == 0
        assert us.home.run("webhooks", "new-secret", "--yes")[0] == 0
        assert us.home.run("webhooks", "remove", "--yes")[0] == 0
    assert hooks(us)["subscriptions"] == []


def test_a_registration_at_a_terminal_is_asked_about(us: Us, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(us.home) as url:
        for answer, made in (("n", 0), ("y", 1)):
            monkeypatch.setattr("sys.stdin", TypedLines(f"{answer}\n"))
            _, said, _ = us.home.say("webhooks", "register", "--url", base_of(url))
            assert "it never becomes a milestone" in said
            assert said.count("[y/N]") == 1
            assert len(hooks(us)["webhooks"]) == made
        assert "the test event arrived here" in said
        code, said, _ = us.home.say("webhooks", "list")
        assert (code, "brokerdesk's" in said, "missing" in said) == (0, True, False)


def test_the_secret_of_total_expert_changes_and_the_old_one_is_still_taken(us: Us) -> None:
    with listening(us.home) as url:
        assert register(us, url, "--yes", "--system", "total-expert")[0] == 0
        (before,) = hooks(us)["subscriptions"]
        assert us.home.run("webhooks", "new-secret", "--yes")[0] == 0
        (after,) = hooks(us)["subscriptions"]
        assert before["secret"] != after["secret"]
    with listening(us.home) as url:  # again: the running one looks for secrets every other second
        place = url.replace("/simplenexus", "/total-expert")
        body = {"item": "CONTACT", "action": "DELETED", "id": 1, "hashValue": "ab"}
        for secret, status in ((before["secret"], 200), (after["secret"], 200), ("another", 401)):
            assert _notified(place, {**body, "secret": secret}) == status
    files = [path for path in us.home.path.rglob("*") if path.is_file() and path.name != "secrets.json"]
    assert not [path for path in files if after["secret"].encode() in path.read_bytes()]


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com", "hooks.example.com", "https://u:p@h.example", "https://h/?x"]
)
def test_an_address_that_no_system_may_send_to_is_refused(us: Us, url: str) -> None:
    code, said = us.home.run("webhooks", "register", "--url", url, "--yes")
    assert (code, said["error"]["code"]) == (2, "bad-webhook-url")


def test_doctor_says_whether_webhooks_are_there_and_when_the_last_delivery_came(us: Us) -> None:
    def found() -> dict[str, str]:
        _, told = us.home.run("doctor")
        return {
            f"{one['about']} {one['code']}": one["level"]
            for one in told["findings"]
            if one["code"].startswith("webhook")
        }

    assert found() == {f"{system} webhook-missing": "warn" for system in BOTH}
    with listening(us.home) as url:
        assert register(us, url, "--yes")[0] == 0
        assert found() == {
            "simplenexus webhook": "ok",
            "simplenexus webhook-silent": "open",
            "total-expert webhook": "ok",
            "total-expert webhook-silent": "open",
        }
        us.act("begin", us.people[0], 10 * MINUTE)
        us.sandbox.ask("POST", "events/deliver", json={"secret": SECRET})
        assert found()["simplenexus webhook-heard"] == "ok"


async def test_webhooks_are_registered_tested_and_removed_in_the_app(us: Us) -> None:
    with listening(us.home) as url:
        async with console(us.home, size=(80, 24), rest=False) as pilot:
            await until(pilot, lambda: pilot.app.desk is not None)
            await pilot.press("C")
            await says(pilot, "to look at", "w webhooks")
            await pilot.press("w")
            await says(pilot, "no webhook of brokerdesk; n registers one")
            assert "t test" not in flat(pilot)
            await pilot.press("t", "s", "x")
            await until(pilot, lambda: len(pilot.app._notifications) >= 3)
            assert [note.message for note in pilot.app._notifications][-3:] == [
                "There is no webhook to test; n registers one.",
                "Total Expert has no webhook of brokerdesk that a new secret would be for; n registers one.",
                "There is no webhook of brokerdesk to remove.",
            ]
            await pilot.press("n")
            await says(pilot, "The https address")
            await pilot.press(*"http://hooks.example.com", "enter")
            await says(pilot, "it has to begin with https://")
            pilot.app.screen.query_one(Input).value = base_of(url)
            await pilot.press("enter")
            await says(pilot, "create a webhook to", "it never becomes a milestone", "Total Expert: create")
            assert not any(hooks(us).values())
            await pilot.press("y")
            await says(pilot, "the test event arrived here")
            assert [one["is_enabled"] for one in hooks(us)["webhooks"]] == [True]
            await pilot.press("escape")
            await says(pilot, "brokerdesk's", "has brokerdesk's secret since")
            await pilot.press("t")
            await says(pilot, "have a test event sent")
            await pilot.press("y")
            await says(pilot, "the test event arrived here")
            await pilot.press("escape", "x")
            await says(pilot, "no way to remove a webhook")
            await pilot.press("y")
            await says(pilot, "✓ Total Expert: delete the webhook")
            await pilot.press("escape", "escape")
            await says(pilot, "to look at", "w webhooks")
    assert hooks(us)["subscriptions"] == []
