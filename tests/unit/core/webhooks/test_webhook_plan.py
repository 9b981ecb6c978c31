"""What is done about webhooks: only what is missing is created, and only what this desk made is taken back."""

from __future__ import annotations

import json

import pytest

from core.contacts.reading import notices
from core.errors import UsageError
from core.milestones import events
from core.push.plan import System
from core.webhooks.model import (
    HARMLESS,
    PLACES,
    WANTED,
    RegisteredEvent,
    Webhook,
    WebhookAct,
    WebhookPlan,
    WebhooksSeen,
    WebhookStep,
    WebhookTestResult,
)
from core.webhooks.plan import (
    TEST_WORDS,
    WebhookStanding,
    check_base,
    is_reached,
    judge_test,
    plan_registration,
    plan_removal,
    standing_of,
    words_of,
)
from core.webhooks.records import WebhookRecord
from data import listener
from data.contacts import notice_front

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
BASE = "https://hooks.example.com"
AT = {system: BASE + place for system, place in PLACES.items()}
EVERY = WANTED[SN]


def hook(system: System = SN, *names: str, id_: str = "W-1", url: str = "") -> Webhook:
    events_ = tuple(RegisteredEvent(name, f"S-{name}") for name in names)
    return Webhook(system, id_, url or AT[system], events=events_)


def record(system: System = SN, *names: str, adopted: bool = False, on: float = 5.0) -> WebhookRecord:
    return WebhookRecord(
        system, AT[system], "m.hale", 1.0, "W-1", adopted, names, enabled_at=on, tested_at=on
    )


def standing(
    webhook: Webhook | None, kept: WebhookRecord | None, *others: Webhook, system: System = SN
) -> WebhookStanding:
    offered = EVERY if system is SN else ("CONTACT DELETED",)
    seen = WebhooksSeen(system, (*([webhook] if webhook else []), *others), offered)
    return standing_of(seen, [kept] if kept else [])


def acts(plan: WebhookPlan) -> list[str]:
    return [f"{step.act} {' '.join(step.events)}".strip() for step in plan.steps]


def test_the_desk_wants_every_event_that_it_acts_on_and_no_other() -> None:
    acted = {*events._APPLICATION, *(name for name, _ in events._USER), notices._REMOVED}
    assert set(WANTED[SN]) == acted
    assert HARMLESS not in acted, "a test is of a kind that nothing is made of"


def test_the_places_are_those_at_which_the_listener_takes_deliveries() -> None:
    assert PLACES == {SN: listener.PATH, TE: notice_front.NOTICES}


def test_where_nothing_is_there_all_is_created_subscribed_switched_on_and_tested() -> None:
    subscribed = [f"subscribe {event}" for event in EVERY]
    assert acts(plan_registration(BASE, [standing(None, None)])) == [
        "create",
        *subscribed,
        "enable",
        f"test {HARMLESS}",
    ]
    plan = plan_registration(BASE, [standing(None, None, system=TE)])
    assert acts(plan) == ["create CONTACT DELETED"]
    assert [step.url for step in plan.steps] == [AT[TE]]


def test_where_all_is_there_nothing_is_done() -> None:
    assert plan_registration(BASE, [standing(hook(SN, *EVERY), record(SN, *EVERY))]).steps == ()
    theirs = standing(hook(TE, "CONTACT DELETED"), record(TE, "CONTACT DELETED"), system=TE)
    assert plan_registration(BASE, [theirs]).steps == ()


def test_only_what_is_missing_is_subscribed_to() -> None:
    plan = plan_registration(BASE, [standing(hook(SN, *EVERY[1:]), record(SN, *EVERY[1:]))])
    assert acts(plan) == [f"subscribe {EVERY[0]}", "enable", f"test {HARMLESS}"]
    assert {step.webhook for step in plan.steps} == {"W-1"}


@pytest.mark.parametrize("kept", [None, record(SN, *EVERY, on=0.0)])
def test_a_webhook_of_which_nobody_knows_that_it_is_on_is_switched_on(kept: WebhookRecord | None) -> None:
    plan = plan_registration(BASE, [standing(hook(SN, *EVERY), kept)])
    assert acts(plan) == ["enable", f"test {HARMLESS}"]


@pytest.mark.parametrize("kept", [None, record(TE, on=0.0)])
def test_a_webhook_that_lacks_the_desks_secret_gets_it(kept: WebhookRecord | None) -> None:
    plan = plan_registration(BASE, [standing(hook(TE, "CONTACT DELETED"), kept, system=TE)])
    assert acts(plan) == ["set-secret"]


def test_a_webhook_at_another_address_is_somebody_elses() -> None:
    other = hook(SN, *EVERY, id_="W-2", url="https://other.example/simplenexus")
    found = standing(hook(SN), record(), other)
    assert [webhook.id for webhook, _ in found.ours] == ["W-1"]
    assert found.others == (other,)
    assert found.missing == EVERY
    assert all(step.webhook != "W-2" for step in plan_registration(BASE, [found]).steps)
    assert all(step.webhook != "W-2" for step in plan_removal([found]).steps)
    assert "W-2" in " ".join(plan_removal([found]).left)


