"""Schedules by the thousand hold the invariants, every mutant breaks one, a duplicate past the window is found."""

from __future__ import annotations

import pytest

from core.errors import BookClosed
from tests.simulation.__main__ import EVERY
from tests.simulation.mutants import (
    CONTACT_MUTANTS,
    MUTANTS,
    TEAM_MUTANTS,
    TWICE_MUTANTS,
    Patch,
    mutated,
)
from tests.simulation.remote import FAULTS
from tests.simulation.schedule import run_seed
from tests.simulation.twice import CardsTwice
from tests.support.matrix import so_many

SEEDS = {
    "cards": so_many(1250, 120),
    "contacts": so_many(500, 80),
    "cards-twice": so_many(250, 40),
    "contacts-twice": so_many(250, 40),
    "team": so_many(60, 12),
}
"""Seeds of each kind; `make simulate` runs many more."""
CHUNK = 60
ENOUGH = 1500
"""Seeds within which a mutant is caught, or the simulation proves too little."""
FROM = {
    "cards-dropped_before_it_is_archived": 160,
    "cards-twice-looked_at_again_at_once": 890,
    "contacts-retry_on_5xx": 60,
    "contacts-twice-looked_at_again_only_in_doubt": 3600,
    "contacts-twice-looked_at_again_at_once": 3680,
    "contacts-twice-archived_while_looked_up": 3680,
    "team-taken_over_is_ready": 700,
    "team-commits_without_a_lease": 935,
    "team-sends_after_its_lease": 58,
    "team-believes_in_its_lease": 58,
    "team-one_record_two_senders": 212,
    "team-does_not_read_again": 5,
}
"""The first seed for a mutant of a kind. What is rare is not looked for from the beginning: a second contact that
nobody hears of comes in about one seed of 4,000.
"""
CHUNKS = [
    (kind, first, min(CHUNK, seeds)) for kind, seeds in SEEDS.items() for first in range(0, seeds, CHUNK)
]
BROKEN_ENGINES = [
    pytest.param(kind, mutant, FROM.get(f"{kind}-{name}", 0), id=f"{kind}-{name}")
    for kind, mutants in (
        ("cards", MUTANTS),
        ("contacts", CONTACT_MUTANTS),
        ("cards-twice", TWICE_MUTANTS),
        ("contacts-twice", TWICE_MUTANTS),
        ("team", TEAM_MUTANTS),
    )
    for name, mutant in mutants.items()
]


@pytest.mark.parametrize(("kind", "first", "seeds"), CHUNKS)
def test_schedules_hold_the_invariants(kind: str, first: int, seeds: int) -> None:
    for seed in range(first, first + seeds):
        run_seed(seed, EVERY[kind])


@pytest.mark.parametrize(("kind", "mutant", "first"), BROKEN_ENGINES)
def test_a_broken_desk_is_caught(kind: str, mutant: Patch, first: int) -> None:
    """The seed that catches it holds with the sound engine: a change of the engine to the mutant fails there."""
    with mutated(mutant):
        caught_by = next((seed for seed in range(first, first + ENOUGH) if _is_broken(seed, kind)), None)
    assert caught_by is not None, "the simulation did not notice"
    run_seed(caught_by, EVERY[kind])


def _is_broken(seed: int, kind: str) -> bool:
    try:
        run_seed(seed, EVERY[kind])
    except (AssertionError, BookClosed):  # a book that a mutant wrote may not open again
        return True
    return False


class Late(CardsTwice):
    """The cards' desk with remotes that carry out a request once, and minutes after it was given up."""

    faults = FAULTS


def test_a_commit_that_comes_after_the_window_is_found_by_the_duplicate_check() -> None:
    """The one hole of the protocol: the remote commits later than `settle`. It is found, said, and not hidden."""
    found = 0
    for seed in range(so_many(400, 50)):
        schedule = Late(seed, late=800.0)
        schedule.run()
        found += bool(schedule.server.doubled())
    assert found
