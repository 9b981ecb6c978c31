"""`gateway check` and `gateway new`: hold an aggregator's gateway against our contract, and write one to start from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from core.errors import UsageError
from core.push.plan import System
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say, say_table
from tui.cli.prompts import can_ask, unseen
from tui.wiring import setup

_SIGNS = {"kept": "✓", "broken": "✗", "advice": "!", "not-reached": "?"}


@dataclass(frozen=True, kw_only=True)
class GatewayCheckOptions(CommandOptions):
    """The options of `gateway check`."""

    url: str
    client_id: str
    contract: str
    card: str


@dataclass(frozen=True, kw_only=True)
class GatewayNewOptions(CommandOptions):
    """The options of `gateway new`."""

    folder: str


async def new(options: GatewayNewOptions) -> int:
    """Write a small gateway to start from. Raises `UsageError` where a file is there already, `DeskError`."""
    folder = Path(options.folder)
    files = await asyncio.to_thread(setup.write_gateway, folder)
    if options.json:
        emit_json({"files": [str(path) for path in files]})
        return 0
    say("Written:", *(f"  {path}" for path in files), "", "Run it and check it:")
    say(f"  GATEWAY_SECRET=choose-one python {folder / 'gateway.py'} --port 8080")
    say("  BROKERDESK_FLEX_SECRET=choose-one brokerdesk gateway check http://127.0.0.1:8080 --client-id desk")
    return 0


async def check(options: GatewayCheckOptions) -> int:
    """Run the conformance tests; 0 where every rule is kept, 1 where one is broken, 3 where it can't be reached."""
    system = System(options.contract)
    if options.card and system is not System.BROKERENGINE:
        raise UsageError("not-a-board", "--card names a card of BrokerEngine, and FLEX has no cards.")
    client_id, secret = options.client_id or "", _secret(system)
    checked = await setup.check_gateway(system, options.url, client_id, secret, options.card)
    if options.json:
        emit_json(
            {
                "contract": checked.contract,
                "kept": checked.kept,
                "findings": checked.findings,
                "left": checked.left,
                "not_tried": checked.not_tried,
                "version": checked.version,
            }
        )
    else:
        say_table((_SIGNS[one.verdict], one.rule, one.seen) for one in checked.findings)
        kept = (
            "The gateway keeps every rule." if checked.kept else "The gateway breaks some rules: see ✗ and ?."
        )
        say("", kept)
        if checked.left:
            say("Left behind, as there is no DELETE in the contract; remove them by hand:")
            say_table(
                ((one.kind, one.flex_id or "(may be there)", one.integration_id) for one in checked.left),
                indent="  ",
            )
        else:
            say("Nothing was left behind.")
        say("", "Not tried:")
        say_table(((reason,) for reason in checked.not_tried), indent="  ")
    if checked.findings[0].verdict == "not-reached":
        return 3
    return 0 if checked.kept else 1


def _secret(system: System) -> str:
    """Return the secret: from the environment, else asked for without echo. Never from the command line."""
    if secret := setup.secret_in_environment(system):
        return secret
    if not can_ask():
        raise UsageError(
            "no-secret",
            "There is no secret for the gateway, and no terminal to ask for it.",
            when="nobody was asked for it",
            variable=setup.secret_variable_of(system),
        )
    return unseen("Client secret (not shown): ", otherwise="Nothing was checked.")
