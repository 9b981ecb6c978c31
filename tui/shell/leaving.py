"""Leaves the app in order: nothing new is sent, the step in flight is waited for, and the desk is closed."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from tui.text import notify

if TYPE_CHECKING:
    from tui.app import DeskApp
    from tui.wiring import Desk

QUIT_PATIENCE = 10.0
"""Seconds that leaving waits for the step in flight."""
LEAVING: Final = "leaving"
"""The group of the workers that end the app."""


class Leaving:
    """Ends the app once."""

    def __init__(self, app: DeskApp) -> None:
        self._app = app
        self._has_begun = False

    def begin(self) -> None:
        """Leave in the background, so that a second press of the key is heard: from then on nothing is waited for."""
        desk = self._app.desk
        if not self._has_begun:
            self._app.begin_work(self.leave, LEAVING, exclusive=False)
        elif desk is not None:
            self._app.begin_work(partial(self._hurry, desk), LEAVING, exclusive=False)

    async def _hurry(self, desk: Desk) -> None:
        """Wait no longer for what is on its way. The next start checks it."""
        if desk.engine is not None:
            await desk.engine.stop(0)
        if desk.keeper is not None:
            await desk.keeper.stop(0)

    async def leave(self) -> None:
        """End the app. `DeskApp.run` then returns what the next start will do; None if nothing is left to do."""
        if self._has_begun:
            return
        self._has_begun = True
        app, said = self._app, ""
        if app.desk is not None and app.desk.engine is not None:
            if waits := app.attention.leaving_words(app.desk, QUIT_PATIENCE):
                notify(app, waits, title="Leaving", seconds=QUIT_PATIENCE)
            works = app.attention.stop_works()
            left = await app.desk.engine.stop(QUIT_PATIENCE)
            not_begun = [item for work in works for item in work.not_begun]
            said = app.attention.farewell(app.desk, left, not_begun)
            for work in works:
                await app.choices.keep_to_push(work)
        await asyncio.to_thread(app.copying.clear)
        for reading in [worker for worker in app.workers if worker is not app.desk_keeper.worker]:
            if reading.group != LEAVING:
                reading.cancel()  # nobody is left to see what it reads, and its connection closes now
        await app.desk_keeper.close()
        app.give_title_back()
        app.exit(said or None)
