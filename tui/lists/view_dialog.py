"""Offers the saved views of a list, with how many rows each shows; saves and removes views."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import ClassVar, Final, NamedTuple

from msgspec import Struct
from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tui.actions import bindings_for
from tui.text import safe_text
from tui.widgets.modal import Modal
from tui.widgets.row_list import ListColumn, Listing, RowList
from tui.wiring.profile import SavedView


class ViewWish(Enum):
    """What is to be done with a view."""

    SHOW = "show"
    SAVE = "save"
    REMOVE = "remove"


class ViewAnswer(NamedTuple):
    """What a person wants. `view` is None where the list is to be saved as it is."""

    wish: ViewWish
    view: SavedView | None = None


class ViewRow(Struct, frozen=True):
    """A view with the number of its rows; None until they are counted."""

    view: SavedView
    count: int | None = None
    sorted_by: str = ""
    """The heading of the column by which the view is sorted."""

    @property
    def shows(self) -> str:
        """What the view shows, in words."""
        view = self.view
        sort = (
            f"by {self.sorted_by or view.sort}{', reversed' if view.descending else ''}" if view.sort else ""
        )
        words = f"“{view.words}”" if view.words else ""
        return ", ".join(filter(None, (words, *view.choices.values(), sort))) or "everything"


_LISTING: Final[Listing[ViewRow]] = Listing(
    columns=(
        ListColumn("count", lambda row: "…" if row.count is None else f"{row.count:,}", width=7, align="right",
                   style="primary"),
        ListColumn("name", lambda row: row.view.name, minimum=10, lit="strong"),
        ListColumn("shows", lambda row: row.shows, minimum=12, style="muted", drop=1),
    ),
    key=lambda row: row.view.name,
    can_mark=False,
    opens_at_once=True,
    empty="No view is saved yet. s saves the list as it is shown now: its filter, its choices and its sorting.",
)  # fmt: skip


class ViewDialog(Modal[ViewAnswer | None]):
    """Returns what a person wants with a view.

    `count` returns how many rows a view shows. `headings` has the headings of the list's columns, by their names.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("views")]
    DEFAULT_CSS = """
    ViewDialog { align: center middle; }
    ViewDialog > Vertical {
        width: 72; max-width: 96%; height: auto; max-height: 80%;
        padding: 1 2; background: $surface; border: round $primary;
        border-title-color: $foreground; border-title-style: bold;
    }
    ViewDialog RowList { height: auto; max-height: 20; }
    """

    def __init__(
        self,
        title: str,
        views: Sequence[SavedView],
        count: Callable[[SavedView], Awaitable[int]],
        headings: Mapping[str, str],
    ) -> None:
        super().__init__()
        self._title = title
        self._views = {view.name: view for view in views}
        self._count = count
        self._headings = headings

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to remove a view where there is one."""
        return bool(self._views) if action == "remove_view" else super().check_action(action, parameters)

    def compose(self) -> ComposeResult:
        """Yield the views in their frame."""
        with Vertical() as frame:
            frame.border_title = safe_text(self._title)
            yield RowList(_LISTING)

    def on_mount(self) -> None:
        """Fill the list, then count."""
        rows = self.query_one(RowList)
        rows.styles.height = min(20, max(3, len(self._views)))
        rows.set_rows([self._row(view) for view in self._views.values()])
        rows.focus()
        self._count_all()

    @work(group="count-views", exclusive=True)
    async def _count_all(self) -> None:
        for name, view in self._views.items():
            count = await self._count(view)
            self.query_one(RowList).update_row(name, self._row(view, count))

    def _row(self, view: SavedView, count: int | None = None) -> ViewRow:
        return ViewRow(view, count, self._headings.get(view.sort, view.sort))

    def on_row_list_selected(self, event: RowList.Selected) -> None:
        """Show the chosen view."""
        self.dismiss(ViewAnswer(ViewWish.SHOW, self._views[event.key]))

    def action_save_view(self) -> None:
        """Save the list as it is."""
        self.dismiss(ViewAnswer(ViewWish.SAVE))

    def action_remove_view(self) -> None:
        """Remove the view under the cursor."""
        if (key := self.query_one(RowList).cursor_key) is not None:
            self.dismiss(ViewAnswer(ViewWish.REMOVE, self._views[key]))

    def action_close_views(self) -> None:
        """Leave the list as it is."""
        self.dismiss(None)