def test_what_the_desk_made_is_switched_off_and_unsubscribed_or_deleted() -> None:
    plan = plan_removal([standing(hook(SN, *EVERY[:2]), record(SN, *EVERY[:2]))])
    assert acts(plan) == [f"unsubscribe {EVERY[0]}", f"unsubscribe {EVERY[1]}", "disable"]
    assert [step.subscription for step in plan.steps] == [f"S-{EVERY[0]}", f"S-{EVERY[1]}", ""]
    assert "no way to remove a webhook" in " ".join(plan.left)
    theirs = standing(hook(TE, "CONTACT DELETED"), record(TE, "CONTACT DELETED"), system=TE)
    assert acts(plan_removal([theirs])) == ["delete"]


def test_of_an_adopted_webhook_only_what_the_desk_added_is_taken_back() -> None:
    kept = record(SN, EVERY[0], adopted=True)
    assert acts(plan_removal([standing(hook(SN, *EVERY[:2]), kept)])) == [f"unsubscribe {EVERY[0]}"]
    theirs = standing(
        hook(TE, "CONTACT DELETED", "CONTACT CREATED"), record(TE, "CONTACT DELETED", adopted=True), system=TE
    )
    assert acts(plan_removal([theirs])) == ["unsubscribe CONTACT DELETED"]
    assert "it stays" in " ".join(plan_removal([theirs]).left)


def test_events_that_somebody_else_added_keep_the_webhook_on() -> None:
    plan = plan_removal([standing(hook(SN, EVERY[0], "loan_created"), record(SN, EVERY[0]))])
    assert acts(plan) == [f"unsubscribe {EVERY[0]}"]


def test_a_second_removal_does_nothing() -> None:
    assert plan_removal([standing(hook(SN), record(SN, on=0.0))]).steps == ()


def test_a_list_shows_which_steps_arrived() -> None:
    seen = WebhooksSeen(SN, (hook(SN, "user_created"),))
    step = WebhookStep(SN, WebhookAct.SUBSCRIBE, AT[SN], "W-1", ("user_created",))
    assert is_reached(step, seen)
    assert not is_reached(step, WebhooksSeen(SN, (hook(SN),)))
    create = WebhookStep(SN, WebhookAct.CREATE, AT[SN])
    assert is_reached(create, seen)
    assert not is_reached(create, WebhooksSeen(SN))
    delete = WebhookStep(TE, WebhookAct.DELETE, AT[TE], "7")
    assert is_reached(delete, WebhooksSeen(TE))
    assert not is_reached(delete, WebhooksSeen(TE, (hook(TE),)))
    away = WebhookStep(SN, WebhookAct.UNSUBSCRIBE, AT[SN], "W-1", ("user_created",), "S-1")
    assert not is_reached(away, seen)
    assert is_reached(away, WebhooksSeen(SN, (hook(SN),)))
    assert not is_reached(WebhookStep(SN, WebhookAct.ENABLE, AT[SN], "W-1"), seen)


@pytest.mark.parametrize("act", WebhookAct)
def test_every_step_has_words(act: WebhookAct) -> None:
    said = words_of(WebhookStep(SN, act, AT[SN], "W-1", ("user_created",)))
    assert said.startswith("SimpleNexus: ")


def test_every_result_of_a_test_has_words() -> None:
    assert set(TEST_WORDS) == set(WebhookTestResult)


OURS = json.dumps({"error": {"code": "webhook-test"}, "test": "t0ken", "ids": ["e-1", 7, ""]})


@pytest.mark.parametrize(
    ("code", "body", "result", "ids"),
    [
        (503, OURS, WebhookTestResult.WORKS, ("e-1",)),
        (503, "t0ken and no JSON", WebhookTestResult.WORKS, ()),
        (503, OURS.replace("t0ken", "another"), WebhookTestResult.UNANSWERED, ()),
        (503, "", WebhookTestResult.UNANSWERED, ()),
        (502, "", WebhookTestResult.UNANSWERED, ()),
        (404, "", WebhookTestResult.UNANSWERED, ()),
        (302, "", WebhookTestResult.UNANSWERED, ()),
        (401, "", WebhookTestResult.WRONG_SECRET, ()),
        (200, '{"events": 1}', WebhookTestResult.NOT_OURS, ()),
        (204, "", WebhookTestResult.NOT_OURS, ()),
    ],
)
def test_only_the_listeners_own_answer_counts_as_arrived(
    code: int, body: str, result: WebhookTestResult, ids: tuple[str, ...]
) -> None:
    report, found = judge_test(code, body, "t0ken")
    assert (report.result, found) == (result, ids)
    assert str(code) in report.said


@pytest.mark.parametrize(
    ("url", "live", "base"),
    [
        (f"{BASE}/", True, BASE),
        (f" {BASE}/desk ", True, f"{BASE}/desk"),
        ("http://127.0.0.1:8765", False, "http://127.0.0.1:8765"),
        ("http://[::1]:8765", False, "http://[::1]:8765"),
        ("http://127.0.0.1:8765", True, ""),
        ("http://hooks.example.com", False, ""),
        ("ftp://hooks.example.com", False, ""),
        ("https://", False, ""),
        ("https://h:port", False, ""),
        ("https://h/a b", False, ""),
        ("https://h/?", False, ""),
        ("https://h/#x", False, ""),
        ("https://user@h", False, ""),
        ("https://h/" + "x" * 500, False, ""),
    ],
)
def test_an_address_is_https_or_this_machine(url: str, live: bool, base: str) -> None:
    if base:
        assert check_base(url, live=live) == base
        return
    with pytest.raises(UsageError) as refused:
        check_base(url, live=live)
    assert refused.value.code == "bad-webhook-url"
