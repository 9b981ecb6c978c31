"""What the parsers of commands share, and a parser that is made when it is used. Knows no command."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from tui.terminal_safe import safe_text

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction["CommandParser"]  # noqa: SLF001 - it has no public name

EXIT_CODES: Final = """\
exit codes: 0 done · 1 refused, or needs you · 2 usage · 3 a remote can't be reached · 4 the book can't be written
Nothing is sent without --yes or an answer at the prompt. With --json and without --yes, a command that would send
prints its plan, and the error not-confirmed; --plan HASH sends that plan and no other."""
AS_WRITTEN: Final = argparse.RawDescriptionHelpFormatter
"""Keeps the lines of the exit codes as they are."""

_NO_NUMBER: Final = re.compile(r"invalid int value: '(.*)'", re.DOTALL)


class CommandParser(argparse.ArgumentParser):
    """A parser of the command line. `fill` adds its options, or the commands below it.

    The parser is made at the first look at one of its attributes. A run needs the parser of its own command, and the
    name and the help of all others.
    """

    def __init__(self, *, fill: Callable[[CommandParser], None], **settings: Any) -> None:
        self.__dict__["_waiting"] = (fill, settings)

    def __getattr__(self, name: str) -> Any:
        """Make the parser. Python asks here only for what the parser does not have yet."""
        if (waiting := self.__dict__.pop("_waiting", None)) is None:
            raise AttributeError(name)
        fill, settings = waiting
        super().__init__(**settings)
        fill(self)
        return getattr(self, name)

    def error(self, message: str) -> NoReturn:
        """End with the usage, and with what is wrong. A kind of value is named in words, not as Python does.

        What is wrong with the words of a command is said without their control characters.
        """
        super().error(safe_text(_NO_NUMBER.sub(r"“\1” is no whole number", message)))


def add_command(
    commands: Commands,
    name: str,
    target: str,
    about: str,
    fill: Callable[[CommandParser], None] = lambda parser: None,
) -> None:
    """Add a command that runs `target` (`module:function` of tui.cli.commands). `fill` adds the options of its own."""

    def make(parser: CommandParser) -> None:
        add_common(parser)
        parser.add_argument("--json", action="store_true", help="one JSON value on stdout")
        parser.set_defaults(command=tuple(target.split(":")))
        fill(parser)

    commands.add_parser(
        name, help=about, description=about, epilog=EXIT_CODES, formatter_class=AS_WRITTEN, fill=make
    )


def add_group(commands: Commands, name: str, about: str, fill: Callable[[Commands], None]) -> None:
    """Add a word that has commands below it. `fill` adds them."""

    def make(parser: CommandParser) -> None:
        fill(parser.add_subparsers(metavar="WHAT", required=True, prog=parser.prog))

    commands.add_parser(name, help=about, description=about, fill=make)


def add_common(parser: CommandParser) -> None:
    """Add the options that every command has, and brokerdesk alone."""
    parser.add_argument(
        "--home",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="where the book and config.toml live (or BROKERDESK_HOME)",
    )
    parser.add_argument(
        "--profile",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="which profile of config.toml; none: the embedded sandbox",
    )


def add_confirmation(parser: CommandParser, about: str) -> None:
    """Add the options of a command that sends a plan. `about` is the help of `--yes`."""
    parser.add_argument("--yes", action="store_true", help=about)
    add_plan_hash(parser)


def add_plan_hash(parser: CommandParser) -> None:
    """Add `--plan`."""
    parser.add_argument("--plan", metavar="HASH", help="send only if the plan is still this one")


def add_columns(parser: CommandParser, flag: str, headers: str) -> None:
    """Add the option that says which columns a file has. `headers` says of which file."""
    parser.add_argument(
        flag,
        metavar="THEIRS=OURS,…",
        default="",
        help=f"which column each of {headers} is, or the name of remembered answers (docs/files.md)",
    )


def add_dates(parser: CommandParser) -> None:
    """Add `--dates`."""
    parser.add_argument(
        "--dates",
        choices=("dmy", "mdy"),
        default="",
        help="the order of day and month in dates such as 3/4/1985; without it each column's own evidence decides",
    )


def whole_number(text: str) -> int:
    """Return a number from 1 on. Raises `ArgumentTypeError`."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"“{text}” is no number from 1 on")
    return int(text)


def whole_number_or_all(text: str) -> int:
    """Return a number from 1 on; for "all" one that no list reaches. Raises `ArgumentTypeError`."""
    return sys.maxsize if text == "all" else whole_number(text)
