"""What a book promises to several senders: leases, shares of a rate and news. The tests' own book promises the same."""

import asyncio
from collections.abc import Awaitable, Iterator
from itertools import pairwise

import msgspec
import psycopg
import pytest

from core.errors import BookClosed, DecidedMeanwhile, HeldElsewhere, LeaseLost
from core.push.plan import Asset
from core.push.ports import Lease
from core.push.records import RECORDS, Link, Push, StepRecord
from core.push.states import PushState, StepState
from core.push.team.ports import TeamBook
from data.team_book.address import BookAddress
from data.team_book.book import PostgresBook, open_team_book
from tests.support.book_fakes import a_link, a_push, a_step
from tests.support.postgres import EMBEDDED, SECOND, database, opening, reading_account
from tests.support.team_books import FakeTeamBook, Sender, SharedStore

Desks = tuple[TeamBook, TeamBook]


@pytest.fixture
def address() -> Iterator[BookAddress]:
    with database() as address:
        yield address


class Clock:
    """The clock of the fake book; of a real one it moves the ends of the leases."""

    def __init__(self, address: BookAddress | None) -> None:
        self.address = address
        self.passed = 0.0

    def now(self) -> float:
        return self.passed

    def pass_all_leases(self) -> None:
        self.passed += 1000.0
        if self.address is not None:
            with psycopg.connect(self.address.conninfo, autocommit=True) as connection:
                connection.execute(
                    "update brokerdesk.leases set until = clock_timestamp() - interval '1 second'"
                )


@pytest.fixture(params=["fake", EMBEDDED, SECOND])
def team(request: pytest.FixtureRequest) -> Iterator[tuple[Desks, Clock]]:
    if request.param == "fake":
        clock = Clock(None)
        store = SharedStore(clock.now)
        yield (
            (FakeTeamBook(store, Sender("1", "m.hale")), FakeTeamBook(store, Sender("2", "l.tran"))),
            clock,
        )
        return
    with (
        database(request.param) as address,
        open_team_book(opening(address, operator="m.hale"), RECORDS) as one,
        open_team_book(opening(address, operator="l.tran"), RECORDS) as two,
    ):
        yield (one, two), Clock(address)


@pytest.fixture
def desks(team: tuple[Desks, Clock]) -> Desks:
    return team[0]


@pytest.fixture
def clock(team: tuple[Desks, Clock]) -> Clock:
    return team[1]


def queued(n: int, subject: str = "") -> Push:
    return msgspec.structs.replace(a_push(n, PushState.QUEUED), subject=subject or f"C-{n}")


def step_of(push: int, n: int, ref: str, state: StepState = StepState.READY) -> StepRecord:
    return msgspec.structs.replace(a_step(n, state), push_id=f"P{push}", ref=ref)


async def test_one_of_two_that_begin_at_once_gets_the_push_of_the_other(desks: Desks) -> None:
    pushes = await asyncio.gather(
        *(
            desks[n % 2].begin(queued(n, "C-1"), step_of(n, 0, f"BD-{n}"), files={f"P{n}.plan": b"plan"})
            for n in range(8)
        )
    )
    assert len({push.push_id for push in pushes}) == 1
    (push,) = await desks[0].all(Push)
    assert push == pushes[0]
    assert [step.push_id for step in await desks[0].all(StepRecord)] == [push.push_id]
    assert await desks[0].list_files() == [f"{push.push_id}.plan"]


async def test_a_finished_push_makes_room_for_the_next_of_its_subject(desks: Desks) -> None:
    one, _ = desks
    await one.begin(queued(1, "C-1"), files={})
    await one.commit(msgspec.structs.replace(queued(1, "C-1"), state=PushState.DONE), drop=[])
    assert (await one.begin(queued(2, "C-1"), files={})).push_id == "P2"


async def test_a_name_is_held_by_one_and_its_next_holder_ends_the_lease_of_the_one_before(
    desks: Desks, clock: Clock
) -> None:
    one, two = desks
    await one.commit(queued(1))
    lease = await one.claim("P1", 60.0)
    with pytest.raises(HeldElsewhere, match=r"^m"):
        await two.claim("P1", 60.0)
    await one.commit_under(lease, a_link(1))
    clock.pass_all_leases()
    await one.commit_under(lease, a_link(2))  # its time has ended, and nobody has claimed it
    later = await two.claim("P1", 60.0)
    with pytest.raises(LeaseLost):
        await one.commit_under(lease, a_link(3))
    await two.commit_under(later, a_link(4))
    assert [link.local_id for link in await one.all(type(a_link(1)))] == ["C-1", "C-2", "C-4"]
    assert await one.renew([lease], 60.0) == []
    await one.release(lease)
    assert [(held.name, held.operator) for held in await one.held()] == [("P1", "l.tran")]


