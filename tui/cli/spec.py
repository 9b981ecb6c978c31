"""The whole command line as values, made from the parser: for `brokerdesk --spec` and the page of commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

if TYPE_CHECKING:
    from tui.cli.parser.parts import CommandParser

_PRINT_AND_END: Final = frozenset({"--help", "--version", "--spec"})
"""The options that print a text and end the run."""


class ArgumentSpec(Struct, frozen=True):
    """An option, or a word that a command takes (`flags` is () then).

    `value` names the value, "" for an option without one. `takes_many` is True if several values can follow, and
    `is_repeated` if the option can be given several times. `default` is None if there is none.
    """

    flags: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    is_required: bool
    takes_many: bool
    is_repeated: bool
    default: Any
    about: str

    def usage(self) -> str:
        """Return the argument as it is written in a command, such as `--limit N` or `[CODE]`."""
        value = self.value + "…" * self.takes_many
        if not self.flags:
            return value if self.is_required else f"[{value}]"
        return f"{self.flags[-1]} {value}".strip()


class CommandSpec(Struct, frozen=True):
    """A command. `name` is what follows `brokerdesk`; a group has `commands` and no arguments of its own."""

    name: str
    about: str
    heading: str
    arguments: tuple[ArgumentSpec, ...]
    examples: tuple[str, ...]
    commands: tuple[CommandSpec, ...]

    def leaves(self) -> Iterator[CommandSpec]:
        """Yield every command that can be run: this one, or those below it."""
        if not self.commands:
            yield self
        for command in self.commands:
            yield from command.leaves()


def command_line(parser: CommandParser, groups: Mapping[str, Sequence[str]]) -> CommandSpec:
    """Return the whole command line. `groups` has the names of the commands by the headings of the help."""
    headings = {name: heading for heading, names in groups.items() for name in names}
    return _command(parser, "", "", headings)


def _command(
    parser: argparse.ArgumentParser, name: str, heading: str, headings: Mapping[str, str]
) -> CommandSpec:
    below: list[CommandSpec] = []
    arguments: list[ArgumentSpec] = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no public list of what it was given
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - argparse has no public name
            for word, child in action.choices.items():
                below.append(
                    _command(child, f"{name} {word}".strip(), heading or headings.get(word, ""), headings)
                )
        elif not _PRINT_AND_END & set(action.option_strings):
            arguments.append(_argument(action))
    lines = (parser.epilog or "").splitlines()
    examples = tuple(line.strip() for line in lines if line.startswith("  brokerdesk"))
    about = " ".join((parser.description or "").split())
    order = list(headings)
    if not name:
        below.sort(key=lambda command: order.index(command.name) if command.name in order else len(order))
    return CommandSpec(name, about, heading, tuple(arguments), examples, tuple(below))


def _argument(action: argparse.Action) -> ArgumentSpec:
    choices = tuple(map(str, action.choices or ()))
    named = action.metavar or ("|".join(choices) if choices else action.dest.upper())
    value = " ".join(named) if isinstance(named, tuple) else str(named)
    is_flag = action.nargs == 0
    default = None if is_flag or action.default in (argparse.SUPPRESS, None, "", []) else action.default
    return ArgumentSpec(
        flags=tuple(action.option_strings),
        value="" if is_flag else value,
        choices=choices,
        is_required=action.required,
        takes_many=action.nargs in ("+", "*"),
        is_repeated=isinstance(action, argparse._AppendAction),  # noqa: SLF001 - as above
        default=default,
        about=" ".join((action.help or "").replace("%%", "%").split()),
    )
