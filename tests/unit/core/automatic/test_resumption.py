"""A push that a failed connection has paused continues automatically; what a person has to decide is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from random import Random

import pytest

from core.automatic.backoff import Backoff
from core.automatic.resumption import PausedPush, Resumption, ResumptionEvent, TriedAgain
from core.push.engine import Engine
from core.push.plan import Plan, System
from core.push.ports import Lost, NotSent, Outcome, Refused
from core.push.records import Push, StepRecord
from core.push.states import PASSES, PushState
from tests.support.fakes import World, person_step, plan_of
from tests.support.virtual_time import virtually

DOWN = NotSent("unreachable")
HOUR = 3_600.0


class Desk(World):
    """A world with a console that continues automatically. It notes what it was told."""

    def __init__(self) -> None:
        super().__init__(settle=1.0)
        self.resumption = Resumption(self.clock, Random(1))
        self.told: list[ResumptionEvent] = []
        self.engine = Engine(
            self.book,
            {System.FLEX: self.flex, System.BROKERENGINE: self.board},
            self.clock,
            Random(1),
            listen=self._heard,
        )

    def _heard(self, push: Push, steps: Sequence[StepRecord]) -> None:
        self.resumption.heard(push, steps, self.engine)

    async def push(self, plan: Plan, push_id: str = "P1") -> Push:
        await self.engine.begin(plan, "m.hale", push_id)
        return await self.engine.finish(push_id)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async def run() -> None:
            async for event in self.resumption.run(self.engine):
                self.told.append(event)

        task = asyncio.create_task(run())
        yield
        task.cancel()

    def state(self, push_id: str = "P1") -> PushState:
        return self.held_push(push_id).state

    @property
    def tries(self) -> int:
        return sum(isinstance(event, TriedAgain) for event in self.told)


ONE = plan_of(person_step())


@virtually
async def test_a_push_without_a_connection_goes_on_by_itself_and_says_when() -> None:
    desk = Desk()
    desk.flex.script.extend([DOWN] * 5)
    async with desk.open():
        began = desk.clock.now()
        assert (await desk.push(ONE)).reason == "unreachable"
        (waiting,) = desk.resumption.waiting()
        assert waiting == desk.resumption.waiting_push("P1")
        assert (waiting.what, waiting.code) == ("card C-1", "unreachable")
        assert began <= waiting.since <= desk.clock.now() < waiting.next_at
        await asyncio.sleep(waiting.next_at - desk.clock.now() + 5)
        assert desk.state() is PushState.DONE
    assert desk.resumption.waiting() == []
    assert [type(event) for event in desk.told] == [PausedPush, TriedAgain]
    assert len(desk.flex.rows) == 1


@virtually
async def test_after_a_long_failure_it_is_tried_seldom_and_still_goes_on() -> None:
    desk = Desk()
    up = False

    async def as_it_is() -> Outcome | str:
        return "done" if up else DOWN

    desk.flex.script.extend([as_it_is] * 500)
    async with desk.open():
        await desk.push(ONE)
        await asyncio.sleep(24 * HOUR)
        assert 40 <= desk.tries <= 24 * 4, "at most about one try in a quarter of an hour"
        assert desk.state() is PushState.PAUSED
        tries, up = desk.tries, True
        await asyncio.sleep(Backoff().longest + 120)
        assert (desk.state(), desk.tries) == (PushState.DONE, tries + 1)
    assert len(desk.flex.rows) == 1


@virtually
async def test_several_pushes_go_on_after_the_rest_of_their_connection() -> None:
    desk = Desk()
    desk.flex.script.extend([Lost("no-reply")] * 5)
    async with desk.open():
        for n in range(1, 5):
            await desk.push(plan_of(person_step(f"P-{n}"), subject=f"C-{n}"), f"P{n}")
        reasons = [push.reason for push in desk.engine.unfinished()]
        assert "connection-rests" in reasons
        assert len(desk.resumption.waiting()) == len(reasons)
        await asyncio.sleep(HOUR)
        assert [desk.state(f"P{n}") for n in range(1, 5)] == [PushState.DONE] * 4
    assert len(desk.flex.rows) == 4


@pytest.mark.parametrize(
    "outcome", [Refused("forbidden", closes=True), Refused("refused"), NotSent("wrong-secret", hopeless=True)]
)
def test_what_a_person_has_to_decide_is_left_alone(outcome: Outcome) -> None:
    @virtually
    async def scenario() -> None:
        desk = Desk()
        desk.flex.script.append(outcome)
        async with desk.open():
            before = (await desk.push(ONE)).state
            sent = len(desk.flex.sent)
            waits = await desk.push(plan_of(person_step("P-2"), subject="C-2"), "P2")
            if waits.reason == "forbidden":
                sent = len(desk.flex.sent)
                await asyncio.sleep(24 * HOUR)
                assert (len(desk.flex.sent), desk.state("P2")) == (sent, PushState.PAUSED)
            else:
                await asyncio.sleep(24 * HOUR)
            assert desk.state() is before
            assert [request.ref for request in desk.flex.sent].count(ONE.steps[0].ref) == 1
            assert desk.told == []
            assert sent >= 1

    scenario()


@virtually
async def test_a_step_that_needs_a_person_does_not_keep_the_others_back() -> None:
    desk = Desk()
    first, second = person_step("P-1"), person_step("P-2", "Bao")
    desk.flex.put("1-A", first.ref, FirstName="Linh")
    desk.flex.put("1-B", first.ref, FirstName="Linh")
    desk.flex.script.extend([DOWN] * 5)
    async with desk.open():
        push = await desk.push(plan_of(first, second))
        assert (push.state, push.reason) == (PushState.NEEDS_YOU, "unreachable")
        await asyncio.sleep(HOUR)
        assert len(desk.flex.of_ref(second.ref)) == 1
        assert desk.state() is PushState.NEEDS_YOU
        assert desk.tries == 1


@virtually
async def test_a_person_who_resumes_meanwhile_leaves_nothing_to_try() -> None:
    desk = Desk()
    desk.flex.script.extend([DOWN] * 5)
    async with desk.open():
        await desk.push(ONE)
        await desk.engine.resume()
        assert desk.state() is PushState.DONE
        await asyncio.sleep(HOUR)
        assert desk.tries == 0
    assert len(desk.flex.rows) == 1


def test_closing_the_desk_is_nothing_to_try_again() -> None:
    assert not PASSES & {"quit", "decided", "plan-changed", "disk-full"}
