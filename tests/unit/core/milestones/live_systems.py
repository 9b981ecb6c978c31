"""A whole milestone desk on a loop whose time is virtual: the real engine and use cases, and a world in memory.

The world is true at every moment; what the desk hears of it is late, doubled, lost, or told by clocks that are wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from itertools import count
from random import Random
from typing import Any

import msgspec

from core.errors import Unreachable
from core.milestones.events import (
    ApplicationReading,
    CalculationReport,
    MilestoneEvent,
    Unreadable,
    from_reading,
)
from core.milestones.gather import MilestoneSettings
from core.milestones.insights import Insight, InsightContact
from core.milestones.milestone_map import MilestoneMap
from core.milestones.ports import Outside, Received
from core.milestones.use_cases import MilestoneUseCases
from core.push.engine import Engine
from core.push.plan import Asset, Entity, Operation, System
from core.push.ports import Applied, Lost, Outcome, RemoteRecord, Request
from core.push.records import Record
from tests.simulation.virtual import VirtualLoop
from tests.support.fakes import FakeBook
from tests.unit.core.milestones.milestone_setup import GROUPS, OWNER, SHIPPED, STARTED_GROUP, T0, TYPES


def play(story: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine where a minute passes at once and threads do their work in place."""
    loop = VirtualLoop()
    loop.set_exception_handler(lambda loop, context: None)  # the dead leave exceptions behind
    try:
        loop.run_until_complete(story)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


class Stop(Exception):
    """The process is dead."""


class MortalBook(FakeBook):
    """A book whose process dies at its `dies_at`-th touch: before the commit, or after it."""

    def __init__(self) -> None:
        super().__init__()
        self.touches = 0
        self.dies_at = -1
        self.dead = False

    async def commit(self, *put: Record, drop: Iterable[tuple[type[Record], str]] = ()) -> None:
        self.point()
        await super().commit(*put, drop=drop)
        self.point()

    async def put_file(self, name: str, content: bytes) -> None:
        self.point()
        await super().put_file(name, content)

    def point(self) -> None:
        self.touches += 1
        if self.dead or self.touches == self.dies_at:
            self.dead = True
            raise Stop

    def live_again(self, dies_at: int = -1) -> None:
        self.dead, self.touches, self.dies_at = False, 0, dies_at


class Clock:
    """The desk's clock: the true time and how far it is ahead of that, in seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return true_now() + self.ahead


def true_now() -> float:
    return T0 + asyncio.get_running_loop().time()


class Inbox:
    """The listener's file in memory; `held` counts from `gone`."""

    def __init__(self) -> None:
        self.held: list[MilestoneEvent] = []
        self.reports: list[CalculationReport] = []
        self.drops = 0

    def read(self) -> Received:
        end = len(self.held) + len(self.reports)
        return Received(tuple(self.held), end, reports=tuple(self.reports))

    def drop(self, end: int) -> None:
        assert end >= len(self.reports)
        del self.held[: end - len(self.reports)]
        self.reports.clear()
        self.drops += 1

    def add_reports(self, reports: tuple[CalculationReport, ...]) -> None:
        self.reports += reports


class Applications:
    """SimpleNexus: `truth` gives how an application stands at a moment; None where it can't be read."""

    def __init__(self, clock: Any, now: Callable[[], float] | None = None) -> None:
        self._clock = clock
        self._true_now = now or true_now
        self.readable = True
        self.unreadable: set[str] = set()
        self.polls = True
        self.truth: Callable[[str, float], ApplicationReading] = lambda name, at: ApplicationReading(
            name, at, at, gone=True
        )
        self.names: Callable[[], Iterable[str]] = tuple
        self.reads: list[str] = []
        self.by_email: dict[str, list[str]] = {}
        """The ids of the accounts with an email."""
        self.down = False

    async def people_with(self, email: str) -> list[str]:
        if self.down:
            raise Unreachable("unreachable", "SimpleNexus is down.")
        return self.by_email.get(email, [])

    async def since(self, moment: float) -> Sequence[MilestoneEvent]:
        if self.down:
            raise Unreachable("unreachable", "SimpleNexus is down.")
        found = [self._now(name) for name in self.names()] if self.polls and self.readable else []
        changed = [one for one in found if not one.gone and one.changed >= moment - 300]
        return [event for one in changed for event in from_reading(one)]

    async def read(self, application: str) -> ApplicationReading | Unreadable:
        if self.down:
            raise Unreachable("unreachable", "SimpleNexus is down.")
        self.reads.append(application)
        if not self.readable or application in self.unreadable:
            return Unreadable(application, "403", self._clock.now())
        return self._now(application)

    def _now(self, name: str) -> ApplicationReading:
        at = self._true_now()
        return msgspec.structs.replace(self.truth(name, at), application=name, at=at, read=self._clock.now())


