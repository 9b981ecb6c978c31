"""Webhooks: what can be subscribed to, the subscriptions, and the notifications that wait for their delivery.

A notification is `{item, action, id, hashValue, secret}`, in which the secret is all that tells where it comes from. It
has the secret of the moment at which the change was made. The hash is of the record's contents, so that a record that
was saved without a change has the hash of the notification before. Nothing is sent automatically:
`/_sandbox/notifications` has the waiting ones delivered.
"""

from __future__ import annotations

import hashlib
import json
from urllib.parse import urlsplit

from data.sandbox.store import Document, Wanted
from data.sandbox.systems.api import (
    ApiOperation,
    Call,
    SandboxReply,
    SandboxSystem,
    json_reply,
    text_or_none,
)
from data.sandbox.systems.total_expert.base import NOTHING, TotalExpertBase
from data.sandbox.systems.total_expert.catalogue import ACTIONS
from data.sandbox.systems.total_expert.queries import no_query
from data.sandbox.systems.total_expert.records import NAME
from data.sandbox.systems.total_expert.relationships import not_found
from data.sandbox.systems.total_expert.values import entries, refuse_body

_KIND = "webhook-subscriptions"
WAITING = "notifications"
LONGEST_SECRET = 255
_FIELDS = ("url", "secret", "actions", "remove_actions")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NOT_HASHED = ("internal_updated_at", "internal_created_at")


def notify(system: SandboxSystem, item: str, action: str, id_: object, hash_value: str) -> None:
    """Let a notification wait for each subscription to the action."""
    for subscription in system.store.find(NAME, _KIND, Wanted()):
        if {"action": action, "item": item} not in subscription["actions"]:
            continue
        number = f"{system.store.next_number(f'{NAME}-{WAITING}', 1):08}"
        body = {
            "item": item,
            "action": action,
            "id": id_,
            "hashValue": hash_value,
            "secret": subscription.get("secret"),
        }
        record = {"id": number, "url": subscription["url"], "delivered": False, "body": body}
        system.keep(WAITING, number, record)


def record_hash(record: Document) -> str:
    """Return the hash of a record's contents, its times left out, as hexadecimal digits."""
    content = {name: value for name, value in record.items() if name not in _NOT_HASHED}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


class ServedSubscriptions:
    """The operations on webhook actions and subscriptions."""

    def __init__(self, system: TotalExpertBase) -> None:
        self._system = system
        self.operations = (
            ApiOperation("GET", "/webhook-actions", self._list_actions),
            ApiOperation("POST", "/webhook-subscriptions", self._create),
            ApiOperation("GET", "/webhook-subscriptions", self._list),
            ApiOperation("GET", "/webhook-subscriptions/{id}", self._read),
            ApiOperation("PATCH", "/webhook-subscriptions/{id}", self._change),
            ApiOperation("DELETE", "/webhook-subscriptions/{id}", self._delete),
        )

    def _list_actions(self, call: Call) -> SandboxReply:
        return self._system.page_of_records("", list(ACTIONS), self._system.query(call))

    def _create(self, call: Call) -> SandboxReply:
        no_query(call, strict=self._system.strict)
        body = self._system.known("attribute", self._system.body(call), _FIELDS)
        for name in ("url", "actions"):
            if not body.get(name):
                refuse_body(f"Missing required attribute: '{name}'")
        number = self._system.number(_KIND)
        self._system.keep(_KIND, str(number), self._applied({"id": number, "actions": []}, body))
        return self._system.told(201, call, _KIND, "created", number)

    def _change(self, call: Call) -> SandboxReply:
        """Change a subscription. The table says that the url can't be changed, the sample changes it: it can."""
        no_query(call, strict=self._system.strict)
        body = self._system.known("attribute", self._system.body(call), _FIELDS)
        subscription = self._system.found(_KIND, call)
        self._system.change(_KIND, str(subscription["id"]), self._applied(subscription, body))
        return NOTHING

    def _applied(self, before: Document, body: Document) -> Document:
        changed = dict(before)
        if "url" in body:
            changed["url"] = self._url(body["url"])
        if "secret" in body:
            changed["secret"] = _secret(body["secret"])
        left = [_action(entry, "remove_actions") for entry in entries("remove_actions", body)]
        added = [_action(entry, "actions") for entry in entries("actions", body)]
        kept = [*before["actions"], *(one for one in added if one not in before["actions"])]
        changed["actions"] = [one for one in kept if one not in left]
        return changed

    def _url(self, value: object) -> str:
        """Return an https address; outside the strict setting also a plain one of this machine."""
        url = text_or_none(value) or ""
        where = urlsplit(url)
        local = where.scheme == "http" and where.hostname in _LOOPBACK and not self._system.strict
        if not where.hostname or not (where.scheme == "https" or local):
            refuse_body("Attribute 'url' must be an https address")
        return url

    def _list(self, call: Call) -> SandboxReply:
        wanted = Wanted(added_before=self._system.visible(call))
        return self._system.served_page(_KIND, wanted, self._system.query(call), _shown)

    def _read(self, call: Call) -> SandboxReply:
        self._system.query(call)  # the documentation pages this one too
        return json_reply(200, _shown(self._system.found(_KIND, call)), kind=_KIND)

    def _delete(self, call: Call) -> SandboxReply:
        self._system.query(call)
        self._system.forget(_KIND, str(self._system.found(_KIND, call)["id"]))
        return NOTHING


def _action(entry: Document, name: str) -> Document:
    one = {part: entry.get(part) for part in ("action", "item")}
    if one not in ACTIONS:
        not_found(name)
    return one


def _secret(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_SECRET:
        refuse_body(f"Attribute 'secret' must be a string of at most {LONGEST_SECRET} characters")
    return value


def _shown(subscription: Document) -> Document:
    return {name: subscription.get(name) for name in ("id", "url", "secret", "actions")}
