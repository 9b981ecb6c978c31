"""Runs a team and looks at what it did: nothing twice, nothing lost, every value as planned, and the rate kept."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Struct

from core.push.records import Link, StepRecord
from core.push.states import PushState, StepState
from data.sandbox.server import addresses, listening_socket, make_app, make_server
from data.team_book.book import PostgresBook
from tests.support.fork_server import ForkedProcess, fork_server
from tests.support.patience import LAST_RESORT
from tests.support.postgres import database
from tests.support.running_sandbox import Sandbox
from tests.support.team_books import most_in_a_minute
from tests.team.plans import plans
from tests.team.sender import AT_REST, Terms, ends_of, open_book

FAULTS: Final = (
    "drop-reply POST /flex 1%; 500-after POST /flex 1%; 503 POST /flex 1%; drop-request POST /flex 1%; "
    "late=2 POST /flex 1%"
)
"""Five in a hundred writes go wrong, each in its own way."""
SETTLE: Final = 4.0
DEADLINE: Final = 4.0
LASTS: Final = 13.0
"""So that a pause can be longer than a lease, and a run sees many of them."""
LOOK_EVERY: Final = 0.2
TROUBLES_EVERY: Final = 4.0


class Size(Struct, frozen=True):
    """How large a run is. `troubles_every` is the mean number of seconds between two kills or pauses of workers.

    There are at most `troubles` of them.
    """

    steps: int
    rate: float
    workers: int = 4
    desks: int = 2
    troubles_every: float = TROUBLES_EVERY
    troubles: int = 1_000


class Figures(Struct, frozen=True):
    """What a run came to. `used` is the share of the rate that was used while there was enough to send."""

    steps: int
    requests: int
    seconds: float
    most_in_a_minute: int
    used: float
    kills: int
    pauses: int
    doubts: int
    takeovers: int

    def __str__(self) -> str:
        return (
            f"{self.steps:,} steps, {self.requests:,} requests in {self.seconds:,.0f} s; at most "
            f"{self.most_in_a_minute:,} in any 60 s; {self.used:.0%} of the rate used; {self.kills} workers killed, "
            f"{self.pauses} paused past their leases; {self.doubts} steps were in doubt, {self.takeovers} of them "
            f"taken over"
        )


class CountedSandbox:
    """A sandbox that notes when each request comes."""

    def __init__(self, state: Path) -> None:
        self.came_at: list[float] = []
        app = make_app(state, cards=1, contacts=1, faults=FAULTS)
        count = self.came_at
        call = app.__call__

        class Counting(type(app)):  # type: ignore[misc]  # the class of the app
            async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
                if scope["type"] == "http" and scope["path"].startswith("/flex"):
                    count.append(time.monotonic())
                await call(scope, receive, send)

        app.__class__ = Counting
        self.app = app


@contextmanager
def counted_sandbox(state: Path) -> Iterator[tuple[Sandbox, list[float]]]:
    """Run a sandbox with faults in a thread. Yield it, and the times at which requests came."""
    counted = CountedSandbox(state)
    listener = listening_socket(0)
    ready = threading.Event()
    server = make_server(counted.app, ready.set)
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
    thread.start()
    sandbox = Sandbox(addresses(listener), counted.app.control_token)
    try:
        assert ready.wait(LAST_RESORT)
        yield sandbox, counted.came_at
    finally:
        sandbox.http.close()
        server.should_exit = True
        thread.join(LAST_RESORT)
        counted.app.close()


class Crew:
    """The processes of a team, and what befalls the workers."""

    def __init__(self, terms_file: Path, size: Size, random: Random) -> None:
        self.kills = self.pauses = 0
        self._file = terms_file
        self._size = size
        self._random = random
        self.desks = [self._spawn("desk", n, size.desks) for n in range(size.desks)]
        self._workers = [self._spawn("worker", n) for n in range(size.workers)]
        self._stopped: dict[int, float] = {}
        self._next = time.monotonic() + self._wait()
        self._next_one = random.randrange(size.workers)

    def _wait(self) -> float:
        return self._random.expovariate(1 / self._size.troubles_every)

    def _spawn(self, *words: object) -> ForkedProcess:
        arguments = [str(self._file), *map(str, words)]
        return fork_server().spawn("tests.team.sender", arguments, os.environ, self._file.parent)

    @property
    def is_trouble_due(self) -> bool:
        """True once something has to befall a worker."""
        return self.kills + self.pauses < self._size.troubles and time.monotonic() >= self._next

    def trouble(self, sending: Collection[int]) -> None:
        """Let stopped workers go on whose time has come, and let something befall another one.

        It waits for a moment at which that one is `sending`, but not for long.
        """
        now = time.monotonic()
        for n, worker in enumerate(self._workers):
            if n not in self._stopped and worker.poll() is not None:
                raise AssertionError(f"a worker ended by itself: {worker.communicate()[1][-3_000:]}")
        for n, until in list(self._stopped.items()):
            if now >= until:
                self._workers[n].send_signal(signal.SIGCONT)
                del self._stopped[n]
        if not self.is_trouble_due:
            return
        n = self._next_one
        if n not in self._stopped and n not in sending and now < self._next + self._size.troubles_every:
            return
        self._next = now + self._wait()
        self._next_one = self._random.randrange(len(self._workers))
        if n in self._stopped:
            return
        if self._random.random() < 0.5:
            self._workers[n].kill()
            self._workers[n].communicate()
            self._workers[n] = self._spawn("worker", n)
            self.kills += 1
        else:
            self._workers[n].send_signal(signal.SIGSTOP)
            self._stopped[n] = now + LASTS * self._random.uniform(1.1, 1.8)
            self.pauses += 1

    def end(self) -> list[str]:
        """End all. Return what they said that they should not have."""
        for n in self._stopped:
            self._workers[n].send_signal(signal.SIGCONT)
        for worker in self._workers:
            worker.terminate()
        for desk in self.desks:
            if desk.poll() is None:  # another desk has failed, so it would wait for ever
                desk.kill()
        said = [process.communicate()[1] for process in (*self._workers, *self.desks)]
        return [text for text in said if text]


def run(folder: Path, size: Size, seed: int, tell: Callable[[str], None] = lambda line: None) -> Figures:
    """Let a team push everything, and check what it did. Raises `AssertionError`."""
    with database() as address, counted_sandbox(folder / "sandbox") as (sandbox, came_at):
        terms = Terms(address.conninfo, sandbox.urls["flex"], size.steps, size.rate, DEADLINE, SETTLE, LASTS)
        file = folder / "terms.json"
        file.write_bytes(msgspec.json.encode(terms))
        began = time.monotonic()
        crew = Crew(file, size, Random(seed))
        try:
            asyncio.run(_watch(terms, crew, tell))
        finally:
            if said := crew.end():
                tell(said[0][-3_000:])
        assert not said, "a process failed"
        seconds = time.monotonic() - began
        records = sandbox.records("flex", "contacts")
        return asyncio.run(_check(terms, records, sorted(came_at), seconds, crew))


async def _watch(terms: Terms, crew: Crew, tell: Callable[[str], None]) -> None:
    """Make trouble until all pushes are over and both desks show that."""
    told = time.monotonic()
    book = open_book(terms, "conductor")
    try:
        while None in (ends := [desk.poll() for desk in crew.desks]) and not any(ends):
            crew.trouble(await _sending(book) if crew.is_trouble_due else ())
            await asyncio.sleep(LOOK_EVERY)
            if time.monotonic() - told > 30:
                told = time.monotonic()
                states = Counter(str(push.state) for push in (await ends_of(book))[0])
                tell(f"{dict(states)}, {crew.kills} kills, {crew.pauses} pauses")
    finally:
        book.close()
    assert not any(ends), "a desk failed"


async def _sending(book: PostgresBook) -> set[int]:
    """Return the numbers of the workers that have sent a step and wait for the reply."""
    sent = {step.push_id for step in await book.where(StepRecord, state=StepState.INTENT)}
    return {
        int(held.operator.removeprefix("worker-"))
        for held in await book.held()
        if held.name in sent and held.operator.startswith("worker-")
    }


def _story(ref: str, records: list[dict[str, Any]], steps: list[StepRecord]) -> str:
    """Return what happened to a reference: when its records were made, and the trails of its steps."""
    made = [
        f"{record['FLEXId']} made at {record['CreatedAt']}"
        for record in records
        if record["IntegrationId"] == ref
    ]
    trails = [
        f"{event.at:.3f} {step.key} {event.code} {event.said}"
        for step in steps
        if step.ref == ref
        for event in step.trail
    ]
    return "\n".join([ref, *made, *sorted(trails)])


async def _check(
    terms: Terms, records: list[dict[str, Any]], came_at: list[float], seconds: float, crew: Crew
) -> Figures:
    book = open_book(terms, "conductor")
    try:
        pushes, steps = await ends_of(book)
        links = {link.ref: link.remote_id for link in await book.all(Link)}
    finally:
        book.close()
    assert {push.state for push in pushes} <= AT_REST
    assert {push.state for push in pushes} == {PushState.DONE}, Counter(push.state for push in pushes)
    assert {step.state for step in steps} == {StepState.DONE}
    planned = {step.ref: step.body for plan in plans(terms.steps) for step in plan.steps}
    ours = [record for record in records if str(record.get("IntegrationId")).startswith("BD-")]
    bearers = Counter(record["IntegrationId"] for record in ours)
    twice = [ref for ref, count in bearers.items() if count > 1]
    assert not twice, f"{len(twice)} records are there twice, such as {_story(twice[0], ours, steps)}"
    lost, unknown = planned.keys() - bearers.keys(), bearers.keys() - planned.keys()
    assert not lost, f"{len(lost)} records were lost, such as {sorted(lost)[:3]}"
    assert not unknown, f"{len(unknown)} records are in no plan, such as {sorted(unknown)[:3]}"
    for record in ours:
        body = planned[record["IntegrationId"]]
        assert {name: record[name] for name in body} == body
        assert links[record["IntegrationId"]] == record["FLEXId"]
    most = most_in_a_minute(came_at)
    assert most <= terms.rate, f"{most} requests in 60 seconds"
    doubted = [step for step in steps if any(event.code == "interrupted" for event in step.trail)]
    codes = Counter(event.code for step in steps for event in step.trail)
    busy = came_at[: len(came_at) * 9 // 10]
    used = len(busy) / (busy[-1] - busy[0]) * 60 / terms.rate
    doubts = codes["found-after-all"] + codes["not-there"]
    return Figures(
        terms.steps, len(came_at), seconds, most, used, crew.kills, crew.pauses, doubts, len(doubted)
    )
