"""The table of the systems that the desk speaks to: their names, their key in a configuration, what they are for.

The table is in core, not in data: error messages and plans of core name the systems, and the screens name them too.
Core may not import data, and a screen may import neither `data` nor a client. How a system is reached (addresses,
requests, replies) is not the concern of this table; `data.vendors` knows that.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from core.push.plan import System


class Purpose(StrEnum):
    """What a system is for: cards come from it, cards are pushed to it, or it holds contacts."""

    CARDS = "cards"
    FLEX = "flex"
    CONTACTS = "contacts"


class SystemNames(Struct, frozen=True):
    """What one system is called and what it is for.

    `display_name` is its name in texts, `short_name` its name in the top bar (at most four characters), `config_key`
    its table in a profile of config.toml and the stem of the variable that may hold its secret.
    """

    display_name: str
    short_name: str
    config_key: str
    purpose: Purpose


SYSTEMS: Final[Mapping[System, SystemNames]] = {
    System.BROKERENGINE: SystemNames("BrokerEngine", "BE", "brokerengine", Purpose.CARDS),
    System.FLEX: SystemNames("FLEX", "FLEX", "flex", Purpose.FLEX),
    System.SIMPLENEXUS: SystemNames("SimpleNexus", "SN", "simplenexus", Purpose.CONTACTS),
    System.TOTAL_EXPERT: SystemNames("Total Expert", "TE", "total_expert", Purpose.CONTACTS),
}
"""The systems, in the order in which they are listed everywhere."""


def display_name(system: System) -> str:
    """Return a system's name as people know it, for example "Total Expert"."""
    return SYSTEMS[system].display_name


def short_name(system: System) -> str:
    """Return a system's name in at most four characters, for example "TE"."""
    return SYSTEMS[system].short_name


def config_key(system: System) -> str:
    """Return the name of a system's table in a profile, for example "total_expert"."""
    return SYSTEMS[system].config_key


def systems_for(purpose: Purpose) -> tuple[System, ...]:
    """Return the systems that serve a purpose, in the table's order."""
    return tuple(system for system, names in SYSTEMS.items() if names.purpose is purpose)
