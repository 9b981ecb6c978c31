"""Several engines on one book: nobody touches what another one holds, and what is taken over is looked up first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import TypeVar

from core.automatic.follower import Follower
from core.automatic.worker import HEAD_START, HeadStart, Worker
from core.errors import BookClosed, DeskError
from core.push.engine import Engine
from core.push.plan import Asset, Plan, System
from core.push.records import Push, StepRecord, plan_file
from core.push.states import PushState, StepState
from tests.support.fakes import FakeRemote, LoopClock, person_step, plan_of
from tests.support.team_books import FakeTeamBook, Sender, SharedStore
from tests.support.virtual_time import virtually

T = TypeVar("T")
LASTS = 90.0
LINH = person_step()


class Reachable(FakeTeamBook):
    """A shared book that can be cut off from its sender."""

    is_away = False

    async def _ask(self, work: Callable[[], T]) -> T:
        if self.is_away:
            raise BookClosed("book-away", "It does not answer.")
        return work()


class Team:
    """A book, FLEX, and those who send."""

    def __init__(self) -> None:
        self.store = SharedStore(_now)
        self.flex = FakeRemote(System.FLEX)

    def sender(self, name: str, *, is_desk: bool = False) -> tuple[Engine, Reachable]:
        book = Reachable(self.store, Sender(name, name))
        start = HeadStart(book).seconds if is_desk else None
        return Engine(book, {System.FLEX: self.flex}, LoopClock(), Random(1), head_start=start), book

    def step(self, push_id: str = "P1", n: int = 0) -> StepRecord:
        found = self.store.tables[StepRecord.table][f"{push_id}:{n}"]
        assert isinstance(found, StepRecord)
        return found

    def push(self, push_id: str = "P1") -> Push:
        found = self.store.tables[Push.table][push_id]
        assert isinstance(found, Push)
        return found

    def codes(self, push_id: str = "P1", n: int = 0) -> list[str]:
        return [event.code for event in self.step(push_id, n).trail]


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _never() -> object:
    await asyncio.sleep(1e6)
    return "done"


@virtually
async def test_starting_a_desk_leaves_what_others_send_alone_and_shows_it() -> None:
    team = Team()
    anna, _ = team.sender("anna")
    ben, _ = team.sender("ben")
    await anna.begin(plan_of(LINH), "anna", "P1")
    team.flex.script.append(_never)
    running = anna.run("P1")
    await asyncio.sleep(200)  # longer than a lease: it is renewed
    assert [push.push_id for push in await ben.recover()] == ["P1"]
    assert team.codes() == ["intent"]
    shown = ben.live("P1")
    assert shown is not None
    assert (shown.push.state, shown.steps[0].state) == (PushState.RUNNING, StepState.INTENT)
    assert plan_file("P1") in team.store.files
    running.cancel()


@virtually
async def test_what_others_do_while_a_desk_starts_is_shown() -> None:
    """Between the desk's look at the unfinished pushes and its first question for news, one ends and one begins."""
    team = Team()
    anna, _ = team.sender("anna")
    ben, book = team.sender("ben")
    await anna.begin(plan_of(LINH), "anna", "P1")
    follower = Follower(ben, book)
    await follower.begin()
    await ben.recover()
    assert (await anna.finish("P1")).state is PushState.DONE
    await anna.begin(plan_of(person_step("P-2"), subject="C-2"), "anna", "P2")
    following = asyncio.ensure_future(follower.run())
    await asyncio.sleep(1)
    assert [push.push_id for push in ben.unfinished()] == ["P2"]
    following.cancel()


@virtually
async def test_an_intent_that_is_taken_over_is_looked_up_after_a_whole_settle_time() -> None:
    team = Team()
    anna, book = team.sender("anna")
    ben, _ = team.sender("ben")
    await anna.begin(plan_of(LINH), "anna", "P1")
    team.flex.script.append(_never)
    anna.run("P1").add_done_callback(lambda run: run.cancelled() or run.exception())
    await asyncio.sleep(1)
    book.is_away = True  # as if it were dead: nothing of it reaches the book or FLEX any more
    team.flex.busy.clear()
    began = _now()
    assert (await ben.finish("P1")).state is PushState.DONE
    assert team.codes()[:3] == ["intent", "interrupted", "not-there-yet"]
    assert team.flex.looked_at[-1] >= began + LASTS - 1 + team.flex.settle
    assert len(team.flex.of_ref(LINH.ref)) == 1


