"""Webhooks of SimpleNexus: the desk's own address, the events it subscribes to, a test, and the actions on it.

Of the published description, what has the address of another product is left out: putting a webhook, reading or
removing one by its id, its active status and its signing key. So only a list shows webhooks. How the secret of the
signature is agreed is not published; the option `webhook_secret` is ours. Requests go to this machine only.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from data.sandbox.store import Document, Wanted
from data.sandbox.systems import events
from data.sandbox.systems.api import ApiOperation, Call, Flaw, SandboxReply, json_reply, refuse
from data.sandbox.systems.field_checks import Check, choice, group, line, or_null
from data.sandbox.systems.simplenexus.base import NO_CONTENT, SimpleNexusBase
from data.sandbox.systems.simplenexus.records import COUNTER, NAME, record_id
from data.sandbox.systems.simplenexus.rules import http_url

EVENTS = (
    *("account_assignment_created", "account_assignment_deleted", "document_created", "document_updated"),
    *("document_uploaded", "job_status_changed", "loan_activated", "loan_app_abandoned"),
    *("loan_app_imported", "loan_app_started", "loan_app_submitted", "loan_app_updated", "loan_created"),
    *("loan_deactivated", "loan_deleted", "loan_milestone_completed", "loan_milestone_updated"),
    *("loan_officer_demoted", "loan_officer_promoted", "loan_updated", "milestone_created"),
    *("milestone_deleted", "milestones_reordered", "organization_created", "organization_deleted"),
    *("state_license_created", "state_license_deleted", "state_license_updated", "user_created"),
    *("user_deleted", "user_disabled", "user_enabled", "user_first_login", "user_updated"),
    "verification_available",
)
_ACTIONS = ("ENABLE", "DISABLE", "TEST", "CHANGE_URL")
_URL = http_url(2000)
_LABELS: dict[str, Check] = {"name": line(255), "version": or_null(choice(("1.0",)))}
_NEW = group({**_LABELS, "url": _URL}, required=("url", "name"))
_PATCH = group(_LABELS)
_SUBSCRIPTION = group({"event": choice(EVENTS)}, required=("event",))
# The description names a body for CHANGE_URL and does not have its fields; `url` is our assumption.
_ACTION = group({"action": choice(_ACTIONS), "url": _URL}, required=("action",))


def _event_info(value: object) -> Iterator[Flaw]:
    if not isinstance(value, dict):
        yield "", "must be an object"


_TEST = group({"event": choice(EVENTS), "event_info": _event_info}, required=("event", "event_info"))


class ServedWebhooks:
    """The operations on webhooks and on their subscriptions."""

    def __init__(self, system: SimpleNexusBase) -> None:
        self._system = system
        self._store = system.store
        one, below = "/webhooks/{id}", "/webhooks/{id}/subscriptions"
        owner = "webhook_id"
        self.operations = (
            ApiOperation("POST", "/webhooks", self._create),
            ApiOperation("GET", "/webhooks", self._list),
            ApiOperation("PATCH", one, self._change),
            ApiOperation("POST", one + "/test_events", self._test),
            ApiOperation("POST", one + "/actions", self._act),
            ApiOperation("POST", below, self._subscribe),
            ApiOperation("GET", below, self._list_subscriptions),
            ApiOperation("GET", below + "/{subscription}", system.shown_alone(events.SUBSCRIPTIONS, owner)),
            ApiOperation("PATCH", below + "/{subscription}", self._change_subscription),
            ApiOperation("DELETE", below + "/{subscription}", self._unsubscribe),
        )

    # -- webhooks -----------------------------------------------------------------------------------------

    def _create(self, call: Call) -> SandboxReply:
        """Keep a webhook. It is off until it is enabled (our assumption)."""
        body = self._system.checked(call, _NEW)
        self._refuse_second_url(body["url"])
        return self._system.made(events.REGISTERED, {"version": None, **body, "is_enabled": False})

    def _list(self, call: Call) -> SandboxReply:
        return self._system.listed(call, events.REGISTERED, self._system.given(call), Wanted())

    def _change(self, call: Call) -> SandboxReply:
        patch = self._system.checked(call, _PATCH)
        return self._system.changed(events.REGISTERED, self._system.record(events.REGISTERED, call), patch)

    def _test(self, call: Call) -> SandboxReply:
        """Send one event now, and answer what the address answered."""
        body = self._system.checked(call, _TEST)
        webhook = self._system.record(events.REGISTERED, call)
        event = {
            "_id": str(uuid.UUID(int=0)),
            "_timestamp": events.stamp_of(self._system.clock()),
            "_links": {events.link_name(body["event"]): "/test/event"},
            **body,
        }
        code, text = self._sent(webhook["url"], events.delivery_of(event, "test"))
        if code == 0:
            refuse(400, "invalid", "The webhook's url did not answer.")
        self_ = f"/webhooks/{webhook['id']}/test_events"
        return json_reply(200, {"_self": self_, "_type": "WebhookTestResponse", "code": code, "body": text})

    def _act(self, call: Call) -> SandboxReply:
        body = self._system.checked(call, _ACTION)
        webhook = self._system.record(events.REGISTERED, call)
        if ("url" in body) is not (body["action"] == "CHANGE_URL"):
            refuse(400, "invalid", "A field is wrong.", [("url", "belongs to CHANGE_URL alone")])
        match body["action"]:
            case "CHANGE_URL":
                self._refuse_second_url(body["url"])
                return self._system.changed(events.REGISTERED, webhook, {"url": body["url"]})
            case "DISABLE":
                if not webhook["is_enabled"]:
                    refuse(412, "wrong-state", "The webhook is off already.")
                return self._system.changed(events.REGISTERED, webhook, {"is_enabled": False})
            case "ENABLE":
                if webhook["is_enabled"]:
                    refuse(412, "wrong-state", "The webhook is on already.")
                return self._enable(webhook)
            case _:
                self._asked(webhook["url"])
                return NO_CONTENT

    def _enable(self, webhook: Document) -> SandboxReply:
        """Ask the address, and switch the webhook on where it answers well. The answer is a job, done at once."""
        if self._asked(webhook["url"]):
            self._system.changed(events.REGISTERED, webhook, {"is_enabled": True})
        job = record_id(self._store.next_number(COUNTER, 1))
        return json_reply(201, {"_self": f"/jobs/{job}", "_type": "Job", "id": job})

    def _asked(self, url: str) -> bool:
        """Return True if the address answers a request of ours with success.

        The vendor's own request is not published.
        """
        code, _ = self._sent(url, b"{}")
        return 200 <= code < 300

    def _sent(self, url: str, body: bytes) -> tuple[int, str]:
        secret = str(self._system.options["webhook_secret"])
        return events.sent_to(url, body, events.signature(body, secret, "hex"))

    def _refuse_second_url(self, url: str) -> None:
        if self._store.find(NAME, events.REGISTERED, Wanted(texts=(("url", url),)), limit=1):
            refuse(409, "exists", "A webhook already exists for the given URL.")

    # -- subscriptions ------------------------------------------------------------------------------------

    def _subscribe(self, call: Call) -> SandboxReply:
        event = self._system.checked(call, _SUBSCRIPTION)["event"]
        webhook = self._system.record(events.REGISTERED, call)
        self._refuse_second_event(webhook["id"], event)
        return self._system.made(events.SUBSCRIPTIONS, {"event": event, "webhook_id": webhook["id"]})

    def _list_subscriptions(self, call: Call) -> SandboxReply:
        given = self._system.given(call)
        wanted = Wanted(belongs_to=self._system.record(events.REGISTERED, call)["id"])
        return self._system.listed(call, events.SUBSCRIPTIONS, given, wanted)

    def _change_subscription(self, call: Call) -> SandboxReply:
        event = self._system.checked(call, _SUBSCRIPTION)["event"]
        subscription = self._system.record(events.SUBSCRIPTIONS, call, "webhook_id")
        if event != subscription["event"]:
            self._refuse_second_event(subscription["webhook_id"], event)
        return self._system.changed(events.SUBSCRIPTIONS, subscription, {"event": event})

    def _unsubscribe(self, call: Call) -> SandboxReply:
        self._system.no_query(call)
        subscription = self._system.record(events.SUBSCRIPTIONS, call, "webhook_id")
        self._system.forget(events.SUBSCRIPTIONS, subscription["id"])
        return NO_CONTENT

    def _refuse_second_event(self, webhook: str, event: str) -> None:
        for there in self._store.find(NAME, events.SUBSCRIPTIONS, Wanted(belongs_to=webhook)):
            if there["event"] == event:
                refuse(409, "exists", "The webhook is subscribed to the event already.")
