"""What a book of many finished pushes costs: `python -m tests.bench pushes` (sizes: PUSHES="1000 5000 20000").

Every push is a card's: 7 steps, 46 fields. Beside each figure stands that of an empty book, or of the smallest one.
"""

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import msgspec

from core.flex.records import NoteSent, PushedFields
from core.push import activity
from core.push.caretaker import Archiver
from core.push.duplicate_check import CHECK_AFTER, DuplicateChecker
from core.push.engine import Engine
from core.push.live_push import steps_of
from core.push.plan import Asset, Entity, Operation, StepKind, System
from core.push.records import Link, Push, Record, StepRecord, TrailEvent
from core.push.states import PushState, StepState
from data.book.book import TinyBook, open_book
from data.book.book_file import BookFile
from tests.support.fakes import FakeRemote, link_step, opportunity_step, person_step, plan_of
from tests.support.inline_book import InlineBook
from tui.wiring.records import RECORDS

SIZES = tuple(int(size) for size in os.environ.get("PUSHES", "1000 5000 20000").split())
MADE_OF = (
    (Entity.PERSON, Operation.CREATE, StepKind.CREATE, 9),
    (Entity.PERSON, Operation.CREATE, StepKind.CREATE, 9),
    (Entity.OPPORTUNITY, Operation.CREATE, StepKind.CREATE, 14),
    (Entity.PROPERTY, Operation.CREATE, StepKind.CREATE, 8),
    (Entity.PRODUCT_LINK, Operation.LINK, StepKind.SET, 2),
    (Entity.PRODUCT_LINK, Operation.LINK, StepKind.SET, 2),
    (Entity.OPPORTUNITY, Operation.WRITE_BACK, StepKind.UPDATE, 2),
)
AT = 1_790_000_000.0
NOTES = 30


def _hashed(random: Random, count: int, name: str) -> dict[str, str]:
    return {f"{name}{n}": random.randbytes(16).hex() for n in range(count)}


def _push(n: int) -> tuple[Push, list[Record]]:
    """Give the n-th push, and all that one leaves in the log: steps, links, the card's fields."""
    random, at = Random(n), AT + 60.0 * n
    push_id, card = f"P{int(at * 1000):011x}{n % 0xFFFFFF:06x}", f"C-{n}"
    push = Push(push_id, Asset.CARD, card, "7f3a9c1e", PushState.DONE, "m.hale", at, at + 9, 7, card)
    records: list[Record] = [
        PushedFields(push_id, card, at, _hashed(random, 46, f"Applicant {n}/P-{n}/field name "))
    ]
    for place, (entity, operation, kind, fields) in enumerate(MADE_OF):
        system = System.BROKERENGINE if operation is Operation.WRITE_BACK else System.FLEX
        ref = f"BD-{n:013}{place:07}"
        trail = (
            TrailEvent(at, "intent"),
            TrailEvent(at + 1, "applied", f"POST /v1/{entity} · 1.2 kB → 201 · 84 ms · BD-{n:013}{place:07}"),
        )
        step = StepRecord(
            push_id,
            place,
            ref,
            system,
            entity,
            operation,
            kind,
            f"{card}/{place}",
            StepState.DONE,
            f"1-{n * 7 + place:06X}",
            attempts=1,
            sent_at=at,
            before=_hashed(random, 2, "flex_id") if kind is StepKind.UPDATE else {},
            sent=_hashed(random, fields, f"{entity}Field"),
            trail=trail,
        )
        records.append(step)
        if operation is not Operation.WRITE_BACK:
            local_id = card if entity is Entity.OPPORTUNITY else step.local_id
            records.append(Link(system, entity, local_id, step.remote_id or "", ref, at))
    return push, records


class _Clock:
    def now(self) -> float:
        return AT + 1e8


def _make(home: Path, count: int) -> None:
    """Make a book of so many pushes that are over, archived as the archiver does it."""
    file = BookFile(home, RECORDS)
    book = InlineBook(file)
    engine = Engine(book, {}, _Clock(), Random(1))

    async def fill() -> None:
        for start in range(0, count, 200):
            made = [_push(n) for n in range(start, min(start + 200, count))]
            notes = [
                NoteSent(push.push_id, "C-1" if n % 400 == 0 else f"C-{n}", "ab" * 16, push.created_at)
                for n, (push, _) in enumerate(made, start)
            ]
            await book.commit(*notes, *(one for push, records in made for one in (push, *records)))
            await Archiver(book, engine, (PushedFields,)).run()

    asyncio.run(fill())
    book.close()
    BookFile(home, RECORDS, spare=-(10**9)).close()
    (home / "book.log.bak").unlink()


def _size(home: Path) -> int:
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


async def _cpu(work: Callable[[], Awaitable[object]], times: int) -> float:
    """Give the ms of CPU, all threads, that some work takes after a first time."""
    await work()
    start = time.process_time()
    for _ in range(times):
        await work()
    return (time.process_time() - start) / times * 1000


