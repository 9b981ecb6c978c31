"""The Cards room with 100,000 cards beside one with ten: list shown, a key in the filter, a step of the cursor."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from textual.pilot import Pilot

from core.flex.model import Card
from tests.support.fake_desk import FakeDesk, fake_app
from tests.support.until import at_rest, until
from tui.widgets.row_list import RowList

MANY, FEW = 100_000, 10
STAGES = ("Lead", "AIP issued", "Formal approval", "Ready to settle")


def _cards(count: int) -> list[Card]:
    return [
        Card(
            f"C-{n}", f"Nguyen {n}, Linh & Tran, Bao", "deal", STAGES[n % 4], "m.hale" if n % 3 else "j.park"
        )
        for n in range(1000, 1000 + count)
    ]


async def _figures(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        desk = FakeDesk(Path(folder), cards=_cards(count))
        desk.cards.may_answer.clear()
        app = fake_app(desk)
        found: dict[str, float] = {}
        async with app.run_test(size=(132, 34)) as pilot:
            rows = app.screen.query_one("#card-list", RowList)
            await until(pilot, lambda: app.desk is not None)
            start = time.perf_counter()
            desk.cards.may_answer.set()
            while not rows.counts[0]:  # noqa: ASYNC110 - it is timed
                await asyncio.sleep(0)
            found["first page"] = time.perf_counter() - start
            while rows.counts != (count, count) or rows.placeholder.startswith("Loading"):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            found["all"] = time.perf_counter() - start
            await at_rest(pilot)
            found["cursor"] = await _step(pilot, rows)
            app.screen.query_one("#filter").focus()
            await pilot.pause()
            taken: list[float] = []
            for _ in range(3):
                for key in ("7", "7", "backspace", "backspace"):
                    start = time.perf_counter()
                    await pilot.press(key)
                    await rows.settled()
                    taken.append(time.perf_counter() - start)
            found["filter"] = median(taken)
            await app.run_action("app.quit")
        return {name: seconds * 1000 for name, seconds in found.items()}


async def _step(pilot: Pilot[Any], rows: RowList[Any]) -> float:
    """Time a step of the cursor, down and up in turn so that each one moves it, in the shortest list too."""
    taken: list[float] = []
    for n in range(24):
        before = rows.cursor_line
        start = time.perf_counter()
        await pilot.press("up" if n % 2 else "down")
        while rows.cursor_line == before:  # noqa: ASYNC110 - it is timed
            await asyncio.sleep(0)
        taken.append(time.perf_counter() - start)
    return median(taken)


def figures() -> list[tuple[str, float, float, str]]:
    """Give (what, ours, the same with ten cards, unit)."""
    many, few = asyncio.run(_figures(MANY)), asyncio.run(_figures(FEW))
    return [
        (
            f"cards: first page of {MANY:,} cards in the list, beside {FEW}",
            many["first page"],
            few["first page"],
            "ms",
        ),
        (f"cards: all of {MANY:,} cards in the list, beside {FEW}", many["all"], few["all"], "ms"),
        (f"cards: cursor down among {MANY:,} cards, beside {FEW}", many["cursor"], few["cursor"], "ms"),
        (
            f"cards: a key in the filter over {MANY:,} cards, beside {FEW}",
            many["filter"],
            few["filter"],
            "ms",
        ),
    ]


if __name__ == "__main__":
    for what, ours, peer, unit in figures():
        print(f"{what:70} {ours:10.2f} {peer:10.2f} {unit}")
