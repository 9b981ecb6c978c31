"""A list alone on a terminal, for its keys. Imports Textual alone, so that it runs in the environment of a peer too."""

from __future__ import annotations

import gc
from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.widget import Widget
from textual.widgets import DataTable, Static

COLUMNS = 6

Row = tuple[str, ...]


def made_rows(count: int) -> list[Row]:
    """Return rows of text."""
    return [
        (f"C-{n}", f"o{n % 97}", f"Nguyen {n} Tran", "refinance", f"stage {n % 9}", f"{n * 37 % 1000}")
        for n in range(count)
    ]


class AloneApp(App[None]):
    """One widget."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


class TerminalApp(AloneApp):
    """One widget with rows in it, and a line that says "all there" when they are."""

    CSS = "#said { dock: bottom; height: 1; }"

    def __init__(self, widget: Widget, fill: Callable[[], None] = lambda: None) -> None:
        super().__init__(widget)
        self._fill = fill

    def compose(self) -> ComposeResult:
        yield self.widget
        yield Static(id="said")

    def on_mount(self) -> None:
        self._fill()
        self.widget.focus()
        self.set_timer(1.0, self._settle)

    def _settle(self) -> None:
        gc.collect()
        gc.freeze()
        self.query_one("#said", Static).update("all there")


def run_table(count: int) -> None:
    """Run Textual's DataTable."""
    table: DataTable[str] = DataTable(cursor_type="row")

    def fill() -> None:
        table.add_columns(*(f"c{n}" for n in range(COLUMNS)))
        table.add_rows(made_rows(count))

    TerminalApp(table, fill).run()
