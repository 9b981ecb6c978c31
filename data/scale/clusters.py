"""Connected records of large books as numbers, and their groups by core/contacts/linkage/groups.py."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.contacts.linkage.groups import partition
from data.scale.codes import Bools, Ints, Keys, packed


def roots_of(left: Ints, right: Ints, records: int) -> Ints:
    """Return for each record the smallest record that edges connect it with, directly or through others."""
    roots = np.arange(records, dtype=np.int32)
    while len(left):
        ours, theirs = roots[left], roots[right]
        smaller = np.minimum(ours, theirs)
        np.minimum.at(roots, ours, smaller)
        np.minimum.at(roots, theirs, smaller)
        while not np.array_equal(further := roots[roots], roots):
            roots = further
        open_edges = roots[left] != roots[right]
        left, right = left[open_edges], right[open_edges]
    return roots


def pairs_inside(roots: Ints, most: int) -> Keys:
    """Return all pairs of records of one root, the smaller record first, where no more than `most` have the root.

    Pairs of two records that are alone with each other are left out: whatever connects them was compared.
    """
    order = np.argsort(roots, kind="stable").astype(np.int32)
    groups = roots[order]
    sizes = np.bincount(roots, minlength=len(roots))[groups]
    used = (sizes > 2) & (sizes <= most)
    records, groups = order[used], groups[used]
    at = np.arange(len(records))
    pairs = [np.zeros(0, np.uint64)]
    for step in range(1, most):
        at = at[at < len(records) - step]
        at = at[groups[at] == groups[at + step]]
        if not len(at):
            break
        pairs.append(packed(records[at], records[at + step]))
    return np.concatenate(pairs)


def groups_of(
    edges: tuple[Ints, Ints],
    weights: npt.NDArray[np.float64],
    apart: Bools,
    together: tuple[Ints, Ints],
    records: int,
) -> list[list[int]]:
    """Return the groups of records, as `partition` does. `weights` are in bits, `apart` marks the contradictions.

    Two records that are connected with nobody else are a group, unless they are linked: such groups are left out.
    Larger sets are partitioned.
    """
    left, right = edges
    joining = (weights > 0) & ~apart
    roots = roots_of(
        np.concatenate([left[joining], together[0]]), np.concatenate([right[joining], together[1]]), records
    )
    sizes = np.bincount(roots, minlength=records)
    simple = sizes[roots[left]] == 2
    is_linked = np.zeros(records, np.bool_)
    is_linked[together[0]] = True
    two = joining & simple & ~is_linked[left]
    groups = [list(pair) for pair in _edges(left[two], right[two])]
    inside = np.flatnonzero((roots[left] == roots[right]) & (sizes[roots[left]] > 2))
    larger = np.flatnonzero(sizes[roots[together[0]]] > 2)
    groups += partition(
        dict(zip(_edges(left[inside], right[inside]), weights[inside].tolist(), strict=True)),
        list(_edges(left[inside[apart[inside]]], right[inside[apart[inside]]])),
        list(_edges(together[0][larger], together[1][larger])),
    )
    groups.sort()
    return groups


def _edges(left: Ints, right: Ints) -> Iterator[tuple[int, int]]:
    return zip(left.tolist(), right.tolist(), strict=True)
