"""The rows of a list and their order on the screen: rows by key, filter words, sorting, sections.

Knows no widget. Arranging is a generator that can be paused after each small piece of work, so that a list of 100,000
rows never keeps a key waiting. The texts in which the filter searches are joined in blocks: a block without the word is
skipped at once.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Generator, Iterable, Sequence
from heapq import merge
from itertools import chain, compress, count, pairwise
from operator import is_not
from typing import Any, Generic, TypeVar

from msgspec import Struct

from tui.widgets.line_view import Heading
from tui.widgets.search_text import fold

R = TypeVar("R")

_FOLD_STEP = 256
_MATCH_STEP = 2048
_RUN = 1024
_BLOCK = 512
"""Rows of which the texts are joined."""


class View(Struct, Generic[R], frozen=True):
    """Which rows are shown and how: the words that each must have, a predicate, the sorting, and the sections.

    `enough` is the number of rows that fill the screen.
    """

    words: tuple[str, ...] = ()
    predicate: Callable[[R], bool] | None = None
    sort: Callable[[R], Any] | None = None
    descending: bool = False
    section: Callable[[R], Heading | None] | None = None
    sections: tuple[Heading, ...] = ()
    enough: int = 100

    @property
    def order(self) -> tuple[object, ...]:
        """The parts on which the order of all rows depends."""
        return (self.sort, self.descending, self.section, self.sections)


class Arrangement(Struct, frozen=True):
    """The places of the rows that are shown, in order, and the number of rows under each heading."""

    places: Sequence[int]
    groups: tuple[tuple[Heading | None, int], ...]


class _Groups(Generic[R]):
    """The places of rows under each heading, in the order in which the rows came.

    `ranks` has the number of the heading of each row. A row that moves to another heading moves alone.
    """

    def __init__(self, section: Callable[[R], Heading | None], sections: tuple[Heading, ...]) -> None:
        self._section = section
        self._sections = sections
        self._headings: list[Heading | None] = list(sections)
        self._known: dict[Heading | None, int] = {heading: rank for rank, heading in enumerate(sections)}
        self._places: list[list[int]] = [[] for _ in sections]
        self.ranks: list[int] = []

    def are_of(self, view: View[R]) -> bool:
        """Return True if the view asks for these groups."""
        return (self._section, self._sections) == (view.section, view.sections)

    def _rank(self, row: R) -> int:
        heading = self._section(row)
        rank = self._known.get(heading)
        if rank is None:
            rank = self._known[heading] = len(self._headings)
            self._headings.append(heading)
            self._places.append([])
        return rank

    def extend(self, rows: Sequence[R]) -> None:
        """Add rows that come after all others."""
        for row in rows:
            rank = self._rank(row)
            self._places[rank].append(len(self.ranks))
            self.ranks.append(rank)

    def replace(self, place: int, row: R) -> None:
        """Move a row to the group to which it belongs now. A row that is in no group yet gets one later."""
        if place >= len(self.ranks) or (rank := self._rank(row)) == (before := self.ranks[place]):
            return
        del self._places[before][bisect_left(self._places[before], place)]
        insort(self._places[rank], place)
        self.ranks[place] = rank

    def whole(self) -> Arrangement:
        """Return the arrangement of all rows."""
        return self._arrangement(self._places)

    def of(self, places: Sequence[int]) -> Generator[None, None, Arrangement]:
        """Return the arrangement of some rows, of which the places are in ascending order."""
        chosen: list[list[int]] = [[] for _ in self._places]
        for start in range(0, len(places), _MATCH_STEP):
            for place in places[start : start + _MATCH_STEP]:
                chosen[self.ranks[place]].append(place)
            yield
        return self._arrangement(chosen)

    def _arrangement(self, places: Sequence[Sequence[int]]) -> Arrangement:
        groups = zip(self._headings, map(len, places), strict=False)
        return Arrangement(list(chain.from_iterable(places)), tuple((h, n) for h, n in groups if n))


class Rows(Generic[R]):
    """Rows in the order in which they came, found by a stable key. If rows share a key, the first row is found."""

    def __init__(self, rows: Sequence[R], key: Callable[[R], str], haystack: Callable[[R], str]) -> None:
        self.rows: list[R] = []
        self.keys: list[str] = []
        self._place: dict[str, int] = {}
        self._placed = 0
        self._key = key
        self._haystack = haystack
        self._blocks: list[str | None] = []
        """The folded texts of `_BLOCK` rows each, one a line; None where they are not folded, or not any more."""
        self._lines: dict[int, list[str]] = {}
        """The texts of blocks one by one, as long as somebody types words that are found there."""
        self._folded = 0
        """All blocks before this one were folded at some time."""
        self._ordered: tuple[object, list[int], list[int], list[Heading | None]] | None = None
        self._groups: _Groups[R] | None = None
        self._version = 0
        self._narrowed: tuple[object, tuple[str, ...], dict[int, Sequence[int]]] | None = None
        self.extend(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def extend(self, rows: Sequence[R]) -> None:
        """Add rows at the end."""
        if len(self.rows) % _BLOCK:
            self._forget_texts(len(self._blocks) - 1)  # the last block gets longer
            self._folded = min(self._folded, len(self._blocks) - 1)
        self.keys.extend(map(self._key, rows))
        self.rows.extend(rows)
        self._blocks.extend([None] * (-(-len(self.rows) // _BLOCK) - len(self._blocks)))
        self.forget_order()

    def place(self, key: str | None) -> int | None:
        """Return the place of the row with a key; None if there is none."""
        if key is None:
            return None
        place = self._place.get(key)
        if place is None and self._placed < len(self.keys):
            # Not all keys are indexed yet: search the rest. This takes one or two milliseconds, once.
            try:
                place = self.keys.index(key, self._placed)
            except ValueError:
                return None
        return place

    def holding(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return those of the keys that a row has, in their order."""
        if self._placed == len(self.keys):
            return tuple([key for key in keys if key in self._place])
        return tuple([key for key in keys if self.place(key) is not None])

    def replace(self, place: int, row: R) -> None:
        """Replace the row at a place. The row must have the same key; it keeps its place until the next sorting."""
        self.rows[place] = row
        if self._groups is not None:
            self._groups.replace(place, row)
        self._forget_texts(place // _BLOCK)
        self._narrowed = None
        self._version += 1

    def replace_all(self, rows: Sequence[R]) -> bool:
        """Replace the rows that differ. Return False, and change nothing, if other keys come or another order."""
        if len(rows) != len(self.rows):
            return False
        changed = list(compress(count(), map(is_not, rows, self.rows)))
        if any(self._key(rows[place]) != self.keys[place] for place in changed):
            return False
        for place in changed:
            self.replace(place, rows[place])
            self._ordered = None
        return True

    def forget_order(self) -> None:
        """Sort and group again at the next arranging."""
        self._ordered = self._narrowed = None
        self._version += 1

    @property
    def prepared(self) -> bool:
        """True if every row is indexed by its key and its text is folded for the first search."""
        return self._placed == len(self.keys) and self._folded == len(self._blocks)

    def prepare(self) -> Generator[None, None, None]:
        """Index the rows by their keys and fold their texts, piece by piece."""
        while self._placed < len(self.keys):
            end = min(self._placed + _MATCH_STEP, len(self.keys))
            for place in range(self._placed, end):
                self._place.setdefault(self.keys[place], place)
            self._placed = end
            yield
        while self._folded < len(self._blocks):
            self._texts(self._folded)
            self._folded += 1
            yield

    def find(self, words: tuple[str, ...]) -> Generator[Sequence[int], None, None]:
        """Yield the places of the rows with every word, piece by piece, in the order in which they came."""
        view: View[R] = View(words)
        for number in range(len(self._blocks)):
            yield self._in_block(number, view, None)

    def shows(self, place: int, view: View[R]) -> bool:
        """Return True if the row at a place has what the view asks for."""
        text = fold(self._haystack(self.rows[place]))
        wanted = view.predicate
        return all(word in text for word in view.words) and (wanted is None or wanted(self.rows[place]))

    # Arranging: it can be paused at each yield, and little is done between two of them

    def arrange(self, view: View[R]) -> Generator[Arrangement | None, None, Arrangement]:
        """Find, sort and group the rows. Return the arrangement.

        If the rows keep the order in which they came, the first rows that fill the screen are yielded as an
        arrangement of their own as soon as they are found.
        """
        if not view.words:
            self._lines.clear()
        order, ranks, headings = yield from self._in_order(view)
        places: Sequence[int] = order
        if view.words or view.predicate:
            places = yield from self._matching(order, view)
        if view.section is None:
            return Arrangement(places, ((None, len(places)),) if len(places) else ())
        if view.sort is None:
            groups = yield from self._grouped(view)
            return groups.whole() if places is order else (yield from groups.of(places))
        edges = [bisect_left(places, rank, key=ranks.__getitem__) for rank in range(len(headings))] + [
            len(places)
        ]
        counts = [after - before for before, after in pairwise(edges)]
        return Arrangement(places, tuple((h, n) for h, n in zip(headings, counts, strict=True) if n))

    def _in_order(
        self, view: View[R]
    ) -> Generator[None, None, tuple[Sequence[int], list[int], list[Heading | None]]]:
        if view.sort is None:  # groups keep the order in which the rows came
            return range(len(self.rows)), [], []
        if self._ordered is not None and self._ordered[0] == view.order:
            return self._ordered[1:]
        count, version = len(self.rows), self._version
        order = yield from self._sorted(view, count)
        ranks: list[int] = []
        headings: list[Heading | None] = list(view.sections)
        if view.section is not None:
            ranks = yield from self._ranked(view.section, headings)
            buckets: list[list[int]] = [[] for _ in headings]
            for start in range(0, count, _MATCH_STEP):
                for place in order[start : start + _MATCH_STEP]:
                    buckets[ranks[place]].append(place)
                yield
            order = [place for bucket in buckets for place in bucket]
        if version == self._version:
            self._ordered = (view.order, order, ranks, headings)
        return order, ranks, headings

    def _grouped(self, view: View[R]) -> Generator[None, None, _Groups[R]]:
        """Return the groups of all rows. Only rows that came after the last call are put into their groups now."""
        groups = self._groups
        if view.section is None:
            raise ValueError("a view without sections has no groups")
        if groups is None or not groups.are_of(view):
            groups = self._groups = _Groups(view.section, view.sections)
        while len(groups.ranks) < len(self.rows):
            start = len(groups.ranks)
            groups.extend(self.rows[start : start + _RUN])
            yield
        return groups

    def _sorted(self, view: View[R], count: int) -> Generator[None, None, list[int]]:
        by = view.sort
        if by is None:
            return list(range(count))
        # The keys have their own list, because 100,000 pairs would start the garbage collector.
        keys: list[Any] = []
        runs: list[list[int]] = []
        for start in range(0, count, _RUN):
            end = min(start + _RUN, count)
            keys += [by(row) for row in self.rows[start:end]]
            yield
            runs.append(sorted(range(start, end), key=keys.__getitem__, reverse=view.descending))
            yield
        order: list[int] = []
        for place in merge(*runs, key=keys.__getitem__, reverse=view.descending):
            order.append(place)
            if not len(order) % _FOLD_STEP:
                yield
        return order

    def _ranked(
        self, section: Callable[[R], Heading | None], headings: list[Heading | None]
    ) -> Generator[None, None, list[int]]:
        known = {heading: rank for rank, heading in enumerate(headings)}
        ranks: list[int] = []
        for start in range(0, len(self.rows), _RUN):
            for row in self.rows[start : start + _RUN]:
                heading = section(row)
                if heading not in known:
                    known[heading] = len(headings)
                    headings.append(heading)
                ranks.append(known[heading])
            yield
        return ranks

    def _matching(
        self, order: Sequence[int], view: View[R]
    ) -> Generator[Arrangement | None, None, Sequence[int]]:
        """Find the places of the rows that the view asks for, in the given order."""
        groups = (yield from self._grouped(view)) if view.section is not None and view.sort is None else None
        as_they_came = isinstance(order, range)
        about = (view.predicate, self._version)
        known = self._known(view.words, about)
        matches: dict[int, Sequence[int]] = {}
        found: list[int] = []
        for number in range(len(self._blocks)) if known is None else known:
            places = self._in_block(number, view, None if known is None else known[number])
            if places:
                matches[number] = places
                is_first_screen = len(found) < view.enough <= len(found) + len(places)
                found += places
                if is_first_screen and groups is not None:
                    yield (yield from groups.of([place for place in found if place < len(groups.ranks)]))
                    continue
                if is_first_screen and as_they_came:
                    yield Arrangement(tuple(found), ((None, len(found)),))
                    continue
            yield None
        if about[-1] == self._version:
            self._narrowed = (about, view.words, matches)
        return found if as_they_came else (yield from _among(order, found))

    def _known(self, words: tuple[str, ...], about: object) -> dict[int, Sequence[int]] | None:
        # Rows that the longer words match are among the rows that the last words matched.
        if self._narrowed is not None:
            last, old_words, matches = self._narrowed
            if last == about and all(any(old in word for word in words) for old in old_words):
                return matches
        return None

    def _in_block(self, number: int, view: View[R], among: Sequence[int] | None) -> Sequence[int]:
        """Return the places of a block's rows that the view asks for; of the places `among` others, if given."""
        first = number * _BLOCK
        places: Sequence[int] = range(first, min(first + _BLOCK, len(self.rows))) if among is None else among
        if view.words:
            texts = self._texts(number)
            if any(word not in texts for word in view.words):
                return ()
            lines = self._lines.get(number)
            if lines is None:
                lines = self._lines[number] = texts.split("\n")
            for word in view.words:
                places = [place for place in places if word in lines[place - first]]
        if view.predicate is not None:
            wanted, rows = view.predicate, self.rows
            places = [place for place in places if wanted(rows[place])]
        return places

    def _forget_texts(self, number: int) -> None:
        self._blocks[number] = None
        self._lines.pop(number, None)

    def _texts(self, number: int) -> str:
        """Return the folded texts of a block's rows, one a line."""
        texts = self._blocks[number]
        if texts is None:
            haystack = self._haystack
            rows = self.rows[number * _BLOCK : (number + 1) * _BLOCK]
            texts = "\n".join([fold(haystack(row)) for row in rows])
            if texts.count("\n") != len(rows) - 1:
                texts = "\n".join([" ".join(fold(haystack(row)).split("\n")) for row in rows])
            self._blocks[number] = texts
        return texts


def _among(order: Sequence[int], found: Sequence[int]) -> Generator[None, None, list[int]]:
    """Return the places of `order` that are among `found`, piece by piece."""
    wanted = frozenset(found)
    kept: list[int] = []
    for start in range(0, len(order), _MATCH_STEP):
        kept += [place for place in order[start : start + _MATCH_STEP] if place in wanted]
        yield
    return kept
