"""What Total Expert's stand-in keeps: kinds, first ids, and by what a record is found. Knows no request and no reply.

Ids are numbers that count apart for each kind, as the vendor's tables type them, so the ids of two kinds can be equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.sandbox.store import Document, Keys, Mark
from data.sandbox.systems.api import folded, text_or_none

NAME = "total-expert"
FIRST_IDS = {
    "contacts": 50_001,
    "users": 301,
    "contact-groups": 11,
    "insight-types": 1,
    "insights": 7_001,
    "contact-notes": 9_001,
    "activities": 12_001,
    "entities": 40_001,
    "email-unsubscribes": 601,
    "webhook-subscriptions": 801,
}
"""The first id of each kind that counts."""
KINDS = (
    *("contacts", "users", "contact-groups", "insight-types", "insights", "contact-notes", "activities"),
    *("entities", "email-unsubscribes", "text-consents", "voice-consents"),
    *("webhook-subscriptions", "notifications"),
)
BORN_IN = "1970"
"""The year that every birthday is kept with."""
PHONES = ("phone_home", "phone_cell", "phone_office")
"""In the order in which duplicates are looked for."""
_FEWEST_DIGITS = 7


def counter(kind: str) -> str:
    """Return the name of the series that the ids of a kind are from."""
    return f"{NAME}-{kind}"


def named(user: Document) -> Document:
    """Return a user as a relationship keeps and shows that user."""
    return {name: user.get(name) for name in ("email", "external_id", "id", "username")}


def id_of(relation: object) -> str:
    """Return the id in a relationship as text, empty where there is none."""
    return str(relation.get("id")) if isinstance(relation, dict) else ""


def digits(value: object) -> str | None:
    """Return the digits of a phone number; None if there are fewer than 7, which the vendor does not compare."""
    found = re.sub(r"[^0-9]", "", value) if isinstance(value, str) else ""
    return found if len(found) >= _FEWEST_DIGITS else None


def external_mark(source: str, external_id: str) -> Mark:
    """Return the mark of an external id together with its source."""
    return "external", f"{source}\x1f{external_id}"


def type_name(kind: Document) -> str | None:
    """Return the system name of an insight type, also of one that an earlier version of the sandbox kept."""
    return text_or_none(kind.get("type")) or text_or_none(kind.get("type_name"))


def keys(kind: str, document: Document) -> Keys:
    """Return what a record can be found by. Copes with any nonsense in the document."""
    belongs_to = "contact" if kind in ("insights", "contact-notes", "voice-consents") else "owner"
    return Keys(
        belongs_to=id_of(document.get(belongs_to)),
        first_name=folded(document.get("first_name")),
        last_name=folded(document.get("last_name")),
        email=folded(document.get("email")),
        updated_at=text_or_none(document.get("internal_updated_at")),
    )


def marks(kind: str, document: Document) -> tuple[Mark, ...]:
    """Return what a record can be found by besides its keys. Copes with any nonsense in the document."""
    match kind:
        case "contacts":
            return tuple(dict.fromkeys(_contact_marks(document)))
        case "insights" | "contact-notes":
            return ("type", id_of(document.get("type"))), ("owner", id_of(document.get("owner")))
        case _:
            return ()


def _contact_marks(contact: Document) -> Iterator[Mark]:
    for name in PHONES:
        if (number := digits(contact.get(name))) is not None:
            yield name, number
    if (external := text_or_none(contact.get("external_id"))) is not None:
        yield "external_id", external
    for entry in _entries(contact, "external_ids"):
        source, external = text_or_none(entry.get("source")), text_or_none(entry.get("external_id"))
        if source and external:
            yield external_mark(source, external)
            yield "listed_external_id", external
    for entry in _entries(contact, "contact_groups"):
        yield "group_id", str(entry.get("id"))
        if (name_ := folded(entry.get("group_name"))) is not None:
            yield "group_name", name_
    if contact.get("archived") is True:
        yield ARCHIVED


ARCHIVED: Mark = ("archived", "1")
"""The mark of a contact that somebody archived in Total Expert."""


def _entries(document: Document, name: str) -> Iterator[Document]:
    listed = document.get(name)
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            yield entry
