"""A small read of each system: does it answer, and does it accept our credentials?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from core.errors import Unreachable
from core.push.plan import System
from data.vendors.http.client import SystemAddress
from data.vendors.http.reply import HttpReply

NOBODY: Final = "BD-nobody-at-all-f3a9c1"
"""A reference that no record has."""
_GLANCE: Final[Mapping[System, tuple[str, Mapping[str, str]]]] = {
    System.BROKERENGINE: ("/cards", {"page": "1", "page_size": "1"}),
    System.FLEX: ("/contacts", {"IntegrationId": NOBODY}),
    System.SIMPLENEXUS: ("/users/loan_officers", {"page": "1", "page_size": "1"}),
    System.TOTAL_EXPERT: ("/users", {"page[number]": "1", "page[size]": "1"}),
}
"""The read of each system. The read takes the same permission as the desk's own reads."""


class Wire(Protocol):
    """The part of a connection that a glance needs."""

    @property
    def address(self) -> SystemAddress:
        """Return where the system is."""
        ...

    @property
    def name(self) -> str:
        """Return the system's name as a person reads it."""
        ...

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> HttpReply:
        """Read once. Raises `Unreachable`."""
        ...


async def greet(wire: Wire) -> HttpReply:
    """Sign in and read a little, as the desk does. Raises `Unreachable` with what is wrong."""
    path, params = _GLANCE[wire.address.system]
    reply = await wire.get(path, params)
    if reply.status == 404 or reply.lenient_object() is None:
        raise Unreachable(
            "bad-answer",
            f"What answers at {wire.address.url} is not {wire.name}: it gives nothing readable at {path}.",
            when="another program answers",
            path=path,
        )
    return reply


async def answers(wire: Wire) -> bool:
    """Return True if a system answers a read now. A token that was given earlier is not an answer."""
    try:
        await greet(wire)
    except Unreachable:
        return False
    return True
