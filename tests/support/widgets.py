"""A small app for the widgets, and rows to put in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from textual.app import App, ComposeResult
from textual.widget import Widget

from tui.lists.columns import ColumnDialog
from tui.widgets.field_table import FieldRow, FieldTable, Gap
from tui.widgets.line_view import Heading
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.widgets.step_strip import StepStrip, StripStep


@dataclass(frozen=True)
class Card:
    id: str
    name: str
    stage: str = "Lead"
    state: str = "linked"


COLUMNS: tuple[ListColumn[Card], ...] = (
    ListColumn("state", lambda card: "●" if card.state == "linked" else "✗", width=1, gap=1),
    ListColumn("id", lambda card: card.id, "card", width=7, style="muted", lit="primary", drop=1),
    ListColumn("name", lambda card: card.name, "name", minimum=12, lit="strong"),
    ListColumn("stage", lambda card: card.stage, "stage", width=16, style="muted", drop=2),
)


def cards(*names: str) -> list[Card]:
    return [Card(f"C-{n}", name) for n, name in enumerate(names)]


def many(count: int) -> list[Card]:
    return [Card(f"C-{n}", f"Nguyen {n} Tran", f"stage {n % 7}") for n in range(count)]


def listing(**changes: Any) -> Listing[Card]:
    return Listing(columns=COLUMNS, key=lambda card: card.id, **changes)


class ListApp(App[None]):
    """A list alone, and every message it sent."""

    def __init__(self, of: Listing[Card] | None = None) -> None:
        super().__init__()
        self.said: list[object] = []
        self.of = of or listing()

    def compose(self) -> ComposeResult:
        yield RowList(self.of)

    @property
    def rows(self) -> RowList[Card]:
        return self.query_one(RowList)

    def on_mount(self) -> None:
        self.rows.focus()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        self.said.append(("highlighted", message.key))

    def on_row_list_selected(self, message: RowList.Selected) -> None:
        self.said.append(("selected", message.key))

    def on_row_list_marked(self, message: RowList.Marked) -> None:
        self.said.append(("marked", *message.keys))

    def on_row_list_columns_wanted(self, message: RowList.ColumnsWanted) -> None:
        self.push_screen(
            ColumnDialog(message.row_list), lambda names: message.row_list.show_columns(names or ())
        )

    def on_row_list_counted(self, message: RowList.Counted) -> None:
        self.said.append(("counted", message.shown, message.total))


def all_widgets(value: str) -> Iterator[Widget]:
    """Give the list, the table and the strip with a value in every place that takes one."""
    rows = RowList(listing(section=lambda card: Heading(card.name, card.stage), empty=value))
    rows.set_rows([Card("C-1", value, value), Card(value, "b")])
    yield rows
    empty = RowList(listing(empty=value))
    yield empty
    table = FieldTable()
    table.set_lines(
        [Heading(value, value), FieldRow(value, value, value, value, value), Gap(), FieldRow("a", tone="bad")]
    )
    yield table
    strip = StepStrip()
    strip.set_steps([StripStep(value, value, value, value, value, value), StripStep("2", "create")])
    yield strip
