"""What both contact systems share: a vendor's contact is taken over, without the values that can't be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from core.contacts.model import Contact
from core.contacts.ports import RejectedContact
from core.odd_values import OddField
from core.push.plan import System
from data.vendors.http.reply import Page, RejectedReplyRecord, VendorRecord

LONGEST: Final = 1_000
"""Characters of any value, as in contact files; 255 of an email."""
LONGEST_EMAIL: Final = 255
T = TypeVar("T", bound=VendorRecord)


def taken(
    system: System, page: Page[T], contact_of: Callable[[T], Contact]
) -> tuple[tuple[Contact, ...], tuple[RejectedContact, ...]]:
    """Return the contacts of a page, and the records that can't be used at all.

    A value that can't be used costs its field: the field is empty and named in `odd`.
    """
    kept: list[Contact] = []
    aside = list(asides(system, page.set_aside))
    for contact in map(contact_of, page.records):
        if not _can_be_typed(contact.id):
            name = contact.id if contact.id.isprintable() else ""
            aside.append(RejectedContact(system, name, _BAD_ID))
        else:
            kept.append(_usable(contact, page.odd.get(contact.id, ())))
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


_BAD_ID: Final = "its id is blank, or holds a character that can't be typed"


def _can_be_typed(text: str) -> bool:
    """Return True if a person can type an id: it is not blank, and nothing in it is invisible."""
    return bool(text.strip()) and text == text.strip() and text.isprintable()


def _usable(contact: Contact, odd: Iterable[OddField]) -> Contact:
    """Return a contact without the values that can't be used. `odd` are those that its record can't hold."""
    wrong = {value.field: value.reason for value in odd}
    cleaned: dict[str, Any] = {}
    for field in contact.__struct_fields__:
        value = getattr(contact, field)
        if isinstance(value, str) and (reason := _wrong_with(field, value)):
            cleaned[field] = ""
            wrong[field] = reason
    return replace(contact, **cleaned, odd=tuple(wrong.items())) if wrong else contact


def _wrong_with(field: str, text: str) -> str:
    """Return why a text can't be used; "" if it can."""
    longest = LONGEST_EMAIL if field == "email" else LONGEST
    if len(text) <= longest:
        return ""
    length = len(text.strip())
    return f"it has {length:,} characters, {longest:,} is the most" if length > longest else ""
