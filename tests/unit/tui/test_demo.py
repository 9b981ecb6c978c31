"""`brokerdesk demo` tells the steps of the tour. Its commands are those of the parser."""

from __future__ import annotations

import json

import pytest

from tui.cli.main import main
from tui.cli.parser.root import parse
from tui.tour.steps import STEPS


def test_the_demo_tells_the_steps_of_the_tour(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"]
    assert [(step["title"], step["press"]) for step in steps] == [(step.title, step.press) for step in STEPS]


@pytest.mark.parametrize("words", [words for step in STEPS for words in step.commands])
def test_each_command_of_the_demo_is_one(words: tuple[str, ...]) -> None:
    assert parse(words).command
