"""What a webhook says becomes typed events without a word of the client; what is none is refused without quoting it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from core.milestones.events import (
    ApplicationReading,
    BadWebhook,
    EventKind,
    MilestoneEvent,
    from_reading,
    from_webhook,
)

AT = "2026-11-20T09:00:00-06:00"
SECONDS = 1795186800.0
APPLICATION = {"loan_application": "/loan_applications/3f0c-1"}
USER = {"user": "/users/borrowers/7a1e-2"}


def one(kind: str, links: Any = None, info: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "_id": "e-1",
        "_timestamp": AT,
        "_links": APPLICATION if links is None else links,
        "event": kind,
        "event_info": info or {"borrower_name": "Jane Client"},
    } | more


def body(*events: Any) -> bytes:
    return json.dumps({"_id": "d-1", "_timestamp": AT, "events": events}).encode()


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("loan_app_started", EventKind.BEGUN),
        ("loan_app_updated", EventKind.CHANGED),
        ("loan_app_imported", EventKind.IMPORTED),
        ("loan_app_submitted", EventKind.SUBMITTED),
        ("loan_app_abandoned", EventKind.PROMPTED),
    ],
)
def test_an_applications_event_has_its_id_and_its_moment(kind: str, what: EventKind) -> None:
    assert from_webhook(body(one(kind)), 5.0).events == (MilestoneEvent("e-1", what, "3f0c-1", SECONDS, 5.0),)


@pytest.mark.parametrize(
    ("kind", "user_type", "what"),
    [
        ("user_created", "USER_BORROWER", EventKind.ACCOUNT),
        ("user_first_login", "USER_BORROWER", EventKind.SIGNED_IN),
        ("user_created", "PARTNER", EventKind.PARTNER),
        ("user_created", "LOAN_OFFICER", None),
        ("user_updated", "USER_BORROWER", None),
        ("document_uploaded", "", None),
    ],
)
def test_of_users_borrowers_and_partners_count(kind: str, user_type: str, what: EventKind | None) -> None:
    found = from_webhook(body(one(kind, USER, {"name": "Jane Client", "user_type": user_type})), 5.0).events
    assert [(event.what, event.subject, event.person) for event in found] == (
        [(what, "7a1e-2", "7a1e-2")] if what else []
    )


def test_several_events_come_in_one_delivery_and_nothing_of_the_client_is_kept() -> None:
    found = from_webhook(
        body(one("loan_app_started"), one("milestone_created", {}), one("loan_app_updated")), 5
    ).events
    assert [event.what for event in found] == [EventKind.BEGUN, EventKind.CHANGED]
    assert b"Jane" not in msgspec.json.encode(found)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[",
        b"\xff\xfe",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'{"events": ' + b"[" * 100_000,
        b'{"x": ' + b'{"x":' * 100_000,
        body(),
        body(one("loan_app_started", {})),
        body(one("loan_app_started", {"loan_application": "/"})),
        body(one("loan_app_started", {"loan_application": "/loan_applications/Jane Client"})),
        body(one("loan_app_started", {"loan_application": "/loan_applications/" + "x" * 65})),
        body(one("loan_app_started", _timestamp="Jane Client")),
        body(one("loan_app_started", _timestamp="2026-11-20T09:00:00")),
        body(one("loan_app_started", _timestamp="1960-11-20T09:00:00Z")),
        body(one("loan_app_started", _id=7)),
        body("Jane Client"),
    ],
    ids=lambda bad: f"{bad[:12]!r}",
)
def test_what_is_no_webhook_is_refused_without_quoting_it(bad: bytes) -> None:
    with pytest.raises(BadWebhook) as refused:
        from_webhook(bad, 5.0)
    assert "Jane" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (one("loan_app_started", {"loan_application": "/loan_applications/Jane Client"}), "ends in no id"),
        (one("loan_app_started", _timestamp="1960-11-20T09:00:00Z"), "before 1970"),
        (one("loan_app_started", _timestamp="Jane Client"), "_timestamp: it isn't a time"),
        (one("loan_app_started", _timestamp="2026-11-20T09:00:00"), "_timestamp: it has no time zone"),
        (one("loan_app_started", _timestamp=1_795_186_800_000), "_timestamp: it is missing or no text"),
        (one("loan_app_started", _timestamp=""), "_timestamp: it isn't a time"),
        (one("loan_app_started", _timestamp="2026-11-20"), "_timestamp: it isn't a time"),
        (one("loan_app_started", _timestamp=None), "_timestamp: it is missing or no text"),
        (one("loan_app_started", _id=7), "_id: it is missing or no text"),
        (one("loan_app_started", _links=None), "_links: it is missing or no JSON object"),
        (
            one("loan_app_started", {"loan_application": None}),
            "_links.loan_application: it is missing or no text",
        ),
        (one("user_created", USER, {"user_type": 5}), "event_info.user_type: it is missing or no text"),
        (one("loan_app_started", event=None), "event: it is missing or no text"),
        (
            one("loan_app_started", {"loan_application": "/Jane\ud800"}),
            "_links.loan_application: it ends in no id",
        ),
        ("Jane Client", "the event: it isn't a JSON object"),
        (["Jane Client"] * 3, "the event: it isn't a JSON object"),
    ],
)
def test_an_odd_event_costs_no_other_event_of_its_delivery(odd: Any, why: str) -> None:
    delivery = from_webhook(body(one("loan_app_started"), odd, one("loan_app_updated")), 5.0)
    assert [event.what for event in delivery.events] == [EventKind.BEGUN, EventKind.CHANGED]
    (said,) = delivery.set_aside
    assert said.startswith("event 2: ")
    assert why in said
    assert "Jane" not in said


@pytest.mark.parametrize(
    "part",
    [
        {"event_info": None},
        {"event_info": "Jane Client"},
        {"_links": APPLICATION | {"user": None, "loan": 7}},
        {"event_info": {"borrower_name": "Jane \ud83d"}},
        {"\udc00": ["\ud800"]},
        {"_timestamp": " 2026-11-20t15:00:00z "},
        {"_timestamp": "2026-11-20 15:00:00.000+00:00"},
    ],
)
def test_an_odd_part_that_no_milestone_needs_costs_nothing(part: dict[str, Any]) -> None:
    delivery = from_webhook(body(one("loan_app_started") | part), 5.0)
    assert delivery.events == (MilestoneEvent("e-1", EventKind.BEGUN, "3f0c-1", SECONDS, 5.0),)
    assert delivery.set_aside == ()


@pytest.mark.parametrize(
    "odd",
    [
        {"event": "brand_new_event"},
        {"_id": 7, "event": "brand_new_event", "_links": {"loan_application": None}},
        one("brand_new_event", None, None, _timestamp=12),
    ],
)
def test_an_event_of_an_unknown_kind_is_counted_and_is_not_odd(odd: dict[str, Any]) -> None:
    delivery = from_webhook(body(odd, one("loan_app_started")), 5.0)
    assert [event.what for event in delivery.events] == [EventKind.BEGUN]
    assert (delivery.set_aside, delivery.unknown) == ((), ("brand_new_event",))
    assert from_webhook(body(odd), 5.0).events == (), "nothing is wrong with the delivery"


def test_a_kind_that_is_no_word_is_not_repeated() -> None:
    assert from_webhook(body(one("Jane Client"), one("x" * 500)), 5.0).unknown == ("", "")


def test_a_byte_that_is_not_utf8_costs_its_own_event_alone() -> None:
    sent = body(one("loan_app_started"), one("loan_app_updated", _id="Jane"))
    broken = sent.replace(b"/loan_applications/3f0c-1", b"/loan_applications/\xff", 1).replace(
        b"Jane", b"\xc3"
    )
    assert [event.id for event in from_webhook(broken, 5.0).events] == ["\ufffd"]


def test_a_delivery_may_have_as_many_events_as_fit_into_a_body() -> None:
    assert len(from_webhook(body(*[one("loan_app_started")] * 3000), 5.0).events) == 3000


def test_a_reading_says_what_happened_as_far_as_it_can_tell() -> None:
    quiet = ApplicationReading("A1", 90.0, 95.0, made=10.0, changed=10.0, person="B1")
    assert [(event.what, event.at, event.received, event.person) for event in from_reading(quiet)] == [
        (EventKind.LOOKED, 90.0, 95.0, "B1"),
        (EventKind.MADE, 10.0, 95.0, "B1"),
    ]
    done = msgspec.structs.replace(quiet, changed=20.0, submitted=True, active=False)
    assert [(event.what, event.at) for event in from_reading(done)] == [
        (EventKind.LOOKED, 90.0),
        (EventKind.MADE, 10.0),
        (EventKind.CHANGED, 20.0),
        (EventKind.SUBMITTED, 20.0),
        (EventKind.CLOSED, 90.0),
    ]
    undated = ApplicationReading("A1", 90.0, 95.0)
    assert [event.what for event in from_reading(undated)] == [EventKind.LOOKED]
    gone = ApplicationReading("A1", 90.0, 95.0, gone=True)
    assert [event.what for event in from_reading(gone)] == [EventKind.LOOKED, EventKind.CLOSED]


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (b"null", "the whole is missing or of another kind"),
        (body(), "events is missing or of another kind"),
        (body(one("loan_app_started", _id="")), "event 1: _id: it has to have 1 to 64 characters"),
        (body(one("loan_app_started", _id="e" * 65)), "event 1: _id: it has to have 1 to 64 characters"),
        (b'{"events": [{"event": \xff}]}', "is not JSON"),
        (
            body(one("loan_app_started", _timestamp="1970-01-01T00:00:00Z")),
            "event 1: _timestamp: it is from before 1970",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_and_where(bad: bytes, what: str) -> None:
    with pytest.raises(BadWebhook) as refused:
        from_webhook(bad, 5.0)
    assert refused.value.code == "bad-webhook"
    assert refused.value.message.startswith("The webhook can't be read: ")
    assert refused.value.message.endswith(f"{what}.")


def test_an_event_may_have_a_short_or_a_long_id_and_no_links() -> None:
    events = [one("loan_app_started", _id=id_) for id_ in ("e", "e" * 64)]
    bare = {"_id": "e-3", "_timestamp": AT, "event": "document_created"}
    assert [event.id for event in from_webhook(body(*events, bare), 5.0).events] == ["e", "e" * 64]
