"""Which answers hold: who was said to be one person, who was told apart, what was put off. Pure but for itself.

An answer about records that are gone, or whose compared fields changed since, is kept and does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from core.compare.keys import email_key
from core.contacts.linkage.features import features_of
from core.contacts.match.match import Matched
from core.contacts.match.rule import scopes
from core.contacts.model import Contact, Reason, Verdict, VerdictRow
from core.contacts.records import Answer, Judged
from core.contacts.review.decisions import APART, Ids, Seal

STANDING_TROUBLE: Final = frozenset({Reason.HALF_GONE, Reason.LINKED_TWICE})
"""Reasons of a hold that no answer about two records settles: a link that stands is in the way."""


def is_fixed(row: VerdictRow) -> bool:
    """Say whether a row of the match is as it is because of a link that stands, whatever is answered."""
    return row.verdict is Verdict.LINKED or row.reason in STANDING_TROUBLE


def fingerprint(seal: Seal, ours: Contact | None, theirs: Contact | None) -> str:
    """Give the keyed hash of what is compared of two records, in the forms in which it compares; None for no record.

    It changes with any field that evidence looks at, and with no other: not with an owner or with how a phone is
    written.
    """
    return seal("judged", [_compared(ours, keeps_year=True), _compared(theirs, keeps_year=False)])


def _compared(contact: Contact | None, *, keeps_year: bool) -> list[Any]:
    if contact is None:
        return []
    one = features_of(contact, keeps_year=keeps_year)
    street = list(msgspec.structs.astuple(one.street))
    names = [one.given, one.middle, one.surname, one.generation]
    return [
        *names,
        one.born,
        sorted(one.phones),
        email_key(contact.email),
        street,
        one.building,
        [*one.place],
    ]


class Answers:
    """What was said of pairs, and what of it holds for the records as they are. `note` is the one way to change it."""

    def __init__(self, matched: Matched, seal: Seal) -> None:
        self._matched = matched
        self._seal = seal
        self.scope_ours, self.scope_theirs = scopes(matched.terms)
        fixed = [row for row in matched.rows if is_fixed(row)]
        self.fixed_ours = frozenset(one for row in fixed for one in row.simplenexus_ids)
        self.fixed_theirs = frozenset(one for row in fixed for one in row.total_expert_ids)
        self.said: dict[Ids, Judged] = {}
        self.same_as_ours: dict[str, str] = {}
        """The record of Total Expert that one of SimpleNexus was said to be."""
        self.same_as_theirs: dict[str, str] = {}
        self._apart = set[Ids]()
        self._later: dict[str, set[str]] = {}
        self._claims: dict[Ids, int] = {}
        self._claims_ours: dict[str, set[str]] = {}
        self._claims_theirs: dict[str, set[str]] = {}

    def contacts(self, ids: Ids) -> tuple[Contact | None, Contact | None]:
        """Give the two records of a pair; None for one that is not there."""
        return self._matched.simplenexus.get(ids[0]), self._matched.total_expert.get(ids[1])

    def apart(self, ids: Ids) -> bool:
        """Say whether two records were told apart."""
        return ids in self._apart

    def put_off(self, ours: Iterable[str], theirs: Iterable[str]) -> bool:
        """Say whether a pair of these was put off."""
        held = frozenset(theirs)
        return any(not held.isdisjoint(self._later.get(one, ())) for one in ours)

    def one_book(self, ours: Contact, theirs: Contact) -> bool:
        """Say whether both belong to owners who are tied to each other, so that they may be linked."""
        where = self.scope_ours(ours)
        return where is not None and where == self.scope_theirs(theirs)

    def note(self, ids: Ids, judged: Judged | None) -> set[Ids]:
        """Take in what is said of two records now, None for nothing; gives all the pairs it may bear on."""
        touched = {ids, *self._connected(ids)}
        self._unsay(ids)
        if judged is not None:
            self.said[ids] = judged
            self._hold(ids, judged)
        touched |= self._connected(ids)
        self._choose(touched)
        return touched

    def _unsay(self, ids: Ids) -> None:
        self.said.pop(ids, None)
        self._apart.discard(ids)
        self._later.get(ids[0], set()).discard(ids[1])
        if self._claims.pop(ids, None) is not None:
            self._claims_ours[ids[0]].discard(ids[1])
            self._claims_theirs[ids[1]].discard(ids[0])

    def _hold(self, ids: Ids, judged: Judged) -> None:
        ours, theirs = self.contacts(ids)
        if judged.answer is Answer.SAME:
            free = ids[0] not in self.fixed_ours and ids[1] not in self.fixed_theirs
            if ours and theirs and free and self.one_book(ours, theirs):
                self._claims[ids] = judged.group
                self._claims_ours.setdefault(ids[0], set()).add(ids[1])
                self._claims_theirs.setdefault(ids[1], set()).add(ids[0])
        elif (ours or theirs) and judged.fingerprint == fingerprint(self._seal, ours, theirs):
            if judged.answer in APART:
                self._apart.add(ids)
            else:
                self._later.setdefault(ids[0], set()).add(ids[1])

    def _connected(self, ids: Ids) -> set[Ids]:
        """Give the pairs said to be one person that share a record with this pair, directly or by others."""
        found = set[Ids]()
        ahead = [ids]
        while ahead:
            one, other = ahead.pop()
            beside = {(one, there) for there in self._claims_ours.get(one, ())}
            beside |= {(here, other) for here in self._claims_theirs.get(other, ())}
            ahead.extend(beside - found)
            found |= beside
        return found

    def _choose(self, pairs: Iterable[Ids]) -> None:
        """Of answers that make one record two people's, let the newest hold."""
        claimed = sorted(
            (ids for ids in pairs if ids in self._claims), key=lambda ids: (-self._claims[ids], ids)
        )
        for ours, theirs in pairs:
            self.same_as_ours.pop(ours, None)
            self.same_as_theirs.pop(theirs, None)
        for ours, theirs in claimed:
            if ours not in self.same_as_ours and theirs not in self.same_as_theirs:
                self.same_as_ours[ours] = theirs
                self.same_as_theirs[theirs] = ours
