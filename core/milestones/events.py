"""What SimpleNexus reported: typed events, from a webhook or from what a poll read. Keeps no names.

An event carries the time when it happened by the vendor's clock, and the time when it came by the desk's clock. Every
decision uses the first. Names and emails that come with an event are dropped here, so that no client data gets into a
file. Only the report of a calculation keeps an email, until the desk has found the contact.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from core.errors import DeskError
from core.typed_json import decoder_of

MOST: Final = 1000
"""The most events that one delivery may have. The number is ours: the vendor's description gives no limit."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class EventKind(StrEnum):
    """What happened: to a person (the first three and the last) or to an application."""

    ACCOUNT = "account"
    """A borrower's account was created."""
    PARTNER = "partner"
    CALCULATED = "calculated"
    """A calculation in the app. No webhook reports it. The desk takes such events if something delivers them."""
    BEGUN = "begun"
    """The user began an application."""
    MADE = "made"
    """A reading gives this creation time. The user began the application then, unless it is known to be imported."""
    IMPORTED = "imported"
    CHANGED = "changed"
    SUBMITTED = "submitted"
    PROMPTED = "prompted"
    """SimpleNexus calls the application abandoned. That decides nothing: the desk reads the application."""
    LOOKED = "looked"
    """The desk read the application."""
    CLOSED = "closed"
    """A reading found the application inactive, or did not find it."""
    SIGNED_IN = "signed-in"
    """A borrower logged in for the first time."""


class MilestoneEvent(Struct, frozen=True, gc=False):
    """One thing that happened to a person or an application, the `subject` (its id in SimpleNexus).

    `id` is the vendor's id of the event, or our own if a poll found it. `at` is when the event happened by the vendor's
    clock, `received` when it came by the desk's clock: seconds since 1970. `person` is the id of the application's
    borrower, "" if the event does not name the borrower.
    """

    id: str
    what: EventKind
    subject: str
    at: float
    received: float
    person: str = ""


class CalculationReport(Struct, frozen=True, omit_defaults=True):
    """One calculation as it was reported. `id` is its own, so that a repeat counts once.

    `contact_id` is the id of the contact in Total Expert or of the account in SimpleNexus. Without it, `email` says who
    calculated. `at` is when that was, `received` when the desk heard of it: seconds since 1970.
    """

    id: str
    at: float
    received: float
    contact_id: str = ""
    email: str = ""


class ApplicationReading(Struct, frozen=True):
    """An application as it was read, at `at` by the vendor's clock and at `read` by the desk's clock.

    Times are in seconds since 1970. If `gone` is True, SimpleNexus has no such application and the other fields mean
    nothing. `person` is the id of the borrower with the application's email, "" if nobody has that email.
    """

    application: str
    at: float
    read: float
    made: float = 0.0
    changed: float = 0.0
    active: bool = True
    submitted: bool = False
    gone: bool = False
    person: str = ""


class Unreadable(Struct, frozen=True):
    """An application that can't be read, because the endpoint is BETA: the reason in a few words.

    `read` is when the desk tried: seconds since 1970.
    """

    application: str
    reason: str
    read: float


class BadWebhook(DeskError):
    """A delivery is signed, but is not a webhook of SimpleNexus."""

    def __init__(self, what: str) -> None:
        super().__init__("bad-webhook", f"The webhook can't be read: {what}.")


class _OddEvent(ValueError):
    """An event of a delivery can't be used. The message quotes no value of the event."""


class _Links(Struct):
    loan_application: str = ""
    user: str = ""


class _Info(Struct):
    user_type: str = ""


class _Event(Struct):
    id: Annotated[str, Meta(min_length=1, max_length=64)] = msgspec.field(name="_id")
    timestamp: Annotated[datetime, Meta(tz=True)] = msgspec.field(name="_timestamp")
    event: Annotated[str, Meta(max_length=64)]
    links: _Links = msgspec.field(name="_links", default_factory=_Links)
    event_info: _Info = msgspec.field(default_factory=_Info)


class _Delivery(Struct):
    events: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MOST)]


