"""What a reconciliation needs from outside: FLEX's records page by page. `data/vendors/flex.py` implements it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol, TypeAlias

from msgspec import Struct

from core.push.plan import Entity
from core.push.ports import RemoteRecord


class RecordPage(Struct, frozen=True):
    """One page of a list. `pages` is how many pages the list has, 0 if the system does not say."""

    records: Sequence[RemoteRecord]
    pages: int


class FlexLists(Protocol):
    """FLEX, as far as its records can be listed and read. Every method may raise `Unreachable`."""

    def listed(self, entity: Entity) -> AsyncGenerator[RecordPage, None]:
        """Yield all contacts, opportunities or properties, page by page."""
        ...

    async def held(self, entity: Entity, flex_id: str) -> RemoteRecord | None:
        """Return one record, None if there is none of this ID. An application counts as an opportunity."""
        ...


Pause: TypeAlias = Callable[[], Awaitable[None]]
"""Waits before a request, so that others get their part of the rate."""
