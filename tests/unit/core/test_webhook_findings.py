"""What doctor says of webhooks: each thing that is not fine names whom to ask, and nothing that is missing is fine."""

from __future__ import annotations

import pytest

from core.diagnostics.asks import Administrator
from core.diagnostics.findings import ConnectionProblem, FindingLevel
from core.diagnostics.webhook_findings import WebhooksLooked, judge_webhooks
from core.push.plan import System
from core.webhooks.model import WANTED, RegisteredEvent, Webhook, WebhooksSeen
from core.webhooks.plan import standing_of
from core.webhooks.records import WebhookRecord

SN, TE = System.SIMPLENEXUS, System.TOTAL_EXPERT
URL = "https://hooks.example.com/x"
NOW = 100_000.0
A = Administrator


def looked(
    system: System = SN,
    *events: str,
    on: float = NOW - 600,
    tested: float = NOW - 300,
    there: bool = True,
    known: bool = True,
    last: float | None = NOW - 60,
    has_secret: bool = True,
) -> WebhooksLooked:
    names = events or WANTED[system][:-1]
    hook = Webhook(system, "W-1", URL, events=tuple(RegisteredEvent(name) for name in names))
    seen = WebhooksSeen(system, (hook,) if there else (), names)
    record = WebhookRecord(system, URL, "m.hale", 1.0, "W-1", enabled_at=on, tested_at=tested)
    standing = standing_of(seen, [record] if known else [])
    return WebhooksLooked(system, NOW, standing, last=last, has_secret=has_secret)


def told(seen: WebhooksLooked) -> list[tuple[str, str, Administrator | None]]:
    findings = judge_webhooks(seen)
    assert {finding.about for finding in findings} == {seen.system.value}
    for finding in findings:
        assert (finding.ask is None) is (finding.level is FindingLevel.OK)
        assert bool(finding.fix) is (finding.level is not FindingLevel.OK)
    return [
        (finding.code, finding.level.value, finding.ask.to if finding.ask else None) for finding in findings
    ]


@pytest.mark.parametrize("system", [SN, TE])
def test_a_webhook_that_works_and_was_heard_is_fine(system: System) -> None:
    assert told(looked(system)) == [("webhook", "ok", None), ("webhook-heard", "ok", None)]


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        (looked(known=False), ("webhook-missing", "warn", A.NETWORK)),
        (looked(TE, known=False), ("webhook-missing", "warn", A.NETWORK)),
        (looked(there=False), ("webhook-gone", "warn", A.SIMPLENEXUS)),
        (looked(TE, there=False), ("webhook-gone", "warn", A.TOTAL_EXPERT)),
        (looked(on=0.0), ("webhook-off", "warn", A.SIMPLENEXUS)),
        (looked(tested=0.0), ("webhook-untested", "warn", A.NETWORK)),
        (looked(TE, on=0.0), ("webhook-secret", "bad", A.DESK)),
        (looked(TE, has_secret=False), ("webhook-secret", "bad", A.DESK)),
    ],
)
def test_what_is_not_fine_is_named_with_whom_to_ask(
    seen: WebhooksLooked, first: tuple[str, str, Administrator]
) -> None:
    assert told(seen)[0] == first


def test_a_webhook_that_was_never_heard_is_open() -> None:
    assert told(looked(last=None))[-1] == ("webhook-silent", "open", A.NETWORK)


def test_events_that_are_missing_are_named() -> None:
    seen = looked(SN, "user_created")
    standing = seen.standing
    assert standing is not None
    missing = standing_of(
        WebhooksSeen(SN, tuple(hook for hook, _ in standing.ours), ("user_created", "user_deleted")),
        [record for _, record in standing.ours],
    )
    findings = judge_webhooks(WebhooksLooked(SN, NOW, missing, last=NOW))
    (finding,) = [finding for finding in findings if finding.code == "webhook-events"]
    assert "user_deleted" in finding.what
    assert "user_created" not in finding.what


@pytest.mark.parametrize("code", ["unreachable", "server-error", "not-checked"])
def test_webhooks_that_could_not_be_read_are_no_fault_of_an_administrator(code: str) -> None:
    trouble = ConnectionProblem(code, "It did not answer within 20 s.", "")
    (finding,) = judge_webhooks(WebhooksLooked(SN, NOW, trouble=trouble))
    assert (finding.code, finding.level, finding.ask) == ("not-checked", FindingLevel.OPEN, None)
    assert "It did not answer within 20 s." in finding.what


@pytest.mark.parametrize(
    ("system", "to", "line"),
    [
        (SN, A.SIMPLENEXUS, "POST /webhooks/{webhook_id}/test_events"),
        (TE, A.TOTAL_EXPERT, "PATCH /webhook-subscriptions/{subscription_id}"),
    ],
)
def test_webhooks_that_are_refused_are_asked_for_by_their_endpoints(
    system: System, to: Administrator, line: str
) -> None:
    trouble = ConnectionProblem("forbidden", "It answered 403.", "")
    (finding,) = judge_webhooks(WebhooksLooked(system, NOW, trouble=trouble))
    assert (finding.code, finding.level) == ("webhooks-unlisted", FindingLevel.WARN)
    assert finding.ask is not None
    assert finding.ask.to is to
    assert line in finding.ask.message
