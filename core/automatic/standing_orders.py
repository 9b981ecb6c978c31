"""Gives, reads and ends standing orders: automatic work starts from now, and a person says so once.

The receipt of a push that a standing order sent names the order (`rule_of`).
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from core.automatic.records import AutomaticWork, StandingOrder
from core.local_forms import DeskTime
from core.push.ports import Book, Clock


class StandingOrders:
    """The standing orders of one book. `operator` gives new ones."""

    def __init__(self, book: Book, operator: str, clock: Clock) -> None:
        self._book = book
        self._operator = operator
        self._clock = clock

    async def of(self, what: AutomaticWork) -> StandingOrder | None:
        """Return the order for a kind of work, or None. Raises `BookClosed`."""
        return await self._book.get(StandingOrder, what)

    async def give(
        self, what: AutomaticWork, since: float | None = None, left: Collection[str] = ()
    ) -> StandingOrder:
        """Give an order, and return the order that holds: an earlier one stays. Raises `BookClosed`.

        Without `since` the order counts from now on. `since` is in seconds since 1970; 0 takes what is older too.
        """
        if (earlier := await self.of(what)) is not None:
            return earlier
        now = self._clock.now()
        begins = float(int(now)) if since is None else since  # the vendors' times are whole seconds
        order = StandingOrder(what, self._operator, now, begins, tuple(sorted(left)))
        await self._book.commit(order)
        return order

    async def take_backlog(self, what: AutomaticWork) -> StandingOrder:
        """Let an order take what is older than itself too; give it if there is none. Raises `BookClosed`."""
        order = replace(await self.give(what), since=0.0, left=())
        await self._book.commit(order)
        return order

    async def leave(self, what: AutomaticWork, ids: Collection[str]) -> None:
        """Leave these to a person, although an order would send them; without an order nothing changes.

        Raises `BookClosed`.
        """
        order = await self.of(what)
        if order is not None:
            await self._book.commit(replace(order, left=tuple(sorted({*order.left, *ids}))))

    async def end(self) -> list[StandingOrder]:
        """End every order, and return those that ended. Raises `BookClosed`."""
        orders = await self._book.all(StandingOrder)
        if orders:
            await self._book.commit(drop=[(StandingOrder, order.key) for order in orders])
        return orders


def rule_of(order: StandingOrder, local: DeskTime) -> str:
    """Return the rule that the receipt of a push by an order names: who gave the order, when, and what it takes."""
    since = f"from {local.moment(order.since)} on" if order.since else "older ones too"
    return (
        f"{order.by}'s standing order of {local.moment(order.at)}: {order.what.replace('-', ' ')} are sent "
        f"automatically, {since}; nobody was asked about this push"
    )
