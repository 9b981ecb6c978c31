"""The snapshot of the contacts: all that a match of the two live systems needs, in one value. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.emails import inbox_key, inbox_keys
from core.compare.keys import email_key
from core.contacts.match.existing_links import (
    BookLinks,
    RecordLinks,
    existing_links,
    successors,
    taken_back,
    taken_over,
)
from core.contacts.match.known_links import KnownLinks
from core.contacts.match.rule import Owners
from core.contacts.model import Contact
from core.contacts.ports import Owner, RejectedContact, SystemReading
from core.push.plan import System
from core.push.records import Link, Unlinked

NO_ALIASES: Final[Mapping[str, Collection[str]]] = MappingProxyType({})


class MatchSnapshot(Struct, frozen=True):
    """Both systems as they were read, and the book's links.

    - `officers` are SimpleNexus's loan officers, `users` Total Expert's users.
    - `ties` are Total Expert's users tied to loan officers, by id.
    - `links` are the existing links as (SimpleNexus id, Total Expert id).
    - `refs` are our references, as {reference: id of the record that has it}.
    - `aside` are the records that could not be used.
    - `at` is when reading began, in seconds since 1970, UTC; `took` is how many seconds it took.
    - `asking` are the links that ask where they go: one record is gone, or the owners of the two are tied, each to
      somebody else, and no person said that the two are one person.
    - `successors` are the records that have the reference of a linked record that is gone, in the form of `links`: one
      end is the linked record that is still there.
    - `taken_over` are the prospects that an account replaced, as {prospect's id: account's id}. They are not in
      `simplenexus`.
    - `taken_back` are the links that a person took back, by pair: the rule alone links no such pair again.
    """

    simplenexus: tuple[Contact, ...]
    total_expert: tuple[Contact, ...]
    officers: tuple[Owner, ...]
    users: tuple[Owner, ...]
    ties: Owners
    links: tuple[tuple[str, str], ...]
    refs: dict[str, str]
    aside: tuple[RejectedContact, ...] = ()
    at: float = 0.0
    taken_over: dict[str, str] = {}
    took: float = 0.0
    successors: tuple[tuple[str, str], ...] = ()
    asking: tuple[tuple[str, str], ...] = ()
    taken_back: Mapping[tuple[str, str], Unlinked] = {}

    @property
    def known_links(self) -> KnownLinks:
        """The links alone."""
        return KnownLinks(self.links, self.asking)

    @property
    def not_used(self) -> tuple[RejectedContact, ...]:
        """The records that could not be used, and then the fields of the others that hold something odd."""
        sides = ((System.SIMPLENEXUS, self.simplenexus), (System.TOTAL_EXPERT, self.total_expert))
        return (
            *self.aside,
            *(
                RejectedContact(system, contact.id, f"{field}: {why}")
                for system, contacts in sides
                for contact in contacts
                for field, why in contact.odd
            ),
        )


def ids_read(snapshot: MatchSnapshot) -> set[str]:
    """Return the ids of all records that were read, also of those that an account replaced or that were set aside."""
    contacts = {contact.id for contact in (*snapshot.simplenexus, *snapshot.total_expert)}
    return contacts | snapshot.taken_over.keys() | {rejected.record_id for rejected in snapshot.aside}


def assemble(
    ours: SystemReading,
    theirs: SystemReading,
    book: BookLinks,
    workspace: str,
    one_way: frozenset[str],
    corrections: Mapping[str, str],
    at: float,
    aliases: Mapping[str, Collection[str]] = NO_ALIASES,
) -> MatchSnapshot:
    """Return the snapshot of SimpleNexus (`ours`), Total Expert (`theirs`) and the book.

    `one_way` are the email keys of contacts and loan officers that the one-way integration carries. `corrections` are
    the operator's ties, as {user's email: loan officer's email}. A prospect that an account replaced is left out, and
    so is its link. `at` is in seconds since 1970, UTC. `aliases` are those of loan officers, by the officer's id.
    """
    links = existing_links(
        workspace,
        ours.contacts.keys() | set(ours.lost.ids),
        theirs.contacts.keys() | set(theirs.lost.ids),
        book,
        RecordLinks(
            _with_lost(ours.refs, ours.lost.refs),
            _with_lost(theirs.refs, theirs.lost.refs),
            _with_lost(theirs.bears, theirs.lost.bears),
        ),
    )
    replaced = taken_over(ours.contacts, theirs.contacts, links, book.apart)
    carried = _OneWay(one_way, ours.owners)
    ties, broken = tie(ours.owners, theirs.owners, corrections, aliases)
    ties = msgspec.structs.replace(
        ties, counted=count_shared(ours.contacts.values(), theirs.contacts.values(), ties)
    )
    refs: dict[str, str] = {}
    for ref, record in (*ours.refs, *theirs.refs):
        refs.setdefault(ref, record)
    return MatchSnapshot(
        tuple(carried.mark(contact) for contact in ours.contacts.values() if contact.id not in replaced),
        tuple(theirs.contacts.values()),
        tuple(ours.owners),
        tuple(theirs.owners),
        ties,
        tuple(pair for pair in links if pair[0] not in replaced),
        refs,
        (*ours.aside, *theirs.aside, *broken),
        at,
        replaced,
        successors=successors(ours.contacts.keys(), theirs.contacts.keys(), _standing(book), refs),
        asking=tuple(_asking(links, ours, theirs, ties, book)),
        taken_back=taken_back(book.unlinked),
    )


class _OneWay:
    """Says which contacts of SimpleNexus the one-way integration carries."""

    def __init__(self, emails: frozenset[str], officers: Iterable[Owner]) -> None:
        self._emails = emails
        self._officers = {officer.id for officer in officers if email_key(officer.email) in emails}

    def mark(self, contact: Contact) -> Contact:
        """Return a contact with what is said of it."""
        is_carried = contact.owner in self._officers or email_key(contact.email) in self._emails
        return msgspec.structs.replace(contact, one_way=True) if is_carried else contact


def part_of(
    ours: SystemReading,
    theirs: SystemReading,
    ids: tuple[Set[str], Set[str]],
    one_way: frozenset[str],
    corrections: Mapping[str, str],
    counted: Mapping[str, str],
    at: float,
) -> MatchSnapshot:
    """Return a snapshot of some contacts alone, of SimpleNexus and of Total Expert by their ids, without links.

    `counted` is that of `Owners`; the other parameters are those of `assemble`.
    """
    carried = _OneWay(one_way, ours.owners)
    ties, _ = tie(ours.owners, theirs.owners, corrections)
    return MatchSnapshot(
        tuple(carried.mark(ours.contacts[one]) for one in sorted(ids[0] & ours.contacts.keys())),
        tuple(theirs.contacts[one] for one in sorted(ids[1] & theirs.contacts.keys())),
        tuple(ours.owners),
        tuple(theirs.owners),
        msgspec.structs.replace(ties, counted=counted),
        (),
        {},
        at=at,
    )


def _asking(
    links: Iterable[tuple[str, str]],
    ours: SystemReading,
    theirs: SystemReading,
    ties: Owners,
    book: BookLinks,
) -> Iterator[tuple[str, str]]:
    """Yield the links with a record that is gone, and those between two owners that nobody confirmed.

    A record that was set aside is there.
    """
    aside = {rejected.record_id for rejected in (*ours.aside, *theirs.aside)}
    tied = frozenset(ties.ties.values())
    for pair in links:
        our_record, their_record = ours.contacts.get(pair[0]), theirs.contacts.get(pair[1])
        if our_record is None or their_record is None:
            if aside.isdisjoint(pair):
                yield pair
        elif (
            our_record.owner in tied
            and ties.ties.get(their_record.owner, our_record.owner) != our_record.owner
            and pair not in book.same
        ):
            yield pair


def _with_lost(
    pairs: Sequence[tuple[str, str]], lost: Sequence[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    """Return references or external ids with those of lost records, unless a record that is there has them now."""
    if not lost:
        return pairs
    borne = {text for text, _ in pairs}
    return [*pairs, *(pair for pair in lost if pair[0] not in borne)]


def _standing(book: BookLinks) -> Iterator[Link]:
    """Yield the links of the book that nobody took back."""
    taken_back = {unlinked.key for unlinked in book.unlinked}
    return (link for link in book.links if link.key not in taken_back)


def tie(
    officers: Sequence[Owner],
    users: Sequence[Owner],
    corrections: Mapping[str, str],
    aliases: Mapping[str, Collection[str]] = NO_ALIASES,
) -> tuple[Owners, list[RejectedContact]]:
    """Tie Total Expert's users to loan officers: the operator's corrections win, then equal emails, then aliases.

    No user is tied to an inactive loan officer, or to an email that two active loan officers have. An alias counts if
    it is an email that is not a loan officer's own and no other officer's alias. A user who left stays tied, so that
    the user's contacts are matched. A correction that names nobody ties its user to nobody. It is returned in the
    second value.
    """
    active = [officer for officer in officers if officer.active and officer.email.strip()]
    bearers = Counter(email_key(officer.email) for officer in active)
    officer_ids = {
        email_key(officer.email): officer.id for officer in active if bearers[email_key(officer.email)] == 1
    }
    tieable = {**_by_alias(officers, aliases), **officer_ids}
    corrected = {email_key(user): email_key(officer) for user, officer in corrections.items()}
    by_email = Owners.by_email(tieable, (email_key(user.email) for user in users), corrected).ties
    ties = {
        user.id: tieable[officer]
        for user in users
        if (officer := by_email.get(email_key(user.email), "")) in tieable
    }
    gone = {email_key(officer.email) for officer in officers if not officer.active} - tieable.keys()
    left = {owner.id for owner in (*officers, *users) if not owner.active}
    left |= {user.id for user in users if corrected.get(key := email_key(user.email), key) in gone}
    active_users = {user.id for user in users if user.active}
    left |= {*ties.values()} - {officer for user, officer in ties.items() if user in active_users}
    return Owners(ties, frozenset(left)), list(_broken(corrected, tieable, users))


def _by_alias(officers: Sequence[Owner], aliases: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return the active loan officers by those of their aliases that are emails, and nobody else's."""
    own = {email_key(officer.email) for officer in officers}
    by_alias: dict[str, set[str]] = {}
    for officer in officers:
        for alias in aliases.get(officer.id, ()) if officer.active else ():
            if (key := inbox_key(alias)) and key not in own:
                by_alias.setdefault(key, set()).add(officer.id)
    return {alias: next(iter(ids)) for alias, ids in by_alias.items() if len(ids) == 1}


