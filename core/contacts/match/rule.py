"""The rule of the sync, exactly: which contacts are linked, imported, pushed, or held for a person.

Pure; knows no system and no evidence. Seed: "SimpleNexus contacts are linked to Total Expert contacts if their emails
match", those without a match are imported, and new users not on the one-way integration are pushed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.compare.agreement import AgreementLevel
from core.compare.dates import compare_dates, plain_date
from core.compare.keys import email_key
from core.compare.names import clearly_another, generation
from core.compare.phones import digits
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.push.plan import System


class SameEmail(StrEnum):
    """What becomes of one email under clearly another first name (the setting `same_email_other_name`).

    The seed links them; holding them for a person is our deviation: couples share inboxes.
    """

    HOLD = "hold"
    LINK = "link"


class Owners(Struct, frozen=True):
    """Whose contacts are matched with whose: Total Expert's owner to SimpleNexus's loan officer."""

    ties: Mapping[str, str]

    @classmethod
    def by_email(cls, officers: Iterable[str], users: Iterable[str], ties: Mapping[str, str]) -> Owners:
        """Tie users to officers of the same email; what the operator tied himself goes first."""
        known = {email_key(one): one for one in officers}
        found = {user: known[email_key(user)] for user in users if email_key(user) in known}
        return cls({**found, **ties})


class MatchOptions(Struct, frozen=True):
    """How a match is done. `owners` None is the whole book; `standing` are the links that stand (SimpleNexus, TE)."""

    same_email: SameEmail = SameEmail.HOLD
    owners: Owners | None = None
    standing: tuple[tuple[str, str], ...] = ()


Scope = Callable[[Contact], str | None]
WHOLE_BOOK: Final = ""


def scopes(terms: MatchOptions) -> tuple[Scope, Scope]:
    """Give what says in which book a contact of SimpleNexus, and one of Total Expert, is; None: in no tied one."""
    owners = terms.owners
    if owners is None:
        return (lambda contact: WHOLE_BOOK), (lambda contact: WHOLE_BOOK)
    tied = frozenset(owners.ties.values())
    return (
        lambda contact: contact.owner if contact.owner in tied else None,
        lambda contact: owners.ties.get(contact.owner),
    )


_Side = dict[tuple[str, str], "int | list[int]"]


def judge(
    simplenexus: Sequence[Contact], total_expert: Sequence[Contact], terms: MatchOptions | None = None
) -> Iterator[VerdictRow]:
    """Give a verdict for every record of both sides, each in exactly one row; ids are unique on their side.

    Standing links first, then SimpleNexus's order, then what only Total Expert has in its order.
    """
    terms = terms or MatchOptions()
    scope_sn, scope_te = scopes(terms)
    taken_sn, taken_te = set[int](), set[int]()
    shut = set[tuple[str, str]]()
    if terms.standing:
        for pair, ours, theirs in _standing(simplenexus, total_expert, terms.standing):
            yield pair
            taken_sn.update(ours)
            taken_te.update(theirs)
            shut.update(_keys([simplenexus[n] for n in ours], scope_sn))
            shut.update(_keys([total_expert[n] for n in theirs], scope_te))
    books = _Books(simplenexus, total_expert, scope_sn, scope_te, terms.same_email, shut)
    left, right = _by_key(simplenexus, scope_sn, taken_sn), _by_key(total_expert, scope_te, taken_te)
    yield from books.ours(left, right, taken_sn)
    yield from books.theirs(left, right, taken_te)


class _Books(Struct, frozen=True):
    """Both sides, with what says which book a contact is in, and the emails that a standing link has."""

    simplenexus: Sequence[Contact]
    total_expert: Sequence[Contact]
    scope_sn: Scope
    scope_te: Scope
    same_email: SameEmail
    shut: set[tuple[str, str]]

    def ours(self, left: _Side, right: _Side, taken: set[int]) -> Iterator[VerdictRow]:
        """Give the rows of SimpleNexus's records, with what Total Expert has of the same email."""
        for n, contact in enumerate(self.simplenexus):
            if n in taken:
                continue
            where = self.scope_sn(contact)
            key = (where or "", email_key(contact.email))
            mine, yours = _listed(left.get(key)), _listed(right.get(key))
            if where is None:
                yield VerdictRow(Verdict.CANNOT, (contact.id,), (), Reason.NOT_TIED)
            elif key in self.shut:
                yield VerdictRow(Verdict.HOLD, (contact.id,), (), Reason.BESIDE_A_LINK)
            elif not key[1] or (len(mine) == 1 and not yours):
                yield _push(contact)
            elif len(mine) == 1 and len(yours) == 1:
                yield _same_email(contact, self.total_expert[yours[0]], self.same_email)
            elif mine[0] == n:
                yield self._several(mine, yours)

    def theirs(self, left: _Side, right: _Side, taken: set[int]) -> Iterator[VerdictRow]:
        """Give the rows of what only Total Expert has."""
        for n, contact in enumerate(self.total_expert):
            if n in taken:
                continue
            where = self.scope_te(contact)
            key = (where or "", email_key(contact.email))
            yours = _listed(right.get(key))
            if where is None:
                yield VerdictRow(Verdict.CANNOT, (), (contact.id,), Reason.NOT_TIED)
            elif key in self.shut:
                yield VerdictRow(Verdict.HOLD, (), (contact.id,), Reason.BESIDE_A_LINK)
            elif not key[1] or (key not in left and len(yours) == 1):
                yield _import(contact)
            elif key not in left and yours[0] == n:
                yield self._several((), yours)

    def _several(self, ours: Sequence[int], theirs: Sequence[int]) -> VerdictRow:
        return VerdictRow(
            Verdict.HOLD,
            tuple(self.simplenexus[n].id for n in ours),
            tuple(self.total_expert[n].id for n in theirs),
            Reason.SEVERAL,
        )


