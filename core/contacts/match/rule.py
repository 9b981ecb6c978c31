"""The rule: which contacts are linked, imported, pushed, or held for a person. Pure; knows no system and no evidence.

The rule follows the vendors' help article (docs/matching.md, "Rule"): contacts with equal emails are linked, a Total
Expert contact without a match is imported, and a new SimpleNexus user who is not on the one-way integration is pushed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.compare.emails import inbox_keys, shared_inbox
from core.compare.keys import email_key
from core.compare.phones import digits
from core.contacts.linkage.features import is_nobody
from core.contacts.match.same_email import objection
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.push.plan import System
from core.push.records import Unlinked


class SameEmail(StrEnum):
    """What happens if one email has clearly another first name: the setting `same_email_other_name`.

    The help article links such contacts. The default here holds them for a person, because couples share an inbox.
    """

    HOLD = "hold"
    LINK = "link"


class OtherOwner(StrEnum):
    """What happens if an email is another owner's too: the setting `same_email_other_owner`.

    `HOLD` asks a person. `SEPARATE` handles the records of each owner as if there were no other.
    """

    HOLD = "hold"
    SEPARATE = "separate"


class Owners(Struct, frozen=True):
    """Which owners' contacts are matched. `ties` is {Total Expert user's id: SimpleNexus loan officer's id}.

    `left` are the ids of the owners for whose contacts nothing new is made: users and loan officers who left, users who
    are tied to nobody because their loan officer left, and loan officers whose users all left. `counted` are the
    contacts of Total Expert that count as another officer's than their owner's, because they are assigned to that
    officer's user or shared with the user: {contact's id: loan officer's id}.
    """

    ties: Mapping[str, str]
    left: Set[str] = frozenset()
    counted: Mapping[str, str] = {}

    def officer_of(self, contact: Contact) -> str | None:
        """Return the id of the loan officer under whom a contact of Total Expert is matched; None if there is none."""
        return self.counted.get(contact.id) or self.ties.get(contact.owner)

    def has_left(self, contact: Contact) -> bool:
        """Return True if nothing new is made for a contact of either system, because its owner left."""
        return contact.owner in self.left and contact.id not in self.counted

    @classmethod
    def by_email(cls, officers: Iterable[str], users: Iterable[str], ties: Mapping[str, str]) -> Owners:
        """Tie users to loan officers with an equal email. The operator's own `ties` win. All three are emails."""
        officer_by_key = {email_key(officer): officer for officer in officers}
        by_email = {
            user: officer_by_key[email_key(user)] for user in users if email_key(user) in officer_by_key
        }
        return cls({**by_email, **ties})


class MatchOptions(Struct, frozen=True):
    """The options of a match.

    `owners` is None if the two books are matched as a whole; then no email is another owner's. `standing` are the
    existing links as (SimpleNexus id, Total Expert id). `successors` are pairs of the same form: a linked record, and
    the record that has the reference of its partner, which is gone. `taken_back` are the links that a person took back,
    by pair.
    """

    same_email: SameEmail = SameEmail.HOLD
    owners: Owners | None = None
    standing: tuple[tuple[str, str], ...] = ()
    other_owner: OtherOwner = OtherOwner.HOLD
    successors: tuple[tuple[str, str], ...] = ()
    taken_back: Mapping[tuple[str, str], Unlinked] = {}


Scope = Callable[[Contact], str | None]
"""Returns the pair of owners that a contact belongs to, named by the loan officer; None if its owner is not tied."""
WHOLE_BOOK: Final = ""


def scopes(terms: MatchOptions) -> tuple[Scope, Scope]:
    """Return the scope of SimpleNexus's contacts and the scope of Total Expert's contacts."""
    owners = terms.owners
    if owners is None:
        return (lambda contact: WHOLE_BOOK), (lambda contact: WHOLE_BOOK)
    tied = frozenset(owners.ties.values())
    return (
        lambda contact: contact.owner if contact.owner in tied else None,
        owners.officer_of,
    )


def total_expert_owner(terms: MatchOptions) -> Callable[[Contact], str]:
    """Return the owner under whom Total Expert's own duplicate check looks for a contact.

    Only the contact's own owner counts there, not a user with whom it is shared. An owner who is tied to nobody is "".
    """
    owners = terms.owners
    if owners is None:
        return lambda contact: WHOLE_BOOK
    return lambda contact: owners.ties.get(contact.owner, "")


_Key = tuple[str, str]
"""A scope and an email key; the email key is "" for a record without an inbox."""


