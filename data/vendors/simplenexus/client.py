"""SimpleNexus (nCino Mortgage), as its published description has it: people to read, prospects and accounts to make.

Nothing here deletes: deleting a borrower's account deletes his loan applications too. A reply never says whose
borrower somebody is, so borrowers are listed officer by officer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from core.compare.keys import email_key
from core.errors import Unreachable
from core.odd_values import field_names
from core.push.plan import Body, System
from core.push.ports import Outcome, Refused
from core.texts import has_lone_surrogate
from data.vendors.http.client import BadStatus, HttpClient, SystemAddress, segment
from data.vendors.http.paging import all_pages
from data.vendors.http.reply import HttpReply, LookUp, Page, VendorRecord, decoded

PAGE_SIZE: Final = 100
FEW: Final = 20
"""The most emails that are asked for one by one. For more, the length of the whole list is asked first."""
OVERLAP: Final = timedelta(minutes=5)
"""How far an incremental read reaches back: stamps are whole seconds, the bound is exclusive, clocks differ."""
NOBODY: Final = "nobody.at.all.f3a9c1@example.invalid"
"""An email that no record bears: what a filter that is obeyed finds nothing for."""
NO_OFFICER: Final = "f3a9c1d2-5b7e-4c1a-9d3f-0a1b2c3d4e5f"
"""An id that no loan officer has: what a filter that is obeyed finds nobody for, or refuses."""
_NO_SUCH: Final = frozenset({400, 404, 422})
_NOT_OFFERED: Final = frozenset({403, 404})
"""What an endpoint answers that is BETA and not for this client."""
_OFFICERS: Final = "/users/loan_officers"
_BORROWERS: Final = "/users/borrowers"
_APPLICATIONS: Final = "/loan_applications"
_WORDS: Final = frozenset(
    (
        *("first_name", "last_name", "email", "phone", "mobile_phone", "professional_title", "address"),
        *("created_at", "updated_at"),
    )
)
"""The fields of people of which an odd value costs that field alone. A prospect's note has our reference."""
_LONGEST_EMAIL: Final = 255
"""Characters, as the vendor's description has it."""
T = TypeVar("T", bound=VendorRecord)


class LoanOfficer(VendorRecord, frozen=True):
    """A loan officer; tied to a user of Total Expert by email."""

    system: ClassVar[System] = System.SIMPLENEXUS
    record_name: ClassVar[str] = "LoanOfficer"
    may_be_odd: ClassVar[frozenset[str]] = frozenset({"first_name", "last_name", "updated_at"})

    id: str
    email: str
    first_name: str | None = None
    last_name: str | None = None
    is_active: bool | None = None
    updated_at: str | None = None


class Borrower(VendorRecord, frozen=True):
    """An account of the app. All that the system tells of a person: name, email, phone."""

    system: ClassVar[System] = System.SIMPLENEXUS
    record_name: ClassVar[str] = "Borrower"
    may_be_odd: ClassVar[frozenset[str]] = _WORDS

    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    is_active: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class SimpleNexusAddress(Struct, frozen=True):
    """Where a partner is found."""

    street1: str | None = None
    street2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


class Partner(VendorRecord, frozen=True):
    """An agent who works with one loan officer."""

    system: ClassVar[System] = System.SIMPLENEXUS
    record_name: ClassVar[str] = "Partner"
    may_be_odd: ClassVar[frozenset[str]] = _WORDS | field_names(SimpleNexusAddress)

    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    mobile_phone: str | None = None
    professional_title: str | None = None
    address: SimpleNexusAddress | None = None
    accepted_invite: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class Prospect(VendorRecord, frozen=True):
    """Somebody the app may be shared with; our reference is in the note. Never changed, never removed."""

    system: ClassVar[System] = System.SIMPLENEXUS
    record_name: ClassVar[str] = "Prospect"
    may_be_odd: ClassVar[frozenset[str]] = _WORDS - {"note"}

    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    is_active: bool | None = None
    created_at: str | None = None
    updated_at: str | None = None


class LoanApplication(VendorRecord, frozen=True):
    """An application. It does not say whose account it belongs to: the email does. Its endpoints are BETA."""

    system: ClassVar[System] = System.SIMPLENEXUS
    record_name: ClassVar[str] = "LoanApplication"

    id: str
    email: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    is_active: bool | None = None
    is_submitted: bool | None = None


