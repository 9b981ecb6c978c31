"""SimpleNexus as the push engine writes to it: prospects and accounts are created, and found again.

The note of a prospect holds our reference. An account is found by its email: SimpleNexus allows one account per email.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict

from core.compare.keys import email_key
from core.push.plan import Entity, Operation, System
from core.push.ports import Outcome, RemoteRecord, Request
from data.vendors.simplenexus.client import Borrower, Prospect, SimpleNexus


class SimpleNexusWrites:
    """Honours `core.push.ports.Remote`. A request's `parent` is the loan officer."""

    system = System.SIMPLENEXUS

    def __init__(self, client: SimpleNexus, settle: float) -> None:
        self._client = client
        self.settle = settle
        self.recheck = min(2.0, settle)

    async def send(self, request: Request) -> Outcome:
        """Make a prospect or an account, or share the app, once."""
        match request.entity, request.operation:
            case Entity.PROSPECT, Operation.CREATE:
                return await self._client.create_prospect(request.parent or "", request.body)
            case Entity.BORROWER, Operation.CREATE:
                return await self._client.create_borrower(request.body)
            case Entity.APP_SHARE, Operation.SHARE:
                return await self._client.share_app(request.parent or "", request.body)
            case entity, operation:
                raise AssertionError(f"SimpleNexus has no {operation} of a {entity}")

    def can_look_up(self, entity: Entity) -> bool:
        """Say whether it can be found again. Nothing lists what was shared."""
        return entity in (Entity.PROSPECT, Entity.BORROWER)

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Find prospects by the reference in their note, accounts by the email of the request. Raises `Unreachable`.

        A request for an account that tells no email finds nothing: the system keeps a second one out by itself.
        """
        prospects = [request for request in requests if request.entity is Entity.PROSPECT]
        accounts = [request for request in requests if request.entity is Entity.BORROWER]
        return {**await self._prospects(prospects), **await self._accounts(accounts)}

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read an account by its id. Raises `Unreachable`."""
        found = await self._client.borrower(request.remote_id or "")
        return _account(found, None) if found else None

    async def _prospects(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Read each officer's prospects once, however many are looked for."""
        wanted: dict[str, set[str]] = {}
        for request in requests:
            wanted.setdefault(request.parent or "", set()).add(request.ref)
        found: dict[str, list[RemoteRecord]] = {}
        for officer, refs in wanted.items():
            async for page in self._client.prospects(officer):
                for record in page.records:
                    for ref in refs.intersection((record.note or "").split()):
                        found.setdefault(ref, []).append(_prospect(record, ref))
        return found

    async def _accounts(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        by_email = {
            email_key(email): request.ref for request in requests if (email := _email_of(request)).strip()
        }
        found: dict[str, list[RemoteRecord]] = {}
        if by_email:
            for one in await self._client.find_borrowers([_email_of(request) for request in requests]):
                ref = by_email[email_key(one.email or "")]
                found.setdefault(ref, []).append(_account(one, ref))
        return found


def _email_of(request: Request) -> str:
    return str(request.body.get("email") or "") if request.body else ""


def _prospect(one: Prospect, ref: str) -> RemoteRecord:
    return RemoteRecord(one.id, ref, {**asdict(one), "cell_phone": one.phone})


def _account(one: Borrower, ref: str | None) -> RemoteRecord:
    return RemoteRecord(one.id, ref, asdict(one))
