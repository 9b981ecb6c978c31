"""All that a match of the two live systems goes by, in one value; and how it is put together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from core.compare.keys import email_key
from core.contacts.match.existing_links import BookLinks, RecordLinks, existing_links, taken_over
from core.contacts.match.rule import Owners
from core.contacts.model import Contact
from core.contacts.ports import Owner, RejectedContact
from core.push.plan import System


class MatchSnapshot(Struct, frozen=True):
    """Both systems as they were read.

    `ties` are Total Expert's users to loan officers, by id. `links` are the standing ones as (SimpleNexus id, Total
    Expert id), `refs` our references with the record that bears each. `taken_over` are the prospects that are left out
    of `simplenexus`, with the account that took the place of each. `at` is when reading began, in seconds since 1970,
    `took` how many seconds it took.
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


class SystemReading(Struct, frozen=True):
    """One system as it was read, whole; each id once."""

    owners: Sequence[Owner]
    contacts: Mapping[str, Contact]
    aside: Sequence[RejectedContact] = ()
    refs: Sequence[tuple[str, str]] = ()
    bears: Sequence[tuple[str, str]] = ()


def assemble(
    ours: SystemReading,
    theirs: SystemReading,
    book: BookLinks,
    workspace: str,
    one_way: frozenset[str],
    corrections: Mapping[str, str],
    at: float,
) -> MatchSnapshot:
    """Put together SimpleNexus, Total Expert and the book.

    `one_way` are folded emails of contacts or loan officers, `corrections` the operator's ties of a user's email to a
    loan officer's. A prospect that has become an account is left out, and its link with it.
    """
    links = existing_links(
        workspace,
        ours.contacts.keys(),
        theirs.contacts.keys(),
        book,
        RecordLinks(ours.refs, theirs.refs, theirs.bears),
    )
    older = taken_over(ours.contacts, theirs.contacts, links)
    carried = frozenset(one.id for one in ours.owners if email_key(one.email) in one_way)
    ties, aside = tie(ours.owners, theirs.owners, corrections)
    refs: dict[str, str] = {}
    for ref, record in (*ours.refs, *theirs.refs):
        refs.setdefault(ref, record)
    return MatchSnapshot(
        tuple(
            msgspec.structs.replace(one, one_way=True)
            if one.owner in carried or email_key(one.email) in one_way
            else one
            for one in ours.contacts.values()
            if one.id not in older
        ),
        tuple(theirs.contacts.values()),
        tuple(ours.owners),
        tuple(theirs.owners),
        ties,
        tuple(pair for pair in links if pair[0] not in older),
        refs,
        (*ours.aside, *theirs.aside, *aside),
        at,
        older,
    )


def tie(
    officers: Sequence[Owner], users: Sequence[Owner], corrections: Mapping[str, str]
) -> tuple[Owners, list[RejectedContact]]:
    """Tie Total Expert's users to loan officers by email, as the operator corrected it (domain: whose contact).

    Nobody is tied to somebody who is inactive, or whose email two active officers have. A correction that names
    nobody ties its user to nobody, and is told.
    """
    active = [one for one in officers if one.active and one.email.strip()]
    bearers = Counter(email_key(one.email) for one in active)
    ids = {email_key(one.email): one.id for one in active if bearers[email_key(one.email)] == 1}
    corrected = {email_key(user): email_key(officer) for user, officer in corrections.items()}
    by_email = Owners.by_email(ids, (email_key(one.email) for one in users), corrected).ties
    found = {
        one.id: ids[officer] for one in users if (officer := by_email.get(email_key(one.email), "")) in ids
    }
    return Owners(found), list(_broken(corrected, ids, users))


def _broken(
    corrected: Mapping[str, str], officers: Mapping[str, str], users: Sequence[Owner]
) -> Iterator[RejectedContact]:
    """Give the corrections that name nobody; the emails are the operator's own colleagues', no client's."""
    known = {email_key(one.email): one.id for one in users}
    for user, officer in corrected.items():
        if user not in known:
            yield RejectedContact(System.TOTAL_EXPERT, "", f"`owners` names {user}, who is no user")
        elif officer not in officers:
            why = f"`owners` ties this user to {officer}, who is no active loan officer, or is two"
            yield RejectedContact(System.TOTAL_EXPERT, known[user], why)
