"""The list of the app next to Textual's DataTable and textual-fastdatatable, each alone in an app on a terminal."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from tests.bench.harness.figure import Figure, NotMeasured, Place
from tests.bench.harness.homes import environment
from tests.bench.harness.peers import PeerMissing, python_of
from tests.bench.harness.runner import interleave, quick, rounds
from tests.bench.harness.terminal import BenchTerminal
from tests.support.fork_server import ROOT

TITLE: Final = "The list next to other tables"
INTRO: Final = (
    "An app of one widget is started on a terminal with rows of six texts. CPU of its process until the first row is "
    "painted, and of one step of the cursor (down arrow)."
)
SIZES: Final = (1_000, 10_000, 100_000)
ROWS: Final = """
import sys
count = int(sys.argv[1])
rows = [
    (f"C-{n}", f"o{n % 97}", f"Nguyen {n} Tran", "refinance", f"stage {n % 9}", f"{n * 37 % 1000}")
    for n in range(count)
]
from textual.app import App
"""
OURS: Final = """
from tui.widgets.row_list import ListColumn, Listing, RowList
def nth(n):
    return lambda row: row[n]
columns = tuple(ListColumn(f"c{n}", nth(n), width=0 if n == 2 else 12) for n in range(6))
class Alone(App):
    def compose(self):
        yield RowList(Listing(columns=columns, key=nth(0)))
    def on_mount(self):
        table = self.query_one(RowList)
        table.set_rows(rows)
        table.focus()
Alone().run()
"""
DATATABLE: Final = """
from textual.widgets import DataTable
class Alone(App):
    def compose(self):
        yield DataTable(cursor_type="row")
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns(*(f"c{n}" for n in range(6)))
        table.add_rows(rows)
        table.focus()
Alone().run()
"""
FAST: Final = """
from textual_fastdatatable import ArrowBackend, DataTable
class Alone(App):
    def compose(self):
        columns = {f"c{n}": [row[n] for row in rows] for n in range(6)}
        yield DataTable(backend=ArrowBackend.from_pydict(columns), cursor_type="row")
    def on_mount(self):
        self.query_one(DataTable).focus()
Alone().run()
"""
FIRST_ROW: Final = b"Nguyen 0 Tran"
LARGEST_PEER: Final = 10_000
"""DataTable takes more than ten seconds for 100,000 rows; the largest size is left to the others."""


def session(python: Path, program: str, count: int, home: Path) -> Mapping[str, float]:
    """Start one widget with `count` rows. Return the CPU in ms until the first row and of a step of the cursor."""
    with BenchTerminal.running(
        [str(python), "-c", ROWS + program, str(count)], environment(home), ROOT
    ) as app:
        loaded = app.until(FIRST_ROW, within=180).own
        app.at_rest()
        steps = [app.press(b"\x1b[B", quiet=0.08).cpu for _ in range(rounds(15, few=5))]
    return {"loaded": loaded * 1000, "step": median(steps) * 1000}


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the CPU of rows and of steps of the cursor, for each size next to each peer."""
    programs = {
        "brokerdesk": (Path(sys.executable), OURS),
        "Textual's DataTable": (Path(sys.executable), DATATABLE),
    }
    try:
        programs["textual-fastdatatable"] = (python_of("fastdatatable"), FAST)
    except PeerMissing as error:
        yield NotMeasured("textual-fastdatatable", str(error))
    with tempfile.TemporaryDirectory() as name:
        for size in SIZES[:2] if quick() else SIZES:
            found = interleave(
                {
                    which: partial(session, python, program, size, Path(name))
                    for which, (python, program) in programs.items()
                    if which != "Textual's DataTable" or size <= LARGEST_PEER
                },
                rounds(3, few=1),
            )
            for peer in [*found.taken, *found.failed]:
                if peer == "brokerdesk":
                    continue
                fast = peer == "textual-fastdatatable"
                for what, measure, curve in (
                    (f"{size:,} rows, start until they are shown, CPU", "loaded", "rows shown"),
                    (f"{size:,} rows, cursor down, CPU", "step", "cursor down"),
                ):
                    yield found.compare(
                        what,
                        measure,
                        "ms",
                        "brokerdesk",
                        peer,
                        place=Place(curve, size, "rows") if fast else None,
                    )
