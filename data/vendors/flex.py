"""FLEX, through the gateway contract of ours (data/contracts/flex.yaml). No live endpoint is publicly known.

A gateway of 1.0 lacks what 1.1 adds. The description that it serves says its version, and `Flex.abilities` says what
follows. A write that an older gateway does not know is refused with a reason of its own.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from core.compare.ids import is_id
from core.errors import Unreachable
from core.flex.decoding import decode, flex_person
from core.flex.model import BadRecord, CatalogueProduct, FlexNote, FlexOpportunity, FlexPerson, FlexProperty
from core.flex.other_addresses import FIELD, changed_addresses, is_readable
from core.flex.ports import FlexAbility
from core.push.plan import Body, Entity, Operation, System
from core.push.ports import NotSent, Outcome, RemoteRecord, Request
from core.reconcile.ports import RecordPage
from core.systems import display_name
from core.texts import has_lone_surrogate, mended, without_lone_surrogates
from data.vendors.contract_version import FIRST, PATH, ContractVersion, version_in
from data.vendors.http.client import BadStatus, HttpClient, RateLimited, segment
from data.vendors.http.paging import all_pages, next_page

NEWER: Final = ContractVersion(1, 1)
"""The version of the contract that added the abilities."""
CATALOGUE_AGE: Final = 600.0
"""Seconds for which a lender's products count as read."""
VERSION_AGE: Final = 600.0
"""Seconds after which a gateway is asked again which version it speaks."""
PAGE_SIZE: Final = 200
"""Records of a page: the most that data/contracts/flex.yaml allows."""
_LONGEST_SEARCH: Final = 200
"""Characters of a search for a note's text, as in data/contracts/flex.yaml."""
_COLLECTION: Final = {
    Entity.PERSON: "/contacts",
    Entity.OPPORTUNITY: "/opportunities",
    Entity.PROPERTY: "/properties",
    Entity.NOTE: "/notes",
}


class _LenderProducts(Struct, frozen=True):
    """A lender's products, and until when they count, on the event loop's clock."""

    products: tuple[CatalogueProduct, ...]
    until: float


