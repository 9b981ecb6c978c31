"""What the palette offers: the entries and their order. Knows no widget of the palette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from tui.action_model import ActionScope
from tui.actions import ACTIONS, GROUPS, Offered, key_list, offered, show_keys
from tui.widgets.search_text import fold

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from tui.action_model import Action

HERE: Final = "Here"
GO_TO: Final = "Go to"
VIEWS: Final = "Views"
EVERYWHERE: Final = "Everywhere"
LISTS: Final = "The list"
SANDBOX: Final = "Sandbox"
SETTINGS: Final = "Settings"
THEMES: Final = "Themes"
NOT_NOW: Final = "Not now"
SECTIONS: Final = (HERE, GO_TO, VIEWS, EVERYWHERE, LISTS, SANDBOX, SETTINGS, THEMES, NOT_NOW)
"""The headings in their order. What a search finds among the rows comes after all of them, under its own heading."""


class PaletteEntry(Struct, frozen=True, kw_only=True):
    """One entry. `reason` says why it can't be done now; "" if it can."""

    key: str
    """Unique."""
    label: str
    does: str
    section: str
    run: Callable[[], Awaitable[object] | None]
    keys: str = ""
    reason: str = ""
    search: str = ""
    """Further words by which the entry is found."""


def action_entries(
    app: App[Any], screen: Screen[Any], keymap: Mapping[str, str], actions: Sequence[Action] = ACTIONS
) -> list[PaletteEntry]:
    """Return the actions of a screen in the palette's order; what can't be done now comes last, with the reason."""
    entries = [_entry(app, found, keymap) for found in offered(screen, actions) if found.action.palette]
    return sorted(entries, key=lambda entry: SECTIONS.index(entry.section))


def _entry(app: App[Any], found: Offered, keymap: Mapping[str, str]) -> PaletteEntry:
    action = found.action
    return PaletteEntry(
        key=f"action {action.name}",
        label=action.label,
        does=found.reason or action.does,
        section=NOT_NOW if found.reason else _section(action),
        run=partial(app.run_action, action.action, found.node),
        keys=show_keys(key_list(keymap.get(action.name, action.keys))[:1]),
        reason=found.reason,
        search=f"{action.name} {action.does}",
    )


def _section(action: Action) -> str:
    scope = next((group.scope for group in GROUPS if group.name == action.group), ActionScope.ROOM)
    if scope is not ActionScope.EVERYWHERE:
        return HERE
    if action.group != "app":
        return LISTS
    return GO_TO if action.name.endswith("-room") else EVERYWHERE


def best_first(entries: Iterable[PaletteEntry], query: str) -> list[PaletteEntry]:
    """Return the entries with every word of what is typed: the label begins so, has the words, or something else has.

    Within each of these they keep their order.
    """
    text = fold(query).strip()
    words = text.split()
    ranked: list[tuple[int, PaletteEntry]] = []
    for entry in entries:
        label = fold(entry.label)
        everything = fold(searched(entry))
        if label.startswith(text):
            ranked.append((0, entry))
        elif all(word in label for word in words):
            ranked.append((1, entry))
        elif all(word in everything for word in words):
            ranked.append((2, entry))
    return [entry for _, entry in sorted(ranked, key=lambda pair: pair[0])]


def searched(entry: PaletteEntry) -> str:
    """Return the text by which an entry is found. The reason why it can't be done now is not in it."""
    return " ".join((entry.label, "" if entry.reason else entry.does, entry.search, entry.section))
