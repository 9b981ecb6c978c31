from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fidelity.desk import Unfaithful
from tests.fidelity.known import KNOWN_FAILURES, Moment
from tests.fidelity.story import BackEnd, run_story
from tests.fidelity.systems import SystemsInProcess

SEEDS = {BackEnd.VIRTUAL: 60, BackEnd.FAULTS: 60, BackEnd.HTTP: 6, BackEnd.COMMANDS: 10}
CHUNK = 30
ENOUGH = 400
"""Seeds within which each known failure shows, or the stories prove too little."""
CHUNKS = [
    pytest.param(back_end, first, min(CHUNK, seeds - first), id=f"{back_end}-{first}")
    for back_end, seeds in SEEDS.items()
    for first in range(0, seeds, CHUNK)
]
NOT_ALONE = {3, 39}
"""Known failures that the stories never show alone: the boards' own FLEX IDs are right, and 39 comes with 7."""


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemsInProcess]:
    systems = SystemsInProcess(tmp_path_factory.mktemp("systems"))
    yield systems
    systems.close()


@pytest.mark.parametrize(("back_end", "first", "seeds"), CHUNKS)
def test_a_push_changes_what_its_preview_predicts_and_nothing_else(
    systems: SystemsInProcess, back_end: BackEnd, first: int, seeds: int
) -> None:
    pushes = sum(run_story(seed, systems, back_end).pushes for seed in range(first, first + seeds))
    assert pushes > seeds / 2, "the stories push too little to prove anything"


@pytest.mark.parametrize("number", sorted(KNOWN_FAILURES.keys() - NOT_ALONE))
def test_a_known_failure_that_is_not_left_out_shows(systems: SystemsInProcess, number: int) -> None:
    """Each entry of the list is needed: without it some story of the others fails."""

    def others(moment: Moment) -> int | None:
        shown = [n for n, shows in KNOWN_FAILURES.items() if shows(moment)]
        return next((n for n in shown if n != number), None) if moment.preview.pushable else None

    for seed in range(ENOUGH):
        try:
            run_story(seed, systems, BackEnd.VIRTUAL, others)
        except Unfaithful:
            return
    pytest.fail(f"number {number} no longer shows: remove its entry from KNOWN_FAILURES")
