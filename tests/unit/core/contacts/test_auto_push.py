"""New users are pushed again by themselves after every failure that passes, and never stop without a word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import msgspec
import pytest

from core.automatic.brake import Brake
from core.automatic.quiet_start import QuietStart
from core.automatic.records import AutomaticWork
from core.automatic.resumption import Resumption
from core.automatic.standing_orders import StandingOrders
from core.contacts.sync.auto_push import (
    NEW_USERS_EVERY,
    AutoPush,
    AutoPushEvent,
    NewUsersAsked,
    NewUsersBegun,
    NewUsersNeedPerson,
    NewUsersNeedWord,
    NewUsersStopped,
    NewUsersWait,
)
from core.errors import Unreachable
from core.push.engine import Engine
from core.push.plan import Asset
from core.push.ports import Diverted, NotSent
from core.push.records import Push, StepRecord
from tests.support.fakes import LoopClock
from tests.support.people import but
from tests.support.virtual_time import virtually
from tests.unit.core.contacts.test_sync_use_cases import CY, OTHER_CY, TE, Desks

DEE = but(CY, id="S7", first_name="Dee", email="dee@x.example", since="2026-01-06T10:00:00Z")
DAY = 86_400.0
FIRST_SYNC = 1_700_000_000.0


@pytest.fixture(autouse=True)
def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Match and plan in the loop itself: its time is virtual, and a thread would take real time."""

    async def inline(work: Callable[..., Any], *arguments: Any) -> Any:
        return work(*arguments)

    monkeypatch.setattr(asyncio, "to_thread", inline)


class Console:
    """An open desk with `auto_push`: it looks for new users, and goes on with what a failure has paused."""

    def __init__(self, at_most: int = 200) -> None:
        self.desks = Desks([but(CY, since="2026-01-05T10:00:00Z")], [], auto_push=True)
        start = QuietStart(FIRST_SYNC)
        self.desks.book.tables[start.table] = {start.key: msgspec.json.encode(start)}
        self.clock = LoopClock()
        self.resumption = Resumption(self.clock, Random(1))
        self.engine = Engine(
            self.desks.book,
            self.desks.remotes,
            self.clock,
            Random(1),
            fresh={Asset.SYNC: self.desks.syncs},
            listen=self._heard,
        )
        self.brake = Brake(self.desks.book, at_most, "m.hale", self.clock)
        self.orders = StandingOrders(self.desks.book, "m.hale", self.clock)
        self.auto_push = AutoPush(
            self.desks.syncs, self.engine, self.orders, self.brake, self.clock, Random(1)
        )
        self.told: list[AutoPushEvent] = []
        self.down: Unreachable | None = None
        read = self.desks.ours.owners

        async def owners() -> object:
            self.looks += 1
            if self.down is not None:
                raise self.down
            return await read()

        self.looks = 0
        self.desks.ours.owners = owners  # type: ignore[assignment,method-assign]  # the system is down at times

    def _heard(self, push: Push, steps: Sequence[StepRecord]) -> None:
        self.resumption.heard(push, steps, self.engine)

    @asynccontextmanager
    async def open(self, *, is_ordered: bool = True) -> AsyncIterator[None]:
        if is_ordered:
            await self.orders.take_backlog(AutomaticWork.NEW_USERS)

        async def look() -> None:
            async for event in self.auto_push.run():
                self.told.append(event)
                if isinstance(event, NewUsersBegun):
                    self.engine.run(event.push.push_id)

        async def go_on() -> None:
            async for _ in self.resumption.run(self.engine):
                pass

        tasks = [asyncio.create_task(look()), asyncio.create_task(go_on())]
        yield
        for task in tasks:
            task.cancel()

    @property
    def kinds(self) -> list[type[AutoPushEvent]]:
        return [type(event) for event in self.told]


@virtually
async def test_a_system_that_can_not_be_read_is_tried_again_and_that_is_said_once() -> None:
    console = Console()
    console.down = Unreachable("unreachable", "SimpleNexus does not answer.")
    async with console.open():
        await asyncio.sleep(DAY)
        assert console.kinds == [NewUsersWait]
        assert 40 <= console.looks <= 100
        assert console.auto_push.waiting is not None
        assert console.auto_push.waiting.next_at > console.clock.now()
        console.down = None
        await asyncio.sleep(2_000)
        assert len(console.desks.remotes[TE].rows) == 1
        assert console.kinds == [NewUsersWait, NewUsersBegun]
        assert console.auto_push.waiting is None


