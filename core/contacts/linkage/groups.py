"""Groups: partitions records into people, so that the evidence inside the groups is greatest. Pure.

Records are numbers here; the module knows no field. Joining everything that some evidence connects would chain
strangers: A resembles B, B resembles C, and A and C are two people. So the weights of *all* pairs inside a group count
(docs/matching.md, "Groups").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Final

FLOOR: Final = -1.0
"""Bits. Evidence against one person counts at most this much, because the weights of one person's many records are not
independent: one old address speaks against every newer record. A pair that was not compared counts as much."""
_MOST_ROUNDS: Final = 10
"""Rounds of single moves. Each move raises the sum, so few rounds are needed."""

Edge = tuple[int, int]
"""Two records, the smaller number first."""


def components(edges: Iterable[Edge]) -> list[list[int]]:
    """Return the records that edges connect, directly or through others; each list is sorted."""
    root: dict[int, int] = {}

    def find(record: int) -> int:
        while root.setdefault(record, record) != record:
            root[record] = record = root[root[record]]
        return record

    for left, right in edges:
        first, second = sorted((find(left), find(right)))
        root[second] = first
    members: dict[int, list[int]] = {}
    for record in sorted(root):
        members.setdefault(find(record), []).append(record)
    return list(members.values())


def partition(
    bits: Mapping[Edge, float], apart: Collection[Edge] = (), together: Collection[Edge] = ()
) -> list[list[int]]:
    """Return the groups of two records and more; each is sorted, and they come in the order of their first records.

    `bits` are the match weights of the compared pairs. Pairs of `apart` are never in one group, pairs of `together`
    always are. The groups are found by merging two groups at a time, the pair of groups with the highest sum first, and
    then by moving single records as long as that raises the sum of the weights inside groups.
    """
    positive = [edge for edge, weight in bits.items() if weight > 0]
    connected = components([*positive, *together])
    component_of = {record: n for n, records in enumerate(connected) for record in records}
    inside: list[dict[Edge, float]] = [{} for _ in connected]
    forbidden: list[set[Edge]] = [set() for _ in connected]
    joined: list[list[Edge]] = [[] for _ in connected]
    for edge, weight in bits.items():
        if (n := _component(edge, component_of)) is not None:
            inside[n][edge] = max(FLOOR, weight)
    for edge in apart:
        if (n := _component(edge, component_of)) is not None:
            forbidden[n].add(edge)
    for edge in together:
        joined[component_of[edge[0]]].append(edge)
    groups = [
        group
        for records, compared, contradicted, linked in zip(connected, inside, forbidden, joined, strict=True)
        for group in _Component(records, compared, contradicted, linked).groups()
    ]
    return sorted(group for group in groups if len(group) > 1)


def _component(edge: Edge, component_of: Mapping[int, int]) -> int | None:
    """Return the component that both records of an edge are in; None if there is none."""
    n = component_of.get(edge[0])
    return n if n is not None and n == component_of.get(edge[1]) else None


class _Component:
    """Partitions the records that evidence connects. Records that belong together are one unit, which never parts."""

    def __init__(
        self,
        records: list[int],
        bits: Mapping[Edge, float],
        apart: Collection[Edge],
        together: Collection[Edge],
    ) -> None:
        joined = components(together)
        in_units = {record for unit in joined for record in unit}
        units = sorted([*joined, *([record] for record in records if record not in in_units)])
        self._units = units
        self._unit_of = {record: n for n, unit in enumerate(units) for record in unit}
        self._weights: list[dict[int, float]] = [{} for _ in units]
        """For each unit the other units with a compared pair, and the sum of all pairs between the two."""
        self._forbidden: list[set[int]] = [set() for _ in units]
        compared: list[dict[int, int]] = [{} for _ in units]
        for (left, right), weight in sorted(bits.items()):  # so that no sum depends on who was compared first
            a, b = self._unit_of[left], self._unit_of[right]
            if a != b:
                for one, other in ((a, b), (b, a)):
                    self._weights[one][other] = self._weights[one].get(other, 0.0) + weight
                    compared[one][other] = compared[one].get(other, 0) + 1
        for a, others in enumerate(self._weights):
            for b in others:
                others[b] += FLOOR * (len(units[a]) * len(units[b]) - compared[a][b])
        for left, right in apart:
            a, b = self._unit_of[left], self._unit_of[right]
            if a != b:
                self._forbidden[a].add(b)
                self._forbidden[b].add(a)
        self._group_of = list(range(len(units)))
        self._groups: dict[int, set[int]] = {n: {n} for n in range(len(units))}

    def groups(self) -> list[list[int]]:
        """Return the groups of records, with the groups of one record."""
        self._merge()
        self._move()
        return [
            sorted(record for n in group for record in self._units[n])
            for group in self._groups.values()
            if group
        ]

    def _size(self, group: Iterable[int]) -> int:
        return sum(len(self._units[n]) for n in group)

    def _merge(self) -> None:
        """Merge the two groups with the highest positive sum, until no sum is positive."""
        sums = _Sums(self._units, self._weights, self._forbidden)
        queue = [(-sums.gain(a, b), a, b) for a, others in sums.between.items() for b in others if a < b]
        heapify(queue)
        while queue and queue[0][0] < 0:
            negative, a, b = heappop(queue)
            if sums.may_merge(a, b) and sums.gain(a, b) == -negative:
                sums.merge(a, b)
                self._groups[a] |= self._groups.pop(b)
                for c in sums.between[a]:
                    heappush(queue, (-sums.gain(a, c), min(a, c), max(a, c)))
        self._group_of = [0] * len(self._units)
        for number, group in self._groups.items():
            for n in group:
                self._group_of[n] = number

    def _move(self) -> None:
        """Move single units to another group or out of their group, as long as that raises the sum."""
        for _ in range(_MOST_ROUNDS):
            moved = False
            for n in range(len(self._units)):
                home = self._group_of[n]
                here = self._weight(n, self._groups[home] - {n})
                best, target = 0.0, -1
                for place in sorted({self._group_of[other] for other in self._weights[n]} - {home}):
                    if self._forbidden[n].isdisjoint(self._groups[place]):
                        weight = self._weight(n, self._groups[place])
                        if weight > best:
                            best, target = weight, place
                if best > here + 1e-9 and (target >= 0 or len(self._groups[home]) > 1):
                    self._groups[home].discard(n)
                    target = target if target >= 0 else self._empty()
                    self._groups.setdefault(target, set()).add(n)
                    self._group_of[n] = target
                    moved = True
            if not moved:
                return

    def _weight(self, unit: int, group: Collection[int]) -> float:
        """Return the sum of the weights between a unit and a group that it is not in."""
        known = [other for other in sorted(group) if other in self._weights[unit]]
        unknown = self._size(group) - self._size(known)
        return sum(self._weights[unit][other] for other in known) + FLOOR * len(self._units[unit]) * unknown

    def _empty(self) -> int:
        """Return the number of a group without units."""
        return next((n for n, group in self._groups.items() if not group), max(self._groups) + 1)


class _Sums:
    """The sums of the weights between groups, while groups are merged. A group has the number of one of its units.

    `between` has for each group the adjacent groups, each with the sum of the known pairs and their number.
    """

    def __init__(
        self,
        units: Sequence[Sequence[int]],
        weights: Sequence[Mapping[int, float]],
        forbidden: Sequence[set[int]],
    ) -> None:
        self.between: dict[int, dict[int, tuple[float, int]]] = {
            a: {b: (weight, len(units[a]) * len(units[b])) for b, weight in others.items()}
            for a, others in enumerate(weights)
        }
        self._sizes = {n: len(unit) for n, unit in enumerate(units)}
        self._forbidden = {n: set(others) for n, others in enumerate(forbidden)}

    def gain(self, a: int, b: int) -> float:
        """Return what merging two adjacent groups adds, in bits."""
        weight, known = self.between[a][b]
        return weight + FLOOR * (self._sizes[a] * self._sizes[b] - known)

    def may_merge(self, a: int, b: int) -> bool:
        """Return True if both groups still exist, are adjacent, and nothing contradicts."""
        return a in self.between and b in self.between[a] and b not in self._forbidden[a]

    def merge(self, a: int, b: int) -> None:
        """Merge group `b` into group `a`."""
        for c, (weight, known) in self.between.pop(b).items():
            del self.between[c][b]
            if c != a:
                old_weight, old_known = self.between[a].get(c, (0.0, 0))
                self.between[a][c] = self.between[c][a] = old_weight + weight, old_known + known
        for c in self._forbidden.pop(b):
            self._forbidden[c].discard(b)
            self._forbidden[c].add(a)
            self._forbidden[a].add(c)
        self._sizes[a] += self._sizes.pop(b)
