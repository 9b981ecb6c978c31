"""FLEX, through the gateway contract of ours (data/contracts/flex.yaml). No live endpoint is publicly known."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

from core.errors import Unreachable
from core.flex.decoding import decode, without_lone_surrogates
from core.flex.model import BadRecord, CatalogueProduct, FlexOpportunity, FlexPerson
from core.push.plan import Body, Entity, Operation, System
from core.push.ports import Outcome, RemoteRecord, Request
from core.systems import display_name
from data.vendors.http.client import HttpClient, segment
from data.vendors.http.paging import all_pages, next_page

_FLEX_ID: Final = re.compile(r"1-[0-9A-Z]{4,8}")
_COLLECTION: Final = {
    Entity.PERSON: "/contacts",
    Entity.OPPORTUNITY: "/opportunities",
    Entity.PROPERTY: "/properties",
    Entity.NOTE: "/notes",
}


class Flex:
    """FLEX as the push engine writes to it, and its product catalogue."""

    system = System.FLEX

    def __init__(self, wire: HttpClient, settle: float) -> None:
        self._wire = wire
        self.settle = settle
        self.recheck = min(2.0, settle)
        self._lenders: dict[str, tuple[CatalogueProduct, ...]] = {}

    # -- the engine's port -----------------------------------------------------------------------------

    async def send(self, request: Request) -> Outcome:
        """Send one write, once."""
        method, path, body = _call(request)

        def id_of(content: Mapping[str, Any]) -> str | None:
            flex_id = content.get("FLEXId")
            echoed = content.get("IntegrationId", request.ref)
            is_change = request.operation in (Operation.UPDATE, Operation.WRITE_BACK)
            if is_change and flex_id != request.remote_id:
                return None
            if not is_change and echoed != request.ref:
                return None
            return flex_id if isinstance(flex_id, str) and _FLEX_ID.fullmatch(flex_id) else None

        return await self._wire.write(method, path, body, id_of)

    def can_look_up(self, entity: Entity) -> bool:
        """Say whether the contract has a look-up by IntegrationId for this kind of record."""
        return entity in _COLLECTION

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Find the records that bear our IntegrationIds, one request each. Raises `Unreachable`."""
        return {request.ref: await self._find(request.entity, request.ref) for request in requests}

    async def _find(self, entity: Entity, ref: str) -> list[RemoteRecord]:
        page = await self._wire.get_object(_COLLECTION[entity], {"IntegrationId": ref})
        items = page.get("items") if page else None
        if not isinstance(items, list):
            raise _something_else("a look-up")
        ours = [item for item in items if isinstance(item, dict) and item.get("IntegrationId") == ref]
        if not all(_FLEX_ID.fullmatch(str(item.get("FLEXId"))) for item in ours):
            raise _something_else("a look-up")  # a record without an id can't be linked
        return [_record(item) for item in ours]

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read a record by its id. Raises `Unreachable`."""
        path = f"{_COLLECTION[request.entity]}/{segment(request.remote_id or '')}"
        content = await self._wire.get_object(path)
        if content is not None and content.get("FLEXId") != request.remote_id:
            raise _something_else("a request for one record")
        return _record(content) if content else None

    # -- what is there already -------------------------------------------------------------------------

    async def kind_of(self, flex_id: str) -> str | None:
        """Say whether an ID is an opportunity's or an application's. Raises `Unreachable`."""
        for kind, collection in (("opportunity", "opportunities"), ("application", "applications")):
            if await self._wire.get_object(f"/{collection}/{segment(flex_id)}"):
                return kind
        return None

    async def opportunities(self) -> AsyncIterator[list[FlexOpportunity]]:
        """Yield all opportunities and applications page by page. Raises `Unreachable`."""
        for kind, collection in (("opportunity", "/opportunities"), ("application", "/applications")):
            async for page in all_pages(partial(self._opportunities, kind, collection)):
                yield page

    async def _opportunities(
        self, kind: str, collection: str, number: int
    ) -> tuple[list[FlexOpportunity], int | None]:
        reply = await self._wire.get_patiently(collection, {"page": str(number), "page_size": "200"})
        content = reply.lenient_object()
        items = content.get("items") if content else None
        if reply.status == 404 or content is None or not isinstance(items, list):
            raise _something_else("a question about its opportunities")
        read = [_opportunity(item, kind) for item in items if isinstance(item, dict)]
        return [record for record in read if record is not None], next_page(content, number)

    async def people_like(self, first_name: str, last_name: str, email: str) -> list[FlexPerson]:
        """Find all contacts of the same name, or with the same email address. Raises `Unreachable`."""
        searches = [{"FirstName": first_name, "LastName": last_name}] if first_name and last_name else []
        searches += [{"EmailAddress": email}] if email else []
        sendable = [
            search for search in searches if all(without_lone_surrogates(v) == v for v in search.values())
        ]
        answers = await asyncio.gather(*(self._contacts(search) for search in sendable))
        return list({person.flex_id: person for answer in answers for person in answer}.values())

    async def _contacts(self, search: Mapping[str, str]) -> list[FlexPerson]:
        async def read(number: int) -> tuple[list[FlexPerson], int | None]:
            content = await self._wire.get_object(
                "/contacts", {**search, "page": str(number), "page_size": "200"}
            )
            items = content.get("items") if content else None
            if content is None or not isinstance(items, list):
                raise _something_else("a search for a contact")
            contacts = [_person(item) for item in items if isinstance(item, dict)]
            return [person for person in contacts if person.flex_id], next_page(content, number)

        return [person async for page in all_pages(read) for person in page]

    async def person(self, flex_id: str) -> FlexPerson | None:
        """Read a contact, None if there is none with this ID. Raises `Unreachable`."""
        fields = await self.contact_fields(flex_id)
        return None if fields is None else _person(fields)

    async def contact_fields(self, flex_id: str) -> Mapping[str, Any] | None:
        """Read all fields of a contact, None if there is none with this ID. Raises `Unreachable`."""
        content = await self._wire.get_object(f"/contacts/{segment(flex_id)}")
        if content is not None and content.get("FLEXId") != flex_id:
            raise _something_else("a request for one record")
        return content

    # -- the catalogue ---------------------------------------------------------------------------------

    async def of_lender(self, lender: str) -> tuple[CatalogueProduct, ...]:
        """List a lender's products that fit the contract; asked once a run. Raises `Unreachable`."""
        if without_lone_surrogates(lender) != lender:
            return ()  # half a character can't be asked for, and is in no catalogue
        if lender not in self._lenders:
            self._lenders[lender] = await self._products(lender)
        return self._lenders[lender]

    async def _products(self, lender: str) -> tuple[CatalogueProduct, ...]:
        async def read(number: int) -> tuple[list[CatalogueProduct], int | None]:
            params = {"Lender": lender, "page": str(number), "page_size": "200"}
            reply = await self._wire.get_patiently("/products", params)
            content = reply.lenient_object()
            items = content.get("items") if content else None
            if reply.status == 404 or content is None or not isinstance(items, list):
                raise _something_else("a question about its catalogue")
            entries = [_entry(item) for item in items if isinstance(item, dict)]
            return [entry for entry in entries if entry is not None], next_page(content, number)

        return tuple([entry async for page in all_pages(read) for entry in page])


