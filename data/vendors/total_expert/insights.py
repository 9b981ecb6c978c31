"""The part of Total Expert that milestones read: insight types, groups, and the insights of contacts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.milestones.insights import Insight
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.records import TotalExpertInsight


class TotalExpertInsights:
    """Implements `core.milestones.ports.InsightBook` with the typed client."""

    def __init__(self, client: TotalExpert) -> None:
        self._client = client
        self._types: dict[str, str] = {}
        """The ids of the insight types by their system names, as they were read last."""

    async def insight_types(self) -> dict[str, list[str]]:
        """Return the ids of the insight types by their system names. Raises `Unreachable`."""
        ids: dict[str, list[str]] = {}
        async for page in self._client.insight_types():
            for record in page.records:
                ids.setdefault(record.type or "", []).append(record.key)
        self._types = {name: keys[0] for name, keys in ids.items() if len(keys) == 1}
        return ids

    async def groups(self) -> dict[tuple[str, str], str]:
        """Return the ids of the groups by a pair: the owner's id and the name. Raises `Unreachable`."""
        return {
            (group.owner.key, group.group_name): group.key
            async for page in self._client.groups()
            for group in page.records
            if group.owner is not None
        }

    async def insights(self, wanted: Mapping[str, Collection[str]]) -> dict[str, list[Insight]]:
        """Return the insights of these contacts, by the contact's id. Raises `Unreachable`.

        `wanted` gives for each contact the ids of the types that matter. One type is asked for alone; several are
        one request for all insights of the contact.
        """
        found: dict[str, list[Insight]] = {}
        for contact, types in wanted.items():
            only = next(iter(types)) if len(set(types)) == 1 else ""
            records = await self._client.insights_of(contact, only)
            found[contact] = [self._insight(record, only) for record in records]
        return found

    def _insight(self, record: TotalExpertInsight, only: str) -> Insight:
        """Return an insight as a value. `only` is the type that was asked for, "" if all were.

        A record that names no type counts as one of the type that was asked for.
        """
        type_id = record.type_id or self._types.get(record.type_name, "") or only
        return Insight(record.key, type_id, record.description)
