"""Several senders on one shared book: desks that confirm, workers that send, each paused, cut off, killed by chance.

Every sender has a clock of its own, which is wrong by up to a day and is set now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any, ClassVar, Final, TypeVar

from core.automatic.backoff import rest_after
from core.automatic.follower import Follower
from core.automatic.worker import WORKER, HeadStart, Worker
from core.errors import BookClosed, DeskError, HeldElsewhere, LeaseLost, Unreachable
from core.push.duplicate_check import DuplicateChecker
from core.push.engine import Engine
from core.push.plan import Asset, Plan, System
from core.push.ports import LEASE_ENDED, Outcome, Remote
from core.push.records import Link, Push, StepRecord
from core.push.states import ACTIVE, PushState, StepState
from core.push.team.lease_keeper import SEND_PERMIT
from core.push.team.shared_rate import SharedRateLimiter
from data.vendors.brokerengine import BrokerEngine
from data.vendors.http.reply import HttpReply, NoReply
from tests.simulation.cards import CardSchedule
from tests.simulation.life import Killed, Life
from tests.simulation.remote import FAULTS, Server, SimWire
from tests.simulation.schedule import EPOCH, SETTLE, Broken
from tests.simulation.virtual import VirtualLoop
from tests.support.team_books import FakeTeamBook, Sender, SharedStore, most_in_a_minute

T = TypeVar("T")
DEADLINE: Final = 31.0
"""Seconds that a request takes at most."""
CHAOS: Final = 600.0
"""Seconds for which senders are paused, cut off and killed. After that they work in peace until all is over."""
PEACE: Final = 40_000.0
"""Seconds after which everything must have come to rest."""
PAUSES: Final = (0.2, 5.0, 40.0, 95.0, 130.0)


class SenderLife(Life):
    """One life of one sender: when it is paused, cut off from the book or from the systems, and what its clock says."""

    def __init__(self, loop: VirtualLoop, random: Random) -> None:
        super().__init__(None)
        self._loop = loop
        self._random = random
        self._paused_until = 0.0
        self.no_book_until = 0.0
        self.no_systems_until = 0.0
        self.wrong_by = random.uniform(-86_400, 86_400)
        self.trouble = random.choice((0.01, 0.03, 0.08))
        """How often something befalls it at a point where it touches the world."""

    def now(self) -> float:
        """Return what its wall clock says."""
        return EPOCH + self._loop.now + self.wrong_by

    async def gate(self) -> None:
        """Pass from the sender to the world, or back. A paused sender waits here; a dead one goes no further."""
        self.touch()
        if self._random.random() < self.trouble:
            self._befall()
        self.touch()
        while (left := self._paused_until - self._loop.now) > 0:
            await asyncio.sleep(left)
            self.touch()

    def _befall(self) -> None:
        lasts = self._random.choice(PAUSES)
        match self._random.randrange(8):
            case 0 | 7:
                self.dead = True
            case 1 | 2:
                self._paused_until = self._loop.now + lasts
            case 4:
                self.no_book_until = self._loop.now + lasts
            case 5:
                self.no_systems_until = self._loop.now + lasts
            case _:
                self.wrong_by += self._random.choice((-3600.0, -100.0, 100.0, 3600.0))


class SharedBook(FakeTeamBook):
    """The book over a network that fails: a request or its reply is lost, and nobody can tell which."""

    def __init__(self, store: SharedStore, sender: Sender, life: SenderLife, loop: VirtualLoop) -> None:
        super().__init__(store, sender)
        self._life = life
        self._loop = loop

    async def _ask(self, work: Callable[[], T]) -> T:
        await self._life.gate()
        await asyncio.sleep(0.002)
        self._check_reach()
        done = work()
        await self._life.gate()
        self._check_reach()
        return done

    def _check_reach(self) -> None:
        if self._loop.now < self._life.no_book_until:
            raise BookClosed("book-away", "The book does not answer.")


class TeamServer(Server):
    """The systems. They notice two senders that write the same record at one time."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.under_way: dict[str, SenderLife] = {}
        self.per_minute = random.choice((20.0, 60.0, 600.0))
        self.left_at: list[float] = []
        """When each request left."""


