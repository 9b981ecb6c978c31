"""What was received of SimpleNexus: one typed event each, from a webhook or from what a poll read. Keeps no names.

An event says when it happened, by the vendor's clock, and when it came, by the desk's. All that is decided goes by the
first; a name or an email that came with it is dropped here, so that nothing of a client's gets into a file.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from core.errors import DeskError

MOST: Final = 1000
"""Events of one delivery that are taken (ours); no description says how many there may be."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class EventKind(StrEnum):
    """What happened: to a person (the first three) or to an application."""

    ACCOUNT = "account"
    """A borrower has an account: made (`user_created`), or in use (first login)."""
    PARTNER = "partner"
    CALCULATED = "calculated"
    """A calculation in the app. No webhook tells it; an activity feed may (ours)."""
    BEGUN = "begun"
    """The user began the application."""
    MADE = "made"
    """A reading says that it was made then; begun by its user unless it is known to be imported."""
    IMPORTED = "imported"
    CHANGED = "changed"
    SUBMITTED = "submitted"
    PROMPTED = "prompted"
    """SimpleNexus calls it abandoned. That decides nothing: it prompts a look."""
    LOOKED = "looked"
    """The desk read it."""
    CLOSED = "closed"
    """A reading found it inactive, or gone."""


class MilestoneEvent(Struct, frozen=True, gc=False):
    """One thing that happened. `id` is the vendor's own, or ours for what was polled; `subject` is whom it is about.

    `at` is when it happened, `received` when it came: seconds since 1970, by the vendor's clock and by the desk's.
    `person` is whose application it is, where that came with it.
    """

    id: str
    what: EventKind
    subject: str
    at: float
    received: float
    person: str = ""


class ApplicationReading(Struct, frozen=True):
    """An application as it was read. `at` is the vendor's clock at that moment, `read` the desk's.

    `gone` means that there is no such application; the other fields then say nothing. `person` is the borrower
    whose email it bears, "" where nobody has it.
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
    """An application that can't be read (the endpoint is BETA): why, in a few words, and when that was tried."""

    application: str
    reason: str
    read: float


class BadWebhook(DeskError):
    """What came is signed, and is no webhook of SimpleNexus's."""

    def __init__(self, what: str) -> None:
        super().__init__("bad-webhook", f"The webhook can't be read: {what}.")


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
    events: Annotated[list[_Event], Meta(min_length=1, max_length=MOST)]


_delivery: Final = msgspec.json.Decoder(_Delivery)
_APPLICATION: Final = {
    "loan_app_started": EventKind.BEGUN,
    "loan_app_updated": EventKind.CHANGED,
    "loan_app_imported": EventKind.IMPORTED,
    "loan_app_submitted": EventKind.SUBMITTED,
    "loan_app_abandoned": EventKind.PROMPTED,
}
_USER: Final = {
    ("user_created", "USER_BORROWER"): EventKind.ACCOUNT,
    ("user_first_login", "USER_BORROWER"): EventKind.ACCOUNT,
    ("user_created", "PARTNER"): EventKind.PARTNER,
}
"""Which event of which kind of user is which milestone's (DOMAIN: milestone ↔ event, ours)."""


def from_webhook(body: bytes, received: float) -> tuple[MilestoneEvent, ...]:
    """Read a webhook's body (spec: WebhookRequestBody); what no milestone needs is left out.

    Raises `BadWebhook`, whose words hold nothing of the body's values.
    """
    try:
        delivery = _delivery.decode(body)
    except msgspec.ValidationError as error:
        raise BadWebhook(_place(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise BadWebhook("it is not JSON") from None
    found = (_typed(event, received) for event in delivery.events)
    return tuple(event for event in found if event is not None)


def from_reading(reading: ApplicationReading) -> tuple[MilestoneEvent, ...]:
    """Give what a reading, or a line of a poll, says happened. It has no event ids: ours name the moment."""

    def event(what: EventKind, at: float) -> MilestoneEvent:
        id_ = f"read-{what}-{at:.0f}"
        return MilestoneEvent(id_, what, reading.application, at, reading.read, reading.person)

    looked = event(EventKind.LOOKED, reading.at)
    if reading.gone:
        return (looked, event(EventKind.CLOSED, reading.at))
    found = [looked, event(EventKind.MADE, reading.made)]
    if reading.changed > reading.made:
        found.append(event(EventKind.CHANGED, reading.changed))
    if reading.submitted:
        found.append(event(EventKind.SUBMITTED, reading.changed))
    if not reading.active:
        found.append(event(EventKind.CLOSED, reading.at))
    return tuple(one for one in found if one.at > 0)


def _typed(event: _Event, received: float) -> MilestoneEvent | None:
    at = event.timestamp.timestamp()
    if at <= 0:
        raise BadWebhook("an event is from before 1970")
    if what := _APPLICATION.get(event.event):
        return MilestoneEvent(event.id, what, _last(event.links.loan_application), at, received)
    if what := _USER.get((event.event, event.event_info.user_type)):
        subject = _last(event.links.user)
        return MilestoneEvent(event.id, what, subject, at, received, subject)
    return None


def _last(link: str) -> str:
    """Give the id at the end of a link. Raises `BadWebhook` where there is none."""
    id_ = link.partition("?")[0].rstrip("/").rpartition("/")[2]
    if not _ID.fullmatch(id_):
        raise BadWebhook("an event's link ends in no id")
    return id_


def _place(error: msgspec.ValidationError) -> str:
    """Give where the shape is wrong: the path alone, as the decoder's words may quote the body."""
    path = str(error).rpartition(" - at `$")[2].rstrip("`").lstrip(".") if " - at `$" in str(error) else ""
    return f"{path or 'the whole'} is missing or of another kind"
