"""`gateway check`: holds an aggregator's gateway against our contract, and says what it left behind there."""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass

from core.errors import UsageError
from core.push.plan import System
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.wiring import setup

_SIGNS = {"kept": "✓", "broken": "✗", "advice": "!", "not-reached": "?"}


@dataclass(frozen=True, kw_only=True)
class GatewayCheckOptions(CommandOptions):
    """The options of `gateway check`."""

    url: str
    client_id: str
    contract: str


async def check(options: GatewayCheckOptions) -> int:
    """Run the conformance tests; 0 where every rule is kept, 1 where one is broken, 3 where it can't be reached."""
    system = System(options.contract)
    client_id, secret = options.client_id or "", _secret(system)
    checked = await setup.check_gateway(system, options.url, client_id, secret)
    if options.json:
        emit_json(
            {
                "contract": checked.contract,
                "kept": checked.kept,
                "findings": checked.findings,
                "left": checked.left,
            }
        )
    else:
        say_table((_SIGNS[one.verdict], one.rule, one.seen) for one in checked.findings)
        say("", "Every rule is kept." if checked.kept else "It does not keep the contract yet: see ✗ and ?.")
        if checked.left:
            say("Left behind, as there is no DELETE in the contract; remove them by hand:")
            say_table(
                ((one.kind, one.flex_id or "(may be there)", one.integration_id) for one in checked.left),
                indent="  ",
            )
        else:
            say("Nothing was left behind.")
        if system is System.BROKERENGINE:
            say("FLEX IDs were not written back: there is no record of the check's own to write them on.")
    if checked.findings[0].verdict == "not-reached":
        return 3
    return 0 if checked.kept else 1


def _secret(system: System) -> str:
    """Return the secret: from the environment, else asked for without echo. Never from the command line."""
    if secret := setup.secret_in_environment(system):
        return secret
    if not sys.stdin.isatty():
        raise UsageError(
            "no-secret",
            "There is no secret for the gateway, and no terminal to ask for it.",
            when="nobody was asked for it",
            variable=setup.secret_variable_of(system),
        )
    return getpass.getpass("Client secret (not shown): ")
