"""What the contact desk needs from outside: two systems that it can read page by page.

The contact sources in `data/vendors` implement this port, and so do the fakes of the tests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from core.contacts.consent import Unsubscribe
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
    `gone` are the ids of records that the system lists no longer. `at` is the system's own time when it gave the page,
    in seconds since 1970; None if it did not say.
    """

    contacts: tuple[Contact, ...]
    aside: tuple[RejectedContact, ...] = ()
    refs: tuple[tuple[str, str], ...] = ()
    bears: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    at: float | None = None


class AliasSource(Protocol):
    """The aliases of SimpleNexus's loan officers."""

    async def aliases(self, officer: str) -> Sequence[str]:
        """Return the aliases of a loan officer, as any text. Raises `Unreachable`."""
        ...


class LostRecords(Struct, frozen=True):
    """Records that were read before and are gone: their ids, and the references and external ids that they had.

    `refs` and `bears` have the form of `Batch`. They say what a record was linked with if the book does not.
    """

    ids: tuple[str, ...] = ()
    refs: tuple[tuple[str, str], ...] = ()
    bears: tuple[tuple[str, str], ...] = ()


class SystemReading(Struct, frozen=True):
    """One system as it was read, as a whole. `contacts` are by id; the other fields are those of `Batch`.

    `lost` are the records that an earlier read had.
    """

    owners: Sequence[Owner]
    contacts: Mapping[str, Contact]
    aside: Sequence[RejectedContact] = ()
    refs: Sequence[tuple[str, str]] = ()
    bears: Sequence[tuple[str, str]] = ()
    lost: LostRecords = LostRecords()


class ContactSource(Protocol):
    """One of the two systems, for reading."""

    system: System
    lists_by_owner: bool
    """True if contacts are listed owner by owner, so that a contact is listed only as long as its owner is."""

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        """Return the owners of contacts, and the records of owners that could not be used. Raises `Unreachable`."""
        ...

    def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:
        """Yield the contacts page by page: those of `owners`, or those of everybody. Raises `Unreachable`."""
        ...

    def changes(self, owners: Sequence[Owner], since: float) -> AsyncIterator[Batch]:
        """Yield the contacts that changed since a moment, page by page: those of `owners`, or those of everybody.

        `since` is in seconds since 1970 by the system's clock. At least one page comes, so that the system's time is
        known. A record that was removed is not reported. Raises `Unreachable`.
        """
        ...

    async def gone_among(self, contacts: Collection[Contact]) -> set[str]:
        """Return the ids of those contacts that the system has no longer, or lists under another owner.

        Each contact is asked for alone. Raises `Unreachable`.
        """
        ...

    async def ids_by_email(self, emails: Collection[str], owners: Collection[str]) -> set[str]:
        """Return the ids of the contacts that have one of these emails now, with these owners or with everybody.

        A list that is read page by page while it changes may lose a record. So these emails are asked for again, and
        lists are read again where the system has no filter. Raises `Unreachable`.
        """
        ...


class ConsentSource(Protocol):
    """The part of Total Expert that says what a contact wishes now. Every method may raise `Unreachable`."""

    async def contact(self, contact_id: str) -> Contact | None:
        """Read one contact now; None if there is none."""
        ...

    async def unsubscribes(self, email: str) -> Sequence[Unsubscribe] | None:
        """Return what an address is unsubscribed from; None if the system can't be asked about the address."""
        ...
