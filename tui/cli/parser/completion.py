"""The scripts with which shells complete commands, options and values. Knows no command by its name."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import shtab

from tui.cli.parser.parts import StoreOffered

if TYPE_CHECKING:
    from collections.abc import Iterator


def completion_script(parser: argparse.ArgumentParser, shell: str) -> str:
    """Return the script of a shell, which is one of `tui.cli.parser.root.SHELLS`.

    A value with the metavar FILE or DIR is completed with files or folders; one that is a `StoreOffered`, with the
    words that it offers. The parser is for nothing else afterwards: what an argument offers is then all that it takes.
    """
    list_commands(parser)
    for action in _actions(parser):
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined] # where shtab looks for it
        elif action.metavar == "DIR":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined] # as above
        elif isinstance(action, StoreOffered):
            action.choices = list(action.offered())
        if isinstance(action.metavar, tuple):
            action.metavar = " ".join(action.metavar)
    return shtab.complete(parser, shell)


def list_commands(parser: argparse.ArgumentParser) -> None:
    """Let libraries that read parsers see the commands.

    The command line hides its commands from argparse's help, because its own help lists them in groups. Libraries take
    what is hidden as absent.
    """
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of what it was given
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - it has no public name
            action.help = None


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Yield the arguments of a parser, and of all parsers below it."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of what it was given
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - it has no public name
            for child in action.choices.values():
                yield from _actions(child)
