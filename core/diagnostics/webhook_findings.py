"""What `brokerdesk doctor` says of brokerdesk's webhooks, and whom it asks. Pure: it judges what was seen.

A webhook that is missing or silent costs time and no milestone: the desk also asks SimpleNexus every five minutes.
"""

from __future__ import annotations

from msgspec import Struct

from core.diagnostics.asks import ASKED_ABOUT, Administrator, AdminRequest, bullets
from core.diagnostics.endpoints import ENDPOINTS, endpoint_lines
from core.diagnostics.findings import (
    ConnectionProblem,
    Finding,
    FindingLevel,
    asking,
    make_finding,
)
from core.diagnostics.tenant_findings import FORBIDDEN, judge_unchecked
from core.push.plan import System
from core.systems import display_name
from core.texts import say_span
from core.webhooks.model import PLACES, Webhook
from core.webhooks.plan import WebhookStanding
from core.webhooks.records import WebhookRecord

_OK, _WARN, _BAD, _OPEN = FindingLevel.OK, FindingLevel.WARN, FindingLevel.BAD, FindingLevel.OPEN


class WebhooksLooked(Struct, frozen=True):
    """What was seen of one system's webhooks.

    `standing` is None if they can't be listed; `trouble` then says why. `last` is when the listener last took a
    delivery of the system, None if it never did, and `now` is when this was looked at: seconds since 1970.
    `has_secret` is False if brokerdesk can't recognise Total Expert's notifications.
    """

    system: System
    now: float
    standing: WebhookStanding | None = None
    trouble: ConnectionProblem | None = None
    last: float | None = None
    has_secret: bool = True


def judge_webhooks(seen: WebhooksLooked) -> list[Finding]:
    """Return the findings about one system's webhooks."""
    standing = seen.standing
    if standing is None:
        return [_unlisted(seen)]
    found = [_gone(record) for record in standing.asked if record.webhook_id]
    if not standing.active:
        return [*found, _missing(seen.system)]
    for webhook, record in standing.active:
        found += _judge_one(webhook, record, seen)
    if standing.missing:
        what = f"{_name(seen)}'s webhook lacks the events {', '.join(standing.missing)}."
        found.append(
            asking(make_finding(_WARN, seen.system.value, "webhook-events", what), _about_desk(what))
        )
    return [*found, _heard(seen)]


def _name(seen: WebhooksLooked) -> str:
    return display_name(seen.system)


def _about_desk(what: str) -> AdminRequest:
    return AdminRequest(Administrator.DESK, "brokerdesk's webhooks", what)


def _unlisted(seen: WebhooksLooked) -> Finding:
    """Return the finding about webhooks that can't be listed. Only a refusal is for an administrator."""
    trouble = seen.trouble
    if trouble is not None and trouble.code != FORBIDDEN:
        return judge_unchecked(seen.system.value, "brokerdesk's webhooks", trouble.message)
    what = f"{_name(seen)} does not list its webhooks to this client."
    lines = endpoint_lines(*(one for one in ENDPOINTS[seen.system] if one.path.startswith("/webhook")))
    message = (
        "Our API client may not use the webhooks. With them we hear at once what we otherwise have to ask for every "
        f"five minutes. Please allow it these operations:\n{bullets(lines)}"
    )
    return asking(
        make_finding(_WARN, seen.system.value, "webhooks-unlisted", what),
        AdminRequest(ASKED_ABOUT[seen.system], "Webhooks", message),
    )


def _gone(record: WebhookRecord) -> Finding:
    name = display_name(record.system)
    what = f"{name} no longer lists the webhook {record.webhook_id}, which brokerdesk made."
    message = (
        f"Our webhook {record.webhook_id} to {record.url} is not listed any more. Did somebody remove it, and why? "
        "We would register it again."
    )
    return asking(
        make_finding(_WARN, record.system.value, "webhook-gone", what),
        AdminRequest(ASKED_ABOUT[record.system], "A webhook that is gone", message),
    )


def _missing(system: System) -> Finding:
    what = f"No webhook of brokerdesk is registered in {display_name(system)}."
    message = (
        f"{display_name(system)} can send our desk webhooks as soon as something happens. For that it needs an https "
        "address with a valid certificate that can be reached from the internet. Please set up a server that passes "
        f"POST requests at {PLACES[system]} on to brokerdesk listen, and tell us its address."
    )
    return asking(
        make_finding(_WARN, system.value, "webhook-missing", what),
        AdminRequest(Administrator.NETWORK, "An address for webhooks", message),
    )


def _judge_one(webhook: Webhook, record: WebhookRecord, seen: WebhooksLooked) -> list[Finding]:
    """Return whether one webhook is on and whether deliveries arrive."""
    system, name = webhook.system, display_name(webhook.system)
    if system is System.TOTAL_EXPERT:
        if seen.has_secret and record.enabled_at:
            return [make_finding(_OK, system.value, "webhook", f"{name} has a webhook to {webhook.url}.")]
        what = f"{name} has a webhook to {webhook.url}, and brokerdesk does not know its secret."
        return [asking(make_finding(_BAD, system.value, "webhook-secret", what), _about_desk(what))]
    if not record.enabled_at:
        what = f"Nothing shows that {name}'s webhook to {webhook.url} is on."
        message = (
            f"We registered the webhook {webhook.id} to {webhook.url}. The API does not say whether it is on. Is it? "
            "If not, what did the check of its address show?"
        )
        request = AdminRequest(ASKED_ABOUT[system], "Is our webhook on?", message)
        return [asking(make_finding(_WARN, system.value, "webhook-off", what), request)]
    if not record.tested_at:
        what = f"{name}'s webhook to {webhook.url} is on, and no test event has arrived."
        return [asking(make_finding(_WARN, system.value, "webhook-untested", what), _about_network(webhook))]
    ago = say_span(max(0.0, seen.now - record.tested_at))
    what = f"{name}'s webhook to {webhook.url} is on; a test event arrived {ago} ago."
    return [make_finding(_OK, system.value, "webhook", what)]


def _about_network(webhook: Webhook) -> AdminRequest:
    message = (
        f"{display_name(webhook.system)} posts to {webhook.url}, and nothing arrives at our desk. Does the server with "
        "that address pass POST requests at this path on to brokerdesk listen, with their body and headers unchanged?"
    )
    return AdminRequest(Administrator.NETWORK, "Webhooks that do not arrive", message)


def _heard(seen: WebhooksLooked) -> Finding:
    """Return when the last delivery was taken. That none was taken may only mean that nothing has happened."""
    name = _name(seen)
    if seen.last is not None:
        ago = say_span(max(0.0, seen.now - seen.last))
        return make_finding(
            _OK, seen.system.value, "webhook-heard", f"{name}'s last delivery was taken {ago} ago."
        )
    what = f"No delivery of {name} has been taken yet."
    standing = seen.standing
    if standing is None or not standing.active:
        raise AssertionError("a system without a webhook of ours is judged before")
    return asking(
        make_finding(_OPEN, seen.system.value, "webhook-silent", what), _about_network(standing.active[0][0])
    )
