"""Total Expert, as its published description and samples have it: contacts, users, groups and insights.

A POST of a contact that the system takes for somebody who is there changes that contact instead. So what a POST
did is one of two things here, and whom it hit is compared with whom it was meant for. Nothing here deletes.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

from core.compare.keys import email_key
from core.errors import Unreachable
from core.push.plan import Body, System
from core.push.ports import Applied, Diverted, Outcome
from data.private_files import replaced_file
from data.vendors.http.client import HttpClient, SystemAddress, Token, segment
from data.vendors.http.paging import all_pages
from data.vendors.http.reply import LookUp, Page, VendorRecord, decoded

PAGE_SIZE: Final = 100
NOBODY: Final = "nobody.at.all.f3a9c1@example.invalid"
"""A text that no record bears: what a filter that is obeyed finds nothing for."""
T = TypeVar("T", bound=VendorRecord)


class Named(Struct, frozen=True):
    """Who or what a record belongs to. Ids are numbers in one sample and text in the next: `key` is the text."""

    id: int | str | None = None
    email: str | None = None
    username: str | None = None
    external_id: str | None = None

    @property
    def key(self) -> str:
        """The id as text; empty where none is told."""
        return "" if self.id is None else str(self.id)


class ExternalId(Struct, frozen=True):
    """What another system calls a contact."""

    source: str
    external_id: str


class Membership(Struct, frozen=True):
    """A group that a contact is in."""

    group_name: str
    id: int | str | None = None


class TotalExpertContact(VendorRecord, frozen=True):
    """A contact: no middle name, no country, and a birthday whose year says nothing (1970)."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "Contact"

    id: int | str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone_cell: str | None = None
    phone_home: str | None = None
    phone_office: str | None = None
    address: str | None = None
    address_2: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    birthday: str | None = None
    source: str | None = None
    owner: Named | None = None
    external_ids: tuple[ExternalId, ...] | None = None
    contact_groups: tuple[Membership, ...] | None = None
    internal_created_at: str | None = None
    internal_updated_at: str | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)


class TotalExpertUser(VendorRecord, frozen=True):
    """A user, who owns contacts; tied to a loan officer of SimpleNexus by email."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "User"

    id: int | str
    email: str
    username: str | None = None
    external_id: str | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)


class TotalExpertGroup(VendorRecord, frozen=True):
    """A group of contacts, one user's own."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "Group"

    id: int | str
    group_name: str
    owner: Named | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)


class InsightType(VendorRecord, frozen=True):
    """A kind of insight. No sample names the field that holds its name: several are looked at."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "InsightType"

    id: int | str
    type_name: str | None = None
    name: str | None = None
    insight_type_name: str | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)

    @property
    def label(self) -> str:
        """The name, under whichever of the fields it stands."""
        return self.type_name or self.name or self.insight_type_name or ""


class Said(Struct, frozen=True):
    """What an insight says."""

    description: str | None = None


class TotalExpertInsight(VendorRecord, frozen=True):
    """Something that happened to a contact. It starts Journeys, and can't be taken back."""

    system: ClassVar[System] = System.TOTAL_EXPERT
    record_name: ClassVar[str] = "Insight"

    id: int | str
    contact: Named | None = None
    type: Named | None = None
    owner: Named | None = None
    insight_date: str | None = None
    data: Said | None = None

    @property
    def key(self) -> str:
        """The id as text."""
        return str(self.id)


