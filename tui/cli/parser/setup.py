"""The options of the commands about profiles, connections, servers and the sandbox."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui.cli.parser.parts import add_command, add_common, add_confirmation

if TYPE_CHECKING:
    from tui.cli.parser.parts import CommandParser, Commands


def fill_listen(listen: CommandParser) -> None:
    """Add the options of `listen`."""
    listen.add_argument(
        "--host", metavar="ADDRESS", default="127.0.0.1", help="where to listen; without it on loopback"
    )
    listen.add_argument(
        "--port", type=int, metavar="P", help="without it as the profile says; 0: any free port"
    )


def _tested_event(given: str) -> str:
    """Return the kind of a test event. Raises `ArgumentTypeError` for a kind that the desk does not test with."""
    from core.push.plan import System  # noqa: PLC0415 - no other command line needs the table before it is parsed
    from core.webhooks.model import HARMLESS, WANTED  # noqa: PLC0415

    known = (HARMLESS, *WANTED[System.SIMPLENEXUS])
    if given not in known:
        raise argparse.ArgumentTypeError(f"name one of {', '.join(known)}")
    return given


def fill_webhooks(commands: Commands) -> None:
    """Add the commands of `webhooks`."""
    add_command(
        commands,
        "list",
        "setup.webhooks:listed",
        "what is registered, whose it is, and which events are missing; sends nothing",
        _add_system,
    )
    add_command(
        commands,
        "register",
        "setup.webhooks:register",
        "create what is missing, switch it on and test it: shown and asked first",
        _register,
    )
    add_command(
        commands,
        "test",
        "setup.webhooks:test",
        "have SimpleNexus send a test event, which never becomes a milestone",
        _test_webhooks,
    )
    add_command(
        commands,
        "new-secret",
        "setup.webhooks:new_secret",
        "give Total Expert's webhook a new secret; deliveries under way may still bear the old one",
        _new_secret,
    )
    add_command(
        commands,
        "remove",
        "setup.webhooks:remove",
        "take back what this desk made: shown and asked first",
        _remove,
    )


def _add_system(command: CommandParser) -> None:
    command.add_argument(
        "--system", choices=("simplenexus", "total-expert"), help="only this system; without it both"
    )


def _register(register: CommandParser) -> None:
    register.add_argument(
        "--url",
        metavar="URL",
        required=True,
        help="where the listener is reached from outside: https://hooks.example.com",
    )
    _remove(register)


def _test_webhooks(test: CommandParser) -> None:
    test.add_argument(
        "--event",
        metavar="NAME",
        default="user_updated",
        type=_tested_event,
        help="the kind of the test event; the listener takes none of that kind meanwhile",
    )
    _new_secret(test)


def _new_secret(secret: CommandParser) -> None:
    add_confirmation(secret, "do it without asking")


def _remove(remove: CommandParser) -> None:
    _add_system(remove)
    add_confirmation(remove, "do it without asking")


def _keeper_of_a_secret(given: str) -> str:
    """Take the name of a system, or of the listener; anything else may be the secret itself: it is not repeated."""
    from core.systems import SYSTEMS  # noqa: PLC0415 - no other command line needs the table before it is parsed

    known = (*SYSTEMS, "listen", "calculations")
    if given not in known:
        raise argparse.ArgumentTypeError(f"name one of {', '.join(known)}; the secret itself is asked for")
    return given


def fill_init(init: CommandParser) -> None:
    """Add the options of `init`."""
    init.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="an answer, by its key in the profile: flex.url=https://…, careful_start=false (nothing is asked then); "
        "never a secret",
    )
    init.add_argument("--answers", choices=("-",), help="read the profile's keys as TOML from stdin")
    init.add_argument("--skip-tests", action="store_true", help="try no connection")
    init.add_argument(
        "--secret-of",
        metavar="SYSTEM",
        type=_keeper_of_a_secret,
        help="of a profile that is there: ask for this secret, try it, store it",
    )


def fill_doctor(doctor: CommandParser) -> None:
    """Add the options of `doctor`."""
    doctor.add_argument(
        "--access",
        action="store_true",
        help="look at nothing; print the messages that ask administrators for access, before a profile is there",
    )
    doctor.add_argument(
        "--known",
        action="store_true",
        help="mark what has changed at the vendors as known, which changes the book",
    )


def fill_gateway(commands: Commands) -> None:
    """Add the commands of `gateway`."""
    add_command(
        commands,
        "check",
        "setup.gateway:check",
        "hold a gateway against our contract, on records of the check's own making; says what it left behind",
        _check_gateway,
    )
    add_command(
        commands,
        "new",
        "setup.gateway:new",
        "write a small gateway for FLEX to start from; it passes the check as it is, and no file is overwritten",
        _new_gateway,
    )


def _check_gateway(check: CommandParser) -> None:
    check.add_argument("url", metavar="URL")
    check.add_argument(
        "--client-id", metavar="ID", default="", help="the secret: from the environment, or asked for"
    )
    check.add_argument("--contract", choices=("flex", "brokerengine"), default="flex")
    check.add_argument(
        "--card",
        metavar="ID",
        default="",
        help="for BrokerEngine: a card of a test system; FLEX IDs are written on it, and its own is put back",
    )


def _new_gateway(new: CommandParser) -> None:
    new.add_argument("folder", metavar="DIR")


def fill_sandbox(commands: Commands) -> None:
    """Add the commands of `sandbox`."""
    about = "serve the four systems on loopback"
    commands.add_parser(
        "serve",
        help=about,
        description=f"{about}; prints one JSON line with their addresses. Client id and secret: sandbox.",
        fill=_serve,
    )


def _serve(serve: CommandParser) -> None:
    add_common(serve)
    serve.set_defaults(command=("setup.sandbox", "serve"))
    serve.add_argument("--port", type=int, default=0, help="0: any free port")
    serve.add_argument("--state", metavar="DIR", help="where it keeps what it holds")
    serve.add_argument("--cards", type=int, metavar="N", help="how many cards to seed")
    serve.add_argument("--contacts", type=int, metavar="N", help="how many contacts to seed")
    serve.add_argument("--officers", type=int, metavar="N", help="how many loan officers and users to seed")
    serve.add_argument("--insights", type=int, metavar="N", help="how many insights to seed (one by default)")
    serve.add_argument("--seed", type=int, metavar="N", help="which people")
    serve.add_argument(
        "--faults",
        default="",
        metavar="SPEC",
        help="what goes wrong: 'drop-reply POST /flex/opportunities *1'",
    )
