"""Odd values in every field of the systems' replies: the desk breaks nowhere, and sends what its previews show."""

from __future__ import annotations

import pytest

from tests.fidelity.odd_values import RUNS, systems_of
from tests.support.matrix import so_many

DESKS = so_many(12, 6)
"""How many desks of each kind are tried here; `python -m tests.fidelity.odd_values --count 50000` tries many."""

REMEMBERED = [
    pytest.param(
        "cards", 921951, id="BrokerEngine holds an ID with half a character, and a push stops at it"
    ),
    pytest.param("cards", 921299, id="a part of a postal address that is odd, and can be sent again"),
]
"""Desks that a longer campaign broke."""


@pytest.mark.parametrize("kind", list(RUNS))
def test_no_odd_value_breaks_the_desk_or_is_sent_unseen(
    kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    systems = systems_of(kind, tmp_path_factory.mktemp(kind))
    try:
        values = sum(RUNS[kind][0](seed, systems) for seed in range(DESKS))
    finally:
        systems.close()
    assert values > 10 * DESKS


@pytest.mark.parametrize(("kind", "seed"), REMEMBERED)
def test_a_desk_that_a_campaign_broke_holds(
    kind: str, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    systems = systems_of(kind, tmp_path_factory.mktemp(kind))
    try:
        assert RUNS[kind][0](seed, systems) > 0
    finally:
        systems.close()
