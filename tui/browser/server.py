"""The HTTP server of the desk in a browser: every request passes the guard, and each answer allows our own page alone.

The page draws with what textual-serve brings for the browser: its script with xterm.js, a style sheet and a font.
textual-serve's own server is not used: it lets in every page of every site, starts a shell, and ends the app with the
page. Nothing that a browser or the app sends is logged.
"""

from __future__ import annotations

import asyncio
import html
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from typing import Final

import textual_serve
from aiohttp import web
from msgspec import Struct

from core.error_words import why_failed
from core.errors import DeskError
from tui.browser.app_process import Size
from tui.browser.guard import Admission, Asked, BrowserAddress, Guard, local_addresses
from tui.browser.served_apps import ServedApps, log
from tui.browser.socket_page import SocketPage
from tui.browser.words import LOST, NO_COPY, NOT_THERE, OPENS, PageEnd, advice_on, reason_of
from tui.wiring.platform.signals import END, HANG_UP, INTERRUPT, obeying

LOOK_EVERY: Final = 5.0
"""Seconds between two looks whether a session has ended."""
_PAGE_NAME: Final = re.compile(r"[0-9a-f]{8,64}")
_ALONE: Final = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The end of each policy: no other page shows ours, and ours sends no form."""
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; {_ALONE}",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer says, unless it says something else."""


class ServeTerms(Struct, frozen=True):
    """How the desk is served. `command` starts the app.

    `names` are those of this machine by which a browser may find it. `public` is the address that a server in front
    offers, None without one. After `idle` seconds without a touch a session ends. An app waits for `keep` seconds for a
    page.
    """

    command: tuple[str, ...]
    names: tuple[str, ...]
    public: BrowserAddress | None
    idle: float
    keep: float


class PageFile(Struct, frozen=True):
    """A file that the page loads. It is read at the start, so that no request names a path on the disk."""

    content_type: str
    content: bytes


def read_page_files() -> dict[str, PageFile]:
    """Return what the page loads, by its names in the page."""
    ours, theirs = files("tui.browser") / "page", files(textual_serve) / "static"
    sources = (
        ("desk.js", "text/javascript", ours / "desk.js"),
        ("desk.css", "text/css", ours / "desk.css"),
        ("textual.js", "text/javascript", theirs / "js" / "textual.js"),
        ("xterm.css", "text/css", theirs / "css" / "xterm.css"),
        ("RobotoMono.ttf", "font/ttf", theirs / "fonts" / "RobotoMono-VariableFont_wght.ttf"),
    )
    return {name: PageFile(kind, source.read_bytes()) for name, kind, source in sources}


