"""Which page shows which app: a page that is loaded again finds its app, a second page gets an app of its own.

An app whose page has gone waits for a while, so that no filter and no half written note is lost with a page. A new page
takes an app that waits before another one is started. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from tui.browser.app_process import AppEnd, AppProcess, Size
from tui.browser.words import PageEnd

MOST: Final = 4
"""How many apps run at the same time. Each takes some 100 MB, and only one of them can write the book."""
log: Final = logging.getLogger("brokerdesk.serve")


class AppPage(Protocol):
    """A page in a browser that shows an app. No method waits."""

    @property
    def name(self) -> str:
        """What the page calls itself, also after it was loaded again."""
        ...

    def draw(self, data: bytes) -> None:
        """Draw what an app sends."""
        ...

    def part(self, why: PageEnd, said: str = "") -> None:
        """Show the app no more. `said` is what the app said at its end."""
        ...


class ServedApp:
    """An app, and the page that shows it. `page` is None while the app waits for one."""

    process: AppProcess

    def __init__(self, page: AppPage) -> None:
        self.name = page.name
        self.page: AppPage | None = page
        self.expiry: asyncio.TimerHandle | None = None

    def draw(self, data: bytes) -> None:
        """Pass on what the app draws. Without a page nobody needs it: a page that comes has everything drawn anew."""
        if self.page is not None:
            self.page.draw(data)


class ServedApps:
    """The apps that run. `command` starts one; `keep` is for how many seconds an app waits for a page."""

    def __init__(self, command: Sequence[str], keep: float) -> None:
        self._command = command
        self._keep = keep
        self._apps: list[ServedApp] = []
        self._one_at_a_time = asyncio.Lock()
        self._quitting: set[asyncio.Task[None]] = set()
        self._is_over = False
        self.last_words: list[str] = []
        """What apps said that ended without a page: what their next start will do."""

    @property
    def running(self) -> tuple[ServedApp, ...]:
        """The apps that run now, the oldest first."""
        return tuple(self._apps)

    async def show(self, page: AppPage, size: Size) -> ServedApp | None:
        """Return the app that a page shows from now on. None if there is none, which the page was told."""
        async with self._one_at_a_time:
            app = self._app_for(page.name)
            if app is not None:
                self._move(app, page, size)
                return app
            if self._is_over or len(self._apps) >= MOST:
                page.part(PageEnd.STOPPED if self._is_over else PageEnd.TOO_MANY)
                return None
            return await self._start(page, size)

    def _app_for(self, name: str) -> ServedApp | None:
        """Return the page's own app, else the oldest that waits."""
        own = [app for app in self._apps if app.name == name]
        return next(iter([*own, *(app for app in self._apps if app.page is None)]), None)

    def _move(self, app: ServedApp, page: AppPage, size: Size) -> None:
        if app.expiry is not None:
            app.expiry.cancel()
        before, app.page, app.name = app.page, page, page.name
        if before is not None:
            before.part(PageEnd.MOVED)
        app.process.resize(size)
        app.process.tell("attach")

    async def _start(self, page: AppPage, size: Size) -> ServedApp | None:
        app = ServedApp(page)
        try:
            app.process = await AppProcess.start(
                self._command, size, app.draw, lambda end: self._ended(app, end)
            )
        except OSError:
            page.part(PageEnd.NOT_STARTED)
            log.warning("the app could not be started")
            return None
        self._apps.append(app)
        return app

    def leave(self, app: ServedApp, page: AppPage) -> None:
        """Let an app wait for another page, unless another one shows it already."""
        if app.page is page:
            app.page = None
            app.expiry = asyncio.get_running_loop().call_later(self._keep, self._expire, app)

    def _expire(self, app: ServedApp) -> None:
        log.info("nobody came back to the desk, so it is closed")
        self._quit(app)

    def _quit(self, app: ServedApp) -> asyncio.Task[None]:
        quitting = asyncio.create_task(app.process.quit())
        self._quitting.add(quitting)
        quitting.add_done_callback(self._quitting.discard)
        return quitting

    def _ended(self, app: ServedApp, end: AppEnd) -> None:
        if app in self._apps:
            self._apps.remove(app)
        if app.expiry is not None:
            app.expiry.cancel()
        if app.page is not None:
            app.page.part(PageEnd.LEFT, end.says if end.code == 0 else end.complains)
        elif end.says:
            self.last_words.append(end.says)
        if end.code:
            log.warning("a desk ended with the exit code %d", end.code)

    async def end(self) -> None:
        """End every app in order."""
        self._is_over = True
        async with self._one_at_a_time:  # one that is being started is there afterwards
            for app in self._apps:
                if app.page is not None:
                    app.page.part(PageEnd.STOPPED)
                    app.page = None
            await asyncio.gather(*(self._quit(app) for app in self._apps))

    def kill(self) -> None:
        """End every app at once. What was on its way is found at the next start."""
        for app in self._apps:
            app.process.kill()