class Ties:
    def __init__(self, contacts: dict[str, InsightContact]) -> None:
        self.held = contacts
        self.all_known = True
        """False if only the links of the book are known."""
        self.by_email: dict[str, list[str]] = {}
        """The ids of the contacts of Total Expert with an email."""

    async def contacts(self, people: Collection[str]) -> dict[str, InsightContact]:
        return {who: one for who, one in self.held.items() if who in people}

    async def read_again(self, contact: str) -> None:
        """What is held is always what is there now."""

    async def people_of(self, ids: Collection[str]) -> dict[str, str]:
        people = {contact.id: person for person, contact in self.held.items() if contact.id in ids}
        return people | {person: person for person in self.held if person in ids}

    async def knows_all(self) -> bool:
        return self.all_known

    async def contacts_with(self, email: str) -> list[str]:
        return self.by_email.get(email, [])


class TotalExpert:
    """Keeps insights and groups as they come, twice what is sent twice. Honours `Remote` and `InsightBook`.

    `fate` says what becomes of the next write: done, lost (never carried out), lost-after (its reply is).
    """

    system = System.TOTAL_EXPERT
    settle = 60.0
    recheck = 2.0
    takes = 0.2
    """Seconds that a write takes."""

    def __init__(self) -> None:
        self.held: list[tuple[str, Insight]] = []
        self.started: set[str] = set()
        self.types: dict[str, Sequence[str]] = dict(TYPES)
        self.fate: Callable[[], str] = lambda: "done"
        self.seen: Callable[[Request], None] = lambda request: None
        self.down = False
        self.sent: list[Request] = []
        self._ids = count(9001)

    def put(self, contact: str, type_id: str, description: str = "") -> str:
        id_ = str(next(self._ids))
        self.held.append((contact, Insight(id_, type_id, description)))
        return id_

    async def insight_types(self) -> dict[str, Sequence[str]]:
        self._reach()
        return self.types

    async def groups(self) -> dict[tuple[str, str], str]:
        self._reach()
        return GROUPS

    async def insights(self, contacts: Collection[str]) -> dict[str, list[Insight]]:
        self._reach()
        return {who: [one for held, one in self.held if held == who] for who in contacts}

    async def send(self, request: Request) -> Outcome:
        fate = self.fate()
        self.sent.append(request)
        await asyncio.sleep(self.takes)
        if fate == "lost":
            return Lost("no-reply")
        id_ = self._carry_out(request)
        return Lost("no-reply") if fate == "lost-after" else Applied(id_)

    def _carry_out(self, request: Request) -> str:
        if request.entity is Entity.INSIGHT:
            self.seen(request)
            body = request.body
            return self.put(body["contact"]["id"], body["type"]["id"], body["data"]["description"])
        contact = request.remote_id or ""
        if request.operation is Operation.JOIN_GROUP:
            assert request.body == {"contact_groups": [{"id": STARTED_GROUP}]}
            self.started.add(contact)
        else:
            assert request.body == {"remove_contact_groups": [{"id": STARTED_GROUP}]}
            self.started.discard(contact)
        return contact

    def can_look_up(self, entity: Entity) -> bool:
        return entity is Entity.INSIGHT

    async def look_up(self, requests: Sequence[Request]) -> dict[str, list[RemoteRecord]]:
        self._reach()
        return {request.ref: [*self._records(request)] for request in requests}

    def _records(self, request: Request) -> Iterable[RemoteRecord]:
        for contact, one in self.held:
            fields = {"contact": {"id": contact}, "type": {"id": one.type_id}}
            if request.ref in one.refs:
                yield RemoteRecord(one.id, request.ref, fields)
            elif (
                not one.refs
                and contact == request.parent
                and request.body
                and one.type_id == request.body["type"]["id"]
            ):
                yield RemoteRecord(one.id, None, fields)

    async def read(self, request: Request) -> RemoteRecord | None:
        return None

    def _reach(self) -> None:
        if self.down:
            raise Unreachable("unreachable", "Total Expert is down.")


class Office:
    """The world, the book, and the desk that has its life in them; `restart` gives a new process."""

    def __init__(
        self,
        contacts: dict[str, InsightContact] | None = None,
        map_: MilestoneMap = SHIPPED,
        writer: Any = "desk",
    ) -> None:
        self.clock = Clock()
        self.book = MortalBook()
        self.inbox = Inbox()
        self.applications = Applications(self.clock)
        self.remote = TotalExpert()
        self.ties = Ties(contacts or {f"B{n}": InsightContact(f"900{n}", OWNER) for n in range(5)})
        self.terms = MilestoneSettings("test", "m.hale", map_, writer)
        self._ids = count(1)

    async def restart(self, *, keeps: bool = True) -> None:
        """Begin a process: what the one before had in memory is gone."""
        outside = Outside(self.applications, self.remote, self.ties, self.inbox)
        self.desk = MilestoneUseCases(
            outside, self.book, self.terms, lambda: f"P{next(self._ids)}", self.clock, keeps=keeps
        )
        self.engine = Engine(
            self.book,
            {System.TOTAL_EXPERT: self.remote},
            self.clock,
            Random(1),
            fresh={Asset.MILESTONE: self.desk},
        )
        await self.engine.recover()

    async def die(self) -> None:
        """End every task of the process; none of them touches the book any more."""
        self.book.dead = True
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