class _InboxKeys:
    """The one key of each record. Inboxes in one record's email have one key in its scope.

    So "pat@x.example; p.ng@y.example" is the email of each record that has one of the two.
    """

    def __init__(self) -> None:
        self._joined: dict[_Key, _Key] = {}

    def join(self, contacts: Iterable[Contact], scope_of: Scope) -> None:
        """Take in the records that name several inboxes."""
        for contact in contacts:
            emails = inbox_keys(contact.email)
            if len(emails) > 1 and (scope := scope_of(contact)) is not None:
                first = self._of(scope, emails[0])
                for email in emails[1:]:
                    if (other := self._of(scope, email)) != first:
                        self._joined[other] = first

    def of(self, contact: Contact, scope: str | None) -> _Key:
        """Return the key of a record in a scope."""
        return self._of(scope or "", next(iter(inbox_keys(contact.email)), ""))

    def _of(self, scope: str, email: str) -> _Key:
        key = scope, email
        while (joined := self._joined.get(key)) is not None:
            key = joined
        return key


_Index = dict[_Key, "int | list[int]"]
"""The places of one system's records by key. Most keys have one place, which is stored without a list."""


def judge(
    simplenexus: Sequence[Contact], total_expert: Sequence[Contact], terms: MatchOptions | None = None
) -> Iterator[VerdictRow]:
    """Yield the verdict rows of both books. Every record is in exactly one row; ids are unique in their book.

    Existing links come first, then SimpleNexus's records in their order, then the records that only Total Expert has in
    their order.
    """
    terms = terms or MatchOptions()
    simplenexus_scope, total_expert_scope = scopes(terms)
    linked_ours, linked_theirs = set[int](), set[int]()
    linked_keys = set[_Key]()
    gone = _Gone({pair[0] for pair in terms.successors}, {pair[1] for pair in terms.successors}, set())
    for contacts, ids in ((simplenexus, gone.our_successors), (total_expert, gone.their_successors)):
        found = (contact for contact in contacts if contact.id in ids) if ids else ()
        gone.emails.update(key for contact in found for key in inbox_keys(contact.email))
    inboxes = _InboxKeys()
    inboxes.join(simplenexus, simplenexus_scope)
    inboxes.join(total_expert, total_expert_scope)
    if terms.standing:
        both = simplenexus_scope, total_expert_scope
        for row, ours, theirs in _linked_rows(simplenexus, total_expert, terms.standing, both):
            yield row
            if row.verdict is Verdict.GONE:
                left = [*(simplenexus[n] for n in ours), *(total_expert[n] for n in theirs)]
                gone.emails.update(key for contact in left for key in inbox_keys(contact.email))
            linked_ours.update(ours)
            linked_theirs.update(theirs)
            linked_keys.update(_keys([simplenexus[n] for n in ours], simplenexus_scope, inboxes))
            linked_keys.update(_keys([total_expert[n] for n in theirs], total_expert_scope, inboxes))
    for contacts, scope_of, ids in (
        (simplenexus, simplenexus_scope, gone.our_successors),
        (total_expert, total_expert_scope, gone.their_successors),
    ):
        if gone.emails or ids:  # who shares an email with such a record waits too
            held = (contact for contact in contacts if gone.holds(contact, ids))
            linked_keys.update(_keys(held, scope_of, inboxes))
    books = _Books(
        terms.owners,
        simplenexus,
        total_expert,
        simplenexus_scope,
        total_expert_scope,
        terms.same_email,
        linked_keys,
        _index(simplenexus, simplenexus_scope, linked_ours, inboxes),
        _index(total_expert, total_expert_scope, linked_theirs, inboxes),
        inboxes,
        gone,
    )
    yield from books.our_rows(linked_ours)
    yield from books.their_rows(linked_theirs)


class _Gone(Struct, frozen=True):
    """What may have taken the place of a linked record that is gone: such a record waits for a person.

    These are the records with an email of a link whose record is gone, whoever their owner is, and the successors of
    both systems by their ids.
    """

    our_successors: set[str]
    their_successors: set[str]
    emails: set[str]

    def holds(self, contact: Contact, successors: set[str]) -> bool:
        """Return True if a record may have taken the place of one that is gone, by its id or an email."""
        return contact.id in successors or not self.emails.isdisjoint(inbox_keys(contact.email))