async def test_the_same_sender_may_claim_again_and_the_newer_lease_counts(desks: Desks) -> None:
    one, _ = desks
    first = await one.claim("round of milestones", 60.0)
    second = await one.claim("round of milestones", 60.0)
    with pytest.raises(LeaseLost):
        await one.commit_under(first, a_link(1))
    await one.commit_under(second, a_link(2))
    assert await one.renew([first, second], 30.0) == [msgspec.structs.replace(second, lasts=30.0)]


async def test_commits_that_share_a_transaction_are_each_under_their_own_lease(desks: Desks) -> None:
    one, two = desks
    mine = await one.claim("P1", 60.0)
    gone = Lease("P2", "no such token", 60.0)
    results = await asyncio.gather(
        one.commit_under(mine, a_link(1)),
        one.commit_under(gone, a_link(2)),
        one.commit(a_link(3)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), LeaseLost, type(None)]
    assert [link.local_id for link in await two.all(type(a_link(1)))] == ["C-1", "C-3"]


async def test_a_push_waits_for_another_one_that_writes_the_same_record(desks: Desks, clock: Clock) -> None:
    one, two = desks
    await one.commit(queued(1), step_of(1, 0, "BD-same"), step_of(1, 1, "BD-1"))
    await one.commit(queued(2), step_of(2, 0, "BD-2"), step_of(2, 1, "BD-same"))
    held = await one.claim("P1", 60.0)
    with pytest.raises(HeldElsewhere, match="works on P2"):
        await two.claim("P2", 60.0)
    assert await two.claim_next(5, 60.0, [Asset.CARD]) == []
    await one.claim("P2", 60.0)  # one sender orders the two itself
    await one.release(await one.claim("P2", 60.0))
    clock.pass_all_leases()
    await two.claim("P2", 60.0)
    with pytest.raises(LeaseLost):
        await one.commit_under(held, a_link(1))


async def test_a_step_that_is_done_stands_in_nobodys_way(desks: Desks) -> None:
    one, two = desks
    await one.commit(queued(1), step_of(1, 0, "BD-same"))
    await one.commit(queued(2), step_of(2, 0, "BD-same"))
    lease = await one.claim("P1", 60.0)
    await one.commit_under(lease, step_of(1, 0, "BD-same", StepState.DONE))
    await two.claim("P2", 60.0)


async def test_the_next_pushes_are_the_earliest_that_go_on_without_a_person_and_that_nobody_holds(
    desks: Desks,
) -> None:
    one, two = desks
    await one.commit(*(queued(n) for n in range(1, 8)))
    await one.commit(
        msgspec.structs.replace(queued(2), state=PushState.NEEDS_YOU),
        msgspec.structs.replace(queued(3), asset=Asset.NOTE),
    )
    await two.release(await two.claim("P4", 60.0), rest=60.0)
    await two.claim("P5", 60.0)
    assert [lease.name for lease in await one.claim_next(2, 60.0, [Asset.CARD])] == ["P1", "P6"]
    assert [lease.name for lease in await one.claim_next(5, 60.0, [Asset.CARD])] == ["P7"]
    assert [lease.name for lease in await two.claim_next(5, 60.0, [Asset.NOTE])] == ["P3"]
    assert (await two.claim("P4", 60.0)).name == "P4"  # a rest is for those who take what is next


async def test_a_push_that_another_transaction_has_locked_is_passed_over(address: BookAddress) -> None:
    with (
        open_team_book(opening(address), RECORDS) as book,
        psycopg.connect(address.conninfo) as other,
    ):
        await book.commit(queued(1), queued(2))
        other.execute("select 1 from brokerdesk.pushes where push_id = 'P1' for update")
        assert [lease.name for lease in await book.claim_next(5, 60.0, [Asset.CARD])] == ["P2"]


async def test_many_who_claim_at_once_get_each_push_once(address: BookAddress) -> None:
    books = [open_team_book(opening(address), RECORDS) for _ in range(4)]
    await books[0].commit(*(queued(n) for n in range(40)))
    taken: list[str] = []

    async def work(book: PostgresBook) -> None:
        while leases := await book.claim_next(3, 60.0, [Asset.CARD]):
            taken.extend(lease.name for lease in leases)

    await asyncio.gather(*map(work, books))
    for book in books:
        book.close()
    assert sorted(taken) == sorted(f"P{n}" for n in range(40))


async def test_what_a_person_decides_is_written_after_a_look_that_nobody_elses_decision_can_follow(
    desks: Desks,
) -> None:
    one, _ = desks
    seen: list[int] = []

    def decide(book: TeamBook, n: int) -> Awaitable[None]:
        async def look() -> None:
            seen.append(len(await book.all(Link)))

        return book.decide(look, a_link(n))

    await asyncio.gather(*(decide(desks[n % 2], n) for n in range(6)))
    assert len(await one.all(Link)) == 6
    assert sorted(set(seen)) == list(range(6))


