"""How webhooks are told, in the app and on the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.push.plan import System
from core.systems import display_name
from core.webhooks.model import Webhook
from core.webhooks.plan import WebhookStanding
from core.webhooks.records import WebhookRecord

WHERE_FROM: Final = (
    "No document says where the secret comes from with which SimpleNexus signs. Ask nCino for it, and store it with "
    "brokerdesk init --secret-of listen."
)
NOT_TOLD: Final = "No API of SimpleNexus tells whether a webhook is on."


def standing_lines(standing: WebhookStanding, local: Callable[[float], datetime]) -> list[str]:
    """Return how the webhooks of one system stand. `local` turns seconds since 1970 into local time."""
    lines = [display_name(standing.system)]
    for webhook, record in standing.ours:
        lines += [
            f"  {_whose(record)}: {webhook.url}",
            f"    events: {_events(webhook)}",
            *_times(webhook, record, local),
        ]
    lines += [f"  asked for, and not in the list: {record.url}" for record in standing.asked]
    lines += [f"  somebody else's: {webhook.url} ({_events(webhook)})" for webhook in standing.others]
    if not standing.ours:
        lines.append("  no webhook of this desk; brokerdesk webhooks register --url https://… makes one")
    elif standing.missing:
        lines.append(f"  missing: {', '.join(standing.missing)}; brokerdesk webhooks register adds them")
    return lines


def _whose(record: WebhookRecord) -> str:
    return "at this desk's address, made by somebody else" if record.adopted else "this desk's"


def _events(webhook: Webhook) -> str:
    return ", ".join(webhook.event_names) or "none"


def _times(webhook: Webhook, record: WebhookRecord, local: Callable[[float], datetime]) -> list[str]:
    def at(moment: float) -> str:
        return f"{local(moment):%Y-%m-%d %H:%M}"

    if webhook.system is System.TOTAL_EXPERT:
        return [f"    has this desk's secret since {at(record.enabled_at)}"] if record.enabled_at else []
    on = f"on, as SimpleNexus said at {at(record.enabled_at)}" if record.enabled_at else NOT_TOLD
    tested = f"a test arrived at {at(record.tested_at)}" if record.tested_at else "no test has arrived"
    return [f"    {on}", f"    {tested}"]