@virtually
async def test_a_push_that_a_blip_paused_goes_on_and_later_users_follow() -> None:
    console = Console()
    console.desks.remotes[TE].script.extend([NotSent("unreachable")] * 30)
    async with console.open():
        await asyncio.sleep(DAY)
        assert len(console.desks.remotes[TE].rows) == 1
        console.desks.ours.held.append(DEE)
        await asyncio.sleep(2 * NEW_USERS_EVERY)
        assert len(console.desks.remotes[TE].rows) == 2
    assert console.kinds == [NewUsersBegun, NewUsersBegun]


@virtually
async def test_a_secret_that_is_wrong_ends_it_and_says_so() -> None:
    console = Console()
    console.down = Unreachable("wrong-secret", "SimpleNexus does not accept the secret.")
    async with console.open():
        await asyncio.sleep(DAY)
    assert (console.kinds, console.looks) == ([NewUsersStopped], 1)
    assert console.auto_push.waiting is None


@virtually
async def test_a_sync_that_needs_a_person_keeps_new_users_back_and_says_so_once() -> None:
    console = Console()
    console.desks.theirs.held.append(OTHER_CY)
    console.desks.remotes[TE].script.append(Diverted("T3"))
    async with console.open():
        await asyncio.sleep(DAY)
    assert console.kinds == [NewUsersBegun, NewUsersNeedPerson]


@virtually
async def test_the_first_automatic_push_asks_what_becomes_of_the_users_who_are_new_already() -> None:
    console = Console()
    async with console.open(is_ordered=False):
        await asyncio.sleep(DAY)
        assert console.told == [NewUsersAsked(1)], "it waits for the answer, and asks once"
        await console.auto_push.answer(takes_them=True)
        await asyncio.sleep(1)
        assert console.kinds == [NewUsersAsked, NewUsersBegun]
        assert len(console.desks.remotes[TE].rows) == 1


@virtually
async def test_users_who_are_left_to_a_person_stay_left_and_later_ones_are_pushed() -> None:
    console = Console()
    async with console.open(is_ordered=False):
        await asyncio.sleep(1)
        await console.auto_push.answer(takes_them=False)
        await asyncio.sleep(DAY)
        assert console.kinds == [NewUsersAsked]
        console.desks.ours.held.append(DEE)
        await asyncio.sleep(2 * NEW_USERS_EVERY)
    assert console.kinds == [NewUsersAsked, NewUsersBegun]
    (made,) = await console.desks.book.all(Push)
    assert made.size == 1
    order = await console.orders.of(AutomaticWork.NEW_USERS)
    assert order is not None
    assert order.left == (CY.id,)


@virtually
async def test_nobody_is_asked_where_there_is_no_backlog() -> None:
    console = Console()
    console.desks.ours.held.clear()
    async with console.open(is_ordered=False):
        await asyncio.sleep(DAY)
        console.desks.ours.held.append(DEE)
        await asyncio.sleep(2 * NEW_USERS_EVERY)
    assert console.kinds == [NewUsersBegun]


@virtually
async def test_too_many_new_users_wait_for_a_word_which_is_asked_for_once() -> None:
    console = Console(at_most=1)
    console.desks.ours.held.append(DEE)
    async with console.open():
        await asyncio.sleep(DAY)
        (told,) = console.told
        assert isinstance(told, NewUsersNeedWord)
        assert told.error.code == "many-at-once"
        assert told.error.message.startswith("2 new users wait")
        assert (console.desks.remotes[TE].rows, console.auto_push.waiting) == ({}, None)
        (braked,) = await console.brake.waiting()
        await console.brake.allow(braked)
        console.auto_push.hurry()
        await asyncio.sleep(1)
        assert console.kinds == [NewUsersNeedWord, NewUsersBegun]
        assert len(console.desks.remotes[TE].rows) == 2


@virtually
async def test_users_of_whom_a_person_was_asked_with_their_number_are_not_held() -> None:
    console = Console(at_most=1)
    console.desks.ours.held.append(DEE)
    async with console.open(is_ordered=False):
        await asyncio.sleep(1)
        assert console.told == [NewUsersAsked(2)]
        await console.auto_push.answer(takes_them=True)
        await asyncio.sleep(1)
        assert console.kinds == [NewUsersAsked, NewUsersBegun]


@virtually
async def test_a_read_that_lacks_records_keeps_new_users_back_and_says_so_once() -> None:
    console = Console()
    console.desks.lose(1)
    async with console.open():
        await asyncio.sleep(DAY)
        (told,) = console.told
        assert isinstance(told, NewUsersNeedWord)
        assert told.error.code == "fewer-records"
        assert console.desks.remotes[TE].rows == {}
