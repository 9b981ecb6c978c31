"""The options of a command as typed values. Each command declares a dataclass of its own; argparse fills it in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, fields
from typing import TypeAlias, get_type_hints

from tui.cli.parsed import Parsed


@dataclass(frozen=True, kw_only=True)
class CommandOptions:
    """The options of every command."""

    home: str | None
    profile: str | None
    json: bool


@dataclass(frozen=True, kw_only=True)
class ConfirmedOptions(CommandOptions):
    """The options of a command that asks before it does anything."""

    yes: bool
    """True if the command does not ask."""


@dataclass(frozen=True, kw_only=True)
class PlannedOptions(ConfirmedOptions):
    """The options of a command that sends a plan."""

    plan: str | None
    """The hash of the only plan that may be sent; None for whatever the plan is now."""


Command: TypeAlias = Callable[[CommandOptions], int | Coroutine[None, None, int]]
"""A function of tui.cli.commands: from its options to the exit code. Its parameter is a kind of `CommandOptions`."""


def options_class(command: Command) -> type[CommandOptions]:
    """Return the class that a command declares for its parameter `options`."""
    declared: type[CommandOptions] = get_type_hints(command)["options"]
    return declared


def options_for(command: Command, parsed: Parsed) -> CommandOptions:
    """Return what was parsed as the options that a command declares.

    `tests/unit/tui/test_commands_are_there.py` compares the fields of each command with the parser's.
    """
    declared = options_class(command)
    return declared(**{field.name: getattr(parsed, field.name) for field in fields(declared)})
