"""What a push that changes costs the Activity room's event loop: `python -m tests.bench activity`."""

import asyncio
import gc
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
from textual.app import App, ComposeResult

from core.local_forms import DeskTime, utc_zone
from core.push.plan import Asset
from core.push.records import Push
from core.push.states import PushState
from tui.activity import wording
from tui.activity.push_rows import PushRows
from tui.widgets.row_list import RowList

SIZES = (1_000, 5_000, 20_000, 100_000)
AT = 1_790_000_000.0
TODAY = datetime.fromtimestamp(AT + 60, UTC).date()
FRAME = 33.0
"""Milliseconds: two frames at 60 Hz."""


class _Room(App[None]):
    def compose(self) -> ComposeResult:
        yield RowList(wording.LISTING)


def _push(n: int, count: int) -> Push:
    at = AT - 600.0 * (count - n)
    return Push(f"P{n:09}", Asset.CARD, f"C-{n % 3000}", "7f3a", PushState.DONE, "m.hale", at, at, 7)


async def _longest(listing: "RowList[wording.PushRow]", work: Callable[[], object]) -> float:
    """Give the most CPU, in ms, between two turns of the event loop until the list shows some work."""
    longest, last = 0.0, time.thread_time()

    async def watch() -> None:
        nonlocal longest, last
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, last = max(longest, now - last), now

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.05)
    longest = 0.0
    work()
    await asyncio.sleep(0)
    await listing.settled()
    await asyncio.sleep(0.05)
    watching.cancel()
    return longest * 1000


async def _figures(count: int) -> list[tuple[str, float, float, str]]:
    app = _Room()
    async with app.run_test(size=(132, 40)) as pilot:
        listing = app.query_one(RowList)
        pushes = [_push(n, count) for n in range(count)]
        start = time.thread_time()
        rows = PushRows(pushes, lambda _: "", DeskTime(utc_zone), TODAY)
        while rows.build(400):
            pass
        built = (time.thread_time() - start) * 1000
        listing.set_rows(rows.newest_first)
        await listing.settled()
        await pilot.pause()
        gc.collect()
        gc.freeze()

        def state(n: int, state: PushState) -> Callable[[], None]:
            def change() -> None:
                for row in rows.take(msgspec.structs.replace(pushes[n], state=state)):
                    listing.update_row(row.push.push_id, row)
                wording.day_line(rows.of_today, rows.asking, 49)

            return change

        def begin() -> None:
            rows.take(msgspec.structs.replace(_push(count, count), push_id=f"P{time.monotonic_ns()}"))
            listing.set_rows(rows.newest_first)
            wording.day_line(rows.of_today, rows.asking, 49)

        stays = max([await _longest(listing, state(count - 5, PushState.PARTIAL)) for _ in range(3)])
        moves = max(
            [
                await _longest(listing, state(count - 9 - n, each))
                for n in range(3)
                for each in (PushState.RUNNING, PushState.DONE)
            ]
        )
        begins = max([await _longest(listing, begin) for _ in range(3)])
    return [
        (f"activity: {count:,} pushes: rows made, in all", built, 0.0, "ms"),
        (f"activity: {count:,} pushes: a change held up the loop, beside two frames", stays, FRAME, "ms"),
        (f"activity: {count:,} pushes: a change of section did", moves, FRAME, "ms"),
        (f"activity: {count:,} pushes: a new push did", begins, FRAME, "ms"),
    ]


def figures() -> list[tuple[str, float, float, str]]:
    """Give (what, ours, two frames, unit)."""
    return [figure for count in SIZES for figure in asyncio.run(_figures(count))]