async def _asked(book: TinyBook, count: int) -> dict[str, float]:
    card = f"C-{count // 2}"

    async def rest() -> None:
        await activity.activity_of_card(book, card)
        for push in await book.where(Push, about=card):
            assert any(isinstance(one, PushedFields) for one in await book.archived(push.push_id))

    async def notes() -> None:
        sent = await book.where(NoteSent, card="C-1")
        await book.get_many(Push, [one.push_id for one in sent])

    async def steps() -> None:
        for push in await book.where(Push, about=card):
            assert len(await steps_of(book, push)) == 7

    return {
        "rest": await _cpu(rest, 50),
        "notes": await _cpu(notes, 50),
        "steps": await _cpu(steps, 50),
    }


_OPEN = """
import asyncio, json, sys, time
from pathlib import Path
start = time.process_time()
from tests.bench.pushes import board
asyncio.run(board(Path(sys.argv[1])))
most = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([time.process_time() - start, int(most.split()[1]) / 1024]))
"""


async def board(home: Path) -> None:
    """Do with the book what `brokerdesk cards` does: open it for reading, ask for the links and pushes of cards."""
    book = await asyncio.to_thread(open_book, home, operator="bench", write=False, kinds=RECORDS)
    await book.where(Link, entity=Entity.OPPORTUNITY)
    await book.all(Push)
    book.close()


def _opened(home: Path) -> tuple[float, float]:
    """Give seconds of CPU and MB at most of a process that lists the board, the best of three."""
    found = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", _OPEN, str(home)], check=True, capture_output=True, text=True
        )
        found.append(tuple(json.loads(done.stdout)))
    return min(one[0] for one in found), min(one[1] for one in found)


class _SetClock:
    """A clock that the bench sets."""

    def __init__(self) -> None:
        self.at = AT

    def now(self) -> float:
        return self.at


async def _session(home: Path, first: int, more: int) -> float:
    """Give the bytes of memory that one push costs a session: of `more` pushes, after the `first` ones."""
    clock = _SetClock()
    with open_book(home, operator="bench", kinds=RECORDS) as book:
        flex = FakeRemote(System.FLEX, settle=0.0)
        flex.takes = flex.recheck = 0.0
        engine = Engine(book, {System.FLEX: flex}, clock, Random(1))
        duplicates = DuplicateChecker(book, {System.FLEX: flex}, clock, engine)

        async def push(n: int) -> None:
            person = person_step(f"P-{n}")
            loan = opportunity_step(person, f"C-{n}")
            plan = plan_of(person, loan, link_step(loan, f"1-{n}"), subject=f"C-{n}")
            await engine.begin(plan, "bench", f"P{n}")
            assert (await engine.finish(f"P{n}")).state is PushState.DONE
            for remembered in (flex.rows, flex.sent, flex.sent_at, flex.looked_at):
                remembered.clear()

        async def pushes(numbers: range) -> int:
            for n in numbers:
                await push(n)
            for _ in range(2):  # the passes after which a push is archived
                clock.at += CHECK_AFTER
                await duplicates.run_due()
            await Archiver(book, engine, (PushedFields,)).run()
            gc.collect()
            return tracemalloc.get_traced_memory()[0]

        tracemalloc.start()
        before = await pushes(range(first))
        after = await pushes(range(first, first + more))
        tracemalloc.stop()
        return (after - before) / more


def figures() -> list[tuple[str, float, float, str]]:
    """Give (what, ours, that of an empty book or of the smallest one, unit)."""
    told: list[tuple[str, float, float, str]] = []
    smallest: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        kept = asyncio.run(_session(Path(name) / "session", 100, 300))
        told.append(("a session: memory that stays of one push of 3 steps", kept, 0.0, "B"))
        empty = Path(name) / "empty"
        BookFile(empty, RECORDS).close()
        seconds, megabytes = _opened(empty)
        for count in SIZES:
            home = Path(name) / str(count)
            _make(home, count)
            links = sum(len(msgspec.json.encode(one)) + 60 for one in _push(1)[1] if isinstance(one, Link))
            each = (_size(home) - _size(empty)) / count
            told.append((f"{count:,} pushes: kept of one push", each, 0.0, "B"))
            told.append((f"{count:,} pushes: of that, its links", links, 0.0, "B"))
            with open_book(home, operator="bench", kinds=RECORDS) as book:
                asked = asyncio.run(_asked(book, count))
            smallest = smallest or asked
            told.append((f"{count:,} pushes: a rest on a card, CPU", asked["rest"], smallest["rest"], "ms"))
            told.append((f"{count:,} pushes: a card's notes, CPU", asked["notes"], smallest["notes"], "ms"))
            told.append((f"{count:,} pushes: a push's steps, CPU", asked["steps"], smallest["steps"], "ms"))
            opened, most = _opened(home)
            told.append((f"{count:,} pushes: the board, CPU of the process", opened, seconds, "s"))
            told.append((f"{count:,} pushes: the board, memory", most, megabytes, "MB"))
    return told


if __name__ == "__main__":
    for what, ours, beside, unit in figures():
        print(f"{what:60} {ours:10.3f} {beside:10.3f} {unit}")
