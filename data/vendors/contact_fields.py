"""What both reading sides share: a vendor's contact taken over where it fits, set aside by field where it doesn't."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from msgspec.structs import asdict

from core.contacts.model import Contact
from core.contacts.ports import RejectedContact
from core.push.plan import System
from data.vendors.http.reply import Page, RejectedReplyRecord, VendorRecord

LONGEST: Final = 1_000
"""Characters of any value, as in contact files; 255 of an email."""
LONGEST_EMAIL: Final = 255
T = TypeVar("T", bound=VendorRecord)


def taken(
    system: System, page: Page[T], contact_of: Callable[[T], Contact]
) -> tuple[tuple[Contact, ...], tuple[RejectedContact, ...]]:
    """Give a page's contacts, and what of it can't be used: records of another form, and values nobody can compare."""
    kept: list[Contact] = []
    aside = list(asides(system, page.set_aside))
    for contact in map(contact_of, page.records):
        if why := _wrong(contact):
            aside.append(RejectedContact(system, contact.id if contact.id.isprintable() else "", why))
        else:
            kept.append(contact)
    return tuple(kept), tuple(aside)


def asides(system: System, found: Iterable[RejectedReplyRecord]) -> Iterable[RejectedContact]:
    """Give what the client set aside, in the room's words."""
    return (RejectedContact(system, one.record_id, one.why) for one in found)


def day_of(stamp: str | None) -> str:
    """Give the ISO date that a time stamp begins with; "" where it does not."""
    held = (stamp or "")[:10]
    return held if len(held) == 10 and held[4] == held[7] == "-" and held.replace("-", "").isdecimal() else ""


def moment_of(stamp: str | None) -> str:
    """Return a time stamp that begins with an ISO date; "" for any other text."""
    return (stamp or "").strip()[:40] if day_of(stamp) else ""


def _wrong(contact: Contact) -> str:
    if not contact.id.strip() or contact.id != contact.id.strip() or not contact.id.isprintable():
        return "its id is blank, or holds a character that can't be typed"
    for field, value in asdict(contact).items():
        if not isinstance(value, str) or (value.isascii() and len(value) <= LONGEST_EMAIL):
            continue
        if any("\ud800" <= one <= "\udfff" for one in value):
            return f"its {field} holds half a character"
        longest = LONGEST_EMAIL if field == "email" else LONGEST
        if len(value.strip()) > longest:
            return f"its {field} has {len(value.strip())} characters, {longest} is the most"
    return ""
