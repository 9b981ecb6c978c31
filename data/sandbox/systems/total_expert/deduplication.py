"""Whom Total Expert takes a new contact for: the vendor's rules in the vendor's order.

The external ids come first, then first and last name together with the email, with the whole address, and with the
home, the cell and the office phone. No text says whose contacts are compared: those of the same owner (our assumption;
the option `duplicates_among` has the other reading). Letter case counts for nothing (our assumption). Of several
contacts that fit one rule the oldest is taken (our assumption).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from data.sandbox.store import Document, Store, Wanted
from data.sandbox.systems.api import folded, text_or_none
from data.sandbox.systems.total_expert.records import NAME, PHONES, digits, external_mark

PLACE = ("address", "city", "state", "zip_code")
"""The parts of an address; all four are needed."""


def duplicate_of(store: Store, contact: Document, owner: str | None) -> Document | None:
    """Return the contact that a POST of `contact` would change, or None. `owner` is the id of the only owner asked."""
    for external in _external_marks(contact):
        for there in store.find(NAME, "contacts", Wanted(belongs_to=owner, marks=(external,)), limit=1):
            return there
    first, last = folded(contact.get("first_name")), folded(contact.get("last_name"))
    if first is None or last is None:
        return None
    namesakes = store.find(NAME, "contacts", Wanted(belongs_to=owner, first_name=first, last_name=last))
    for same in _SAMENESS:
        for there in namesakes:
            if same(contact, there):
                return there
    return None


def _external_marks(contact: Document) -> Iterator[tuple[str, str]]:
    listed = contact.get("external_ids")
    for entry in listed if isinstance(listed, list) else ():
        source, external = text_or_none(entry.get("source")), text_or_none(entry.get("external_id"))
        if source and external:
            yield external_mark(source, external)


def _same_email(new: Document, there: Document) -> bool:
    return folded(new.get("email")) is not None and folded(new.get("email")) == folded(there.get("email"))


def _same_address(new: Document, there: Document) -> bool:
    place = [folded(new.get(name)) for name in PLACE]
    return None not in place and place == [folded(there.get(name)) for name in PLACE]


def _same_phone(name: str) -> Callable[[Document, Document], bool]:
    def same(new: Document, there: Document) -> bool:
        number = digits(new.get(name))
        return number is not None and number == digits(there.get(name))

    return same


_SAMENESS = (_same_email, _same_address, *(_same_phone(name) for name in PHONES))
