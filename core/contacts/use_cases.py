"""The contact desk's use cases: read both live systems into one value, then match that value."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence, Set
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from core.contacts.match.existing_links import BookLinks, pair_of, taken_back
from core.contacts.match.known_links import HOLDS, HeldLinks, KnownLinks, LinkSources
from core.contacts.match.live.held import HeldMatch
from core.contacts.match.match import Matched
from core.contacts.match.roles import NO_RULE, AgentRule, with_role, with_roles
from core.contacts.match.rule import MatchOptions, OtherOwner, SameEmail
from core.contacts.match.snapshot import MatchSnapshot, assemble, part_of, untied_officers
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.contacts.ports import AliasSource, ConsentSource, ContactSource, Owner, SystemReading
from core.contacts.reading.copy import CopyStore
from core.contacts.reading.notices import NoticeBox
from core.contacts.reading.reader import DAY, ContactReader, Heard, SystemRead
from core.contacts.reading.shortfall import ShortRead, check_complete, fewer_records
from core.contacts.records import Answer, Judged
from core.local_forms import UTC_TIME, DeskTime
from core.push.plan import System
from core.push.ports import Book, Clock
from core.push.records import Generation, Link, Unlinked
from core.send_hours import SendHours

_Read: TypeAlias = Callable[[ContactReader], Coroutine[None, None, tuple[SystemReading, SystemRead]]]
"""Reads one system: what changed, or everything."""


ALIASES_HOLD: Final = 3_600.0
"""Seconds for which the aliases of loan officers are remembered. The number is ours."""


class ContactSettings(Struct, frozen=True):
    """What a profile says about its contact desk.

    `one_way` are the folded emails of the loan officers and contacts that the one-way integration carries. `ties`
    corrects which user belongs to which loan officer: {email of a Total Expert user: email of a loan officer}.
    `writer` is who runs the sync. Old values can be put back for `undo_days` days after a sync. Both systems are read
    in full every `full_read_days` days; with 0, every read is a full one. `agents` says by what an agent is recognised
    in Total Expert. Nobody is contacted outside `send_hours`. `local` writes a day for the person who asks.
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
    agents: AgentRule = NO_RULE
    other_owner: OtherOwner = OtherOwner.HOLD
    send_hours: SendHours | None = None
    local: DeskTime = UTC_TIME


class MoreSources(Struct, frozen=True):
    """What a desk reads and keeps besides the contacts of both systems.

    `store` keeps what was read, so that the next read asks for the changes alone; None reads all every time. `consents`
    says what contacts wish; None for a desk that contacts nobody. `aliases` is where the aliases of loan officers are
    read; None if nobody reads them. `notices` are what the systems told by themselves about removed records. `held` and
    `links` are the match and the links of an earlier desk of the process.
    """

    store: CopyStore | None = None
    consents: ConsentSource | None = None
    aliases: AliasSource | None = None
    notices: NoticeBox | None = None
    held: HeldMatch | None = None
    links: HeldLinks | None = None


