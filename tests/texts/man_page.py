"""Writes the manual page from the parser of the command line: `make texts`. The wheel has the page."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from argparse_manpage.manpage import Manpage

from core.version import VERSION
from tests.support.fork_server import ROOT
from tui.cli.parser.completion import list_commands
from tui.cli.parser.parts import AS_WRITTEN
from tui.cli.parser.root import EXAMPLES, new_root_parser

NAME: Final = "see what a push of a mortgage desk will do, confirm it once, trust that it happened once"
"""What `whatis brokerdesk` and `apropos` say."""
_UNWRAPPED: Final = 100_000
"""Columns that no line reaches. The program that shows the page wraps the lines, to the reader's terminal."""
_FORMATTER: Final = partial(AS_WRITTEN, width=_UNWRAPPED)
_EVERYWHERE: Final = frozenset({"home", "profile"})
"""Options of every command, which the page explains once."""


def man_page() -> str:
    """Return the page. It has no date: the same program gives the same page on every day."""
    parser = new_root_parser()
    list_commands(parser)
    parser._positionals.title = "commands"
    parser.formatter_class = _FORMATTER
    for below in _parsers_below(parser):
        below.formatter_class = _FORMATTER
        below.description = None  # the library prints the same sentence before the usage
        for action in below._actions:
            if action.dest in _EVERYWHERE:
                action.help = argparse.SUPPRESS
    page = Manpage(parser, format="single-commands-section")
    page.date = ""
    page.source = f"brokerdesk {VERSION}"
    page.manual = "User Commands"
    page.description = NAME
    page.add_section("exit status", "=", "\n".join(_exit_codes()))
    page.add_section("examples", "=", ".nf\n" + "\n".join(EXAMPLES) + "\n.fi")
    page.add_section(
        "environment",
        "=",
        ".TP\nBROKERDESK_HOME\nThe folder of the book and config.toml; \\-\\-home comes first.",
    )
    return str(page)


def _exit_codes() -> Iterator[str]:
    """Yield the lines for the table of exit codes in docs/commands.md."""
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    for line in page.partition("\n## Exit codes\n")[2].partition("\n## ")[0].splitlines():
        if row := re.fullmatch(r"\| (\d+) \| (.+) \|", line):
            yield from (".TP", row[1], row[2])


def _parsers_below(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from _parsers_below(child)  # makes the child, which would undo what is set before
                yield child
