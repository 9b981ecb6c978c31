"""What `core.push.team.ports.TeamBook` promises, asked of every book that several senders can share."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec
import pytest

from core.errors import HeldElsewhere, LeaseLost
from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.ports import Lease
from core.push.records import Link, Push, StepRecord, plan_file
from core.push.states import ACTIVE, PushState, StepState
from core.push.team.ports import TeamBook
from tests.support.book_fakes import a_link
from tests.support.team_books import FakeTeamBook, Sender, SharedStore

ALL = frozenset(Asset)
LASTS = 90.0


class Team(Protocol):
    """A shared book, and the senders that open it."""

    async def open(self, sender: Sender) -> TeamBook:
        """Return the book as a sender has it open."""
        ...

    async def later(self, seconds: float) -> None:
        """Let time pass for the book, without waiting: what ends or rests is so much nearer to its end."""
        ...


class TeamInMemory:
    def __init__(self) -> None:
        self.time = 1000.0
        self.store = SharedStore(lambda: self.time)

    async def open(self, sender: Sender) -> TeamBook:
        return FakeTeamBook(self.store, sender)

    async def later(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture(params=["memory"])
async def team() -> Team:
    return TeamInMemory()


@pytest.fixture
async def anna(team: Team) -> TeamBook:
    return await team.open(Sender("s-anna", "anna", "desk-1"))


@pytest.fixture
async def ben(team: Team) -> TeamBook:
    return await team.open(Sender("s-ben", "ben", "worker-7"))


def a_push(n: int, subject: str = "", state: PushState = PushState.QUEUED, asset: Asset = Asset.CARD) -> Push:
    return Push(f"P{n}", asset, subject or f"C-{n}", "7f3a", state, "anna", 1.0, 2.0, 1)


def a_step(push: Push, ref: str, state: StepState = StepState.READY, n: int = 0) -> StepRecord:
    create, kind = Operation.CREATE, StepKind.CREATE
    return StepRecord(push.push_id, n, ref, System.FLEX, Entity.PERSON, create, kind, ref, state)


async def begun(book: TeamBook, *pushes: Push) -> None:
    for push in pushes:
        await book.begin(push, a_step(push, f"BD-{push.push_id}"), files={})


# -- beginning -------------------------------------------------------------------------------------------


async def test_a_push_begins_with_all_that_belongs_to_it(anna: TeamBook, ben: TeamBook) -> None:
    await anna.commit(a_link("old"))
    push = a_push(1)
    files = {plan_file("P1"): b"the plan"}
    drop = [(Link, a_link("old").key)]
    assert await anna.begin(push, a_step(push, "BD-1"), a_link("new"), files=files, drop=drop) == push
    assert await ben.get(Push, "P1") == push
    assert await ben.all(StepRecord) == [a_step(push, "BD-1")]
    assert await ben.all(Link) == [a_link("new")]
    assert await ben.get_file(plan_file("P1")) == b"the plan"


@pytest.mark.parametrize("state", sorted(ACTIVE))
async def test_a_subject_has_one_active_push(anna: TeamBook, ben: TeamBook, state: PushState) -> None:
    first, second = a_push(1, "C-9", state), a_push(2, "C-9")
    await anna.begin(first, files={})
    assert await ben.begin(second, a_step(second, "BD-1"), files={plan_file("P2"): b"plan"}) == first
    assert await ben.all(Push) == [first]
    assert await ben.all(StepRecord) == []
    assert await ben.get_file(plan_file("P2")) is None


async def test_a_subject_is_free_again_once_its_push_is_over(anna: TeamBook, ben: TeamBook) -> None:
    await anna.begin(a_push(1, "C-9", PushState.DONE), files={})
    assert (await ben.begin(a_push(2, "C-9"), files={})).push_id == "P2"


async def test_of_two_that_begin_at_one_moment_one_begins(anna: TeamBook, ben: TeamBook) -> None:
    pushes = [a_push(n, "C-9") for n in range(6)]
    begun = await asyncio.gather(
        *((anna, ben)[n % 2].begin(push, a_step(push, f"BD-{n}"), files={}) for n, push in enumerate(pushes))
    )
    assert len({push.push_id for push in begun}) == 1
    assert await anna.all(Push) == [begun[0]]
    assert len(await anna.all(StepRecord)) == 1


# -- leases ----------------------------------------------------------------------------------------------


async def test_what_one_holds_the_other_does_not_get(anna: TeamBook, ben: TeamBook) -> None:
    await begun(anna, a_push(1))
    lease = await anna.claim("P1", LASTS)
    assert (lease.name, lease.lasts) == ("P1", LASTS)
    with pytest.raises(HeldElsewhere, match="anna on desk-1") as refused:
        await ben.claim("P1", LASTS)
    assert refused.value.code == "held-elsewhere"
    await anna.release(lease)
    assert (await ben.claim("P1", LASTS)).token != lease.token


async def test_a_job_is_held_like_a_push(anna: TeamBook, ben: TeamBook, team: Team) -> None:
    await anna.claim("job:milestones", 30)
    with pytest.raises(HeldElsewhere):
        await ben.claim("job:milestones", 30)
    await ben.claim("job:reconcile", 30)
    await team.later(31)
    await ben.claim("job:milestones", 30)


async def test_of_many_that_claim_at_one_moment_one_gets_it(anna: TeamBook, ben: TeamBook) -> None:
    await begun(anna, a_push(1))
    got = await asyncio.gather(*(book.claim("P1", LASTS) for book in (anna, ben)), return_exceptions=True)
    assert {type(answer) for answer in got} == {Lease, HeldElsewhere}


async def test_a_commit_under_a_lease_is_carried_out_while_it_is_held(anna: TeamBook) -> None:
    await begun(anna, a_push(1))
    lease = await anna.claim("P1", LASTS)
    running = msgspec.structs.replace(a_push(1), state=PushState.RUNNING)
    await anna.commit_under(lease, running, a_link("new"))
    await anna.commit_under(lease, drop=[(Link, a_link("new").key)])
    assert await anna.get(Push, "P1") == running
    assert await anna.all(Link) == []


async def test_a_lease_whose_time_has_ended_counts_until_somebody_claims_the_name(
    anna: TeamBook, ben: TeamBook, team: Team
) -> None:
    await begun(anna, a_push(1))
    lease = await anna.claim("P1", LASTS)
    await team.later(LASTS + 1)
    await anna.commit_under(lease, a_link(1))
    await ben.claim("P1", LASTS)
    with pytest.raises(LeaseLost) as lost:
        await anna.commit_under(lease, a_link(2), drop=[(Link, a_link(1).key)])
    assert lost.value.code == "lease-lost"
    assert await ben.all(Link) == [a_link(1)]


async def test_a_lease_is_lost_by_giving_it_back_and_by_claiming_anew(anna: TeamBook) -> None:
    await begun(anna, a_push(1))
    old = await anna.claim("P1", LASTS)
    new = await anna.claim("P1", LASTS)
    with pytest.raises(LeaseLost):
        await anna.commit_under(old, a_link(1))
    await anna.release(old)  # changes nothing
    await anna.commit_under(new, a_link(1))
    await anna.release(new)
    with pytest.raises(LeaseLost):
        await anna.commit_under(new, a_link(2))
    assert await anna.all(Link) == [a_link(1)]


async def test_renewing_makes_leases_last_and_leaves_out_the_lost(
    anna: TeamBook, ben: TeamBook, team: Team
) -> None:
    await begun(anna, a_push(1), a_push(2), a_push(3))
    leases = [await anna.claim(name, LASTS) for name in ("P1", "P2", "P3")]
    await team.later(LASTS - 1)
    assert await anna.renew(leases[:1], 60) == [msgspec.structs.replace(leases[0], lasts=60.0)]
    await team.later(2)
    await ben.claim("P2", LASTS)
    renewed = await anna.renew(leases, LASTS)
    assert [lease.name for lease in renewed] == ["P1", "P3"]  # P3 had ended, and nobody had claimed it
    for name in ("P1", "P3"):
        with pytest.raises(HeldElsewhere):
            await ben.claim(name, LASTS)
    await anna.commit_under(leases[0], a_link(1))


async def test_who_holds_what(anna: TeamBook, ben: TeamBook, team: Team) -> None:
    await begun(anna, a_push(1), a_push(2))
    await anna.claim("P2", LASTS)
    await ben.claim("P1", 30)
    await ben.claim("job:milestones", LASTS)
    held = await anna.held("P")
    assert [(row.name, row.sender, row.operator, row.host) for row in held] == [
        ("P1", "s-ben", "ben", "worker-7"),
        ("P2", "s-anna", "anna", "desk-1"),
    ]
    assert 0 < held[0].lasts <= 30
    await team.later(31)
    assert [row.name for row in await anna.held()] == ["P2", "job:milestones"]


# -- one record, two pushes ------------------------------------------------------------------------------


async def test_pushes_that_write_one_record_are_not_held_by_two_senders(
    anna: TeamBook, ben: TeamBook
) -> None:
    one, two = a_push(1), a_push(2)
    await anna.begin(one, a_step(one, "BD-A"), a_step(one, "BD-shared", n=1), files={})
    await anna.begin(two, a_step(two, "BD-shared"), files={})
    lease = await anna.claim("P1", LASTS)
    with pytest.raises(HeldElsewhere):
        await ben.claim("P2", LASTS)
    assert await ben.claim_next(9, LASTS, ALL) == []
    await anna.claim("P2", LASTS)  # the same sender may: it takes care that no two steps run at once
    await anna.commit_under(lease, a_step(one, "BD-shared", StepState.DONE, n=1))
    await anna.release(await anna.claim("P2", LASTS))
    await ben.claim("P2", LASTS)


async def test_taking_over_one_of_two_such_pushes_takes_the_other_away(
    anna: TeamBook, ben: TeamBook, team: Team
) -> None:
    one, two = a_push(1), a_push(2)
    await anna.begin(one, a_step(one, "BD-shared"), files={})
    await anna.begin(two, a_step(two, "BD-shared"), files={})
    lease = await anna.claim("P1", LASTS)
    await team.later(LASTS + 1)
    await ben.claim("P2", LASTS)
    with pytest.raises(LeaseLost):
        await anna.commit_under(lease, a_step(one, "BD-shared", StepState.INTENT))
    assert await anna.renew([lease], LASTS) == []


# -- claiming what is next -------------------------------------------------------------------------------


async def test_the_earliest_pushes_that_go_on_without_a_person_come_first(
    anna: TeamBook, ben: TeamBook
) -> None:
    states = (*PushState, PushState.QUEUED)
    pushes = [a_push(n, state=state) for n, state in enumerate(states)]
    await begun(anna, *pushes)
    await anna.commit(msgspec.structs.replace(pushes[0], updated_at=9.0))  # a change does not move it back
    goes_on = [
        push.push_id
        for push in pushes
        if push.state in (PushState.QUEUED, PushState.RUNNING, PushState.PAUSED)
    ]
    first = await anna.claim_next(2, LASTS, ALL)
    rest = await ben.claim_next(9, LASTS, ALL)
    assert [lease.name for lease in (*first, *rest)] == goes_on
    assert {lease.lasts for lease in first} == {LASTS}
    assert await anna.claim_next(9, LASTS, ALL) == []
    await ben.commit_under(rest[0], a_link(1))


async def test_only_pushes_of_the_asked_kinds_are_next(anna: TeamBook) -> None:
    await begun(anna, a_push(1, asset=Asset.NOTE), a_push(2, asset=Asset.SYNC), a_push(3, asset=Asset.CARD))
    assert [lease.name for lease in await anna.claim_next(9, LASTS, {Asset.SYNC, Asset.CARD})] == ["P2", "P3"]


async def test_a_push_that_was_given_back_rests(anna: TeamBook, ben: TeamBook, team: Team) -> None:
    await begun(anna, a_push(1), a_push(2))
    for lease in await anna.claim_next(2, LASTS, ALL):
        await anna.release(lease, rest=60.0 if lease.name == "P1" else 0.0)
    assert [lease.name for lease in await ben.claim_next(9, LASTS, ALL)] == ["P2"]
    await ben.release(await ben.claim("P1", LASTS), rest=30)  # who names it does not wait
    await team.later(31)
    assert [lease.name for lease in await ben.claim_next(9, LASTS, ALL)] == ["P1"]


async def test_a_push_whose_sender_is_gone_is_next(anna: TeamBook, ben: TeamBook, team: Team) -> None:
    await begun(anna, a_push(1, state=PushState.RUNNING))
    await anna.claim("P1", LASTS)
    assert await ben.claim_next(9, LASTS, ALL) == []
    await team.later(LASTS + 1)
    assert [lease.name for lease in await ben.claim_next(9, LASTS, ALL)] == ["P1"]


# -- news ------------------------------------------------------------------------------------------------


async def test_each_change_of_a_push_is_news_for_everybody(anna: TeamBook, ben: TeamBook) -> None:
    await begun(anna, a_push(1), a_push(2), a_push(3))
    before = await ben.changes("")
    assert before.push_ids == ()
    lease = await anna.claim("P2", LASTS)
    await anna.commit_under(lease, a_step(a_push(2), "BD-P2", StepState.INTENT))
    await anna.commit(msgspec.structs.replace(a_push(3), state=PushState.DONE), a_link(1))
    after = await ben.changes(before.mark)
    assert {"P2", "P3"} <= set(after.push_ids)
    await begun(ben, a_push(4))
    assert "P4" in (await ben.changes(after.mark)).push_ids


# -- one rate for all ------------------------------------------------------------------------------------


async def test_reservations_of_all_senders_keep_their_distance(
    anna: TeamBook, ben: TeamBook, team: Team
) -> None:
    waits = [await book.reserve("flex:desk", count, 0.5) for book, count in ((anna, 1), (ben, 4), (anna, 2))]
    assert waits == pytest.approx([0.0, 0.5, 2.5], abs=0.4)
    assert await ben.reserve("other", 1, 0.5) == pytest.approx(0.0, abs=0.4)
    await team.later(3.0)
    assert await ben.reserve("flex:desk", 1, 0.5) == pytest.approx(0.5, abs=0.4)


async def test_time_that_nobody_used_is_not_made_up_for(anna: TeamBook, team: Team) -> None:
    await anna.reserve("flex:desk", 1, 0.5)
    await team.later(3600)
    assert await anna.reserve("flex:desk", 10, 0.5) == pytest.approx(0.0, abs=0.4)
    assert await anna.reserve("flex:desk", 1, 0.5) == pytest.approx(5.0, abs=0.4)
