"""The command line's entry: it parses the words, and only then loads what the command needs. Loads no textual."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Final

from tui.cli import console
from tui.cli.parsed import APP, Parsed, the_app

if TYPE_CHECKING:
    from collections.abc import Sequence

COLLECT_SELDOM: Final = (50_000, 20, 100)
"""When a command collects garbage. Most of what a command makes, it keeps until it ends."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, or the app, and return the exit code.

    Without `arguments` it is the process's own run: then its streams are made safe first.
    """
    if arguments is not None:
        return _run(_parse(arguments), arguments)
    console.prepare()
    try:
        options = _parse(sys.argv[1:])
        console.silence_libraries()
        if options.command != APP:
            gc.set_threshold(*COLLECT_SELDOM)
        code = _run(options, sys.argv[1:])
    except SystemExit as left:  # argparse has printed the help, or what is wrong
        code = left.code if isinstance(left.code, int) else 0
    return console.checked(code)


def _parse(arguments: Sequence[str]) -> Parsed:
    if not arguments:
        return the_app()
    from tui.cli.parser.root import parse  # noqa: PLC0415 - the app alone needs no parser

    return parse(arguments)


def _run(options: Parsed, arguments: Sequence[str]) -> int:
    from tui.cli.run import run  # noqa: PLC0415 - the help and the version need none of it

    return run(options, arguments)


if __name__ == "__main__":
    sys.exit(main())
