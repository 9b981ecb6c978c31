"""The contact desk's use cases: read both live systems into one value, then match that value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from core.contacts.match.existing_links import BookLinks
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, SameEmail
from core.contacts.match.snapshot import MatchSnapshot, SystemReading, assemble
from core.contacts.model import Contact, Reason, Verdict
from core.contacts.ports import ContactSource
from core.contacts.reading.copy import CopyStore
from core.contacts.reading.notices import NoticeBox
from core.contacts.reading.reader import DAY, ContactReader, Heard, SystemRead
from core.contacts.records import Answer, Judged
from core.push.plan import System
from core.push.ports import Book, Clock
from core.push.records import Generation, Link, Unlinked

_Read: TypeAlias = Callable[[ContactReader], Coroutine[None, None, tuple[SystemReading, SystemRead]]]
"""Reads one system: what changed, or everything."""


class ContactSettings(Struct, frozen=True):
    """What a profile says about its contact desk.

    `one_way` are the folded emails of the loan officers and contacts that the one-way integration carries. `ties`
    corrects which user belongs to which loan officer: {email of a Total Expert user: email of a loan officer}.
    `writer` is who runs the sync. Old values can be put back for `undo_days` days after a sync. Both systems are read
    in full every `full_read_days` days; with 0, every read is a full one.
    """

    workspace: str
    operator: str
    same_email: SameEmail = SameEmail.HOLD
    one_way: frozenset[str] = frozenset()
    ties: Mapping[str, str] = {}
    writer: Literal["vendor", "desk"] = "vendor"
    auto_push: bool = False
    undo_days: int = 7
    full_read_days: int = 7


class ContactUseCases:
    """Reads both systems and matches their contacts, with what the book and the settings say."""

    def __init__(
        self,
        simplenexus: ContactSource,
        total_expert: ContactSource,
        book: Book,
        terms: ContactSettings,
        new_id: Callable[[], str],
        clock: Clock,
        store: CopyStore | None = None,
        notices: NoticeBox | None = None,
    ) -> None:
        """`store` keeps what was read, so that the next read asks for the changes alone; None reads all every time.

        `notices` are what the systems told by themselves about removed records.
        """
        self._simplenexus = simplenexus
        self._total_expert = total_expert
        every = terms.full_read_days * DAY
        self._readers = (
            ContactReader(simplenexus, clock, store, every, notices),
            ContactReader(total_expert, clock, store, every, notices),
        )
        self.book = book
        self.terms = terms
        self.new_id = new_id
        self.clock = clock
        self.last: MatchSnapshot | None = None
        """The latest snapshot, for rooms that need names and links and do not read the systems themselves."""
        self.reads: tuple[SystemRead, ...] = ()
        """How each system was read for the latest snapshot."""

    async def gather(self, heard: Heard = lambda system, count: None) -> MatchSnapshot:
        """Read what changed in both systems since the last read, and the links of the book.

        Both systems are read at the same time, in full if that is due. The book is read first. A record that a push
        creates in the meantime is recognised by its reference. Raises `DeskError` (in practice `Unreachable`) as soon
        as one of the systems can't be read; reading the other system then stops.
        """
        return await self._gather(lambda reader: reader.read(heard))

    async def gather_all(self, heard: Heard = lambda system, count: None) -> MatchSnapshot:
        """Read both systems in full, and the links of the book. Raises what `gather` raises."""
        return await self._gather(lambda reader: reader.read_all(heard))

    async def _gather(self, read: _Read) -> MatchSnapshot:
        at = self.clock.now()
        judged = await self.book.all(Judged)
        remembered = BookLinks(
            await self.book.all(Link),
            await self.book.all(Unlinked),
            await self.book.all(Generation),
            frozenset(answer.ids for answer in judged if answer.answer in _APART),
            frozenset(answer.ids for answer in judged if answer.answer is Answer.SAME),
        )
        try:
            async with asyncio.TaskGroup() as both:
                ours, theirs = (both.create_task(read(reader)) for reader in self._readers)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        self.reads = ours.result()[1], theirs.result()[1]
        terms = self.terms
        gathered = await asyncio.to_thread(
            assemble,
            ours.result()[0],
            theirs.result()[0],
            remembered,
            terms.workspace,
            terms.one_way,
            terms.ties,
            at,
        )
        self.last = msgspec.structs.replace(gathered, took=max(0.0, self.clock.now() - at))
        return self.last

    async def gone_among(self, system: System, contacts: Sequence[Contact]) -> set[str]:
        """Ask a system for each of these contacts; return the ids of those that are gone. Raises `Unreachable`."""
        ours, theirs = self._readers
        return await (ours if system is System.SIMPLENEXUS else theirs).gone_among(contacts)

    async def ids_by_email(
        self, system: System, emails: Collection[str], owners: Collection[str]
    ) -> set[str]:
        """Ask a system for the ids of its contacts with these emails. Raises `Unreachable`."""
        source = self._simplenexus if system is System.SIMPLENEXUS else self._total_expert
        return await source.ids_by_email(emails, owners)

    async def match(self, gathered: MatchSnapshot) -> Matched:
        """Match the contacts of a snapshot, in another thread than the event loop's."""
        return await asyncio.to_thread(_match, gathered, self.terms.same_email)


_APART: Final = frozenset({Answer.DIFFERENT, Answer.HOUSEHOLD})


def _match(gathered: MatchSnapshot, same_email: SameEmail) -> Matched:
    terms = MatchOptions(same_email, gathered.ties, gathered.links, gathered.successors)
    matched = match(gathered.simplenexus, gathered.total_expert, terms)
    accounts = frozenset(gathered.taken_over.values())
    rows = tuple(
        msgspec.structs.replace(row, reason=Reason.TAKEN_OVER)
        if row.verdict is Verdict.LINK and not accounts.isdisjoint(row.simplenexus_ids)
        else row
        for row in matched.rows
    )
    return msgspec.structs.replace(matched, rows=rows)
