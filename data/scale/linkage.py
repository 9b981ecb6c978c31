"""Which records of two large books look like one person: `find_groups` of core/contacts/linkage, in columns.

The steps are those of core/contacts/linkage/suggestions.py. Where no more than a few records are left, the same
functions run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final, TypeAlias, overload

import numpy as np
import numpy.typing as npt
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from core.compare.agreement import AgreementLevel
from core.contacts.linkage.likelihood import Line
from core.contacts.linkage.scoring import FIELDS, evidence_of
from core.contacts.linkage.suggestions import (
    ENOUGH,
    LARGE,
    Connected,
    LinkageResult,
    LinkageStatistics,
    PersonGroup,
)
from core.contacts.linkage.weights import SHARE, prior
from core.contacts.model import Comparison, Contact, Evidence, Suggestion
from core.progress import SILENT, Meter
from data.scale.candidates import candidate_edges
from data.scale.classes import Classes, Classifier
from data.scale.clusters import groups_of, pairs_inside, roots_of
from data.scale.codes import Bools, Ints, Keys, packed, sorted_unique, unpacked
from data.scale.columns import TEXTS, Columns, columns_of
from data.scale.levels import LEVELS
from data.scale.model import ScaleModel, cents
from data.scale.scores import Lines, Scorer, joined
from data.scale.statistics import statistics_of

_CHUNK: Final = 500_000
"""Pairs that are compared at a time, so that memory stays flat."""
_THREADS: Final = 2

Floats: TypeAlias = npt.NDArray[np.float64]


class BookColumns(Struct, frozen=True):
    """One book: the ids, and the contact of each row, one by one or many at once."""

    ids: Sequence[str]
    contact: Callable[[int], Contact]
    many: Callable[[Sequence[int]], list[Contact]]


def book_of(contacts: Sequence[Contact]) -> BookColumns:
    """Return a book of contacts that are in memory."""
    return BookColumns(
        [contact.id for contact in contacts],
        contacts.__getitem__,
        lambda places: [contacts[place] for place in places],
    )


def texts_of(contacts: Sequence[Contact]) -> pl.DataFrame:
    """Return the fields of contacts that are compared."""
    return pl.DataFrame(
        {field: [getattr(contact, field) for contact in contacts] for field in TEXTS},
        dict.fromkeys(TEXTS, pl.String),
    )


def find_groups(
    simplenexus: Sequence[Contact], total_expert: Sequence[Contact], links: Collection[tuple[str, str]] = ()
) -> LinkageResult:
    """Return which records of two books look like one person, as core/contacts/linkage does."""
    if not simplenexus and not total_expert:
        return LinkageResult()
    left, right = book_of(simplenexus), book_of(total_expert)
    ours = {record_id: n for n, record_id in enumerate(left.ids)}
    theirs = {record_id: n for n, record_id in enumerate(right.ids)}
    pairs = [(ours[one], theirs[other]) for one, other in links if one in ours and other in theirs]
    linked = np.array(pairs, np.int32).reshape(-1, 2)
    columns = columns_of(texts_of(simplenexus), texts_of(total_expert))
    linkage = Linkage(left, right, columns)
    result = linkage.result((linked[:, 0], linked[:, 1]))
    return replace(result, connected=tuple(linkage.connected()), statistics=linkage.statistics())


class _Edges:
    """Compared pairs, sorted by their records: lines of evidence, sum without the prior, class."""

    def __init__(self, keys: Keys, lines: Lines, classes: Classes) -> None:
        self.keys = keys
        self.left, self.right = unpacked(keys)
        self.lines = lines
        self.cents = lines.total()
        self.classes = classes

    def places(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Return the places of pairs that were compared."""
        return np.searchsorted(self.keys, keys)


