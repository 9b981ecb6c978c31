"""Total Expert as the milestones read it: what insight types and groups there are, and a contact's insights."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from core.milestones.insights import Insight
from data.vendors.http.reply import LookUp
from data.vendors.total_expert import client as vendor
from data.vendors.total_expert.client import TotalExpert

FEW: Final = 200
"""So many contacts' insights are read contact by contact; for more, the whole list is read once."""


class TotalExpertInsights:
    """Honours `core.milestones.ports.InsightBook` over the typed client."""

    def __init__(self, client: TotalExpert) -> None:
        self._client = client
        self._by: LookUp | None = None

    async def insight_types(self) -> dict[str, list[str]]:
        """Give the ids of the insight types by name. Raises `Unreachable`."""
        found: dict[str, list[str]] = {}
        async for page in self._client.insight_types():
            for one in page.records:
                found.setdefault(one.label, []).append(one.key)
        return found

    async def groups(self) -> dict[tuple[str, str], str]:
        """Give the ids of the groups by owner and name. Raises `Unreachable`."""
        return {
            (one.owner.key, one.group_name): one.key
            async for page in self._client.groups()
            for one in page.records
            if one.owner is not None
        }

    async def insights(self, contacts: Collection[str]) -> dict[str, list[Insight]]:
        """Give all insights of these contacts. Raises `Unreachable`."""
        if self._by is not LookUp.FILTER:
            self._by = await self._client.insight_look_up()
        by = self._by if len(contacts) <= FEW else LookUp.SCAN
        found = await self._client.insights_of(contacts, by)
        return {contact: [_insight(one) for one in held] for contact, held in found.items()}


def _insight(one: vendor.TotalExpertInsight) -> Insight:
    said = one.data.description if one.data is not None else None
    return Insight(one.key, one.type.key if one.type is not None else "", said or "")
