"""Total Expert as the push engine writes to it: contacts, insights and who is in which group.

A contact is found by its external id; an insight by our reference, which is a word of its description.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from core.push.plan import Body, Entity, Operation, System
from core.push.ports import Outcome, RemoteRecord, Request
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.records import TotalExpertContact, TotalExpertInsight

_REF: Final = re.compile(r"BD-[A-Z2-7]{20}")


class TotalExpertWrites:
    """Honours `core.push.ports.Remote`."""

    system = System.TOTAL_EXPERT

    def __init__(self, client: TotalExpert, settle: float) -> None:
        self._client = client
        self.settle = settle
        self.recheck = min(2.0, settle)

    async def send(self, request: Request) -> Outcome:
        """Make or change a contact, once. A contact that the system took for another one is `Diverted`."""
        match request.entity, request.operation:
            case Entity.CONTACT, Operation.CREATE:
                return await self._client.create_contact(request.body, request.ref)
            case Entity.CONTACT, Operation.UPDATE | Operation.WRITE_BACK:
                return await self._client.update_contact(request.remote_id or "", request.body)
            case Entity.INSIGHT, Operation.CREATE:
                return await self._client.create_insight(request.body)
            case Entity.GROUP, Operation.JOIN_GROUP | Operation.LEAVE_GROUP:
                return await self._client.update_contact(request.remote_id or "", request.body)
            case entity, operation:
                raise AssertionError(f"Total Expert has no {operation} of a {entity}")

    def can_look_up(self, entity: Entity) -> bool:
        """Return True if a record of this kind can be found again."""
        return entity in (Entity.CONTACT, Entity.INSIGHT)

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Find what has our references; for an insight also those of its type that have none.

        A request for an insight names its contact as `parent`. Raises `Unreachable`.
        """
        insights = [request for request in requests if request.entity is Entity.INSIGHT]
        contacts = [request for request in requests if request.entity is Entity.CONTACT]
        return {**await self._contacts(contacts), **await self._insights(insights)}

    async def _contacts(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        if not requests:
            return {}
        bodies = {request.ref: await self._body_of(request) for request in requests}
        found = await self._client.find_by_refs(bodies)
        return {ref: [_record(one, ref) for one in contacts] for ref, contacts in found.items()}

    async def _body_of(self, request: Request) -> Body:
        """Return what a contact is looked for by. A push that is over has no body: its contact is read."""
        if request.body or not request.remote_id:
            return request.body
        known = await self._client.contact(request.remote_id)
        return msgspec.to_builtins(known) if known is not None else {}

    async def _insights(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Look insights up by contact and type; two requests for the same contact and type are asked once."""
        asked: dict[tuple[str, str], list[TotalExpertInsight]] = {}
        found: dict[str, list[RemoteRecord]] = {}
        for request in requests:
            place = request.parent or "", _type_of(request)
            if place not in asked:
                asked[place] = await self._client.insights_of(*place)
            records = (_seen(one, request) for one in asked[place])
            found[request.ref] = [record for record in records if record is not None]
        return found

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read a contact by its id. Raises `Unreachable`."""
        found = await self._client.contact(request.remote_id or "")
        return _record(found, None) if found else None


def _type_of(request: Request) -> str:
    """Return the id of the insight type that a request names; "" if it names none."""
    kind = request.body.get("type") if request.body else None
    return str(kind.get("id") or "") if isinstance(kind, dict) else ""


def _seen(one: TotalExpertInsight, request: Request) -> RemoteRecord | None:
    """Return an insight as it bears on a request: ours, or one of the same type from elsewhere; None for any other.

    An insight that names no type is of the type that was asked for.
    """
    words, wanted = one.description.split(), _type_of(request)
    contact, type_id = one.contact.key if one.contact is not None else "", one.type_id or wanted
    fields: dict[str, Any] = {"contact": {"id": contact or request.parent}, "type": {"id": type_id}}
    given = {
        "owner": {"id": one.owner.key} if one.owner else None,
        "insight_date": one.insight_date,
        "data": {"description": one.description} if one.description else None,
    }
    fields |= {name: value for name, value in given.items() if value is not None}
    if request.ref in words:
        return RemoteRecord(one.key, request.ref, fields)
    ours = any(_REF.fullmatch(word) for word in words)
    from_elsewhere = bool(wanted) and type_id == wanted and not ours
    return RemoteRecord(one.key, None, fields) if from_elsewhere else None


def _record(one: TotalExpertContact, ref: str | None) -> RemoteRecord:
    return RemoteRecord(one.key, ref, msgspec.to_builtins(one))
