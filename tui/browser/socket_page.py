"""A page of a browser at the other end of a WebSocket: what is drawn waits here for the network, and never an app.

The messages are those of textual-serve's page, and one more, `part`, which says why there is nothing more to come.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from typing import Final

from aiohttp import WSMsgType, web

from tui.browser.app_process import Size
from tui.browser.guard import Guard
from tui.browser.served_apps import ServedApp
from tui.browser.words import PageEnd, parting_words

MOST_WAITING: Final = 8_000_000
"""How many bytes may wait for a slow network. A page that has more is cut off, comes back, and has all drawn anew."""
LONGEST_MESSAGE: Final = 2_000_000
"""How many bytes a message of a page may have. A pasted text comes in one."""
HEARTBEAT: Final = 15.0
"""Seconds between two looks whether a page is still there."""


class SocketPage:
    """A page that shows an app."""

    def __init__(self, name: str, session: str) -> None:
        self.name = name
        self.session = session
        self._socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT, max_msg_size=LONGEST_MESSAGE, compress=False
        )
        self._outgoing: deque[bytes | str] = deque()
        self._waiting = 0
        self._is_over = False
        self._has_news = asyncio.Event()

    def draw(self, data: bytes) -> None:
        """Send what is to be drawn, when the network takes it."""
        self._waiting += len(data)
        if self._waiting > MOST_WAITING:
            self._outgoing.clear()
            self._is_over = True
        self._put(data)

    def part(self, why: PageEnd, said: str = "") -> None:
        """Say why there is nothing more to come. `said` is what the app said at its end."""
        self._put(json.dumps(["part", {"why": why, "says": parting_words(why, said)}]))
        self._is_over = True

    def end(self) -> None:
        """Take note that the page has gone."""
        self._is_over = True
        self._has_news.set()

    def _put(self, message: bytes | str) -> None:
        if not self._is_over:
            self._outgoing.append(message)
        self._has_news.set()

    async def open(self, request: web.Request) -> web.StreamResponse:
        """Begin to talk with the page, and return the answer to its request. Call it before anything else."""
        await self._socket.prepare(request)
        return self._socket

    async def send_all(self) -> None:
        """Send what waits, until the page has been told that this was all."""
        with suppress(ConnectionError):
            while self._outgoing or not self._is_over:
                if not self._outgoing:
                    self._has_news.clear()
                    await self._has_news.wait()
                    continue
                message = self._outgoing.popleft()
                if isinstance(message, str):
                    await self._socket.send_str(message)
                else:
                    await self._socket.send_bytes(message)
                    self._waiting -= len(message)
        await self._socket.close()

    async def obey(self, app: ServedApp, guard: Guard) -> None:
        """Pass on what the page sends, until it goes or its session has ended."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                return
            if not guard.is_open(self.session):
                self.part(PageEnd.IDLE)
                return
            if app.page is not self:
                return
            await self._obey_one(_envelope(message.data), app, guard)

    async def _obey_one(self, envelope: object, app: ServedApp, guard: Guard) -> None:
        """Pass on one message. What is no message of our page is dropped."""
        match envelope:
            case ["stdin", str(keys)]:
                guard.touch(self.session)
                await app.process.press(keys)
            case ["resize", {"width": int(width), "height": int(height)}]:
                app.process.resize(Size.within_limits(width, height))
            case ["focus" | "blur" as what]:
                app.process.tell(what)
            case _:
                return


def _envelope(text: str) -> object:
    """Return what a message holds; None if it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
