"""Leases of one sender: taken once, renewed while needed, given back, and never believed in for too long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from core.errors import BookClosed, HeldElsewhere, LeaseLost
from core.push.ports import Lease
from core.push.team.lease_keeper import LeaseKeeper, claim_patiently
from tests.support.team_books import FakeTeamBook, Sender, SharedStore
from tests.support.virtual_time import virtually

LASTS = 90.0


class Wall:
    """A wall clock that is set now and then."""

    def __init__(self) -> None:
        self.jump = 0.0

    def now(self) -> float:
        return 1_700_000_000.0 + _now() + self.jump


class World:
    """A shared book, our keeper, and another sender."""

    def __init__(self, ours: Callable[[SharedStore], FakeTeamBook] | None = None) -> None:
        self.store = SharedStore(_now)
        self.wall = Wall()
        self.book = ours(self.store) if ours else FakeTeamBook(self.store, Sender("ours"))
        self.other = FakeTeamBook(self.store, Sender("other", "ben", "worker-7"))
        self.keeper = LeaseKeeper(self.book, self.wall, lasts=LASTS)
        self.taken: list[Lease] = []

    async def take(self, lease: Lease) -> None:
        self.taken.append(lease)


def _now() -> float:
    return asyncio.get_running_loop().time()


@virtually
async def test_a_name_is_claimed_once_for_all_who_hold_it_here_and_given_back_by_the_last() -> None:
    world = World()
    async with world.keeper.hold("P1", world.take):
        async with world.keeper.hold("P1", world.take):
            assert len(world.taken) == 1
        with pytest.raises(HeldElsewhere):
            await world.other.claim("P1", LASTS)
    assert not world.keeper.is_held("P1")
    await world.other.claim("P1", LASTS)


@virtually
async def test_a_lease_is_renewed_as_long_as_it_is_held() -> None:
    world = World()
    async with world.keeper.hold("P1", world.take):
        await asyncio.sleep(10 * LASTS)
        assert world.keeper.left("P1") > LASTS / 2
        with pytest.raises(HeldElsewhere):
            await world.other.claim("P1", LASTS)


@virtually
async def test_the_time_is_counted_from_before_the_book_was_asked() -> None:
    class Slow(FakeTeamBook):
        async def claim(self, name: str, lasts: float) -> Lease:
            lease = await super().claim(name, lasts)
            await asyncio.sleep(15)
            return lease

    world = World(lambda store: Slow(store, Sender("ours")))
    async with world.keeper.hold("P1", world.take):
        assert world.keeper.left("P1") == pytest.approx(LASTS - 15)


@pytest.mark.parametrize(("jump", "left"), [(0.0, 80.0), (70.0, 10.0), (500.0, -420.0), (-3600.0, 80.0)])
@virtually
async def test_of_two_clocks_the_one_counts_by_which_more_time_has_passed(jump: float, left: float) -> None:
    """The loop's clock stands still while a laptop sleeps; the wall clock can be set back."""
    world = World()
    async with world.keeper.hold("P1", world.take):
        await asyncio.sleep(10)
        world.wall.jump = jump
        assert world.keeper.left("P1") == pytest.approx(left)
        assert world.keeper.permit("P1")(30.0) is (left >= 30.0)


@virtually
async def test_a_lease_of_which_half_is_over_is_renewed_before_a_send() -> None:
    world = World()
    async with world.keeper.hold("P1", world.take):
        world.wall.jump = 50.0  # the machine slept
        await world.keeper.ensure("P1")
        assert world.keeper.left("P1") == pytest.approx(LASTS)


@virtually
async def test_a_lease_that_is_lost_is_said_to_be() -> None:
    world = World()
    async with world.keeper.hold("P1", world.take):
        world.wall.jump = LASTS
        world.store.leases["P1"].until = 0.0
        await world.other.claim("P1", LASTS)
        with pytest.raises(LeaseLost):
            await world.keeper.ensure("P1")
        assert world.keeper.left("P1") == 0.0
    with pytest.raises(HeldElsewhere):  # and the other's is not given back
        await world.book.claim("P1", LASTS)


@virtually
async def test_while_the_book_is_away_a_lease_ends_and_nothing_may_leave() -> None:
    class Away(FakeTeamBook):
        is_away = False

        async def renew(self, leases: Sequence[Lease], lasts: float) -> Sequence[Lease]:
            if self.is_away:
                raise BookClosed("book-away", "It is away.")
            return await super().renew(leases, lasts)

    world = World(lambda store: Away(store, Sender("ours")))
    async with world.keeper.hold("P1", world.take):
        assert isinstance(world.book, Away)
        world.book.is_away = True
        await asyncio.sleep(LASTS)
        assert not world.keeper.permit("P1")(1.0)
        with pytest.raises(BookClosed):
            await world.keeper.ensure("P1")
        world.book.is_away = False
        await world.keeper.ensure("P1")
        assert world.keeper.permit("P1")(1.0)


@virtually
async def test_who_takes_a_lease_and_fails_gives_it_back() -> None:
    world = World()

    async def fails(lease: Lease) -> None:
        raise BookClosed("book-away", "It is away.")

    with pytest.raises(BookClosed):
        async with world.keeper.hold("P1", fails):
            raise AssertionError("nothing is done without the lease")
    await world.other.claim("P1", LASTS)


@virtually
async def test_what_is_held_for_a_moment_is_waited_for() -> None:
    world = World()
    theirs = await world.other.claim("receipts", LASTS)
    waiting = asyncio.ensure_future(claim_patiently(world.book, "receipts", LASTS))
    await asyncio.sleep(1)
    assert not waiting.done()
    await world.other.release(theirs)
    assert (await waiting).name == "receipts"
