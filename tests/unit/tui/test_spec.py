"""The command line as values says what the parser does."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tui.cli.parser.root import GROUPS, root_parser
from tui.cli.spec import CommandSpec, command_line

SPEC = command_line(root_parser(), GROUPS)


def parsers(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each parser without parsers below it, with its name."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield name, parser
    for action in below:
        for word, child in action.choices.items():
            yield from parsers(child, f"{name} {word}".strip())


def test_every_command_is_there_once_with_every_option_that_it_takes() -> None:
    known = dict(parsers(root_parser()))
    leaves = list(SPEC.leaves())
    assert sorted(leaf.name for leaf in leaves) == sorted(known)
    for leaf in leaves:
        flags = {flag for argument in leaf.arguments for flag in argument.flags}
        parser = known[leaf.name]
        assert flags == set(parser._option_string_actions) - {"-h", "--help"}, leaf.name
        words = [argument for argument in leaf.arguments if not argument.flags]
        assert len(words) == len(parser._get_positional_actions()), leaf.name


def test_the_commands_are_in_the_order_and_the_groups_of_the_help() -> None:
    order = [name for names in GROUPS.values() for name in names]
    assert [command.name for command in SPEC.commands] == order
    for heading, names in GROUPS.items():
        for name in names:
            assert all(leaf.heading == heading for leaf in named(name).leaves())


def named(name: str) -> CommandSpec:
    """Return a command of the first level."""
    return next(command for command in SPEC.commands if command.name == name)


def test_what_a_command_takes_is_written_as_a_person_writes_it() -> None:
    usage = {argument.flags[-1:]: argument.usage() for argument in named("import").arguments}
    assert usage[("--dates",)] == "--dates dmy|mdy"
    assert usage[("--yes",)] == "--yes"
    assert usage[()] == "FILE"
    assert [argument.usage() for argument in named("explain").arguments if not argument.flags] == ["[CODE]"]


def test_everything_has_words() -> None:
    for leaf in SPEC.leaves():
        assert leaf.about.endswith(".") or "…" in leaf.about, leaf.name
        assert all(argument.about for argument in leaf.arguments), leaf.name
