"""Where the palette's entries come from besides the actions: rows that were read, saved views, settings, themes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tui.lists.views import count_of, main_list
from tui.palette.entries import SETTINGS, THEMES, VIEWS, PaletteEntry, action_entries
from tui.room import ROOMS
from tui.theme import CONTRAST, DARK, LIGHT
from tui.theme import THEMES as ALL_THEMES

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.room import Room
    from tui.widgets.row_list import FoundRow, Listing

LEAST: Final = 2
"""Characters from which rows are searched."""
MOST: Final = 8
"""Rows of one list that are offered."""
_OURS: Final = {DARK: "Ours, dark", LIGHT: "Ours, light", CONTRAST: "Ours, high contrast"}


def all_entries(app: DeskApp) -> list[PaletteEntry]:
    """Return what can be done now, in order. A dialog offers its own actions alone, and the themes."""
    actions = action_entries(app, app.screen, app.own_keys)
    late = [entry for entry in actions if entry.reason]
    now = [entry for entry in actions if not entry.reason]
    if app.screen.is_modal:
        return [*now, *theme_entries(app), *late]
    return [*now, *_sandbox(app), *setting_entries(app), *theme_entries(app), *late]


def _sandbox(app: DeskApp) -> list[PaletteEntry]:
    if app.desk is None or app.desk.practice is None:
        return []
    from tui.sandbox.palette import sandbox_entries  # noqa: PLC0415 - only the sandbox has them

    return sandbox_entries(app)


def setting_entries(app: DeskApp) -> list[PaletteEntry]:
    """Return the entries about the settings."""
    config = app.settings.home / "config.toml"
    return [
        PaletteEntry(
            key="setting connections",
            label="Connections and settings",
            does="What is right and wrong with settings, connections, the book",
            section=SETTINGS,
            run=app.action_connections,
            keys="C",
            search="profile doctor",
        ),
        PaletteEntry(
            key="setting file",
            label="Copy the path of config.toml",
            does=f"Profile “{app.settings.name}” is in {config}",
            section=SETTINGS,
            run=partial(_copy, app, str(config)),
            search="profile settings file",
        ),
    ]


def _copy(app: DeskApp, path: str) -> None:
    app.copy_text(path, "The path of config.toml")


def theme_entries(app: DeskApp) -> list[PaletteEntry]:
    """Return an entry for each theme."""
    return [
        PaletteEntry(
            key=f"theme {name}",
            label=f"Theme {name}",
            does=", ".join(
                filter(None, (_OURS.get(name, ""), "the present one" if name == app.theme else ""))
            ),
            section=THEMES,
            run=partial(app.choose_theme, name),
        )
        for name in ALL_THEMES
    ]


async def more_entries(app: DeskApp, text: str) -> list[PaletteEntry]:
    """Return the views with their counts if nothing is typed, else the rows with the words and the views so named."""
    if app.screen_stack[-2:-1] and app.screen_stack[-2].is_modal:
        return []
    found = [entry for entry in await _views(app) if text.casefold() in entry.label.casefold()]
    if len(text.strip()) < LEAST:
        return found
    for room in app.rooms:
        rows = main_list(room)
        if rows is not None:
            found += [_row(app, room, row, rows.listing, text) for row in await rows.find(text, MOST)]
    return found


def _row(app: DeskApp, room: Room, row: FoundRow, listing: Listing[Any], text: str) -> PaletteEntry:
    return PaletteEntry(
        key=f"row {room.room} {row.key}",
        label=row.label,
        does=f"Go to the {listing.noun} in {ROOMS[room.room].partition(' ')[2]}",
        section=listing.nouns,
        run=partial(app.lists.go_to_row, room, row.key),
        search=text,
    )


async def _views(app: DeskApp) -> Sequence[PaletteEntry]:
    entries: list[PaletteEntry] = []
    for room in app.rooms:
        rows = main_list(room)
        if rows is None:
            continue
        for view in app.lists.views_of(rows):
            count = await count_of(room, view)
            entries.append(
                PaletteEntry(
                    key=f"view {room.room} {view.name}",
                    label=f"View {view.name}",
                    does=rows.listing.counted(count),
                    section=VIEWS,
                    run=partial(app.lists.show_view_in, room, view),
                )
            )
    return entries
