"""What SimpleNexus reported: typed events, from a webhook or from what a poll read. Keeps no names.

An event carries the time when it happened by the vendor's clock, and the time when it came by the desk's clock. Every
decision uses the first. Names and emails that come with an event are dropped here, so that no client data gets into a
file. Only the report of a calculation keeps an email, until the desk has found the contact.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from core.decoding.typed_json import convert_value, decoder_of
from core.errors import DeskError
from core.webhooks.deliveries import repaired

MOST: Final = 1000
"""The most calculations that one delivery may report. The number is ours."""
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
    """A delivery is signed, but nothing in it can be used. `set_aside` says of each event what is wrong with it."""

    def __init__(self, what: str, set_aside: tuple[str, ...] = ()) -> None:
        super().__init__("bad-webhook", f"The webhook can't be read: {what}.")
        self.set_aside = set_aside


class _OddEvent(ValueError):
    """An event of a delivery can't be used. The message names the field and quotes no value of the event."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")


_NOTHING: Final = msgspec.Raw()


class _Event(Struct):
    """The parts of an event as they came. Each is read when it is needed, so that an odd part costs only itself."""

    id: msgspec.Raw = msgspec.field(name="_id", default=_NOTHING)
    timestamp: msgspec.Raw = msgspec.field(name="_timestamp", default=_NOTHING)
    event: msgspec.Raw = _NOTHING
    links: msgspec.Raw = msgspec.field(name="_links", default=_NOTHING)
    event_info: msgspec.Raw = _NOTHING


class _Delivery(Struct):
    events: Annotated[list[msgspec.Raw], Meta(min_length=1)]


class WebhookEvents(Struct, frozen=True):
    """The events of a delivery that a milestone needs. `set_aside` says of each odd event what is wrong with it.

    `unknown` are the kinds of the events that the vendor's description does not name, "" for a kind that is not a word.
    """

    events: tuple[MilestoneEvent, ...]
    set_aside: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


_T = TypeVar("_T")
_delivery: Final = decoder_of(_Delivery)
_event: Final = decoder_of(_Event)
_text: Final = decoder_of(str)
_parts: Final = decoder_of(dict[str, msgspec.Raw])
_ODD: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_KIND: Final = re.compile(r"[a-z]{1,20}(_[a-z]{1,20}){0,5}")
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
_OF_USERS: Final = frozenset(kind for kind, _ in _USER)
_KINDS: Final = """
account_assignment_created account_assignment_deleted document_created document_updated document_uploaded
job_status_changed loan_activated loan_app_abandoned loan_app_imported loan_app_started loan_app_submitted
loan_app_updated loan_created loan_deactivated loan_deleted loan_milestone_completed loan_milestone_updated
loan_officer_demoted loan_officer_promoted loan_updated milestone_created milestone_deleted milestones_reordered
organization_created organization_deleted state_license_created state_license_deleted state_license_updated
user_created user_deleted user_disabled user_enabled user_first_login user_updated verification_available
"""
DESCRIBED_KINDS: Final = frozenset(_KINDS.split())
"""The kinds of events that SimpleNexus's description names. `tests/contracts/test_published_samples.py` compares."""


def from_webhook(body: bytes, received: float) -> WebhookEvents:
    """Return the events in a webhook's body that a milestone needs. An odd event is set aside and costs no other event.

    An event of an unknown kind is counted. `received` is the desk's time in seconds since 1970. Raises `BadWebhook` if
    the body is not a delivery, or if each of its events is odd. Nothing that is said about an event quotes a value of
    the body.
    """
    try:
        delivery = _delivery.decode(repaired(body))
    except msgspec.ValidationError as error:
        raise BadWebhook(_place(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadWebhook("it is not JSON") from None
    events: list[MilestoneEvent] = []
    set_aside: list[str] = []
    unknown: list[str] = []
    for n, raw in enumerate(delivery.events, 1):
        try:
            parts = _read(_event, raw, "the event", "it isn't a JSON object")
            kind = _read(_text, parts.event, "event", "it is missing or no text")
            if kind not in DESCRIBED_KINDS:
                unknown.append(kind if _KIND.fullmatch(kind) else "")
            elif event := _typed(kind, parts, received):
                events.append(event)
        except _OddEvent as odd:
            set_aside.append(f"event {n}: {odd}")
    if len(set_aside) == len(delivery.events):
        raise BadWebhook(set_aside[0], tuple(set_aside))
    return WebhookEvents(tuple(events), tuple(set_aside), tuple(unknown))


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


def _typed(kind: str, parts: _Event, received: float) -> MilestoneEvent | None:
    """Return the typed event; None if no milestone needs it. Raises `_OddEvent`."""
    if what := _APPLICATION.get(kind):
        subject, person = _linked(parts, "loan_application"), ""
    elif kind in _OF_USERS:
        info = _read(_parts, parts.event_info, "event_info", "it is missing or no JSON object")
        user_type = _read(
            _text, info.get("user_type", _NOTHING), "event_info.user_type", "it is missing or no text"
        )
        what = _USER.get((kind, user_type))
        if what is None:
            return None
        subject = person = _linked(parts, "user")
    else:
        return None
    return MilestoneEvent(_event_id(parts), what, subject, _moment(parts), received, person)


def _event_id(parts: _Event) -> str:
    id_ = _read(_text, parts.id, "_id", "it is missing or no text")
    if not 1 <= len(id_) <= 64:
        raise _OddEvent("_id", "it has to have 1 to 64 characters")
    return id_


def _moment(parts: _Event) -> float:
    """Return when an event happened, in seconds since 1970. Raises `_OddEvent`.

    The vendor's description has a date and time of RFC 3339, which says its time zone. Nothing else is certain: a time
    without a zone may be of any, and a number may count seconds or milliseconds.
    """
    text = _read(_text, parts.timestamp, "_timestamp", "it is missing or no text").strip()
    try:
        at = convert_value(text, datetime)
        seconds = at.timestamp() if at.tzinfo is not None else None
    except (msgspec.ValidationError, OverflowError, ValueError):
        raise _OddEvent("_timestamp", "it isn't a time such as 2026-11-28T14:03:00Z") from None
    if seconds is None:
        raise _OddEvent("_timestamp", "it has no time zone")
    if seconds <= 0:
        raise _OddEvent("_timestamp", "it is from before 1970")
    return seconds


def _linked(parts: _Event, name: str) -> str:
    """Return the id at the end of a link of an event. Raises `_OddEvent` if the link ends in no id."""
    links = _read(_parts, parts.links, "_links", "it is missing or no JSON object")
    link = _read(_text, links.get(name, _NOTHING), f"_links.{name}", "it is missing or no text")
    id_ = link.partition("?")[0].rstrip("/").rpartition("/")[2]
    if not _ID.fullmatch(id_):
        raise _OddEvent(f"_links.{name}", "it ends in no id")
    return id_


def _read(decoder: msgspec.json.Decoder[_T], raw: msgspec.Raw, field: str, why: str) -> _T:
    """Return a part of an event. Raises `_OddEvent` if it is missing, of another kind, or not JSON."""
    try:
        return decoder.decode(raw)
    except _ODD:
        raise _OddEvent(field, why) from None


def _place(error: msgspec.ValidationError) -> str:
    """Return where the shape is wrong: only the path, because the decoder's message may quote the body."""
    path = str(error).rpartition(" - at `$")[2].rstrip("`").lstrip(".") if " - at `$" in str(error) else ""
    return f"{path or 'the whole'} is missing or of another kind"
