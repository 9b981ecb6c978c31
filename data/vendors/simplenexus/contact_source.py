"""SimpleNexus as the contact desk reads it: borrowers, partners and prospects, loan officer by loan officer.

Inactive accounts are read and matched like active ones. SimpleNexus lists them by default, and their emails stay taken.
Without them their contacts would be imported a second time. The contacts of an inactive loan officer are read so that
their links stay. No user is tied to an inactive loan officer, so nothing new is created for that officer.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from core.compare.keys import email_key
from core.contacts.model import Contact, ContactKind
from core.contacts.ports import Batch, Owner, RejectedContact
from core.push.plan import System
from data.vendors.contact_fields import asides, moment_of, taken
from data.vendors.http.client import BadStatus
from data.vendors.simplenexus.client import (
    Borrower,
    LoanOfficer,
    Partner,
    Prospect,
    SimpleNexus,
    SimpleNexusAddress,
)

_NOT_OFFERED: Final = frozenset({403, 404, 405})
"""What a system answers where an endpoint is not switched on for the account."""
_REF: Final = re.compile(r"BD-[A-Z2-7]{20}")


class SimpleNexusContactSource:
    """Reads the contacts of SimpleNexus through the typed client."""

    system = System.SIMPLENEXUS
    lists_by_owner = True

    def __init__(self, client: SimpleNexus) -> None:
        self._client = client

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        """Return the loan officers, inactive ones too, and the records that can't be used. Raises `Unreachable`."""
        found: list[Owner] = []
        aside: list[RejectedContact] = []
        async for page in self._client.loan_officers():
            found += map(_owner, page.records)
            aside += asides(self.system, page.set_aside)
        return found, aside

    async def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:
        """Yield each officer's borrowers, partners and prospects. Raises `Unreachable`.

        A borrower's record does not name the loan officer, so the lists per officer are read. Where there are several
        officers, the filter by officer is tried first.
        """
        if len(owners) > 1:
            await self._client.prove_officer_filter()
        for officer in owners:
            async for batch in self._borrowers(officer.id):
                yield batch
            async for batch in self._partners_and_prospects(officer.id):
                yield batch

    async def changes(self, owners: Sequence[Owner], since: float) -> AsyncIterator[Batch]:
        """Yield each officer's borrowers, partners and prospects that changed since a moment. Raises `Unreachable`.

        The borrowers of the whole company are asked for first. If none changed, no officer's borrowers are read. The
        client reaches back some minutes more (`OVERLAP`), for time stamps of whole seconds and an exclusive bound.
        """
        after = datetime.fromtimestamp(since, UTC)
        any_changed = False
        async for page in self._client.borrowers(updated_after=after):
            any_changed = bool(page.records or page.set_aside)
            yield Batch((), at=page.at)
            break
        if any_changed and len(owners) > 1:
            await self._client.prove_officer_filter()
        for officer in owners:
            if any_changed:
                async for batch in self._borrowers(officer.id, after):
                    yield batch
            async for batch in self._partners_and_prospects(officer.id, after):
                yield batch

    async def _borrowers(self, officer: str, after: datetime | None = None) -> AsyncIterator[Batch]:
        async for page in self._client.borrowers(officer, after):
            yield Batch(*taken(self.system, page, partial(_borrower, officer=officer)), at=page.at)

    async def _partners_and_prospects(
        self, officer: str, after: datetime | None = None
    ) -> AsyncIterator[Batch]:
        async for partners in self._client.partners(officer, after):
            yield Batch(*taken(self.system, partners, partial(_partner, officer=officer)), at=partners.at)
        async for prospects in self._client.prospects(officer, after):
            kept = taken(self.system, prospects, partial(_prospect, officer=officer))
            yield Batch(*kept, refs=tuple(_refs(prospects.records)), at=prospects.at)

    async def gone_among(self, contacts: Collection[Contact]) -> set[str]:
        """Return the ids of those contacts that SimpleNexus has no longer. Raises `Unreachable`.

        A partner or prospect of another officer counts as gone. A borrower's record names no officer.
        """
        return {contact.id for contact in contacts if await self._is_gone(contact)}

    async def _is_gone(self, contact: Contact) -> bool:
        match contact.kind:
            case ContactKind.BORROWER | ContactKind.CONTACT:
                return await self._client.borrower(contact.id) is None
            case ContactKind.PARTNER:
                return await self._client.partner(contact.owner, contact.id) is None
            case ContactKind.PROSPECT:
                return await self._client.prospect(contact.owner, contact.id) is None

    async def aliases(self, officer: str) -> tuple[str, ...]:
        """Return the aliases of a loan officer, as any text; one request at least. Raises `Unreachable`.

        Each endpoint is switched on for itself. A refusal means that the account may not read aliases: then none count.
        """
        found: list[str] = []
        try:
            async for page in self._client.aliases(officer):
                found += (one.alias for one in page.records if one.alias)
        except BadStatus as error:
            if error.status not in _NOT_OFFERED:
                raise
        return tuple(found)

    async def ids_by_email(self, emails: Collection[str], owners: Collection[str]) -> set[str]:
        """Return the ids of all accounts, and of the partners and prospects of these officers, with these emails.

        Prospects have no filter by email, so the lists of the officers are read. Raises `Unreachable`.
        """
        wanted = {email_key(email) for email in emails}
        if not wanted:
            return set()
        found = {account.id for account in await self._client.find_borrowers(emails)}
        for officer in owners:
            found |= {partner.id for partner in await self._client.find_partners(officer, emails)}
            async for prospects in self._client.prospects(officer):
                found |= _with_emails(prospects.records, wanted)
        return found


def _with_emails(records: Sequence[Prospect], wanted: Collection[str]) -> set[str]:
    return {record.id for record in records if email_key(record.email or "") in wanted}


def _owner(officer: LoanOfficer) -> Owner:
    name = " ".join(part for part in (officer.first_name, officer.last_name) if part)
    return Owner(officer.id, officer.email, name, officer.is_active is not False)


def _borrower(one: Borrower, officer: str) -> Contact:
    return Contact(
        one.id,
        first_name=one.first_name or "",
        last_name=one.last_name or "",
        email=one.email or "",
        mobile_phone=one.phone or "",
        owner=officer,
        kind=ContactKind.BORROWER,
        since=moment_of(one.created_at),
        origin="app",
    )


def _partner(one: Partner, officer: str) -> Contact:
    address = one.address or SimpleNexusAddress()
    return Contact(
        one.id,
        first_name=one.first_name or "",
        last_name=one.last_name or "",
        email=one.email or "",
        mobile_phone=one.mobile_phone or "",
        street=address.street1 or "",
        street_2=address.street2 or "",
        city=address.city or "",
        state=address.state or "",
        postcode=address.zip or "",
        owner=officer,
        kind=ContactKind.PARTNER,
        since=moment_of(one.created_at),
        origin="partner",
        professional_title=one.professional_title or "",
        accepted_invite=one.accepted_invite,
    )


def _prospect(one: Prospect, officer: str) -> Contact:
    return Contact(
        one.id,
        first_name=one.first_name or "",
        last_name=one.last_name or "",
        email=one.email or "",
        mobile_phone=one.phone or "",
        owner=officer,
        kind=ContactKind.PROSPECT,
        since=moment_of(one.created_at),
        origin="prospect",
    )


def _refs(prospects: Sequence[Prospect]) -> list[tuple[str, str]]:
    return [(word, one.id) for one in prospects for word in (one.note or "").split() if _REF.fullmatch(word)]
