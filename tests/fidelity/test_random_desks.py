from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fidelity.story import BackEnd, run_story
from tests.fidelity.systems import SystemsInProcess

SEEDS = {BackEnd.VIRTUAL: 60, BackEnd.FAULTS: 60, BackEnd.HTTP: 6, BackEnd.COMMANDS: 10}
CHUNK = 30
CHUNKS = [
    pytest.param(back_end, first, min(CHUNK, seeds - first), id=f"{back_end}-{first}")
    for back_end, seeds in SEEDS.items()
    for first in range(0, seeds, CHUNK)
]


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
