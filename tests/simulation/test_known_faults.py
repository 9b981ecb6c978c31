"""Faults that schedules found and that are not mended yet. Whoever mends one sees its test pass, and takes it off."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.simulation.__main__ import EVERY
from tests.simulation.schedule import run_seed

FAULTS: Final[dict[str, tuple[str, int, dict[str, Any]]]] = {
    "the last look comes too early where the clock was set forward": (
        "cards-twice",
        47,
        {"clock_is_set": (0.0, 0.0, 86400.0)},
    ),
    "a name that could not be made durable is not made so at the next start": (
        "contacts",
        321,
        {"power_cut": 0.5},
    ),
}


@pytest.mark.parametrize(("kind", "seed", "changed"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.xfail(strict=True)
def test_a_fault_that_is_known(kind: str, seed: int, changed: dict[str, Any]) -> None:
    run_seed(seed, type("Changed", (EVERY[kind],), changed))
