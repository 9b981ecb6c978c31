"""docs/fidelity.md has a row for each number, and names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

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
