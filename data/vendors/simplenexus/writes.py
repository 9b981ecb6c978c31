"""SimpleNexus as the push engine writes to it: prospects, accounts and partners are created, and found again.

The note of a prospect holds our reference. An account is found by its email: SimpleNexus allows one account per email.
So is a partner, among the partners of the loan officer. Nothing is found of an invite.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import to_builtins
from msgspec.structs import asdict

from core.compare.keys import email_key
from core.push.plan import Entity, Operation, System
from core.push.ports import Lost, Outcome, RemoteRecord, Request
from data.vendors.simplenexus.client import Borrower, Partner, Prospect, SimpleNexus


class SimpleNexusWrites:
    """Honours `core.push.ports.Remote`. A request's `parent` is the loan officer."""

    system = System.SIMPLENEXUS

    def __init__(self, client: SimpleNexus, settle: float) -> None:
        self._client = client
        self.settle = settle
        self.recheck = min(2.0, settle)
        self._taken = set[str]()
        """The references of partners whose email is taken, says a 409: perhaps by another officer's partner."""

    async def send(self, request: Request) -> Outcome:
        """Make a prospect, an account or a partner, act on a partner, or share the app, once."""
        match request.entity, request.operation:
            case Entity.PROSPECT, Operation.CREATE:
                return await self._client.create_prospect(request.parent or "", request.body)
            case Entity.BORROWER, Operation.CREATE:
                return await self._client.create_borrower(request.body)
            case Entity.PARTNER, Operation.CREATE:
                outcome = await self._client.create_partner(request.parent or "", request.body)
                if isinstance(outcome, Lost) and outcome.code == "conflict":
                    self._taken.add(request.ref)
                return outcome
            case (Entity.INVITE, Operation.CREATE) | (Entity.ACCESS, Operation.DISABLE):
                return await self._client.act_on_partner(
                    request.parent or "", request.remote_id or "", request.body
                )
            case Entity.APP_SHARE, Operation.SHARE:
                return await self._client.share_app(request.parent or "", request.body)
            case entity, operation:
                raise AssertionError(f"SimpleNexus has no {operation} of a {entity}")

    def can_look_up(self, entity: Entity) -> bool:
        """Return True if a record of this kind can be found again. Nothing lists what was shared or who was invited."""
        return entity in (Entity.PROSPECT, Entity.BORROWER, Entity.PARTNER)

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Find prospects by the reference in their note, accounts and partners by the email of the request.

        A request for an account or a partner that has no email finds nothing: the system refuses a second one by
        itself. Raises `Unreachable`.
        """
        prospects = [request for request in requests if request.entity is Entity.PROSPECT]
        accounts = [request for request in requests if request.entity is Entity.BORROWER]
        partners = [request for request in requests if request.entity is Entity.PARTNER]
        return {
            **await self._prospects(prospects),
            **await self._accounts(accounts),
            **await self._partners(partners),
        }

    async def read(self, request: Request) -> RemoteRecord | None:
        """Read an account or a partner by its id. Raises `Unreachable`."""
        if request.entity is Entity.PARTNER:
            partner = await self._client.partner(request.parent or "", request.remote_id or "")
            return _partner(partner, None) if partner else None
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

    async def _partners(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        """Find each partner among those of the loan officer.

        After a 409 the partners of all officers are read: one of them has the email. Such a partner is not ours, so it
        has no reference.
        """
        found: dict[str, list[RemoteRecord]] = {}
        wanted: dict[str, list[Request]] = {}
        for request in requests:
            if _email_of(request).strip():
                wanted.setdefault(request.parent or "", []).append(request)
        for officer, own in wanted.items():
            refs = {email_key(_email_of(request)): request.ref for request in own}
            for partner in await self._client.find_partners(officer, [*map(_email_of, own)]):
                ref = refs[email_key(partner.email or "")]
                found.setdefault(ref, []).append(_partner(partner, ref))
        missing = [
            request for own in wanted.values() for request in own if request.ref in self._taken - found.keys()
        ]
        return {**found, **await self._partners_of_others(missing)} if missing else found

    async def _partners_of_others(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        refs = {email_key(_email_of(request)): request.ref for request in requests}
        found: dict[str, list[RemoteRecord]] = {}
        async for page in self._client.loan_officers():
            for officer in page.records:
                for partner in await self._client.find_partners(officer.id, [*map(_email_of, requests)]):
                    ref = refs[email_key(partner.email or "")]
                    found.setdefault(ref, []).append(_partner(partner, None))
        return found


def _email_of(request: Request) -> str:
    return str(request.body.get("email") or "") if request.body else ""


def _prospect(one: Prospect, ref: str) -> RemoteRecord:
    return RemoteRecord(one.id, ref, {**asdict(one), "cell_phone": one.phone})


def _account(one: Borrower, ref: str | None) -> RemoteRecord:
    return RemoteRecord(one.id, ref, asdict(one))


def _partner(one: Partner, ref: str | None) -> RemoteRecord:
    """Return a partner under the names of the body that creates one: the type is always AGENT."""
    return RemoteRecord(one.id, ref, {**to_builtins(one), "type": "AGENT"})
