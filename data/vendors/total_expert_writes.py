"""Total Expert as the push engine writes to it: contacts are made, changed back, and found by their external id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from core.push.plan import Entity, Operation, System
from core.push.ports import Outcome, RemoteRecord, Request
from data.vendors.reply import LookUp
from data.vendors.total_expert import Contact, TotalExpert

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

    async def send(self, request: Request) -> Outcome:
        """Make or change a contact, once. One that the system took for another contact is `Diverted`."""
        match request.entity, request.operation:
            case Entity.CONTACT, Operation.CREATE:
                return await self._client.create_contact(request.body, request.ref)
            case Entity.CONTACT, Operation.UPDATE | Operation.WRITE_BACK:
                return await self._client.update_contact(request.remote_id or "", request.body)
            case entity, operation:
                raise AssertionError(f"Total Expert has no {operation} of a {entity}")

    def can_look_up(self, entity: Entity) -> bool:
        """Say whether it can be found again: by filter where one is obeyed, else by reading the list."""
        return entity is Entity.CONTACT

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Find the contacts that bear our references. Raises `Unreachable`."""
        refs = {request.ref for request in requests}
        by = LookUp.SCAN if len(refs) > FEW else await self._capability()
        found = await self._client.find_by_refs(refs, by)
        return {ref: [_record(one, ref) for one in contacts] for ref, contacts in found.items()}

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read a contact by its id. Raises `Unreachable`."""
        found = await self._client.contact(request.remote_id or "")
        return _record(found, None) if found else None

    async def _capability(self) -> LookUp:
        if self._found_by is None:
            self._found_by = await self._client.contact_look_up()
        return self._found_by


def _record(one: Contact, ref: str | None) -> RemoteRecord:
    return RemoteRecord(one.key, ref, msgspec.to_builtins(one))