class _Books(Struct, frozen=True):
    """Both books, indexed by key. `linked_keys` are the keys of records that are linked already."""

    owners: Owners | None
    simplenexus: Sequence[Contact]
    total_expert: Sequence[Contact]
    simplenexus_scope: Scope
    total_expert_scope: Scope
    same_email: SameEmail
    linked_keys: set[_Key]
    our_index: _Index
    their_index: _Index
    inboxes: _InboxKeys
    gone: _Gone

    def our_rows(self, linked: set[int]) -> Iterator[VerdictRow]:
        """Yield the rows of SimpleNexus's records, with Total Expert's records of the same email.

        `linked` are the places of the records that are linked already.
        """
        for n, contact in enumerate(self.simplenexus):
            if n in linked:
                continue
            scope = self.simplenexus_scope(contact)
            key = self.inboxes.of(contact, scope)
            ours, theirs = _listed(self.our_index.get(key)), _listed(self.their_index.get(key))
            if scope is None:
                yield VerdictRow(Verdict.CANNOT, (contact.id,), (), self._why_untied(contact))
            elif key in self.linked_keys or self.gone.holds(contact, self.gone.our_successors):
                yield VerdictRow(Verdict.HOLD, (contact.id,), (), Reason.BESIDE_A_LINK)
            elif not key[1] or (len(ours) == 1 and not theirs):
                yield _push(contact)
            elif len(ours) == 1 and len(theirs) == 1:
                yield _same_email(contact, self.total_expert[theirs[0]], self.same_email)
            elif ours[0] == n:
                yield self._several(ours, theirs)

    def their_rows(self, linked: set[int]) -> Iterator[VerdictRow]:
        """Yield the rows of the records that only Total Expert has."""
        for n, contact in enumerate(self.total_expert):
            if n in linked:
                continue
            scope = self.total_expert_scope(contact)
            key = self.inboxes.of(contact, scope)
            theirs = _listed(self.their_index.get(key))
            if scope is None:
                yield VerdictRow(Verdict.CANNOT, (), (contact.id,), self._why_untied(contact))
            elif key in self.linked_keys or self.gone.holds(contact, self.gone.their_successors):
                yield VerdictRow(Verdict.HOLD, (), (contact.id,), Reason.BESIDE_A_LINK)
            elif not key[1] or (key not in self.our_index and len(theirs) == 1):
                yield _import(contact)
            elif key not in self.our_index and theirs[0] == n:
                yield self._several((), theirs)

    def _why_untied(self, contact: Contact) -> Reason:
        left = self.owners is not None and self.owners.has_left(contact)
        return Reason.OWNER_LEFT if left else Reason.NOT_TIED

    def _several(self, ours: Sequence[int], theirs: Sequence[int]) -> VerdictRow:
        return VerdictRow(
            Verdict.HOLD,
            tuple(self.simplenexus[n].id for n in ours),
            tuple(self.total_expert[n].id for n in theirs),
            Reason.SEVERAL,
        )


def _index(contacts: Sequence[Contact], scope_of: Scope, linked: set[int], inboxes: _InboxKeys) -> _Index:
    """Return the places of the records that have a scope and an email and are not linked."""
    index: _Index = {}
    for n, contact in enumerate(contacts):
        scope = scope_of(contact)
        key = inboxes.of(contact, scope)
        if not key[1] or scope is None or n in linked:
            continue
        places = index.setdefault(key, n)
        if isinstance(places, list):
            places.append(n)
        elif places != n:
            index[key] = [places, n]
    return index


def _listed(places: int | list[int] | None) -> Sequence[int]:
    if places is None:
        return ()
    return places if isinstance(places, list) else (places,)


def _keys(contacts: Iterable[Contact], scope_of: Scope, inboxes: _InboxKeys) -> Iterator[_Key]:
    for contact in contacts:
        scope = scope_of(contact)
        key = inboxes.of(contact, scope)
        if scope is not None and key[1]:
            yield key


def _same_email(ours: Contact, theirs: Contact, same_email: SameEmail) -> VerdictRow:
    ids = (ours.id,), (theirs.id,)
    if same_email is SameEmail.HOLD:
        reason = objection(ours, theirs)
        if reason is not None:
            return VerdictRow(Verdict.HOUSEHOLD, *ids, reason)
    if ours.has_other_role(theirs):
        return VerdictRow(Verdict.HOLD, *ids, Reason.OTHER_ROLE)
    return VerdictRow(Verdict.LINK, *ids, Reason.SAME_EMAIL)


