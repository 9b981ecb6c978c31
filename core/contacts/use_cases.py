"""The contact desk's use cases: read both live systems into one value, then match that value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from core.contacts.match.existing_links import BookLinks
from core.contacts.match.match import Matched, match
from core.contacts.match.rule import MatchOptions, OtherOwner, SameEmail
from core.contacts.match.snapshot import MatchSnapshot, SystemReading, assemble, untied_officers
from core.contacts.model import Contact, Reason, Verdict
from core.contacts.ports import AliasSource, ContactSource, Owner, RejectedContact
from core.contacts.records import Answer, Judged
from core.push.plan import System
from core.push.ports import Book, Clock
from core.push.records import Generation, Link, Unlinked

Heard = Callable[[System, int], None]
"""Called while a system is read, with the system and the number of contacts that have been read so far."""


ALIASES_HOLD: Final = 3_600.0
"""Seconds for which the aliases of loan officers are remembered. The number is ours."""


class ContactSettings(Struct, frozen=True):
    """What a profile says about its contact desk.

    `one_way` are the folded emails of the loan officers and contacts that the one-way integration carries. `ties`
    corrects which user belongs to which loan officer: {email of a Total Expert user: email of a loan officer}.
    `writer` is who runs the sync. Old values can be put back for `undo_days` days after a sync.
    """

    workspace: str
    operator: str
    same_email: SameEmail = SameEmail.HOLD
    one_way: frozenset[str] = frozenset()
    ties: Mapping[str, str] = {}
    writer: Literal["vendor", "desk"] = "vendor"
    auto_push: bool = False
    undo_days: int = 7
    other_owner: OtherOwner = OtherOwner.HOLD


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
        aliases: AliasSource | None = None,
    ) -> None:
        """`aliases` is where the aliases of loan officers are read; None if nobody reads them."""
        self._aliases = aliases
        self._aliases_of: dict[str, tuple[float, Sequence[str]]] = {}
        """The aliases of loan officers, with the time of reading in seconds since 1970, by the officer's id."""
        self._simplenexus = simplenexus
        self._total_expert = total_expert
        self.book = book
        self.terms = terms
        self.new_id = new_id
        self.clock = clock
        self.last: MatchSnapshot | None = None
        """The latest snapshot, for rooms that need names and links and do not read the systems themselves."""

    async def gather(self, heard: Heard = lambda system, count: None) -> MatchSnapshot:
        """Read both systems at the same time, and the links of the book.

        The book is read first. A record that a push creates in the meantime is recognised by its reference. Raises
        `DeskError` (in practice `Unreachable`) as soon as one of the systems can't be read; reading the other system
        then stops.
        """
        at = self.clock.now()
        remembered = BookLinks(
            await self.book.all(Link),
            await self.book.all(Unlinked),
            await self.book.all(Generation),
            frozenset(judged.ids for judged in await self.book.all(Judged) if judged.answer in _APART),
        )
        try:
            async with asyncio.TaskGroup() as both:
                ours = both.create_task(_read(self._simplenexus, heard))
                theirs = both.create_task(_read(self._total_expert, heard))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        terms = self.terms
        aliases = await self._read_aliases(ours.result().owners, theirs.result().owners, at)
        gathered = await asyncio.to_thread(
            assemble,
            ours.result(),
            theirs.result(),
            remembered,
            terms.workspace,
            terms.one_way,
            terms.ties,
            at,
            aliases,
        )
        self.last = msgspec.structs.replace(gathered, took=max(0.0, self.clock.now() - at))
        return self.last

    async def _read_aliases(
        self, officers: Sequence[Owner], users: Sequence[Owner], at: float
    ) -> dict[str, Sequence[str]]:
        """Return the aliases of the loan officers who are tied to nobody, if there is a user who is tied to nobody.

        Each officer costs a request, so they are read again only after `ALIASES_HOLD` seconds. Raises `Unreachable`.
        """
        source = self._aliases
        if source is None:
            return {}
        untied = untied_officers(officers, users, self.terms.ties)
        for officer in untied:
            known = self._aliases_of.get(officer.id)
            if known is None or not 0 <= at - known[0] < ALIASES_HOLD:
                self._aliases_of[officer.id] = at, await source.aliases(officer.id)
        return {officer.id: self._aliases_of[officer.id][1] for officer in untied}

    async def ids_by_email(
        self, system: System, emails: Collection[str], owners: Collection[str]
    ) -> set[str]:
        """Ask a system for the ids of its contacts with these emails. Raises `Unreachable`."""
        source = self._simplenexus if system is System.SIMPLENEXUS else self._total_expert
        return await source.ids_by_email(emails, owners)

    async def match(self, gathered: MatchSnapshot) -> Matched:
        """Match the contacts of a snapshot, in another thread than the event loop's."""
        return await asyncio.to_thread(_match, gathered, self.terms)


_APART: Final = frozenset({Answer.DIFFERENT, Answer.HOUSEHOLD})


async def _read(side: ContactSource, heard: Heard) -> SystemReading:
    """Read a system completely. If two records have the same id, the first one counts and the second is set aside."""
    owners, aside = await side.owners()
    contacts: dict[str, Contact] = {}
    refs: list[tuple[str, str]] = []
    bears: list[tuple[str, str]] = []
    heard(side.system, 0)
    async for batch in side.contacts(owners):
        aside += batch.aside
        for contact in batch.contacts:
            if contacts.setdefault(contact.id, contact) is not contact:
                aside.append(
                    RejectedContact(side.system, contact.id, "another record with this id was read before it")
                )
        refs += batch.refs
        bears += batch.bears
        heard(side.system, len(contacts))
    return SystemReading(owners, contacts, aside, refs, bears)


def _match(gathered: MatchSnapshot, terms: ContactSettings) -> Matched:
    options = MatchOptions(terms.same_email, gathered.ties, gathered.links, terms.other_owner)
    matched = match(gathered.simplenexus, gathered.total_expert, options)
    accounts = frozenset(gathered.taken_over.values())
    rows = tuple(
        msgspec.structs.replace(row, reason=Reason.TAKEN_OVER)
        if row.verdict is Verdict.LINK and not accounts.isdisjoint(row.simplenexus_ids)
        else row
        for row in matched.rows
    )
    return msgspec.structs.replace(matched, rows=rows)
