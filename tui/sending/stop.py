"""The stop of all sending: shows it, sets it, and asks before it is lifted.

The stop is a file next to the book, or a row of a team's book. So it holds for every app and command on this book, and
it works before the desk is open and when the desk can't be opened.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tui.room import HearsStop
from tui.text import notify, plain

if TYPE_CHECKING:
    from core.stop import Stop
    from tui.app import DeskApp
    from tui.wiring.book import SendingStop

STOP_EVERY = 5.0
"""Seconds between two looks whether somebody else has stopped all sending, or let it go on."""


class StopSwitch:
    """Stops all sending, and lets it go on."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self.stop: Stop | None = None
        """The stop of all sending, as it was seen last; None if nothing is stopped."""

    def begin(self) -> None:
        """Look now, and every few seconds from now on."""
        self._app.set_interval(STOP_EVERY, self.look)
        self._app.call_after_refresh(self.look)

    def look(self) -> None:
        """Show whether all sending is stopped. Once a stop is lifted, go on with the pushes that it held."""
        self._app.begin_work(self._look, "stop")

    def switch(self) -> None:
        """Stop all sending at once; if it is stopped, ask whether it goes on."""
        self._app.begin_work(self._switch, "switch-stop")

    def _file(self) -> SendingStop:
        """Return what holds the stop. The first call imports it, so each call is made in a thread."""
        from tui.wiring.book import stop_file

        return stop_file(self._app.settings)

    async def _read(self) -> Stop | None:
        if self._app.desk is not None:  # an open book knows the stop without a question
            return await asyncio.to_thread(self._app.desk.book.stop)
        return await asyncio.to_thread(lambda: self._file().now())

    async def _look(self) -> None:
        app, before = self._app, self.stop
        self.stop = await self._read()
        if self.stop != before:
            app.header.show()
            for screen in app.screen_stack:
                if isinstance(screen, HearsStop) and screen.is_mounted:
                    screen.stop_changed()
        if self.stop is not None and before is None:
            reason = f"\nThe reason: {self.stop.reason}" if self.stop.reason else ""
            notify(app, f"{self._sentence(self.stop)}{reason}", title="Stopped", severity="error", seconds=30)
        engine = app.desk.engine if app.desk is not None else None
        if self.stop is None and engine is not None:
            for push in engine.held_by_stop():
                app.run_push(push.push_id)

    async def _switch(self) -> None:
        from core.error_words import why_failed
        from core.errors import DeskError
        from core.stop import Stop

        try:
            if (stop := await self._read()) is None:
                stop = Stop(self._app.settings.operator, self._app.clock())
                await asyncio.to_thread(lambda: self._file().set(stop))
            elif await self._may_go_on(stop):
                await asyncio.to_thread(lambda: self._file().lift())
        except OSError as error:
            said = f"The file of the stop could not be changed: {why_failed(error)}."
            notify(self._app, said, severity="error")
        except DeskError as error:
            notify(self._app, f"{error.message} {error.fix}", severity="error")
        self.look()

    def _sentence(self, stop: Stop) -> str:
        """Return who stopped all sending, and when in the desk's time."""
        local, now = self._app.local, self._app.clock()
        is_of_today = local(stop.at).date() == local(now).date()
        return stop.sentence(local.clock(stop.at) if is_of_today else local.moment(stop.at))

    async def _may_go_on(self, stop: Stop) -> bool:
        """Ask whether sending goes on."""
        from tui.widgets.confirm_dialog import ConfirmDialog

        engine = self._app.desk.engine if self._app.desk is not None else None
        held = len(engine.held_by_stop()) if engine is not None else 0
        pushes = "push that waits for this goes" if held == 1 else "pushes that wait for this go"
        lines = [plain(self._sentence(stop)), *([plain(f"The reason: {stop.reason}")] if stop.reason else [])]
        lines.append(plain(f"{held} {pushes} on at once." if held else "No push of this app waits for this."))
        question = ConfirmDialog("Let sending continue?", lines, yes="Continue", grace=self._app.grace)
        return await self._app.push_screen_wait(question)
