"""One process of the team: `python -m tests.team.sender FILE worker N`, or `... FILE desk N OF`.

A worker works until SIGTERM, then finishes what is under way. A desk confirms its share of the plans, sends as the app
does, and ends once it shows that every push of the book is over. FILE has the terms of the run as JSON.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from core.automatic.backoff import rest_after
from core.automatic.follower import Follower
from core.automatic.resumption import Resumption
from core.automatic.worker import HeadStart, Worker
from core.errors import BookClosed
from core.push.engine import Engine
from core.push.plan import Asset, System
from core.push.records import RECORDS, Push, StepRecord
from core.push.states import ACTIVE, PushState
from core.push.team.shared_rate import SharedRateLimiter
from data.team_book.address import parse_address
from data.team_book.book import Opening, PostgresBook, open_team_book
from data.vendors.flex import Flex
from data.vendors.http.client import HttpClient, SystemAddress
from tests.team.plans import WORKSPACE, plans
from tui.wiring.clock import WallClock

T = TypeVar("T")

SECRET: Final = bytes(range(32))
AT_ONCE: Final = 16
"""How many pushes a desk sends at once, as the app does when many cards are pushed."""


class Terms(Struct, frozen=True):
    """The terms of a run. Times are in seconds."""

    dsn: str
    flex: str
    steps: int
    rate: float
    deadline: float
    settle: float
    lasts: float


def open_book(terms: Terms, operator: str) -> PostgresBook:
    """Open the team's book as one sender."""
    address = parse_address(terms.dsn)
    return open_team_book(Opening(address, SECRET, WORKSPACE, operator), RECORDS, write=True)


class TeamMember:
    """What each process of the team has."""

    def __init__(self, terms: Terms, name: str, *, is_desk: bool) -> None:
        self.terms = terms
        self.book = open_book(terms, name)
        address = SystemAddress(
            System.FLEX, terms.flex, "sandbox", "sandbox", rate=terms.rate, deadline=terms.deadline
        )
        self.wire = HttpClient(address)
        self.wire.pace = SharedRateLimiter(self.book, "flex:sandbox", terms.rate)
        self.resumption = Resumption(WallClock(), Random())
        self.over: set[str] = set()
        self.expected = len(list(plans(terms.steps)))
        self.shows_all = asyncio.Event()
        self.engine = Engine(
            self.book,
            {System.FLEX: Flex(self.wire, terms.settle)},
            WallClock(),
            Random(),
            listen=self._heard,
            lasts=terms.lasts,
            rest=rest_after,
            head_start=HeadStart(self.book).seconds if is_desk else None,
        )

    def _heard(self, push: Push, steps: object) -> None:
        if push.state not in ACTIVE:
            self.over.add(push.push_id)
            if len(self.over) == self.expected:
                self.shows_all.set()
        if self.engine.carries(push.push_id):
            self.resumption.heard(push, steps, self.engine)  # type: ignore[arg-type]  # the steps of the push

    async def try_again(self) -> None:
        """Try again what a failed connection has paused here."""
        async for _ in self.resumption.run(self.engine):
            pass


async def work(member: TeamMember) -> None:
    """Send what is queued until SIGTERM, then finish what is under way."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    await _patiently(member.engine.recover)
    again = asyncio.ensure_future(member.try_again())
    await Worker(secrets.token_hex(4), member.engine, member.book, WallClock(), {Asset.SYNC}).run(ending)
    again.cancel()
    await member.engine.stop(10.0)


async def sit(member: TeamMember, n: int, of: int) -> None:
    """Confirm every `of`-th plan from the `n`-th on, send, and end once all pushes of the book are over."""
    follower = Follower(member.engine, member.book)
    await _patiently(follower.begin)
    await _patiently(member.engine.recover)
    following = asyncio.ensure_future(follower.run())
    again = asyncio.ensure_future(member.try_again())
    slots = asyncio.Semaphore(AT_ONCE)

    async def send(push_id: str) -> None:
        async with slots:
            await _patiently(lambda: member.engine.finish(push_id))

    sending = []
    for number, plan in enumerate(plans(member.terms.steps)):
        if number % of == n:
            push = await _patiently(lambda: member.engine.begin(plan, f"desk-{n}", f"P{number}"))  # noqa: B023 - at once
            sending.append(asyncio.ensure_future(send(push.push_id)))
    await asyncio.gather(*sending)
    await member.shows_all.wait()
    following.cancel()
    again.cancel()
    await member.engine.stop(10.0)


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask until the book is there: a process that was paused for long has lost its connection."""
    while True:
        try:
            return await ask()
        except BookClosed:
            await asyncio.sleep(1)


async def main(terms: Terms, role: str, *numbers: str) -> None:
    """Be one member of the team."""

    async def join() -> TeamMember:
        return TeamMember(terms, f"{role}-{numbers[0]}", is_desk=role == "desk")

    member = await _patiently(join)
    try:
        if role == "desk":
            await sit(member, int(numbers[0]), int(numbers[1]))
        else:
            await work(member)
    finally:
        await member.wire.close()
        member.book.close()


async def ends_of(book: PostgresBook) -> tuple[list[Push], list[StepRecord]]:
    """Return every push of a book, and every step."""
    return await book.all(Push), await book.all(StepRecord)


AT_REST: Final = frozenset(PushState) - {PushState.QUEUED, PushState.RUNNING, PushState.PAUSED}


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Terms), *sys.argv[2:]))
