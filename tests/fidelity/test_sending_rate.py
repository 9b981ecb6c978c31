"""Many cards, and many contacts, are sent as fast as the systems allow, and never faster, also over a slow line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.distant_systems import RATE, push_cards, sync_contacts

ANSWERED: tuple[float, ...] = (0.15, 0.25)
"""Seconds a request, at 50 ms a round trip and 100 ms for the answer: on an open connection, and on one that is new and
encrypted."""
ENOUGH = 0.95
"""Which part of the allowed rate is used from the first request to the last one."""


@pytest.mark.parametrize("takes", ANSWERED)
def test_many_cards_keep_the_allowed_rate_and_never_more(tmp_path: Path, takes: float) -> None:
    for sent in push_cards(tmp_path, 100, takes):
        assert sent.share >= ENOUGH
        assert sent.shortest_gap >= 60.0 / RATE - 1e-9


@pytest.mark.parametrize("takes", ANSWERED)
def test_a_sync_keeps_the_allowed_rate_and_never_more(tmp_path: Path, takes: float) -> None:
    sent = sync_contacts(tmp_path, 200, takes)
    assert sent.share >= ENOUGH
    assert sent.shortest_gap >= 60.0 / RATE - 1e-9
