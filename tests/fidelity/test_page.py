"""docs/fidelity.md names tests that are there, and every number that a test or the list of known failures bears."""

from __future__ import annotations

import re
from pathlib import Path

from tests.fidelity.known import KNOWN_FAILURES

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "fidelity.md").read_text("utf-8")
SCENARIOS = (HERE / "test_findings.py").read_text("utf-8")
ROWS = {int(number): row for number, row in re.findall(r"^\| (\d+) (\|.*)$", PAGE, re.MULTILINE)}


def test_every_number_has_one_row() -> None:
    assert list(ROWS) == list(range(1, len(ROWS) + 1))


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(test_\w+)`", PAGE)
    assert named
    assert not [name for name in named if f"def {name}(" not in SCENARIOS]


def test_every_test_of_another_file_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)
    assert named
    root = HERE.parents[1]
    assert not [
        f"{file}::{name}"
        for file, name in named
        if not (root / file).exists() or f"def {name}(" not in (root / file).read_text("utf-8")
    ]


def test_every_scenario_of_a_finding_is_in_the_row_of_its_number() -> None:
    marked = re.findall(r"^@finding\((\d+),(?:[^\n]|\n(?!def ))*\ndef (test_\w+)\(", SCENARIOS, re.MULTILINE)
    assert len(marked) == SCENARIOS.count("@finding(")
    assert not [name for number, name in marked if name not in ROWS[int(number)]]


def test_every_known_failure_has_a_scenario() -> None:
    assert not [number for number in KNOWN_FAILURES if "not yet" in ROWS[number]]
