"""The parser names the functions of tui.cli.commands by strings, so that a command loads no other command's modules."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator

import pytest

from tui.cli.main import _parser, find_command


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield every parser that has no parsers below it."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for child in action.choices.values():
            yield from leaves(child)


TARGETS = {leaf.prog: leaf.get_default("command") for leaf in leaves(_parser())}


@pytest.mark.parametrize("prog", TARGETS)
def test_every_command_of_the_parser_is_a_function_from_options_to_an_exit_code(prog: str) -> None:
    signature = inspect.signature(find_command(*TARGETS[prog]))
    assert [parameter.annotation for parameter in signature.parameters.values()] == ["Namespace"]
    assert signature.return_annotation == "int"


def test_the_parser_has_the_commands_that_were_counted() -> None:
    assert len(TARGETS) > 30
