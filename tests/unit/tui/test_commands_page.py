"""docs/commands.md: every action of the app has a command or a reason, and every command is on the page."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.unit.tui.test_commands_are_there import LEAVES
from tui.actions import ACTIONS

PAGE = (Path(__file__).parents[3] / "docs" / "commands.md").read_text("utf-8")


def _rows(heading: str) -> list[list[str]]:
    """Return the cells of the table under a heading, without its head."""
    part = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def _code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_action_of_the_app_is_on_the_page_once() -> None:
    listed = Counter(
        name
        for heading in ("Actions and their commands", "Only in the app")
        for row in _rows(heading)
        for name in _code(row[0])
    )
    assert listed == Counter({action.name: 1 for action in ACTIONS})


def test_every_action_has_a_command_or_a_reason() -> None:
    rows = [*_rows("Actions and their commands"), *_rows("Only in the app")]
    assert len(rows) > 30
    assert [row for row in rows if len(row) != 2 or not row[1]] == []


def test_every_command_is_on_the_page() -> None:
    said = [
        command
        for heading, column in (("Actions and their commands", 1), ("Only on the command line", 0))
        for row in _rows(heading)
        for command in _code(row[column])
    ]
    missing = [
        prog for prog in LEAVES if not any(words == prog or words.startswith(f"{prog} ") for words in said)
    ]
    assert missing == []
