"""Asks which columns of a list are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from msgspec import Struct
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tui.actions import bindings_for
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList

NARROW: Final = "no room in the list now"


class ColumnRow(Struct, frozen=True):
    """One column of the other list."""

    name: str
    heading: str


def _listing(has: Callable[[str], bool], remark: Callable[[str], str]) -> Listing[ColumnRow]:
    return Listing(
        columns=(
            ListColumn("tick", lambda row: "✓" if has(row.name) else "–", width=1, style="good", gap=2),
            ListColumn("column", lambda row: row.heading, minimum=12, lit="strong"),
            ListColumn("remark", lambda row: remark(row.name), width=23, style="muted", drop=1),
        ),
        key=lambda row: row.name,
        can_mark=False,
        opens_at_once=True,
        is_record=lambda row: False,
    )


class ColumnDialog(Modal[tuple[str, ...] | None]):
    """Shows the columns that can be hidden. Enter or a click hides a column or shows it; the last one stays."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("columns")]
    DEFAULT_CSS = """
    ColumnDialog { align: center middle; }
    ColumnDialog > Vertical {
        width: 60; max-width: 96%; height: auto; max-height: 80%;
        padding: 1 2; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    ColumnDialog RowList { height: auto; max-height: 20; }
    """

    def __init__(self, of: RowList[Any]) -> None:
        super().__init__()
        self._of = of
        shown = {column.name for column in of.columns}
        self._names = [column.name for column in of.choosable_columns]
        self._wanted = [name for name in self._names if name in shown]
        self._rows = [ColumnRow(column.name, column.title) for column in of.choosable_columns]

    def compose(self) -> ComposeResult:
        """Yield the columns in their frame."""
        with Vertical() as frame:
            frame.border_title = "Columns"
            yield RowList(_listing(self._wanted.__contains__, self._remark))

    def _remark(self, name: str) -> str:
        return NARROW if name in self._of.left_out(self._wanted) else ""

    def on_mount(self) -> None:
        """Fill the list."""
        rows = self.query_one(RowList)
        rows.styles.height = min(20, len(self._rows))
        rows.set_rows(self._rows)
        rows.focus()

    def on_resize(self) -> None:
        """Say again which columns have no room, because the list has another width too."""
        self.call_after_refresh(self.query_one(RowList).lines_changed)

    def on_row_list_selected(self, event: RowList.Selected) -> None:
        """Hide a column, or show it."""
        if event.key not in self._wanted:
            self._wanted.append(event.key)
        elif len(self._wanted) > 1:
            self._wanted.remove(event.key)
        event.row_list.lines_changed()

    def action_turn_column(self) -> None:
        """Hide the column under the cursor, or show it."""
        self.query_one(RowList).action_open_row()

    def action_close_columns(self) -> None:
        """Close, and return the names of the columns that are shown."""
        self.dismiss(tuple(name for name in self._names if name in self._wanted))