class Flex:
    """FLEX as the push engine writes to it, and its product catalogue."""

    system = System.FLEX

    def __init__(self, wire: HttpClient, settle: float) -> None:
        self._wire = wire
        self.settle = settle
        self.recheck = min(2.0, settle)
        self._lenders: dict[str, _LenderProducts] = {}
        self._asking = asyncio.Lock()
        """Held while a lender's products are read, so that cards that are read at once ask for them once."""
        self._version: ContractVersion | None = None
        self._version_until = 0.0

    # -- the engine's port -----------------------------------------------------------------------------

    async def send(self, request: Request) -> Outcome:
        """Send one write, once."""
        method, path, body = _call(request)
        try:
            body = await self._with_kept_parts(request, body)
        except Unreachable as error:
            after = error.retry_after if isinstance(error, RateLimited) else None
            return NotSent(error.code, error.message, after)

        def id_of(content: Mapping[str, Any]) -> str | None:
            flex_id = content.get("FLEXId")
            echoed = content.get("IntegrationId", request.ref)
            of_a_known_record = (
                request.operation in (Operation.UPDATE, Operation.WRITE_BACK)
                or request.entity is Entity.APPLICANT
            )
            if of_a_known_record and flex_id != request.remote_id:
                return None
            if not of_a_known_record and echoed != request.ref:
                return None
            if request.entity is Entity.APPLICANT and content.get("Opportunity") != request.parent:
                return None
            return flex_id if is_id(flex_id) else None

        return await self._wire.write(method, path, body, id_of, too_new=self._too_new(request))

    async def _with_kept_parts(self, request: Request, body: Body) -> Body:
        """Return a change with the parts of an address that FLEX has and the change lacks, for a gateway of 1.0.

        A gateway of 1.0 replaces `OtherAddress` whole. Raises `Unreachable`.
        """
        if request.entity is not Entity.PERSON or request.operation is Operation.CREATE or FIELD not in body:
            return body
        if FlexAbility.KEEP_ADDRESS_PARTS in await self.abilities():
            return body
        held = await self._wire.get_object(f"/contacts/{segment(request.remote_id or '')}") or {}
        kept = held.get(FIELD) if held.get("FLEXId") == request.remote_id else None
        if not is_readable(kept):
            raise _something_else("a request for a postal address, which is sent along,")
        return body | {FIELD: changed_addresses(kept, body[FIELD])}

    def _too_new(self, request: Request) -> tuple[int, ...]:
        """Return the statuses by which the gateway says that it does not know a write.

        A 405 says so. A 404 says so only if the gateway is known to be older: otherwise the record may be gone.
        """
        if not _is_newer(request):
            return ()
        older = self._version is not None and not self._version.has(NEWER)
        return (404, 405) if older else (405,)

    def can_look_up(self, entity: Entity) -> bool:
        """Say whether the contract has a look-up by IntegrationId for this kind of record."""
        return entity in _COLLECTION

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Find the records that have our IntegrationIds, one request each. Raises `Unreachable`."""
        return {request.ref: await self._find(request.entity, request.ref) for request in requests}

    async def _object(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """Read one JSON object; None for a 404. Raises `Unreachable`."""
        content = await self._wire.get_object(path, params)
        return None if content is None else _readable(content)

    async def _find(self, entity: Entity, ref: str) -> list[RemoteRecord]:
        page = await self._object(_COLLECTION[entity], {"IntegrationId": ref})
        ours = [item for item in _items(page, "a look-up") if item.get("IntegrationId") == ref]
        if not all(is_id(item.get("FLEXId")) for item in ours):
            raise _something_else("a look-up")  # a record without an id can't be linked
        return [_record(item) for item in ours]

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read a record by its id, the link of a product by its own or the product's. Raises `Unreachable`."""
        if request.entity is Entity.PRODUCT_LINK:
            return await self._product_link(request)
        path = f"{_COLLECTION[request.entity]}/{segment(request.remote_id or '')}"
        content = await self._object(path)
        if content is not None and content.get("FLEXId") != request.remote_id:
            raise _something_else("a request for one record")
        return _record(content) if content else None

    async def _product_link(self, request: Request) -> RemoteRecord | None:
        """Find the link of a product among those of its opportunity. Raises `Unreachable`."""
        path = f"/opportunities/{segment(request.parent or '')}/product-links"
        pages = self._pages(path, {}, "a request for product links")
        links = [item async for page in pages for item in page]
        wanted = (item for item in links if request.remote_id in (item.get("FLEXId"), item.get("Product")))
        return next(map(_record, wanted), None)

    # -- what is there already -------------------------------------------------------------------------

    async def kind_of(self, flex_id: str) -> str | None:
        """Say whether an ID is an opportunity's or an application's. Raises `Unreachable`."""
        for kind, collection in (("opportunity", "opportunities"), ("application", "applications")):
            content = await self._object(f"/{collection}/{segment(flex_id)}")
            if content is not None and content.get("FLEXId") == flex_id:  # a path takes an IntegrationId too
                return kind
        return None

    async def opportunities(self) -> AsyncIterator[list[FlexOpportunity]]:
        """Yield all opportunities and applications page by page. Raises `Unreachable`."""
        for kind, collection in (("opportunity", "/opportunities"), ("application", "/applications")):
            async for page in self._pages(collection, {}, "a question about its opportunities"):
                read = [_opportunity(item, kind) for item in page]
                yield [record for record in read if record is not None]

    async def people_like(self, first_name: str, last_name: str, email: str) -> list[FlexPerson]:
        """Find all contacts of the same name, or with the same email address. Raises `Unreachable`."""
        searches = [{"FirstName": first_name, "LastName": last_name}] if first_name and last_name else []
        searches += [{"EmailAddress": email}] if email else []
        sendable = [search for search in searches if not any(map(has_lone_surrogate, search.values()))]
        answers = await asyncio.gather(*(self._contacts(search) for search in sendable))
        return list({person.flex_id: person for answer in answers for person in answer}.values())

    async def _contacts(self, search: Mapping[str, str]) -> list[FlexPerson]:
        pages = self._pages("/contacts", search, "a search for a contact")
        return [flex_person(item) async for page in pages for item in page if is_id(item.get("FLEXId"))]

    async def notes_with(self, ref: str) -> list[FlexNote]:
        """Find the notes that have an IntegrationId. Raises `Unreachable`."""
        return [_note(record.fields) for record in await self._find(Entity.NOTE, ref)]

    async def person(self, flex_id: str) -> FlexPerson | None:
        """Read a contact by its FLEX ID; None if FLEX has none. Raises `Unreachable`."""
        fields = await self.contact_fields(flex_id)
        return None if fields is None else flex_person(fields)

    async def contact_fields(self, flex_id: str) -> Mapping[str, Any] | None:
        """Read all fields of a contact by its FLEX ID; None if FLEX has none. Raises `Unreachable`."""
        content = await self._object(f"/contacts/{segment(flex_id)}")
        if content is None or content.get("FLEXId") != flex_id:
            return None  # a text that is some contact's IntegrationId is no FLEX ID
        return content

    async def opportunity(self, flex_id: str) -> FlexOpportunity | None:
        """Read an opportunity by its FLEX ID; None if FLEX has none. Raises `Unreachable`."""
        content = await self._object(f"/opportunities/{segment(flex_id)}")
        if content is None or content.get("FLEXId") != flex_id:
            return None
        if not isinstance(content.get("Applicants"), list):
            raise _something_else("a request for an opportunity")
        return _opportunity(content, "opportunity")

    async def property(self, flex_id: str) -> FlexProperty | None:
        """Read a property by its FLEX ID; None if FLEX has none. Raises `Unreachable`."""
        content = await self._object(f"/properties/{segment(flex_id)}")
        if content is None or content.get("FLEXId") != flex_id:
            return None
        return _property(content)

    async def properties_with(self, ref: str) -> list[FlexProperty]:
        """Find the properties that have our reference. Raises `Unreachable`."""
        return [_property(record.fields) for record in await self._find(Entity.PROPERTY, ref)]

    async def notes_like(self, parent: str, text: str) -> list[FlexNote]:
        """Find the notes on a record with this text, but for blanks and line ends. Raises `Unreachable`."""
        search = {"Parent": parent}
        if FlexAbility.FIND_NOTES_BY_TEXT in await self.abilities() and (beginning := _beginning(text)):
            search["Text"] = beginning
        notes = [item async for page in self._pages("/notes", search, "a search for notes") for item in page]
        return [_note(item) for item in notes if _words(item.get("Text")) == _words(text)]

    async def _pages(
        self, path: str, search: Mapping[str, str], asked: str
    ) -> AsyncIterator[list[dict[str, Any]]]:
        async for items, _ in self._counted_pages(path, search, asked):
            yield items

    async def _counted_pages(
        self, path: str, search: Mapping[str, str], asked: str
    ) -> AsyncIterator[tuple[list[dict[str, Any]], int]]:
        """Yield the pages of a list, each with the number of records in the whole list, 0 if the gateway says none."""

        async def read(number: int) -> tuple[tuple[list[dict[str, Any]], int], int | None]:
            params = {**search, "page": str(number), "page_size": str(PAGE_SIZE)}
            reply = await self._wire.get_patiently(path, params)
            content = None if reply.status == 404 else _readable(reply.lenient_object() or {})
            total = (content or {}).get("total")
            counted = total if isinstance(total, int) and not isinstance(total, bool) else 0
            return (_items(content, asked), counted), next_page(content or {}, number)

        async for page in all_pages(read):
            yield page

    # -- all that it holds ------------------------------------------------------------------------------

    async def listed(self, entity: Entity) -> AsyncGenerator[RecordPage, None]:
        """Yield all records of a kind, page by page. Raises `Unreachable`."""
        async for items, total in self._counted_pages(_COLLECTION[entity], {}, "a request for a list"):
            yield RecordPage(
                [_record(item) for item in items if is_id(item.get("FLEXId"))], -(-total // PAGE_SIZE)
            )

    async def held(self, entity: Entity, flex_id: str) -> RemoteRecord | None:
        """Read one record; None if FLEX has none of this ID. An application counts as an opportunity.

        Raises `Unreachable`.
        """
        paths = [_COLLECTION[entity], *(["/applications"] if entity is Entity.OPPORTUNITY else [])]
        for path in paths:
            content = await self._object(f"{path}/{segment(flex_id)}")
            if content is not None and content.get("FLEXId") == flex_id:  # a path takes an IntegrationId too
                return _record(content)
        return None

    # -- what its gateway can do ------------------------------------------------------------------------

    async def abilities(self) -> frozenset[FlexAbility]:
        """Ask the gateway for its version of the contract, at most every ten minutes. Raises `Unreachable`."""
        now = asyncio.get_running_loop().time()
        if self._version is None or now >= self._version_until:
            self._version = await self._read_version()
            self._version_until = now + VERSION_AGE
        return frozenset(FlexAbility) if self._version.has(NEWER) else frozenset()

    async def _read_version(self) -> ContractVersion:
        """Read the version from the description. A gateway that serves none counts as the first version."""
        try:
            reply = await self._wire.get_patiently(PATH)
        except BadStatus as error:
            if error.status >= 500:
                raise
            return FIRST
        return (reply.status == 200 and version_in(reply.body.decode("utf-8", "replace"))) or FIRST

    # -- the catalogue ---------------------------------------------------------------------------------

    async def of_lender(self, lender: str) -> tuple[CatalogueProduct, ...]:
        """List a lender's products that fit the contract; asked again after ten minutes. Raises `Unreachable`."""
        if has_lone_surrogate(lender):
            return ()  # half a character can't be asked for, and is in no catalogue
        async with self._asking:
            now = asyncio.get_running_loop().time()
            kept = self._lenders.get(lender)
            if kept is None or now >= kept.until:
                kept = _LenderProducts(await self._products(lender), now + CATALOGUE_AGE)
                self._lenders[lender] = kept
            return kept.products

    def forget_catalogue(self) -> None:
        """Read each lender's products again when they are asked for next."""
        self._lenders.clear()

    async def _products(self, lender: str) -> tuple[CatalogueProduct, ...]:
        pages = self._pages("/products", {"Lender": lender}, "a question about its catalogue")
        entries = [_entry(item) async for page in pages for item in page]
        return tuple(entry for entry in entries if entry is not None)


def _entry(item: dict[str, Any]) -> CatalogueProduct | None:
    """Give an entry of the catalogue; None where it does not fit, and so can't be linked."""
    named = {
        "flex_id": item.get("ProductFLEXId"),
        "lender": item.get("Lender"),
        "name": item.get("Name"),
    }
    try:
        entry = decode(named, CatalogueProduct, display_name(System.FLEX))
    except BadRecord:
        return None
    return entry if is_id(entry.flex_id) and not entry.odd else None


def _something_else(asked: str) -> Unreachable:
    return Unreachable("bad-answer", f"FLEX gave an unusable answer to {asked}.")


def _items(page: Mapping[str, Any] | None, asked: str) -> list[dict[str, Any]]:
    """Return the records of a list's page. A reply without a list is not an answer. Raises `Unreachable`."""
    items = (page or {}).get("items")
    if not isinstance(items, list):
        raise _something_else(asked)
    return [item for item in items if isinstance(item, dict)]


def _is_newer(request: Request) -> bool:
    """Return True if a gateway of 1.0 does not know the write."""
    return request.entity is Entity.APPLICANT or (
        request.entity is Entity.PROPERTY and request.operation is Operation.UPDATE
    )


def _call(request: Request) -> tuple[str, str, Body]:
    """Give the method, path and body of a write."""
    match request.entity, request.operation:
        case Entity.PRODUCT_LINK, Operation.LINK:
            opportunity, product = segment(request.parent or ""), segment(request.remote_id or "")
            return "PUT", f"/opportunities/{opportunity}/product-links/{product}", request.body
        case Entity.APPLICANT, Operation.LINK:
            opportunity, person = segment(request.parent or ""), segment(request.remote_id or "")
            return "PUT", f"/opportunities/{opportunity}/applicants/{person}", request.body
        case entity, Operation.UPDATE | Operation.WRITE_BACK:
            return "PATCH", f"{_COLLECTION[entity]}/{segment(request.remote_id or '')}", request.body
        case entity, Operation.CREATE:
            return "POST", _COLLECTION[entity], request.body
        case entity, operation:
            raise AssertionError(f"FLEX has no {operation} of a {entity}")


def _note(item: Mapping[str, Any]) -> FlexNote:
    return FlexNote(*(_text_of(item, name) for name in ("FLEXId", "Text", "IntegrationId", "CreatedAt")))


def _property(item: Mapping[str, Any]) -> FlexProperty:
    on = item.get("Opportunity")
    opportunity = _text_of(on, "FLEXId") if isinstance(on, dict) else ""
    return FlexProperty(_text_of(item, "FLEXId"), _text_of(item, "IntegrationId"), opportunity)


def _text_of(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return value if isinstance(value, str) else ""


def _beginning(text: str) -> str:
    """Return how a text begins, for a search: its first line, as long as the contract allows."""
    line = (text.lstrip().splitlines() or [""])[0][:_LONGEST_SEARCH]
    return line[: _first_difference(line, without_lone_surrogates(line))].rstrip()


def _first_difference(text: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), len(other))


def _words(text: object) -> list[str]:
    """Return a text as its words in composed letters: equal texts differ in blanks and line ends at most."""
    return unicodedata.normalize("NFC", text).split() if isinstance(text, str) else []


def _opportunity(item: Mapping[str, Any], kind: str) -> FlexOpportunity | None:
    """Give an opportunity or application; None for a record without an ID, which can't be linked."""
    flex_id = item.get("FLEXId")
    if not is_id(flex_id):
        return None
    applicants = item.get("Applicants")
    roles = {
        applicant["FLEXId"]: _text_of(applicant, "Role")
        for applicant in (applicants if isinstance(applicants, list) else [])
        if isinstance(applicant, dict) and is_id(applicant.get("FLEXId"))
    }
    return FlexOpportunity(
        flex_id,
        kind,
        roles,
        _amount(item.get("ProposedLoanAmount")),
        _text_of(item, "IntegrationId"),
    )


def _readable(content: dict[str, Any]) -> dict[str, Any]:
    """Return what FLEX holds with each half character replaced: it is compared, shown and kept, and never sent as new.

    An ID stays as it is, because another text is another ID.
    """
    whole: dict[str, Any] = mended(content, ("FLEXId", "ProductFLEXId"))
    return whole


def _amount(value: object) -> Decimal | None:
    """Return a JSON number as an amount; None for anything else, also for NaN and Infinity."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    amount = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    return amount if amount.is_finite() else None


def _record(content: dict[str, Any]) -> RemoteRecord:
    ref = content.get("IntegrationId")
    return RemoteRecord(str(content.get("FLEXId", "")), ref if isinstance(ref, str) else None, content)
