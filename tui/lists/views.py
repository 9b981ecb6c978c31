"""Saved views: a list with its filter, its choices and its sorting under a name. They are kept in the home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.widgets import Input

from tui.widgets.row_list import RowList
from tui.wiring.profile import SavedView

if TYPE_CHECKING:
    from tui.room import Room


def main_list(room: Room) -> RowList[Any] | None:
    """Return a room's list with a noun for its rows; None if the room has none."""
    return next((rows for rows in room.query(RowList) if rows.listing.noun), None)


def view_now(room: Room, profile: str, name: str) -> SavedView | None:
    """Return the room's list as it is shown now, as a view; None if the room has no such list."""
    rows = main_list(room)
    if rows is None:
        return None
    column, direction = rows.sorting or ("", "up")
    return SavedView(
        profile, rows.id or "", name, rows.filter_text, dict(room.choices()), column, direction == "down"
    )


async def count_of(room: Room, view: SavedView) -> int:
    """Return how many rows a view shows."""
    rows = main_list(room)
    return 0 if rows is None else await rows.count(view.words, room.predicate_of(view.choices))


def show_view(room: Room, view: SavedView) -> None:
    """Show a room's list as a view has it."""
    rows = main_list(room)
    if rows is None:
        return
    room.choose(view.choices)
    for box in room.query(Input):
        box.value = view.words
    rows.filter(view.words)
    known = {column.name for column in rows.listing.columns}
    rows.sort_by(view.sort if view.sort in known else None, "down" if view.descending else "up")
    room.set_focus(rows)


def show_row(room: Room, key: str) -> None:
    """Go to a row of a room's list. If the filter or a choice hides the row, all rows are shown again."""
    rows = main_list(room)
    if rows is None:
        return
    if not rows.move_to(key):
        room.choose({})
        for box in room.query(Input):
            box.value = ""
        rows.filter("")
        rows.move_to(key)
    room.set_focus(rows)
