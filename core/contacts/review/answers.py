"""Which answers hold: who is one person, who is told apart, and which questions are put off.

An answer about a record that is gone, or about records of which a compared field changed, stays in the book and does
not hold. Neither does a "same" from before a person took the link of the two back. Pure, except that `Answers` changes
with each answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from typing import Any, Final

import msgspec

from core.compare.folding import fold
from core.compare.keys import email_key
from core.contacts.linkage.features import features_of
from core.contacts.match.group_rows import STANDING_TROUBLE
from core.contacts.match.match import Matched
from core.contacts.match.owner_rule import OwnerPair
from core.contacts.match.rule import scopes
from core.contacts.model import Contact, Verdict, VerdictRow
from core.contacts.records import Answer, Judged, JudgedOwners, OwnersAnswer
from core.contacts.review.decisions import APART, Ids, Seal


def is_fixed(row: VerdictRow) -> bool:
    """Return True if a row of the match comes from an existing link, so that no answer changes the row."""
    return row.verdict is Verdict.LINKED or row.reason in STANDING_TROUBLE


def fingerprint(seal: Seal, ours: Contact | None, theirs: Contact | None) -> str:
    """Return the keyed hash of the features of two records. None stands for a missing record.

    The hash changes with each field that is evidence, and with no other: not with an owner, and not with another way to
    write the same phone. An answer in a book holds only as long as its hash can be made again, so a value keeps its
    form here for good, also if records are compared by a better form.
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
        [*features.place[:2], fold(contact.state)],  # as it is written: Ohio and OH are two values here
    ]


_TRIAL: Final = "trial"
"""The fingerprint of an answer that is only tried. A keyed hash has only hex digits, so no kept answer has it."""