def untied_officers(
    officers: Sequence[Owner], users: Sequence[Owner], corrections: Mapping[str, str]
) -> list[Owner]:
    """Return the loan officers of whom the aliases may tie a user: none if every active user is tied already."""
    owners, _ = tie(officers, users, corrections)
    if all(user.id in owners.ties or not user.active or user.id in owners.left for user in users):
        return []
    tied = {*owners.ties.values()}
    return [officer for officer in officers if officer.active and officer.id not in tied]


def count_shared(ours: Iterable[Contact], theirs: Iterable[Contact], owners: Owners) -> dict[str, str]:
    """Return the contacts of Total Expert that count as another officer's than their owner's, with that officer.

    The assignee of a contact and the users with whom it is shared have it too. It counts as the officer's who has its
    email in SimpleNexus, the owner's first. If none has, it counts as its owner's; if the owner left or is tied to
    nobody, it counts as the next officer's.
    """
    several = [contact for contact in theirs if contact.assignee or contact.shared_with]
    if not several:
        return {}
    emails = {(contact.owner, email) for contact in ours for email in inbox_keys(contact.email)}
    counted: dict[str, str] = {}
    for contact in several:
        users = [
            user for user in (contact.owner, contact.assignee, *contact.shared_with) if user in owners.ties
        ]
        active = [user for user in users if user not in owners.left]
        own = inbox_keys(contact.email)
        having = [
            user for user in (*active, *users) if any((owners.ties[user], email) in emails for email in own)
        ]
        chosen = next(iter((*having, *active)), contact.owner)
        if chosen != contact.owner:
            counted[contact.id] = owners.ties[chosen]
    return counted


def _broken(
    corrected: Mapping[str, str], officer_ids: Mapping[str, str], users: Sequence[Owner]
) -> Iterator[RejectedContact]:
    """Yield the corrections that name nobody. Their emails are the operator's colleagues', never a client's."""
    user_ids = {email_key(user.email): user.id for user in users}
    for user, officer in corrected.items():
        if user not in user_ids:
            yield RejectedContact(System.TOTAL_EXPERT, "", f"`owners` names {user}, who is not a user")
        elif officer not in officer_ids:
            why = f"`owners` ties this user to {officer}, who is not an active loan officer, or is two"
            yield RejectedContact(System.TOTAL_EXPERT, user_ids[user], why)