@virtually
async def test_who_was_taken_over_sends_nothing_more() -> None:
    team = Team()
    anna, _ = team.sender("anna")
    ben, _ = team.sender("ben")
    people = [person_step(f"P-{n}") for n in range(4)]
    await anna.begin(plan_of(*people), "anna", "P1")
    team.flex.takes = 10.0
    annas = anna.run("P1")
    await asyncio.sleep(15)  # the second one is on its way
    team.store.leases["P1"].until = 0.0
    await ben.finish("P1")
    assert (await annas).state is PushState.DONE
    assert team.codes(n=1)[:2] == ["intent", "interrupted"]
    assert [request.ref for request in team.flex.sent] == [step.ref for step in people]
    assert all(team.step(n=n).attempts == 1 for n in range(4))


@virtually
async def test_what_another_push_left_in_doubt_is_settled_before_its_record_is_written() -> None:
    """Anna's request is carried out late, after she has given her push back. Ben has never heard of her push."""
    team = Team()
    anna, _ = team.sender("anna")
    ben, _ = team.sender("ben")
    await anna.begin(plan_of(LINH, subject="C-1"), "anna", "P1")
    await anna.begin(plan_of(LINH, subject="C-2"), "anna", "P2")

    async def late() -> object:
        request = team.flex.sent[-1]
        asyncio.get_running_loop().call_later(20, team.flex.carry_out, request)
        return await _never()

    team.flex.script.append(late)
    anna.run("P1")
    await asyncio.sleep(1)
    assert await anna.stop(0.0) == 1
    assert not team.store.leases_held()
    assert (await ben.finish("P2")).state is PushState.DONE
    assert len(team.flex.of_ref(LINH.ref)) == 1
    assert team.step("P1").state is StepState.DONE
    assert team.codes("P2") == ["linked-already"]


@virtually
async def test_a_desk_leaves_a_queued_push_to_a_worker_and_shows_how_it_ends() -> None:
    team = Team()
    desk, book = team.sender("desk", is_desk=True)
    crew, crews_book = team.sender("worker")
    ending = asyncio.Event()
    ended: list[Push] = []
    worker = Worker("w1", crew, crews_book, LoopClock(), {Asset.CARD}, ended=ended.append)
    working = asyncio.ensure_future(worker.run(ending))
    following = asyncio.ensure_future(Follower(desk, book).run())
    await asyncio.sleep(0.1)
    await desk.begin(plan_of(LINH), "anna", "P1")
    assert (await desk.finish("P1")).state is PushState.DONE
    assert [push.operator for push in ended] == ["anna"]
    assert not desk.unfinished()
    ending.set()
    await working
    following.cancel()
    assert not team.store.leases_held()


@virtually
async def test_a_desk_sends_itself_what_no_worker_takes() -> None:
    team = Team()
    desk, _ = team.sender("desk", is_desk=True)
    _, crews_book = team.sender("worker")
    await crews_book.claim("worker:w1", 1e6)  # it is there, and has no time
    await desk.begin(plan_of(LINH), "anna", "P1")
    running = desk.run("P1")
    await asyncio.sleep(HEAD_START - 1)
    assert not team.flex.sent
    assert (await running).state is PushState.DONE
    await desk.begin(plan_of(person_step("P-2"), subject="C-2"), "anna", "P2")
    del team.store.leases["worker:w1"]
    began = _now()
    await desk.finish("P2")
    assert _now() < began + HEAD_START  # without a worker it does not wait


@virtually
async def test_of_two_desks_that_confirm_another_plan_of_one_subject_the_second_is_told() -> None:
    team = Team()
    anna, _ = team.sender("anna")
    ben, _ = team.sender("ben")

    async def begin(engine: Engine, plan: Plan, push_id: str) -> str:
        try:
            return (await engine.begin(plan, "x", push_id)).push_id
        except DeskError as error:
            return error.code

    same = await asyncio.gather(begin(anna, plan_of(LINH), "P1"), begin(ben, plan_of(LINH), "P2"))
    assert same == ["P1", "P1"]
    other = plan_of(person_step("P-9"))
    assert await begin(ben, other, "P3") == "another-plan-waits"
    await anna.finish("P1")
    assert await begin(ben, other, "P3") == "P3"  # it asks the book, and not only its memory


@virtually
async def test_a_push_goes_on_when_the_book_is_there_again() -> None:
    team = Team()
    anna, book = team.sender("anna")
    await anna.begin(plan_of(LINH, person_step("P-2")), "anna", "P1")
    team.flex.takes = 5.0
    running = anna.run("P1")
    await asyncio.sleep(1)
    book.is_away = True
    await asyncio.wait([running])
    assert isinstance(running.exception(), BookClosed)
    assert len(team.flex.sent) == 1  # nothing leaves without an INTENT in the book
    book.is_away = False
    (push,) = await anna.resume()
    assert push.state is PushState.DONE
    assert team.codes()[:2] == ["intent", "interrupted"]
    assert len(team.flex.rows) == 2