class TotalExpert:
    """The system over one wire. Lists come page by page; a record that does not fit is set aside, not lost."""

    system = System.TOTAL_EXPERT

    def __init__(self, wire: HttpClient, source: str) -> None:
        self._wire = wire
        self.source = source
        self._bearers: defaultdict[str, set[str]] = defaultdict(set)

    # -- lists ---------------------------------------------------------------------------------------------

    def contacts(self) -> AsyncIterator[Page[TotalExpertContact]]:
        """List all contacts, page by page. There is no list of the changed ones. Raises `Unreachable`."""
        return self._pages("/contacts", TotalExpertContact, {})

    def users(self) -> AsyncIterator[Page[TotalExpertUser]]:
        """List the users. Raises `Unreachable`."""
        return self._pages("/users", TotalExpertUser, {})

    def groups(self) -> AsyncIterator[Page[TotalExpertGroup]]:
        """List the groups of all users. Raises `Unreachable`."""
        return self._pages("/contact-groups", TotalExpertGroup, {})

    def insight_types(self) -> AsyncIterator[Page[InsightType]]:
        """List the kinds of insights. Raises `Unreachable`."""
        return self._pages("/insight-types", InsightType, {})

    def insights(self) -> AsyncIterator[Page[TotalExpertInsight]]:
        """List all insights. Raises `Unreachable`."""
        return self._pages("/insights", TotalExpertInsight, {})

    async def contact(self, contact_id: str) -> TotalExpertContact | None:
        """Read one contact; None where there is none. Raises `Unreachable`."""
        content = await self._wire.get_object(f"/contacts/{segment(contact_id)}")
        if content is None:
            return None
        page = decoded([content], TotalExpertContact)
        if not page.records or page.records[0].key != contact_id:
            raise _something_else("a request for one contact")
        return page.records[0]

    # -- look-ups ------------------------------------------------------------------------------------------

    async def contact_look_up(self) -> LookUp:
        """Find out how a contact can be found by external id. Raises `Unreachable`.

        No description has a filter, and a system may ignore one that it does not know and give the first page of
        everybody. So a filter counts only where it finds nobody for a text that nobody bears, and for a known
        contact's own external id (or email, where none has one) that contact alone.
        """
        async for page in self.contacts():
            for known in page.records:
                if known.external_ids:
                    return await self._probe(known, "external_id", known.external_ids[0].external_id)
        return await self.email_look_up()

    async def email_look_up(self) -> LookUp:
        """Find out whether contacts can be found by email, in the way of `contact_look_up`. Raises `Unreachable`."""
        async for page in self.contacts():
            for known in page.records:
                if known.email:
                    return await self._probe(known, "email", known.email)
        return LookUp.SCAN

    async def find_by_emails(self, emails: Collection[str], by: LookUp) -> list[TotalExpertContact]:
        """Find the contacts that have one of these emails. Raises `Unreachable`.

        A contact that a filter finds is looked at, so a filter that is not obeyed never passes for an answer.
        """
        wanted = {email_key(email): email for email in emails}
        found: list[TotalExpertContact] = []
        if by is LookUp.FILTER:
            for email in wanted.values():
                found += await self._filtered("email", email)
        else:
            async for page in self.contacts():
                found += page.records
        return [contact for contact in found if email_key(contact.email or "") in wanted]

    async def _probe(self, known: TotalExpertContact, field: str, value: str) -> LookUp:
        try:
            nobody = await self._filtered(field, NOBODY)
            found = await self._filtered(field, value)
        except Unreachable as error:
            if error.code in ("bad-answer", "bad-reply"):
                return LookUp.SCAN  # a filter that is refused is no filter
            raise
        ids = [contact.key for contact in found]
        obeyed = not nobody and known.key in ids and len(ids) < PAGE_SIZE
        return LookUp.FILTER if obeyed else LookUp.SCAN

    async def find_by_refs(self, refs: Collection[str], by: LookUp) -> dict[str, list[TotalExpertContact]]:
        """Find the contacts that bear our references as external id, by reference. Raises `Unreachable`.

        Who is found is looked at, and remembered as a bearer of the reference.
        """
        found: dict[str, list[TotalExpertContact]] = {ref: [] for ref in refs}
        async for contact in self._candidates(refs, by):
            for mark in contact.external_ids or ():
                if mark.source == self.source and mark.external_id in found:
                    found[mark.external_id].append(contact)
                    self._bearers[mark.external_id].add(contact.key)
        return found

    async def _candidates(self, refs: Collection[str], by: LookUp) -> AsyncIterator[TotalExpertContact]:
        """Give the contacts among which the bearers are."""
        if by is LookUp.SCAN:
            async for page in self.contacts():
                for contact in page.records:
                    yield contact
        elif by is LookUp.FILTER:
            seen: set[str] = set()
            for ref in refs:
                for contact in await self._filtered("external_id", ref):
                    if contact.key not in seen:
                        seen.add(contact.key)
                        yield contact
        else:
            raise _something_else("a look-up, which it does not offer,")

    async def _filtered(self, field: str, value: str) -> list[TotalExpertContact]:
        params = {f"filter[{field}]": value, "page[size]": str(PAGE_SIZE)}
        content = await self._wire.get_page("/contacts", params)
        return list(decoded(_items(content), TotalExpertContact).records)

    async def insight_look_up(self) -> LookUp:
        """Find out how a contact's insights can be found. Raises `Unreachable`. See `contact_look_up`."""
        async for page in self.insights():
            for known in page.records:
                if known.contact is not None and known.contact.key:
                    return await self._probe_insights(known, known.contact.key)
        return LookUp.SCAN

    async def _probe_insights(self, known: TotalExpertInsight, contact: str) -> LookUp:
        try:
            nobody = [one async for one in self._insights_of("0")]
            found = [one async for one in self._insights_of(contact)]
        except Unreachable as error:
            if error.code in ("bad-answer", "bad-reply"):
                return LookUp.SCAN
            raise
        obeyed = not nobody and any(one.key == known.key for one in found)
        alone = all(one.contact is not None and one.contact.key == contact for one in found)
        return LookUp.FILTER if obeyed and alone else LookUp.SCAN

    async def insights_of(self, contacts: Collection[str], by: LookUp) -> dict[str, list[TotalExpertInsight]]:
        """Give the insights of these contacts, by contact. Raises `Unreachable`."""
        found: dict[str, list[TotalExpertInsight]] = {contact: [] for contact in contacts}
        if by is LookUp.FILTER:
            for contact, held in found.items():
                async for one in self._insights_of(contact):
                    if one.contact is not None and one.contact.key == contact:
                        held.append(one)
            return found
        async for page in self.insights():
            if page.set_aside:
                raise _something_else("a request for the insights")  # one that can't be read may be the one
            for one in page.records:
                if one.contact is not None and one.contact.key in found:
                    found[one.contact.key].append(one)
        return found

    async def _insights_of(self, contact: str) -> AsyncIterator[TotalExpertInsight]:
        async for page in self._pages("/insights", TotalExpertInsight, {"filter[contact_id]": contact}):
            if page.set_aside:
                raise _something_else("a request for the insights")
            for one in page.records:
                yield one

    # -- writes --------------------------------------------------------------------------------------------

    async def create_contact(self, body: Body, ref: str, forecast: str | None = None) -> Outcome:
        """Send a new contact, or the change that the system's own rules are expected to make of it.

        `forecast` is the contact that is expected to be hit, None where a new one is. `Applied` gives the contact
        that was made, or that was hit as expected, or that was seen to bear `ref` before it was sent; `Diverted`
        one that was changed and was not meant. That it bears `ref` afterwards proves nothing: the change put it
        there.
        """
        hit = False

        def id_of(content: Mapping[str, Any]) -> str | None:
            nonlocal hit
            told = _told(content, "/contacts/")
            hit = told is not None and "duplicate" in content
            return told

        outcome = await self._wire.write("POST", "/contacts", body, id_of)
        if not isinstance(outcome, Applied):
            return outcome
        if hit and outcome.remote_id != forecast and outcome.remote_id not in self._bearers[ref]:
            return Diverted(outcome.remote_id, outcome.trace)
        self._bearers[ref].add(outcome.remote_id)
        return outcome

    async def update_contact(self, contact_id: str, body: Body) -> Outcome:
        """Change a contact by what is given; blanks overwrite."""
        path = f"/contacts/{segment(contact_id)}"

        def id_of(content: Mapping[str, Any]) -> str | None:
            return contact_id if str(content.get("id")) == contact_id else None

        return await self._wire.write("PATCH", path, body, id_of, silent=contact_id)

    async def create_insight(self, body: Body) -> Outcome:
        """Put an insight on a contact. It can't be changed, removed, or told from a second one."""
        return await self._wire.write("POST", "/insights", body, lambda content: _told(content, "/insights/"))

    # -- paging --------------------------------------------------------------------------------------------

    def _pages(self, path: str, kind: type[T], params: Mapping[str, str]) -> AsyncIterator[Page[T]]:
        """Yield all pages of a list, by its links. A page without links is an error: the end of the list is unknown.

        Raises `Unreachable`.
        """

        async def read(number: int) -> tuple[Page[T], int | None]:
            asked = {**params, "page[number]": str(number), "page[size]": str(PAGE_SIZE)}
            content = await self._wire.get_page(path, asked)
            links = content.get("links")
            if not isinstance(links, dict):
                raise _something_else("a request for a list")
            following = links.get("next")
            if isinstance(following, str) and following.isascii() and following.isdigit():
                following = int(following)
            if following is not None and (not isinstance(following, int) or following <= number):
                raise _something_else("a request for the next page")
            return decoded(_items(content), kind), following

        return all_pages(read)


