"""The snapshot of the contacts: all that a match of the two live systems needs, in one value. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from core.compare.keys import email_key
from core.contacts.match.existing_links import (
    BookLinks,
    RecordLinks,
    existing_links,
    successors,
    taken_over,
)
from core.contacts.match.rule import Owners
from core.contacts.model import Contact
from core.contacts.ports import Owner, RejectedContact
from core.push.plan import System
from core.push.records import Link


class MatchSnapshot(Struct, frozen=True):
    """Both systems as they were read, and the book's links.

    - `officers` are SimpleNexus's loan officers, `users` Total Expert's users.
    - `ties` are Total Expert's users tied to loan officers, by id.
    - `links` are the existing links as (SimpleNexus id, Total Expert id).
    - `refs` are our references, as {reference: id of the record that bears it}.
    - `aside` are the records that could not be used.
    - `at` is when reading began, in seconds since 1970, UTC; `took` is how many seconds it took.
    - `asking` are the links that ask where they go: one record is gone, or the owners of the two are tied, each to
      somebody else, and no person said that the two are one person.
    - `successors` are the records that bear the reference of a linked record that is gone, in the form of `links`: one
      end is the linked record that is still there.
    - `taken_over` are the prospects that an account replaced, as {prospect's id: account's id}. They are not in
      `simplenexus`.
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


def ids_read(snapshot: MatchSnapshot) -> set[str]:
    """Return the ids of all records that were read, also of those that an account replaced or that were set aside."""
    contacts = {contact.id for contact in (*snapshot.simplenexus, *snapshot.total_expert)}
    return contacts | snapshot.taken_over.keys() | {rejected.record_id for rejected in snapshot.aside}


class LostRecords(Struct, frozen=True):
    """Records that were read before and are gone: their ids, and the references and external ids that they bore.

    `refs` and `bears` have the form of `Batch`. They say what a record was linked with if the book does not.
    """

    ids: tuple[str, ...] = ()
    refs: tuple[tuple[str, str], ...] = ()
    bears: tuple[tuple[str, str], ...] = ()


class SystemReading(Struct, frozen=True):
    """One system as it was read, as a whole. `contacts` are by id; the other fields are those of `Batch`.

    `lost` are the records that an earlier read had.
    """

    owners: Sequence[Owner]
    contacts: Mapping[str, Contact]
    aside: Sequence[RejectedContact] = ()
    refs: Sequence[tuple[str, str]] = ()
    bears: Sequence[tuple[str, str]] = ()
    lost: LostRecords = LostRecords()


def assemble(
    ours: SystemReading,
    theirs: SystemReading,
    book: BookLinks,
    workspace: str,
    one_way: frozenset[str],
    corrections: Mapping[str, str],
    at: float,
) -> MatchSnapshot:
    """Return the snapshot of SimpleNexus (`ours`), Total Expert (`theirs`) and the book.

    `one_way` are the email keys of contacts and loan officers that the one-way integration carries. `corrections` are
    the operator's ties, as {user's email: loan officer's email}. A prospect that an account replaced is left out, and
    so is its link. `at` is in seconds since 1970, UTC.
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
    one_way_officers = frozenset(officer.id for officer in ours.owners if email_key(officer.email) in one_way)
    ties, broken = tie(ours.owners, theirs.owners, corrections)
    refs: dict[str, str] = {}
    for ref, record in (*ours.refs, *theirs.refs):
        refs.setdefault(ref, record)
    return MatchSnapshot(
        tuple(
            msgspec.structs.replace(contact, one_way=True)
            if contact.owner in one_way_officers or email_key(contact.email) in one_way
            else contact
            for contact in ours.contacts.values()
            if contact.id not in replaced
        ),
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
    """Return references or external ids with those of lost records, unless a record that is there bears them now."""
    if not lost:
        return pairs
    borne = {text for text, _ in pairs}
    return [*pairs, *(pair for pair in lost if pair[0] not in borne)]


def _standing(book: BookLinks) -> Iterator[Link]:
    """Yield the links of the book that nobody took back."""
    taken_back = {unlinked.key for unlinked in book.unlinked}
    return (link for link in book.links if link.key not in taken_back)


def tie(
    officers: Sequence[Owner], users: Sequence[Owner], corrections: Mapping[str, str]
) -> tuple[Owners, list[RejectedContact]]:
    """Tie Total Expert's users to loan officers by equal email; the operator's corrections win.

    No user is tied to an inactive loan officer, or to an email that two active loan officers have. A correction that
    names nobody ties its user to nobody. It is returned in the second value.
    """
    active = [officer for officer in officers if officer.active and officer.email.strip()]
    bearers = Counter(email_key(officer.email) for officer in active)
    officer_ids = {
        email_key(officer.email): officer.id for officer in active if bearers[email_key(officer.email)] == 1
    }
    corrected = {email_key(user): email_key(officer) for user, officer in corrections.items()}
    by_email = Owners.by_email(officer_ids, (email_key(user.email) for user in users), corrected).ties
    ties = {
        user.id: officer_ids[officer]
        for user in users
        if (officer := by_email.get(email_key(user.email), "")) in officer_ids
    }
    return Owners(ties), list(_broken(corrected, officer_ids, users))


def _broken(
    corrected: Mapping[str, str], officer_ids: Mapping[str, str], users: Sequence[Owner]
) -> Iterator[RejectedContact]:
    """Yield the corrections that name nobody. Their emails are the operator's colleagues', never a client's."""
    user_ids = {email_key(user.email): user.id for user in users}
    for user, officer in corrected.items():
        if user not in user_ids:
            yield RejectedContact(System.TOTAL_EXPERT, "", f"`owners` names {user}, who is no user")
        elif officer not in officer_ids:
            why = f"`owners` ties this user to {officer}, who is no active loan officer, or is two"
            yield RejectedContact(System.TOTAL_EXPERT, user_ids[user], why)
