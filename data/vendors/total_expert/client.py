"""Total Expert, as its published documents have it: contacts, users, groups, insights and unsubscribes.

A POST of a contact that the system takes for a contact that is there changes that contact instead. So a POST did one
of two things here, and the contact that it hit is compared with the contact that it was meant for. Nothing here
deletes.

Every look-up uses a documented filter and reads the filtered list to its end, record by record. So a system that
ignores a filter costs requests and never gives a wrong answer.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from filelock import FileLock, Timeout
from msgspec.structs import replace

from core.compare.keys import email_key
from core.decoding.typed_json import decode_json
from core.errors import Unreachable
from core.push.plan import Body, System
from core.push.ports import Applied, Diverted, Outcome, Refused
from data.private_files import replaced_file
from data.vendors.http.client import BadStatus, HttpClient, SystemAddress, segment
from data.vendors.http.paging import all_pages
from data.vendors.http.reply import HttpReply, LookUp, Page, VendorRecord, decoded
from data.vendors.http.tokens import Token
from data.vendors.total_expert.filters import (
    changed_between,
    contact_filter,
    email_filter,
    is_filterable,
    page_query,
)
from data.vendors.total_expert.ids import with_numbers
from data.vendors.total_expert.records import (
    EmailUnsubscribe,
    InsightType,
    TotalExpertContact,
    TotalExpertGroup,
    TotalExpertInsight,
    TotalExpertUser,
)
from data.vendors.total_expert.refusals import missing_groups, speaks_of_groups

PAGE_SIZE: Final = 100
FEW: Final = 20
"""The most contacts that are looked for by filters. For more, the length of the whole list is asked first."""
NOBODY: Final = "BD-nobody-at-all-f3a9c1"
"""A text that no record bears: a filter that is obeyed finds nothing for it."""
NO_NUMBER: Final = "0"
"""An id that no record has."""
_OK: Final = 200
_TEAPOT: Final = 418
NO_FILTER: Final = frozenset({400, 404, 422})
"""The statuses by which a system may say that it does not know a filter."""
_LATEST_FIRST: Final = "-internal_updated_at"
T = TypeVar("T", bound=VendorRecord)


class TotalExpert:
    """The system over one wire. Lists come page by page; a record of another form is set aside, not lost."""

    system = System.TOTAL_EXPERT

    def __init__(self, wire: HttpClient, source: str) -> None:
        self._wire = wire
        self.source = source
        self._bearers: defaultdict[str, set[str]] = defaultdict(set)
        self._finds_external_ids: bool | None = None
        """Whether the filter `external_id` finds an entry of `external_ids`; None until a record of ours told."""

    @property
    def address(self) -> SystemAddress:
        """Where the system is, and as whom the desk signs in."""
        return self._wire.address

    # -- lists ---------------------------------------------------------------------------------------------

    def contacts(
        self, changed_since: datetime | None = None, changed_until: datetime | None = None
    ) -> AsyncIterator[Page[TotalExpertContact]]:
        """List the contacts page by page: all, or those changed between two moments. Raises `Unreachable`.

        The latest change comes first, and both moments are inclusive. A contact that changes while the pages are read
        moves to the first page, so no other contact is missed; in the reverse order one would be, at a page's edge.
        """
        wanted = changed_between(changed_since, changed_until)
        return self._pages("/contacts", TotalExpertContact, wanted, _LATEST_FIRST if wanted else "")

    def archived_contacts(self, changed_since: datetime) -> AsyncIterator[Page[TotalExpertContact]]:
        """List the archived contacts that changed since a moment. Raises `Unreachable`.

        The filter is spelt as the vendor's table spells it. Its values are our assumption. A system that ignores the
        filter lists contacts that are not archived too.
        """
        wanted = {**changed_between(changed_since), "archieved": "1"}
        return self._pages("/contacts", TotalExpertContact, wanted, _LATEST_FIRST)

    def users(
        self, changed_since: datetime | None = None, changed_until: datetime | None = None
    ) -> AsyncIterator[Page[TotalExpertUser]]:
        """List the users: all, or those changed between two moments. Raises `Unreachable`."""
        return self._pages("/users", TotalExpertUser, changed_between(changed_since, changed_until))

    def groups(self) -> AsyncIterator[Page[TotalExpertGroup]]:
        """List the groups of all users; they have no filter. Raises `Unreachable`."""
        return self._pages("/contact-groups", TotalExpertGroup, {})

    def insight_types(self) -> AsyncIterator[Page[InsightType]]:
        """List the kinds of insights. Raises `Unreachable`."""
        return self._pages("/insight-types", InsightType, {})

    def insights(self) -> AsyncIterator[Page[TotalExpertInsight]]:
        """List all insights. Raises `Unreachable`."""
        return self._pages("/insights", TotalExpertInsight, {})

    async def insights_of(self, contact: str, type_id: str = "") -> list[TotalExpertInsight]:
        """Return the insights of a contact, of one type or of all. Raises `Unreachable`.

        An insight that can't be read may be the one that is looked for, so it is an error.
        """
        asked = {"contact_id": contact, "type_id": type_id}
        wanted = {name: value for name, value in asked.items() if is_filterable(value)}
        found: list[TotalExpertInsight] = []
        async for page in self._pages("/insights", TotalExpertInsight, wanted):
            if page.set_aside:
                raise _something_else("a request for the insights")
            found += (one for one in page.records if _is_about(one, contact, type_id))
        return found

    async def unsubscribes(self, email: str) -> list[EmailUnsubscribe]:
        """Return what is unsubscribed for an address. Raises `Unreachable`, also if the address can't be looked for."""
        wanted = email_filter(email)
        if "email" not in wanted:
            raise Unreachable("bad-answer", "Total Expert has no filter for an email with a comma in it.")
        key = email_key(email)
        found: list[EmailUnsubscribe] = []
        async for page in self._pages("/email-unsubscribes", EmailUnsubscribe, wanted):
            if page.set_aside:
                raise _something_else("a request for the unsubscribes")
            found += (one for one in page.records if email_key(one.email) == key)
        return found

    async def contact(self, contact_id: str) -> TotalExpertContact | None:
        """Read one contact; None if there is none. Raises `Unreachable`."""
        content = await self._wire.get_object(f"/contacts/{segment(contact_id)}")
        if content is None:
            return None
        page = decoded([content], TotalExpertContact)
        if not page.records or page.records[0].key != contact_id:
            raise _something_else("a request for one contact")
        return page.records[0]

    # -- is it there? --------------------------------------------------------------------------------------

    async def heartbeat(self) -> str:
        """Ask, without a token, whether the system runs. Return what it says is running. Raises `Unreachable`."""
        reply = await self._wire.get_open("/heartbeat")
        running = (reply.json_object() or {}).get("running_item")
        if reply.status != _OK or not isinstance(running, str):
            raise _something_else("a request for its heartbeat")
        return running

    async def accepts_token(self) -> bool:
        """Ask whether our token works: a teapot says yes. Raises `Unreachable` if the system is none of both."""
        reply = await self._wire.ask("GET", "/teapot")
        if reply.status not in (_TEAPOT, 401, 403):
            raise _something_else("a request for /teapot")
        return reply.status == _TEAPOT

    async def contact_look_up(self) -> LookUp:
        """Find out whether the filter by external id is obeyed. Raises `Unreachable`."""
        return await self._obeys("/contacts", {"external_id": NOBODY})

    async def insight_look_up(self) -> LookUp:
        """Find out whether the filter by contact and type is obeyed. Raises `Unreachable`."""
        return await self._obeys("/insights", {"contact_id": NO_NUMBER, "type_id": NO_NUMBER})

    async def _obeys(self, path: str, wanted: Mapping[str, str]) -> LookUp:
        try:
            content = await self._wire.get_page(f"{path}?{page_query(1, 1, wanted)}", {})
        except BadStatus as error:
            if error.status not in NO_FILTER:
                raise
            return LookUp.SCAN
        return LookUp.SCAN if _items(content) else LookUp.FILTER

    # -- look-ups ------------------------------------------------------------------------------------------

    async def find_by_emails(self, emails: Collection[str]) -> list[TotalExpertContact]:
        """Find the contacts that have one of these emails. Raises `Unreachable`."""
        wanted = {email_key(email): email_filter(email) for email in emails}
        filters = list(wanted.values())
        if not all(filters) or await self._is_shorter(len(filters)):
            filters = [{}]
        return [one for one in await self._found_by(filters) if email_key(one.email or "") in wanted]

    async def find_by_refs(self, bodies: Mapping[str, Body]) -> dict[str, list[TotalExpertContact]]:
        """Find the contacts that have our references as external id, by reference. Raises `Unreachable`.

        `bodies` gives for each reference what was or will be sent for it. No document says whether the filter
        `external_id` looks into the list `external_ids`. Until a record of ours has shown that, what the filter does
        not find is looked for by email, phone or name too. Whoever is found is remembered as a bearer.
        """
        found: dict[str, list[TotalExpertContact]] = {ref: [] for ref in bodies}
        filters: list[dict[str, str]] = []
        if self._finds_external_ids is not False:
            filters = [{"external_id": ref} for ref in bodies]
        if not await self._is_shorter(len(bodies)):
            self._sort_in(await self._found_by(filters), found)
            if any(found.values()):
                self._finds_external_ids = True
            missing = [ref for ref, contacts in found.items() if not contacts]
            if self._finds_external_ids or not missing:
                return found
            filters = [contact_filter(bodies[ref]) for ref in missing]
            if all(filters):
                self._sort_in(await self._found_by(filters), found)
                if any(found[ref] for ref in missing):
                    self._finds_external_ids = False
                return found
        self._sort_in(await self._found_by([{}]), found)
        return found

    def _sort_in(
        self, contacts: Collection[TotalExpertContact], found: Mapping[str, list[TotalExpertContact]]
    ) -> None:
        """Add each contact to the references that it bears, once."""
        for contact in contacts:
            for mark in contact.external_ids or ():
                held = found.get(mark.external_id) if mark.source == self.source else None
                if held is not None and contact.key not in {one.key for one in held}:
                    held.append(contact)
                    self._bearers[mark.external_id].add(contact.key)

    async def _is_shorter(self, filters: int) -> bool:
        """Return True if the whole list of contacts has fewer pages than there are filters to ask for."""
        if filters <= FEW:
            return False
        content = await self._wire.get_page(f"/contacts?{page_query(1, PAGE_SIZE, {})}", {})
        links = content.get("links")
        last = links.get("last") if isinstance(links, dict) else None
        return isinstance(last, int) and last < filters

    async def _found_by(self, filters: Collection[Mapping[str, str]]) -> list[TotalExpertContact]:
        """Return the contacts that these filters give, each once; {} gives all. Raises `Unreachable`.

        The lists are read to their ends. A filter that is refused gives all contacts.
        """
        found: dict[str, TotalExpertContact] = {}
        for wanted in filters:
            try:
                found |= {one.key: one for one in await self._all(wanted)}
            except BadStatus as error:
                if not wanted or error.status not in NO_FILTER:
                    raise
                return await self._all({})
        return list(found.values())

    async def _all(self, wanted: Mapping[str, str]) -> list[TotalExpertContact]:
        return [
            one async for page in self._pages("/contacts", TotalExpertContact, wanted) for one in page.records
        ]

    # -- writes --------------------------------------------------------------------------------------------

    async def create_contact(self, body: Body, ref: str, forecast: str | None = None) -> Outcome:
        """Send a new contact, or the change that the system's own rules are expected to make of it.

        `forecast` is the contact that is expected to be hit, None if a new one is. `Applied` gives the contact that
        was made, that was hit as expected, or that was seen to bear `ref` before it was sent; `Diverted` gives a
        contact that was changed and was not meant. That it bears `ref` afterwards proves nothing: the change put the
        reference there. A refusal because of a required group says which group.
        """
        hit = False

        def id_of(content: Mapping[str, Any]) -> str | None:
            nonlocal hit
            told = _told(content, "/contacts/")
            hit = told is not None and "duplicate" in content
            return told

        replies: list[HttpReply] = []
        outcome = await self._wire.write("POST", "/contacts", with_numbers(body), id_of, seen=replies.append)
        if isinstance(outcome, Refused) and replies and speaks_of_groups(replies[0]):
            return Refused("group-missing", await self._missing_group(replies[0], body), trace=outcome.trace)
        if not isinstance(outcome, Applied):
            return outcome
        if hit and outcome.remote_id != forecast and outcome.remote_id not in self._bearers[ref]:
            return Diverted(outcome.remote_id, outcome.trace)
        self._bearers[ref].add(outcome.remote_id)
        return outcome

    async def _missing_group(self, reply: HttpReply, body: Body) -> str:
        """Return in words which group was missing. The groups are read only after such a refusal."""
        owner = body.get("owner")
        key = str(owner.get("id", "")) if isinstance(owner, dict) else ""
        try:
            names = [
                group.group_name
                async for page in self.groups()
                for group in page.records
                if group.owner is None or not key or group.owner.key == key
            ]
        except Unreachable:
            names = []
        return missing_groups(reply, body, names)

    async def update_contact(self, contact_id: str, body: Body) -> Outcome:
        """Change a contact by what is given; blanks overwrite."""
        path = f"/contacts/{segment(contact_id)}"

        def id_of(content: Mapping[str, Any]) -> str | None:
            return contact_id if str(content.get("id")) == contact_id else None

        return await self._wire.write("PATCH", path, with_numbers(body), id_of, silent=contact_id)

    async def create_insight(self, body: Body) -> Outcome:
        """Put an insight on a contact. It can't be changed, removed, or told from a second one."""
        sent = with_numbers(body)
        return await self._wire.write("POST", "/insights", sent, lambda content: _told(content, "/insights/"))

    # -- paging --------------------------------------------------------------------------------------------

    def listed(self, path: str, kind: type[T]) -> AsyncIterator[Page[T]]:
        """Yield all pages of the list at a path, without a filter. Raises `Unreachable`."""
        return self._pages(path, kind, {})

    def _pages(
        self, path: str, kind: type[T], wanted: Mapping[str, str], sort: str = ""
    ) -> AsyncIterator[Page[T]]:
        """Yield all pages of a list, by its links. A page without links is an error: the end of the list is unknown.

        `wanted` is the filter, `sort` the attribute by which the list is sorted. Each page has the system's clock.
        Raises `Unreachable`.
        """

        async def read(number: int) -> tuple[Page[T], int | None]:
            query = page_query(number, PAGE_SIZE, wanted, sort)
            content, at = await self._wire.get_dated_page(f"{path}?{query}", {})
            links = content.get("links")
            if not isinstance(links, dict):
                raise _something_else("a request for a list")
            following = links.get("next")
            if isinstance(following, str) and following.isascii() and following.isdigit():
                following = int(following)
            if following is not None and (not isinstance(following, int) or following <= number):
                raise _something_else("a request for the next page")
            return replace(decoded(_items(content), kind), at=at), following

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

    async def take(self) -> bool:
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

    async def release(self) -> None:
        """Let go of it."""
        with contextlib.suppress(OSError):
            self._lock.release()

    async def load(self) -> Token | None:
        """Give what is kept; None where nothing is, or nothing readable."""
        try:
            return decode_json(self._path.read_bytes(), Token)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None

    async def save(self, token: Token) -> None:
        """Keep a token: a new file of mode 0600 in the place of the old one."""
        with contextlib.suppress(OSError), replaced_file(self._path) as file:
            file.write(msgspec.json.encode(token))


def _items(content: Mapping[str, Any]) -> list[Any]:
    """Return the list of a page: `items` in the vendor's samples, `objects` in its prose."""
    items = content.get("items", content.get("objects"))
    if not isinstance(items, list):
        raise _something_else("a request for a list")
    return items


def _is_about(insight: TotalExpertInsight, contact: str, type_id: str) -> bool:
    """Return True unless an insight of a filtered list names another contact or another type."""
    named = insight.contact.key if insight.contact is not None else ""
    return named in ("", contact) and (not type_id or insight.type_id in ("", type_id))


def _told(content: Mapping[str, Any], collection: str) -> str | None:
    """Give the id of what was made or hit, where the reply names it twice and both times the same."""
    id_ = content.get("id")
    links = [content[name] for name in ("created", "duplicate") if name in content]
    if isinstance(id_, bool) or not isinstance(id_, (int, str)) or len(links) != 1:
        return None
    named = isinstance(links[0], str) and links[0].rstrip("/").endswith(f"{collection}{id_}")
    return str(id_) if named and str(id_) else None


def _something_else(asked: str) -> Unreachable:
    return Unreachable("bad-answer", f"Total Expert gave an unusable answer to {asked}.")
