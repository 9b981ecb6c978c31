"""What the parsers of commands share, and a parser that is made when it is used. Knows no command."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from tui.terminal_safe import safe_text

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction["CommandParser"]  # noqa: SLF001 - it has no public name

EXIT_CODES: Final = """\
exit codes:
  0 done · 1 refused, or needs you · 2 usage · 3 a system can't be reached · 4 the book can't be written
Nothing is sent without --yes or a yes at the prompt. With --json and without --yes, a command that would send
prints its plan and the error not-confirmed. --plan HASH sends that plan and no other."""
AS_WRITTEN: Final = argparse.RawDescriptionHelpFormatter
"""Keeps the lines of the examples and of the exit codes as they are."""

_NO_NUMBER: Final = re.compile(r"invalid int value: '(.*)'", re.DOTALL)


class CommandParser(argparse.ArgumentParser):
    """A parser of the command line. `fill` adds its options, or the commands below it.

    The parser is made at the first look at one of its attributes. A run needs the parser of its own command, and the
    name and the help of all others.
    """

    more_help: Callable[[], str] | None = None
    """Returns the end of the help, which is made when the help is printed. `fill` sets it."""

    def __init__(self, *, fill: Callable[[CommandParser], None], **settings: Any) -> None:
        self.__dict__["_waiting"] = (fill, settings)

    def __getattr__(self, name: str) -> Any:
        """Make the parser. Python asks here only for what the parser does not have yet."""
        if (waiting := self.__dict__.pop("_waiting", None)) is None:
            raise AttributeError(name)
        fill, settings = waiting
        super().__init__(**settings)
        self.color = False  # Python 3.14 colours a part of the help, and loads much for it
        fill(self)
        return getattr(self, name)

    def _check_help(self, action: argparse.Action) -> None:
        """Check nothing: from Python 3.14 on, argparse makes a parser here to see whether its help can be formatted."""

    def format_help(self) -> str:
        """Return the help, with what `more_help` returns at its end."""
        usage = super().format_help()  # makes the parser, so that `fill` has set `more_help`
        if self.more_help is None:
            return usage
        self.epilog = self.more_help()
        return super().format_help()

    def parse_known_args(  # type: ignore[override] # the overloads of typeshed are for namespaces of any class
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse the words of a command. Words that the command does not take end the run here.

        argparse would pass them up to the parser of the whole command line, which knows neither the command's usage
        nor its options.
        """
        words = sys.argv[1:] if args is None else args
        if self._subparsers is not None:
            self._check_options_before_command(words)
        parsed, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self._refuse(unknown)
        return parsed, unknown

    def _check_options_before_command(self, words: Sequence[str]) -> None:
        """End with the first option before the command that does not exist.

        argparse would take the value of that option for the command, and report the value.
        """
        known = self._option_string_actions
        left = iter(words)
        for word in left:
            if not word.startswith("-"):
                return
            option, has_value, _ = word.partition("=")
            action = next((known[name] for name in known if name.startswith(option)), None)
            if action is None:
                self._refuse([word])
            if not has_value and action.nargs != 0:
                next(left, None)

    def _refuse(self, unknown: Sequence[str]) -> NoReturn:
        """End with the first word that the command does not take, and the options that are nearest to it."""
        word = next((word for word in unknown if word.startswith("-")), unknown[0])
        option = word.partition("=")[0]
        near = nearest(option, self._option_string_actions) if option.startswith("-") else []
        hint = f": did you mean {' or '.join(near)}?" if near else "; --help lists what it takes"
        self.error(f"this command has no “{option}”{hint}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a word that is not one of the choices, and name the nearest ones."""
        if action.choices is not None and value not in action.choices:
            kind = "a command" if action.nargs == argparse.PARSER else "a choice"
            raise argparse.ArgumentError(
                None, f"“{value}” isn't {kind}: {nearest_or_all(value, action.choices)}"
            )

    def error(self, message: str) -> NoReturn:
        """End with the usage, and with what is wrong. A kind of value is named in words, not as Python does.

        What is wrong with the words of a command is said without their control characters.
        """
        super().error(safe_text(_NO_NUMBER.sub(r"“\1” isn't a whole number", message)))


class StoreOffered(argparse.Action):
    """Stores the value of an argument, and knows words that a shell offers for it.

    `offered` returns the words when a script for a shell is printed. Other values are taken too: what is wrong is
    refused by the `type` of the argument, or by the command.
    """

    def __init__(self, *, offered: Callable[[], Iterable[str]], **settings: Any) -> None:
        super().__init__(**settings)
        self.offered = offered

    def __call__(self, _parser: Any, namespace: Any, values: Any, _option: str | None = None) -> None:
        """Store the value."""
        setattr(namespace, self.dest, values)


class PrintAndEnd(argparse.Action):
    """Prints what `text` returns for the value of an option, and ends the run with 0."""

    def __init__(self, *, text: Callable[[Any], str], **settings: Any) -> None:
        super().__init__(default=argparse.SUPPRESS, **settings)
        self._text = text

    def __call__(self, parser: Any, _namespace: Any, values: Any, _option: str | None = None) -> None:
        """Print the text."""
        print(self._text(values))  # noqa: T201 - this is the output
        parser.exit()


def nearest(word: str, words: Iterable[str]) -> list[str]:
    """Return up to three of the words that `word` may have been meant to be, the nearest first."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a wrong word needs it

    plain = {known.strip("-"): known for known in words}
    return [plain[near] for near in get_close_matches(word.strip("-"), plain, 3)]


def nearest_or_all(word: str, words: Iterable[str]) -> str:
    """Return what to do about a word that is not one of `words`: a question with the nearest ones, or the list."""
    known = [str(word) for word in words]
    near = nearest(word, known)
    return f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(known)}"


def add_command(
    commands: Commands,
    name: str,
    target: str,
    about: str,
    fill: Callable[[CommandParser], None] = lambda parser: None,
    examples: Sequence[str] = (),
) -> None:
    """Add a command that runs `target` (`module:function` of tui.cli.commands).

    `about` is a sentence for the help. `fill` adds the options of the command's own. `examples` are whole commands.
    """

    def make(parser: CommandParser) -> None:
        add_common(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON value")
        parser.set_defaults(command=tuple(target.split(":")))
        fill(parser)

    epilog = f"{listed('examples', examples)}\n\n{EXIT_CODES}" if examples else EXIT_CODES
    commands.add_parser(
        name, help=about, description=about, epilog=epilog, formatter_class=AS_WRITTEN, fill=make
    )


def add_group(
    commands: Commands, name: str, about: str, fill: Callable[[Commands], None], examples: Sequence[str] = ()
) -> None:
    """Add a word that has commands below it. `about` is a sentence for the help. `fill` adds the commands.

    `examples` are whole commands.
    """

    def make(parser: CommandParser) -> None:
        fill(parser.add_subparsers(metavar="WHAT", required=True, prog=parser.prog))

    epilog = (
        f"{listed('examples', examples)}\n\nbrokerdesk {name} WHAT --help shows the options of one of them."
    )
    commands.add_parser(
        name, help=about, description=about, epilog=epilog, formatter_class=AS_WRITTEN, fill=make
    )


def listed(heading: str, lines: Sequence[str]) -> str:
    """Return lines under a heading, as the help lists them."""
    return "\n".join([f"{heading}:", *(f"  {line}" for line in lines)])


def grouped(commands: Commands, groups: Mapping[str, Sequence[str]]) -> str:
    """Return the commands with what each is for, under the headings of their groups; the others come last."""
    about = {action.dest: action.help or "" for action in commands._get_subactions()}  # noqa: SLF001 - no public list
    names = {name for group in groups.values() for name in group}
    others = tuple(name for name in about if name not in names)
    parts = [
        listed(heading, [line for name in group if name in about for line in _entry(name, about[name])])
        for heading, group in {**groups, "other": others}.items()
        if any(name in about for name in group)
    ]
    return "\n\n".join(parts)


_WIDEST: Final = 12


def _entry(name: str, about: str) -> list[str]:
    """Return a command and what it is for, in lines that fit the terminal."""
    import shutil  # noqa: PLC0415 - only the help needs them
    import textwrap  # noqa: PLC0415 - as above

    width = max(shutil.get_terminal_size().columns - _WIDEST - 4, 30)
    first, *rest = textwrap.wrap(about, width)
    return [f"{name:{_WIDEST}}{first}", *(" " * _WIDEST + line for line in rest)]


def add_common(parser: CommandParser) -> None:
    """Add the options that every command has, and brokerdesk alone."""
    parser.add_argument(
        "--home",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="the folder of the book and config.toml (or set BROKERDESK_HOME)",
    )
    parser.add_argument(
        "--profile",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help="a profile of config.toml; without it the one that its line profile names, else the built-in sandbox",
    )


def add_confirmation(parser: CommandParser, about: str) -> None:
    """Add the options of a command that sends a plan. `about` is the help of `--yes`."""
    parser.add_argument("--yes", action="store_true", help=about)
    add_plan_hash(parser)


def add_plan_hash(parser: CommandParser) -> None:
    """Add `--plan`."""
    parser.add_argument("--plan", metavar="HASH", help="send only the plan with this hash")


def add_columns(parser: CommandParser, flag: str, headers: str) -> None:
    """Add the option that says which columns a file has. `headers` says of which file."""
    parser.add_argument(
        flag,
        metavar="THEIRS=OURS,…",
        default="",
        help=f"which column each of {headers} is, or the name of remembered answers (see docs/files.md)",
    )


def add_dates(parser: CommandParser) -> None:
    """Add `--dates`."""
    parser.add_argument(
        "--dates",
        choices=("dmy", "mdy"),
        default="",
        help="the order of day and month in dates such as 3/4/1985; without it each column's other dates decide",
    )


def whole_number(text: str) -> int:
    """Return a number from 1 on. Raises `ArgumentTypeError`."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"“{text}” isn't a number from 1 on")
    return int(text)


def whole_number_or_all(text: str) -> int:
    """Return a number from 1 on; for "all" one that no list reaches. Raises `ArgumentTypeError`."""
    return sys.maxsize if text == "all" else whole_number(text)
