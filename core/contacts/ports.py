"""What the contact desk needs from outside: two systems that it can read page by page.

The contact sources in `data/vendors` implement this port, and so do the fakes of the tests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from typing import Protocol

from msgspec import Struct

from core.contacts.model import Contact
from core.push.plan import System


class Owner(Struct, frozen=True):
    """A loan officer of SimpleNexus, or a user of Total Expert. Nothing is created for an owner who is not `active`."""

    id: str
    email: str
    name: str = ""
    active: bool = True


class RejectedContact(Struct, frozen=True):
    """A record that could not be used. `why` names the field, never its value. `record_id` is "" if it is unknown."""

    system: System
    record_id: str
    why: str


class Batch(Struct, frozen=True):
    """One page of a system's contacts.

    `aside` are the records of the page that could not be used. `refs` are our own references found on records, as
    (reference, record's id). `bears` are the ids under which other systems know a record, as (that id, record's id).
    """

    contacts: tuple[Contact, ...]
    aside: tuple[RejectedContact, ...] = ()
    refs: tuple[tuple[str, str], ...] = ()
    bears: tuple[tuple[str, str], ...] = ()


class AliasSource(Protocol):
    """The aliases of SimpleNexus's loan officers."""

    async def aliases(self, officer: str) -> Sequence[str]:
        """Return the aliases of a loan officer, as any text. Raises `Unreachable`."""
        ...


class ContactSource(Protocol):
    """One of the two systems, for reading."""

    system: System

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        """Return the owners of contacts, and the records of owners that could not be used. Raises `Unreachable`."""
        ...

    def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:
        """Yield the contacts page by page: those of `owners`, or those of everybody. Raises `Unreachable`."""
        ...

    async def ids_by_email(self, emails: Collection[str], owners: Collection[str]) -> set[str]:
        """Return the ids of the contacts that have one of these emails now, with these owners or with everybody.

        A list that is read page by page while it changes may lose a record. So these emails are asked for again, and
        lists are read anew where the system has no filter. Raises `Unreachable`.
        """
        ...
