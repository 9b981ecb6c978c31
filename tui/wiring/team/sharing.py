"""What the senders of a team's book share: rate and token of each credential, and the work that is queued."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from core.automatic.follower import Follower
from core.automatic.worker import HeadStart
from core.push.plan import System
from core.push.team.ports import LASTS
from core.push.team.shared_rate import SharedRateLimiter
from data.vendors.http.tokens import TeamToken
from tui.wiring.book import team_of
from tui.wiring.systems import reach

_LOCK_LASTS: Final = 1.5
"""For how many deadlines of a request somebody has the right to request a token. Others wait for two of them."""

if TYPE_CHECKING:
    from core.push.engine import Engine
    from core.push.ports import PushBook
    from core.push.team.ports import TeamBook
    from data.connections import Connection
    from data.settings import Settings


def share_credentials(team: TeamBook | None, connections: Mapping[System, Connection]) -> None:
    """Let each connection share rate and token with all senders of a team's book that have the same credential.

    A desk of which the account may only read the book has a rate and a token of its own.
    """
    if team is None or not team.may_share:
        return
    for connection in connections.values():
        address = connection.wire.address
        connection.wire.pace = SharedRateLimiter(team, address.credential, address.rate)
        connection.wire.keep = TeamToken(team, address.credential, lasts=_LOCK_LASTS * address.deadline)


async def reach_with(
    book: PushBook, settings: Settings, wanted: Sequence[System], stack: AsyncExitStack
) -> dict[System, Connection]:
    """Return a connection to each of these systems, open until `stack` ends.

    On a team's book they share rates and tokens with those of all others. Raises `UsageError`, `Unreachable`.
    """
    connections = await reach(settings, wanted, stack)
    share_credentials(team_of(book), connections)
    return connections


def lease_for(connections: Mapping[System, Connection]) -> float:
    """Return for how many seconds a lease is taken: at least three times as long as any request may take."""
    longest = max((connection.wire.address.deadline for connection in connections.values()), default=0.0)
    return max(LASTS, 3 * longest)


def head_start(team: TeamBook | None) -> Callable[[], Awaitable[float]] | None:
    """Return what says for how long a desk leaves a queued push to workers; None for a desk that need not ask."""
    return None if team is None else HeadStart(team).seconds


async def begin_to_follow(team: TeamBook | None, engine: Engine) -> Callable[[AsyncExitStack], None]:
    """Note what the pushes of a team's book are now, before the unfinished ones are read.

    Return what shows from then on what others do with them, until a stack ends. Raises `BookClosed`.
    """
    if team is None:
        return lambda stack: None
    follower = Follower(engine, team)
    await follower.begin()

    def follow(stack: AsyncExitStack) -> None:
        following = asyncio.create_task(follower.run())
        stack.callback(following.cancel)

    return follow
