"""What is done about webhooks: from what the systems list and what the book keeps to plans and standings. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from core.errors import UsageError
from core.push.plan import System
from core.systems import display_name
from core.webhooks.model import (
    HARMLESS,
    PLACES,
    Webhook,
    WebhookAct,
    WebhookPlan,
    WebhooksSeen,
    WebhookStep,
    WebhookTestReport,
    WebhookTestResult,
    same_url,
)
from core.webhooks.records import WebhookRecord

LONGEST_URL: Final = 500
"""The longest address that the desk registers. The number is ours."""
STAYS_OFF: Final = "SimpleNexus has no way to remove a webhook: it stays in its list, off and without events."


class WebhookStanding(Struct, frozen=True):
    """What there is of the webhooks of one system.

    `ours` are those at an address that the book has, with their records. `others` are those of somebody else. `asked`
    are records of webhooks that the system does not list. `offered` are the events that the desk wants and the system
    offers.
    """

    system: System
    ours: tuple[tuple[Webhook, WebhookRecord], ...] = ()
    others: tuple[Webhook, ...] = ()
    asked: tuple[WebhookRecord, ...] = ()
    offered: tuple[str, ...] = ()

    @property
    def active(self) -> tuple[tuple[Webhook, WebhookRecord], ...]:
        """Those of ours that report something or are on. SimpleNexus can't remove one that the desk gave up."""
        return tuple(
            (webhook, record)
            for webhook, record in self.ours
            if webhook.events or record.enabled_at or record.adopted
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """The events that no webhook of ours is subscribed to."""
        there = {name for webhook, _ in self.ours for name in webhook.event_names}
        return tuple(event for event in self.offered if event not in there)


def standing_of(seen: WebhooksSeen, records: Iterable[WebhookRecord]) -> WebhookStanding:
    """Return what there is of the webhooks of a system, with what the book keeps of them."""
    known = [record for record in records if record.system is seen.system]
    ours: list[tuple[Webhook, WebhookRecord]] = []
    asked: list[WebhookRecord] = []
    for record in known:
        webhook = seen.at(record.url)
        if webhook is None:
            asked.append(record)
        else:
            ours.append((webhook, record))
    ids = {webhook.id for webhook, _ in ours}
    others = tuple(webhook for webhook in seen.webhooks if webhook.id not in ids)
    return WebhookStanding(seen.system, tuple(ours), others, tuple(asked), seen.offered)


def check_base(url: str, *, live: bool) -> str:
    """Return the address of the desk without a slash at its end. Raises `UsageError` (bad-webhook-url).

    It has to be https. Only a profile that is not live may name a plain address of this machine.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    plain = parts.scheme == "http" and not live and _is_loopback(host or "")
    wrong = ""
    if not host or any(char.isspace() or not char.isprintable() for char in url.strip()):
        wrong = "it isn't an address"
    elif parts.scheme != "https" and not plain:
        wrong = "it has to begin with https://"
    elif parts.username is not None or parts.password is not None:
        wrong = "it must not hold a user or a password"
    elif parts.query or parts.fragment or "?" in url or "#" in url:
        wrong = "it must end before ? and #"
    elif len(url) > LONGEST_URL:
        wrong = f"it is longer than {LONGEST_URL} characters"
    if wrong:
        raise UsageError("bad-webhook-url", f"Webhooks can't be sent to “{url[:200]}”: {wrong}.")
    return url.strip().rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def plan_registration(base: str, standings: Sequence[WebhookStanding]) -> WebhookPlan:
    """Return what is missing at each system, so that the desk gets its events at `base`; nothing that is there."""
    steps: list[WebhookStep] = []
    for standing in standings:
        steps += _registration(standing, base + PLACES[standing.system])
    return WebhookPlan(tuple(steps))


def _registration(standing: WebhookStanding, url: str) -> list[WebhookStep]:
    system = standing.system
    webhook, record = _at(standing, url)
    missing = tuple(
        event for event in standing.offered if webhook is None or event not in webhook.event_names
    )
    id_ = webhook.id if webhook is not None else ""

    def step(act: WebhookAct, events: tuple[str, ...] = ()) -> WebhookStep:
        return WebhookStep(system, act, url, id_, events)

    if system is System.TOTAL_EXPERT:
        if webhook is None:
            return [step(WebhookAct.CREATE, missing)]
        return [
            *([step(WebhookAct.SET_SECRET)] if record is None or not record.enabled_at else []),
            *([step(WebhookAct.SUBSCRIBE, missing)] if missing else []),
        ]
    steps = [step(WebhookAct.CREATE)] if webhook is None else []
    steps += [step(WebhookAct.SUBSCRIBE, (event,)) for event in missing]
    if steps or record is None or not record.enabled_at:
        steps.append(step(WebhookAct.ENABLE))
    if steps or record is None or not record.tested_at:
        steps.append(step(WebhookAct.TEST, (HARMLESS,)))
    return steps


def _at(standing: WebhookStanding, url: str) -> tuple[Webhook | None, WebhookRecord | None]:
    for webhook, record in standing.ours:
        if same_url(webhook.url, url):
            return webhook, record
    return next((webhook for webhook in standing.others if same_url(webhook.url, url)), None), None


def plan_tests(standings: Iterable[WebhookStanding], system: System, event: str) -> WebhookPlan:
    """Return a test with an event of a kind for each webhook of this desk at a system that sends test events."""
    return WebhookPlan(
        tuple(
            WebhookStep(webhook.system, WebhookAct.TEST, record.url, webhook.id, (event,))
            for standing in standings
            if standing.system is system
            for webhook, record in standing.active
        )
    )


def plan_new_secret(standings: Iterable[WebhookStanding]) -> WebhookPlan:
    """Return how the webhooks of this desk get a new secret, where a system lets the desk set one."""
    return WebhookPlan(
        tuple(
            WebhookStep(webhook.system, WebhookAct.SET_SECRET, record.url, webhook.id)
            for standing in standings
            if standing.system is System.TOTAL_EXPERT
            for webhook, record in standing.ours
        )
    )


def plan_removal(standings: Sequence[WebhookStanding]) -> WebhookPlan:
    """Return how everything is taken back that this desk made, and what stays."""
    steps: list[WebhookStep] = []
    left: list[str] = []
    for standing in standings:
        for webhook, record in standing.ours:
            steps += _removal(webhook, record)
            left += _what_stays(webhook, record)
        left += [
            f"{display_name(webhook.system)}: the webhook {webhook.id} is not brokerdesk's."
            for webhook in standing.others
        ]
    return WebhookPlan(tuple(steps), tuple(left))


def _removal(webhook: Webhook, record: WebhookRecord) -> list[WebhookStep]:
    system, url = webhook.system, record.url
    ours = tuple(event for event in webhook.events if event.name in record.events)
    if system is System.TOTAL_EXPERT:
        if not record.adopted:
            return [WebhookStep(system, WebhookAct.DELETE, url, webhook.id)]
        names = tuple(event.name for event in ours)
        return [WebhookStep(system, WebhookAct.UNSUBSCRIBE, url, webhook.id, names)] if names else []
    steps = [
        WebhookStep(system, WebhookAct.UNSUBSCRIBE, url, webhook.id, (event.name,), event.id)
        for event in ours
    ]
    others = len(webhook.events) - len(ours)
    if not record.adopted and not others and (record.enabled_at or steps):
        steps.append(WebhookStep(system, WebhookAct.DISABLE, url, webhook.id))
    return steps


def _what_stays(webhook: Webhook, record: WebhookRecord) -> list[str]:
    if record.adopted:
        return [
            f"{display_name(webhook.system)}: the webhook {webhook.id} was there before brokerdesk; it stays."
        ]
    return [STAYS_OFF] if webhook.system is System.SIMPLENEXUS else []


def words_of(step: WebhookStep) -> str:
    """Return what a step does, as a sentence without its end."""
    name, events = display_name(step.system), ", ".join(step.events)
    match step.act:
        case WebhookAct.CREATE:
            return f"{name}: create a webhook to {step.url}" + (f" for {events}" if events else "")
        case WebhookAct.SUBSCRIBE:
            return f"{name}: subscribe it to {events}"
        case WebhookAct.SET_SECRET:
            return f"{name}: set the secret of the webhook {step.webhook} to a new one of brokerdesk"
        case WebhookAct.ENABLE:
            return f"{name}: switch it on; SimpleNexus asks the address first"
        case WebhookAct.TEST:
            return f"{name}: have a test event sent ({events}); it never becomes a milestone"
        case WebhookAct.UNSUBSCRIBE:
            return f"{name}: unsubscribe the webhook {step.webhook} from {events}"
        case WebhookAct.DISABLE:
            return f"{name}: switch the webhook {step.webhook} off"
        case WebhookAct.DELETE:
            return f"{name}: delete the webhook {step.webhook}"


def is_reached(step: WebhookStep, seen: WebhooksSeen) -> bool:
    """Return True if a list shows that a step arrived. No list shows whether a webhook is on, or its secret."""
    webhook = seen.at(step.url)
    match step.act:
        case WebhookAct.CREATE:
            return webhook is not None
        case WebhookAct.SUBSCRIBE:
            return webhook is not None and set(step.events) <= set(webhook.event_names)
        case WebhookAct.UNSUBSCRIBE:
            return webhook is None or not set(step.events) & set(webhook.event_names)
        case WebhookAct.DELETE:
            return webhook is None
        case WebhookAct.SET_SECRET | WebhookAct.ENABLE | WebhookAct.TEST | WebhookAct.DISABLE:
            return False


def judge_test(code: int, body: str, token: str) -> tuple[WebhookTestReport, tuple[str, ...]]:
    """Return what a test showed, and the ids of the events that the listener got.

    `code` and `body` are what the address answered, `token` what the listener of this profile puts into its answer. The
    listener answers 503 to a test event, so that SimpleNexus delivers a real event of the same kind again. The answer
    comes only after the signature was checked.
    """
    said = f"it answered {code}"
    if token in body:
        return WebhookTestReport(WebhookTestResult.WORKS, f"{said}, as to every test"), _ids_in(body)
    if code == _NO_ENTRY:
        return WebhookTestReport(WebhookTestResult.WRONG_SECRET, said), ()
    if _OK <= code < _REDIRECT:
        return WebhookTestReport(WebhookTestResult.NOT_OURS, said), ()
    return WebhookTestReport(WebhookTestResult.UNANSWERED, said), ()


_OK: Final = 200
_REDIRECT: Final = 300
_NO_ENTRY: Final = 401


def _ids_in(body: str) -> tuple[str, ...]:
    try:
        ids = json.loads(body)["ids"]
    except (ValueError, KeyError, TypeError):
        return ()
    return tuple(id_ for id_ in ids if isinstance(id_, str) and id_) if isinstance(ids, list) else ()


TEST_WORDS: Final[Mapping[WebhookTestResult, str]] = {
    WebhookTestResult.WORKS: "the test event arrived here, and its signature is right",
    WebhookTestResult.WRONG_SECRET: "the test event arrived, and it is signed with another secret than this profile's",
    WebhookTestResult.NOT_OURS: "something at the address took the test event, and it is not this profile's listener",
    WebhookTestResult.UNANSWERED: (
        "the test event did not arrive: brokerdesk listen, or the server before it, does not answer"
    ),
    WebhookTestResult.REFUSED: "SimpleNexus sent no test event",
    WebhookTestResult.UNSURE: "no clear answer came, so a test event may be on its way",
}
"""What each result means."""


def after_step(record: WebhookRecord, step: WebhookStep, webhook: str, now: float) -> WebhookRecord:
    """Return the record of an address after a step arrived at the webhook with this id. `now` is since 1970."""
    record = replace(record, webhook_id=webhook)
    match step.act:
        case WebhookAct.CREATE | WebhookAct.SUBSCRIBE:
            record = replace(record, events=_united(record.events, step.events))
            with_secret = step.system is System.TOTAL_EXPERT and step.act is WebhookAct.CREATE
            return replace(record, enabled_at=now) if with_secret else record
        case WebhookAct.UNSUBSCRIBE:
            return replace(record, events=tuple(name for name in record.events if name not in step.events))
        case WebhookAct.DISABLE:
            return replace(record, enabled_at=0.0, tested_at=0.0)
        case WebhookAct.ENABLE | WebhookAct.SET_SECRET:
            return replace(record, enabled_at=now)
        case WebhookAct.TEST:
            return replace(record, tested_at=now)
        case WebhookAct.DELETE:
            return record


def _united(some: Collection[str], more: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))
