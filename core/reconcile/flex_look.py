"""Reads what FLEX holds of the linked records, with a bounded number of requests. Decides nothing.

A list of FLEX costs a request for each 200 records, a record alone one request. The list is read where it has no
more pages than there are links of that kind, and never fewer than `FEW_PAGES` pages are granted. Otherwise the linked
records are read one by one. What the list lacks is asked for again automatically before it counts as gone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import aclosing
from typing import Final

from msgspec import Struct

from core.push.plan import Entity
from core.push.ports import RemoteRecord
from core.reconcile.flex_findings import FlexLook
from core.reconcile.ports import FlexLists, Pause

FEW_PAGES: Final = 5
"""A list of so many pages is always read. The number is ours."""
MOST: Final = 300
"""Requests to FLEX in one look, unless everything is to be read. The number is ours."""


async def no_pause() -> None:
    """Wait for nothing: the rate of the connection is kept by the connection."""


class LookTerms(Struct, frozen=True):
    """How far a look goes. `most` is the largest number of requests to FLEX, None for no limit.

    `pause` is awaited before each of them. `turn` is the number of the look: where not all records can be asked for,
    each turn begins with others.
    """

    most: int | None = MOST
    pause: Pause = no_pause
    turn: int = 0

    @property
    def is_full(self) -> bool:
        """True if everything is read, however many requests that costs."""
        return self.most is None


class FlexLooker:
    """Looks at FLEX once. `requests` counts what was asked."""

    def __init__(self, lists: FlexLists, terms: LookTerms) -> None:
        self._lists = lists
        self._terms = terms
        self.requests = 0
        self._until: int | None = 0
        """The number of requests at which the look in progress ends; None for no end."""

    async def look(self, entity: Entity, ids: Collection[str], parts: int = 1) -> FlexLook:
        """Return the records of one kind: all of them, or those of `ids`. Raises `Unreachable`.

        `parts` is how many looks share the requests that are left, this one among them.
        """
        most = self._terms.most
        self._until = None if most is None else self.requests + (most - self.requests) // parts
        records: dict[str, RemoteRecord] = {}
        is_listed, number = self._may_ask(), 0
        if is_listed:
            await self._terms.pause()
            async with aclosing(self._lists.listed(entity)) as pages:
                async for page in pages:
                    self.requests += 1
                    number += 1
                    records |= {record.remote_id: record for record in page.records}
                    if number >= page.pages:
                        continue  # the last page
                    if not self._is_worth_it(page.pages, number, len(ids)):
                        is_listed = False
                        break
                    await self._terms.pause()
        gone, unasked = set[str](), set[str]()
        for flex_id in self._in_turn(sorted(set(ids) - records.keys())):
            if not self._may_ask():
                unasked.add(flex_id)
                continue
            await self._terms.pause()
            self.requests += 1
            record = await self._lists.held(entity, flex_id)
            if record is None:
                gone.add(flex_id)
            else:
                records[flex_id] = record
        return FlexLook(records, frozenset(gone), frozenset(unasked), is_listed)

    def _is_worth_it(self, pages: int, number: int, links: int) -> bool:
        """Return True if a list of so many pages is read to its end. `number` pages were read."""
        if self._until is None:
            return True
        return pages <= max(FEW_PAGES, links) and pages - number <= self._until - self.requests

    def _in_turn(self, ids: Sequence[str]) -> Sequence[str]:
        """Return ids in the order in which they are asked for."""
        left = len(ids) if self._until is None else self._until - self.requests
        if left >= len(ids):
            return ids
        first = self._terms.turn * max(1, left) % len(ids)
        return [*ids[first:], *ids[:first]]

    def _may_ask(self) -> bool:
        return self._until is None or self.requests < self._until