class WebhookEvents(Struct, frozen=True):
    """The events of a delivery that a milestone needs. `set_aside` says of each odd event what is wrong with it."""

    events: tuple[MilestoneEvent, ...]
    set_aside: tuple[str, ...] = ()


_event: Final = decoder_of(_Event)
_delivery: Final = decoder_of(_Delivery)
_APPLICATION: Final = {
    "loan_app_started": EventKind.BEGUN,
    "loan_app_updated": EventKind.CHANGED,
    "loan_app_imported": EventKind.IMPORTED,
    "loan_app_submitted": EventKind.SUBMITTED,
    "loan_app_abandoned": EventKind.PROMPTED,
}
_USER: Final = {
    ("user_created", "USER_BORROWER"): EventKind.ACCOUNT,
    ("user_first_login", "USER_BORROWER"): EventKind.SIGNED_IN,
    ("user_created", "PARTNER"): EventKind.PARTNER,
}
"""What an event of a kind of user means (docs/domain.md, "Milestones")."""


def from_webhook(body: bytes, received: float) -> WebhookEvents:
    """Return the events in a webhook's body that a milestone needs. An odd event is set aside and costs no other event.

    `received` is the desk's time in seconds since 1970. Raises `BadWebhook` if the body is no delivery, or if each of
    its events is odd. Nothing that is said about an event quotes a value of the body.
    """
    try:
        delivery = _delivery.decode(body)
    except msgspec.ValidationError as error:
        raise BadWebhook(_place(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadWebhook("it is not JSON") from None
    events: list[MilestoneEvent] = []
    set_aside: list[str] = []
    for raw in delivery.events:
        try:
            event = _typed(_event.decode(raw), received)
        except msgspec.ValidationError as error:
            set_aside.append(_place(error))
        except _OddEvent as odd:
            set_aside.append(str(odd))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            set_aside.append("an event is not JSON")
        else:
            events += [event] if event is not None else []
    if len(set_aside) == len(delivery.events):
        raise BadWebhook(set_aside[0])
    return WebhookEvents(tuple(events), tuple(set_aside))


def from_reading(reading: ApplicationReading) -> tuple[MilestoneEvent, ...]:
    """Return the events that a reading, or a record of a poll, implies. Their ids are ours and contain the time."""

    def event_at(what: EventKind, at: float) -> MilestoneEvent:
        id_ = f"read-{what}-{at:.0f}"
        return MilestoneEvent(id_, what, reading.application, at, reading.read, reading.person)

    looked = event_at(EventKind.LOOKED, reading.at)
    if reading.gone:
        return (looked, event_at(EventKind.CLOSED, reading.at))
    events = [looked, event_at(EventKind.MADE, reading.made)]
    if reading.changed > reading.made:
        events.append(event_at(EventKind.CHANGED, reading.changed))
    if reading.submitted:
        events.append(event_at(EventKind.SUBMITTED, reading.changed))
    if not reading.active:
        events.append(event_at(EventKind.CLOSED, reading.at))
    return tuple(event for event in events if event.at > 0)


def _typed(event: _Event, received: float) -> MilestoneEvent | None:
    """Return the typed event; None if no milestone needs it. Raises `_OddEvent`."""
    at = event.timestamp.timestamp()
    if at <= 0:
        raise _OddEvent("an event is from before 1970")
    if what := _APPLICATION.get(event.event):
        return MilestoneEvent(event.id, what, _last(event.links.loan_application), at, received)
    if what := _USER.get((event.event, event.event_info.user_type)):
        subject = _last(event.links.user)
        return MilestoneEvent(event.id, what, subject, at, received, subject)
    return None


def _last(link: str) -> str:
    """Return the id at the end of a link. Raises `_OddEvent` if the link ends in no id."""
    id_ = link.partition("?")[0].rstrip("/").rpartition("/")[2]
    if not _ID.fullmatch(id_):
        raise _OddEvent("an event's link ends in no id")
    return id_


def _place(error: msgspec.ValidationError) -> str:
    """Return where the shape is wrong: only the path, because the decoder's message may quote the body."""
    path = str(error).rpartition(" - at `$")[2].rstrip("`").lstrip(".") if " - at `$" in str(error) else ""
    return f"{path or 'the whole'} is missing or of another kind"
