"""What was read last of one system, and how changes are folded into it. Pure.

A copy and all changes since equal a full read, record by record, as far as the system tells what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from core.contacts.model import Contact
from core.contacts.ports import Batch, LostRecords, Owner, RejectedContact, SystemReading
from core.contacts.reading.shortfall import ExpectedRecords, RecordCount, Shortfall
from core.push.plan import System

Pairs = Sequence[tuple[str, str]]
"""References or external ids in the form of `Batch`: (text, record's id)."""


class ContactCopy(Struct, frozen=True):
    """What was read last of one system. The first fields are those of `SystemReading` and `Batch`.

    `owner_aside` are the records of owners that could not be used. `mark` is the system's own time up to which its
    changes were read, in seconds since 1970; None if the system did not say what time it is. `full_at` is the desk's
    time at the end of the last full read, in seconds since 1970. `lost` are the records that an earlier read had.
    `shortfall` is set while so many of them are missing that a person has to say how many.
    """

    owners: Sequence[Owner] = ()
    owner_aside: Sequence[RejectedContact] = ()
    contacts: Mapping[str, Contact] = {}
    aside: Sequence[RejectedContact] = ()
    refs: Pairs = ()
    bears: Pairs = ()
    mark: float | None = None
    full_at: float = 0.0
    lost: LostRecords = LostRecords()
    shortfall: Shortfall | None = None

    @property
    def count(self) -> RecordCount:
        """How many records there are, without their ids."""
        shortfall = replace(self.shortfall, records=()) if self.shortfall is not None else None
        return RecordCount(len(self.contacts), self.full_at, shortfall)

    @property
    def expected(self) -> ExpectedRecords:
        """What the next full read is compared with: what is here, and what was missing before."""
        owners = {id_: contact.owner for id_, contact in self.contacts.items()}
        before = self.shortfall
        if before is None:
            return ExpectedRecords(owners, 0, self.full_at)
        owners |= {record.id: record.owner for record in before.records if record.id not in owners}
        return ExpectedRecords(owners, before.missing - len(before.records), before.had_at)

    @property
    def read_at(self) -> float:
        """When the system was read last, in seconds since 1970: in full, or what changed."""
        return max(self.full_at, self.mark or 0.0)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all records, also of those that can't be used."""
        return frozenset(self.contacts) | {rejected.record_id for rejected in self.aside}

    @property
    def reading(self) -> SystemReading:
        """Return the copy as a reading of the system."""
        aside = [*self.owner_aside, *self.aside]
        return SystemReading(self.owners, self.contacts, aside, self.refs, self.bears, self.lost)

    def after(self, before: ContactCopy | None) -> ContactCopy:
        """Return the copy with the records that are lost since the copy `before`; None if there is none.

        A contact that did not change is the object of the copy before, so that a match of that copy holds no other.
        """
        if before is None:
            return self
        contacts = {
            record_id: old if (old := before.contacts.get(record_id)) == contact else contact
            for record_id, contact in self.contacts.items()
        }
        aside = {rejected.record_id for rejected in self.aside}
        ids = dict.fromkeys((*before.lost.ids, *before.contacts))
        lost = tuple(one for one in ids if one not in self.contacts and one not in aside)
        gone = set(lost)
        refs = tuple(pair for pair in (*before.lost.refs, *before.refs) if pair[1] in gone)
        bears = tuple(pair for pair in (*before.lost.bears, *before.bears) if pair[1] in gone)
        return replace(self, contacts=contacts, lost=LostRecords(lost, refs, bears))


class CopyChanges(Struct, frozen=True, omit_defaults=True):
    """What an incremental read changes in a copy.

    `put` are new and changed contacts, `aside` records that can't be used. `refs` and `bears` are all references and
    external ids of both. `gone` are the ids of records that the system no longer lists. `owners` is None if the owners
    are the same.
    """

    mark: float | None
    put: Sequence[Contact] = ()
    aside: Sequence[RejectedContact] = ()
    gone: Sequence[str] = ()
    refs: Pairs = ()
    bears: Pairs = ()
    owners: Sequence[Owner] | None = None
    owner_aside: Sequence[RejectedContact] = ()

    @property
    def count(self) -> int:
        """The number of records that changed."""
        return len(self.put) + len(self.aside) + len(self.gone)


class CopyStore(Protocol):
    """Keeps the copies between two runs. Every method blocks and raises nothing: without a copy, all is read."""

    def load(self, system: System) -> ContactCopy | None:
        """Return the copy of a system; None if there is none that fits this program, profile and workspace."""
        ...

    def is_current(self, system: System) -> bool:
        """Return True if nobody else changed the copy since it was loaded or saved here."""
        ...

    def version(self, system: System) -> object:
        """Return a value that is another one after each change of a system's copy; None without a copy."""
        ...

    def known(self, system: System) -> RecordCount | None:
        """Return how many records a system had at the last read, also if its copy can't be used; None if unknown."""
        ...

    def save(self, system: System, copy: ContactCopy, changes: CopyChanges | None) -> None:
        """Keep a copy. `changes` is what an incremental read changed in the kept one; None after a full read."""
        ...


def folded(copy: ContactCopy, every: Sequence[CopyChanges]) -> ContactCopy:
    """Return a copy with changes, which come in the order of the reads. The last change of a record counts."""
    if not every:
        return copy
    last = {record_id: n for n, changes in enumerate(every) for record_id in _touched(changes)}
    contacts = dict(copy.contacts)
    for n, changes in enumerate(every):
        contacts |= {contact.id: contact for contact in changes.put if last[contact.id] == n}
        for record_id in _touched(changes) - {contact.id for contact in changes.put}:
            if last[record_id] == n:
                contacts.pop(record_id, None)
    new_owners = [changes for changes in every if changes.owners is not None]
    after = ContactCopy(
        (new_owners[-1].owners or ()) if new_owners else copy.owners,
        new_owners[-1].owner_aside if new_owners else copy.owner_aside,
        contacts,
        _kept_aside(copy.aside, every, last),
        _kept_pairs(copy.refs, [changes.refs for changes in every], last),
        _kept_pairs(copy.bears, [changes.bears for changes in every], last),
        every[-1].mark,
        copy.full_at,
        copy.lost,
        copy.shortfall.without(last.keys()) if copy.shortfall is not None else None,
    )
    may_be_lost = any(record_id not in contacts for record_id in last)
    return after.after(copy) if may_be_lost or copy.lost.ids else after


class _Listed(Struct, frozen=True):
    """A contact as a page lists it, with its references and external ids."""

    contact: Contact
    refs: frozenset[tuple[str, str]]
    bears: frozenset[tuple[str, str]]


def changes_in(
    copy: ContactCopy,
    batches: Iterable[Batch],
    owners: tuple[Sequence[Owner], Sequence[RejectedContact]],
    mark: float | None,
) -> CopyChanges:
    """Return what the pages of an incremental read change in a copy. Records that are as they were are dropped.

    `owners` are all owners and those that could not be used. If several pages name a record, the last one counts.
    """
    put: dict[str, _Listed] = {}
    aside: dict[str, list[RejectedContact]] = {}
    borne: dict[str, tuple[Pairs, Pairs]] = {}
    gone: dict[str, None] = {}
    for batch in batches:
        for record_id in batch.gone:
            put.pop(record_id, None)
            aside.pop(record_id, None)
            gone[record_id] = None
        refs, bears = _by_record(batch.refs), _by_record(batch.bears)
        for contact in batch.contacts:
            aside.pop(contact.id, None)
            gone.pop(contact.id, None)
            put[contact.id] = _listed(contact, refs, bears)
        for rejected in batch.aside:
            put.pop(rejected.record_id, None)
            gone.pop(rejected.record_id, None)
            aside.setdefault(rejected.record_id, []).append(rejected)
            borne[rejected.record_id] = refs.get(rejected.record_id, ()), bears.get(rejected.record_id, ())
    refs, bears = _by_record(copy.refs if put else ()), _by_record(copy.bears if put else ())
    new = [
        listed
        for record_id, listed in put.items()
        if (known := copy.contacts.get(record_id)) is None or _listed(known, refs, bears) != listed
    ]
    known_aside = set(copy.aside)
    rejects = [one for records in aside.values() for one in records if one not in known_aside]
    named = dict.fromkeys(one.record_id for one in rejects if one.record_id)
    known_ids = copy.contacts.keys() | {rejected.record_id for rejected in copy.aside} if gone else ()
    same_owners = (list(owners[0]), list(owners[1])) == (list(copy.owners), list(copy.owner_aside))
    return CopyChanges(
        mark,
        [listed.contact for listed in new],
        rejects,
        [record_id for record_id in gone if record_id in known_ids],
        [
            *(pair for one in new for pair in sorted(one.refs)),
            *(pair for id_ in named for pair in borne[id_][0]),
        ],
        [
            *(pair for one in new for pair in sorted(one.bears)),
            *(pair for id_ in named for pair in borne[id_][1]),
        ],
        None if same_owners else owners[0],
        () if same_owners else owners[1],
    )


def _listed(
    contact: Contact, refs: Mapping[str, list[tuple[str, str]]], bears: Mapping[str, list[tuple[str, str]]]
) -> _Listed:
    return _Listed(contact, frozenset(refs.get(contact.id, ())), frozenset(bears.get(contact.id, ())))


def _touched(changes: CopyChanges) -> set[str]:
    """Return the ids of the records that changes are about; a record without an id is about nobody."""
    ids = {contact.id for contact in changes.put} | {one.record_id for one in changes.aside}
    return (ids | set(changes.gone)) - {""}


def _kept_aside(
    before: Sequence[RejectedContact], every: Sequence[CopyChanges], last: Mapping[str, int]
) -> list[RejectedContact]:
    kept = [one for one in before if one.record_id not in last]
    for n, changes in enumerate(every):
        kept += [one for one in changes.aside if last.get(one.record_id, n) == n]
    return list(dict.fromkeys(kept))


def _kept_pairs(before: Pairs, every: Sequence[Pairs], last: Mapping[str, int]) -> list[tuple[str, str]]:
    kept = [pair for pair in before if pair[1] not in last]
    for n, pairs in enumerate(every):
        kept += [pair for pair in pairs if last[pair[1]] == n]
    return kept


def _by_record(pairs: Pairs) -> dict[str, list[tuple[str, str]]]:
    """Return pairs of (text, record's id) by the record."""
    found: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        found.setdefault(pair[1], []).append(pair)
    return found
