"""How fast the list is, each figure beside a floor or a peer measured in the same run: `python -m tests.bench.rows`."""

import asyncio
import gc
import time
from collections.abc import Callable
from statistics import median

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import DataTable

from tui.text import safe_text
from tui.widgets.row_list import ListColumn, Listing, RowList

MANY = 100_000
PEER = 2_000
COLUMNS = 6

Row = tuple[str, ...]


def _rows(count: int) -> list[Row]:
    return [
        (f"C-{n}", f"o{n % 97}", f"Nguyen {n} Tran", "refinance", f"stage {n % 9}", f"{n * 37 % 1000}")
        for n in range(count)
    ]


def _nth(n: int) -> Callable[[Row], str]:
    return lambda row: row[n]


def _listing() -> Listing[Row]:
    columns = tuple(ListColumn(f"c{n}", _nth(n), width=0 if n == 2 else 12) for n in range(COLUMNS))
    return Listing(columns=columns, key=lambda row: row[0])


class _Alone(App[None]):
    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def _ms(work: Callable[[], object], times: int = 1) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return median(seconds) * 1000


def _painted(widget: Widget) -> None:
    widget._size_updated(widget.size, widget.virtual_size, widget.container_size)
    widget.render_lines(Region(0, 0, *widget.size))


async def _list_figures(count: int) -> dict[str, float]:
    """Give, in ms for a list of `count` rows: the first paint, a step of the cursor with its paint, a filter."""
    rows = _rows(count)
    found: dict[str, float] = {}
    gc.collect()
    gc.freeze()
    app = _Alone(RowList(_listing()))
    async with app.run_test(size=(120, 60)) as pilot:
        view = app.query_one(RowList)
        await pilot.pause()

        def load() -> None:
            view.set_rows(rows)
            _painted(view)

        found["paint"] = _ms(load)
        await view.settled()
        list(view._shown.prepare())
        steps = iter(range(10_000))

        def step() -> None:
            if next(steps) % 2:
                view.action_cursor_up()
            else:
                view.action_cursor_down()
            _painted(view)

        found["key"] = _ms(step, 60)
        for query in ("tran 77", "zz"):
            start = time.perf_counter()
            view.filter(query)
            found[f"call {query}"] = (time.perf_counter() - start) * 1000
            await view.settled()
            found[f"filter {query}"] = (time.perf_counter() - start) * 1000
            view.filter("")
            await view.settled()
    gc.unfreeze()
    return found


async def _table_figures(count: int) -> float:
    """Give the ms until Textual's own table has `count` rows measured and painted."""
    rows = _rows(count)
    table: DataTable[str] = DataTable()
    app = _Alone(table)
    async with app.run_test(size=(120, 60)) as pilot:
        table.add_columns(*(f"c{n}" for n in range(COLUMNS)))
        await pilot.pause()
        start = time.perf_counter()
        table.add_rows(rows)
        table._update_dimensions(table._new_rows)
        _painted(table)
        return (time.perf_counter() - start) * 1000


def _comprehension(hays: list[str]) -> list[int]:
    return [place for place, hay in enumerate(hays) if "tran" in hay and "77" in hay]


def figures() -> list[tuple[str, float, float, str]]:
    """Give each figure as (name, ours, the floor or peer it stands beside, unit)."""
    few, many = (asyncio.run(_list_figures(count)) for count in (10, MANY))
    ours, table = asyncio.run(_list_figures(PEER)), asyncio.run(_table_figures(PEER))
    hays = [" ".join(row).casefold() for row in _rows(MANY)]
    cells = [f"Nguyen {n} Tran" for n in range(360)]
    foreign = [f"Nguyễn {n} Trần" for n in range(360)]
    return [
        (f"list: {MANY:,} rows loaded and painted, beside 10 rows", many["paint"], few["paint"], "ms"),
        (f"list: cursor down and painted at {MANY:,} rows, beside 10 rows", many["key"], few["key"], "ms"),
        (
            f"list: two words found in {MANY:,} rows, beside a plain list comprehension",
            many["filter tran 77"],
            _ms(lambda: _comprehension(hays), 5),
            "ms",
        ),
        (
            f"list: a key held by a filter over {MANY:,} rows, beside all of its work",
            many["call zz"],
            many["filter zz"],
            "ms",
        ),
        (f"list: {PEER:,} rows loaded and painted, beside textual's DataTable", ours["paint"], table, "ms"),
        (
            "safe text: 360 cells, beside 360 cells of other alphabets",
            _ms(lambda: [safe_text(cell) for cell in cells], 9),
            _ms(lambda: [safe_text(cell) for cell in foreign]),
            "ms",
        ),
    ]


if __name__ == "__main__":
    for name, ours, peer, unit in figures():
        print(f"{name:76} {ours:10.2f} {peer:10.2f} {unit}")
