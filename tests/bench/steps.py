"""What the engine adds to a step: pushes of 500, 5,000 and 20,000 steps to a system that answers at once."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from core.push.engine import Engine
from core.push.plan import Asset, Plan, System
from core.push.records import RECORDS
from core.push.states import PushState
from data.book.book import open_book
from tests.bench.harness.figure import Figure, NotMeasured, Place, at_most
from tests.bench.harness.runner import interleave, quick, rounds
from tests.support.fakes import FakeRemote, LoopClock, person_step

TITLE: Final = "Sending: the engine"
INTRO: Final = (
    "A sync makes one record a step, in a system that answers at once, with a book on disk. CPU of the process from the"
    " first step to the last one, divided by the steps."
)
SIZES: Final = (500, 5_000, 20_000)


async def _run(home: Path, count: int) -> float:
    plan = Plan(
        Asset.SYNC, "sync", "sync", tuple(person_step(f"P-{number}", f"N{number}") for number in range(count))
    )
    remote = FakeRemote(System.FLEX, settle=0)
    remote.takes = 0.0
    book = open_book(home, RECORDS, operator="bench")
    try:
        engine = Engine(book, {System.FLEX: remote}, LoopClock(), Random(1))
        await engine.begin(plan, "bench", "P1")
        start = time.process_time()
        push = await engine.run("P1")
        used = time.process_time() - start
    finally:
        book.close()
    assert push.state is PushState.DONE, push
    return used / count * 1000


def _measured(count: int) -> Mapping[str, float]:
    with tempfile.TemporaryDirectory() as name:
        return {"cpu": asyncio.run(_run(Path(name), count))}


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the CPU of a step by the size of the push, next to the smallest one."""
    sizes = SIZES[:2] if quick() else SIZES
    found = interleave(
        {f"{size:,} steps": partial(_measured, size) for size in sizes}, rounds(3, few=1), warm=0
    )
    for size in sizes:
        yield found.compare(
            f"CPU of a step, {size:,} steps",
            "cpu",
            "ms",
            f"{size:,} steps",
            f"{sizes[0]:,} steps",
            mark=at_most(0.4),
            place=Place("a step of a push", size, "steps"),
        )
