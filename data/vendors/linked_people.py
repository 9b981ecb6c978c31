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
        self._owners: dict[str, str] = {}
        self._read_at = 0.0

    async def contacts(self, people: Collection[str]) -> dict[str, InsightContact]:
        """Return the linked contact of each person, by the person's id, if Total Expert has the contact.

        Raises `Unreachable`, `BookClosed`.
        """
        if not people:
            return {}
        links = {person: id_ for person, id_ in (await self._links()).items() if person in people}
        owners = await self._owners_of(set(links.values()))
        return {person: InsightContact(id_, owners[id_]) for person, id_ in links.items() if id_ in owners}

    async def people_of(self, ids: Collection[str]) -> dict[str, str]:
        """Return the linked person of each contact, by the contact's id. Of several the newest link counts.

        An id that is a linked person's stands for that person. Sends no request. Raises `BookClosed`.
        """
        if not ids:
            return {}
        links = await self._links()
        people = {id_: person for person, id_ in links.items() if id_ in ids}
        return people | {person: person for person in links if person in ids}

    async def contacts_with(self, email: str) -> list[str]:
        """Return the ids of the contacts of Total Expert that have an email. Raises `Unreachable`."""
        return [contact.key for contact in await self._client.find_by_emails([email])]

    async def _links(self) -> dict[str, str]:
        """Return every link as {person's id: contact's id}. Raises `BookClosed`."""
        unlinked = await self._book.all(Unlinked)
        undone, parted = {link.key for link in unlinked}, {pair_of(link) for link in unlinked}
        gathered = self._gathered()
        known = gathered.links if gathered is not None else ()
        links = {pair[0]: pair[1] for pair in known if pair not in parted}
        own = [link for entity in LINKED for link in await self._book.where(Link, entity=entity)]
        for link in sorted(own, key=lambda link: link.at):  # the newest link counts
            pair = pair_of(link)
            if pair is not None and link.key not in undone:
                links.pop(pair[0], None)  # the newest link comes last
                links[pair[0]] = pair[1]
        return links

    async def _owners_of(self, contacts: set[str]) -> dict[str, str]:
        """Return the owners' ids by contact, one request for each new one. Raises `Unreachable`."""
        now = self._clock.now()
        if not 0 <= now - self._read_at < HOLDS:
            self._owners, self._read_at = {}, now
        turn = asyncio.Semaphore(AT_ONCE)

        async def read_one(contact: str) -> None:
            async with turn:
                record = await self._client.contact(contact)
            if record is not None and record.owner is not None:
                self._owners[contact] = record.owner.key

        try:
            async with asyncio.TaskGroup() as group:
                for contact in sorted(contacts - self._owners.keys()):
                    group.create_task(read_one(contact))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return self._owners
