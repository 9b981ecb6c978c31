"""Holds one gateway against the contract of its system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from core.push.plan import System
from data.vendors.gateway_check.brokerengine_rules import BrokerEngineRules
from data.vendors.gateway_check.findings import Checked
from data.vendors.gateway_check.flex_rules import FlexRules
from data.vendors.http.client import HttpClient

WAITS: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each look for what was just made: an index may lag."""


async def check_gateway(
    wire: HttpClient, mark: str, waits: Sequence[float] = WAITS, *, card: str = ""
) -> Checked:
    """Check the gateway behind a wire. `mark` is a text of 8 to 24 letters and digits that no record bears yet.

    `card` is the ID of a card of BrokerEngine on which the check may write FLEX IDs; what was there is put back.
    """
    system = wire.address.system
    rules = (
        FlexRules(wire, mark, waits) if system is System.FLEX else BrokerEngineRules(wire, mark, waits, card)
    )
    await rules.run()
    version = str(rules.version) if rules.version else ""
    return Checked(system, tuple(rules.findings), tuple(rules.left), tuple(rules.not_tried), version)
