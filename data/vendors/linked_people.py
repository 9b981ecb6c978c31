"""Which person of SimpleNexus is which contact of Total Expert, for the milestones, and what that contact wishes.

The links are those of the contact desk. A contact is read together with the other records of the same person, because
an opt-out on one of them counts for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Final

from msgspec.structs import replace

from core.contacts.consent import PersonRecords, person_consent, silence
from core.contacts.match.existing_links import LINKED, pair_of
from core.contacts.match.known_links import KnownLinks
from core.contacts.model import Contact
from core.contacts.records import Answer, Judged
from core.milestones.insights import InsightContact
from core.push.ports import Book, Clock
from core.push.records import Link, Unlinked
from data.vendors.total_expert.client import TotalExpert
from data.vendors.total_expert.contact_source import contact_of

AT_ONCE: Final = 8
"""People whose contacts are read at the same time."""
HOLDS: Final = 600.0
"""Seconds for which a contact is remembered. The number is ours."""

_Pair = tuple[str, str]
"""(SimpleNexus id, Total Expert id)"""


class LinkedPeople:
    """Implements `core.milestones.ports.Ties` with the links of the book and the contacts of Total Expert.

    `known` returns the links of what the contact desk read last; None if no such read is kept. They include links that
    are not in the book yet.
    """

    def __init__(
        self,
        book: Book,
        client: TotalExpert,
        known: Callable[[], Awaitable[KnownLinks | None]],
        clock: Clock,
    ) -> None:
        self._book = book
        self._known_links = known
        self._client = client
        self._clock = clock
        self._known: dict[str, InsightContact] = {}
        """The contacts by id, as they were read."""
        self._read_at = 0.0

    async def contacts(self, people: Collection[str]) -> dict[str, InsightContact]:
        """Return the linked contact of each person, by the person's id, also if Total Expert has it no longer.

        A contact without an owner is left out. What is said of a contact may be `HOLDS` seconds old. Raises
        `Unreachable`, `BookClosed`.
        """
        if not people:
            return {}
        known_links = await self._known_links() or KnownLinks()
        pairs = await self._pairs(known_links)
        links = {ours: theirs for ours, theirs in pairs if ours in people}
        now = self._clock.now()
        if not 0 <= now - self._read_at < HOLDS:
            self._known, self._read_at = {}, now
        await self._read(set(links.values()) - self._known.keys(), pairs)
        asking = frozenset(known_links.asking)
        return {
            person: replace(known, asks=known.asks or (person, id_) in asking)
            for person, id_ in links.items()
            if (known := self._known.get(id_)) is not None
        }

    async def read_again(self, contact: str) -> None:
        """Read a contact, and the other records of the same person, as they are now.

        Raises `Unreachable`, `BookClosed`.
        """
        await self._read({contact}, await self._pairs(await self._known_links() or KnownLinks()))

    async def knows_all(self) -> bool:
        """Return True if the links that are not in the book are known too. Raises `Unreachable`, `BookClosed`."""
        return await self._known_links() is not None

    async def people_of(self, ids: Collection[str]) -> dict[str, str]:
        """Return the linked person of each contact, by the contact's id. Of several the newest link counts.

        An id that is a linked person's stands for that person. Reads no contact. Raises `Unreachable`, `BookClosed`.
        """
        if not ids:
            return {}
        links: dict[str, str] = {}
        for person, contact in await self._pairs(await self._known_links() or KnownLinks()):
            links.pop(person, None)  # the newest link comes last
            links[person] = contact
        people = {contact: person for person, contact in links.items() if contact in ids}
        return people | {person: person for person in links if person in ids}

    async def contacts_with(self, email: str) -> list[str]:
        """Return the ids of the contacts of Total Expert that have an email. Raises `Unreachable`."""
        return [contact.key for contact in await self._client.find_by_emails([email])]

    async def _pairs(self, known: KnownLinks) -> list[_Pair]:
        """Return the links of the book and those that are `known` besides.

        Of several links of one person of SimpleNexus the newest comes last.
        """
        unlinked = await self._book.all(Unlinked)
        undone, parted = {link.key for link in unlinked}, {pair_of(link) for link in unlinked}
        pairs = [pair for pair in known.links if pair not in parted]
        own = [link for entity in LINKED for link in await self._book.where(Link, entity=entity)]
        for link in sorted(own, key=lambda link: link.at):
            pair = pair_of(link)
            if pair is not None and link.key not in undone:
                pairs.append(pair)
        return pairs

    async def _read(self, contacts: Collection[str], pairs: Iterable[_Pair]) -> None:
        """Read contacts with the other records of their people: one request for each record. Raises `Unreachable`."""
        if not contacts:
            return
        judged = [answer.ids for answer in await self._book.all(Judged) if answer.answer is Answer.SAME]
        people = PersonRecords((*pairs, *judged))
        turn = asyncio.Semaphore(AT_ONCE)

        async def read_one(contact: str) -> None:
            async with turn:
                read = [await self._client.contact(record) for record in people.of(contact)]
            records = [contact_of(record) for record in read if record is not None]
            if read[0] is None:
                self._known[contact] = InsightContact(contact, "", asks=True)
            elif records and records[0].id == contact and records[0].owner:
                self._known[contact] = _insight_contact(records)
            else:
                self._known.pop(contact, None)

        try:
            async with asyncio.TaskGroup() as group:
                for contact in sorted(contacts):
                    group.create_task(read_one(contact))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None


def _insight_contact(records: list[Contact]) -> InsightContact:
    """Return the first of the records of one person, with what all of them say."""
    contact, consent = records[0], person_consent(records)
    refused = silence(consent)
    return InsightContact(
        contact.id,
        contact.owner,
        consent.stated,
        consent.words,
        refused.why if refused is not None else "",
        contact.state,
    )
