"""Which answers hold: who is one person, who is told apart, and which questions are put off.

An answer about a record that is gone, or about records of which a compared field changed, stays in the book and does
not hold. Pure, except that `Answers` changes with each answer.
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
"""Reasons of a hold that no answer about two records settles, because an existing link is in the way."""


def is_fixed(row: VerdictRow) -> bool:
    """Return True if a row of the match comes from an existing link, so that no answer changes the row."""
    return row.verdict is Verdict.LINKED or row.reason in STANDING_TROUBLE


def fingerprint(seal: Seal, ours: Contact | None, theirs: Contact | None) -> str:
    """Return the keyed hash of the features of two records. None stands for a missing record.

    The hash changes with each field that is evidence, and with no other: not with an owner, and not with another way to
    write the same phone.
    """
    return seal("judged", [_compared(ours, keeps_year=True), _compared(theirs, keeps_year=False)])


def _compared(contact: Contact | None, *, keeps_year: bool) -> list[Any]:
    if contact is None:
        return []
    features = features_of(contact, keeps_year=keeps_year)
    return [
        features.given,
        features.middle,
        features.surname,
        features.generation,
        features.born,
        sorted(features.phones),
        email_key(contact.email),
        [*msgspec.structs.astuple(features.street)],
        features.building,
        [*features.place],
    ]


class Answers:
    """The answers about pairs, and which of them hold for the records as they are now. Only `note` changes them.

    `said` is the answer about each pair, whether it holds or not. `same_as_ours` is the Total Expert record that a
    SimpleNexus record is the same person as, and `same_as_theirs` the reverse. `fixed_ours` and `fixed_theirs` are the
    ids of records that an existing link settles.
    """

    def __init__(self, matched: Matched, seal: Seal) -> None:
        self._matched = matched
        self._seal = seal
        self.scope_ours, self.scope_theirs = scopes(matched.terms)
        fixed = [row for row in matched.rows if is_fixed(row)]
        self.fixed_ours = frozenset(our_id for row in fixed for our_id in row.simplenexus_ids)
        self.fixed_theirs = frozenset(their_id for row in fixed for their_id in row.total_expert_ids)
        self.said: dict[Ids, Judged] = {}
        self.same_as_ours: dict[str, str] = {}
        self.same_as_theirs: dict[str, str] = {}
        self._apart = set[Ids]()
        self._later: dict[str, set[str]] = {}
        self._claims: dict[Ids, int] = {}
        """Pairs with a "same" answer that could hold, and the number of its decision."""
        self._claims_ours: dict[str, set[str]] = {}
        self._claims_theirs: dict[str, set[str]] = {}

    def contacts(self, ids: Ids) -> tuple[Contact | None, Contact | None]:
        """Return the two records of a pair; None for a record that is not in the match."""
        return self._matched.simplenexus.get(ids[0]), self._matched.total_expert.get(ids[1])

    def apart(self, ids: Ids) -> bool:
        """Return True if two records are told apart."""
        return ids in self._apart

    def put_off(self, ours: Iterable[str], theirs: Iterable[str]) -> bool:
        """Return True if a pair of these records is put off."""
        their_ids = frozenset(theirs)
        return any(not their_ids.isdisjoint(self._later.get(our_id, ())) for our_id in ours)

    def one_book(self, ours: Contact, theirs: Contact) -> bool:
        """Return True if the owners of two records are tied to each other, so that the two may be linked."""
        scope = self.scope_ours(ours)
        return scope is not None and scope == self.scope_theirs(theirs)

    def judged(self, ids: Ids, answer: Answer, group: int) -> Judged:
        """Return an answer about two records as it would be kept, without who gave it and when."""
        return Judged(*ids, answer, fingerprint(self._seal, *self.contacts(ids)), "", 0.0, group)

    def note(self, ids: Ids, judged: Judged | None) -> set[Ids]:
        """Take in the answer about two records; None takes an answer back. Return all pairs that it may affect."""
        self._remove(ids)
        if judged is not None:
            self.said[ids] = judged
            self._add(ids, judged)
        affected = {ids, *self._connected(ids)}
        self._settle(affected)
        return affected

    def _remove(self, ids: Ids) -> None:
        self.said.pop(ids, None)
        self._apart.discard(ids)
        self._later.get(ids[0], set()).discard(ids[1])
        if self._claims.pop(ids, None) is not None:
            self._claims_ours[ids[0]].discard(ids[1])
            self._claims_theirs[ids[1]].discard(ids[0])

    def _add(self, ids: Ids, judged: Judged) -> None:
        """Take in an answer, if it can hold for the records as they are now."""
        ours, theirs = self.contacts(ids)
        if judged.answer is Answer.SAME:
            is_free = ids[0] not in self.fixed_ours and ids[1] not in self.fixed_theirs
            if ours and theirs and is_free and self.one_book(ours, theirs):
                self._claims[ids] = judged.group
                self._claims_ours.setdefault(ids[0], set()).add(ids[1])
                self._claims_theirs.setdefault(ids[1], set()).add(ids[0])
        elif judged.fingerprint == fingerprint(self._seal, ours, theirs):
            if judged.answer in APART:
                self._apart.add(ids)
            else:
                self._later.setdefault(ids[0], set()).add(ids[1])

    def _connected(self, ids: Ids) -> set[Ids]:
        """Return the pairs with a "same" answer that share a record with this pair, directly or through others."""
        connected = set[Ids]()
        waiting = [ids]
        while waiting:
            our_id, their_id = waiting.pop()
            sharing = {(our_id, claimed) for claimed in self._claims_ours.get(our_id, ())}
            sharing |= {(claimed, their_id) for claimed in self._claims_theirs.get(their_id, ())}
            waiting.extend(sharing - connected)
            connected |= sharing
        return connected

    def _settle(self, pairs: Iterable[Ids]) -> None:
        """Decide which "same" answers about these pairs hold.

        When two answers claim the same record (A = X and A = Y), only the newer counts. The older takes effect again if
        the newer is undone.
        """
        newest_first = sorted(
            (ids for ids in pairs if ids in self._claims), key=lambda ids: (-self._claims[ids], ids)
        )
        for our_id, their_id in pairs:
            self.same_as_ours.pop(our_id, None)
            self.same_as_theirs.pop(their_id, None)
        for our_id, their_id in newest_first:
            if our_id not in self.same_as_ours and their_id not in self.same_as_theirs:
                self.same_as_ours[our_id] = their_id
                self.same_as_theirs[their_id] = our_id
