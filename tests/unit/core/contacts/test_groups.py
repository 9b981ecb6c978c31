"""Records are partitioned into people by all the weights inside a group, so that a chain of likenesses joins nobody."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from core.contacts.linkage.groups import FLOOR, Edge, components, partition


def total(groups: list[list[int]], bits: dict[Edge, float]) -> float:
    """Return the sum of the weights inside groups; a pair that was not compared counts the floor."""
    pairs = [pair for group in groups for pair in combinations(group, 2)]
    return sum(max(FLOOR, bits.get(pair, FLOOR)) for pair in pairs)


def test_components_join_whatever_is_connected() -> None:
    assert components([(3, 4), (0, 1), (1, 2)]) == [[0, 1, 2], [3, 4]]


def test_two_records_with_evidence_are_a_group_and_a_record_alone_is_none() -> None:
    assert partition({(0, 1): 3.0, (1, 2): -8.0, (2, 3): 0.0}) == [[0, 1]]


def test_a_chain_of_likenesses_joins_no_strangers() -> None:
    """Each record resembles the next; two records further apart are strangers."""
    chain = {(n, n + 1): 2.0 for n in range(9)}
    assert components(chain) == [list(range(10))]
    assert all(len(group) <= 3 for group in partition(chain))


def test_strong_evidence_outweighs_one_pair_that_lacks_it() -> None:
    assert partition({(0, 1): 9.0, (1, 2): 9.0, (0, 2): -20.0}) == [[0, 1, 2]]


def test_records_that_contradict_each_other_are_never_in_one_group() -> None:
    bits = {(0, 1): 9.0, (1, 2): 8.0, (2, 3): 9.0, (0, 2): 30.0}
    assert partition(bits, apart=[(0, 2)]) == [[0, 1], [2, 3]]
    merged_first = {(0, 1): 9.0, (2, 3): 9.0, (1, 2): 4.0, (0, 3): 4.0, (0, 2): 4.0, (1, 3): 9.0}
    assert partition(merged_first, apart=[(1, 3)]) == [[0, 1], [2, 3]]


def test_linked_records_stay_together_whatever_the_evidence_says() -> None:
    assert partition({(0, 1): -30.0, (1, 2): 4.0}, together=[(0, 1)]) == [[0, 1, 2]]
    assert partition({}, together=[(0, 1)]) == [[0, 1]]


def test_a_record_that_fits_another_group_better_is_moved() -> None:
    """0 and 1 merge first; 2 and 3 draw 1 away, because together they say more."""
    bits = {(0, 1): 6.0, (1, 2): 5.0, (1, 3): 5.0, (2, 3): 5.5, (0, 2): -9.0, (0, 3): -9.0}
    assert partition(bits) == [[0, 1, 2, 3]]
    assert partition(bits, apart=[(0, 3)]) == [[1, 2, 3]]


@pytest.mark.parametrize("seed", range(20))
def test_no_single_move_raises_the_sum(seed: int) -> None:
    chance = Random(seed)
    records = range(9)
    bits = {pair: chance.uniform(-6, 6) for pair in combinations(records, 2) if chance.random() < 0.7}
    groups = partition(bits)
    assert sorted(record for group in groups for record in group) == sorted(
        {record for group in groups for record in group}
    )
    best = total(groups, bits)
    placed = {record: n for n, group in enumerate(groups) for record in group}
    for record in records:
        for target in range(len(groups) + 1):
            moved = [[other for other in group if other != record] for group in groups]
            if target < len(groups):
                moved[target] = sorted([*moved[target], record])
            if placed.get(record) != target:
                assert total(moved, bits) <= best + 1e-9
