"""Odd cards: what a preview calls pushable arrives, and what it refuses FLEX would refuse too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fidelity.odd_cards import STRICTER, OddTally, push_odd_card
from tests.fidelity.systems import SystemsInProcess
from tests.support.matrix import so_many

CARDS = so_many(240, 15)
"""How many cards are pushed here; `python -m tests.fidelity.odd_cards --cards 10000` pushes ten thousand."""
CHUNK = 15


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemsInProcess]:
    systems = SystemsInProcess(tmp_path_factory.mktemp("systems"))
    yield systems
    systems.close()


@pytest.mark.parametrize("first", range(0, CARDS, CHUNK))
def test_flex_refuses_no_pushable_card_and_takes_no_refused_value(
    systems: SystemsInProcess, first: int
) -> None:
    tally = OddTally()
    for seed in range(first, first + CHUNK):
        push_odd_card(seed, systems, tally)
    assert tally.pushed > CHUNK
    assert tally.refused > 10 * CHUNK
    assert tally.stricter.total() < tally.refused / 2
    assert set(tally.stricter) <= set(STRICTER)