class DeskServer:
    """Answers requests. `port` is the one that browsers name. `now` returns seconds; a sleeping laptop counts too."""

    def __init__(
        self,
        terms: ServeTerms,
        port: int,
        now: Callable[[], float] = time.time,
        look_every: float = LOOK_EVERY,
    ) -> None:
        public = () if terms.public is None else (terms.public,)
        self.guard = Guard((*public, *local_addresses(terms.names, port)), terms.idle, now)
        self.apps = ServedApps(terms.command, terms.keep)
        self._look_every = look_every
        self._pages: set[SocketPage] = set()
        self._files = read_page_files()
        folder = files("tui.browser") / "page"
        page = (folder / "index.html").read_text("utf-8")
        self._page = _filled(page, lost=LOST, no_copy=NO_COPY, opens=OPENS)
        self._notice = (folder / "notice.html").read_text("utf-8")

    def application(self) -> web.Application:
        """Return the application for aiohttp."""
        application = web.Application(middlewares=[self._guarded], client_max_size=1)
        place = self.guard.place
        application.add_routes(
            [
                web.get(place, self._index),
                web.get(f"{place}alive", self._alive),
                web.get(f"{place}page/{{name}}", self._talk),
                web.get(f"{place}{{name}}", self._file),
            ]
        )
        application.on_response_prepare.append(_add_headers)
        application.cleanup_ctx.append(self._look_at_sessions)
        return application

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Let a request through, or answer why not."""
        admission = self.guard.judge(_asked(request))
        match admission:
            case Admission.ALLOWED:
                return await handler(request)
            case Admission.SIGNED_IN:
                return self._sign_in(request)
            case (
                Admission.FOREIGN_HOST
                | Admission.WRONG_METHOD
                | Admission.FOREIGN_ORIGIN
                | Admission.NO_SESSION
            ):
                log.info("refused (%d): %s", admission.status, reason_of(admission))
                return self._say(admission.status, reason_of(admission), advice_on(admission))

    def _sign_in(self, request: web.Request) -> web.Response:
        """Begin a session. The page that follows is asked for by our own page: a browser sends a strict cookie then.

        Where a redirect would follow a link on a page of another site, it would come without the cookie.
        """
        address = self.guard.address_of(_asked(request))
        answer = self._go_to_desk()
        answer.set_cookie(
            self.guard.cookie,
            self.guard.begin_session(),
            path=address.path + self.guard.place[1:],
            httponly=True,
            secure=address.is_encrypted,
            samesite="Strict",
        )
        log.info("a browser has opened the link")
        return answer

    def _go_to_desk(self) -> web.Response:
        """Lead to the page without the key in its address."""
        notice = self._notice.replace("<!-- head -->", '<meta http-equiv="refresh" content="0; url=./">')
        return web.Response(text=_filled(notice, title=OPENS, text=""), content_type="text/html")

    def _say(self, status: int, title: str, text: str = "") -> web.Response:
        page = _filled(self._notice, title=title, text=text)
        return web.Response(status=status, text=page, content_type="text/html")

    async def _index(self, request: web.Request) -> web.Response:
        """Answer with the page of the desk."""
        if "key" in request.query:  # a link that this browser has opened before
            return self._go_to_desk()
        sockets = self.guard.address_of(_asked(request)).socket_origin
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
            f"img-src data:; connect-src 'self' {sockets}; {_ALONE}"
        )
        return web.Response(
            text=self._page, content_type="text/html", headers={"Content-Security-Policy": policy}
        )

    async def _alive(self, _: web.Request) -> web.Response:
        """Answer a page that lost its connection."""
        return web.Response(status=204)

    async def _file(self, request: web.Request) -> web.Response:
        """Answer with what the page loads. Its path changes with each start, so a browser may keep it."""
        found = self._files.get(request.match_info["name"])
        if found is None:
            return self._say(404, NOT_THERE)
        return web.Response(
            body=found.content,
            content_type=found.content_type,
            headers={"Cache-Control": "private, max-age=86400, immutable"},
        )

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        """Let a page and its app talk until one of them ends."""
        name = request.match_info["name"]
        if not _PAGE_NAME.fullmatch(name):
            return self._say(404, NOT_THERE)
        page = SocketPage(name, self.guard.session_of(_asked(request)))
        answer = await page.open(request)
        size = Size.within_limits(_number(request, "width", 80), _number(request, "height", 24))
        sending = asyncio.create_task(page.send_all())
        self._pages.add(page)
        try:
            app = await self.apps.show(page, size)
            if app is not None:
                try:
                    await page.obey(app, self.guard)
                finally:
                    self.apps.leave(app, page)
        finally:
            self._pages.discard(page)
            page.end()
            await sending
        return answer

    async def _look_at_sessions(self, _: web.Application) -> AsyncIterator[None]:
        """Part with the pages whose session has ended, as long as the server runs."""
        looking = asyncio.create_task(self._part_with_idle_pages())
        yield
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking

    async def _part_with_idle_pages(self) -> None:
        while True:
            await asyncio.sleep(self._look_every)
            for page in tuple(self._pages):
                if not self.guard.is_open(page.session):
                    log.info("nobody touched the desk, so it is locked")
                    page.part(PageEnd.IDLE)


def _filled(page: str, **words: str) -> str:
    """Return a page with words in the places that it has for them."""
    for place, text in words.items():
        page = page.replace(f"{{{place}}}", html.escape(text))
    return page


def _asked(request: web.Request) -> Asked:
    return Asked(request.method, request.path, request.headers, request.cookies, request.query.get("key", ""))


def _number(request: web.Request, name: str, otherwise: int) -> int:
    """Return a number of the query; `otherwise` if it is none."""
    given = request.query.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else otherwise


async def _add_headers(_: web.Request, answer: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers["Server"] = "brokerdesk"


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Port 0 takes any free one. Raises `DeskError` (port-in-use)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        why = "it isn't a port" if isinstance(error, OverflowError) else why_failed(error)
        raise DeskError("port-in-use", f"{host} port {port} can't be used: {why}.") from None


async def serve(server: DeskServer, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until told to end by a signal, then end every app in order. A second signal waits for none."""
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=2)
    await runner.setup()
    over = asyncio.Event()

    def end() -> None:
        if over.is_set():
            server.apps.kill()
        over.set()

    with obeying(dict.fromkeys((*INTERRUPT, *END, *HANG_UP), end)):
        try:
            await web.SockSite(runner, listener).start()
            ready()
            await over.wait()
        finally:
            await server.apps.end()
            await runner.cleanup()
