"""A day in the sandbox: what each act changes, when it is played, and that nothing is played unless a day is begun."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.sandbox.seeding.cards import DEAL_STAGES
from data.sandbox.story import DAY
from tests.unit.data.sandbox.conftest import Running
from tests.unit.data.sandbox.test_sandbox_events import Heard, heard

__all__ = ["heard"]
MINUTE = 60.0
SECRET = "between us"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    running = Running(tmp_path_factory.mktemp("sandbox") / "state", cards=48)
    yield running
    running.stop()


def begin(sandbox: Running, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = sandbox.control("POST", "/story", more)
    return told


def said(told: dict[str, Any]) -> list[str]:
    return [act["said"] for act in told["acts"]]


def webhooks(sandbox: Running) -> list[dict[str, Any]]:
    """The webhooks that wait, each time that one is to be delivered."""
    return list(sandbox.control("POST", "/story/deliveries", {"secret": SECRET})["deliveries"])


def event_of(delivery: dict[str, Any]) -> str:
    return str(json.loads(delivery["body"])["events"][0]["event"])


def seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).astimezone(UTC).timestamp()


def everything(sandbox: Running) -> dict[str, Any]:
    names = ("brokerengine", "flex", "simplenexus", "total-expert")
    return {name: sandbox.control("GET", f"/records/{name}") for name in names}


def test_nothing_happens_unless_a_day_is_begun(sandbox: Running) -> None:
    before = everything(sandbox)
    sandbox.clock.now += 100 * MINUTE
    told = sandbox.control("GET", "/story")
    assert (told["days"], told["acts"], told["next"]) == (0, [], None)
    assert webhooks(sandbox) == []
    assert everything(sandbox) == before


def test_a_day_begins_with_what_came_before_and_goes_on_by_the_clock(sandbox: Running) -> None:
    told = begin(sandbox)
    past = [act for act in DAY if act.due <= 0]
    assert len(told["acts"]) == len(past)
    assert told["next"] == sandbox.clock.now + min(act.due for act in DAY if act.due > 0)
    sandbox.clock.now += 50
    assert len(sandbox.control("GET", "/story")["acts"]) == len([act for act in DAY if act.due <= 50])
    sandbox.clock.now += 100 * MINUTE
    told = sandbox.control("GET", "/story")
    assert len(told["acts"]) == len(DAY)
    assert told["next"] is None
    assert {act["room"] for act in told["acts"]} == {"cards", "contacts", "milestones"}


def test_a_second_beginning_changes_nothing_and_one_more_day_has_other_people(sandbox: Running) -> None:
    first = begin(sandbox)
    assert begin(sandbox) == first
    again = begin(sandbox, again=True)
    assert again["days"] == 2
    assert len(again["acts"]) == 2 * len(first["acts"])
    begun = [sentence for sentence in said(again) if "begins a loan application" in sentence]
    names = [sentence.partition(" begins")[0] for sentence in begun if "no messages" not in sentence]
    assert len(set(names)) == len(names)


def test_an_act_happens_at_its_own_moment_also_if_nobody_looked(sandbox: Running) -> None:
    began = sandbox.clock.now
    begin(sandbox)
    sandbox.clock.now += 1_000 * MINUTE
    told = sandbox.control("GET", "/story")
    assert [act["at"] for act in told["acts"]] == sorted(began + act.due for act in DAY)
    moved = [card for card in sandbox.records("brokerengine", "cards") if card["updated_at"] > "2027"]
    assert max(seconds(card["updated_at"]) for card in moved) == began + 40


def test_cards_move_one_stage_on_and_get_notes(sandbox: Running) -> None:
    before = {card["id"]: card for card in sandbox.records("brokerengine", "cards")}
    notes = len(sandbox.records("brokerengine", "notes"))
    begin(sandbox)
    sandbox.clock.now += 5 * MINUTE
    sandbox.control("GET", "/story")
    after = {card["id"]: card for card in sandbox.records("brokerengine", "cards")}
    moved = {id_ for id_, card in after.items() if card["stage"] != before[id_]["stage"]}
    assert len(moved) == 3
    for id_ in moved:
        place = DEAL_STAGES.index(before[id_]["stage"])
        assert after[id_]["stage"] == DEAL_STAGES[place + 1]
        same = {"stage", "updated_at"}
        assert {name for name in after[id_] if after[id_][name] != before[id_][name]} == same
    assert len(sandbox.records("brokerengine", "notes")) == notes + 2


def test_an_application_counts_as_abandoned_twelve_minutes_after_the_beginning(sandbox: Running) -> None:
    began = sandbox.clock.now
    begin(sandbox)
    open_ = [
        application
        for application in sandbox.records("simplenexus", "loan-applications")
        if application["updated_at"] > "2027" and not application["is_submitted"]
    ]
    ends = {seconds(application["updated_at"]) + 90 * MINUTE for application in open_}
    assert began + 12 * MINUTE in ends
    sandbox.clock.now += 12 * MINUTE - 1
    assert len([hook for hook in webhooks(sandbox) if event_of(hook) == "loan_app_abandoned"]) == 1
    sandbox.clock.now += 1
    assert len([hook for hook in webhooks(sandbox) if event_of(hook) == "loan_app_abandoned"]) == 2


def test_a_webhook_comes_twice_signed_until_it_is_taken(sandbox: Running) -> None:
    begin(sandbox)
    waiting = webhooks(sandbox)
    for hook in waiting:
        wanted = hmac.new(SECRET.encode(), hook["body"].encode(), hashlib.sha256).hexdigest()
        assert hook["signature"] == wanted
    submitted = [hook for hook in waiting if event_of(hook) == "loan_app_submitted"]
    assert len(submitted) == 2
    assert submitted[0] == submitted[1]
    sandbox.control("POST", "/story/taken", {"ids": [submitted[0]["id"]]})
    assert [hook for hook in webhooks(sandbox) if hook["id"] == submitted[0]["id"]] == []
    assert len(webhooks(sandbox)) == len(waiting) - 2


def test_two_people_share_an_inbox(sandbox: Running) -> None:
    before = {contact["id"] for contact in sandbox.records("total-expert", "contacts")}
    told = begin(sandbox)
    contacts = sandbox.records("total-expert", "contacts")
    (new,) = [contact for contact in contacts if contact["id"] not in before]
    (first,) = [one for one in contacts if one["email"] == new["email"] and one["id"] != new["id"]]
    assert new["last_name"] == first["last_name"]
    assert new["first_name"] != first["first_name"]
    assert new["external_ids"] == []
    assert any("with the email of" in sentence for sentence in said(told))


def test_somebody_who_wants_no_messages_begins_an_application(sandbox: Running) -> None:
    told = begin(sandbox)
    (sentence,) = [sentence for sentence in said(told) if "wants no messages" in sentence]
    first, last = sentence.partition(" begins")[0].split(" ", 1)
    contacts = sandbox.records("total-expert", "contacts")
    (contact,) = [one for one in contacts if (one["first_name"], one["last_name"]) == (first, last)]
    assert contact["ok_to_email"] is False


def test_a_registered_webhook_gets_what_it_subscribed_to_twice_too(sandbox: Running, heard: Heard) -> None:
    begin(sandbox)
    number = len(webhooks(sandbox))
    rows = {
        "registered-webhooks": {"id": "W-1", "url": heard.url, "is_enabled": True},
        "webhook-subscriptions": {"id": "S-1", "webhook_id": "W-1", "event": "loan_app_submitted"},
    }
    for kind, row in rows.items():
        sandbox.keep("simplenexus", kind, row)
    assert len(webhooks(sandbox)) == number - 2
    assert heard.events == ["loan_app_submitted"] * 2
    assert heard.ids[0] == heard.ids[1]


def test_a_day_goes_on_after_a_restart_and_ends_with_a_reset(tmp_path: Path) -> None:
    first = Running(tmp_path / "state", cards=48)
    began = first.clock.now
    told = begin(first)
    first.stop()
    second = Running(tmp_path / "state", cards=48)
    second.clock.now = began + 60
    try:
        assert len(second.control("GET", "/story")["acts"]) > len(told["acts"])
        second.control("POST", "/restart")
        assert second.control("GET", "/story")["days"] == 0
    finally:
        second.stop()


def test_a_sandbox_without_people_and_cards_plays_an_empty_day(sandbox: Running) -> None:
    for system, kind in (("brokerengine", "cards"), ("total-expert", "contacts")):
        for record in sandbox.records(system, kind):
            sandbox.control("DELETE", f"/records/{system}/{kind}/{record['id']}")
    assert begin(sandbox)["acts"] == []