class Answers:
    """The answers about pairs and owners, and which hold for the records as they are now.

    Only `note` and `note_owners` change them.

    `said` is the answer about each pair, whether it holds or not. `same_as_ours` is the Total Expert record that a
    SimpleNexus record is linked with because of a "same" answer, and `same_as_theirs` the reverse. `linked_ours` and
    `linked_theirs` also have the pairs that the rule links. `fixed_ours` and `fixed_theirs` are the ids of records that
    an existing link settles.
    """

    def __init__(self, matched: Matched, seal: Seal) -> None:
        self._matched = matched
        self._seal = seal
        self.scope_ours, self.scope_theirs = scopes(matched.terms)
        fixed = [row for row in matched.rows if is_fixed(row)]
        self.fixed_ours = frozenset(our_id for row in fixed for our_id in row.simplenexus_ids)
        self.fixed_theirs = frozenset(their_id for row in fixed for their_id in row.total_expert_ids)
        self.said: dict[Ids, Judged] = {}
        self.by_group: dict[int, dict[Ids, Judged]] = {}
        """The answers of each decision, by the decision's number."""
        self.said_of_owners: dict[OwnerPair, JudgedOwners] = {}
        """The answers about all contacts of two owners."""
        self.same_as_ours: dict[str, str] = {}
        self.same_as_theirs: dict[str, str] = {}
        self.linked_ours: dict[str, str] = {}
        self.linked_theirs: dict[str, str] = {}
        self._apart = set[Ids]()
        self._confirmed = set[Ids]()
        """Pairs with a "same" answer about the records as they are now."""
        self._same_ours: dict[str, set[str]] = {}
        self._same_theirs: dict[str, set[str]] = {}
        """The records of the other system with a "same" answer, by id, whether they are linked or not."""
        self._later: dict[str, set[str]] = {}
        self._claims: dict[Ids, tuple[int, int]] = {}
        """Pairs with a "same" answer that could link them, with the order in which they do: the newest first."""
        self._claims_ours: dict[str, set[str]] = {}
        self._claims_theirs: dict[str, set[str]] = {}
        self._by_rule = {
            (row.simplenexus_ids[0], row.total_expert_ids[0])
            for row in matched.rows
            if row.verdict is Verdict.LINK
        }
        for our_id, their_id in self._by_rule:
            self._claims_ours.setdefault(our_id, set()).add(their_id)
            self._claims_theirs.setdefault(their_id, set()).add(our_id)
        self._settle(self._by_rule)

    def contacts(self, ids: Ids) -> tuple[Contact | None, Contact | None]:
        """Return the two records of a pair; None for a record that is not in the match."""
        return self._matched.simplenexus.get(ids[0]), self._matched.total_expert.get(ids[1])

    def apart(self, ids: Ids) -> bool:
        """Return True if two records are told apart."""
        return ids in self._apart

    def same(self, ids: Ids) -> bool:
        """Return True if two records have a "same" answer."""
        return ids[1] in self._same_ours.get(ids[0], ())

    def confirmed(self, ids: Ids) -> bool:
        """Return True if a person answered about two records since their fields last changed, and not `later`."""
        return ids in self._confirmed or ids in self._apart

    def kept(self, ids: Ids) -> bool:
        """Return True if a person said that two linked records stay linked, since their fields last changed."""
        return ids in self._confirmed

    def first_of_ours(self, our_id: str) -> tuple[str, ...]:
        """Return whose second record a SimpleNexus record is: the ids of Total Expert's records of that person.

        () for a record that is linked, and for a record without a "same" answer.
        """
        is_linked = our_id in self.linked_ours or our_id in self.fixed_ours
        return () if is_linked else tuple(sorted(self._same_ours.get(our_id, ())))

    def first_of_theirs(self, their_id: str) -> tuple[str, ...]:
        """Return whose second record a Total Expert record is: the ids of SimpleNexus's records of that person."""
        is_linked = their_id in self.linked_theirs or their_id in self.fixed_theirs
        return () if is_linked else tuple(sorted(self._same_theirs.get(their_id, ())))

    def put_off(self, ours: Iterable[str], theirs: Iterable[str]) -> bool:
        """Return True if a pair of these records is put off."""
        their_ids = frozenset(theirs)
        return any(not their_ids.isdisjoint(self._later.get(our_id, ())) for our_id in ours)

    def one_book(self, ours: Contact, theirs: Contact) -> bool:
        """Return True if the owners of two records are tied to each other, so that the two may be linked."""
        scope = self.scope_ours(ours)
        return scope is not None and scope == self.scope_theirs(theirs)

    def note_owners(self, pair: OwnerPair, judged: JudgedOwners | None) -> None:
        """Take in the answer about all contacts of two owners; None takes an answer back."""
        if judged is None:
            self.said_of_owners.pop(pair, None)
        else:
            self.said_of_owners[pair] = judged

    def of_owners(self, pair: OwnerPair) -> OwnersAnswer | None:
        """Return the answer about all contacts of two owners; None if there is none."""
        judged = self.said_of_owners.get(pair)
        return None if judged is None else judged.answer

    def trial(self, ids: Ids, answer: Answer, group: int, place: int) -> Judged:
        """Return an answer about two records as a trial: it fits the records as they are, and is never kept.

        It takes no hash, because a book that was never written has no key.
        """
        return Judged(*ids, answer, _TRIAL, "", 0.0, group, None, place)

    def _fits(self, judged: Judged, ours: Contact | None, theirs: Contact | None) -> bool:
        """Return True if no compared field changed since an answer was given."""
        return judged.fingerprint == _TRIAL or judged.fingerprint == fingerprint(self._seal, ours, theirs)

    def _is_taken_back(self, judged: Judged) -> bool:
        """Return True if a person took the link of two records back after an answer about them was given."""
        removed = self._matched.terms.taken_back.get(judged.ids)
        return removed is not None and judged.fingerprint != _TRIAL and judged.at <= removed.at

    def note(self, ids: Ids, judged: Judged | None) -> set[Ids]:
        """Take in the answer about two records; None takes an answer back. Return all pairs that it may affect."""
        self._remove(ids)
        if judged is not None:
            self.said[ids] = judged
            self.by_group.setdefault(judged.group, {})[ids] = judged
            self._add(ids, judged)
        affected = {ids, *self._connected(ids)}
        self._settle(affected)
        return affected

    def _remove(self, ids: Ids) -> None:
        if (before := self.said.pop(ids, None)) is not None:
            decision = self.by_group[before.group]
            del decision[ids]
            if not decision:
                del self.by_group[before.group]
        self._apart.discard(ids)
        self._confirmed.discard(ids)
        self._same_ours.get(ids[0], set()).discard(ids[1])
        self._same_theirs.get(ids[1], set()).discard(ids[0])
        self._later.get(ids[0], set()).discard(ids[1])
        if self._claims.pop(ids, None) is not None and ids not in self._by_rule:
            self._claims_ours[ids[0]].discard(ids[1])
            self._claims_theirs[ids[1]].discard(ids[0])

    def _add(self, ids: Ids, judged: Judged) -> None:
        """Take in an answer, if it can hold for the records as they are now."""
        ours, theirs = self.contacts(ids)
        if judged.answer is Answer.SAME:
            if self._is_taken_back(judged):
                return
            if self._fits(judged, ours, theirs):
                self._confirmed.add(ids)
            if ours is None or theirs is None or not self.one_book(ours, theirs):
                return
            self._same_ours.setdefault(ids[0], set()).add(ids[1])
            self._same_theirs.setdefault(ids[1], set()).add(ids[0])
            if ids[0] not in self.fixed_ours and ids[1] not in self.fixed_theirs:
                self._claims[ids] = -judged.group, judged.place
                self._claims_ours.setdefault(ids[0], set()).add(ids[1])
                self._claims_theirs.setdefault(ids[1], set()).add(ids[0])
        elif judged.answer is not Answer.UNLINK and self._fits(judged, ours, theirs):
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

    def _settle(self, pairs: Set[Ids]) -> None:
        """Decide which of these pairs are linked.

        A record is linked once. A pair that the rule links comes first, unless it was told apart; then the pairs with a
        "same" answer, the newest first. A record with a "same" answer that is not linked is a second record. The older
        answer links again if the newer is undone.
        """
        by_rule = [ids for ids in sorted(pairs) if ids in self._by_rule and ids not in self._apart]
        claimed = sorted(
            (ids for ids in pairs if ids in self._claims), key=lambda ids: (self._claims[ids], ids)
        )
        for our_id, their_id in pairs:
            for ours in (self.same_as_ours, self.linked_ours):
                ours.pop(our_id, None)
            for theirs in (self.same_as_theirs, self.linked_theirs):
                theirs.pop(their_id, None)
        for our_id, their_id in dict.fromkeys((*by_rule, *claimed)):
            if our_id not in self.linked_ours and their_id not in self.linked_theirs:
                self.linked_ours[our_id] = their_id
                self.linked_theirs[their_id] = our_id
                if (our_id, their_id) in self._claims:
                    self.same_as_ours[our_id] = their_id
                    self.same_as_theirs[their_id] = our_id
