"""`python -m data.sandbox`: reads the command line and serves."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from data.sandbox.server import (
    DEFAULT_CARDS,
    DEFAULT_CONTACTS,
    DEFAULT_OFFICERS,
    DEFAULT_SEED,
    SandboxError,
    SeedSizes,
    complain,
    serve,
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        fix = "python -m data.sandbox --help lists the options."
        sys.exit(complain(SandboxError("usage", message, fix, 2)))


def main(arguments: list[str] | None = None) -> int:
    """Serve as the command line says; gives the exit code."""
    parser = _Parser(
        prog="python -m data.sandbox", description="Test versions of the vendors' systems, on this machine."
    )
    parser.add_argument("--port", type=int, default=0, help="0 for any free one (the default)")
    parser.add_argument("--state", type=Path, required=True, help="the folder that holds the records")
    parser.add_argument("--cards", type=int, default=DEFAULT_CARDS, help="cards to seed at the first start")
    parser.add_argument("--contacts", type=int, default=DEFAULT_CONTACTS, help="how many contacts to seed")
    parser.add_argument(
        "--officers", type=int, default=DEFAULT_OFFICERS, help="how many loan officers and users to seed"
    )
    parser.add_argument("--insights", type=int, help="how many insights to seed (one by default)")
    parser.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="the same number gives the same records"
    )
    parser.add_argument("--faults", default="", help="rules joined by ';', as 'drop-reply POST /flex *1'")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when stdin reaches its end")
    given = parser.parse_args(arguments)
    return serve(
        given.port,
        given.state,
        SeedSizes(given.cards, given.contacts, given.officers, given.insights),
        given.seed,
        given.faults,
        given.until_stdin_closes,
    )


if __name__ == "__main__":
    sys.exit(main())
