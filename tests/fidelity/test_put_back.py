"""Each finding that the stories can show is put back, and the story of a seed near the recorded one shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fidelity.put_back import FINDINGS, SEEDS, PutBack, Systems, first_shown

NEAR = 5
"""So far from the recorded seed may the seed be that shows a finding, after the stories were changed a little."""
PAGE = (Path(__file__).parents[2] / "docs" / "fidelity.md").read_text("utf-8")


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Systems]:
    systems = Systems(tmp_path_factory.mktemp("systems"))
    yield systems
    systems.close()


@pytest.mark.parametrize(
    "finding", FINDINGS, ids=[f"{each.finding}-{each.patch.__name__}-{each.stories}" for each in FINDINGS]
)
def test_a_finding_that_is_put_back_is_shown(systems: Systems, finding: PutBack) -> None:
    near = range(max(0, finding.seed - NEAR), finding.seed + NEAR + 1)
    seeds = sorted(near, key=lambda seed: abs(seed - finding.seed))
    shown = first_shown(finding, seeds, systems)
    assert shown is not None, f"python -m tests.fidelity.put_back --finding {finding.finding} gives the seed"


def test_each_finding_is_shown_early() -> None:
    assert [each for each in FINDINGS if not 0 <= each.seed < SEEDS] == []


def test_the_page_has_the_seeds() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| `(\w+)` \| ([a-z ]+) \| (\d+) \|$", PAGE, re.MULTILINE)
    said = {(int(number), name, stories, int(seed)) for number, name, stories, seed in rows}
    assert said == {(each.finding, each.patch.__name__, str(each.stories), each.seed) for each in FINDINGS}
