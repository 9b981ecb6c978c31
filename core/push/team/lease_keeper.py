"""Keeps the leases of one sender: takes each once, renews it while somebody here needs it, and gives it back.

Says for how long a lease surely lasts: docs/protocol.md, "Several senders". Knows no push and no remote.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from math import inf
from typing import Final

from core.errors import BookClosed, HeldElsewhere
from core.push.ports import Clock, Lease, PushBook
from core.push.team.ports import LASTS, RENEWALS, lease_lost

_SOON: Final = 0.2
"""Seconds between two claims of something that somebody holds for a moment."""

Permit = Callable[[float], bool]
"""Says whether a request may leave now that takes so many seconds at most."""


def _always(seconds: float) -> bool:  # noqa: ARG001 - the form of a permit
    return True


SEND_PERMIT: ContextVar[Permit] = ContextVar("SEND_PERMIT", default=_always)
"""The permit of the step that is being sent. A connection asks it last of all, when the turn of the request has come.

It is a context variable because it belongs to one send, and passes through the client of every system unchanged.
"""


class _Hold:
    """A name that this sender needs: how many need it, and the lease once it is taken."""

    def __init__(self) -> None:
        self.users = 0
        self.lock = asyncio.Lock()
        self.lease: Lease | None = None
        self.is_lost = False
        self.rest = 0.0
        self.counted_from = (0.0, 0.0)
        """When the book was asked for the lease: by the event loop's clock and by the wall clock."""


class LeaseKeeper:
    """Holds leases for one sender. Every method that asks the book may raise `BookClosed`."""

    def __init__(self, book: PushBook, clock: Clock, *, lasts: float = LASTS) -> None:
        self._book = book
        self._clock = clock
        self._lasts = lasts
        self._holds: dict[str, _Hold] = {}
        self._taken: dict[str, tuple[Lease, tuple[float, float]]] = {}
        """Leases that `take` got and that nobody here holds yet, each with the clocks from which it is counted."""
        self._renewing: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def hold(self, name: str, taken: Callable[[Lease], Awaitable[None]]) -> AsyncIterator[None]:
        """Hold the lease on a name. Whoever holds it here already shares it.

        `taken` is called with a lease that begins now, before anybody here uses it. The last one to leave gives the
        lease back. Raises `HeldElsewhere`, and what `taken` raises.
        """
        hold = self._holds.setdefault(name, _Hold())
        hold.users += 1
        try:
            async with hold.lock:
                if hold.lease is None:
                    asked = self._clocks()
                    if name in self._taken:
                        lease, asked = self._taken.pop(name)
                    else:
                        lease = await self._book.claim(name, self._lasts)
                    hold.lease, hold.counted_from, hold.is_lost = lease, asked, False
                    self._keep_renewing()
                    try:
                        await taken(lease)
                    except BaseException:
                        await self._give_back(hold)
                        hold.lease = None
                        raise
            yield
        finally:
            hold.users -= 1
            if not hold.users:
                del self._holds[name]
                await self._give_back(hold)

    async def take(self, ask: Callable[[float], Awaitable[Sequence[Lease]]]) -> list[str]:
        """Take the leases that `ask` gets for so many seconds, and return their names. The caller holds each soon."""
        asked = self._clocks()
        leases = await ask(self._lasts)
        self._taken |= {lease.name: (lease, asked) for lease in leases}
        return [lease.name for lease in leases]

    def has_taken(self, name: str) -> bool:
        """Return True if `take` has got the lease on a name, and nobody here holds it yet."""
        return name in self._taken

    def is_held(self, name: str) -> bool:
        """Return True while somebody here holds a name, or waits for its lease."""
        return name in self._holds

    def let_rest(self, name: str, seconds: float) -> None:
        """Let nobody claim a held name as the next one for some seconds once the lease is given back."""
        self._holds[name].rest = seconds

    def left(self, name: str) -> float:
        """Return for how many seconds the lease on a name surely lasts; `inf` for one that never ends, 0 without one.

        The time that has passed is the longer one by two clocks: that of the event loop stands still while a machine
        sleeps, and the wall clock can be set back.
        """
        hold = self._holds.get(name)
        if hold is None or hold.lease is None or hold.is_lost:
            return 0.0
        passed = max(now - then for now, then in zip(self._clocks(), hold.counted_from, strict=True))
        return hold.lease.lasts - passed

    async def ensure(self, name: str) -> None:
        """Renew a held lease if less than half of its time is left. Raises `LeaseLost` if it is lost."""
        if self.left(name) >= self._lasts / 2:
            return
        await self._renew([name])
        if self._holds[name].is_lost:
            raise lease_lost(name)

    def permit(self, name: str) -> Permit:
        """Return what says whether a request may leave under the lease on a held name."""
        return lambda seconds: self.left(name) >= seconds

    def _clocks(self) -> tuple[float, float]:
        return asyncio.get_running_loop().time(), self._clock.now()

    def _keep_renewing(self) -> None:
        if self._renewing is None and self._that_end():
            self._renewing = asyncio.get_running_loop().create_task(self._renew_now_and_then())

    async def _renew_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._lasts / RENEWALS)
            with suppress(BookClosed):  # the leases end if the book stays away, and each send asks for that
                await self._renew(self._that_end())

    def _that_end(self) -> list[str]:
        return [
            name
            for name, hold in self._holds.items()
            if hold.lease is not None and hold.lease.lasts < inf and not hold.is_lost
        ]

    async def _renew(self, names: Sequence[str]) -> None:
        asked = self._clocks()
        holds = [hold for name in names if (hold := self._holds.get(name)) is not None]
        leases = {hold.lease.name: hold.lease for hold in holds if hold.lease is not None}
        renewed = {lease.name: lease for lease in await self._book.renew([*leases.values()], self._lasts)}
        for hold in holds:
            if hold.lease is None or hold.lease.name not in leases:
                continue  # it was given back meanwhile
            if (lease := renewed.get(hold.lease.name)) is None:
                hold.is_lost = True
            else:
                hold.lease, hold.counted_from = lease, asked

    async def _give_back(self, hold: _Hold) -> None:
        if self._renewing is not None and not self._that_end():
            self._renewing.cancel()
            self._renewing = None
        if hold.lease is not None and not hold.is_lost:
            with suppress(BookClosed):  # it ends by itself
                await self._book.release(hold.lease, rest=hold.rest)


async def claim_patiently(book: PushBook, name: str, lasts: float) -> Lease:
    """Take the lease on a name as soon as nobody else holds it. Raises `BookClosed`."""
    while True:
        try:
            return await book.claim(name, lasts)
        except HeldElsewhere:
            await asyncio.sleep(_SOON)