def _by_key(contacts: Sequence[Contact], scope: Scope, taken: set[int]) -> _Side:
    found: _Side = {}
    for n, contact in enumerate(contacts):
        key = email_key(contact.email)
        where = scope(contact)
        if not key or where is None or n in taken:
            continue
        held = found.setdefault((where, key), n)
        if isinstance(held, list):
            held.append(n)
        elif held != n:
            found[where, key] = [held, n]
    return found


def _listed(held: int | list[int] | None) -> Sequence[int]:
    if held is None:
        return ()
    return held if isinstance(held, list) else (held,)


def _keys(contacts: Iterable[Contact], scope: Scope) -> Iterator[tuple[str, str]]:
    for contact in contacts:
        where, key = scope(contact), email_key(contact.email)
        if where is not None and key:
            yield where, key


def _same_email(ours: Contact, theirs: Contact, same_email: SameEmail) -> VerdictRow:
    ids = (ours.id,), (theirs.id,)
    if same_email is SameEmail.HOLD:
        if clearly_another(ours.first_name, theirs.first_name):
            return VerdictRow(Verdict.HOUSEHOLD, *ids, Reason.OTHER_NAME)
        if _another_generation(ours, theirs):
            return VerdictRow(Verdict.HOUSEHOLD, *ids, Reason.OTHER_PERSON)
    return VerdictRow(Verdict.LINK, *ids, Reason.SAME_EMAIL)


def links_by_email(ours: Contact, theirs: Contact) -> bool:
    """Say whether two records of one email, alone on their sides, are linked without asking a person."""
    return _same_email(ours, theirs, SameEmail.HOLD).verdict is Verdict.LINK


def _another_generation(ours: Contact, theirs: Contact) -> bool:
    """Say whether two of one name are father and son: Jr and Sr, or one of them and another birth date."""
    one = generation(ours.suffix, ours.last_name)
    other = generation(theirs.suffix, theirs.last_name)
    if one and other:
        return one != other
    born = plain_date(ours.birth_date), plain_date(theirs.birth_date, keeps_year=False)
    return bool(one or other) and compare_dates(*born) is AgreementLevel.DIFFERENT


def _push(contact: Contact) -> VerdictRow:
    verdict = Verdict.SKIP_ONE_WAY if contact.one_way else Verdict.PUSH
    return VerdictRow(verdict, (contact.id,), (), Reason.ONLY_HERE)


def _import(contact: Contact) -> VerdictRow:
    if email_key(contact.email) or any(digits(one) for one in contact.phones):
        return VerdictRow(Verdict.IMPORT, (), (contact.id,), Reason.ONLY_HERE)
    return VerdictRow(Verdict.CANNOT, (), (contact.id,), Reason.NO_ADDRESSEE)


def alone(contact: Contact, side: System) -> VerdictRow:
    """Give the row of a record that nobody on the other side is: pushed, left to the one-way integration, imported.

    `side` is the system that holds it.
    """
    return _push(contact) if side is System.SIMPLENEXUS else _import(contact)


def _standing(
    simplenexus: Sequence[Contact], total_expert: Sequence[Contact], links: Iterable[tuple[str, str]]
) -> Iterator[tuple[VerdictRow, list[int], list[int]]]:
    """Give the rows of the links that stand. One whose other end is gone, or that is one of several, is held."""
    at_sn = {contact.id: n for n, contact in enumerate(simplenexus)}
    at_te = {contact.id: n for n, contact in enumerate(total_expert)}
    for ours, theirs in _families(links):
        here = sorted(at_sn[one] for one in ours if one in at_sn)
        there = sorted(at_te[one] for one in theirs if one in at_te)
        if not here and not there:
            continue
        ids = tuple(simplenexus[n].id for n in here), tuple(total_expert[n].id for n in there)
        if len(ours) > 1 or len(theirs) > 1:
            pair = VerdictRow(Verdict.HOLD, *ids, Reason.LINKED_TWICE)
        elif not here or not there:
            pair = VerdictRow(Verdict.HOLD, *ids, Reason.HALF_GONE)
        else:
            same = email_key(simplenexus[here[0]].email) == email_key(total_expert[there[0]].email)
            pair = VerdictRow(Verdict.LINKED, *ids, Reason.STANDING if same else Reason.EMAIL_CHANGED)
        yield pair, here, there


def _families(links: Iterable[tuple[str, str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Give the groups of ids that links tie together, in the links' order."""
    groups: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for ours, theirs in links:
        mine, yours = groups.setdefault((0, ours), [(0, ours)]), groups.setdefault((1, theirs), [(1, theirs)])
        if mine is not yours:
            mine.extend(yours)
            for one in yours:
                groups[one] = mine
    done = set[int]()
    for group in groups.values():
        if id(group) not in done:
            done.add(id(group))
            yield [one for side, one in group if side == 0], [one for side, one in group if side == 1]
