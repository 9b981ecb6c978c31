"""How fast the list is, each figure next to a floor or a peer measured in the same run: `python -m tests.bench rows`.

Keys are measured by the part `keys`. The peer is Textual's DataTable; `other_tables` has textual-fastdatatable too.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import DataTable

from tui.text import safe_text
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.widgets.rows import Rows, View
from tui.widgets.search_text import fold

MANY = 100_000
PEER = 2_000
COLUMNS = 6
Row = tuple[str, ...]


class AloneApp(App[None]):
    """One widget."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def made_rows(count: int) -> list[Row]:
    """Return rows of text."""
    return [
        (f"C-{n}", f"o{n % 97}", f"Nguyen {n} Tran", "refinance", f"stage {n % 9}", f"{n * 37 % 1000}")
        for n in range(count)
    ]


def _nth(n: int) -> Callable[[Row], str]:
    return lambda row: row[n]


def _listing() -> Listing[Row]:
    columns = tuple(ListColumn(f"c{n}", _nth(n), width=0 if n == 2 else 12) for n in range(COLUMNS))
    return Listing(columns=columns, key=lambda row: row[0])


def _ms(work: Callable[[], object], times: int = 1) -> float:
    seconds = []
    for _ in range(times):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return median(seconds) * 1000


def _painted(widget: Widget) -> None:
    widget._size_updated(widget.size, widget.virtual_size, widget.container_size)
    widget.render_lines(Region(0, 0, *widget.size))


async def _loaded(count: int) -> float:
    """Return the ms until our list has `count` rows and has painted them."""
    rows = made_rows(count)
    app = AloneApp(RowList(_listing()))
    async with app.run_test(size=(120, 60)) as pilot:
        view = app.query_one(RowList)
        await pilot.pause()

        def load() -> None:
            view.set_rows(rows)
            _painted(view)

        return _ms(load)


async def _table_loaded(count: int) -> float:
    """Return the ms until Textual's own table has `count` rows measured and painted."""
    rows = made_rows(count)
    table: DataTable[str] = DataTable()
    app = AloneApp(table)
    async with app.run_test(size=(120, 60)) as pilot:
        table.add_columns(*(f"c{n}" for n in range(COLUMNS)))
        await pilot.pause()

        def load() -> None:
            table.add_rows(rows)
            table._update_dimensions(table._new_rows)
            _painted(table)

        return _ms(load)


# -- keys on a terminal ------------------------------------------------------------------------------------


# -- the filter --------------------------------------------------------------------------------------------


def _arranged(rows: Rows[Row], words: tuple[str, ...]) -> tuple[float, float]:
    """Return the ms of processor time until the first screen is found, and until all is found."""
    steps = rows.arrange(View(words, enough=60))
    first = None
    start = time.process_time()
    while True:
        try:
            if next(steps) is not None:
                first = time.process_time() - start
        except StopIteration:
            whole = time.process_time() - start
            return (whole if first is None else first) * 1000, whole * 1000


def _plainly(hays: list[str], words: tuple[str, ...]) -> list[int]:
    places = list(range(len(hays)))
    for word in words:
        places = [place for place in places if word in hays[place]]
    return places


def _filters() -> Iterator[tuple[str, float, float, str]]:
    rows = Rows(made_rows(MANY), lambda row: row[0], " ".join)
    list(rows.prepare())
    hays = [fold(" ".join(row)) for row in made_rows(MANY)]
    for words, what in ((("tran",), "in every row"), (("tran", "77"), "in few"), (("zz",), "in none")):
        measured = []
        floors = []
        for _ in range(7):
            rows._narrowed = None
            measured.append(_arranged(rows, words))
            floors.append(_ms(partial(_plainly, hays, words)))
        whole, floor = median(whole for _, whole in measured), median(floors)
        yield f"filter: {MANY:,} rows, words {what}, beside a list comprehension", whole, floor, "ms"
        first = median(first for first, _ in measured)
        yield "filter: the same, its first screen, beside all of it", first, whole, "ms"


def figures() -> Iterator[tuple[str, float, float, str]]:
    """Yield each figure as (name, ours, the floor or peer it stands next to, unit)."""
    gc.collect()
    gc.freeze()
    few, many = (median(asyncio.run(_loaded(count)) for _ in range(5)) for count in (10, MANY))
    yield f"list: {MANY:,} rows loaded and painted, beside 10 rows", many, few, "ms"
    ours, table = (median(asyncio.run(load(PEER)) for _ in range(3)) for load in (_loaded, _table_loaded))
    yield f"list: {PEER:,} rows loaded and painted, beside Textual's DataTable", ours, table, "ms"
    yield from _filters()
    cells = [f"Nguyen {n} Tran" for n in range(360)]
    foreign = [f"Nguyễn {n} Trần" for n in range(360)]
    yield (
        "safe text: 360 cells, beside 360 cells of other alphabets",
        _ms(lambda: [safe_text(cell) for cell in cells], 9),
        _ms(lambda: [safe_text(cell) for cell in foreign], 9),
        "ms",
    )
