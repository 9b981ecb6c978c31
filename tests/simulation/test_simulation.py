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

SEEDS = {"cards": 1250, "contacts": 500, "cards-twice": 250, "contacts-twice": 250, "team": 60}
"""Seeds of each kind; `make simulate` runs many more."""
CHUNK = 250
ENOUGH = 1500
"""Seeds within which a mutant is caught, or the simulation proves too little."""
FROM = {
    "contacts-twice": 3600,
    "taken_over_is_ready": 15,
    "commits_without_a_lease": 205,
    "sends_after_its_lease": 90,
    "believes_in_its_lease": 90,
    "one_record_two_senders": 212,
    "does_not_read_again": 15,
}
"""The first seed for the mutants of a kind, or for one mutant. What is rare is not looked for from the beginning: a
second contact that nobody hears of comes in about one seed of 4,000.
"""
CHUNKS = [
    (kind, first, min(CHUNK, seeds)) for kind, seeds in SEEDS.items() for first in range(0, seeds, CHUNK)
]
BROKEN_ENGINES = [
    pytest.param(kind, mutant, FROM.get(name, FROM.get(kind, 0)), id=f"{kind}-{name}")
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
    with mutated(mutant):
        for seed in range(first, first + ENOUGH):
            try:
                run_seed(seed, EVERY[kind])
            except (AssertionError, BookClosed):  # a book that a mutant wrote may not open again
                return
    pytest.fail("the simulation did not notice")


class Late(CardsTwice):
    """The cards' desk with remotes that carry out a request once, and minutes after it was given up."""

    faults = FAULTS


def test_a_commit_that_comes_after_the_window_is_found_by_the_duplicate_check() -> None:
    """The one hole of the protocol: the remote commits later than `settle`. It is found, said, and not hidden."""
    found = 0
    for seed in range(400):
        schedule = Late(seed, late=800.0)
        schedule.run()
        found += bool(schedule.server.doubled())
    assert found