def _entry(item: dict[str, Any]) -> CatalogueProduct | None:
    """Give an entry of the catalogue; None where it does not fit, and so can't be linked."""
    named = {
        "flex_id": item.get("ProductFLEXId"),
        "lender": item.get("Lender"),
        "name": item.get("Name"),
    }
    try:
        return decode(named, CatalogueProduct, display_name(System.FLEX))
    except BadRecord:
        return None


def _something_else(asked: str) -> Unreachable:
    return Unreachable("bad-answer", f"FLEX answered {asked} with something else.")


def _call(request: Request) -> tuple[str, str, Body]:
    """Give the method, path and body of a write."""
    match request.entity, request.operation:
        case Entity.PRODUCT_LINK, Operation.LINK:
            opportunity, product = segment(request.parent or ""), segment(request.remote_id or "")
            return "PUT", f"/opportunities/{opportunity}/product-links/{product}", request.body
        case entity, Operation.UPDATE | Operation.WRITE_BACK:
            return "PATCH", f"{_COLLECTION[entity]}/{segment(request.remote_id or '')}", request.body
        case entity, Operation.CREATE:
            return "POST", _COLLECTION[entity], request.body
        case entity, operation:
            raise AssertionError(f"FLEX has no {operation} of a {entity}")


def _person(item: Mapping[str, Any]) -> FlexPerson:
    def text(name: str) -> str:
        value = item.get(name)
        return value if isinstance(value, str) else ""

    return FlexPerson(
        flex_id=text("FLEXId"),
        first_name=text("FirstName"),
        last_name=text("LastName"),
        email=text("EmailAddress"),
        birth_date=text("DateOfBirth"),
        mobile=text("CellularPhone"),
        street=text("DirectAddressStreet"),
        integration_id=text("IntegrationId"),
        middle_name=text("MiddleName"),
        home_phone=text("HomePhone"),
        work_phone=text("WorkPhone"),
    )


def _opportunity(item: Mapping[str, Any], kind: str) -> FlexOpportunity | None:
    """Give an opportunity or application; None for a record without an ID, which can't be linked."""
    flex_id, amount = item.get("FLEXId"), item.get("ProposedLoanAmount")
    applicants = item.get("Applicants")
    ids = (
        [one.get("FLEXId") for one in applicants if isinstance(one, dict)]
        if isinstance(applicants, list)
        else []
    )
    if not isinstance(flex_id, str) or not flex_id:
        return None
    ref = item.get("IntegrationId")
    return FlexOpportunity(
        flex_id,
        kind,
        tuple(one for one in ids if isinstance(one, str)),
        Decimal(str(amount)) if isinstance(amount, (int, float)) and not isinstance(amount, bool) else None,
        ref if isinstance(ref, str) else "",
    )


def _record(content: dict[str, Any]) -> RemoteRecord:
    ref = content.get("IntegrationId")
    return RemoteRecord(str(content.get("FLEXId", "")), ref if isinstance(ref, str) else None, content)
