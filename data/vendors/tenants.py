"""Reads what an organisation has set up in SimpleNexus and Total Expert. Writes nothing.

A read that fails costs no other read.
`core.diagnostics.tenants` judges what was read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Final, TypeVar

from msgspec.structs import replace

from core.contacts.match.snapshot import untied_officers
from core.contacts.ports import Owner
from core.diagnostics.findings import ConnectionProblem
from core.diagnostics.tenants import SimpleNexusTenant, TotalExpertTenant
from core.errors import DeskError
from data.vendors.simplenexus.client import SimpleNexus
from data.vendors.simplenexus.contact_source import SimpleNexusContactSource
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.contact_source import TotalExpertContactSource

PATIENCE: Final = 20.0
"""Seconds that one list may take."""
MOST_ALIASES: Final = 20
"""How many loan officers are asked for their aliases at most: each is a request."""
T = TypeVar("T")


async def read_total_expert(client: TotalExpert) -> TotalExpertTenant:
    """Read insight types, contact groups and users, all at the same time."""
    types, groups, users = await asyncio.gather(
        in_time(_types(client)), in_time(_groups(client)), in_time(_users(client))
    )
    return TotalExpertTenant(types, groups, users)


async def read_simplenexus(client: SimpleNexus) -> SimpleNexusTenant:
    """Read loan officers, and whether this client may read loan applications and prospects."""
    officers, applications = await asyncio.gather(
        in_time(_officers(client)), in_time(client.offers_applications())
    )
    if isinstance(officers, ConnectionProblem):
        return SimpleNexusTenant(officers, applications)
    active = next((officer.id for officer in officers if officer.active), "")
    prospects = await in_time(client.offers_prospects(active)) if active else None
    return SimpleNexusTenant(officers, applications, prospects)


async def read_aliases(
    client: SimpleNexus, ours: SimpleNexusTenant, theirs: TotalExpertTenant, ties: Mapping[str, str]
) -> SimpleNexusTenant:
    """Return `ours` with the aliases of loan officers who are tied to nobody, as far as a user might be tied by one.

    `ties` are the operator's own. Of many such officers only the first `MOST_ALIASES` are asked for.
    """
    if isinstance(ours.officers, ConnectionProblem) or isinstance(theirs.users, ConnectionProblem):
        return ours
    source = SimpleNexusContactSource(client)
    untied = [officer.id for officer in untied_officers(ours.officers, theirs.users, ties)]
    asked = untied[:MOST_ALIASES]
    found = await asyncio.gather(*(in_time(source.aliases(officer)) for officer in asked))
    aliases = {
        officer: listed
        for officer, listed in zip(asked, found, strict=True)
        if not isinstance(listed, ConnectionProblem)
    }
    return replace(ours, aliases=aliases, aliases_unread=len(untied) - len(aliases))


async def _types(client: TotalExpert) -> dict[str, int]:
    numbers: dict[str, int] = {}
    async for page in client.insight_types():
        for record in page.records:
            numbers[record.type or ""] = numbers.get(record.type or "", 0) + 1
    return numbers


async def _groups(client: TotalExpert) -> dict[str, set[str]]:
    owners: dict[str, set[str]] = {}
    async for page in client.groups():
        for group in page.records:
            owners.setdefault(group.group_name, set()).add(group.owner.key if group.owner is not None else "")
    return owners


async def _users(client: TotalExpert) -> tuple[Owner, ...]:
    return tuple((await TotalExpertContactSource(client).owners())[0])


async def _officers(client: SimpleNexus) -> tuple[Owner, ...]:
    return tuple((await SimpleNexusContactSource(client).owners())[0])


async def in_time(reading: Awaitable[T]) -> T | ConnectionProblem:
    """Return what is read, or why it could not be read within `PATIENCE`."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await reading
    except TimeoutError:
        return ConnectionProblem("not-checked", f"It was not read within {PATIENCE:g} s.", "")
    except DeskError as error:
        return ConnectionProblem(error.code, error.message, error.fix)
