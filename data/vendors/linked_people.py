"""Which person of SimpleNexus is which contact of Total Expert: the contact desk's links, for the milestones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from core.contacts.match.existing_links import LINKED, pair_of
from core.contacts.match.snapshot import MatchSnapshot
from core.milestones.insights import InsightContact
from core.push.ports import Book, Clock
from core.push.records import Link, Unlinked
from data.vendors.total_expert.client import TotalExpert

AT_ONCE: Final = 8
"""Contacts that are read at the same time."""
FRESH_FOR: Final = 120.0
"""Seconds for which a contact that was read counts as there when something is written to it. The number is ours."""
HOLDS: Final = 600.0
"""Seconds for which the owner of a contact is remembered. The number is ours."""


class LinkedPeople:
    """Implements `core.milestones.ports.Ties` with the links of the book and the owners from Total Expert.

    `gathered` returns what the contact desk read last, None if it read nothing. That includes links that are not in the
    book yet.
    """

    def __init__(
        self, book: Book, client: TotalExpert, gathered: Callable[[], MatchSnapshot | None], clock: Clock
    ) -> None:
        self._book = book
        self._gathered = gathered
        self._client = client
        self._clock = clock
        self._owners: dict[str, str | None] = {}
        self._times: dict[str, float] = {}
        """When each contact was read, in seconds since 1970."""
        self._read_at = 0.0

    async def contacts(self, people: Collection[str]) -> dict[str, InsightContact]:
        """Return the linked contact of each person, by the person's id, also if Total Expert has it no longer.

        Raises `Unreachable`, `BookClosed`.
        """
        if not people:
            return {}
        unlinked = await self._book.all(Unlinked)
        undone, parted = {link.key for link in unlinked}, {pair_of(link) for link in unlinked}
        gathered = self._gathered()
        known = gathered.links if gathered is not None else ()
        asking = frozenset(gathered.asking) if gathered is not None else frozenset[tuple[str, str]]()
        links = {pair[0]: pair[1] for pair in known if pair[0] in people and pair not in parted}
        own = [link for entity in LINKED for link in await self._book.where(Link, entity=entity)]
        for link in sorted(own, key=lambda link: link.at):  # the newest link counts
            pair = pair_of(link)
            if pair is not None and pair[0] in people and link.key not in undone:
                links[pair[0]] = pair[1]
        owners = await self._owners_of(set(links.values()))
        return {
            person: InsightContact(id_, owner or "", asks=owner is None or (person, id_) in asking)
            for person, id_ in links.items()
            if (owner := owners.get(id_, "")) != ""
        }

    def read_again(self, contact: str) -> None:
        """Let the next call of `contacts` read a contact again if it was read `FRESH_FOR` seconds ago or earlier."""
        if not 0 <= self._clock.now() - self._times.get(contact, 0.0) < FRESH_FOR:
            self._owners.pop(contact, None)

    async def _owners_of(self, contacts: set[str]) -> dict[str, str | None]:
        """Return the owners' ids by contact, None for a contact that is gone. One request for each new contact.

        A contact without an owner is left out. Raises `Unreachable`.
        """
        now = self._clock.now()
        if not 0 <= now - self._read_at < HOLDS:
            self._owners, self._times, self._read_at = {}, {}, now
        turn = asyncio.Semaphore(AT_ONCE)

        async def read_one(contact: str) -> None:
            async with turn:
                self._times[contact] = self._clock.now()
                record = await self._client.contact(contact)
            if record is None:
                self._owners[contact] = None
            elif record.owner is not None:
                self._owners[contact] = record.owner.key

        try:
            async with asyncio.TaskGroup() as group:
                for contact in sorted(contacts - self._owners.keys()):
                    group.create_task(read_one(contact))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return self._owners