class TeamWire(SimWire):
    """The wire of one sender. A request leaves if its lease surely lasts; then no pause of its sender stops it."""

    def __init__(self, server: TeamServer, life: SenderLife, loop: VirtualLoop, book: SharedBook) -> None:
        super().__init__(server, Life(None), loop)
        self._team_server = server
        self._book = book
        self._pace = SharedRateLimiter(book, "systems", server.per_minute)
        self._sender = life

    async def write(self, *args: Any, **named: Any) -> Outcome:
        outcome = await super().write(*args, **named)
        await self._sender.gate()
        return outcome

    async def _leave(self) -> None:
        """Wait until it is this request's turn, by the rate that all senders share."""
        await self._sender.gate()
        await self._pace.wait()
        self._team_server.left_at.append(self._loop.now)

    async def _answer(self, method: str, path: str, body: dict[str, Any]) -> HttpReply:
        try:
            await self._leave()
        except BookClosed as error:
            raise NoReply(error.code, "", sent=False) from None
        if self._loop.now < self._sender.no_systems_until:
            raise NoReply("unreachable", "", sent=False)
        if not SEND_PERMIT.get()(DEADLINE):
            raise NoReply(LEASE_ENDED, "", sent=False)
        ref = str(body.get("IntegrationId") or path)
        self._check_held(ref)
        rival = self._team_server.under_way.setdefault(ref, self._sender)
        if rival is not self._sender:
            raise Broken(f"two senders write {ref} at one time")
        try:
            return await super()._answer(method, path, body)
        finally:
            del self._team_server.under_way[ref]

    def _check_held(self, ref: str) -> None:
        """Check that the sender of a new record holds a push with its reference, by the book's own clock."""
        store, sender = self._book.store, self._book.sender
        rows = [store.leases.get(push_id) for push_id in store.bearers.get(ref, ())]
        mine = [row.until for row in rows if row is not None and row.sender == sender]
        if rows and max(mine, default=0.0) < self._loop.now + DEADLINE:
            raise Broken(f"{sender.id} sends {ref} without a lease that lasts")

    async def get_object(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        try:
            await self._leave()
        except BookClosed as error:
            raise Unreachable(error.code, "") from None
        found = await super().get_object(path, params)
        await self._sender.gate()
        return found


class TeamSchedule(CardSchedule):
    """The world of a team that pushes cards: two desks, and workers."""

    kind: ClassVar[str] = "team"
    faults = (*FAULTS, *("late",) * 12)

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.server.faults = self.random.choice((0, 8, 40))
        self.store = SharedStore(lambda: self.loop.now)
        self._names = iter(range(1, 10_000))
        self._lives: list[SenderLife] = []
        self._calm = False
        self._asked: dict[tuple[str, float], float] = {}
        """When each question was first seen."""
        self._broken: list[Broken] = []

    def make_server(self, random: Random) -> Server:
        self._team_server = TeamServer(random)
        made = super().make_server(random)
        self._team_server.rows, self._team_server._kinds = made.rows, made._kinds
        return self._team_server

    def remotes_of(self, book: SharedBook, life: SenderLife) -> Mapping[System, Remote]:
        """Return the vendors' clients as one sender uses them."""
        wire = TeamWire(self._team_server, life, self.loop, book)
        return {System.FLEX: self.flex(wire, SETTLE), System.BROKERENGINE: BrokerEngine(wire, SETTLE)}  # type: ignore[arg-type]  # a wire without a socket

    def run(self) -> None:
        """Let the team work through its troubles, then in peace, then check. Raises `Broken`, `Hang`."""
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self.loop.create_task(self._team()))
        finally:
            self.loop.close()
            asyncio.set_event_loop(None)

    async def _team(self) -> None:
        plans = list(self.waves[0])
        seats = [self._desk_of(plans), self._desk_of(self.random.sample(plans, len(plans)))]
        seats += [self._worker() for _ in range(self.random.choice((0, 1, 2, 3)))]
        tasks = [asyncio.ensure_future(seat) for seat in seats]
        try:
            await self._wait(lambda: self.loop.now >= CHAOS, tasks)
            self._calm = True
            self.server.faults = self.server.refusals = 0
            for life in self._lives:
                life.trouble = 0.0
            await self._wait(lambda: self._is_over(plans) or self.loop.now >= PEACE, tasks)
        finally:
            for task in tasks:
                task.cancel()
            for life in self._lives:
                life.dead = True
        self._check_all(plans)

    async def _wait(self, over: Callable[[], bool], tasks: Sequence[asyncio.Task[None]]) -> None:
        while not over():
            for task in tasks:
                if task.done():
                    task.result()
                    raise Broken("a sender has nothing more to do")
            if self._broken:
                raise self._broken[0]
            await asyncio.sleep(10)

    def _is_over(self, plans: Sequence[Plan]) -> bool:
        pushes = [
            record for record in self.store.tables.get(Push.table, {}).values() if isinstance(record, Push)
        ]
        confirmed = {push.subject for push in pushes}
        at_rest = all(push.state not in ACTIVE for push in pushes)
        held = any(not name.startswith(WORKER) for name in self.store.leases_held())
        return at_rest and confirmed >= {plan.subject for plan in plans} and not held

    # -- senders ---------------------------------------------------------------------------------------

    def _born(self, what: str) -> tuple[SenderLife, SharedBook, Engine]:
        life = SenderLife(self.loop, Random(self.random.random()))
        if self._calm:
            life.trouble = 0.0
        self._lives.append(life)
        name = f"{what}-{next(self._names)}"
        book = SharedBook(self.store, Sender(name, name, "here"), life, self.loop)
        start = HeadStart(book).seconds if what == "desk" else None
        engine = Engine(
            book, self.remotes_of(book, life), life, self.random, rest=rest_after, head_start=start
        )
        return life, book, engine

    async def _worker(self) -> None:
        while True:
            life, book, engine = self._born("worker")
            ending = asyncio.Event()
            worker = Worker(book.sender.id, engine, book, life, frozenset(Asset), at_once=2)
            working = asyncio.ensure_future(worker.run(ending))
            drains_after = None if self._calm else self.random.choice((None, 3.0, 50.0))
            with suppress(Killed):
                await asyncio.wait({working}, timeout=drains_after)
                ending.set()
                await engine.stop(self.random.choice((0.0, 0.0, 2.0)))
                await working
            life.dead = True
            await asyncio.sleep(self.random.choice((0.0, 5.0, 120.0)))

    async def _desk_of(self, plans: Sequence[Plan]) -> None:
        while True:
            life, book, engine = self._born("desk")
            with suppress(Killed):
                await self._sit(book, engine, plans, life)
            life.dead = True
            await asyncio.sleep(self.random.choice((0.0, 5.0, 120.0)))

    async def _sit(self, book: SharedBook, engine: Engine, plans: Sequence[Plan], life: SenderLife) -> None:
        """Start as a desk does, and follow what the others send. Then do what an operator does."""
        follower = Follower(engine, book)
        while True:
            try:
                await follower.begin()
                await engine.recover()
                break
            except (BookClosed, LeaseLost):
                await asyncio.sleep(5)
        following = asyncio.ensure_future(follower.run())
        try:
            await self._operate(book, engine, plans, life)
        finally:
            following.cancel()

    async def _operate(
        self, book: SharedBook, engine: Engine, plans: Sequence[Plan], life: SenderLife
    ) -> None:
        """Confirm, answer what is asked, and look again."""
        duplicates = DuplicateChecker(book, self.remotes_of(book, life), life, engine)
        while True:
            with suppress(BookClosed, HeldElsewhere, LeaseLost):
                for breaker in engine.breakers.values():
                    breaker.reset()  # the operator has looked
                await self._confirm(book, engine, plans)
                for push in engine.unfinished():
                    if push.state is PushState.NEEDS_YOU and not engine.is_running(push.push_id):
                        await self._answer_truly(engine, push)
                    else:
                        engine.run(push.push_id)  # takes it over if its sender is gone
                await duplicates.run_due()
            await asyncio.sleep(self.random.uniform(1, 100))

    async def _confirm(self, book: SharedBook, engine: Engine, plans: Sequence[Plan]) -> None:
        known = {push.subject for push in await book.all(Push)}
        for plan in plans:
            if plan.subject not in known or (not self._calm and self.random.random() < 0.02):
                try:
                    push = await engine.begin(plan, book.sender.operator, self._push_id())
                except (BookClosed, HeldElsewhere, LeaseLost):
                    raise
                except DeskError as error:
                    if error.code != "another-plan-waits":
                        raise
                    continue
                engine.run(push.push_id)

    async def _answer_truly(self, engine: Engine, push: Push) -> None:
        """Answer once a commit that comes late has come: a person looks before they answer."""
        since = self._asked.setdefault((push.push_id, push.updated_at), self.loop.now)
        if self.loop.now - since < self.server.late + DEADLINE:
            return
        try:
            await self.answer(engine, push)
        except DeskError as error:
            if error.code != "not-offered":  # somebody else has decided it meanwhile
                raise
        except Broken as broken:
            live = engine.live(push.push_id)
            fresh = self.store.tables[Push.table].get(push.push_id)
            if live is not None and isinstance(fresh, Push) and fresh.state is PushState.NEEDS_YOU:
                self._broken.append(broken)

    # -- what must hold --------------------------------------------------------------------------------

    def _check_all(self, plans: Sequence[Plan]) -> None:
        self.server.settle_until(self.loop.now + 1e9)
        pushes: list[Any] = list(self.store.tables.get(Push.table, {}).values())
        steps: list[Any] = list(self.store.tables.get(StepRecord.table, {}).values())
        links: list[Any] = list(self.store.tables.get(Link.table, {}).values())
        lost = {plan.subject for plan in plans} - {push.subject for push in pushes}
        if lost:
            raise Broken(f"never confirmed: {lost}")
        most = most_in_a_minute(self._team_server.left_at)
        if most > self._team_server.per_minute:
            raise Broken(f"{most} requests in 60 seconds, of {self._team_server.per_minute:.0f} allowed")
        self.check_twice(pushes, steps)
        self.check_remote(steps)
        for push in pushes:
            if push.state in ACTIVE:
                raise Broken(f"{push.push_id} never came to rest: {push.state} ({push.reason})")
            if push.state is not PushState.DONE and not self.refusing:
                raise Broken(f"not done without a reason: {push}")
        for step in steps:
            if step.state is StepState.DONE:
                self.arrived(step)
        self.check_links(steps, {link.key: link.remote_id for link in links})
        known = {step.ref for step in steps}
        for row in self.server.rows:
            if row.ref and row.ref not in known:
                raise Broken(f"{row.kind} {row.id} is in no journal")
