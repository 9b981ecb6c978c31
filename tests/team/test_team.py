"""A small run of the team: the whole one is `make team`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.postgres_keeper import WINDOWS
from tests.team.campaign import Size, run


@pytest.mark.skipif(WINDOWS, reason="Windows can't pause a process")
def test_killed_and_paused_workers_send_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    figures = run(tmp_path, Size(500, rate=3_000, troubles_every=2.0, troubles=6), seed=3)
    assert figures.kills
    assert figures.pauses
    assert figures.takeovers
