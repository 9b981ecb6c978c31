"""The command line: parses, hands on, and turns errors into one clear message. Loads no textual."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from importlib import import_module, metadata
from typing import Final

from core.errors import DeskError
from tui.commands.output import report

ABOUT: Final = (
    "A mortgage desk's console: see what a push will do, confirm it once, trust that it happened once."
)
EXIT_CODES: Final = """\
exit codes: 0 done · 1 refused, or needs you · 2 usage · 3 a remote can't be reached · 4 the book can't be written
Nothing is sent without --yes or an answer at the prompt."""
INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, or the app; gives the exit code."""
    options = _parser().parse_args(arguments, argparse.Namespace(home=None, profile=None))
    as_json = getattr(options, "json", False)
    try:
        return _run(options)
    except DeskError as error:
        return report(error, as_json=as_json)
    except KeyboardInterrupt:
        stopped = DeskError("interrupted", "Stopped.", "What was on its way is checked by: brokerdesk resume")
        report(stopped, as_json=as_json)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _run(options: argparse.Namespace) -> int:
    module, function = options.command
    command = getattr(import_module(f"tui.commands.{module}"), function)
    if asyncio.iscoroutinefunction(command):
        return int(asyncio.run(command(options)))
    return int(command(options))


Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse gives its own type no public name


class _Parsers:
    """The parts that commands share."""

    def __init__(self) -> None:
        self.common = argparse.ArgumentParser(add_help=False)
        self.common.add_argument(
            "--home",
            metavar="DIR",
            default=argparse.SUPPRESS,
            help="where the book and config.toml live (or BROKERDESK_HOME)",
        )
        self.common.add_argument(
            "--profile",
            metavar="NAME",
            default=argparse.SUPPRESS,
            help="which profile of config.toml; none: the embedded sandbox",
        )
        self.speaking = argparse.ArgumentParser(add_help=False, parents=[self.common])
        self.speaking.add_argument("--json", action="store_true", help="one JSON value on stdout")

    def command(
        self, where: Commands[argparse.ArgumentParser], name: str, target: str, about: str
    ) -> argparse.ArgumentParser:
        """Add a command that runs `target` (`module:function` of tui.commands)."""
        made = where.add_parser(
            name,
            parents=[self.speaking],
            help=about,
            description=about,
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(command=tuple(target.split(":")))
        return made


def _parser() -> argparse.ArgumentParser:
    parts = _Parsers()
    parser = argparse.ArgumentParser(
        prog="brokerdesk",
        description=ABOUT,
        epilog=EXIT_CODES,
        parents=[parts.common],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"brokerdesk {metadata.version('brokerdesk')}")
    parser.set_defaults(command=("app", "app"))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    cards = parts.command(commands, "cards", "cards:cards", "list the board's cards")
    cards.add_argument("--filter", metavar="TEXT", help="only cards that hold every word of TEXT")
    preview = _group(commands, "preview", "show what a push would do, field by field")
    card = parts.command(preview, "card", "cards:preview_card", "what a push of a card would do")
    card.add_argument("id", metavar="CARD")
    push = _group(commands, "push", "push to FLEX: shown, asked once, sent once")
    card = parts.command(push, "card", "cards:push_card", "push a card as a new FLEX opportunity")
    card.add_argument("id", metavar="CARD")
    card.add_argument("--yes", action="store_true", help="send without asking")
    card.add_argument("--plan", metavar="HASH", help="send only if the plan is still this one")
    parts.command(commands, "activity", "journal:activity", "every push, live and past")
    parts.command(commands, "resume", "journal:resume", "go on with what is not finished")
    parts.command(commands, "links", "journal:links", "what is linked to what")
    _sandbox(parts, _group(commands, "sandbox", "the sandbox alone"))
    return parser


def _group(
    commands: Commands[argparse.ArgumentParser], name: str, about: str
) -> Commands[argparse.ArgumentParser]:
    return commands.add_parser(name, help=about, description=about).add_subparsers(
        metavar="WHAT", required=True
    )


def _sandbox(parts: _Parsers, commands: Commands[argparse.ArgumentParser]) -> None:
    about = "serve the four systems on loopback"
    serve = commands.add_parser(
        "serve",
        parents=[parts.common],
        help=about,
        description=f"{about}; prints one JSON line with their addresses. Client id and secret: sandbox.",
    )
    serve.set_defaults(command=("sandbox", "serve"))
    serve.add_argument("--port", type=int, default=0, help="0: any free port")
    serve.add_argument("--state", metavar="DIR", help="where it keeps what it holds")
    serve.add_argument("--cards", type=int, metavar="N", help="how many cards to seed")
    serve.add_argument("--contacts", type=int, metavar="N", help="how many contacts to seed")
    serve.add_argument("--seed", type=int, metavar="N", help="which people")
    serve.add_argument(
        "--faults",
        default="",
        metavar="SPEC",
        help="what goes wrong: 'drop-reply POST /flex/opportunities *1'",
    )


if __name__ == "__main__":
    sys.exit(main())
