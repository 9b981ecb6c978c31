"""Carries out what a person asks of any list: its columns, its saved views, going to a row."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from textual.widgets import Input

from tui.lists.columns import ColumnDialog
from tui.lists.export import table_of, write_table
from tui.lists.export_dialog import ExportDialog
from tui.lists.view_dialog import ViewDialog, ViewWish
from tui.lists.views import count_of, main_list, show_row, show_view, view_now
from tui.text import notify, plain
from tui.widgets.confirm_dialog import LineDialog

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.room import Room
    from tui.widgets.row_list import RowList
    from tui.wiring.profile import SavedView

LONGEST_NAME: Final = 40
"""The most characters of a view's name."""


class ListController:
    """What every list offers. What a person chose is kept in the home."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app

    async def choose_columns(self, rows: RowList[Any]) -> None:
        """Ask which columns a list shows."""
        names = await self._app.push_screen_wait(ColumnDialog(rows))
        if names is None:
            return
        rows.show_columns(names)
        if name := rows.id:
            self._app.choices.keep(
                lambda choices: msgspec.structs.replace(choices, columns={**choices.columns, name: names})
            )

    # -- export ----------------------------------------------------------------------------------------

    async def export(self, rows: RowList[Any]) -> None:
        """Ask for a file, and write what a list shows to it."""
        table, listing = table_of(rows), rows.listing
        if not table.rows:
            notify(self._app, "This list shows nothing that can be exported.", severity="warning")
            return
        counted = listing.counted(len(table.rows))
        write = partial(write_table, listing.nouns, table)
        dialog = ExportDialog(f"Export {counted}", f"~/brokerdesk-{listing.nouns}.csv", write)
        file = await self._app.push_screen_wait(dialog)
        if file is None:
            return
        written = "is" if len(table.rows) == 1 else "are"
        notify(
            self._app, f"{counted} {written} in {file.path}. Only you can read the file.", title="Exported"
        )

    # -- views -----------------------------------------------------------------------------------------

    def views_of(self, rows: RowList[Any]) -> tuple[SavedView, ...]:
        """Return the saved views of a list."""
        return self._app.choices.now.views_of(self._app.settings.name, rows.id or "")

    async def choose_view(self, room: Room) -> None:
        """Offer the saved views of a room's list; show, save or remove one."""
        rows = main_list(room)
        if rows is None:
            notify(self._app, "This room has no list of which a view can be saved.", severity="warning")
            return
        headings = {column.name: column.heading.lower() for column in rows.listing.columns}
        dialog = ViewDialog("Views of the list", self.views_of(rows), partial(count_of, room), headings)
        answer = await self._app.push_screen_wait(dialog)
        if answer is None:
            return
        view = answer.view
        match answer.wish:
            case ViewWish.SAVE:
                await self._save_view(room)
            case ViewWish.SHOW if view is not None:
                show_view(room, view)
            case ViewWish.REMOVE if view is not None:
                self._app.choices.keep(lambda choices: choices.without_view(view))
                notify(self._app, f"The view “{view.name}” is removed.")
            case ViewWish.SHOW | ViewWish.REMOVE:
                pass

    async def show_view_in(self, room: Room, view: SavedView) -> None:
        """Go to a room, and show its list as a view has it."""
        await self._app.switch_mode(room.room)
        show_view(room, view)

    async def look_for(self, room: str, words: str) -> None:
        """Go to a room, and look for words in its list."""
        await self._app.switch_mode(room)
        await self._app.screen.run_action("screen.filter")
        if isinstance(box := self._app.screen.focused, Input):
            box.value = words

    async def go_to_row(self, room: Room, key: str) -> None:
        """Go to a row of a room's list."""
        await self._app.switch_mode(room.room)
        show_row(room, key)

    async def _save_view(self, room: Room) -> None:
        """Ask for a name, and save the room's list as it is under it."""
        ask = plain("The name of the view. A view of this name is replaced.")
        name = await self._app.push_screen_wait(LineDialog("Save the list as a view", ask, _wrong_name))
        view = view_now(room, self._app.settings.name, name) if name else None
        if view is not None:
            self._app.choices.keep(lambda choices: choices.with_view(view))
            notify(self._app, f"Saved as “{name}”. F4 and the palette show it.")


def _wrong_name(name: str) -> str:
    """Return what is wrong with a view's name, or ""."""
    return "" if 0 < len(name) <= LONGEST_NAME else f"Type 1 to {LONGEST_NAME} characters."
