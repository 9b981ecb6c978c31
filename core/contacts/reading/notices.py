"""What a system reported on its own: which record, or whose record, is no longer there. Pure; knows no names of people.

Total Expert names the contact. SimpleNexus names the loan officer of the user who was removed, so that officer's lists
are read in full. A notice decides nothing: the record is asked for, or the lists are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from core.decoding.typed_json import decoder_of
from core.push.plan import System
from core.webhooks.deliveries import repaired

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REMOVED: Final = "user_deleted"


class Notice(Struct, frozen=True):
    """One notice: the id of a record that may be gone, or of an owner one of whose records may be gone.

    `key` tells two notices about the same record apart.
    """

    system: System
    record_id: str = ""
    owner: str = ""
    key: str = ""


class NoticeBox(Protocol):
    """Keeps notices until a read has acted on them. Every method blocks and raises nothing."""

    def waiting(self, system: System) -> Sequence[Notice]:
        """Return the notices of a system that were not dropped."""
        ...

    def drop(self, notices: Collection[Notice]) -> None:
        """Drop these notices, because a read has acted on them."""
        ...


class _TotalExpertNotice(Struct):
    item: str
    action: str
    id: int | str
    secret: str = ""


class _Event(Struct):
    """The parts of an event as they came: another event's odd part costs nothing here."""

    event: msgspec.Raw = msgspec.Raw()
    links: msgspec.Raw = msgspec.field(name="_links", default=msgspec.Raw())


class _Delivery(Struct):
    events: list[msgspec.Raw]


_total_expert: Final = decoder_of(_TotalExpertNotice)
_delivery: Final = decoder_of(_Delivery)
_event: Final = decoder_of(_Event)
_text: Final = decoder_of(str)
_parts: Final = decoder_of(dict[str, msgspec.Raw])
_ODD: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_OFFICER: Final = ("loan_officer", "user")
"""The links that name the loan officer of a removed user, the first of them first."""


class TotalExpertDelivery(Struct, frozen=True):
    """A notification of Total Expert: the secret that it has, and its notice; None if nothing was removed."""

    secret: str
    notice: Notice | None


def from_total_expert(body: bytes) -> TotalExpertDelivery | None:
    """Return what a notification of Total Expert says; None if the body is not a notification.

    The action DELETED stands for a contact that was removed or archived, and for one that went into another contact.
    """
    try:
        told = _total_expert.decode(repaired(body))
    except _ODD:
        return None
    record_id = str(told.id)
    if not _ID.fullmatch(record_id):
        return None
    is_gone = (told.item.upper(), told.action.upper()) in {("CONTACT", "DELETED"), ("CONTACT", "ARCHIVED")}
    return TotalExpertDelivery(told.secret, Notice(System.TOTAL_EXPERT, record_id) if is_gone else None)


def from_simplenexus(body: bytes) -> tuple[Notice, ...]:
    """Return the notices in a webhook of SimpleNexus. What can't be read is left out: the full read finds it."""
    try:
        events = _delivery.decode(repaired(body)).events
    except _ODD:
        return ()
    officers = dict.fromkeys(officer for raw in events if (officer := _officer_of_removed(raw)))
    return tuple(Notice(System.SIMPLENEXUS, owner=officer) for officer in officers)


def _officer_of_removed(raw: msgspec.Raw) -> str:
    """Return the id of the loan officer of a user whom an event calls removed; "" for any other event."""
    try:
        event = _event.decode(raw)
        if _text.decode(event.event) != _REMOVED:
            return ""
        links = _parts.decode(event.links)
    except _ODD:
        return ""
    for name in _OFFICER:
        try:
            link = _text.decode(links.get(name, msgspec.Raw()))
        except _ODD:
            continue
        id_ = link.partition("?")[0].rstrip("/").rpartition("/")[2]
        if _ID.fullmatch(id_):
            return id_
    return ""
