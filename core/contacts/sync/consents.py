"""Reads what people wish, from all their records in Total Expert, before the app is shared with them."""

from __future__ import annotations

from collections.abc import Iterable

from core.contacts.consent import PersonConsent, PersonRecords, Unsubscribe, addresses, person_consent
from core.contacts.match.snapshot import MatchSnapshot
from core.contacts.model import Contact
from core.contacts.ports import ConsentSource
from core.contacts.records import Answer, Judged
from core.push.ports import Book


class ConsentReader:
    """Reads the consent of people now. The snapshot and the book say only which records are one person."""

    def __init__(self, source: ConsentSource, book: Book) -> None:
        self._source = source
        self._book = book

    async def read(
        self, gathered: MatchSnapshot, total_expert_ids: Iterable[str]
    ) -> dict[str, PersonConsent]:
        """Return what each person wishes, by the id of a contact. Raises `Unreachable`, `BookClosed`.

        The emails of the records in SimpleNexus that a contact is linked with are asked about too: that is where an
        invitation goes.
        """
        judged = await self._book.all(Judged)
        same = [answer.ids for answer in judged if answer.answer is Answer.SAME]
        people = PersonRecords((*gathered.links, *same))
        chosen = dict.fromkeys(total_expert_ids)
        linked = {ours: theirs for ours, theirs in gathered.links if theirs in chosen}
        invited: dict[str, list[Contact]] = {}
        for contact in gathered.simplenexus:
            if contact.id in linked:
                invited.setdefault(linked[contact.id], []).append(contact)
        return {
            contact_id: await self._read_one(people.of(contact_id), invited.get(contact_id, []))
            for contact_id in chosen
        }

    async def _read_one(self, records: Iterable[str], invited: Iterable[Contact]) -> PersonConsent:
        read = [await self._source.contact(record) for record in records]
        contacts = [contact for contact in read if contact is not None]
        found: list[Unsubscribe] = []
        for email in addresses((*contacts, *invited)):
            unsubscribes = await self._source.unsubscribes(email)
            if unsubscribes is None:
                return person_consent(contacts, None)
            found += unsubscribes
        return person_consent(contacts, found)
