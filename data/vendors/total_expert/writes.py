"""Total Expert as the push engine writes to it: contacts, insights and who is in which group.

A contact is found by its external id; an insight by our reference, which stands in its description as a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from core.push.plan import Entity, Operation, System
from core.push.ports import Outcome, RemoteRecord, Request
from data.vendors.http.reply import LookUp
from data.vendors.total_expert.client import TotalExpert, TotalExpertContact, TotalExpertInsight

_REF: Final = re.compile(r"BD-[A-Z2-7]{20}")
FEW: Final = 20
"""So many contacts are looked up one by one; for more, the whole list is read once."""


class TotalExpertWrites:
    """Honours `core.push.ports.Remote`."""

    system = System.TOTAL_EXPERT

    def __init__(self, client: TotalExpert, settle: float) -> None:
        self._client = client
        self.settle = settle
        self.recheck = min(2.0, settle)
        self._found_by: LookUp | None = None
        self._insights_by: LookUp | None = None

    async def send(self, request: Request) -> Outcome:
        """Make or change a contact, once. One that the system took for another contact is `Diverted`."""
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
        """Say whether it can be found again: by filter where one is obeyed, else by reading the list."""
        return entity in (Entity.CONTACT, Entity.INSIGHT)

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Find what bears our references; beside an insight also those of its type that bear none.

        A request for an insight names its contact as `parent`. Raises `Unreachable`.
        """
        insights = [request for request in requests if request.entity is Entity.INSIGHT]
        refs = {request.ref for request in requests if request.entity is Entity.CONTACT}
        return {**await self._contacts(refs), **await self._insights(insights)}

    async def _contacts(self, refs: set[str]) -> dict[str, list[RemoteRecord]]:
        if not refs:
            return {}
        by = LookUp.SCAN if len(refs) > FEW else await self._capability()
        found = await self._client.find_by_refs(refs, by)
        return {ref: [_record(one, ref) for one in contacts] for ref, contacts in found.items()}

    async def _insights(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        if not requests:
            return {}
        if self._insights_by is None:
            self._insights_by = await self._client.insight_look_up()
        contacts = {request.parent or "" for request in requests}
        by = LookUp.SCAN if len(contacts) > FEW else self._insights_by
        found = await self._client.insights_of(contacts, by)
        return {
            request.ref: [
                record for one in found[request.parent or ""] if (record := _seen(one, request)) is not None
            ]
            for request in requests
        }

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read a contact by its id. Raises `Unreachable`."""
        found = await self._client.contact(request.remote_id or "")
        return _record(found, None) if found else None

    async def _capability(self) -> LookUp:
        if self._found_by is None:
            self._found_by = await self._client.contact_look_up()
        return self._found_by


def _seen(one: TotalExpertInsight, request: Request) -> RemoteRecord | None:
    """Give an insight as it bears on a request: ours, or one of the same type from elsewhere; None for any other."""
    words = (one.data.description if one.data and one.data.description else "").split()
    fields: dict[str, Any] = {
        "contact": {"id": one.contact.key if one.contact else ""},
        "type": {"id": one.type.key if one.type else ""},
    }
    given = {
        "owner": {"id": one.owner.key} if one.owner else None,
        "insight_date": one.insight_date,
        "data": {"description": one.data.description} if one.data and one.data.description else None,
    }
    fields |= {name: value for name, value in given.items() if value is not None}
    if request.ref in words:
        return RemoteRecord(one.key, request.ref, fields)
    wanted = request.body.get("type", {}).get("id") if request.body else None
    ours = any(_REF.fullmatch(word) for word in words)
    return RemoteRecord(one.key, None, fields) if fields["type"]["id"] == wanted and not ours else None


def _record(one: TotalExpertContact, ref: str | None) -> RemoteRecord:
    return RemoteRecord(one.key, ref, msgspec.to_builtins(one))
