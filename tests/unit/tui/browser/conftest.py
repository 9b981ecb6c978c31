"""A server of the desk on a port of its own, with a small program in place of the app, and a browser's requests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support import packet_app
from tests.support.patience import LAST_RESORT
from tui.browser.guard import public_address
from tui.browser.server import DeskServer, ServeTerms, bind, serve

PUBLIC = "https://desk.example.com/office"
APP = (sys.executable, str(Path(packet_app.__file__)))


class Clock:
    """A clock that a test sets."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Socket:
    """A page's connection. `drawn` is what was to be drawn so far."""

    socket: aiohttp.ClientWebSocketResponse
    drawn: str = ""
    parted: dict[str, str] = field(default_factory=dict)

    async def send(self, *message: object) -> None:
        await self.socket.send_json(message)

    async def draws(self, pattern: str) -> re.Match[str]:
        """Wait until something was drawn that fits."""
        while (found := re.search(pattern, self.drawn)) is None:
            message = await self.socket.receive(LAST_RESORT)
            assert message.type is aiohttp.WSMsgType.BINARY, f"{message!r} came, after {self.drawn}"
            self.drawn += message.data.decode()
        return found

    async def parts(self) -> dict[str, str]:
        """Wait until the page is told why there is nothing more to come, and the connection is closed."""
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                kind, content = json.loads(message.data)
                assert kind == "part"
                self.parted = content
            else:
                self.drawn += message.data.decode()
        return self.parted


@dataclass
class Served:
    """A server that runs, and a browser that has not opened the link yet."""

    server: DeskServer
    port: int
    session: aiohttp.ClientSession
    clock: Clock
    running: asyncio.Task[None]
    cookie: str = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> str:
        return self.server.guard.place

    async def get(self, path: str, method: str = "GET", **headers: str) -> aiohttp.ClientResponse:
        """Send a request with the cookie, if there is one, and read the answer. `headers` have `_` for `-`."""
        answer = await self.session.request(
            method, f"{self.origin}{path}", headers=self._headers(headers), allow_redirects=False
        )
        await answer.read()
        return answer

    def _headers(self, given: dict[str, str]) -> dict[str, str]:
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        return {**cookie, **{name.replace("_", "-"): value for name, value in given.items()}}

    async def open_link(self) -> aiohttp.ClientResponse:
        """Open a new link, and keep the cookie."""
        answer = await self.get(self.server.guard.new_link().removeprefix(self.origin))
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer

    @contextlib.asynccontextmanager
    async def page(self, name: str = "aaaaaaaa", size: str = "100x30") -> AsyncIterator[Socket]:
        """Connect as a page does."""
        width, height = size.split("x")
        url = f"{self.origin}{self.place}page/{name}?width={width}&height={height}"
        async with self.session.ws_connect(url, headers=self._headers({"Origin": self.origin})) as socket:
            yield Socket(socket)


@contextlib.asynccontextmanager
async def serving(**terms: Any) -> AsyncIterator[Served]:
    """Run a server; `terms` are other than the usual ones."""
    clock, listener, ready = Clock(), bind("127.0.0.1", 0), asyncio.Event()
    port = int(listener.getsockname()[1])
    usual: dict[str, Any] = {
        "command": APP,
        "names": ("127.0.0.1", "localhost"),
        "public": public_address(PUBLIC) if terms.pop("is_public", False) else None,
        "idle": 600.0,
        "keep": 600.0,
    }
    server = DeskServer(ServeTerms(**{**usual, **terms}), port, clock, look_every=0.01)
    running = asyncio.create_task(serve(server, listener, ready.set))
    async with aiohttp.ClientSession() as session:
        await ready.wait()
        try:
            yield Served(server, port, session, clock, running)
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as running:
        yield running
