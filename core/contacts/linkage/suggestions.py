"""Suggestions: which records of two books look like one person, and who is a group of several records. Pure.

Every record is a candidate, also a record that is linked. A person decides about each suggestion. Nothing acts on a
suggestion by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

import msgspec
from msgspec import Struct

from core.contacts.linkage.blocking import Blocking, blocking_of, candidate_pairs
from core.contacts.linkage.contradictions import contradict
from core.contacts.linkage.features import Features, features_of
from core.contacts.linkage.groups import Edge, components, partition
from core.contacts.linkage.likelihood import Line
from core.contacts.linkage.scoring import MatchModel, likeness, match_model_of, total
from core.contacts.linkage.weights import SHARE, prior
from core.contacts.model import Contact, Likeness, Suggestion

ENOUGH: Final = 100
"""Suggestions from which the share of people in both books is estimated from the books themselves."""
LARGE: Final = 40
"""Connected records up to which every pair is compared. In a larger chain of records only the candidate pairs are."""


class PersonGroup(Struct, frozen=True):
    """Records that look like one person, at least one in each book.

    `pairs` are the group's pairs of two books that are not linked, the pair with the most evidence first.
    """

    simplenexus_ids: tuple[str, ...]
    total_expert_ids: tuple[str, ...]
    pairs: tuple[Suggestion, ...]


class LinkageStatistics(Struct, frozen=True):
    """What the evidence takes from two books as a whole. With the same statistics, a pair always compares alike.

    `model` has no prior. `open_prior` is the prior of two records that are not linked, `usual_prior` that of any other
    two, and `highest_prior` is the least that a pair has to outweigh to be looked at, all in bits. `across`, `ours` and
    `theirs` say how the candidate pairs of two books and of one book are chosen.
    """

    model: MatchModel
    open_prior: float
    usual_prior: float
    highest_prior: float
    across: Blocking
    ours: Blocking
    theirs: Blocking

    @property
    def compact(self) -> LinkageStatistics:
        """The same statistics in little memory, to be kept for as long as their match."""
        return msgspec.structs.replace(self, model=self.model.compact)


Connected = tuple[tuple[str, ...], tuple[str, ...]]
"""Records that evidence or a link connects, directly or through others: (SimpleNexus ids, Total Expert ids)."""


class LinkageResult(Struct, frozen=True):
    """What the evidence says about two books.

    `groups` have records that are not linked with each other. `pairs` are suggestions about a record that is in no
    group: a household, or somebody who looks like a record of another group that contradicts. `doubles` are the records
    of one book that look like one person whom the other book does not have, by the ids of the book. `doubted` are the
    links that the evidence speaks against. `connected` are the records that may be of one group. `statistics` are those
    that were used.
    """

    groups: tuple[PersonGroup, ...] = ()
    pairs: tuple[Suggestion, ...] = ()
    doubles: tuple[tuple[str, ...], ...] = ()
    doubted: tuple[Suggestion, ...] = ()
    connected: tuple[Connected, ...] = ()
    statistics: LinkageStatistics | None = None


def suggest(simplenexus: Sequence[Contact], total_expert: Sequence[Contact]) -> list[Suggestion]:
    """Return the suggestions about two books without links, people before households, the best pair first.

    A record may have several suggestions.
    """
    result = find_groups(simplenexus, total_expert)
    pairs = [pair for group in result.groups for pair in group.pairs]
    return sorted(
        [*pairs, *result.pairs],
        key=lambda pair: (
            pair.comparison.likeness is Likeness.HOUSEHOLD,
            -pair.comparison.bits,
            pair.simplenexus_id,
            pair.total_expert_id,
        ),
    )


FindGroups = Callable[[Sequence[Contact], Sequence[Contact], Collection[tuple[str, str]]], LinkageResult]
"""Returns which records of two books look like one person, as `find_groups` does. It may do so in another way."""


def find_groups(
    simplenexus: Sequence[Contact],
    total_expert: Sequence[Contact],
    links: Collection[tuple[str, str]] = (),
    statistics: LinkageStatistics | None = None,
) -> LinkageResult:
    """Return which records of two books look like one person. `links` are the pairs of ids that are linked already.

    `statistics` are those of the books that the records are a part of; None if the records are the whole books.
    """
    left = [features_of(contact) for contact in simplenexus]
    right = [features_of(contact, keeps_year=False) for contact in total_expert]
    if not left and not right:
        return LinkageResult()
    return _Linkage(left, right, links, statistics).result()


class _Scored(Struct, frozen=True, gc=False):
    """A compared pair: its class, its sum in bits without the prior, and if its fields contradict one person."""

    likeness: Likeness
    bits: float
    contradicts: bool


def whole_books(left: Sequence[Features], right: Sequence[Features], linked: int = 0) -> LinkageStatistics:
    """Return the statistics of two whole books with `linked` links, before the share is estimated.

    A pair of records that are not linked is one of few pairs, so that one person is likelier.
    """
    ours, theirs = len(left), len(right)
    unlinked = ours - linked, theirs - linked
    return LinkageStatistics(
        msgspec.structs.replace(match_model_of(left, right), prior=0.0),
        prior(*unlinked),
        prior(ours, theirs),
        prior(*unlinked, 1.0),
        blocking_of(ours, theirs),
        blocking_of(ours, ours),
        blocking_of(theirs, theirs),
    )


class _Linkage:
    """Compares the records of two books. A record is a number: those of the left book come before the right book's."""

    def __init__(
        self,
        left: Sequence[Features],
        right: Sequence[Features],
        links: Collection[tuple[str, str]],
        statistics: LinkageStatistics | None = None,
    ) -> None:
        self._given = statistics
        self._left = left
        self._right = right
        self._records = (*left, *right)
        self._ids = [features.contact.id for features in self._records]
        our_places = {features.contact.id: n for n, features in enumerate(left)}
        their_places = {features.contact.id: len(left) + n for n, features in enumerate(right)}
        self._links = {
            (our_places[ours], their_places[theirs])
            for ours, theirs in links
            if ours in our_places and theirs in their_places
        }
        self._settled = {record for link in self._links for record in link}
        self._statistics = statistics or whole_books(left, right, len(self._links))
        self._model = self._statistics.model
        self._scored: dict[Edge, _Scored] = {}
        self._connected: list[list[int]] = []
        self._open_prior, self._usual_prior = self._statistics.open_prior, self._statistics.usual_prior

    def result(self) -> LinkageResult:
        """Return the groups, the other suggestions, and the links in doubt."""
        highest = self._statistics.highest_prior
        for edge in self._candidates(highest):
            if edge not in self._scored and total(lines := self._lines(edge)) + highest > 0:
                self._scored[edge] = self._score(edge, lines)  # one with less is compared where it is needed
        if self._given is None:
            self._estimate_share()
        groups = self._groups()
        return LinkageResult(
            tuple(group for records in groups if (group := self._group(records)) is not None),
            tuple(map(self._suggestion, self._pairs_outside(groups))),
            tuple(
                tuple(self._ids[record] for record in records)
                for records in groups
                if self._is_left(records[0]) == self._is_left(records[-1])
            ),
            tuple(self._suggestion(link) for link in sorted(self._links) if self._is_doubted(link)),
            tuple(map(self._ids_of, self._connected)),
            msgspec.structs.replace(self._statistics, open_prior=self._open_prior),
        )

    def _ids_of(self, records: Sequence[int]) -> Connected:
        return (
            tuple(self._ids[record] for record in records if self._is_left(record)),
            tuple(self._ids[record] for record in records if not self._is_left(record)),
        )

    # -- comparing -------------------------------------------------------------------------------------

    def _is_left(self, record: int) -> bool:
        return record < len(self._left)

    def _candidates(self, highest: float) -> Iterator[Edge]:
        """Yield the pairs of two books, then the pairs of one book. A pair may come more than once."""
        model = msgspec.structs.replace(self._model, prior=highest)
        shift = len(self._left)
        statistics = self._statistics
        for left, right, at, to, blocking in (
            (self._left, self._right, 0, shift, statistics.across),
            (self._left, self._left, 0, 0, statistics.ours),
            (self._right, self._right, shift, shift, statistics.theirs),
        ):
            for i, places in candidate_pairs(left, right, model, blocking):
                for j in places:
                    if at + i < to + j:
                        yield at + i, to + j

    def _compare(self, edge: Edge) -> _Scored:
        scored = self._scored.get(edge)
        if scored is None:
            scored = self._scored[edge] = self._score(edge, self._lines(edge))
        return scored

    def _lines(self, edge: Edge) -> list[Line]:
        return self._model.lines(self._records[edge[0]], self._records[edge[1]])

    def _score(self, edge: Edge, lines: Sequence[Line]) -> _Scored:
        left, right = self._records[edge[0]], self._records[edge[1]]
        return _Scored(likeness(left, right, lines), total(lines), contradict(left, right, lines))

    def _open_numbers(self) -> tuple[int, int]:
        """Return how many records of each book are not linked."""
        return len(self._left) - len(self._links), len(self._right) - len(self._links)

    def _prior(self, edge: Edge) -> float:
        same_book = self._is_left(edge[0]) == self._is_left(edge[1])
        if same_book or not self._settled.isdisjoint(edge):
            return self._usual_prior
        return self._open_prior

    def _bits(self, edge: Edge) -> float:
        return self._scored[edge].bits + self._prior(edge)

    def _estimate_share(self) -> None:
        """Estimate the share of people who are in both books, and raise the prior if the share is high."""
        taken = set(self._settled)
        people = households = 0
        for edge in self._ranked(
            edge for edge in self._scored if self._is_left(edge[0]) != self._is_left(edge[1])
        ):
            if taken.isdisjoint(edge):
                taken.update(edge)
                if self._scored[edge].likeness is Likeness.HOUSEHOLD:
                    households += 1
                else:
                    people += 1
        share = people / max(1, min(self._open_numbers()))
        if share > SHARE and people + households >= ENOUGH:
            self._open_prior = prior(*self._open_numbers(), share)

    def _ranked(self, edges: Iterable[Edge]) -> list[Edge]:
        """Return the pairs with a sum above zero: people before households, most bits first.

        Pairs with an equal sum are ordered by their ids, so that the order of the books does not matter.
        """
        return sorted(
            (edge for edge in edges if self._bits(edge) > 0),
            key=lambda edge: (
                self._scored[edge].likeness is Likeness.HOUSEHOLD,
                -self._bits(edge),
                self._ids[edge[0]],
                self._ids[edge[1]],
            ),
        )

    # -- groups ----------------------------------------------------------------------------------------

    def _groups(self) -> list[list[int]]:
        """Return the groups of records. Linked records are always in one group."""
        positive = [edge for edge in self._scored if self._weight(edge) > 0]
        self._connected = components([*positive, *self._links])
        for records in self._connected:
            if len(records) <= LARGE:
                for edge in combinations(records, 2):
                    self._compare(edge)
        return partition(
            {edge: self._weight(edge) for edge in self._scored},
            [edge for edge, scored in self._scored.items() if scored.contradicts],
            self._links,
        )

    def _weight(self, edge: Edge) -> float:
        """Return what a pair adds to a group, in bits. A pair of the class household speaks against the group."""
        return self._bits(edge)

    def _group(self, records: Sequence[int]) -> PersonGroup | None:
        """Return a group with its pairs; None if it has records of one book only, or nothing but one link."""
        ours = [record for record in records if self._is_left(record)]
        theirs = [record for record in records if not self._is_left(record)]
        edges = [(i, j) for i in ours for j in theirs if (i, j) not in self._links]
        if not edges:
            return None
        for edge in edges:
            self._compare(edge)
        edges.sort(key=lambda edge: (-self._bits(edge), self._ids[edge[0]], self._ids[edge[1]]))
        return PersonGroup(
            tuple(self._ids[record] for record in ours),
            tuple(self._ids[record] for record in theirs),
            tuple(map(self._suggestion, edges)),
        )

    def _pairs_outside(self, groups: Sequence[Sequence[int]]) -> Iterator[Edge]:
        """Yield the suggestions about records that are in no group and not linked, at most one for each record.

        A likely person may be in a group or linked: the group then has evidence that contradicts. A household is only
        suggested about two records that are neither.
        """
        taken = {record for records in groups for record in records} | self._settled
        asked = set[int]()
        across = [edge for edge in self._scored if self._is_left(edge[0]) != self._is_left(edge[1])]
        for edge in self._ranked(across):
            open_records = [record for record in edge if record not in taken and record not in asked]
            is_household = self._scored[edge].likeness is Likeness.HOUSEHOLD
            if len(open_records) == 2 or (open_records and not is_household):
                asked.update(open_records)
                yield edge

    def _is_doubted(self, link: Edge) -> bool:
        """Return True if the evidence about two linked records speaks against one person."""
        scored = self._compare(link)
        return scored.contradicts or scored.bits < 0

    def _suggestion(self, edge: Edge) -> Suggestion:
        model = msgspec.structs.replace(self._model, prior=self._prior(edge))
        left, right = self._records[edge[0]], self._records[edge[1]]
        return Suggestion(left.contact.id, right.contact.id, model.compare(left, right))
