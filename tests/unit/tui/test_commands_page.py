"""docs/commands.md: every action of the app has a command or a reason, and every command is on the page."""

from __future__ import annotations

import argparse
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

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


TABLES = (("Actions and their commands", 1), ("Only on the command line", 0), ("Options", 0))
"""The tables that name commands, each with the column that does."""
EVERYWHERE = {"--home", "--profile", "--json", "--help", "--yes", "--plan"}
"""The options that the page explains once for all commands."""


def _commands() -> list[str]:
    """Return every command of the tables, as it is written there."""
    return [command for heading, column in TABLES for row in _rows(heading) for command in _code(row[column])]


def _of(prog: str, commands: list[str]) -> list[str]:
    return [command for command in commands if command == prog or command.startswith(f"{prog} ")]


def _options(leaf: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the long name of each option of a command that is not the same for all commands."""
    for action in leaf._actions:
        yield from (name for name in action.option_strings[-1:] if name not in EVERYWHERE)


def _missing(commands: list[str]) -> list[str]:
    """Return the commands, and the options with their commands, that none of `commands` has."""
    found: list[str] = []
    for prog, leaf in LEAVES.items():
        said = _of(prog, commands)
        words = {word for command in said for word in command.split()}
        found += [] if said else [prog]
        found += [f"{prog} {option}" for option in _options(leaf) if option not in words]
    return found


def test_every_command_is_on_the_page_with_every_option() -> None:
    assert _missing(_commands()) == []


@pytest.mark.parametrize(
    ("left_out", "noticed"),
    [
        ("brokerdesk sync --limit N", "brokerdesk sync --limit"),
        ("brokerdesk explain CODE", "brokerdesk explain"),
    ],
)
def test_a_command_or_an_option_that_the_page_leaves_out_is_noticed(left_out: str, noticed: str) -> None:
    commands = _commands()
    assert left_out in commands
    assert noticed in _missing([command for command in commands if command != left_out])


def test_the_page_names_no_command_and_no_option_that_is_not_there() -> None:
    unknown: list[str] = []
    for command in _commands():
        prog = max((prog for prog in LEAVES if _of(prog, [command])), key=len, default="")
        known = set(LEAVES[prog]._option_string_actions) if prog else set()
        options = {word for word in shlex.split(command.replace("|", " ")) if word.startswith("--")}
        if not options <= known:
            unknown.append(command)
    assert unknown == []
