"""A match that is held: what a change of a few contacts does to its rows, in the time of those few contacts. Pure.

A change reaches only the records that are connected with the changed one: by an email, by a link, or by evidence. Those
records are matched again by the same rules as a whole book, and nothing else is looked at. So the rows equal those of
a whole match of the same books with the same statistics: the frequencies of values, the priors and the crowded blocking
keys stay those of the last whole match until the next one (docs/matching.md, "Changes").
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from core.compare.emails import inbox_keys
from core.contacts.linkage.blocking import KEYS, Blocking, SharedValues, needed_bits
from core.contacts.linkage.features import Features, features_of
from core.contacts.linkage.scoring import total
from core.contacts.linkage.suggestions import LinkageStatistics
from core.contacts.match.live.compact import HashIndex, Partners, Rings
from core.contacts.match.match import Matched, MatchStatistics, match
from core.contacts.match.rule import Owners, Scope, scopes
from core.contacts.model import Contact, VerdictRow

DRIFT: Final = 0.02
"""The share of all records that may change until a whole match is due, because the frequencies may be others."""
FEW: Final = 200
"""The number of records that may always change before a whole match is due, however small the book is."""
NEAR: Final = 12_000
"""Records of small books of which the shared values are kept in memory. The books that were used last stay."""
_UNTIED: Final = -1


class BookChange(Struct, frozen=True):
    """What changed in both books: new and changed contacts, the ids of contacts that are gone, and links.

    `links` are new, `unlinked` are taken back, as (SimpleNexus id, Total Expert id). `successors` are all of them now,
    and None if they are the same; `owners` likewise. Whoever counts as another owner's now is among the contacts that
    changed. Which owners are tied, and who left, can't change: that takes a whole match.
    """

    ours: Sequence[Contact] = ()
    theirs: Sequence[Contact] = ()
    our_gone: Sequence[str] = ()
    their_gone: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()
    unlinked: Sequence[tuple[str, str]] = ()
    successors: tuple[tuple[str, str], ...] | None = None
    owners: Owners | None = None

    @property
    def is_empty(self) -> bool:
        """True if nothing changed."""
        return not self.count and self.successors is None and self.owners is None

    @property
    def count(self) -> int:
        """How many records and links changed."""
        records = len(self.ours) + len(self.theirs) + len(self.our_gone) + len(self.their_gone)
        return records + len(self.links) + len(self.unlinked)


class RowChange(Struct, frozen=True):
    """What a change did: all rows that name one of these records are replaced by `rows`.

    `doubles` are those of the replaced rows' records, as in `Matched`.
    """

    ours: frozenset[str]
    theirs: frozenset[str]
    rows: tuple[VerdictRow, ...]
    doubles: tuple[tuple[str, ...], ...] = ()


class LiveMatch:
    """Holds a match. `apply` takes in a change and returns what it does to the rows.

    Raises `ValueError` for a match that does not say which statistics it used.
    """

    def __init__(self, matched: Matched) -> None:
        if matched.statistics is None:
            raise ValueError("the match does not say which statistics it used")
        self._statistics: MatchStatistics = matched.statistics
        self._terms = msgspec.structs.replace(matched.terms, standing=())
        self._scope_of: tuple[Scope, Scope] = scopes(self._terms)
        self._numbers: tuple[dict[str, int], dict[str, int]] = ({}, {})
        """The number of each record, by its id, of SimpleNexus and of Total Expert."""
        self._ids: list[str] = []
        self._contacts: list[Contact | None] = []
        """Each record; None for one that is only linked, and for one that is gone."""
        self._is_theirs = bytearray()
        self._place = array("I")
        """The place of each record in its book."""
        self._places = 0
        self._scope = array("i")
        self._scope_names: list[str] = []
        self._scope_numbers: dict[str, int] = {}
        self._partners = Partners()
        self._rings = Rings()
        self._inboxes = HashIndex()
        self._keys = [HashIndex() for _ in KEYS]
        self._members: dict[tuple[int, bool], array[int]] = {}
        """The records that are or were of each scope and system."""
        self._near: OrderedDict[tuple[int, bool], _NearBook] = OrderedDict()
        self._changed = 0
        self._records = 0
        self._build(matched)

    # -- what is asked -----------------------------------------------------------------------------------

    def can_take(self, change: BookChange) -> bool:
        """Return False if so much changed by now that the frequencies may be others: a whole match is due."""
        return self._changed + change.count <= max(FEW, DRIFT * self._records)

    @property
    def statistics(self) -> MatchStatistics:
        """The statistics of the last whole match."""
        return self._statistics

    def place(self, record_id: str, *, is_theirs: bool) -> int:
        """Return where a record that is there stands in its book: a number that is higher for each later one."""
        return self._place[self._numbers[is_theirs][record_id]]

    def __len__(self) -> int:
        return sum(contact is not None for contact in self._contacts)

    # -- building ----------------------------------------------------------------------------------------

    def _build(self, matched: Matched) -> None:
        for is_theirs, book in ((False, matched.simplenexus), (True, matched.total_expert)):
            for contact in book.values():
                self._put(contact, is_theirs=is_theirs)
        for index in (self._inboxes, *self._keys):
            index.close()
        for records in self._inboxes.groups():
            self._rings.join_all(records)
        self._records = len(self)
        for our_id, their_id in matched.terms.standing:
            self._link(our_id, their_id)
        self._join_successors(matched.terms.successors)
        for ours, theirs in matched.connected:
            self._rings.join_all(
                [
                    *(self._numbers[False][our_id] for our_id in ours),
                    *(self._numbers[True][their_id] for their_id in theirs),
                ]
            )

    def _number(self, record_id: str, *, is_theirs: bool) -> int:
        """Return the number of a record; a new one gets the next number."""
        numbers = self._numbers[is_theirs]
        if (number := numbers.get(record_id)) is None:
            number = numbers[record_id] = len(self._contacts)
            self._ids.append(record_id)
            self._contacts.append(None)
            self._is_theirs.append(is_theirs)
            self._place.append(0)
            self._scope.append(_UNTIED)
            self._rings.grow(number + 1)
        return number

    def _put(self, contact: Contact, *, is_theirs: bool) -> int:
        """Take in a new or changed contact, and connect it with those who have its emails. Return its number."""
        number = self._number(contact.id, is_theirs=is_theirs)
        if self._contacts[number] is None:  # new, or back again: it comes last
            self._place[number] = self._places
            self._places += 1
        self._contacts[number] = contact
        name = self._scope_of[is_theirs](contact)
        scope = _UNTIED if name is None else self._scope_number(name)
        if scope not in (self._scope[number], _UNTIED):
            self._members.setdefault((scope, is_theirs), array("I")).append(number)
        self._scope[number] = scope
        for email in inbox_keys(contact.email):
            value = hash(email)
            if (other := next(self._inboxes.find(value), None)) is not None:
                self._rings.join(number, other)
            self._inboxes.add(value, number)
        if scope != _UNTIED:
            self._index(number, contact)
        return number

    def _drop(self, record_id: str, *, is_theirs: bool) -> int:
        """Take a record out that is gone. Return its number."""
        number = self._number(record_id, is_theirs=is_theirs)
        self._contacts[number] = None
        self._scope[number] = _UNTIED
        return number

    def _scope_number(self, scope: str) -> int:
        if (number := self._scope_numbers.get(scope)) is None:
            number = self._scope_numbers[scope] = len(self._scope_names)
            self._scope_names.append(scope)
        return number

    def _index(self, number: int, contact: Contact) -> None:
        """Take a record into the indexes by which candidate pairs are found."""
        is_theirs, scope = bool(self._is_theirs[number]), self._scope[number]
        statistics = self._statistics.of(self._scope_names[scope])
        own = statistics.theirs if is_theirs else statistics.ours
        near = self._near.get((scope, is_theirs))
        if near is None and statistics.across.is_small and own.is_small:
            return
        features = features_of(contact, keeps_year=not is_theirs)
        if near is not None:
            near.add(number, features)
        if not (statistics.across.is_small and own.is_small):
            for index, key in zip(self._keys, KEYS, strict=True):
                for value in key(features):
                    index.add(hash(value), number)

    def _link(self, our_id: str, their_id: str) -> tuple[int, int]:
        ours, theirs = self._number(our_id, is_theirs=False), self._number(their_id, is_theirs=True)
        self._partners.link(ours, theirs)
        self._rings.join(ours, theirs)
        return ours, theirs

    def _unlink(self, our_id: str, their_id: str) -> tuple[int, int]:
        ours, theirs = self._number(our_id, is_theirs=False), self._number(their_id, is_theirs=True)
        self._partners.unlink(ours, theirs)
        return ours, theirs

    def _join_successors(self, successors: Iterable[tuple[str, str]]) -> list[int]:
        joined: list[int] = []
        for our_id, their_id in successors:
            pair = self._number(our_id, is_theirs=False), self._number(their_id, is_theirs=True)
            self._rings.join(*pair)
            joined += pair
        return joined

    # -- a change ----------------------------------------------------------------------------------------

    def apply(self, change: BookChange) -> RowChange:
        """Take in a change. Return what it does to the rows."""
        touched: list[int] = []
        if change.owners is not None:
            self._terms = msgspec.structs.replace(self._terms, owners=change.owners)
            self._scope_of = scopes(self._terms)
        if change.successors is not None:
            touched += self._join_successors((*self._terms.successors, *change.successors))
            self._terms = msgspec.structs.replace(self._terms, successors=change.successors)
        for is_theirs, gone in ((False, change.our_gone), (True, change.their_gone)):
            touched += [self._drop(record_id, is_theirs=is_theirs) for record_id in gone]
        touched += [self._put(contact, is_theirs=False) for contact in change.ours]
        touched += [self._put(contact, is_theirs=True) for contact in change.theirs]
        for pair in change.unlinked:
            touched += self._unlink(*pair)
        for pair in change.links:
            touched += self._link(*pair)
        self._changed += change.count
        for number in touched:
            for other in self._resembling(number):
                self._rings.join(number, other)
        return self._match_again({other for number in touched for other in self._rings.of(number)})

    def _match_again(self, numbers: Collection[int]) -> RowChange:
        """Match these records again, which are connected with nobody else."""
        ids: tuple[list[str], list[str]] = ([], [])
        for number in numbers:
            ids[self._is_theirs[number]].append(self._ids[number])
        ours, theirs = self._books(number for number in numbers if self._contacts[number] is not None)
        standing = [
            (self._ids[number], self._ids[partner])
            for number in sorted(numbers)
            if not self._is_theirs[number]
            for partner in self._partners.of(number)
        ]
        our_ids, their_ids = frozenset(ids[0]), frozenset(ids[1])
        terms = msgspec.structs.replace(
            self._terms,
            standing=tuple(standing),
            successors=tuple(
                pair for pair in self._terms.successors if pair[0] in our_ids or pair[1] in their_ids
            ),
        )
        matched = match(ours, theirs, terms, self._statistics)
        return RowChange(our_ids, their_ids, tuple(matched.rows), matched.doubles)

    def _books(self, numbers: Iterable[int]) -> tuple[list[Contact], list[Contact]]:
        """Return these records in the order of their books, SimpleNexus's first."""
        books: tuple[list[Contact], list[Contact]] = ([], [])
        for number in sorted(numbers, key=self._place.__getitem__):
            if (contact := self._contacts[number]) is not None:
                books[self._is_theirs[number]].append(contact)
        return books

    # -- who resembles a record --------------------------------------------------------------------------

    def _resembling(self, number: int) -> Iterator[int]:
        """Yield the records that evidence connects with a record, and now and then another one."""
        contact, scope = self._contacts[number], self._scope[number]
        if contact is None or scope == _UNTIED:
            return
        is_theirs = bool(self._is_theirs[number])
        features = features_of(contact, keeps_year=not is_theirs)
        statistics = self._statistics.of(self._scope_names[scope])
        least = -max(statistics.open_prior, statistics.usual_prior)
        for others_are_theirs in (False, True):
            blocking = _blocking(statistics, is_theirs, others_are_theirs)
            near = self._near_book(scope, others_are_theirs, statistics) if blocking.is_small else None
            if near is not None:
                candidates: Iterable[int] = near.candidates(features, needed_bits(statistics.highest_prior))
            else:
                candidates = self._by_keys(features, blocking, others_are_theirs)
            for other in candidates:
                if other == number or self._scope[other] != scope:
                    continue
                others = near.features[other] if near is not None else self._features(other)
                is_first = (is_theirs, self._place[number]) < (others_are_theirs, self._place[other])
                pair = (features, others) if is_first else (others, features)
                if total(statistics.model.lines(*pair)) > least:
                    yield other

    def _by_keys(self, features: Features, blocking: Blocking, others_are_theirs: bool) -> list[int]:
        """Return the records of one large book that share a blocking key with a record, and now and then another."""
        found: dict[int, None] = {}
        for crowded, index, key in zip(blocking.crowded, self._keys, KEYS, strict=True):
            for value in map(hash, key(features)):
                if value not in crowded:
                    found |= dict.fromkeys(index.find(value))
        return [other for other in found if self._is_theirs[other] == others_are_theirs]

    def _features(self, number: int) -> Features:
        """Return the features of a record that is there. Raises `LookupError` for one that is gone."""
        if (contact := self._contacts[number]) is None:
            raise LookupError(self._ids[number])
        return features_of(contact, keeps_year=not self._is_theirs[number])

    def _near_book(self, scope: int, is_theirs: bool, statistics: LinkageStatistics) -> _NearBook:
        """Return the records of a small book with all their values."""
        key = scope, is_theirs
        near = self._near.get(key)
        if near is None:
            near = self._near[key] = _NearBook(statistics)
            for number in self._members.get(key, ()):
                if self._scope[number] == scope and number not in near.features:
                    near.add(number, self._features(number))
        self._near.move_to_end(key)
        while len(self._near) > 2 and sum(len(book.features) for book in self._near.values()) > NEAR:
            self._near.popitem(last=False)
        return near


def _blocking(statistics: LinkageStatistics, is_theirs: bool, others_are_theirs: bool) -> Blocking:
    """Return how the candidate pairs of two records are chosen, by the systems of the two."""
    if is_theirs != others_are_theirs:
        return statistics.across
    return statistics.theirs if is_theirs else statistics.ours


class _NearBook:
    """A small book in which a shared value finds every record that has it, or nearly."""

    def __init__(self, statistics: LinkageStatistics) -> None:
        self.features: dict[int, Features] = {}
        self._values = SharedValues(statistics.model)

    def add(self, number: int, features: Features) -> None:
        """Take in a new or changed record."""
        self.features[number] = features
        self._values.add(number, features)

    def candidates(self, features: Features, needed: float) -> list[int]:
        """Return the records whose values in common with a record weigh `needed` bits or more."""
        return self._values.candidates(features, needed, [{} for _ in self._values.fields])
