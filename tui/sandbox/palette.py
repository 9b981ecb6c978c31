"""The palette's entries for the built-in sandbox. In every other profile there are none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from core.errors import DeskError
from tui.sandbox.dialog import DayDialog
from tui.sandbox.words import (
    ANOTHER_DAY,
    FLEX_IS_DOWN,
    REPLY_WILL_BE_LOST,
    WHAT_GOES,
    WHAT_STAYS,
)
from tui.text import notify, plain, safe_text
from tui.widgets.confirm_dialog import ConfirmDialog

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.wiring.practice.desk import Practice

TITLE: Final = "Sandbox"


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


async def _play_again(app: DeskApp, practice: Practice) -> None:
    await practice.begin_another_day()
    notify(app, ANOTHER_DAY, title=TITLE)


async def _reset(app: DeskApp, practice: Practice) -> None:  # noqa: ARG001 - as the other entries
    lines = [*map(plain, WHAT_GOES), plain(""), *map(plain, WHAT_STAYS), plain("The app opens anew.")]
    if await app.push_screen_wait(ConfirmDialog("Reset the sandbox?", lines, grace=app.grace)):
        app.begins_anew = True
        app.call_later(app.action_quit)


ENTRIES: Final = (
    Entry(
        "Sandbox: what happened today", "What others did in the four systems, and where to see it", _show_day
    ),
    Entry("Sandbox: lose the next reply", "FLEX does the next write, and its reply is lost", _lose_reply),
    Entry("Sandbox: FLEX is down for a minute", "FLEX answers nothing; what you push waits", _take_flex_down),
    Entry(
        "Sandbox: play one more day",
        "Cards move and applications begin once more, of other people",
        _play_again,
    ),
    Entry("Sandbox: reset…", "Remove the practice records and the practice book, and begin anew", _reset),
)


class SandboxProvider(Provider):
    """Offers the entries while the desk is one of the sandbox, and no dialog is open."""

    async def discover(self) -> Hits:
        """Return all entries, before anything is typed."""
        for entry in self._offered():
            yield DiscoveryHit(
                plain(entry.label), self._runner(entry), text=entry.label, help=safe_text(entry.does)
            )

    async def search(self, query: str) -> Hits:
        """Return the entries with a label that fits what is typed."""
        matcher = self.matcher(query)
        for entry in self._offered():
            if (score := matcher.match(entry.label)) > 0:
                shown = matcher.highlight(entry.label)
                yield Hit(score, shown, self._runner(entry), text=entry.label, help=safe_text(entry.does))

    def _offered(self) -> tuple[Entry, ...]:
        desk = cast("DeskApp", self.app).desk
        return () if desk is None or desk.practice is None or self.screen.is_modal else ENTRIES

    def _runner(self, entry: Entry) -> Callable[[], None]:
        app = cast("DeskApp", self.app)

        def run() -> None:
            app.run_worker(_run(app, entry), group="sandbox-entry", exclusive=True)

        return run


async def _run(app: DeskApp, entry: Entry) -> None:
    """Run an entry, and show why it can't be done."""
    practice = app.desk.practice if app.desk is not None else None
    if practice is None:
        return
    try:
        await entry.run(app, practice)
    except DeskError as error:
        notify(app, f"{error.message}\n{error.fix}", title=TITLE, severity="error")
