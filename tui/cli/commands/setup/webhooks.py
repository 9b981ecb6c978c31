"""`webhooks`: what is registered at SimpleNexus and Total Expert; register, test, change the secret, remove.

What would be done is shown and asked about first, as for every command that sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from core.errors import UsageError
from core.push.plan import System
from core.webhooks.model import Webhook, WebhookPlan
from core.webhooks.plan import WebhookStanding
from core.webhooks.records import WebhookRecord
from core.webhooks.use_cases import WebhookReport, WebhookUseCases
from tui.cli.confirmation import Proposal, confirmed
from tui.cli.options import CommandOptions, PlannedOptions
from tui.cli.output import emit_json, say
from tui.wiring import settings_of
from tui.wiring.clock import desk_time
from tui.wiring.webhooks import open_webhooks
from tui.words.webhooks import NO_REMOVAL, NOTHING, plan_lines, report_lines, standing_lines


@dataclass(frozen=True, kw_only=True)
class WebhookListOptions(CommandOptions):
    """The options of `webhooks list`."""

    system: str | None
    """The only system that is asked; None for both."""


@dataclass(frozen=True, kw_only=True)
class WebhookChangeOptions(PlannedOptions):
    """The options of `webhooks remove`."""

    system: str | None


@dataclass(frozen=True, kw_only=True)
class RegisterOptions(WebhookChangeOptions):
    """The options of `webhooks register`."""

    url: str
    """The address under which the listener can be reached from outside."""


@dataclass(frozen=True, kw_only=True)
class WebhookTestOptions(PlannedOptions):
    """The options of `webhooks test`."""

    event: str
    """The kind of the test event."""


@dataclass(frozen=True, kw_only=True)
class NewSecretOptions(PlannedOptions):
    """The options of `webhooks new-secret`."""


async def listed(options: WebhookListOptions) -> int:
    """List every webhook, who made it, its events, and which events are missing. Sends nothing."""
    settings = settings_of(options.home, options.profile)
    async with open_webhooks(settings, write=False) as webhooks:
        standings = await webhooks.look(_system(options.system))
    if options.json:
        emit_json({"systems": [_standing_form(standing) for standing in standings]})
        return 0
    for standing in standings:
        say(*standing_lines(standing, desk_time(settings)))
    return 0


async def register(options: RegisterOptions) -> int:
    """Create what is missing, so that both systems report to an address; then switch it on and test it."""
    settings = settings_of(options.home, options.profile)
    async with open_webhooks(settings, write=True) as webhooks:
        plan = await webhooks.plan_registration(options.url, _system(options.system))
        return await _do(
            options, webhooks, plan, "registering webhooks", "Register this?", live=settings.profile.live
        )


async def remove(options: WebhookChangeOptions) -> int:
    """Take back what brokerdesk made."""
    settings = settings_of(options.home, options.profile)
    async with open_webhooks(settings, write=True) as webhooks:
        plan = await webhooks.plan_removal(_system(options.system))
        return await _do(
            options,
            webhooks,
            plan,
            "removing webhooks",
            "Remove this?",
            live=settings.profile.live,
            nothing=NO_REMOVAL,
        )


async def test(options: WebhookTestOptions) -> int:
    """Have SimpleNexus send a test event, which the listener does not take."""
    settings = settings_of(options.home, options.profile)
    async with open_webhooks(settings, write=True) as webhooks:
        plan = await webhooks.plan_tests(options.event)
        if not plan.steps:
            raise UsageError("no-webhook", "SimpleNexus has no webhook of brokerdesk.")
        return await _do(options, webhooks, plan, "testing webhooks", "Test now?", live=settings.profile.live)


async def new_secret(options: NewSecretOptions) -> int:
    """Give Total Expert's webhook a new secret."""
    settings = settings_of(options.home, options.profile)
    async with open_webhooks(settings, write=True) as webhooks:
        plan = await webhooks.plan_new_secret()
        if not plan.steps:
            raise UsageError("no-webhook", "Total Expert has no webhook of brokerdesk.")
        return await _do(
            options, webhooks, plan, "changing the secret", "Change it?", live=settings.profile.live
        )


def _system(name: str | None) -> System | None:
    return None if name is None else System(name)


async def _do(
    options: PlannedOptions,
    webhooks: WebhookUseCases,
    plan: WebhookPlan,
    doing: str,
    question: str,
    *,
    live: bool,
    nothing: str = NOTHING,
) -> int:
    """Show a plan, ask, carry it out, and say what was done. `nothing` is said of a plan without steps."""
    if not plan.steps:
        if options.json:
            emit_json({**_plan_form(plan), "done": [], "tests": {}, "notes": []})
        else:
            say(nothing, *plan.left)
        return 0
    proposal = Proposal(
        digest=plan.digest,
        form=_plan_form(plan),
        show=lambda: say(*plan_lines(plan)),
        question=question,
        doing=doing,
        live=live,
    )
    if not confirmed(options, proposal):
        return 1
    report = await webhooks.carry_out(plan)
    if options.json:
        emit_json({**_plan_form(plan), **_report_form(report)})
    else:
        say(*report_lines(report, plan.left if options.yes else ()))  # the question showed what stays
    return 0 if report.is_good else 1


# -- JSON ----------------------------------------------------------------------------------------------


def _plan_form(plan: WebhookPlan) -> dict[str, Any]:
    return {
        "plan": plan.digest,
        "steps": [msgspec.to_builtins(step) for step in plan.steps],
        "left": plan.left,
    }


def _report_form(report: WebhookReport) -> dict[str, Any]:
    tests: Mapping[str, Any] = {
        system.value: {"result": test.result, "said": test.said} for system, test in report.tests.items()
    }
    return {
        "done": [msgspec.to_builtins(step) for step in report.done],
        "tests": tests,
        "notes": report.notes,
    }


def _standing_form(standing: WebhookStanding) -> dict[str, Any]:
    return {
        "system": standing.system,
        "ours": [_webhook_form(webhook, record) for webhook, record in standing.ours],
        "others": [_webhook_form(webhook, None) for webhook in standing.others],
        "not_listed": [record.url for record in standing.asked],
        "missing": standing.missing,
    }


def _webhook_form(webhook: Webhook, record: WebhookRecord | None) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "name": webhook.name,
        "events": webhook.event_names,
        "made_here": record is not None and not record.adopted,
        "enabled_at": (record.enabled_at or None) if record is not None else None,
        "tested_at": (record.tested_at or None) if record is not None else None,
    }