NO_MORE: Final = MoreSources()


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
        more: MoreSources = NO_MORE,
    ) -> None:
        self.consents = more.consents
        self._aliases = more.aliases
        self._aliases_of: dict[str, tuple[float, Sequence[str]]] = {}
        """The aliases of loan officers, with the time of reading in seconds since 1970, by the officer's id."""
        self._simplenexus = simplenexus
        self._total_expert = total_expert
        self._store = more.store
        every = terms.full_read_days * DAY
        self._readers = (
            ContactReader(simplenexus, clock, more.store, every, more.notices),
            ContactReader(total_expert, clock, more.store, every, more.notices),
        )
        self.book = book
        self.terms = terms
        self.new_id = new_id
        self.clock = clock
        self.last: MatchSnapshot | None = None
        """The latest snapshot, for rooms that need names and links and do not read the systems themselves."""
        self._held = more.held or HeldMatch()
        self._one_match = asyncio.Lock()
        self._links = more.links or HeldLinks()
        self._one_look = asyncio.Lock()
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
        remembered = await self._book_links()
        try:
            async with asyncio.TaskGroup() as both:
                ours, theirs = (both.create_task(read(reader)) for reader in self._readers)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        self.reads = ours.result()[1], theirs.result()[1]
        gathered = await self._snapshot(ours.result()[0], theirs.result()[0], remembered, at)
        self.last = msgspec.structs.replace(gathered, took=max(0.0, self.clock.now() - at))
        return self.last

    async def _book_links(self) -> BookLinks:
        """Return what the book holds about links. Raises `BookClosed`."""
        judged = await self.book.all(Judged)
        return BookLinks(
            await self.book.all(Link),
            await self.book.all(Unlinked),
            await self.book.all(Generation),
            frozenset(answer.ids for answer in judged if answer.answer in _APART),
            frozenset(answer.ids for answer in judged if answer.answer is Answer.SAME),
        )

    async def _snapshot(
        self, ours: SystemReading, theirs: SystemReading, remembered: BookLinks, at: float
    ) -> MatchSnapshot:
        """Return the snapshot of both systems and the book. Raises `Unreachable`, for the aliases."""
        terms = self.terms
        contacts = await asyncio.to_thread(with_roles, theirs.contacts, terms.agents)
        aliases = await self._read_aliases(ours.owners, theirs.owners, at)
        return await asyncio.to_thread(
            assemble,
            ours,
            msgspec.structs.replace(theirs, contacts=contacts),
            remembered,
            terms.workspace,
            terms.one_way,
            terms.ties,
            at,
            aliases,
        )

    async def known_links(self) -> KnownLinks | None:
        """Return the links as of the latest snapshot, else as of the kept read with what the book says now.

        Return None if both are missing, or if the kept read is older than `HOLDS`. Reads no contact; the aliases of
        loan officers are asked for as in `gather`. Raises `Unreachable`, `BookClosed`.
        """
        if self.last is not None:
            return self.last.known_links
        store, held = self._store, self._links
        if store is None:
            return None
        async with self._one_look:
            ours, theirs = await asyncio.to_thread(
                lambda: (store.version(System.SIMPLENEXUS), store.version(System.TOTAL_EXPERT))
            )
            if ours is None or theirs is None:
                return None
            remembered = await self._book_links()
            links = [link for link in remembered.links if pair_of(link) is not None]
            remembered = msgspec.structs.replace(remembered, links=links)
            sources = LinkSources((ours, theirs), remembered)
            if not held.is_of(sources):
                snapshot = await self._snapshot_of_kept(remembered)
                if snapshot is None:
                    return None
                held.hold(sources, snapshot.known_links, snapshot.at)
        return held.links if self.clock.now() - held.read_at < HOLDS else None

    async def _snapshot_of_kept(self, remembered: BookLinks) -> MatchSnapshot | None:
        """Return a snapshot of what is kept of both systems, of the time of the older read; None if one is missing.

        Links that are younger than that read are left out: it can't tell whether their records are there.
        """
        ours, theirs = [await reader.kept() for reader in self._readers]
        if ours is None or theirs is None:
            return None
        at = min(ours.read_at, theirs.read_at)
        known = [link for link in remembered.links if link.at <= at]
        remembered = msgspec.structs.replace(remembered, links=known)
        snapshot = await self._snapshot(ours.reading, theirs.reading, remembered, self.clock.now())
        return msgspec.structs.replace(snapshot, at=at)

    # -- reads that lack records -----------------------------------------------------------------------

    @property
    def short_reads(self) -> tuple[ShortRead, ...]:
        """The systems that gave clearly fewer records than before, as of the latest snapshot."""
        return tuple(
            ShortRead(read.system, read.records, read.shortfall) for read in self.reads if read.shortfall
        )

    def check_complete(self) -> None:
        """Raise `DeskError` (fewer-records) if a system gave clearly fewer records than before."""
        check_complete(self.short_reads, self.terms.local)

    async def check_complete_now(self) -> None:
        """Raise `DeskError` (fewer-records) as `check_complete` does, also for what another process has read since."""
        store = self._store
        if store is None:
            self.check_complete()
            return
        systems = (System.SIMPLENEXUS, System.TOTAL_EXPERT)
        counts = await asyncio.to_thread(lambda: {system: store.known(system) for system in systems})
        if None in counts.values():  # the disk keeps nothing
            self.check_complete()
        check_complete(
            [
                ShortRead(system, count.records, count.shortfall)
                for system, count in counts.items()
                if count is not None and count.shortfall is not None
            ],
            self.terms.local,
        )

    async def accept_missing(self, numbers: Sequence[int]) -> None:
        """Take it that the missing records are gone. `numbers` are those that a person gave, one for each system.

        The order does not matter. If nothing is missing by now, there is nothing to accept. Raises `DeskError`
        (fewer-records) unless they are the numbers that are missing.
        """
        short = self.short_reads
        if not short:
            return
        if sorted(numbers) != sorted(read.shortfall.missing for read in short):
            given = " and ".join(f"{number:,}" for number in numbers)
            raise fewer_records(
                short, self.terms.local, f"The number that was given is {given}. Nothing was sent."
            )
        accepted = set[System]()
        for read in short:
            ours, theirs = self._readers
            reader = ours if read.system is System.SIMPLENEXUS else theirs
            if not await reader.accept_missing(read.shortfall.missing):
                raise fewer_records(
                    short, self.terms.local, "Another process read meanwhile. Nothing was sent."
                )
            accepted.add(read.system)
        self.reads = tuple(
            msgspec.structs.replace(read, shortfall=None) if read.system in accepted else read
            for read in self.reads
        )

    async def gone_among(self, system: System, contacts: Sequence[Contact]) -> set[str]:
        """Ask a system for each of these contacts; return the ids of those that are gone. Raises `Unreachable`."""
        ours, theirs = self._readers
        return await (ours if system is System.SIMPLENEXUS else theirs).gone_among(contacts)

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
        """Match the contacts of a snapshot, in another thread than the event loop's.

        Only what changed since the match before is matched again, unless a whole match is due.
        """
        async with self._one_match:
            return await asyncio.to_thread(_match, self._held, gathered, self.terms)

    def options(self, gathered: MatchSnapshot) -> MatchOptions:
        """Return how the contacts of a snapshot are matched."""
        return _options(gathered, self.terms)

    async def known_contacts(
        self, ids: tuple[Set[str], Set[str]], counted: Mapping[str, str], at: float
    ) -> MatchSnapshot | None:
        """Return contacts as they were read last, by their ids in both systems, without a request.

        Return None if nothing is kept. `counted` are those of them that count as another owner's, `at` is the time of
        the snapshot.
        """
        ours, theirs = [await reader.kept() for reader in self._readers]
        if ours is None or theirs is None:
            return None
        terms = self.terms
        gathered = await asyncio.to_thread(
            part_of, ours.reading, theirs.reading, ids, terms.one_way, terms.ties, counted, at
        )
        agents = tuple(with_role(contact, terms.agents) for contact in gathered.total_expert)
        removed = taken_back(await self.book.all(Unlinked))
        return msgspec.structs.replace(gathered, total_expert=agents, taken_back=removed)

    async def prepare_changes(self) -> None:
        """Make ready for the changes of the next snapshot, in another thread. For a process that matches again."""
        async with self._one_match:
            await asyncio.to_thread(self._held.prepare)


