"""`listen`: takes webhooks and calculations in, for the desk to fold in while it is open or when it is opened next."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass

from core.push.plan import System
from core.webhooks.model import PLACES
from tui import wiring
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.wiring import setup

BEHIND_TLS = (
    "It speaks plain HTTP, so put a server with TLS in front:",
    "  caddy:  hooks.example.com {{ reverse_proxy {host}:{port} }}",
    "{nginx}",
    "Deliveries are taken at {path}; each has to be signed with the secret both sides know. Ctrl-C ends it.",
)
TELLS = (
    f"Total Expert's notifications are taken at {PLACES[System.TOTAL_EXPERT]}.",
    "brokerdesk webhooks register --url https://hooks.example.com gives both systems the address.",
)
TAKES_CALCULATIONS = "Calculations are taken at {calculations}, signed with a secret of their own."
TAKES_NONE = "Calculations are not taken: brokerdesk init --secret-of calculations sets their secret up."


@dataclass(frozen=True, kw_only=True)
class ListenOptions(CommandOptions):
    """The options of `listen`."""

    host: str
    port: int | None
    """0 for any free port, None for the one of the profile."""


async def listen(options: ListenOptions) -> int:
    """Serve until stopped; prints where, then a line for each delivery, without client data, on stderr."""
    settings = wiring.settings_of(options.home, options.profile)
    port = settings.profile.listen.port if options.port is None else options.port

    path, calculations = setup.listened_paths(settings)

    def ready(host: str, port: int) -> None:
        if options.json:
            emit_json({"host": host, "port": port, "path": path, "calculations": calculations})
        else:
            shown = f"[{host}]" if ":" in host else host
            place = {
                "host": shown,
                "port": port,
                "path": path,
                "calculations": calculations,
                "nginx": nginx_line(shown, port, calculations),
            }
            say(f"Listening on {shown}:{port} for profile “{settings.name}”.")
            say(*(line.format(**place) for line in BEHIND_TLS))
            say(*TELLS)
            say((TAKES_CALCULATIONS if calculations else TAKES_NONE).format(**place))
            if not setup.is_this_machine(host):
                say("This address is not loopback: what is sent to it without TLS can be read on the way.")
        sys.stdout.flush()

    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("brokerdesk.listen")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(lines)
    try:
        await setup.listen(settings, options.host, port, ready)
    finally:
        logger.removeHandler(lines)
    return 0


def nginx_line(host: str, port: int, calculations: str | None) -> str:
    """Return the line for a server with TLS in front, which passes on every path at which something is taken.

    `calculations` is the path of calculations; None if they are not taken. It is the line in docs/webhooks.md too.
    """
    taken = "|".join(path.removeprefix("/") for path in (*PLACES.values(), calculations) if path)
    return (
        f"  nginx:  location ~ ^/({taken})$ {{ proxy_pass http://{host}:{port}; client_max_body_size 1m; }}"
    )
