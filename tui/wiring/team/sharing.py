"""What the senders of a team's book share: the rate of each credential, and the work that is queued."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from core.automatic.follower import Follower
from core.automatic.worker import HeadStart
from core.push.plan import System
from core.push.team.ports import LASTS
from core.push.team.shared_rate import SharedRateLimiter

if TYPE_CHECKING:
    from core.push.engine import Engine
    from core.push.team.ports import TeamBook
    from data.connections import Connection


def share_rates(team: TeamBook | None, connections: Mapping[System, Connection]) -> None:
    """Let each connection share its rate with all senders of a team's book that have the same credential."""
    if team is None:
        return
    for system, connection in connections.items():
        address = connection.wire.address
        credential = f"{system} {address.url} {address.client_id}"
        connection.wire.pace = SharedRateLimiter(team, credential, address.rate)


def lease_for(connections: Mapping[System, Connection]) -> float:
    """Return for how many seconds a lease is taken: at least three times as long as any request may take."""
    longest = max((connection.wire.address.deadline for connection in connections.values()), default=0.0)
    return max(LASTS, 3 * longest)


def head_start(team: TeamBook | None) -> Callable[[], Awaitable[float]] | None:
    """Return what says for how long a desk leaves a queued push to workers; None for a desk that need not ask."""
    return None if team is None else HeadStart(team).seconds


def follow(team: TeamBook | None, engine: Engine, stack: AsyncExitStack) -> None:
    """Show what others do with the pushes of a team's book, until `stack` ends."""
    if team is not None:
        following = asyncio.create_task(Follower(engine, team).run())
        stack.callback(following.cancel)
