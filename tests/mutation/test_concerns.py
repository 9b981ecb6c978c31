"""Every module with mutants has tests that concern it, and every name in the table is a file that exists."""

from __future__ import annotations

import pytest

from tests.mutation.__main__ import ROOT, every_one, modules
from tests.mutation.concerns import CONCERNS, ROOMS, WITH_SCHEDULES, concern_of


def test_every_module_with_mutants_has_tests_that_concern_it() -> None:
    found = modules()
    assert {room for room in ROOMS if any(name.startswith(f"{room}/") for name in found)} == set(ROOMS)
    for name in found:
        assert CONCERNS[concern_of(name)], name


def test_every_module_folder_and_test_file_of_the_table_exists() -> None:
    named = {*CONCERNS, *(test for tests in CONCERNS.values() for test in tests)}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
    assert set(WITH_SCHEDULES) <= set(ROOMS) & CONCERNS.keys()


def test_a_module_has_the_tests_of_its_own_key_or_else_of_the_nearest_folder() -> None:
    assert (
        concern_of("core/flex/use_cases/changed_since_push.py") == "core/flex/use_cases/changed_since_push.py"
    )
    assert concern_of("core/flex/anything/new.py") == "core/flex"
    with pytest.raises(KeyError):
        concern_of("tui/app.py")


def test_a_part_of_a_path_chooses_the_modules() -> None:
    assert {mutant.file for mutant in every_one("core/flex/use_cases/changed_since_push")} == {
        "core/flex/use_cases/changed_since_push.py"
    }
