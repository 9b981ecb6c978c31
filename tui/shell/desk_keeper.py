"""Opens the desk once the first room is painted, keeps it open until the app ends, then closes it in order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from core.errors import BookClosed, DeskError
from tui.messages import DeskFailed, DeskOpened
from tui.text import notify

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from textual.timer import Timer
    from textual.worker import Worker

    from core.flex.field_map.model import FieldMap
    from core.push.live_push import Listener
    from data.settings import Settings
    from tui.app import DeskApp
    from tui.wiring import Desk

KEEP_EVERY: Final = 600.0
"""Seconds between two moments at which the app writes down what has changed at the vendors."""
LOOK_EVERY: Final = 2.0
"""Seconds between two looks whether the database of a team's book can be reached. They ask nothing."""
LOOK_AT_WRITER_EVERY: Final = 5.0
"""Seconds between two looks whether another process still writes the book, which this one reads. Each opens a file."""
LOCKED: Final = "book-locked"
"""The code of a book that another process has open for writing."""
AWAY: Final = "book-away"
"""The code of a team's book of which the database can't be reached."""


class Opener(Protocol):
    """Opens a desk for the app, as `tui.wiring.open_desk` does."""

    def __call__(
        self, settings: Settings, *, write: bool, listen: Listener
    ) -> AbstractAsyncContextManager[Desk]:
        """Open a desk. The app shows the `DeskError` that this raises."""


class DeskKeeper:
    """Opens and closes the app's desk. The app hears `DeskOpened` or `DeskFailed`."""

    def __init__(self, app: DeskApp, opener: Opener | None) -> None:
        """`opener` is None for the app's own, which is imported when the desk is opened."""
        self._app = app
        self._opener = opener
        self._is_over = asyncio.Event()
        self._book_state = ""
        """Why the book could not be written at the last look, as a code; "" if it could."""
        self._looks: Timer | None = None
        """Looks at the process that writes the book, while this one reads it; None otherwise."""
        self.worker: Worker[None] | None = None
        """The worker that keeps the desk open; None before the first start."""

    def open(self) -> None:
        """Begin to open the desk, unless the app ends already."""
        if not self._is_over.is_set():
            self.worker = self._app.begin_work(self._keep_open, "desk")

    def open_again(self) -> None:
        """Open the desk again, because the reason why it did not open may be gone."""
        self._app.trouble = None
        self.open()

    def use_map(self, field_map: FieldMap) -> None:
        """Use another field map from now on. If a broken map kept the desk from opening, open it now."""
        app = self._app
        if app.desk is not None:
            app.desk.flex.field_map = field_map
            for room in app.rooms:
                room.map_changed()
        elif app.trouble is not None and app.trouble.code in ("broken-map", "no-map"):
            self.open_again()

    async def close(self) -> None:
        """Close the desk, and wait until that is done."""
        self._is_over.set()
        if self.worker is not None:
            await self.worker.wait()

    async def _keep_open(self) -> None:
        from tui.wiring.platform.threads import make_room_for_timers

        make_room_for_timers(asyncio.get_running_loop())
        app = self._app
        opener = self._opener
        if opener is None:
            opener = await asyncio.to_thread(self._find_opener)
        try:
            async with opener(app.settings, write=True, listen=app.pushes.heard) as desk:
                app.post_message(DeskOpened(desk))
                await self._is_over.wait()
        except DeskError as error:
            app.post_message(DeskFailed(error))

    def _find_opener(self) -> Opener:
        """Import what opens the desk. Blocks, so it runs in a thread: keys are answered meanwhile."""
        from tui.wiring.systems import begin

        begin(self._app.settings)
        from tui.wiring.desk import open_desk

        return partial(open_desk, is_app=True)

    # -- what goes on while the desk is open -------------------------------------------------------------

    def opened(self, desk: Desk) -> None:
        """Begin what goes on for as long as the desk is open."""
        self._app.set_interval(KEEP_EVERY, self._keep_changes)
        if desk.practice is not None:
            self._app.begin_work(self._follow_sandbox, "sandbox")
        if desk.book.is_shared:
            why = desk.book.read_only
            self._book_state = why.code if why is not None else ""
            self._app.set_interval(LOOK_EVERY, self.look_at_book)
        elif desk.book.read_only is not None and desk.book.read_only.code == LOCKED:
            self._looks = self._app.set_interval(LOOK_AT_WRITER_EVERY, self.look_at_writer)

    def look_at_book(self) -> None:
        """Say when the database of a team's book goes away, so that the desk only reads, and when it is back."""
        app, before = self._app, self._book_state
        why = app.desk.book.read_only if app.desk is not None else None
        self._book_state = why.code if why is not None else ""
        if self._book_state == before:
            return
        app.header.show()
        if why is not None:
            notify(app, f"{why.message} {why.fix}", title="Reading only", severity="warning", seconds=30)
        elif before == AWAY:
            notify(app, "The team's book can be reached again. What waited goes on.")

    def look_at_writer(self) -> None:
        """Look whether the process that kept the desk from writing still has the book."""
        self._app.begin_work(self._look_at_writer, "look-at-writer")

    async def _look_at_writer(self) -> None:
        """Say it once no process writes the book any more, and show the pushes of the one that did."""
        from tui.wiring.book import look_at_writer

        app = self._app
        if app.desk is None:
            return
        with suppress(BookClosed):
            left = await look_at_writer(app.settings, app.desk.book)
            why = app.desk.book.read_only
            if left is None or why is None:
                return
            app.header.show()
            if why.code == LOCKED:
                return
            if self._looks is not None:
                self._looks.stop()
            notify(app, f"{why.message} {why.fix}", title="Reading only", severity="warning", seconds=30)
            for push, steps in left:
                app.pushes.heard(push, steps)

    def _keep_changes(self) -> None:
        self._app.begin_work(self._write_changes, "keep-changes")

    async def _write_changes(self) -> None:
        """Write down what has changed at the vendors."""
        if self._app.desk is not None:
            with suppress(BookClosed):
                await self._app.desk.keep_changes()

    async def _follow_sandbox(self) -> None:
        """Look at the milestones whenever something happened in the built-in sandbox."""
        desk = self._app.desk
        if desk is not None and desk.practice is not None:
            async for _ in desk.practice.run():
                self._app.milestone_watch.read()
