"""The part of Total Expert that milestones read: insight types, groups, and the insights of contacts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from core.milestones.insights import Insight
from data.vendors.http.reply import LookUp
from data.vendors.total_expert import client as vendor
from data.vendors.total_expert.client import TotalExpert

FEW: Final = 200
"""Up to so many contacts, insights are read contact by contact. For more, the whole list is read once."""


class TotalExpertInsights:
    """Implements `core.milestones.ports.InsightBook` with the typed client."""

    def __init__(self, client: TotalExpert) -> None:
        self._client = client
        self._by: LookUp | None = None

    async def insight_types(self) -> dict[str, list[str]]:
        """Return the ids of the insight types by name. Raises `Unreachable`."""
        ids: dict[str, list[str]] = {}
        async for page in self._client.insight_types():
            for record in page.records:
                ids.setdefault(record.label, []).append(record.key)
        return ids

    async def groups(self) -> dict[tuple[str, str], str]:
        """Return the ids of the groups by a pair: the owner's id and the name. Raises `Unreachable`."""
        return {
            (group.owner.key, group.group_name): group.key
            async for page in self._client.groups()
            for group in page.records
            if group.owner is not None
        }

    async def insights(self, contacts: Collection[str]) -> dict[str, list[Insight]]:
        """Return all insights of these contacts, by the contact's id. Raises `Unreachable`."""
        if self._by is not LookUp.FILTER:
            self._by = await self._client.insight_look_up()
        by = self._by if len(contacts) <= FEW else LookUp.SCAN
        records = await self._client.insights_of(contacts, by)
        return {contact: [_insight(record) for record in own] for contact, own in records.items()}


def _insight(record: vendor.TotalExpertInsight) -> Insight:
    description = record.data.description if record.data is not None else None
    return Insight(record.key, record.type.key if record.type is not None else "", description or "")