async def test_a_look_that_shows_what_another_person_decided_writes_nothing_and_keeps_nobody_waiting(
    desks: Desks,
) -> None:
    one, two = desks
    await one.commit(a_link(1))

    async def look() -> None:
        raise DecidedMeanwhile("decided-meanwhile", "m.hale linked it")

    async def agree() -> None:
        pass

    with pytest.raises(DecidedMeanwhile):
        await two.decide(look, a_link(2), drop=[(Link, a_link(1).key)])
    assert await one.all(Link) == [a_link(1)]
    assert await one.held() == []
    await one.decide(agree, a_link(3), drop=[(Link, a_link(1).key)])
    assert await two.all(Link) == [a_link(3)]


async def test_every_change_is_told_to_a_call_that_comes_after_it(desks: Desks) -> None:
    one, two = desks
    start = await two.changes("")
    assert start.push_ids == ()
    await one.commit(queued(1), step_of(1, 0, "BD-1"), a_link(9))
    seen = await two.changes(start.mark)
    assert seen.push_ids == ("P1",)
    await two.commit(step_of(1, 0, "BD-1", StepState.DONE), a_link(9))
    await one.commit(queued(2))
    seen = await two.changes(seen.mark)
    assert set(seen.push_ids) == {"P1", "P2"}
    assert (await two.changes(seen.mark)).push_ids == ()


async def test_a_change_of_a_long_transaction_is_told_however_many_others_were_told_before(
    address: BookAddress,
) -> None:
    with open_team_book(opening(address), RECORDS) as book:
        await book.commit(queued(1))
        start = await book.changes("")
        with psycopg.connect(address.conninfo) as slow:  # it begins before the next commit, and ends after it
            slow.execute(
                "insert into brokerdesk.pens (sender, commits) values ('slow', 1);"
                " insert into brokerdesk.pushes (push_id, state, asset, subject, pen, commit_no)"
                " select 'P7', 'queued', 'card', 'C-7', max(id), 1 from brokerdesk.pens"
            )
            await book.commit(queued(1))
            between = await book.changes(start.mark)
            assert between.push_ids == ("P1",)
        assert (await book.changes(between.mark)).push_ids == ("P7",)


async def test_reservations_of_one_name_are_a_gap_apart_whoever_makes_them(desks: Desks) -> None:
    times = [await desks[n % 2].reserve("total-expert:desk", 2, 30.0) for n in range(4)]
    assert times[0] == pytest.approx(0.0, abs=0.001)
    assert [round(later - sooner) for sooner, later in pairwise(times)] == [60, 60, 60]
    assert await desks[0].reserve("flex:desk", 1, 30.0) < 1.0


async def test_all_who_have_a_credential_get_the_token_that_was_stored_last_until_it_ends(
    desks: Desks,
) -> None:
    one, two = desks
    assert await one.get_token("flex:desk") is None
    await one.put_token("flex:desk", "tok-1", 60.0)
    await two.put_token("flex:desk", "tok-2", 90.0)
    token = await one.get_token("flex:desk")
    assert token is not None
    assert token.bearer == "tok-2"
    assert token.lasts == pytest.approx(90.0, abs=30.0)
    assert "tok-2" not in repr(token)
    assert await one.get_token("flex:other") is None
    await one.put_token("flex:desk", "tok-3", -1.0)
    assert await two.get_token("flex:desk") is None


async def test_one_at_a_time_may_request_a_token(desks: Desks, clock: Clock) -> None:
    one, two = desks
    lease = await one.claim_token("flex:desk", 60.0)
    with pytest.raises(HeldElsewhere):
        await two.claim_token("flex:desk", 60.0)
    await two.claim_token("flex:other", 60.0)
    await one.release(lease)
    await two.claim_token("flex:desk", 60.0)
    clock.pass_all_leases()
    await one.claim_token("flex:desk", 60.0)


async def test_a_desk_that_was_opened_for_reading_shares_rate_and_token_and_writes_no_record(
    address: BookAddress,
) -> None:
    with (
        open_team_book(opening(address), RECORDS),
        open_team_book(opening(address), RECORDS, write=False) as desk,
    ):
        assert desk.may_share
        assert await desk.reserve("flex:desk", 1, 30.0) < 1.0
        await desk.put_token("flex:desk", "tok-1", 60.0)
        await desk.release(await desk.claim_token("flex:desk", 60.0))
        with pytest.raises(BookClosed) as refused:
            await desk.commit(a_link(1))
        assert refused.value.code == "book-read-only"


async def test_a_desk_whose_account_may_only_read_shares_nothing(address: BookAddress) -> None:
    with open_team_book(opening(address), RECORDS) as writer, reading_account(address) as account:
        await writer.put_token("flex:desk", "tok-1", 60.0)
        with open_team_book(opening(account), RECORDS) as desk:
            assert desk.read_only is not None
            assert not desk.may_share
            assert await desk.all(Push) == []
            for work in (desk.reserve("flex:desk", 1, 30.0), desk.put_token("flex:desk", "tok-2", 60.0)):
                with pytest.raises(BookClosed) as refused:
                    await work
                assert refused.value.code == "book-read-only"
