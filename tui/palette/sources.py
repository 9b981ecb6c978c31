"""The palette's entries that are not actions: rows that were read, saved views, settings, themes."""

from __future__ import annotations

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

ELSEWHERE: Final = "Not read yet"
"""The heading of the rooms that were not opened."""
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
            run=partial(app.choices.choose_theme, name),
        )
        for name in ALL_THEMES
    ]


async def more_entries(app: DeskApp, text: str) -> list[PaletteEntry]:
    """Return the saved views with their counts, and if something is typed the rows with the words.

    A room that was not opened has no rows yet: its entry looks for the words there.
    """
    if app.screen_stack[-2:-1] and app.screen_stack[-2].is_modal:
        return []
    found = await _views(app, text)
    if len(text.strip()) < LEAST:
        return found
    for room in app.rooms.mounted:
        rows = main_list(room)
        if rows is not None:
            found += [_row(app, room, row, rows.listing, text) for row in await rows.find(text, MOST)]
    opened = {room.room for room in app.rooms.mounted}
    for name, title in ROOMS.items():
        if name not in opened and name != "overview":  # which has no list
            found.append(_look_for(app, name, title.partition(" ")[2], text.strip()))
    return found


def _look_for(app: DeskApp, room: str, title: str, text: str) -> PaletteEntry:
    """Return the entry that looks for words in a room of which no row is read yet."""
    return PaletteEntry(
        key=f"look {room}",
        label=f"Look for “{text}” in {title}",
        does="Opens the room and its filter",
        section=ELSEWHERE,
        run=partial(app.lists.look_for, room, text),
        search=text,
    )


def _row(app: DeskApp, room: Room, row: FoundRow, listing: Listing[Any], text: str) -> PaletteEntry:
    return PaletteEntry(
        key=f"row {room.room} {row.key}",
        label=row.label,
        does=f"Go to the {listing.noun} in {ROOMS[room.room].partition(' ')[2]}",
        section=listing.nouns,
        run=partial(app.lists.go_to_row, room, row.key),
        search=text,
    )


async def _views(app: DeskApp, text: str) -> list[PaletteEntry]:
    """Return the saved views with what is typed in their names, each with the number of its rows."""
    entries: list[PaletteEntry] = []
    for room in app.rooms.mounted:
        rows = main_list(room)
        if rows is None:
            continue
        for view in app.lists.views_of(rows):
            label = f"View {view.name}"
            if text.strip().casefold() not in label.casefold():
                continue
            count = await count_of(room, view)
            entries.append(
                PaletteEntry(
                    key=f"view {room.room} {view.name}",
                    label=label,
                    does=rows.listing.counted(count),
                    section=VIEWS,
                    run=partial(app.lists.show_view_in, room, view),
                )
            )
    return entries
