"""Both systems' webhooks over the wire: what is sent, and what is believed of a reply. eVault is never called."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.errors import Unreachable
from core.push.plan import System
from core.push.ports import Applied, Lost, NotSent, Refused
from core.push.states import WriteOutcome
from core.webhooks.model import HARMLESS, WANTED, WebhookAct, WebhookStep
from data.vendors.http.client import HttpClient, SystemAddress
from data.vendors.simplenexus.webhooks import TESTED, SimpleNexusWebhooks, info_of
from data.vendors.total_expert.webhooks import TotalExpertWebhooks
from tests.support.raw_server import Raw, Speak, hang_up, reply, serve

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
ID, SUB = "5f0c8a1e-7b1d-4a7e-9a65-0d9a2b6f1c11", "6f0c8a1e-7b1d-4a7e-9a65-0d9a2b6f1c12"
URL = "https://hooks.example.com/x"
HOOK = {"id": ID, "_self": f"/webhooks/{ID}", "_type": "Webhook"}
ACTION = {"action": "DELETED", "item": "CONTACT"}
MADE = {"id": 7, "created": "/v1/webhook-subscriptions/7"}
Answer = bytes | Speak


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    async with serve() as server:
        yield server


def wire(raw: Raw, system: System) -> HttpClient:
    return HttpClient(SystemAddress(system, raw.url, "desk", "s3cret", rate=600_000, deadline=100))


@pytest.fixture
async def sn(raw: Raw) -> AsyncIterator[SimpleNexusWebhooks]:
    client = wire(raw, SN)
    yield SimpleNexusWebhooks(client, 60.0)
    await client.close()


@pytest.fixture
async def te(raw: Raw) -> AsyncIterator[TotalExpertWebhooks]:
    client = wire(raw, TE)
    yield TotalExpertWebhooks(client, 60.0)
    await client.close()


def step(
    system: System, act: WebhookAct, *events: str, webhook: str = "", subscription: str = ""
) -> WebhookStep:
    return WebhookStep(system, act, URL, webhook, events, subscription)


def asked(raw: Raw) -> list[tuple[str, str, Any]]:
    """Return each request: method, path without its query, and body (None if it has none)."""
    return [
        (
            one.method,
            one.path.removeprefix("/api").partition("?")[0],
            json.loads(one.body) if one.body else None,
        )
        for one in raw.asked
    ]


# -- SimpleNexus --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "request_"),
    [
        (
            step(SN, WebhookAct.CREATE),
            ("POST", "/webhooks", {"url": URL, "name": "brokerdesk"}),
        ),
        (
            step(SN, WebhookAct.SUBSCRIBE, "user_created", webhook=ID),
            ("POST", f"/webhooks/{ID}/subscriptions", {"event": "user_created"}),
        ),
        (
            step(SN, WebhookAct.UNSUBSCRIBE, "user_created", webhook=ID, subscription=SUB),
            ("DELETE", f"/webhooks/{ID}/subscriptions/{SUB}", None),
        ),
        (step(SN, WebhookAct.ENABLE, webhook=ID), ("POST", f"/webhooks/{ID}/actions", {"action": "ENABLE"})),
        (
            step(SN, WebhookAct.DISABLE, webhook=ID),
            ("POST", f"/webhooks/{ID}/actions", {"action": "DISABLE"}),
        ),
    ],
    ids=lambda value: str(value.act) if isinstance(value, WebhookStep) else "",
)
async def test_a_step_of_simplenexus_is_this_request(
    raw: Raw, sn: SimpleNexusWebhooks, asks: WebhookStep, request_: tuple[str, str, Any]
) -> None:
    await sn.carry_out(asks, "s3cret-of-nobody")
    assert asked(raw) == [request_]
    assert b"s3cret-of-nobody" not in raw.asked[0].body


@pytest.mark.parametrize("act", [WebhookAct.DELETE, WebhookAct.SET_SECRET])
async def test_what_only_the_other_product_has_is_never_sent(
    raw: Raw, sn: SimpleNexusWebhooks, act: WebhookAct
) -> None:
    with pytest.raises(AssertionError):
        await sn.carry_out(step(SN, act, webhook=ID))
    assert raw.asked == []


@pytest.mark.parametrize(
    ("act", "answer", "kind"),
    [
        (WebhookAct.CREATE, reply(201, HOOK), Applied),
        (WebhookAct.CREATE, reply(201, {"id": ID}), Lost),
        (WebhookAct.CREATE, reply(201, {**HOOK, "id": SUB}), Lost),
        (WebhookAct.CREATE, reply(409, {"errors": []}), Lost),
        (WebhookAct.CREATE, reply(500), Lost),
        (WebhookAct.CREATE, hang_up, Lost),
        (WebhookAct.CREATE, reply(403), Refused),
        (WebhookAct.CREATE, reply(400), Refused),
        (WebhookAct.CREATE, reply(429), NotSent),
        (WebhookAct.ENABLE, reply(204, b""), Applied),
        (WebhookAct.ENABLE, reply(201, {"_self": "/jobs/1", "_type": "Job", "id": "1"}), Applied),
        (WebhookAct.ENABLE, reply(412), Applied),
        (WebhookAct.ENABLE, reply(404), Refused),
        (WebhookAct.ENABLE, reply(500), Lost),
        (WebhookAct.DISABLE, reply(412), Applied),
        (WebhookAct.UNSUBSCRIBE, reply(204, b""), Applied),
        (WebhookAct.UNSUBSCRIBE, reply(404), Applied),
        (WebhookAct.UNSUBSCRIBE, reply(412), Refused),
    ],
)
async def test_of_a_reply_of_simplenexus_only_what_is_documented_is_believed(
    raw: Raw, sn: SimpleNexusWebhooks, act: WebhookAct, answer: Answer, kind: type
) -> None:
    raw.say.append(answer)
    webhook = "" if act is WebhookAct.CREATE else ID
    outcome = await sn.carry_out(step(SN, act, webhook=webhook, subscription=SUB))
    assert type(outcome) is kind
    assert len(raw.asked) == 1, "nothing is sent twice"
    if isinstance(outcome, Applied):
        assert outcome.remote_id == ID


@pytest.mark.parametrize(("status", "was_so"), [(412, True), (204, False)])
async def test_a_state_that_was_reached_before_is_told_apart(
    raw: Raw, sn: SimpleNexusWebhooks, status: int, was_so: bool
) -> None:
    raw.say.append(reply(status, b"" if status == 204 else b"{}"))
    outcome = await sn.carry_out(step(SN, WebhookAct.ENABLE, webhook=ID))
    assert isinstance(outcome, Applied)
    assert (outcome.outcome is WriteOutcome.EXISTING) is was_so


def listed(*contents: Any, **more: Any) -> bytes:
    return reply(200, {"_self": "/x", "_type": "P", "contents": list(contents), **more})


async def test_each_webhook_of_simplenexus_is_read_with_its_events(raw: Raw, sn: SimpleNexusWebhooks) -> None:
    one, two = {**HOOK, "url": URL, "name": "a"}, {**HOOK, "id": SUB, "url": "https://other.example"}
    raw.say += [
        listed(one, two, {"id": 5}),
        listed({"id": "s-1", "event": "user_created"}, total_pages=2),
        listed({"id": "s-2", "event": "loan_created"}, total_pages=2),
        listed(),
        listed(),
    ]
    seen = await sn.look()
    assert [(hook.id, hook.event_names) for hook in seen.webhooks] == [
        (ID, ("user_created", "loan_created")),
        (SUB, ()),
    ]
    assert [event.id for event in seen.webhooks[0].events] == ["s-1", "s-2"]
    assert seen.at(URL + "/") == seen.webhooks[0]
    assert seen.offered == WANTED[SN]
    assert {path for _, path, _ in asked(raw)} == {
        "/webhooks",
        *(f"/webhooks/{one}/subscriptions" for one in (ID, SUB)),
    }


async def test_a_list_that_can_not_be_read_is_no_empty_list(raw: Raw, sn: SimpleNexusWebhooks) -> None:
    raw.say.append(reply(403))
    with pytest.raises(Unreachable):
        await sn.look()


async def test_a_test_event_is_this_request_and_its_answer_is_the_addresss(
    raw: Raw, sn: SimpleNexusWebhooks
) -> None:
    raw.say.append(reply(200, {"_self": "/x", "_type": "T", "code": 503, "body": "hello"}))
    answer = await sn.test(ID, HARMLESS)
    assert (answer.code, answer.body) == (503, "hello")
    info = {"name": TESTED, "user_type": "USER_BORROWER"}
    assert asked(raw) == [("POST", f"/webhooks/{ID}/test_events", {"event": HARMLESS, "event_info": info})]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(200, {"code": "503", "body": "x"}), Lost),
        (reply(200, {"code": 503}), Lost),
        (reply(400), Refused),
        (hang_up, Lost),
    ],
)
async def test_an_odd_answer_to_a_test_is_no_answer_of_the_address(
    raw: Raw, sn: SimpleNexusWebhooks, answer: Answer, kind: type
) -> None:
    raw.say.append(answer)
    found = await sn.test(ID, HARMLESS)
    assert (type(found.outcome), found.code) == (kind, 0)


@pytest.mark.parametrize("event", [HARMLESS, *WANTED[SN]])
def test_every_event_that_can_be_tested_has_what_a_test_event_says(event: str) -> None:
    assert TESTED in info_of(event).values()


def test_no_other_event_is_tested() -> None:
    with pytest.raises(ValueError, match="milestone_created"):
        info_of("milestone_created")


# -- Total Expert -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "request_"),
    [
        (
            step(TE, WebhookAct.CREATE, "CONTACT DELETED"),
            ("POST", "/webhook-subscriptions", {"url": URL, "secret": "hush", "actions": [ACTION]}),
        ),
        (
            step(TE, WebhookAct.SUBSCRIBE, "CONTACT DELETED", webhook="7"),
            ("PATCH", "/webhook-subscriptions/7", {"actions": [ACTION]}),
        ),
        (
            step(TE, WebhookAct.UNSUBSCRIBE, "CONTACT DELETED", webhook="7"),
            ("PATCH", "/webhook-subscriptions/7", {"remove_actions": [ACTION]}),
        ),
        (
            step(TE, WebhookAct.SET_SECRET, webhook="7"),
            ("PATCH", "/webhook-subscriptions/7", {"secret": "hush"}),
        ),
        (step(TE, WebhookAct.DELETE, webhook="7"), ("DELETE", "/webhook-subscriptions/7", None)),
    ],
    ids=lambda value: str(value.act) if isinstance(value, WebhookStep) else "",
)
async def test_a_step_of_total_expert_is_this_request(
    raw: Raw, te: TotalExpertWebhooks, asks: WebhookStep, request_: tuple[str, str, Any]
) -> None:
    await te.carry_out(asks, "hush")
    assert asked(raw) == [request_]


@pytest.mark.parametrize(
    ("act", "answer", "kind"),
    [
        (WebhookAct.CREATE, reply(201, MADE), Applied),
        (WebhookAct.CREATE, reply(200, MADE), Applied),
        (WebhookAct.CREATE, reply(201, {"id": 7}), Lost),
        (WebhookAct.CREATE, reply(201, {**MADE, "id": 8}), Lost),
        (WebhookAct.CREATE, reply(201, {**MADE, "id": True}), Lost),
        (WebhookAct.CREATE, hang_up, Lost),
        (WebhookAct.CREATE, reply(422), Refused),
        (WebhookAct.SET_SECRET, reply(200, b"[]"), Applied),
        (WebhookAct.SET_SECRET, reply(204, b""), Applied),
        (WebhookAct.SET_SECRET, reply(200, {"id": "8"}), Lost),
        (WebhookAct.SET_SECRET, reply(404), Refused),
        (WebhookAct.DELETE, reply(204, b""), Applied),
        (WebhookAct.DELETE, reply(404), Applied),
        (WebhookAct.DELETE, hang_up, Lost),
    ],
)
async def test_of_a_reply_of_total_expert_only_what_is_documented_is_believed(
    raw: Raw, te: TotalExpertWebhooks, act: WebhookAct, answer: Answer, kind: type
) -> None:
    raw.say.append(answer)
    outcome = await te.carry_out(step(TE, act, webhook="" if act is WebhookAct.CREATE else "7"), "hush")
    assert type(outcome) is kind
    assert len(raw.asked) == 1, "nothing is sent twice"
    if isinstance(outcome, Applied):
        assert outcome.remote_id == "7"


def paged(*items: Any) -> bytes:
    return reply(200, {"items": list(items), "links": {"first": 1, "last": 1, "next": None, "prev": None}})


async def test_subscriptions_are_read_with_their_actions_and_without_their_secret(
    raw: Raw, te: TotalExpertWebhooks
) -> None:
    other = {"action": "ARCHIVED", "item": "CONTACT"}
    raw.say += [
        paged(ACTION, {"action": "CREATED", "item": "CONTACT"}, {"odd": 1}),
        paged(
            {"id": 7, "url": URL, "secret": "hush", "actions": [ACTION, other]},
            {"id": "8", "url": "https://o.example"},
        ),
    ]
    seen = await te.look()
    assert [(hook.id, hook.url, hook.event_names) for hook in seen.webhooks] == [
        ("7", URL, ("CONTACT DELETED", "CONTACT ARCHIVED")),
        ("8", "https://o.example", ()),
    ]
    assert seen.offered == ("CONTACT DELETED",), "what is not offered is not wanted"
    assert "hush" not in repr(seen)


@pytest.mark.parametrize("act", [WebhookAct.ENABLE, WebhookAct.DISABLE, WebhookAct.TEST])
async def test_total_expert_has_neither_a_switch_nor_a_test(
    raw: Raw, te: TotalExpertWebhooks, act: WebhookAct
) -> None:
    with pytest.raises(AssertionError):
        await te.carry_out(step(TE, act, webhook="7"))
    assert raw.asked == []


@pytest.mark.parametrize("system", [SN, TE])
async def test_nothing_leaves_while_a_person_has_stopped_all_sending(raw: Raw, system: System) -> None:
    address = SystemAddress(system, raw.url, "desk", "s3cret", rate=600_000, deadline=100)
    client = HttpClient(address, stopped=lambda: True)
    webhooks = SimpleNexusWebhooks(client, 60.0) if system is SN else TotalExpertWebhooks(client, 60.0)
    outcome = await webhooks.carry_out(step(system, WebhookAct.CREATE, "CONTACT DELETED"), "hush")
    await client.close()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, raw.asked) == ("stopped", [])
