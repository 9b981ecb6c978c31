"""Whether something new may be made for a record, by its owner: not if the owner left, or if another has the email.

In a large company two officers often know one person. An import or a push would then make a second record of somebody
who is there already, so a person is asked. The answer may be given for all contacts of the two owners at once
(docs/matching.md, "Owners"). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from core.compare.emails import inbox_keys
from core.contacts.match.rule import MatchOptions, OtherOwner
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.push.plan import System

OwnerPair = tuple[str, str]
"""The keys of two owners in alphabetical order."""
RecordKey = tuple[System, str]
"""A system and a record's id."""
_USER: Final = "user "


def user_key(user_id: str) -> str:
    """Return the key of a user of Total Expert who is tied to no loan officer."""
    return f"{_USER}{user_id}" if user_id else ""


def owner_of_key(key: str) -> tuple[System, str]:
    """Return the system and the id of the owner whom a key names. The id is "" for a contact without an owner."""
    if key.startswith(_USER) or not key:
        return System.TOTAL_EXPERT, key.removeprefix(_USER)
    return System.SIMPLENEXUS, key


class OwnerRule:
    """Knows the emails that several owners have. Without owners (two files) it objects to nothing."""

    def __init__(
        self, simplenexus: Mapping[str, Contact], total_expert: Mapping[str, Contact], terms: MatchOptions
    ) -> None:
        """`simplenexus` and `total_expert` are both books by id."""
        self._books = {System.SIMPLENEXUS: simplenexus, System.TOTAL_EXPERT: total_expert}
        self._owners = terms.owners
        self._by_email: dict[str, list[RecordKey]] = {}
        """The records of each email that several owners have, SimpleNexus's first."""
        if terms.owners is None or terms.other_owner is OtherOwner.SEPARATE:
            return
        first: dict[str, str] = {}
        shared = set[str]()
        for (system, _), contact in self._records():
            for email in inbox_keys(contact.email):
                owner = self.owner(system, contact)
                if first.setdefault(email, owner) != owner:
                    shared.add(email)
        if shared:
            for key, contact in self._records():
                for email in shared.intersection(inbox_keys(contact.email)):
                    self._by_email.setdefault(email, []).append(key)

    def _records(self) -> Iterator[tuple[RecordKey, Contact]]:
        for system, book in self._books.items():
            for record_id, contact in book.items():
                yield (system, record_id), contact

    def owner(self, system: System, contact: Contact) -> str:
        """Return the key of the owner under whom a record is matched; "" if it has none."""
        if system is System.SIMPLENEXUS:
            return contact.owner
        officer = self._owners.officer_of(contact) if self._owners is not None else None
        return officer or user_key(contact.owner)

    def others(self, key: RecordKey) -> tuple[RecordKey, ...]:
        """Return the records that have a record's email under another owner.

        These are the other system's records. Only if that system has none under another owner, they are those of the
        record's own system: each of them would become a record of its own there.
        """
        system, contact = key[0], self._books[key[0]][key[1]]
        emails = inbox_keys(contact.email) if self._by_email else ()
        owner = self.owner(system, contact)
        records = dict.fromkeys(other for email in emails for other in self._by_email.get(email, ()))
        others = [other for other in records if self.owner_of(other) != owner]
        return tuple(other for other in others if other[0] is not system) or tuple(others)

    def email(self, key: RecordKey) -> str:
        """Return the emails of a record as they are compared, with a comma between them; "" if it has none."""
        return ", ".join(inbox_keys(self._books[key[0]][key[1]].email))

    def owner_of(self, key: RecordKey) -> str:
        """Return the key of the owner under whom a record is matched; "" if it has none."""
        return self.owner(key[0], self._books[key[0]][key[1]])

    def pair(self, key: RecordKey, other: RecordKey) -> OwnerPair:
        """Return the owners of two records."""
        first, second = sorted((self.owner_of(key), self.owner_of(other)))
        return first, second

    def records_of_several(self) -> Iterator[RecordKey]:
        """Yield the records of all emails that several owners have."""
        for records in self._by_email.values():
            yield from records

    def has_left(self, key: RecordKey) -> bool:
        """Return True if the owner of a record left, so that nothing new is made for the record."""
        return self._owners is not None and self._owners.has_left(self._books[key[0]][key[1]])


NO_OWNERS: Final = OwnerRule({}, {}, MatchOptions())


def with_owners(rows: Sequence[VerdictRow], rule: OwnerRule) -> tuple[VerdictRow, ...]:
    """Return the rows of a match after the rule of owners.

    The imports and pushes of one email become one row that is held, in the place of the first. The row also names the
    records of other owners that other rows decide about.
    """
    final: dict[int, VerdictRow] = {}
    held: dict[str, tuple[int, list[RecordKey]]] = {}
    """By email: the place of the row that is held, and the records that it decides about."""
    for place, row in enumerate(rows):
        key = record_made_of(row)
        if key is None:
            final[place] = row
        elif rule.has_left(key):
            final[place] = one_record(key, Verdict.CANNOT, Reason.OWNER_LEFT)
        elif rule.others(key):
            held.setdefault(rule.email(key), (place, []))[1].append(key)
        else:
            final[place] = row
    for place, own in held.values():
        final[place] = held_row(own, (other for key in own for other in rule.others(key)))
    return tuple(final[place] for place in sorted(final))


def record_made_of(row: VerdictRow) -> RecordKey | None:
    """Return the record of which a row would make a new one in the other system; None if the row makes nothing."""
    match row.verdict:
        case Verdict.PUSH:
            return System.SIMPLENEXUS, row.simplenexus_ids[0]
        case Verdict.IMPORT:
            return System.TOTAL_EXPERT, row.total_expert_ids[0]
        case (
            Verdict.LINKED
            | Verdict.LINK
            | Verdict.UNLINKED
            | Verdict.HOUSEHOLD
            | Verdict.HOLD
            | Verdict.POSSIBLE_DUPLICATE
            | Verdict.SKIP_ONE_WAY
            | Verdict.GONE
            | Verdict.CANNOT
        ):
            return None


def own_records(row: VerdictRow) -> tuple[RecordKey, ...]:
    """Return the records that a row decides about."""
    return (
        *((System.SIMPLENEXUS, our_id) for our_id in row.own_simplenexus_ids),
        *((System.TOTAL_EXPERT, their_id) for their_id in row.own_total_expert_ids),
    )


def one_record(key: RecordKey, verdict: Verdict, reason: Reason) -> VerdictRow:
    """Return the row of one record."""
    system, record_id = key
    ours, theirs = ((record_id,), ()) if system is System.SIMPLENEXUS else ((), (record_id,))
    return VerdictRow(verdict, ours, theirs, reason)


def held_row(own: Iterable[RecordKey], others: Iterable[RecordKey]) -> VerdictRow:
    """Return the row that holds the records `own`, because of the records `others` of other owners."""
    decided = dict.fromkeys(own)
    named = dict.fromkeys(key for key in others if key not in decided)
    elsewhere = _ids(named, System.SIMPLENEXUS), _ids(named, System.TOTAL_EXPERT)
    ours = (*_ids(decided, System.SIMPLENEXUS), *elsewhere[0])
    theirs = (*_ids(decided, System.TOTAL_EXPERT), *elsewhere[1])
    return VerdictRow(Verdict.HOLD, ours, theirs, Reason.OTHER_OWNER, None, elsewhere)


def _ids(keys: Iterable[RecordKey], system: System) -> tuple[str, ...]:
    return tuple(record_id for owner_system, record_id in keys if owner_system is system)
