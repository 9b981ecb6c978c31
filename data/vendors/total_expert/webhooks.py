"""Total Expert's webhooks: what can be subscribed to, and the desk's own subscription with its secret.

Total Expert has no test event, and nothing that says whether a subscription is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from core.push.plan import System
from core.push.ports import Applied, Lost, Outcome, Refused
from core.push.states import WriteOutcome
from core.webhooks.model import (
    WANTED,
    RegisteredEvent,
    Webhook,
    WebhookAct,
    WebhooksSeen,
    WebhookStep,
)
from data.vendors.http.client import HttpClient, segment
from data.vendors.http.reply import HttpReply, VendorRecord
from data.vendors.total_expert.client import TotalExpert

_SUBSCRIPTIONS: Final = "/webhook-subscriptions"
_GONE: Final = 404


class TotalExpertAction(VendorRecord, frozen=True):
    """Something that can be subscribed to: an item and what happens to it."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "WebhookAction"

    action: str
    item: str


class TotalExpertSubscription(VendorRecord, frozen=True):
    """A subscription as the list has it. Its secret is not read into it."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "WebhookSubscription"

    id: int | str
    url: str = ""
    actions: tuple[TotalExpertAction, ...] | None = None


class TotalExpertWebhooks:
    """Implements `core.webhooks.ports.WebhookSystem`. `settle` is in seconds."""

    system = System.TOTAL_EXPERT

    def __init__(self, wire: HttpClient, settle: float) -> None:
        self._wire = wire
        self._client = TotalExpert(wire, "")
        self.settle = settle

    async def look(self) -> WebhooksSeen:
        """Return every subscription, and which of the wanted events are offered. Raises `Unreachable`."""
        actions = {
            _name(record)
            async for page in self._client.listed("/webhook-actions", TotalExpertAction)
            for record in page.records
        }
        webhooks = [
            Webhook(
                self.system,
                str(record.id),
                record.url,
                events=tuple(RegisteredEvent(_name(action)) for action in record.actions or ()),
            )
            async for page in self._client.listed(_SUBSCRIPTIONS, TotalExpertSubscription)
            for record in page.records
        ]
        offered = tuple(event for event in WANTED[self.system] if event in actions)
        return WebhooksSeen(self.system, tuple(webhooks), offered)

    async def carry_out(self, step: WebhookStep, secret: str = "") -> Outcome:
        """Send one step. The reply to a change names nothing."""
        path = f"{_SUBSCRIPTIONS}/{segment(step.webhook)}"
        actions = [_action(event) for event in step.events]
        match step.act:
            case WebhookAct.CREATE:
                body = {"url": step.url, "secret": secret, "actions": actions}
                return await self._wire.write("POST", _SUBSCRIPTIONS, body, _created)
            case WebhookAct.SUBSCRIBE:
                return await self._change("PATCH", path, {"actions": actions}, step.webhook)
            case WebhookAct.UNSUBSCRIBE:
                return await self._change("PATCH", path, {"remove_actions": actions}, step.webhook)
            case WebhookAct.SET_SECRET:
                return await self._change("PATCH", path, {"secret": secret}, step.webhook)
            case WebhookAct.DELETE:
                return await self._change("DELETE", path, None, step.webhook)
            case WebhookAct.ENABLE | WebhookAct.DISABLE | WebhookAct.TEST:
                raise AssertionError(f"Total Expert has no {step.act}")

    async def _change(self, method: str, path: str, body: Mapping[str, Any] | None, webhook: str) -> Outcome:
        replies: list[HttpReply] = []

        def same_id(content: Mapping[str, Any]) -> str | None:
            return webhook if str(content.get("id")) == webhook else None

        outcome = await self._wire.write(method, path, body, same_id, silent=webhook, seen=replies.append)
        gone = method == "DELETE" and any(reply.status == _GONE for reply in replies)
        if isinstance(outcome, (Refused, Lost)) and gone:
            return Applied(webhook, outcome.trace, WriteOutcome.EXISTING)
        return outcome


def _name(action: TotalExpertAction) -> str:
    return f"{action.item} {action.action}"


def _action(event: str) -> dict[str, str]:
    item, _, action = event.partition(" ")
    return {"action": action, "item": item}


def _created(content: Mapping[str, Any]) -> str | None:
    """Return the id of a new subscription, where the reply names it twice and both times the same."""
    id_, link = content.get("id"), content.get("created")
    if isinstance(id_, bool) or not isinstance(id_, (int, str)) or not isinstance(link, str):
        return None
    return str(id_) if link.rstrip("/").endswith(f"{_SUBSCRIPTIONS}/{id_}") else None
