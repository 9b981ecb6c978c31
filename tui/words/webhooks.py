"""The words for webhooks, in the app and on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from core.local_forms import DeskTime
from core.push.plan import System
from core.systems import display_name
from core.webhooks.model import Webhook, WebhookAct, WebhookPlan, WebhookStep, WebhookTestResult
from core.webhooks.plan import TEST_WORDS, WebhookStanding, words_of
from core.webhooks.records import WebhookRecord
from core.webhooks.use_cases import WebhookReport

NOTHING: Final = "There is nothing to register: everything is as it should be."
NO_TEST: Final = "There is no webhook to test; n registers one."
NOTHING_TO_REKEY: Final = (
    "Total Expert has no webhook of brokerdesk that a new secret would be for; n registers one."
)
NO_REMOVAL: Final = "There is no webhook of brokerdesk to remove."
WHERE_FROM: Final = (
    "SimpleNexus does not document where its signing secret comes from. Ask nCino for it, and store it with "
    "brokerdesk init --secret-of listen."
)
GIVEN_UP: Final = "brokerdesk's, without events and not switched on; SimpleNexus has no way to remove it"
NOT_TOLD: Final = "No API of SimpleNexus says whether a webhook is on."


BY_COMMAND: Final = (
    "brokerdesk webhooks register --url https://… makes one",
    "brokerdesk webhooks register adds them",
)
BY_KEY: Final = ("n registers one", "n adds them")


def standing_lines(
    standing: WebhookStanding, local: DeskTime, how: tuple[str, str] = BY_COMMAND
) -> list[str]:
    """Return how the webhooks of one system stand. `local` turns seconds since 1970 into local time.

    `how` says what makes a webhook, and what adds events that are missing.
    """
    makes_one, adds = how
    lines = [display_name(standing.system)]
    lines += [
        f"  {GIVEN_UP}: {webhook.url}"
        for webhook, record in standing.ours
        if (webhook, record) not in standing.active
    ]
    for webhook, record in standing.active:
        lines += [
            f"  {_whose(record)}: {webhook.url}",
            f"    events: {_events(webhook)}",
            *_times(webhook, record, local),
        ]
    lines += [f"  asked for, and not in the list: {record.url}" for record in standing.asked]
    lines += [f"  somebody else's: {webhook.url} ({_events(webhook)})" for webhook in standing.others]
    if not standing.active:
        lines.append(f"  no webhook of brokerdesk; {makes_one}")
    elif standing.missing:
        lines.append(f"  missing: {', '.join(standing.missing)}; {adds}")
    return lines


def _whose(record: WebhookRecord) -> str:
    return "at brokerdesk's address, made by somebody else" if record.adopted else "brokerdesk's"


def _events(webhook: Webhook) -> str:
    return ", ".join(webhook.event_names) or "none"


def _times(webhook: Webhook, record: WebhookRecord, local: DeskTime) -> list[str]:
    if webhook.system is System.TOTAL_EXPERT:
        return (
            [f"    has brokerdesk's secret since {local.moment(record.enabled_at)}"]
            if record.enabled_at
            else []
        )
    on = f"on, as SimpleNexus said at {local.moment(record.enabled_at)}" if record.enabled_at else NOT_TOLD
    tested = (
        f"a test arrived at {local.moment(record.tested_at)}" if record.tested_at else "no test has arrived"
    )
    return [f"    {on}", f"    {tested}"]


def plan_lines(plan: WebhookPlan) -> list[str]:
    """Return a plan as lines for a person."""
    return [f"Plan {plan.digest}:", *(f"  {words}." for words in step_words(plan.steps)), *plan.left]


def step_words(steps: Sequence[WebhookStep]) -> list[str]:
    """Return what steps do. Events that one webhook is subscribed to, or unsubscribed from, are listed together."""
    told: list[WebhookStep] = []
    for step in steps:
        last = told[-1] if told else None
        of_events = step.act in (WebhookAct.SUBSCRIBE, WebhookAct.UNSUBSCRIBE)
        if last is not None and of_events and (last.act, last.url) == (step.act, step.url):
            told[-1] = replace(last, events=(*last.events, *step.events))
        else:
            told.append(step)
    return [words_of(step) for step in told]


def report_lines(report: WebhookReport, left: Sequence[str] = ()) -> list[str]:
    """Return what was done as lines for a person. `left` says what stays, if no question has said it."""
    done = [step for step in report.done if step.act is not WebhookAct.TEST]
    lines = [f"  ✓ {words}." for words in step_words(done)]
    for system, test in report.tests.items():
        sign = "✓" if test.result is WebhookTestResult.WORKS else "✗"
        said = f" ({test.said})" if test.said else ""
        lines.append(f"  {sign} {display_name(system)}: {TEST_WORDS[test.result]}{said}.")
    if any(test.result is WebhookTestResult.WRONG_SECRET for test in report.tests.values()):
        lines.append(WHERE_FROM)
    return [*lines, *report.notes, *left]
