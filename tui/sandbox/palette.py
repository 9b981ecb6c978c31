"""The palette's entries for the built-in sandbox. In every other profile there are none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from core.errors import DeskError
from tui.palette.entries import SANDBOX, PaletteEntry
from tui.sandbox.dialog import DayDialog
from tui.sandbox.words import (
    ANOTHER_DAY,
    FLEX_IS_DOWN,
    REPLY_WILL_BE_LOST,
    WHAT_GOES,
    WHAT_STAYS,
)
from tui.text import notify, notify_error, plain
from tui.widgets.confirm_dialog import ConfirmDialog

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.wiring.practice.desk import Practice

TITLE: Final = "Sandbox"
FLEX_IS_BACK_AFTER: Final = 61.0
"""Seconds after which FLEX answers again, and its light says so."""


class Entry(NamedTuple):
    """One entry: what it is called, what it does in a line, and what runs."""

    label: str
    does: str
    run: Callable[[DeskApp, Practice], Awaitable[None]]


async def _show_day(app: DeskApp, practice: Practice) -> None:
    app.push_screen(DayDialog(await practice.played(), app.local))


async def _lose_reply(app: DeskApp, practice: Practice) -> None:
    await practice.lose_next_reply()
    notify(app, REPLY_WILL_BE_LOST, title=TITLE)


async def _take_flex_down(app: DeskApp, practice: Practice) -> None:
    await practice.take_flex_down()
    notify(app, FLEX_IS_DOWN, title=TITLE)
    app.look_at_systems()
    app.set_timer(FLEX_IS_BACK_AFTER, app.look_at_systems)


async def _play_again(app: DeskApp, practice: Practice) -> None:
    await practice.begin_another_day()
    notify(app, ANOTHER_DAY, title=TITLE)


async def _reset(app: DeskApp, practice: Practice) -> None:  # noqa: ARG001 - as the other entries
    lines = [*map(plain, WHAT_GOES), plain(""), *map(plain, WHAT_STAYS), plain("The app opens again.")]
    if await app.push_screen_wait(ConfirmDialog("Reset the sandbox?", lines, yes="Reset", grace=app.grace)):
        app.begins_anew = True
        app.call_later(app.action_quit)


ENTRIES: Final = (
    Entry(
        "Sandbox: what happened today", "What others did in the four systems, and where to see it", _show_day
    ),
    Entry("Sandbox: lose the next reply", "FLEX does the next write, and its reply is lost", _lose_reply),
    Entry(
        "Sandbox: FLEX is down for a minute",
        "FLEX answers nothing: a new push is refused, one on its way waits",
        _take_flex_down,
    ),
    Entry(
        "Sandbox: play one more day",
        "Cards move and applications begin again, of other people",
        _play_again,
    ),
    Entry("Sandbox: reset…", "Remove the practice records and the practice book, and start again", _reset),
)


def sandbox_entries(app: DeskApp) -> list[PaletteEntry]:
    """Return the entries while the desk is one of the sandbox; else none."""
    if app.desk is None or app.desk.practice is None:
        return []
    return [
        PaletteEntry(
            key=f"sandbox {entry.label}",
            label=entry.label,
            does=entry.does,
            section=SANDBOX,
            run=partial(_start, app, entry),
        )
        for entry in ENTRIES
    ]


def _start(app: DeskApp, entry: Entry) -> None:
    app.run_worker(_run(app, entry), group="sandbox-entry", exclusive=True)


async def _run(app: DeskApp, entry: Entry) -> None:
    """Run an entry, and show why it can't be done."""
    practice = app.desk.practice if app.desk is not None else None
    if practice is None:
        return
    try:
        await entry.run(app, practice)
    except DeskError as error:
        notify_error(app, error, title=TITLE)