def links_by_email(ours: Contact, theirs: Contact) -> bool:
    """Return True if the rule links two records without asking a person.

    The two have an equal email, and no other record of their books has it.
    """
    return _same_email(ours, theirs, SameEmail.HOLD).verdict is Verdict.LINK


def _push(contact: Contact) -> VerdictRow:
    if not contact.one_way and is_nobody(contact):
        return VerdictRow(Verdict.CANNOT, (contact.id,), (), Reason.FILLERS)
    verdict = Verdict.SKIP_ONE_WAY if contact.one_way else Verdict.PUSH
    return VerdictRow(verdict, (contact.id,), (), Reason.ONLY_HERE)


def _import(contact: Contact) -> VerdictRow:
    if inbox_keys(contact.email) or any(map(digits, contact.phones)):
        return VerdictRow(Verdict.IMPORT, (), (contact.id,), Reason.ONLY_HERE)
    why = Reason.FILLERS if is_nobody(contact) else Reason.NO_ADDRESSEE
    return VerdictRow(Verdict.CANNOT, (), (contact.id,), why)


def alone(contact: Contact, side: System) -> VerdictRow:
    """Return the row of a record that has no partner in the other system. `side` is the system that holds it.

    The verdict is `push` or `skip-one-way` for SimpleNexus, `import` or `cannot` for Total Expert.
    """
    return _push(contact) if side is System.SIMPLENEXUS else _import(contact)


def _linked_rows(
    simplenexus: Sequence[Contact],
    total_expert: Sequence[Contact],
    links: Iterable[tuple[str, str]],
    scope_of: tuple[Scope, Scope],
) -> Iterator[tuple[VerdictRow, list[int], list[int]]]:
    """Yield the rows of the existing links, each with the places of its records in both books.

    A link with a missing end, or with two owners who are tied to somebody else each, asks where it goes. A record that
    is linked twice is held.
    """
    our_places = {contact.id: n for n, contact in enumerate(simplenexus)}
    their_places = {contact.id: n for n, contact in enumerate(total_expert)}
    for our_ids, their_ids in _linked_groups(links):
        ours = sorted(our_places[our_id] for our_id in our_ids if our_id in our_places)
        theirs = sorted(their_places[their_id] for their_id in their_ids if their_id in their_places)
        if not ours and not theirs:
            continue
        ids = tuple(simplenexus[n].id for n in ours), tuple(total_expert[n].id for n in theirs)
        if len(our_ids) > 1 or len(their_ids) > 1:
            row = VerdictRow(Verdict.HOLD, *ids, Reason.LINKED_TWICE)
        elif not ours or not theirs:
            row = VerdictRow(Verdict.GONE, *ids, Reason.HALF_GONE, gone=their_ids[0] if ours else our_ids[0])
        elif _moved(scope_of[0](simplenexus[ours[0]]), scope_of[1](total_expert[theirs[0]])):
            row = VerdictRow(Verdict.GONE, *ids, Reason.MOVED)
        else:
            same = is_same_email(simplenexus[ours[0]].email, total_expert[theirs[0]].email)
            row = VerdictRow(Verdict.LINKED, *ids, Reason.STANDING if same else Reason.EMAIL_CHANGED)
        yield row, ours, theirs


def is_same_email(left: str, right: str) -> bool:
    """Return True if two emails name one inbox, or are written alike."""
    return email_key(left) == email_key(right) or bool(shared_inbox(left, right))


def _moved(our_scope: str | None, their_scope: str | None) -> bool:
    """Return True if the owners of two linked records are both tied, and not to each other."""
    return our_scope is not None and their_scope is not None and our_scope != their_scope


def _linked_groups(links: Iterable[tuple[str, str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the groups of ids that links connect, directly or through others, in the order of the links.

    A group is (SimpleNexus ids, Total Expert ids).
    """
    groups: dict[tuple[System, str], list[tuple[System, str]]] = {}
    for our_id, their_id in links:
        our_end, their_end = (System.SIMPLENEXUS, our_id), (System.TOTAL_EXPERT, their_id)
        our_group = groups.setdefault(our_end, [our_end])
        their_group = groups.setdefault(their_end, [their_end])
        if our_group is not their_group:
            our_group.extend(their_group)
            for end in their_group:
                groups[end] = our_group
    yielded = set[int]()
    for group in groups.values():
        if id(group) not in yielded:
            yielded.add(id(group))
            yield (
                [end_id for system, end_id in group if system is System.SIMPLENEXUS],
                [end_id for system, end_id in group if system is System.TOTAL_EXPERT],
            )
