"""Total Expert as the contact desk reads it: users, and all contacts with their owners."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Final

from core.compare.dates import NULLS
from core.contacts import model
from core.contacts.ports import Batch, Owner, RejectedContact
from core.push.plan import System
from data.vendors.contact_fields import asides, day_of, taken
from data.vendors.http.reply import LookUp
from data.vendors.total_expert.client import Named, TotalExpert, TotalExpertContact

FEW: Final = 20
"""Up to so many emails are looked up one by one. For more, the whole list is read once."""
_REF: Final = re.compile(r"BD-[A-Z2-7]{20}")
_NO_YEAR: Final = "1970-"
"""The year with which Total Expert stores every birthday."""


class TotalExpertContactSource:
    """Reads the contacts of Total Expert through the typed client."""

    system = System.TOTAL_EXPERT

    def __init__(self, client: TotalExpert) -> None:
        self._client = client
        self._by: LookUp | None = None

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        """Return the users, and the records that can't be used. Raises `Unreachable`."""
        found: list[Owner] = []
        aside: list[RejectedContact] = []
        async for page in self._client.users():
            found += (Owner(one.key, one.email, one.username or "") for one in page.records)
            aside += asides(self.system, page.set_aside)
        return found, aside

    async def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:  # noqa: ARG002 - lists everybody's
        """Yield all contacts, page by page. Each contact names its owner. Raises `Unreachable`."""
        async for page in self._client.contacts():
            kept, aside = taken(self.system, page, _contact)
            refs: list[tuple[str, str]] = []
            bears: list[tuple[str, str]] = []
            for one in page.records:
                for mark in one.external_ids or ():
                    ours = mark.source == self._client.source and _REF.fullmatch(mark.external_id)
                    (refs if ours else bears).append((mark.external_id, one.key))
            yield Batch(kept, aside, tuple(refs), tuple(bears))

    async def ids_by_email(self, emails: Collection[str], owners: Collection[str]) -> set[str]:  # noqa: ARG002
        """Return the ids of everybody's contacts with these emails. Raises `Unreachable`."""
        if not emails:
            return set()
        if self._by is None:
            self._by = await self._client.email_look_up()
        by = self._by if len(emails) <= FEW else LookUp.SCAN
        return {contact.key for contact in await self._client.find_by_emails(emails, by)}


def _contact(one: TotalExpertContact) -> model.Contact:
    return model.Contact(
        one.key,
        first_name=one.first_name or "",
        last_name=one.last_name or "",
        email=one.email or "",
        mobile_phone=one.phone_cell or "",
        home_phone=one.phone_home or "",
        work_phone=one.phone_office or "",
        birth_date=_birth_date(one.birthday),
        street=one.address or "",
        street_2=one.address_2 or "",
        city=one.city or "",
        state=one.state or "",
        postcode=one.zip_code or "",
        owner=(one.owner or Named()).key,
        since=day_of(one.internal_created_at),
        origin=one.source or "",
    )


def _birth_date(birthday: str | None) -> str:
    """Give a birthday, without the year 1970; "" for none, and for the first of January, which stands for none."""
    held = day_of(birthday)
    if held in NULLS:
        return ""
    return f"--{held[5:]}" if held.startswith(_NO_YEAR) else held
