"""Reads one system of the contact desk: what changed since the last read, or everything.

An incremental read costs a number of requests that does not grow with the contacts. It can't tell that a record was
removed unless a notification says so. The full read tells, and runs by itself at a stated interval (docs/protocol.md,
"Reading both systems").
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence, Set
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from core.contacts.model import Contact
from core.contacts.ports import Batch, ContactSource, Owner, RejectedContact, SystemReading
from core.contacts.reading.copy import ContactCopy, CopyChanges, CopyStore, changes_in, folded
from core.contacts.reading.notices import Notice, NoticeBox
from core.contacts.reading.shortfall import (
    ExpectedRecords,
    Shortfall,
    is_too_many,
    lacks_an_owners_page,
    missing_among,
)
from core.push.plan import System
from core.push.ports import Clock

OVERLAP: Final = 300.0
"""Seconds by which an incremental read reaches back before the mark.

A change may become visible some time after its time stamp: it is stamped when it begins and seen when it is committed,
and the machines of one vendor differ by seconds. The vendors say nothing about it. Five minutes are our assumption, and
cost no request.
"""
MANY_NOTICES: Final = 50
"""With more notices than this the system is read in full: each notice costs a request or more."""
DAY: Final = 86_400.0
Heard = Callable[[System, int], None]
"""Called while a system is read, with the system and the number of contacts that have been read so far."""


class ReadKind(StrEnum):
    """How a system was read."""

    FULL = "full"
    INCREMENTAL = "incremental"


class WhyFull(StrEnum):
    """Why a system was read in full."""

    NONE = ""
    ASKED = "asked for"
    NO_COPY = "nothing is kept of an earlier read"
    NO_CLOCK = "the system did not say what time it is"
    CLOCK_BACK = "the system's clock was set back"
    DUE = "the last full read was too long ago"
    NOTICES = "many records were removed"
    OWNERS = "the owners of many records are no longer listed"


class SystemRead(Struct, frozen=True):
    """How a system was read: `kind`, why in full, how many records changed, and when the last full read ended.

    `full_at` is in seconds since 1970 by the desk's clock. `records` is how many records there are now. `shortfall` is
    set while so many are missing that nothing may be synced.
    """

    system: System
    kind: ReadKind
    full_at: float
    changed: int = 0
    why: WhyFull = WhyFull.NONE
    records: int = 0
    shortfall: Shortfall | None = None


class ContactReader:
    """Reads one system. Without a `store` every read is a full one.

    `full_every` is the number of seconds after which a full read runs by itself; with 0, every read is a full one.
    """

    def __init__(
        self,
        source: ContactSource,
        clock: Clock,
        store: CopyStore | None = None,
        full_every: float = 0.0,
        notices: NoticeBox | None = None,
    ) -> None:
        """`notices` are what the system told by itself about removed records."""
        self._notices = notices
        self._source = source
        self._clock = clock
        self._store = store
        self._full_every = full_every
        self._held: ContactCopy | None = None
        self._turn = asyncio.Lock()

    async def read(self, heard: Heard) -> tuple[SystemReading, SystemRead]:
        """Read what changed since the last read, or everything if that does not do. Raises `Unreachable`."""
        async with self._turn:
            copy = await self._kept()
            if copy is None:
                return await self._read_all(heard, WhyFull.NO_COPY)
            if copy.mark is None:
                return await self._read_all(heard, WhyFull.NO_CLOCK)
            if abs(self._clock.now() - copy.full_at) >= self._full_every:
                return await self._read_all(heard, WhyFull.DUE)
            told = await self._told()
            if len(told) > MANY_NOTICES:
                return await self._read_all(heard, WhyFull.NOTICES)
            read = await self._read_changes(heard, copy, copy.mark, told)
            if self._notices is not None and told:
                await asyncio.to_thread(self._notices.drop, told)
            return read

    async def read_all(self, heard: Heard) -> tuple[SystemReading, SystemRead]:
        """Read the system in full. Raises `Unreachable`."""
        async with self._turn:
            return await self._read_all(heard, WhyFull.ASKED)

    async def kept(self) -> ContactCopy | None:
        """Return what is kept of the last read, without a request; None if nothing is kept."""
        async with self._turn:
            return await self._kept()

    async def gone_among(self, contacts: Sequence[Contact]) -> set[str]:
        """Ask for each of these contacts. Return the ids of those that are gone, which the copy then lacks too.

        Raises `Unreachable`.
        """
        gone = await self._source.gone_among(contacts)
        if gone:
            async with self._turn:
                if (copy := await self._kept()) is not None:
                    await self._keep(copy, CopyChanges(copy.mark, gone=sorted(gone & copy.contacts.keys())))
        return gone

    async def accept_missing(self, missing: int) -> bool:
        """Take it that the missing records are gone: a person gave their number. Return False if it is another one."""
        async with self._turn:
            copy = await self._kept()
            if copy is None or copy.shortfall is None or copy.shortfall.missing != missing:
                return False
            self._held = replace(copy, shortfall=None)
            if self._store is not None:
                await asyncio.to_thread(self._store.save, self._source.system, self._held, None)
            return True

    # -- both kinds --------------------------------------------------------------------------------------

    async def _read_all(self, heard: Heard, why: WhyFull) -> tuple[SystemReading, SystemRead]:
        """Read everything. If two records have the same id, the first one counts and the second is set aside."""
        before, told = await self._kept(), await self._told()
        owners, owner_aside = await self._source.owners()
        contacts: dict[str, Contact] = {}
        aside: list[RejectedContact] = []
        refs: list[tuple[str, str]] = []
        bears: list[tuple[str, str]] = []
        times: list[float | None] = []
        heard(self._source.system, 0)
        async for batch in self._source.contacts(owners):
            aside += batch.aside
            for contact in batch.contacts:
                if contacts.setdefault(contact.id, contact) is not contact:
                    aside.append(_read_twice(self._source.system, contact.id))
            refs += batch.refs
            bears += batch.bears
            times.append(batch.at)
            heard(self._source.system, len(contacts))
        if self._notices is not None and told:
            await asyncio.to_thread(self._notices.drop, told)
        full_at = self._clock.now()
        read = ContactCopy(owners, owner_aside, contacts, aside, refs, bears, earliest(times), full_at)
        copy = await asyncio.to_thread(read.after, before)
        copy = replace(copy, shortfall=await self._shortfall(before, copy))
        self._held = copy
        if self._store is not None:
            await asyncio.to_thread(self._store.save, self._source.system, copy, None)
        said = SystemRead(
            self._source.system, ReadKind.FULL, full_at, len(contacts), why, len(contacts), copy.shortfall
        )
        return copy.reading, said

    async def _shortfall(self, before: ContactCopy | None, now: ContactCopy) -> Shortfall | None:
        """Return what a full read lacks, if that is so much that a page of a list may be missing."""
        if self._store is None:
            return None
        if before is None:
            count = await asyncio.to_thread(self._store.known, self._source.system)
            if count is None:
                return None
            expected = ExpectedRecords.of_count(count)
        else:
            expected = await asyncio.to_thread(lambda: before.expected)
        missing = await asyncio.to_thread(missing_among, expected, now.ids)
        if missing is None:
            return None
        is_short = is_too_many(missing.missing, missing.had) or (
            self._source.lists_by_owner and lacks_an_owners_page(missing, expected)
        )
        return missing if is_short else None

    async def _read_changes(
        self, heard: Heard, copy: ContactCopy, mark: float, told: Sequence[Notice]
    ) -> tuple[SystemReading, SystemRead]:
        """Read what changed since the mark, and read in full if the system's clock was set back.

        The lists of an owner who is new, or of whom a notice tells that a record was removed, are read in full. Records
        of which a notice tells are asked for one by one.
        """
        owners, owner_aside = await self._source.owners()
        heard(self._source.system, len(copy.contacts))
        if self._source.lists_by_owner and is_too_many(
            len(_without_owner(copy, owners, frozenset())), len(copy.contacts)
        ):
            return await self._read_all(heard, WhyFull.OWNERS)  # a page of owners may be missing: it compares
        stale = {notice.owner for notice in told if notice.owner} if self._source.lists_by_owner else set()
        batches = [Batch((), gone=_without_owner(copy, owners, stale))] if self._source.lists_by_owner else []
        named = [copy.contacts[one.record_id] for one in told if one.record_id in copy.contacts]
        if named:  # before the lists: a contact that is another owner's now is among the changed ones
            batches.append(Batch((), gone=tuple(sorted(await self._source.gone_among(named)))))
        known = {owner.id for owner in copy.owners} - stale
        times: list[float | None] = []
        if self._source.lists_by_owner and (new := [one for one in owners if one.id not in known]):
            async for batch in self._source.contacts(new):
                batches.append(batch)
                times.append(batch.at)
        old = [owner for owner in owners if owner.id in known] if self._source.lists_by_owner else owners
        async for batch in self._source.changes(old, mark - OVERLAP):
            batches.append(batch)
            times.append(batch.at)
        at = earliest(times)
        if (
            self._clock.now() if at is None else at
        ) < mark - OVERLAP:  # nothing that happened would be asked for
            return await self._read_all(heard, WhyFull.CLOCK_BACK)
        moved = mark if at is None else max(mark, at)
        changes = await asyncio.to_thread(changes_in, copy, batches, (owners, owner_aside), moved)
        after = await self._keep(copy, changes)
        heard(self._source.system, len(after.contacts))
        read = SystemRead(
            self._source.system,
            ReadKind.INCREMENTAL,
            after.full_at,
            changes.count,
            records=len(after.contacts),
            shortfall=after.shortfall,
        )
        return after.reading, read

    async def _told(self) -> Sequence[Notice]:
        """Return the notices that wait for a read."""
        if self._notices is None:
            return ()
        return await asyncio.to_thread(self._notices.waiting, self._source.system)

    async def _keep(self, copy: ContactCopy, changes: CopyChanges) -> ContactCopy:
        """Fold changes into a copy and keep the result, which is returned."""
        after = await asyncio.to_thread(folded, copy, [changes])
        self._held = after
        if self._store is not None:
            await asyncio.to_thread(self._store.save, self._source.system, after, changes)
        return after

    async def _kept(self) -> ContactCopy | None:
        """Return what is kept of the last read, from memory if the stored copy is the same."""
        if self._store is None:
            return None
        system = self._source.system
        if self._held is None or not await asyncio.to_thread(self._store.is_current, system):
            self._held = await asyncio.to_thread(self._store.load, system)
        return self._held


def earliest(times: Iterable[float | None]) -> float | None:
    """Return the earliest of the times of all pages; None if a page has no time, or if there is no page.

    What changes while the pages are read changes after the first of them, so the next read finds it.
    """
    said = list(times)
    known = [at for at in said if at is not None]
    return min(known) if known and len(known) == len(said) else None


def _without_owner(copy: ContactCopy, owners: Sequence[Owner], stale: Set[str]) -> tuple[str, ...]:
    """Return the ids of the contacts of a copy that have an owner who is listed no longer, or who is `stale`."""
    left = {owner.id for owner in copy.owners} - {owner.id for owner in owners} | stale
    return tuple(id_ for id_, contact in copy.contacts.items() if contact.owner in left) if left else ()


def _read_twice(system: System, record_id: str) -> RejectedContact:
    return RejectedContact(system, record_id, "another record with this id was read before it")
