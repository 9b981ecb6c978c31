"""5,000 schedules hold the invariants, every mutant breaks one, and what the window misses the audit finds."""

from __future__ import annotations

from contextlib import suppress

import pytest

from core.push.journal import Push, StepRecord
from core.push.states import PushState, StepState
from tests.simulation.mutants import CONTACT_MUTANTS, MUTANTS, Patch, mutated
from tests.simulation.schedule import Broken, Schedule, run_seed
from tests.simulation.sync_schedule import SyncSchedule

SEEDS = 5000
SYNCS = 1500
CHUNK = 250


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_schedules_hold_the_invariants(first: int) -> None:
    for seed in range(first, first + CHUNK):
        run_seed(seed)


@pytest.mark.parametrize("first", range(0, SYNCS, CHUNK))
def test_schedules_of_a_sync_hold_the_invariants(first: int) -> None:
    for seed in range(first, first + CHUNK):
        run_seed(seed, SyncSchedule)


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_broken_engine_is_caught(mutant: Patch) -> None:
    _must_break(mutant, Schedule)


@pytest.mark.parametrize("mutant", CONTACT_MUTANTS.values(), ids=CONTACT_MUTANTS.keys())
def test_a_broken_sync_is_caught(mutant: Patch) -> None:
    _must_break(mutant, SyncSchedule)


def _must_break(mutant: Patch, kind: type[Schedule]) -> None:
    with mutated(mutant):
        for seed in range(1500):
            try:
                run_seed(seed, kind)
            except (Broken, AssertionError):
                return
    pytest.fail("the simulation did not notice")


def test_a_commit_that_comes_after_the_window_is_found_by_the_audit() -> None:
    """The one hole of the protocol: the remote commits later than `settle`. It is found, said, and not hidden."""
    found = 0
    for seed in range(400):
        schedule = Schedule(seed, late=800.0)
        with suppress(Broken):
            schedule.run()
            continue
        assert schedule.book is not None
        steps = schedule.book.file.all(StepRecord)
        pushes = schedule.book.file.all(Push)
        doubled = [step for step in steps if step.error in ("second-record", "several-found")]
        assert doubled, f"seed {seed}"
        assert all(step.state is StepState.CONFLICT and len(step.candidates) > 1 for step in doubled)
        in_need = {push.push_id for push in pushes if push.state is PushState.NEEDS_YOU}
        assert {step.push_id for step in doubled} <= in_need
        found += 1
    assert found
