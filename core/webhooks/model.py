"""Webhooks as the desk sees them: the events that it wants, what is registered, and a plan of changes.

Pure values. They hold no secret.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from core.push.plan import System

WANTED: Final[Mapping[System, tuple[str, ...]]] = {
    System.SIMPLENEXUS: (
        "loan_app_started",
        "loan_app_updated",
        "loan_app_imported",
        "loan_app_submitted",
        "loan_app_abandoned",
        "user_created",
        "user_first_login",
        "user_deleted",
    ),
    System.TOTAL_EXPERT: ("CONTACT DELETED", "CONTACT ARCHIVED"),
}
"""The events that brokerdesk acts on. Those of Total Expert are an item and an action.

Total Expert's prose has an archived contact, its samples have a deleted one. The desk wants each that is offered.
"""
PLACES: Final[Mapping[System, str]] = {
    System.SIMPLENEXUS: "/simplenexus",
    System.TOTAL_EXPERT: "/total-expert",
}
"""The paths at which the listener takes each system's deliveries."""
NAME: Final = "brokerdesk"
"""The name of the desk's webhook in SimpleNexus."""
HARMLESS: Final = "user_updated"
"""The event of a test. The desk acts on no such event, so that a test can never become a milestone."""


class RegisteredEvent(Struct, frozen=True):
    """An event to which a webhook is subscribed. `id` is the subscription's, "" where it has none of its own."""

    name: str
    id: str = ""


class Webhook(Struct, frozen=True):
    """A webhook as a system lists it. Neither system says whether it is enabled."""

    system: System
    id: str
    url: str
    name: str = ""
    events: tuple[RegisteredEvent, ...] = ()

    @property
    def event_names(self) -> tuple[str, ...]:
        """The names of its events."""
        return tuple(event.name for event in self.events)


class WebhooksSeen(Struct, frozen=True):
    """What one system has: its webhooks, and the events that can be subscribed to, of those that the desk wants."""

    system: System
    webhooks: tuple[Webhook, ...] = ()
    offered: tuple[str, ...] = ()

    def at(self, url: str) -> Webhook | None:
        """Return the webhook at an address, or None."""
        return next((webhook for webhook in self.webhooks if same_url(webhook.url, url)), None)


class WebhookAct(StrEnum):
    """What a step of a plan does (fixed words of JSON)."""

    CREATE = "create"
    SUBSCRIBE = "subscribe"
    SET_SECRET = "set-secret"  # noqa: S105 - a word, and no secret
    ENABLE = "enable"
    TEST = "test"
    UNSUBSCRIBE = "unsubscribe"
    DISABLE = "disable"
    DELETE = "delete"


class WebhookStep(Struct, frozen=True):
    """One request, or one test.

    `webhook` is the id of the webhook, "" while it is to be created. `events` are what is subscribed to, what is given
    up, or what is tested. `subscription` is the id of the subscription that is given up.
    """

    system: System
    act: WebhookAct
    url: str
    webhook: str = ""
    events: tuple[str, ...] = ()
    subscription: str = ""


class WebhookPlan(Struct, frozen=True):
    """What is done, in order, and what is left as it is, in sentences."""

    steps: tuple[WebhookStep, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that stand for the steps."""
        return hashlib.sha256(msgspec.json.encode(self.steps)).hexdigest()[:8]


class WebhookTestResult(StrEnum):
    """What a test of a webhook showed (fixed words of JSON)."""

    WORKS = "works"
    """The listener of this profile got the event, and the signature was right."""
    WRONG_SECRET = "wrong-secret"  # noqa: S105 - a word, and no secret
    NOT_OURS = "not-ours"
    """Something took the event, and it is not the listener of this profile."""
    UNANSWERED = "unanswered"
    """The address does not answer, or the server in front of the listener answers."""
    REFUSED = "refused"
    """The system sent no test event."""
    UNSURE = "unsure"
    """No clear answer came: a test event may be on its way."""


class WebhookTestReport(Struct, frozen=True):
    """The result of a test, with what the address answered in a few words."""

    result: WebhookTestResult
    said: str = ""


def same_url(one: str, other: str) -> bool:
    """Return True if two addresses are the same, apart from a slash at the end."""
    return one.strip().rstrip("/") == other.strip().rstrip("/")
