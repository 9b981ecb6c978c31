"""One seeded schedule: pushes, faults, deaths, a failing disk and restarts, then the invariants that must hold.

What is pushed, and to whom, is the desk's of a kind: `cards.py`, `contacts.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import ClassVar

from core.errors import BookClosed
from core.push.caretaker import Archiver
from core.push.duplicate_check import DuplicateChecker
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import Operation, Plan, System
from core.push.ports import Remote
from core.push.records import RECORDS, Link, Push, StepRecord
from core.push.states import ACTIVE, PushState, StepState
from data.book.book_file import BookFile
from data.book.storage import SPARE
from tests.simulation.disk import FAILURES, SimDisk
from tests.simulation.life import Killed, Life
from tests.simulation.remote import FAULTS, Server
from tests.simulation.virtual import VirtualLoop
from tests.support.inline_book import InlineBook

SETTLE = 60.0
EPOCH = 1_700_000_000.0
HOME = Path("/book")


class Broken(AssertionError):
    """An invariant does not hold."""


class WallClock:
    """The desk's clock: the loop's time, set back or forward now and then."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.jump = 0.0

    def now(self) -> float:
        return EPOCH + self._loop.now + self.jump


class Schedule:
    """Everything one seed decides, and the world it happens in."""

    kind: ClassVar[str]
    faults: ClassVar[tuple[str, ...]] = FAULTS
    clock_is_set: ClassVar[tuple[float, ...]] = (0.0, 0.0, 86400.0, -86400.0)
    """By how many seconds, between two lives; chosen from these."""
    loses_book: ClassVar[float] = 0.15
    """How often the book is lost, so that the last life begins with an empty one."""
    pushes_again: ClassVar[float] = 0.2
    """How often a later life pushes again what is DONE."""
    server: Server

    def __init__(self, seed: int, *, late: float = 20.0) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.loop = VirtualLoop()
        self.loop.set_exception_handler(lambda loop, context: None)  # the dead leave exceptions behind
        self.clock = WallClock(self.loop)
        self.server = self.make_server(Random(seed + 1))
        self.server.repertoire = self.faults
        self.server.faults = self.random.choice((0, 1, 2, 4, 8))
        self.server.refusals = self.random.choice((0, 0, 0, 1, 2))
        self.server.lag = self.random.choice((0.0, 0.0, 5.0, 15.0))
        self.server.late = late
        self.refusing = bool(self.server.refusals)
        self.disk = SimDisk(Random(seed + 2))
        self.book: InlineBook | None = None
        self.another_book = False
        self.spare = self.random.choice((SPARE, 0))  # a book that is hardly ever tidied, one that often is
        self.waves = self.choose()
        self._pushes = 0
        self.archived = 0
        """How many pushes are in archives at the end."""

    # -- what a kind of desk says ----------------------------------------------------------------------

    def make_server(self, random: Random) -> Server:
        """Make the systems, with those who are there before."""
        raise NotImplementedError

    def choose(self) -> Sequence[Sequence[Plan]]:
        """Choose what is pushed: plan after plan at once, then, once they rest, those of the next wave."""
        raise NotImplementedError

    def may_push(self, plan: Plan, done: Collection[str]) -> bool:
        """Say whether it is time to push a plan; `done` are the subjects of those that are over."""
        return True

    def is_over(self, push: Push) -> bool:
        """Say whether a push is never to be made again but on purpose."""
        return push.state is PushState.DONE

    def remotes(self, life: Life) -> Mapping[System, Remote]:
        """Give the vendors' clients as one life of the desk uses them."""
        raise NotImplementedError

    async def answer(self, engine: Engine, push: Push) -> bool:
        """Do what the operator does who is asked about a push; say whether he decided. Raises `Broken`."""
        raise NotImplementedError

    def arrived(self, step: StepRecord) -> None:
        """Look for what a step that is DONE says is there. Raises `Broken`."""
        raise NotImplementedError

    def check_remote(self, steps: Sequence[StepRecord]) -> None:
        """Look at all that the systems hold. Raises `Broken`."""
        raise NotImplementedError

    def may_stay(self, push: Push) -> bool:
        """Say whether a push may rest otherwise than DONE although nothing was refused."""
        return False

    # -- lives -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Live through every life, then check. Raises `Broken`, `Hang`, or what the desk itself raises."""
        asyncio.set_event_loop(self.loop)
        try:
            for _ in range(self.random.choice((0, 0, 1, 2, 3))):
                self._live(self._short_life())
                self.loop.now += self.random.choice((0.0, 1.0, 100.0))
                self.clock.jump += self.random.choice(self.clock_is_set)
            if self.random.random() < self.loses_book:  # another laptop
                self.disk = SimDisk(Random(self.random.random()))
                self.another_book = True
                self.loop.now += self.server.lag + self.server.late + 31
            self._live(Life(None))
            self.loop.run_until_complete(self._check())
        finally:
            self.loop.close()
            asyncio.set_event_loop(None)

    def _short_life(self) -> Life:
        """Give a life that is cut off; of some the disk fails before that."""
        until = self.random.randint(1, 40)
        if self.random.random() < 0.75:
            return Life(until)
        sound, error = self.random.randint(0, 30), self.random.choice(FAILURES)
        self.disk.doom(sound, error, stays=self.random.random() < 0.5)
        return Life(until + 60)

    def _live(self, life: Life) -> None:
        self.disk.life = life
        main = self.loop.create_task(self._desk(life))
        try:
            self.loop.run_until_complete(main)
        except (Killed, BookClosed):  # in one breath with its death the process may see its book fail
            if not (life.dead or self.disk.failed):
                raise
        cut_off = life.dead
        if life.dead or self.disk.failed:
            self._bury(life)
        if cut_off or (self.disk.failed and self.random.random() < 0.5):
            self.disk.crash()  # else the machine stays up, and what is not durable is there for a while
        self.disk.repair()

    def _bury(self, life: Life) -> None:
        life.dead = True
        while tasks := [task for task in self.loop.tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            with suppress(Killed, asyncio.CancelledError):
                self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _desk(self, life: Life) -> None:
        self.server.may_write = lambda: not self.disk.failed
        book = InlineBook(BookFile(HOME, RECORDS, disk=self.disk, random=bytes, spare=self.spare))
        self.book = book
        remotes = self.remotes(life)
        engine = Engine(book, remotes, self.clock, self.random)
        duplicates = DuplicateChecker(book, remotes, self.clock, engine)
        try:
            await engine.recover()
            await self._care(engine)
            await duplicates.run_all()
            for wave in self.waves:
                await self._press(engine, wave)
                await self._see_through(engine)
            await self._check_for_duplicates(duplicates)
            await self._care(engine)
        except BookClosed:
            await self._try_again(engine)
            raise

    async def _care(self, engine: Engine) -> None:
        """Archive what is over. A disk that refuses only that leaves a book that can be written."""
        book, failed = self.book, self.disk.failed
        assert book is not None
        try:
            await Archiver(book, engine).run()
        except BookClosed:
            if book.read_only is not None:
                raise
            self.disk.failed = failed

    async def _press(self, engine: Engine, wave: Sequence[Plan]) -> None:
        """Confirm each plan and run it, twice where the finger is quick; what is over is seldom pushed again."""
        assert self.book is not None
        done = {push.subject for push in await self.book.all(Push) if self.is_over(push)}
        for plan in wave:
            over = plan.subject in done and self.random.random() >= self.pushes_again
            if over or not self.may_push(plan, done):
                continue
            push = await engine.begin(plan, "sim", self._push_id())
            again = await engine.begin(plan, "sim", self._push_id())
            if again.push_id != push.push_id:
                raise Broken(f"{plan.subject} has two active pushes")
            engine.run(push.push_id)
            engine.run(push.push_id)

    def _push_id(self) -> str:
        self._pushes += 1
        return f"P-{self._pushes}"

    async def _see_through(self, engine: Engine) -> None:
        """Resume, and answer what is asked, until nothing continues automatically."""
        for _ in range(30):
            pushes = [push for push in await engine.resume() if push.state in ACTIVE]
            if not pushes:
                return
            await asyncio.sleep(self.random.uniform(self.server.late + 31, 4000))
            asked = [push for push in pushes if push.state is PushState.NEEDS_YOU]
            decided = [await self.answer(engine, push) for push in asked]
            if len(asked) == len(pushes) and not any(decided):
                return

    async def _check_for_duplicates(self, duplicates: DuplicateChecker) -> None:
        """Run the duplicate check as the console does, now and then for some days or until no check is left."""
        for n in range(14):
            wait = await duplicates.seconds_to_next()
            if wait is None:
                return
            await asyncio.sleep(max(60.0 * 2**n, wait))
            await duplicates.run_due()

    async def _try_again(self, engine: Engine) -> None:
        """Do what the operator does whose disk failed: he goes on, as far as the desk lets him, and quits."""
        with suppress(BookClosed):
            await engine.resume()
        for wave in self.waves:
            with suppress(BookClosed):
                push = await engine.begin(wave[0], "sim", self._push_id())
                await engine.finish(push.push_id)
        await asyncio.sleep(self.random.choice((0.0, 10.0, 200.0)))
        await engine.stop(1.0)

    # -- what must hold --------------------------------------------------------------------------------

    async def _check(self) -> None:
        book = self.book
        assert book is not None
        self.server.settle_until(self.loop.time() + 1e9)
        pushes = await book.all(Push)
        steps = [step for push in pushes for step in await steps_of(book, push)]
        self.archived += sum([bool(await book.archived(push.push_id)) for push in pushes])
        if self.server.unwritten:
            raise Broken(f"sent although the book refused: {self.server.unwritten}")
        self.check_twice(pushes, steps)
        self.check_remote(steps)
        for push in pushes:
            if push.state in ACTIVE and push.state is not PushState.NEEDS_YOU:
                raise Broken(f"{push.push_id} never came to rest: {push.state} ({push.reason})")
            if push.state is not PushState.DONE and not (self.refusing or self.may_stay(push)):
                raise Broken(f"not done without a reason: {push}")
        for step in steps:
            if step.state is StepState.DONE:
                self.arrived(step)
        self.check_links(steps, {link.key: link.remote_id for link in await book.all(Link)})
        known = {step.ref for step in steps}
        for row in self.server.rows:
            if row.ref and row.ref not in known and not self.is_lost_with_its_book(row.kind):
                raise Broken(f"{row.kind} {row.id} is in no journal")

    def check_twice(self, pushes: Sequence[Push], steps: Sequence[StepRecord]) -> None:
        """Nothing stands twice at the remote under one reference. Raises `Broken`."""
        if doubled := self.server.doubled():
            raise Broken(f"a reference stands twice at the remote: {doubled}")

    def check_links(self, steps: Sequence[StepRecord], links: Mapping[str, str]) -> None:
        """Links and journal say the same. Raises `Broken`."""
        made = links_made(steps)
        if made != links:
            raise Broken(f"links are not the journal: {made} and {links}")

    def is_lost_with_its_book(self, kind: str) -> bool:
        """Say whether nothing tells any more of what an earlier book made of a kind of record."""
        return False


def links_made(steps: Sequence[StepRecord]) -> dict[str, str | None]:
    """Give the links that follow from what is DONE."""
    return {
        step.link_key: step.remote_id
        for step in steps
        if step.state is StepState.DONE and step.operation not in (Operation.WRITE_BACK, Operation.SHARE)
    }


def run_seed(seed: int, schedule: Callable[[int], Schedule]) -> None:
    """Run one schedule; a failure says how to replay it."""
    world = schedule(seed)
    try:
        world.run()
    except BaseException as error:
        error.add_note(f"replay: python -m tests.simulation --kind {world.kind} --seed {seed}")
        raise
