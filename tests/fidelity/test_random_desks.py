"""Random desks: each push changes what its preview predicts.

Cards and contacts together push 1,500 times in `make matrix`, and 110 times in `make test`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fidelity.contacts.test_contact_books import LEAST as LEAST_OF_CONTACTS
from tests.fidelity.story import BackEnd, run_story
from tests.fidelity.systems import SystemsInProcess
from tests.support.matrix import so_many

SEEDS = {
    BackEnd.VIRTUAL: so_many(390, 20),
    BackEnd.FAULTS: so_many(300, 20),
    BackEnd.HTTP: so_many(6, 2),
    BackEnd.COMMANDS: so_many(10, 2),
}
CHUNK = 20
LEAST = {BackEnd.VIRTUAL: 2.25, BackEnd.FAULTS: 1.5, BackEnd.HTTP: 1.5, BackEnd.COMMANDS: 1.5}
"""So many pushes a desk does each chunk hold at the least, by back end."""
REMEMBERED = [
    pytest.param(BackEnd.VIRTUAL, 47298, id="a namesake of a person whom the push finds by reference"),
    pytest.param(BackEnd.VIRTUAL, 45999, id="another namesake, who would get the email of the first"),
    pytest.param(
        BackEnd.VIRTUAL, 48028, id="a note has the reference of an earlier book, while FLEX is away"
    ),
    pytest.param(BackEnd.FAULTS, 67343, id="a product link of an earlier book loses its split"),
    pytest.param(
        BackEnd.VIRTUAL, 1694, id="a note is in FLEX from another book, and was previewed while FLEX was away"
    ),
]
"""Stories that longer campaigns found."""
PUSHES = so_many(1_500, 110)
"""So many pushes do the tests of cards and contacts hold together at the least."""
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
    assert pushes >= seeds * LEAST[back_end], "the stories push too little to prove anything"


@pytest.mark.parametrize(("back_end", "seed"), REMEMBERED)
def test_a_story_that_a_campaign_found_is_as_previewed(
    systems: SystemsInProcess, back_end: BackEnd, seed: int
) -> None:
    assert run_story(seed, systems, back_end).pushes > 0


def test_the_desks_and_the_contact_books_push_often_enough() -> None:
    of_cards = sum(seeds * LEAST[back_end] for back_end, seeds in SEEDS.items())
    assert of_cards + LEAST_OF_CONTACTS >= PUSHES
