"""The options of the commands about profiles, connections, servers and the sandbox."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tui.cli.parser.parts import StoreOffered, add_command, add_common, add_confirmation, nearest_or_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.cli.parser.parts import CommandParser, Commands


def fill_listen(listen: CommandParser) -> None:
    """Add the options of `listen`."""
    listen.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="the address to listen on; without it this machine only",
    )
    listen.add_argument(
        "--port",
        type=int,
        metavar="P",
        help="the port; without it that of the profile; 0 takes any free port",
    )


def _tested_events() -> Sequence[str]:
    """Return the kinds of test events that the desk asks for."""
    from core.push.plan import System  # noqa: PLC0415 - no other command line needs the table before it is parsed
    from core.webhooks.model import HARMLESS, WANTED  # noqa: PLC0415 - as above

    return (HARMLESS, *WANTED[System.SIMPLENEXUS])


def fill_serve(serve: CommandParser) -> None:
    """Add the options of `serve`."""
    serve.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="the address to listen on; without it this machine only",
    )
    serve.add_argument("--port", type=int, metavar="P", default=8760, help="the port; 0 takes any free port")
    serve.add_argument(
        "--public-url",
        metavar="URL",
        help="the https address that a server in front offers to browsers (see docs/serve.md)",
    )
    serve.add_argument(
        "--idle",
        type=_minutes,
        metavar="MINUTES",
        default=30,
        help="after how many minutes without a touch the desk is locked; without it 30",
    )
    serve.add_argument(
        "--keep",
        type=_minutes,
        metavar="MINUTES",
        default=15,
        help="for how many minutes a desk waits for a page after its own was closed; without it 15",
    )


def _minutes(given: str) -> int:
    """Return a number of minutes, from one to a day. Raises `ArgumentTypeError`."""
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:6]) <= 1_440:
        raise argparse.ArgumentTypeError("give a number of minutes from 1 to 1440")
    return int(given)


def _tested_event(given: str) -> str:
    """Return the kind of a test event. Raises `ArgumentTypeError` for a kind that the desk does not test with."""
    if given not in (known := _tested_events()):
        raise argparse.ArgumentTypeError(
            f"“{given}” isn't a kind of test event: {nearest_or_all(given, known)}"
        )
    return given


def fill_webhooks(commands: Commands) -> None:
    """Add the commands of `webhooks`."""
    add_command(
        commands,
        "list",
        "setup.webhooks:listed",
        "List what is registered, who registered it, and which events are missing. Sends nothing.",
        _add_system,
        ("brokerdesk webhooks list",),
    )
    add_command(
        commands,
        "register",
        "setup.webhooks:register",
        "Create what is missing, switch it on and test it. Shows the plan and asks first.",
        _register,
        ("brokerdesk webhooks register --url https://hooks.example.com",),
    )
    add_command(
        commands,
        "test",
        "setup.webhooks:test",
        "Ask SimpleNexus for a test event. A test event never becomes a milestone.",
        _test_webhooks,
        ("brokerdesk webhooks test",),
    )
    add_command(
        commands,
        "new-secret",
        "setup.webhooks:new_secret",
        "Give Total Expert's webhook a new secret. Deliveries under way may still use the old one.",
        _new_secret,
        ("brokerdesk webhooks new-secret",),
    )
    add_command(
        commands,
        "remove",
        "setup.webhooks:remove",
        "Remove the webhooks that brokerdesk made. Shows the plan and asks first.",
        _remove,
        ("brokerdesk webhooks remove --system simplenexus",),
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
        help="the address at which the internet reaches the listener",
    )
    _remove(register)


def _test_webhooks(test: CommandParser) -> None:
    test.add_argument(
        "--event",
        metavar="NAME",
        default="user_updated",
        type=_tested_event,
        action=StoreOffered,
        offered=_tested_events,
        help="the kind of the test event; the listener ignores real events of that kind during the test",
    )
    _new_secret(test)


def _new_secret(secret: CommandParser) -> None:
    add_confirmation(secret, "do it without asking")


def _remove(remove: CommandParser) -> None:
    _add_system(remove)
    add_confirmation(remove, "do it without asking")


def _keepers_of_secrets() -> Sequence[str]:
    """Return what a profile can hold a secret of."""
    from core.systems import SYSTEMS  # noqa: PLC0415 - no other command line needs the table before it is parsed

    return (*SYSTEMS, "listen", "calculations", "book")


def _keeper_of_a_secret(given: str) -> str:
    """Take the name of what has a secret; anything else may be the secret itself: it is not repeated."""
    if given not in (known := _keepers_of_secrets()):
        raise argparse.ArgumentTypeError(f"name one of {', '.join(known)}; the secret itself is asked for")
    return given


def fill_init(init: CommandParser) -> None:
    """Add the options of `init`."""
    init.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="answer a question by its key in the profile, such as flex.url=https://…; with it nothing is asked. "
        "brokerengine= makes a desk of cards without any gateway. Never a secret",
    )
    init.add_argument("--answers", choices=("-",), help="read the keys of the profile as TOML from stdin")
    init.add_argument("--skip-tests", action="store_true", help="don't try the connections")
    init.add_argument(
        "--secret-of",
        metavar="SYSTEM",
        type=_keeper_of_a_secret,
        action=StoreOffered,
        offered=_keepers_of_secrets,
        help="ask for one secret of an existing profile, try it and store it",
    )


def fill_config(commands: Commands) -> None:
    """Add the commands of `config`."""
    add_command(
        commands,
        "show",
        "setup.config:show",
        "Show each setting and the file that it came from. Secrets are never shown, only where they are stored.",
        examples=("brokerdesk config show", "brokerdesk config show --profile live --json"),
    )
    add_command(
        commands,
        "check",
        "setup.config:check",
        "Check config.toml and the files that it names: each problem with its line, and what to write. Asks no system.",
        examples=("brokerdesk config check", "brokerdesk config check --json"),
    )
    add_command(
        commands,
        "schema",
        "setup.config:schema",
        "Print the JSON schema of config.toml, for editors and scripts.",
        examples=("brokerdesk config schema",),
    )


def fill_doctor(doctor: CommandParser) -> None:
    """Add the options of `doctor`."""
    doctor.add_argument(
        "--access",
        action="store_true",
        help="only print the messages that ask administrators for access; needs no profile",
    )
    doctor.add_argument(
        "--known",
        action="store_true",
        help="mark the vendors' changes as known (writes to the book)",
    )


def fill_gateway(commands: Commands) -> None:
    """Add the commands of `gateway`."""
    add_command(
        commands,
        "check",
        "setup.gateway:check",
        "Check a gateway against our contract, with test records. Says which records it left behind.",
        _check_gateway,
        ("brokerdesk gateway check https://flex.example --client-id desk",),
    )
    add_command(
        commands,
        "new",
        "setup.gateway:new",
        "Write a small FLEX gateway to start from. It passes the check, and no file is overwritten.",
        _new_gateway,
        ("brokerdesk gateway new my-gateway",),
    )


def _check_gateway(check: CommandParser) -> None:
    check.add_argument("url", metavar="URL", help="the address of the gateway")
    check.add_argument(
        "--client-id",
        metavar="ID",
        default="",
        help="the client id; the secret comes from the environment or is asked for",
    )
    check.add_argument(
        "--contract", choices=("flex", "brokerengine"), default="flex", help="the contract; without it flex"
    )
    check.add_argument(
        "--card",
        metavar="ID",
        default="",
        help="for BrokerEngine: a card of a test system; the check writes FLEX IDs to it and restores its own",
    )


def _new_gateway(new: CommandParser) -> None:
    new.add_argument("folder", metavar="DIR", help="an empty folder, or one to make")


def fill_sandbox(commands: Commands) -> None:
    """Add the commands of `sandbox`."""
    about = "Serve the four systems on this machine."
    commands.add_parser(
        "serve",
        help=about,
        description=f"{about} Prints one JSON line with their addresses. Client id and secret: sandbox.",
        fill=_serve,
    )
    add_command(
        commands,
        "day",
        "setup.practice:day",
        "Say what happened today in the sandbox, and where the app shows it.",
        _day,
        ("brokerdesk sandbox day", "brokerdesk sandbox day --again"),
    )
    add_command(
        commands,
        "faults",
        "setup.practice:faults",
        "Let something go wrong in the sandbox of an open app. Without SPEC list the active faults.",
        _faults,
        ("brokerdesk sandbox faults 'drop-reply POST /flex *1'", "brokerdesk sandbox faults --end"),
    )
    add_command(
        commands,
        "reset",
        "setup.practice:reset",
        "Start again with new records: removes the sandbox's records and the practice book. Asks first.",
        _reset,
        ("brokerdesk sandbox reset",),
    )


def _day(day: CommandParser) -> None:
    day.add_argument("--again", action="store_true", help="first play one more day, with other people")


def _faults(faults: CommandParser) -> None:
    faults.add_argument(
        "spec",
        metavar="SPEC",
        nargs="?",
        default="",
        help="a fault to add, such as 'drop-reply POST /flex *1' (see docs/sandbox.md)",
    )
    faults.add_argument("--end", action="store_true", help="first end all active faults")


def _reset(reset: CommandParser) -> None:
    reset.add_argument("--yes", action="store_true", help="do it without asking")


def _serve(serve: CommandParser) -> None:
    add_common(serve)
    serve.set_defaults(command=("setup.sandbox", "serve"))
    serve.add_argument("--port", type=int, default=0, help="the port; 0 takes any free port")
    serve.add_argument("--state", metavar="DIR", help="the folder of the sandbox's records")
    serve.add_argument("--cards", type=int, metavar="N", help="how many cards to seed")
    serve.add_argument("--contacts", type=int, metavar="N", help="how many contacts to seed")
    serve.add_argument("--officers", type=int, metavar="N", help="how many loan officers and users to seed")
    serve.add_argument("--insights", type=int, metavar="N", help="how many insights to seed (one without it)")
    serve.add_argument("--seed", type=int, metavar="N", help="the seed: another number makes other people")
    serve.add_argument(
        "--faults",
        default="",
        metavar="SPEC",
        help="what goes wrong, such as 'drop-reply POST /flex/opportunities *1'",
    )