class TokenFile:
    """The token of one credential on disk, for the owner's eyes only; the processes of one desk share it.

    The system gives two tokens an hour, so a second console must not ask for its own.
    """

    def __init__(self, folder: Path, address: SystemAddress) -> None:
        name = hashlib.sha256(f"{address.url}\n{address.client_id}".encode()).hexdigest()[:16]
        self._folder = folder
        self._path = folder / f"token-{name}.json"
        self._lock = FileLock(folder / f"token-{name}.lock", mode=0o600, thread_local=False)

    def take(self) -> bool:
        """Take hold of it, at once or not at all."""
        if self._lock.is_locked:
            return False
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError:
            return True  # where nothing can be kept there is nothing to share
        return True

    def release(self) -> None:
        """Let go of it."""
        with contextlib.suppress(OSError):
            self._lock.release()

    def load(self) -> Token | None:
        """Give what is kept; None where nothing is, or nothing readable."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Token)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    def save(self, token: Token) -> None:
        """Keep a token: a new file of mode 0600 in the place of the old one."""
        with contextlib.suppress(OSError), replaced_file(self._path) as file:
            file.write(msgspec.json.encode(token))


def _items(content: Mapping[str, Any]) -> list[Any]:
    """Give the list of a page: `items` in the vendor's samples, `objects` in its prose."""
    items = content.get("items", content.get("objects"))
    if not isinstance(items, list):
        raise _something_else("a request for a list")
    return items


def _told(content: Mapping[str, Any], collection: str) -> str | None:
    """Give the id of what was made or hit, where the reply names it twice and both times the same."""
    id_ = content.get("id")
    links = [content[name] for name in ("created", "duplicate") if name in content]
    if isinstance(id_, bool) or not isinstance(id_, (int, str)) or len(links) != 1:
        return None
    named = isinstance(links[0], str) and links[0].rstrip("/").endswith(f"{collection}{id_}")
    return str(id_) if named and str(id_) else None


def _something_else(asked: str) -> Unreachable:
    return Unreachable("bad-answer", f"Total Expert answered {asked} with something else.")
