"""What the contact room needs of the world: the two systems to be read, page by page.

`data/vendors` honours it; the tests' own stand-ins do too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from msgspec import Struct

from core.contacts.model import Contact
from core.push.plan import System


class Owner(Struct, frozen=True):
    """A loan officer of SimpleNexus, or a user of Total Expert. Nothing is made for one who is not `active`."""

    id: str
    email: str
    name: str = ""
    active: bool = True


class RejectedContact(Struct, frozen=True):
    """A record that could not be used; `why` names the field, never what it holds. "" is an id that is not told."""

    system: System
    record_id: str
    why: str


class Batch(Struct, frozen=True):
    """One page of a system's contacts.

    `refs` are our own references found on records, as (reference, record's id). `bears` are the ids that other
    systems call a record by, as (that id, record's id).
    """

    contacts: tuple[Contact, ...]
    aside: tuple[RejectedContact, ...] = ()
    refs: tuple[tuple[str, str], ...] = ()
    bears: tuple[tuple[str, str], ...] = ()


class ContactSource(Protocol):
    """How one of the two systems is read."""

    system: System

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        """Give those whose contacts there are, and the records of owners that do not fit. Raises `Unreachable`."""
        ...

    def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:
        """Give the contacts of these owners, or of everybody, page by page. Raises `Unreachable`."""
        ...
