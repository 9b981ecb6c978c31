"""The verdict rows of two large books in columns. A row is made when it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, overload

import numpy as np
import numpy.typing as npt

from core.contacts.model import Reason, Verdict, VerdictRow
from data.scale.codes import Bools, Ints

_OWN: Final = 255
"""The kind of a row that is kept as a whole."""


class RowColumns(Sequence[VerdictRow]):
    """Rows about at most one record of each side as numbers of records, -1 for none; other rows as they are."""

    def __init__(self, left: Ints, right: Ints, ids: tuple[list[str], list[str]]) -> None:
        self.left = left
        self.right = right
        self._ids = ids
        self._kinds: list[tuple[Verdict, Reason]] = []
        self._number: dict[tuple[Verdict, Reason], int] = {}
        self._kind = np.full(len(left), _OWN, np.uint8)
        self._own: dict[int, VerdictRow] = {}

    def set(self, places: npt.NDArray[Any], verdict: Verdict, reason: Reason) -> None:
        """Give rows a verdict."""
        self._kind[places] = self._numbered(verdict, reason)

    def set_one(self, place: int, verdict: Verdict, reason: Reason) -> None:
        """Give one row a verdict."""
        self._kind[place] = self._numbered(verdict, reason)

    def put(self, place: int, row: VerdictRow) -> None:
        """Put a whole row in a place."""
        self._kind[place] = _OWN
        self._own[place] = row

    def of_verdict(self, verdict: Verdict) -> list[int]:
        """Return the places of the rows of a verdict that are kept as numbers."""
        kinds = [number for number, (kind, _) in enumerate(self._kinds) if kind is verdict]
        places: list[int] = np.flatnonzero(np.isin(self._kind, kinds)).tolist()
        return places

    def of_kind(self, verdict: Verdict, reason: Reason) -> list[int]:
        """Return the places of the rows of a verdict for one reason that are kept as numbers."""
        places: list[int] = np.flatnonzero(self._kind == self._number.get((verdict, reason), -1)).tolist()
        return places

    def own(self) -> Iterator[tuple[int, VerdictRow]]:
        """Yield the rows that are kept as a whole, with their places."""
        yield from self._own.items()

    def without(self, dropped: Bools, last: Sequence[VerdictRow]) -> RowColumns:
        """Return the rows without some of them, and with further rows at the end."""
        kept = np.flatnonzero(~dropped)
        none = np.full(len(last), -1, np.int32)
        rows = RowColumns(
            np.concatenate([self.left[kept], none]), np.concatenate([self.right[kept], none]), self._ids
        )
        rows._kinds, rows._number = self._kinds, self._number
        rows._kind[: len(kept)] = self._kind[kept]
        new_place = np.cumsum(~dropped) - 1
        rows._own = {int(new_place[place]): row for place, row in self._own.items() if not dropped[place]}
        for n, row in enumerate(last, len(kept)):
            rows._own[n] = row
        return rows

    def counts(self) -> Mapping[Verdict, int]:
        """Return the number of rows of each verdict that there is."""
        counts = Counter(row.verdict for row in self._own.values())
        for number, count in enumerate(np.bincount(self._kind, minlength=_OWN)[: len(self._kinds)].tolist()):
            counts[self._kinds[number][0]] += count
        return counts

    def having(self, verdict: Verdict) -> Iterator[VerdictRow]:
        """Yield the rows of a verdict in their order."""
        own = [place for place, row in self._own.items() if row.verdict is verdict]
        for place in sorted([*self.of_verdict(verdict), *own]):
            yield self[place]

    def alike(self, begin: int, end: int) -> Iterator[tuple[Sequence[int], Sequence[tuple[str, ...]]]]:
        """Yield the places of the rows of each kind, and their ids, as `AlikeRows` says."""
        left, right = self.left[begin:end], self.right[begin:end]
        kinds = self._kind[begin:end].astype(np.int32) * 4 + (left >= 0) * 2 + (right >= 0)
        for kind in np.unique(kinds).tolist():
            if kind // 4 == _OWN:
                continue
            found = np.flatnonzero(kinds == kind)
            columns = [
                [ids[record] for record in side[found].tolist()]
                for ids, side, has in ((self._ids[0], left, kind & 2), (self._ids[1], right, kind & 1))
                if has
            ]
            yield (found + begin).tolist(), list(zip(*columns, strict=True))

    def _numbered(self, verdict: Verdict, reason: Reason) -> int:
        kind = verdict, reason
        if kind not in self._number:
            self._number[kind] = len(self._kinds)
            self._kinds.append(kind)
        return self._number[kind]

    def _made(self, place: int, kind: int, left: int, right: int) -> VerdictRow:
        if kind == _OWN:
            return self._own[place]
        verdict, reason = self._kinds[kind]
        ours = (self._ids[0][left],) if left >= 0 else ()
        theirs = (self._ids[1][right],) if right >= 0 else ()
        return VerdictRow(verdict, ours, theirs, reason)

    def __len__(self) -> int:
        return len(self._kind)

    def __iter__(self) -> Iterator[VerdictRow]:
        numbers = zip(self._kind.tolist(), self.left.tolist(), self.right.tolist(), strict=True)
        for place, (kind, left, right) in enumerate(numbers):
            yield self._made(place, kind, left, right)

    @overload
    def __getitem__(self, place: int) -> VerdictRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[VerdictRow]: ...
    def __getitem__(self, place: int | slice) -> VerdictRow | Sequence[VerdictRow]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        return self._made(place, int(self._kind[place]), int(self.left[place]), int(self.right[place]))