class OfficerAlias(VendorRecord, frozen=True):
    """Another name of a loan officer: any text of up to 255 characters, which nobody signs in with."""

    system: ClassVar[System] = System.SIMPLENEXUS
    record_name: ClassVar[str] = "Alias"

    id: str
    alias: str | None = None


P = TypeVar("P", Borrower, Partner, Prospect)


class SimpleNexus:
    """The system over one wire. Lists come page by page; a record that does not fit is set aside, not lost."""

    system = System.SIMPLENEXUS

    def __init__(self, wire: HttpClient) -> None:
        self._wire = wire
        self._officers_are_told_apart = False

    @property
    def address(self) -> SystemAddress:
        """Where the system is, and as whom the desk signs in."""
        return self._wire.address

    # -- lists ---------------------------------------------------------------------------------------------

    def loan_officers(self) -> AsyncIterator[Page[LoanOfficer]]:
        """List the loan officers, page by page. Raises `Unreachable`."""
        return self._pages(_OFFICERS, LoanOfficer, {})

    def borrowers(
        self, officer: str | None = None, updated_after: datetime | None = None
    ) -> AsyncIterator[Page[Borrower]]:
        """List the borrowers of an officer, or of all; of those changed since a moment. Raises `Unreachable`."""
        owned = {"loan_officer_id": officer} if officer else {}
        return self._pages(_BORROWERS, Borrower, {**owned, **_since(updated_after)})

    def partners(self, officer: str, updated_after: datetime | None = None) -> AsyncIterator[Page[Partner]]:
        """List an officer's partners. Raises `Unreachable`."""
        return self._pages(_of(officer, "partners"), Partner, _since(updated_after))

    def prospects(self, officer: str, updated_after: datetime | None = None) -> AsyncIterator[Page[Prospect]]:
        """List an officer's prospects. Raises `Unreachable`."""
        return self._pages(_of(officer, "prospects"), Prospect, _since(updated_after))

    def aliases(self, officer: str) -> AsyncIterator[Page[OfficerAlias]]:
        """List an officer's aliases. Raises `Unreachable`."""
        return self._pages(_of(officer, "aliases"), OfficerAlias, {})

    async def borrower(self, borrower_id: str) -> Borrower | None:
        """Read one account; None where there is none. Raises `Unreachable`."""
        return await self._one(_BORROWERS, Borrower, borrower_id)

    async def partner(self, officer: str, partner_id: str) -> Partner | None:
        """Read one partner of an officer; None if the officer has no such partner. Raises `Unreachable`."""
        return await self._one(_of(officer, "partners"), Partner, partner_id)

    async def prospect(self, officer: str, prospect_id: str) -> Prospect | None:
        """Read one prospect of an officer; None if the officer has no such prospect. Raises `Unreachable`."""
        return await self._one(_of(officer, "prospects"), Prospect, prospect_id)

    async def _one(self, path: str, kind: type[P], record_id: str) -> P | None:
        content = await self._wire.get_object(f"{path}/{segment(record_id)}")
        if content is None:
            return None
        page = decoded([content], kind)
        if not page.records or page.records[0].id != record_id:
            raise _something_else("a request for one record")
        return page.records[0]

    async def applications(
        self, updated_after: datetime | None = None
    ) -> AsyncIterator[Page[LoanApplication]]:
        """List the applications, also the inactive, each page with the system's clock (BETA). Raises `Unreachable`."""
        for active in ("true", "false"):
            asked = {"is_active": active, **_since(updated_after)}
            async for page in self._pages(_APPLICATIONS, LoanApplication, asked):
                yield page

    async def application(self, application_id: str) -> tuple[LoanApplication | None, float | None]:
        """Read one application, None where there is none, and the system's clock (BETA).

        Raises `Unreachable`: `BadStatus` where it says no.
        """
        reply = await self._wire.get_patiently(f"{_APPLICATIONS}/{segment(application_id)}")
        if reply.status == 404:
            return None, reply.date
        page = decoded([reply.json_object()], LoanApplication)
        if not page.records or page.records[0].id != application_id:
            raise _something_else("a request for one application")
        return page.records[0], reply.date

    # -- is it for us? -------------------------------------------------------------------------------------

    async def offers_applications(self) -> bool:
        """Return True if this client may read loan applications (BETA). Raises `Unreachable`."""
        return await self._offers(_APPLICATIONS)

    async def offers_prospects(self, officer: str) -> bool:
        """Return True if this client may read an officer's prospects. Raises `Unreachable`."""
        return await self._offers(_of(officer, "prospects"))

    async def _offers(self, path: str) -> bool:
        try:
            reply = await self._wire.get_patiently(path, {"page": "1", "page_size": "1"})
        except BadStatus as error:
            if error.status not in _NOT_OFFERED:
                raise
            return False
        return reply.status not in _NOT_OFFERED

    # -- look-ups ------------------------------------------------------------------------------------------

    async def borrower_look_up(self) -> LookUp:
        """Find out whether the filter of borrowers by email is obeyed. Raises `Unreachable`."""
        try:
            content = await self._wire.get_page(_BORROWERS, {"email": NOBODY, "page": "1", "page_size": "1"})
        except BadStatus as error:
            if error.status not in _NO_SUCH:
                raise
            return LookUp.SCAN
        return LookUp.SCAN if _contents(content) else LookUp.FILTER

    async def prove_officer_filter(self) -> None:
        """Find out, once a process, whether borrowers can be listed by loan officer. Raises `Unreachable`.

        A system that ignores the filter lists everybody for each officer, so the first officer would get everybody:
        that is `filter-ignored`. A filter that finds nobody for nobody's id, or refuses that id, is obeyed.
        """
        if self._officers_are_told_apart:
            return
        try:
            asked = {"loan_officer_id": NO_OFFICER, "page": "1", "page_size": "1"}
            reply = await self._wire.get_patiently(_BORROWERS, asked)
            obeyed = reply.status in _NO_SUCH or not _contents(reply.lenient_object() or {})
        except BadStatus as error:
            if error.status not in _NO_SUCH:
                raise
            obeyed = True
        if not obeyed:
            raise Unreachable(
                "filter-ignored",
                "SimpleNexus ignores the filter loan_officer_id: it lists borrowers for a loan officer who does not "
                "exist. So it isn't known which borrowers belong to which loan officer, and nothing was matched.",
            )
        self._officers_are_told_apart = True

    async def find_borrowers(self, emails: Collection[str]) -> list[Borrower]:
        """Find the accounts of these emails: one at most of each, by the system's own rule. Raises `Unreachable`.

        Each filtered list is read to its end and every record is looked at, so a system that ignores the filter costs
        requests and never gives a wrong answer. The whole list is read if it has fewer pages than there are emails.
        """
        wanted = {email_key(email): email.strip() for email in emails if _is_searchable(email)}
        filters: list[dict[str, str]] = [{"email": email} for email in wanted.values()]
        if len(filters) > FEW and await self._is_shorter(len(filters)):
            filters = [{}]
        return [one for one in await self._borrowers_by(filters) if email_key(one.email or "") in wanted]

    async def _borrowers_by(self, filters: Collection[Mapping[str, str]]) -> list[Borrower]:
        found: dict[str, Borrower] = {}
        for wanted in filters:
            try:
                async for page in self._pages(_BORROWERS, Borrower, wanted):
                    found |= {one.id: one for one in page.records}
            except BadStatus as error:
                if not wanted or error.status not in _NO_SUCH:
                    raise
                return await self._borrowers_by([{}])  # the filter is refused
        return list(found.values())

    async def _is_shorter(self, filters: int) -> bool:
        """Return True if the whole list of borrowers has fewer pages than there are filters to ask for."""
        content = await self._wire.get_page(_BORROWERS, {"page": "1", "page_size": str(PAGE_SIZE)})
        pages = content.get("total_pages")
        return isinstance(pages, int) and pages < filters

    async def find_partners(self, officer: str, emails: Collection[str]) -> list[Partner]:
        """Find an officer's partners with these emails. Raises `Unreachable`."""
        wanted = {email_key(email): email.strip() for email in emails if _is_searchable(email)}
        filters: list[dict[str, str]] = [{"email": email} for email in wanted.values()]
        found: dict[str, Partner] = {}
        for asked in filters if len(filters) <= FEW else [{}]:
            async for page in self._pages(_of(officer, "partners"), Partner, asked):
                found |= {one.id: one for one in page.records}
        return [one for one in found.values() if email_key(one.email or "") in wanted]

    # -- writes --------------------------------------------------------------------------------------------

    async def create_borrower(self, body: Body) -> Outcome:
        """Make an account: the step that shares the app, and may mail the person.

        A 409 is `Lost` with the code `conflict`: there is an account of this email, or ours has come through
        before; look it up by email.
        """
        return await self._create(_BORROWERS, body)

    async def create_prospect(self, officer: str, body: Body) -> Outcome:
        """Make a prospect. Nothing keeps the system from making it twice."""
        return await self._create(_of(officer, "prospects"), body)

    async def create_partner(self, officer: str, body: Body) -> Outcome:
        """Make a partner of an officer. A 409 is `Lost` with the code `conflict`: a partner has this email."""
        return await self._create(_of(officer, "partners"), body)

    async def act_on_partner(self, officer: str, partner_id: str, body: Body) -> Outcome:
        """Invite a partner, or switch the partner on or off. The reply (204) names nobody."""
        path = f"{_of(officer, 'partners')}/{segment(partner_id)}/actions"
        return await self._wire.write("POST", path, body, lambda content: None, silent=partner_id)

    async def share_app(self, officer: str, body: Body) -> Outcome:
        """Have the link to a loan officer's app sent (BETA). A reply that says nothing (204) proves that it was sent.

        SimpleNexus gives a share no id and lists none, so the outcome's id is "". The code of a refusal is
        `app-share-off` where the endpoint is not for this client (403) or not there (404), else `share-refused`.
        """

        def no_id(content: Mapping[str, Any]) -> str | None:  # noqa: ARG001 - the form of `IdOf`
            return None

        replies: list[HttpReply] = []
        path = _of(officer, "app_shares")
        outcome = await self._wire.write("POST", path, body, no_id, silent="", seen=replies.append)
        if not isinstance(outcome, Refused) or outcome.code == "redirected":
            return outcome
        off = any(reply.status in _NOT_OFFERED for reply in replies)
        code = "app-share-off" if off else "share-refused"
        return Refused(code, outcome.detail, outcome.closes, outcome.trace)

    async def _create(self, path: str, body: Body) -> Outcome:
        def id_of(content: Mapping[str, Any]) -> str | None:
            made, own = content.get("id"), content.get("_self")
            if not isinstance(made, str) or not made:
                return None
            # The description has both; a reply that names one record once, or two, names none.
            return made if isinstance(own, str) and own.endswith(f"{path}/{made}") else None

        return await self._wire.write("POST", path, body, id_of)

    # -- paging --------------------------------------------------------------------------------------------

    def listed(self, path: str, kind: type[T]) -> AsyncIterator[Page[T]]:
        """Yield all pages of the list at a path, without a filter. Raises `Unreachable`."""
        return self._pages(path, kind, {})

    def _pages(self, path: str, kind: type[T], params: Mapping[str, str]) -> AsyncIterator[Page[T]]:
        """Yield all pages of a list. The system may give smaller pages than the client asks for.

        A page that begins with the same record as the page before is no next page. Raises `Unreachable`.
        """
        before = ""

        async def read(number: int) -> tuple[Page[T], int | None] | None:
            nonlocal before
            asked = {**params, "page": str(number), "page_size": str(PAGE_SIZE)}
            content, at = await self._wire.get_dated_page(path, asked)
            items = _contents(content)
            if not items:  # an empty list is one empty page, which tells the system's clock
                return (Page((), at=at), None) if number == 1 else None
            first = str(items[0].get("id")) if isinstance(items[0], dict) else ""
            if first and first == before:
                raise _something_else("a request for the next page")
            before = first
            last = content.get("total_pages")
            is_last = isinstance(last, int) and number >= last
            return replace(decoded(items, kind), at=at), None if is_last else number + 1

        return all_pages(read)


def _is_searchable(email: str) -> bool:
    """Return True if an account can have an email: it is not blank, is no longer than the system takes, and whole."""
    return 0 < len(email.strip()) <= _LONGEST_EMAIL and not has_lone_surrogate(email)


def _contents(content: Mapping[str, Any]) -> list[Any]:
    items = content.get("contents")
    if not isinstance(items, list):
        raise _something_else("a request for a list")
    return items


def _since(moment: datetime | None) -> dict[str, str]:
    if moment is None:
        return {}
    reach = (moment - OVERLAP).astimezone(UTC)
    return {"updated_after": reach.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _of(officer: str, what: str) -> str:
    return f"{_OFFICERS}/{segment(officer)}/{what}"


def _something_else(asked: str) -> Unreachable:
    return Unreachable("bad-answer", f"SimpleNexus gave an unusable answer to {asked}.")
