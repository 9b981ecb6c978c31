"""Total Expert as the contact desk reads it: users, and all contacts with their owners."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime
from typing import Final

from core.compare.fillers import NULLS
from core.compare.keys import email_key, label_key
from core.contacts import model
from core.contacts.match.roles import CUSTOM
from core.contacts.ports import Batch, Owner, RejectedContact
from core.push.plan import System
from data.vendors.contact_fields import asides, day_of, taken
from data.vendors.http.client import BadStatus
from data.vendors.http.reply import Page
from data.vendors.total_expert.client import NO_FILTER, TotalExpert
from data.vendors.total_expert.records import Named, Preferences, TotalExpertContact, text_of

_REF: Final = re.compile(r"BD-[A-Z2-7]{20}")
_NO_YEAR: Final = ("1970-", "1900-")
"""The years with which Total Expert gives a birthday: 1970 by its tables, 1900 in its samples. Neither is a year."""


class TotalExpertContactSource:
    """Reads the contacts of Total Expert through the typed client."""

    system = System.TOTAL_EXPERT
    lists_by_owner = False

    def __init__(self, client: TotalExpert) -> None:
        self._client = client

    async def owners(self) -> tuple[list[Owner], list[RejectedContact]]:
        """Return the users, and the records that can't be used. Raises `Unreachable`."""
        found: list[Owner] = []
        aside: list[RejectedContact] = []
        async for page in self._client.users():
            found += (Owner(one.key, one.email, one.name, one.is_active) for one in page.records)
            aside += asides(self.system, page.set_aside)
        return found, aside

    async def contacts(self, owners: Sequence[Owner]) -> AsyncIterator[Batch]:  # noqa: ARG002 - lists everybody's
        """Yield all contacts, page by page. Each contact names its owner. Raises `Unreachable`."""
        async for page in self._client.contacts():
            yield self._batch(page)

    async def changes(self, owners: Sequence[Owner], since: float) -> AsyncIterator[Batch]:  # noqa: ARG002 - as above
        """Yield everybody's contacts that changed since a moment, and which were archived since. Raises `Unreachable`.

        A contact counts as archived if the list of archived contacts has it and the other list has not: so a system
        that ignores the filter `archieved` archives nobody.
        """
        after = datetime.fromtimestamp(since, UTC)
        listed: set[str] = set()
        at: float | None = None
        async for page in self._client.contacts(after):
            at = page.at
            listed |= {one.key for one in page.records} | {one.record_id for one in page.set_aside}
            yield self._batch(page)
        archived: set[str] = set()
        try:
            async for page in self._client.archived_contacts(after):
                archived |= {one.key for one in page.records} | {one.record_id for one in page.set_aside}
        except BadStatus as error:
            if error.status not in NO_FILTER:
                raise
        yield Batch((), gone=tuple(sorted(archived - listed - {""})), at=at)

    async def gone_among(self, contacts: Collection[model.Contact]) -> set[str]:
        """Return the ids of those contacts that are removed, archived, or another owner's. Raises `Unreachable`."""
        return {contact.id for contact in contacts if await self._is_gone(contact)}

    async def _is_gone(self, contact: model.Contact) -> bool:
        """Return True if a contact is removed, archived, or another owner's.

        A record does not say that it is archived, but a list leaves it out. So the contact is looked for by its email
        first, and read alone if the list does not have it.
        """
        listed = await self._client.find_by_emails([contact.email]) if contact.email else []
        for one in listed:
            if one.key == contact.id:
                return (one.owner or Named()).key != contact.owner
        alone = await self._client.contact(contact.id)
        if alone is None or (alone.owner or Named()).key != contact.owner:
            return True
        return bool(contact.email) and email_key(alone.email or "") == email_key(contact.email)

    def _batch(self, page: Page[TotalExpertContact]) -> Batch:
        kept, aside = taken(self.system, page, contact_of)
        refs: list[tuple[str, str]] = []
        bears: list[tuple[str, str]] = []
        for one in page.records:
            for mark in one.external_ids or ():
                ours = mark.source == self._client.source and _REF.fullmatch(mark.external_id)
                (refs if ours else bears).append((mark.external_id, one.key))
        return Batch(kept, aside, tuple(refs), tuple(bears), at=page.at)

    async def ids_by_email(self, emails: Collection[str], owners: Collection[str]) -> set[str]:  # noqa: ARG002 - the port's form
        """Return the ids of everybody's contacts with these emails. Raises `Unreachable`."""
        if not emails:
            return set()
        return {contact.key for contact in await self._client.find_by_emails(emails)}


def contact_of(one: TotalExpertContact) -> model.Contact:
    """Return a contact of Total Expert as the desk knows it."""
    return model.Contact(
        one.key,
        first_name=one.first_name or "",
        last_name=one.last_name or "",
        suffix=one.suffix or "",
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
        title=one.title or "",
        nickname=one.nickname or "",
        consent=_consent(one),
        groups=tuple(group.group_name for group in one.contact_groups or ()),
        related=_related(one),
        assignee=_assignee(one),
        shared_with=tuple(user.key for user in one.shared_with_users or () if user.key),
        license_number=text_of(one.license_number),
        employer=one.employer_name or "",
        employer_license=text_of(one.employer_license_number),
        more=_more(one),
    )


_MORE: Final = (
    *("email_work", "fax", "employer_address", "employer_address_2", "employer_city", "employer_state"),
    *(
        "employer_zip",
        "website_url",
        "linkedin_url",
        "other_url",
        "referred_by",
        "referred_to",
        "credit_score",
    ),
    *("credit_score_date", "close_date", "list_date", "last_contacted_date", "pre_approval_issued_date"),
)
"""The fields that are only named, because SimpleNexus has no place for them."""


def _more(one: TotalExpertContact) -> tuple[tuple[str, str], ...]:
    """Return the further fields that a contact holds, and its custom fields, as (name, value)."""
    held = tuple((name, text) for name in _MORE if (text := text_of(getattr(one, name))))
    return held + tuple((f"{CUSTOM}{name}", text) for name, text in one.custom_values.items())


def _consent(one: TotalExpertContact) -> model.Consent:
    silenced = one.preferences.is_silenced if isinstance(one.preferences, Preferences) else None
    consent = model.Consent(
        flag_of(one.ok_to_email), flag_of(one.ok_to_call), flag_of(one.ok_to_mail), flag_of(silenced)
    )
    return model.NO_CONSENT if consent == model.NO_CONSENT else consent


_FLAGS: Final = {"1": True, "0": False, "true": True, "false": False}


def flag_of(value: bool | int | str | None) -> bool | None:
    """Return a yes or no of the system; None if it says neither."""
    return value if isinstance(value, bool) else _FLAGS.get(label_key(str(value)))


def _assignee(one: TotalExpertContact) -> str:
    given = one.assignee
    if isinstance(given, tuple):
        return given[0].key if given else ""
    return given.key if given is not None else ""


def _related(one: TotalExpertContact) -> tuple[model.RelatedEntity, ...]:
    return tuple(
        model.RelatedEntity(relation.name, str(entity.id or ""), entity.entity_name or "")
        for relation in one.relations
        for entity in relation.parents
    )


def _birth_date(birthday: str | None) -> str:
    """Return a birthday without its year; "" for none, and for the first of January, which stands for none."""
    held = day_of(birthday)
    if held in NULLS:
        return ""
    return f"--{held[5:]}" if held.startswith(_NO_YEAR) else held