def _options(gathered: MatchSnapshot, terms: ContactSettings) -> MatchOptions:
    return MatchOptions(
        terms.same_email,
        gathered.ties,
        gathered.links,
        terms.other_owner,
        gathered.successors,
        gathered.taken_back,
    )


_APART: Final = frozenset({Answer.DIFFERENT, Answer.HOUSEHOLD})


def _match(held: HeldMatch, gathered: MatchSnapshot, terms: ContactSettings) -> Matched:
    options = _options(gathered, terms)
    matched = held.match(gathered.simplenexus, gathered.total_expert, options)
    accounts = frozenset(gathered.taken_over.values())
    rows = matched.rows
    if accounts or gathered.taken_back:
        rows = tuple(
            _as_book_says(row, accounts, gathered.taken_back) if row.verdict is Verdict.LINK else row
            for row in rows
        )
    return msgspec.structs.replace(matched, rows=rows, terms=options)


def _as_book_says(
    row: VerdictRow, accounts: Set[str], removed: Mapping[tuple[str, str], Unlinked]
) -> VerdictRow:
    """Return the row of a pair that the rule would link, with what the book says about the pair.

    The rule alone never links a pair of which a person took the link back, or of which a push changed the one record
    where it should have made a new one.
    """
    if (unlinked := removed.get((row.simplenexus_ids[0], row.total_expert_ids[0]))) is not None:
        reason = Reason.DIVERTED if unlinked.diverted else Reason.TAKEN_BACK
        return msgspec.structs.replace(row, verdict=Verdict.UNLINKED, reason=reason)
    if accounts.isdisjoint(row.simplenexus_ids):
        return row
    return msgspec.structs.replace(row, reason=Reason.TAKEN_OVER)
