"""A small run of the team: the whole one is `make team`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.postgres_keeper import WINDOWS
from tests.team.campaign import Size, run

SEEDS = (3, 4, 5)
"""Runs of which one has everything: whether a worker waits for a reply just when it is killed is a matter of luck."""


@pytest.mark.skipif(WINDOWS, reason="Windows can't pause a process")
def test_killed_and_paused_workers_send_nothing_twice_and_lose_nothing(tmp_path: Path) -> None:
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        figures = run(folder, Size(500, rate=3_000, troubles_every=2.0, troubles=6), seed)
        if figures.kills and figures.pauses and figures.takeovers:
            return
    raise AssertionError(
        f"no run had a killed worker, a paused one and a step that was taken over: {figures}"
    )
