"""A watch on a virtual clock: killed, restarted, cut off from either system, beside an app that has the book at times.

Whatever comes: every due milestone is sent once, in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from core.automatic import watch as watching
from core.automatic.brake import Brake
from core.automatic.draft_book import DraftBook
from core.automatic.resumption import Resumption
from core.automatic.schedule import EVERY, JobName, Schedule
from core.automatic.standing_orders import StandingOrders
from core.automatic.watch import Watch, WatchEvent
from core.automatic.watch_status import WatchEnd, WatchStatus, is_overdue
from core.milestones.candidates import ONLY_THE_BOOKS_LINKS
from core.milestones.milestone_map import MilestoneRules
from core.milestones.ports import Outside
from core.milestones.use_cases import MilestoneUseCases, Overview
from core.push.caretaker import Archiver, Caretaker
from core.push.duplicate_check import DuplicateChecker
from core.push.engine import Engine
from core.push.plan import Asset, System
from core.push.ports import NotSent, Outcome, Request
from core.push.records import Push
from core.push.states import PushState
from tests.support.matrix import so_many
from tests.unit.core.milestones.live_systems import Stop, TotalExpert, play, true_now
from tests.unit.core.milestones.milestone_setup import ABANDONED, MINUTE, T0
from tests.unit.core.milestones.test_live_streams import LiveStory, the_milestones_of
from tests.unit.core.milestones.test_random_streams import DAY
from tui.wiring.desk import Desk
from tui.wiring.milestones import HeldInbox, MilestoneDraft
from tui.wiring.watch.jobs import WatchJobs, WatchTerms
from tui.wiring.watch.rounds import DeskRounds

HOUR = 60 * MINUTE
JOBS = (JobName.PUSHES, JobName.MILESTONES, JobName.DUPLICATE_CHECKS)


class CutOff(TotalExpert):
    """A Total Expert that nobody can reach at times."""

    async def send(self, request: Request) -> Outcome:
        return NotSent("unreachable") if self.down else await super().send(request)


class WatchedStory(LiveStory):
    """A random run in which a watch does the work."""

    def __init__(self, seed: int) -> None:
        super().__init__(Random(seed), MilestoneRules())
        self.office.remote = CutOff()
        self.office.remote.seen = self._check
        self.office.remote.fate = self._fate
        self.events: list[WatchEvent] = []
        self.statuses: list[WatchStatus] = []
        self.is_app_open = False
        self.at_most = 200
        self.deaths = 0

    @asynccontextmanager
    async def open(self, *, write: bool) -> AsyncIterator[Desk]:
        """Open the desk of a round. The book has a version, as the one on disk."""
        office: Any = self.office
        assert not (write and self.is_app_open), "the watch took the book from the app"
        draft = None if write else MilestoneDraft(DraftBook(office.book), HeldInbox(office.inbox))
        outside = Outside(
            office.applications,
            office.remote,
            office.ties,
            draft.inbox if draft is not None else office.inbox,
        )
        book = draft.book if draft is not None else office.book
        room = MilestoneUseCases(outside, book, office.terms, lambda: f"P{next(office._ids)}", office.clock)
        engine = caretaker = None
        if write:
            office.desk = room
            office.engine = engine = Engine(
                office.book,
                {System.TOTAL_EXPERT: office.remote},
                office.clock,
                Random(1),
                fresh={Asset.MILESTONE: room},
                listen=lambda push, steps: self.resumption.heard(push, steps, office.engine),
            )
            engine.last_tries = self.last_tries
            await engine.recover()
            duplicates = DuplicateChecker(
                office.book, {System.TOTAL_EXPERT: office.remote}, office.clock, engine
            )
            caretaker = Caretaker(engine, duplicates, Archiver(office.book, engine))
        office.book.version = (0, office.book.commits)
        office.book.read_only = office.book.holder = None
        unused: Any = None
        try:
            yield Desk(
                settings=unused,
                book=office.book,
                flex=unused,
                notes=unused,
                fact_finds=unused,
                links=unused,
                undo=unused,
                engine=engine,
                connections={},
                milestones=room,
                caretaker=caretaker,
                orders=StandingOrders(office.book, "m.hale", office.clock),
                brake=Brake(office.book, self.at_most, "m.hale", office.clock),
                draft=draft,
            )
        finally:
            if engine is not None:
                await engine.stop(5)

    def begin_watch(self) -> Watch:
        """Begin a process: what the one before had in memory is gone."""
        clock: Any = self.office.clock
        self.resumption = Resumption(clock, Random(2))
        self.last_tries: dict[str, float] = {}
        rounds = DeskRounds(
            self.open,
            WatchJobs(self.resumption, WatchTerms(clock.now()), clock),
            lambda: "process 7" if self.is_app_open else "",
            lambda: bool(self.office.inbox.held),
            lambda: self.office.book.stopped is not None,
            lambda: self.office.book.commits,
        )
        status = WatchStatus(1, "m.hale", clock.now(), clock.now())
        return Watch(
            rounds, Schedule(JOBS, clock, Random(3)), status, clock, self.statuses.append, self.events.append
        )

    async def keep_watching(self, until: float) -> None:
        """Run the watch, and start it again after each death, as a unit does."""
        while true_now() < until:
            watch = self.begin_watch()
            running = asyncio.ensure_future(watch.run())
            ended = asyncio.ensure_future(asyncio.sleep(until - true_now()))
            await asyncio.wait({running, ended}, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            if not running.done():
                watch.end()
                assert await running is WatchEnd.SIGNAL
                return
            assert isinstance(running.exception(), Stop), running
            self.deaths += 1
            self.office.book.live_again()
            await asyncio.sleep(30)

    async def post_comes(self) -> None:
        """Deliver the webhooks in their time."""
        for at, told in sorted(self.post, key=lambda each: each[0]):
            await asyncio.sleep(max(0.0, at - true_now()))
            self.office.inbox.held.append(told)

    async def trouble_comes(self) -> None:
        """Cut the watch off from either system for an hour, kill it, and open the app, again and again."""
        for _ in range(12):
            await asyncio.sleep(self.random.choice([10, 60, 120]) * MINUTE)
            match self.random.choice(["simplenexus", "total-expert", "death", "app"]):
                case "simplenexus":
                    self.office.applications.down = True
                case "total-expert":
                    self.office.remote.down = True
                case "death":
                    self.office.book.live_again(self.random.randint(1, 12))
                case _:
                    self.is_app_open = True
            await asyncio.sleep(HOUR)
            self.office.applications.down = self.office.remote.down = self.is_app_open = False


@pytest.mark.parametrize("seed", range(so_many(6, 2)))
def test_every_due_milestone_is_sent_once_and_in_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", 30.0)
    story = WatchedStory(seed)

    async def run() -> None:
        others = [asyncio.ensure_future(work) for work in (story.post_comes(), story.trouble_comes())]
        await story.keep_watching(T0 + 3 * DAY)
        for other in others:
            await other
        assert {push.state for push in await story.office.book.all(Push)} <= {
            PushState.DONE,
            PushState.REFUSED,
        }

    play(run())
    sent = {held.name: held.milestone for held in story.sent}
    assert the_milestones_of(story) <= sent.keys()
    # An application that was abandoned before it was submitted has both. `_check` saw that it was so at that time.
    assert {sent[name] for name in sent.keys() - the_milestones_of(story)} <= {ABANDONED}
    seen = {job.error for status in story.statuses for job in status.jobs}
    seen |= {status.left_to for status in story.statuses}
    assert {"unreachable", "process 7"} <= seen, "the story has an outage and an app"
    assert story.deaths or seed == 4, "the story has a death"
    last = story.statuses[-1]
    assert last.ended is WatchEnd.SIGNAL
    assert {job.job for job in last.jobs} == set(JOBS)
    assert not any(is_overdue(last, job, last.alive_at, is_book_open=False) for job in last.jobs)


def test_an_outage_is_told_once_with_the_next_try_and_so_is_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", 30.0)
    story = WatchedStory(1)
    story.office.applications.down = True

    async def run() -> None:
        watch = story.begin_watch()
        running = asyncio.ensure_future(watch.run())
        await asyncio.sleep(6 * HOUR)
        (told,) = [event for event in story.events if event.job]
        assert (told.job, told.code) == (JobName.MILESTONES, "unreachable")
        assert told.next_at > T0
        assert is_overdue(
            watch.status, watch.status.job(JobName.MILESTONES), T0 + 6 * HOUR, is_book_open=False
        )
        story.office.applications.down = False
        await asyncio.sleep(HOUR)
        assert "It works again." in [event.text for event in story.events]
        watch.end()
        await running

    play(run())


def test_a_watch_that_a_person_ended_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", 30.0)
    story = WatchedStory(1)

    async def run() -> None:
        running = asyncio.ensure_future(story.begin_watch().run())
        await asyncio.sleep(HOUR)
        await StandingOrders(story.office.book, "m.hale", story.office.clock).end()
        assert await running is WatchEnd.BY_A_PERSON

    play(run())


def test_what_is_held_is_told_once_sends_nothing_and_goes_soon_after_the_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "LOOK_EVERY", 30.0)
    story = WatchedStory(1)
    story.at_most = 0  # every milestone is too many
    brake = Brake(story.office.book, story.at_most, "m.hale", story.office.clock)

    async def run() -> None:
        posted = asyncio.ensure_future(story.post_comes())
        running = asyncio.ensure_future((watch := story.begin_watch()).run())
        await asyncio.sleep(DAY)
        held = [event for event in story.events if event.code == "many-at-once"]
        assert len(held) == 2, "what waits, and what to do"
        assert all(event.waits for event in held)
        assert watch.status.job(JobName.MILESTONES).waits
        assert story.sent == []
        (braked,) = await brake.waiting()
        job = watch.status.job(JobName.MILESTONES)
        await asyncio.sleep(max(0.0, job.last_run + EVERY[JobName.MILESTONES] + MINUTE - true_now()))
        await brake.allow(braked)
        await asyncio.sleep(2 * MINUTE)  # the job's interval is longer
        assert {held.name for held in story.sent} == set(braked.ids)
        watch.end()
        await running
        posted.cancel()

    play(run())


def test_the_watch_says_once_that_it_knows_the_books_links_alone() -> None:
    story = WatchedStory(0)
    clock: Any = story.office.clock
    jobs = WatchJobs(Resumption(clock, Random(2)), WatchTerms(0.0), clock)
    said = [
        jobs._new_lack(Overview((), 0.0, lacks_links=lacks)) for lacks in (False, True, True, False, True)
    ]
    assert said == [(), (ONLY_THE_BOOKS_LINKS,), (), (), (ONLY_THE_BOOKS_LINKS,)]
