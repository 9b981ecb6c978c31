"""SimpleNexus's webhooks: list, create, subscribe, switch on and off, test. The desk's own only.

The published description mixes in another product. What has an address of that product is never called here: putting
a webhook, reading or removing one by its id, its active status, its test and its signing key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from msgspec.structs import replace

from core.push.plan import System
from core.push.ports import Applied, Lost, Outcome, Refused
from core.push.states import WriteOutcome
from core.webhooks.model import (
    NAME,
    WANTED,
    RegisteredEvent,
    Webhook,
    WebhookAct,
    WebhooksSeen,
    WebhookStep,
)
from core.webhooks.ports import WebhookTestAnswer
from data.vendors.http.client import HttpClient, segment
from data.vendors.http.reply import HttpReply, IdOf, VendorRecord
from data.vendors.simplenexus.client import SimpleNexus

_WEBHOOKS: Final = "/webhooks"
_ALREADY: Final = 412
"""What an action answers if its state is reached already. The description says "invalid state"; the reading is ours."""
_GONE: Final = 404
TESTED: Final = "brokerdesk test"
"""The name in a test event."""


class SimpleNexusWebhook(VendorRecord, frozen=True):
    """A webhook as the list has it. Nothing says whether it is on."""

    system: ClassVar[System] = System.SIMPLENEXUS
    record_name: ClassVar[str] = "Webhook"

    id: str
    url: str
    name: str | None = None
    version: str | None = None
    created_at: str | None = None


class SimpleNexusSubscription(VendorRecord, frozen=True):
    """One event to which a webhook is subscribed."""

    system: ClassVar[System] = System.SIMPLENEXUS
    record_name: ClassVar[str] = "WebhookSubscription"

    id: str
    event: str


class SimpleNexusWebhooks:
    """Implements `core.webhooks.ports.WebhookTester`. `settle` is in seconds."""

    system = System.SIMPLENEXUS

    def __init__(self, wire: HttpClient, settle: float) -> None:
        self._wire = wire
        self._client = SimpleNexus(wire)
        self.settle = settle

    async def look(self) -> WebhooksSeen:
        """Return every webhook with its events. Raises `Unreachable`."""
        webhooks: list[Webhook] = []
        async for page in self._client.listed(_WEBHOOKS, SimpleNexusWebhook):
            for record in page.records:
                events = await self._events(record.id)
                webhooks.append(Webhook(self.system, record.id, record.url, record.name or "", events))
        return WebhooksSeen(self.system, tuple(webhooks), WANTED[self.system])

    async def _events(self, webhook: str) -> tuple[RegisteredEvent, ...]:
        path = f"{_WEBHOOKS}/{segment(webhook)}/subscriptions"
        return tuple(
            [
                RegisteredEvent(record.event, record.id)
                async for page in self._client.listed(path, SimpleNexusSubscription)
                for record in page.records
            ]
        )

    async def carry_out(self, step: WebhookStep, secret: str = "") -> Outcome:  # noqa: ARG002 - it takes no secret
        """Send one step. A 409 is `Lost` with the code `conflict`: the list shows what is there."""
        below = f"{_WEBHOOKS}/{segment(step.webhook)}"
        match step.act:
            case WebhookAct.CREATE:
                return await self._wire.write(
                    "POST", _WEBHOOKS, {"url": step.url, "name": NAME}, _made(_WEBHOOKS)
                )
            case WebhookAct.SUBSCRIBE:
                (event,) = step.events
                path = f"{below}/subscriptions"
                return await self._wire.write("POST", path, {"event": event}, _made(path))
            case WebhookAct.UNSUBSCRIBE:
                path = f"{below}/subscriptions/{segment(step.subscription)}"
                return await self._quiet("DELETE", path, None, step.webhook, _GONE)
            case WebhookAct.ENABLE | WebhookAct.DISABLE:
                action = {"action": step.act.name}
                return await self._quiet("POST", f"{below}/actions", action, step.webhook, _ALREADY)
            case WebhookAct.DELETE | WebhookAct.SET_SECRET | WebhookAct.TEST:
                raise AssertionError(f"SimpleNexus has no {step.act}")

    async def _quiet(
        self, method: str, path: str, body: Mapping[str, Any] | None, webhook: str, already: int
    ) -> Outcome:
        """Send a request with a reply that names no webhook: 204, or 201 with the job that does it.

        The status `already` says that nothing was left to do.
        """
        replies: list[HttpReply] = []

        def any_id(content: Mapping[str, Any]) -> str | None:
            return webhook if isinstance(content.get("id"), str) else None

        outcome = await self._wire.write(method, path, body, any_id, silent=webhook, seen=replies.append)
        if isinstance(outcome, (Refused, Lost)) and any(reply.status == already for reply in replies):
            return Applied(webhook, outcome.trace, WriteOutcome.EXISTING)
        return replace(outcome, outcome=None) if isinstance(outcome, Applied) else outcome

    async def test(self, webhook: str, event: str) -> WebhookTestAnswer:
        """Have a test event of a kind sent. Its names are no person's."""
        replies: list[HttpReply] = []

        def is_answer(content: Mapping[str, Any]) -> str | None:
            whole = isinstance(content.get("code"), int) and isinstance(content.get("body"), str)
            return webhook if whole else None

        path = f"{_WEBHOOKS}/{segment(webhook)}/test_events"
        body = {"event": event, "event_info": info_of(event)}
        outcome = await self._wire.write("POST", path, body, is_answer, seen=replies.append)
        if not isinstance(outcome, Applied):
            return WebhookTestAnswer(outcome)
        content = replies[0].json_object() or {}
        return WebhookTestAnswer(outcome, int(content["code"]), str(content["body"])[:65_536])


def info_of(event: str) -> dict[str, str]:
    """Return what a test event of a kind says besides its kind. Raises `ValueError` for a kind that is not tested."""
    if event.startswith("loan_app_"):
        return {"borrower_name": TESTED}
    if event.startswith("user_"):
        return {"name": TESTED, "user_type": "USER_BORROWER"}
    raise ValueError(event)


def _made(path: str) -> IdOf:
    """Return what finds the id of a created record: the reply names it twice, in `id` and in `_self`."""

    def id_of(content: Mapping[str, Any]) -> str | None:
        made, own = content.get("id"), content.get("_self")
        if not isinstance(made, str) or not made:
            return None
        return made if isinstance(own, str) and own.endswith(f"{path}/{made}") else None

    return id_of
