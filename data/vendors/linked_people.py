"""Who of SimpleNexus is which contact of Total Expert: the contact desk's links, for the room of the milestones."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from core.contacts.match.existing_links import LINKED, pair_of
from core.contacts.match.snapshot import MatchSnapshot
from core.milestones.insights import InsightContact
from core.push.ports import Book, Clock
from core.push.records import Link, Unlinked
from data.vendors.total_expert.client import TotalExpert

FEW: Final = 20
"""So many contacts are read one by one; for more, the whole list is read once."""
HOLDS: Final = 600.0
"""Seconds for which it is not asked again whose a contact is (ours)."""


class LinkedPeople:
    """Honours `core.milestones.ports.Ties`: the links are the book's, whose a contact is Total Expert says.

    `gathered` gives what the contact desk read last, if it did: it knows links too that stand in no book yet.
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
        """Give the contact that each person is linked with, where he is there. Raises `Unreachable`, `BookClosed`."""
        if not people:
            return {}
        unlinked = await self._book.all(Unlinked)
        back, parted = {one.key for one in unlinked}, {pair_of(one) for one in unlinked}
        gathered = self._gathered()
        known = gathered.links if gathered is not None else ()
        links = {pair[0]: pair[1] for pair in known if pair[0] in people and pair not in parted}
        made = [link for entity in LINKED for link in await self._book.where(Link, entity=entity)]
        for link in sorted(made, key=lambda link: link.at):  # the newest counts
            pair = pair_of(link)
            if pair is not None and pair[0] in people and link.key not in back:
                links[pair[0]] = pair[1]
        owners = await self._owners_of(set(links.values()))
        return {who: InsightContact(id_, owners[id_]) for who, id_ in links.items() if id_ in owners}

    async def _owners_of(self, contacts: set[str]) -> dict[str, str]:
        now = self._clock.now()
        if not 0 <= now - self._read_at < HOLDS:
            self._owners, self._read_at = {}, now
        missing = contacts - self._owners.keys()
        if len(missing) > FEW:
            async for page in self._client.contacts():
                for one in page.records:
                    if one.key in missing and one.owner is not None:
                        self._owners[one.key] = one.owner.key
        else:
            for contact in missing:
                held = await self._client.contact(contact)
                if held is not None and held.owner is not None:
                    self._owners[contact] = held.owner.key
        return self._owners