class Linkage:
    """Compares the records of two books. A record is a number: those of the left book come before the right book's."""

    def __init__(
        self, left: BookColumns, right: BookColumns, columns: Columns, meter: Meter = SILENT
    ) -> None:
        self._left = left
        self._right = right
        self._columns = columns
        self._meter = meter
        self._size = len(left.ids)
        self._model = ScaleModel(columns)
        self.scorer = Scorer(columns, self._model, self.contact)
        self._classifier = Classifier(columns, self.scorer.dates)
        self._links: Keys = np.zeros(0, np.uint64)
        self._settled = np.zeros(columns.records, np.bool_)
        self._roots = np.arange(columns.records, dtype=np.int32)
        self._open_prior, self._usual_prior = self._priors(SHARE)

    def result(self, links: tuple[Ints, Ints]) -> LinkageResult:
        """Return the groups, the other suggestions, and the links in doubt.

        `links` are the records that are linked, as numbers in their own books. Raises `CutShort`.
        """
        self._links = sorted_unique(packed(links[0], links[1] + np.int32(self._size)))
        for ends in unpacked(self._links):
            self._settled[ends] = True
        self._open_prior, self._usual_prior = self._priors(SHARE)
        edges = self._compared()
        self._estimate_share(edges)
        edges = self._with_neighbours(edges)
        groups = groups_of(
            (edges.left, edges.right),
            self._bits(edges),
            edges.classes.contradicts,
            unpacked(self._links),
            self._columns.records,
        )
        edges = self._with_pairs(edges, self._pairs_of(groups))
        return LinkageResult(
            tuple(self._groups(groups, edges)),
            tuple(self._suggestions(edges, self._pairs_outside(groups, edges))),
            tuple(
                tuple(self._id(record) for record in records)
                for records in groups
                if self._is_left(records[0]) == self._is_left(records[-1])
            ),
            tuple(self._suggestions(edges, self._doubted(edges))),
        )

    def statistics(self) -> LinkageStatistics:
        """Return the statistics that `result` used."""
        priors = self._open_prior, self._usual_prior, self._priors(1.0)[0]
        return statistics_of(self._columns, self._model, priors, self.contact)

    def connected(self) -> Iterator[Connected]:
        """Yield the records of a result that evidence or a link connects, directly or through others."""
        order = np.argsort(self._roots, kind="stable")
        ends = np.flatnonzero(np.diff(self._roots[order])) + 1
        for records in np.split(order, ends):
            if len(records) > 1:
                of_left = int(np.searchsorted(records, self._size))
                ids = [self._id(record) for record in records.tolist()]
                yield tuple(ids[:of_left]), tuple(ids[of_left:])

    def contact(self, record: int) -> Contact:
        """Return the contact of a record."""
        if record < self._size:
            return self._left.contact(record)
        return self._right.contact(record - self._size)

    def pairs_of_contacts(self, ours: Ints, theirs: Ints) -> list[tuple[Contact, Contact]]:
        """Return the contacts of pairs, each a record of the left book and one of the right."""
        left, right = self._left.many(ours.tolist()), self._right.many((theirs - self._size).tolist())
        return list(zip(left, right, strict=True))

    def _id(self, record: int) -> str:
        return self._left.ids[record] if record < self._size else self._right.ids[record - self._size]

    def _is_left(self, record: int) -> bool:
        return record < self._size

    # -- comparing -------------------------------------------------------------------------------------

    def _compared(self) -> _Edges:
        """Return the candidate pairs that can have a sum above zero, and the pairs that are linked."""
        candidates = candidate_edges(self._columns)
        least = -cents(self._priors(1.0)[0])
        chunks = [candidates[at : at + _CHUNK] for at in range(0, len(candidates), _CHUNK)]

        def compare(keys: Keys) -> tuple[Keys, Lines]:
            lines, places = self.scorer.lines_above(*unpacked(keys), least)
            return keys[places], lines

        found: list[tuple[Keys, Lines]] = []
        self._meter.begin()
        pool = ThreadPoolExecutor(_THREADS)
        try:
            for compared in pool.map(compare, chunks):
                found.append(compared)
                self._meter.at(min(len(found) * _CHUNK, len(candidates)), len(candidates))
        finally:
            pool.shutdown(cancel_futures=True)
        del candidates, chunks
        kept = np.concatenate([np.zeros(0, np.uint64), *(keys for keys, _ in found)])
        missing = self._links[~np.isin(self._links, kept)]
        lines = [lines for _, lines in found]
        return self._edges(
            np.concatenate([kept, missing]), joined([*lines, self.scorer.lines(*unpacked(missing))])
        )

    def _edges(self, keys: Keys, lines: Lines) -> _Edges:
        order = np.argsort(keys)
        keys, lines = keys[order], lines.taken(order)
        return _Edges(keys, lines, self._classifier.classify(*unpacked(keys), lines))

    def _with_pairs(self, edges: _Edges, keys: Keys) -> _Edges:
        """Return the compared pairs, with further ones."""
        missing = np.setdiff1d(keys, edges.keys)
        if not len(missing):
            return edges
        lines = self.scorer.lines(*unpacked(missing))
        return self._edges(np.concatenate([edges.keys, missing]), joined([edges.lines, lines]))

    def _with_neighbours(self, edges: _Edges) -> _Edges:
        """Return the compared pairs, with every pair of records that few others connect."""
        positive = self._bits(edges) > 0
        ours, theirs = unpacked(self._links)
        self._roots = roots_of(
            np.concatenate([edges.left[positive], ours]),
            np.concatenate([edges.right[positive], theirs]),
            self._columns.records,
        )
        return self._with_pairs(edges, pairs_inside(self._roots, LARGE))

    # -- priors ----------------------------------------------------------------------------------------

    def _priors(self, share: float) -> tuple[float, float]:
        """Return the prior of two records that are not linked, and the prior of any other two, in bits."""
        return prior(*self._open_numbers(), share), prior(self._size, self._columns.records - self._size)

    def _open_numbers(self) -> tuple[int, int]:
        linked = len(self._links)
        return self._size - linked, self._columns.records - self._size - linked

    def _prior_of(self, left: Ints, right: Ints) -> Floats:
        is_open = ((left < self._size) != (right < self._size)) & ~self._settled[left] & ~self._settled[right]
        return np.where(is_open, self._open_prior, self._usual_prior)

    def _bits(self, edges: _Edges) -> Floats:
        """Return the sum of each pair with its prior, in bits."""
        bits: Floats = edges.cents / 100 + self._prior_of(edges.left, edges.right)
        return bits

    def _estimate_share(self, edges: _Edges) -> None:
        """Estimate the share of people who are in both books, and raise the prior if the share is high."""
        taken = self._settled.copy().tolist()
        people = households = 0
        left, right = edges.left, edges.right
        across = self._across(edges) & ~self._settled[left] & ~self._settled[right]
        ranked = self._ranked(edges, np.flatnonzero(across))
        is_household = edges.classes.are_households()[ranked]
        for ours, theirs, household in zip(
            left[ranked].tolist(), right[ranked].tolist(), is_household.tolist(), strict=True
        ):
            if not taken[ours] and not taken[theirs]:
                taken[ours] = taken[theirs] = True
                if household:
                    households += 1
                else:
                    people += 1
        share = people / max(1, min(self._open_numbers()))
        if share > SHARE and people + households >= ENOUGH:
            self._open_prior = self._priors(share)[0]

    def _across(self, edges: _Edges) -> Bools:
        across: Bools = (edges.left < self._size) & (edges.right >= self._size)
        return across

    def _ranked(self, edges: _Edges, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the places of pairs with a sum above zero: people before households, most bits first, then by ids."""
        bits = self._bits(edges)[places]
        places, bits = places[bits > 0], bits[bits > 0]
        rank = self._id_ranks
        households = edges.classes.are_households()[places]
        order = np.lexsort((rank[edges.right[places]], rank[edges.left[places]], -bits, households))
        return places[order]

    @property
    def _id_ranks(self) -> Ints:
        """The place of each record's id among the sorted ids."""
        if self._ranks is None:
            ids = np.array([*self._left.ids, *self._right.ids], np.object_)
            self._ranks = pl.Series(ids.tolist(), dtype=pl.String).rank("dense").to_numpy().astype(np.int32)
        return self._ranks

    _ranks: Ints | None = None

    # -- the result ------------------------------------------------------------------------------------

    def _pairs_of(self, groups: Sequence[Sequence[int]]) -> Keys:
        """Return the pairs of both books inside groups."""
        pairs = [
            (ours, theirs)
            for records in groups
            for ours in records
            if self._is_left(ours)
            for theirs in records
            if not self._is_left(theirs)
        ]
        ends = np.array(pairs, np.int64).reshape(-1, 2)
        return sorted_unique(packed(ends[:, 0], ends[:, 1]))

    def _groups(self, groups: Sequence[Sequence[int]], edges: _Edges) -> Iterator[PersonGroup]:
        """Yield the groups with their pairs that are not linked, if there are any."""
        sides = [
            (
                [record for record in records if self._is_left(record)],
                [record for record in records if not self._is_left(record)],
            )
            for records in groups
        ]
        keys = [one << 32 | other for ours, theirs in sides for one in ours for other in theirs]
        places = edges.places(np.array(keys, np.uint64))
        links = set(self._links.tolist())
        ranks = zip(
            (-self._bits(edges)[places]).tolist(),
            self._id_ranks[edges.left[places]].tolist(),
            self._id_ranks[edges.right[places]].tolist(),
            places.tolist(),
            strict=True,
        )
        ranked = iter(zip(ranks, keys, strict=True))
        chosen = [
            sorted(rank for rank, key in islice(ranked, len(ours) * len(theirs)) if key not in links)
            for ours, theirs in sides
        ]
        flat = np.array([rank[-1] for ranks in chosen for rank in ranks], np.int64)
        suggestions = iter(self._suggestions(edges, flat))
        for (ours, theirs), of_group in zip(sides, chosen, strict=True):
            if of_group:
                yield PersonGroup(
                    tuple(map(self._id, ours)),
                    tuple(map(self._id, theirs)),
                    tuple(islice(suggestions, len(of_group))),
                )

    def _pairs_outside(self, groups: Sequence[Sequence[int]], edges: _Edges) -> npt.NDArray[np.int64]:
        """Return the places of the suggestions about records that are in no group and not linked."""
        taken = self._settled.copy()
        taken[[record for records in groups for record in records]] = True
        households = edges.classes.are_households()
        ours, theirs = taken[edges.left], taken[edges.right]
        possible = self._across(edges) & np.where(households, ~ours & ~theirs, ~ours | ~theirs)
        asked = set[int]()
        chosen: list[int] = []
        for place in self._ranked(edges, np.flatnonzero(possible)).tolist():
            edge = int(edges.left[place]), int(edges.right[place])
            open_records = [record for record in edge if not taken[record] and record not in asked]
            if len(open_records) == 2 or (open_records and not households[place]):
                asked.update(open_records)
                chosen.append(place)
        return np.array(chosen, np.int64)

    def _doubted(self, edges: _Edges) -> npt.NDArray[np.int64]:
        """Return the places of the links of which the evidence speaks against one person."""
        places = edges.places(self._links)
        against: Bools = edges.classes.contradicts[places] | (edges.cents[places] < 0)
        return places[against]

    def _suggestions(self, edges: _Edges, places: npt.NDArray[np.int64]) -> list[Suggestion]:
        """Return the suggestions about pairs, of which the evidence is made when it is read."""
        left, right = edges.left[places], edges.right[places]
        priors = self._prior_of(left, right)
        sums = (edges.cents[places] / 100 + priors).tolist()
        kinds = [edges.classes.kinds[number] for number in edges.classes.numbers[places].tolist()]
        levels = np.stack([levels[places] for levels in edges.lines.levels], axis=1).astype(np.uint8)
        weights = np.stack([weight[places] for weight in edges.lines.cents], axis=1).astype(np.int16)
        suggestions: list[Suggestion] = []
        for n, (one, other, prior_bits) in enumerate(
            zip(left.tolist(), right.tolist(), priors.tolist(), strict=True)
        ):
            evidence = EvidenceOnDemand(levels, weights, n, prior_bits, (one, other), self.contact)
            kind = kinds[n]
            comparison = Comparison(
                kind.likeness, round(sums[n], 2), evidence, kind.probability, kind.relation
            )
            suggestions.append(Suggestion(self._id(one), self._id(other), comparison))
        return suggestions


class EvidenceOnDemand(Sequence[Evidence]):
    """The lines of evidence about two records, made of their levels and weights each time that they are read."""

    __slots__ = ("_contact_of", "_levels", "_place", "_prior", "_records", "_weights")

    def __init__(
        self,
        levels: npt.NDArray[np.uint8],
        weights: npt.NDArray[np.int16],
        place: int,
        prior_bits: float,
        records: tuple[int, int],
        contact_of: Callable[[int], Contact],
    ) -> None:
        """`levels` and `weights` are those of many pairs, by field; `place` is the pair's."""
        self._levels = levels
        self._weights = weights
        self._place = place
        self._prior = prior_bits
        self._records = records
        self._contact_of = contact_of

    def _made(self) -> tuple[Evidence, ...]:
        levels, weights = self._levels[self._place].tolist(), self._weights[self._place].tolist()
        lines: list[Line] = [
            (field, LEVELS[level], weight / 100)
            for field, level, weight in zip(FIELDS, levels, weights, strict=True)
        ]
        lines.append(("prior", AgreementLevel.PRIOR, self._prior))
        return evidence_of(lines, *map(self._contact_of, self._records))

    def __len__(self) -> int:
        return len(self._made())

    def __iter__(self) -> Iterator[Evidence]:
        return iter(self._made())

    @overload
    def __getitem__(self, place: int) -> Evidence: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Evidence, ...]: ...
    def __getitem__(self, place: int | slice) -> Evidence | tuple[Evidence, ...]:
        return self._made()[place]

    def __eq__(self, other: object) -> bool:
        return self._made() == (other._made() if isinstance(other, EvidenceOnDemand) else other)

    def __hash__(self) -> int:
        return hash(self._made())

    def __repr__(self) -> str:
        return repr(self._made())
