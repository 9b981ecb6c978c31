"""Connections: each carries one request, and the next one is opened ahead. Knows no system, no token and no outcome.

docs/decisions/0008-a-connection-carries-one-request.md says why. httpx's own transport can't open a connection before
its request, so `OneRequestTransport` does that part; h11 writes and reads HTTP. A profile with a proxy keeps httpx's
transport (`ProxyTransport`).

What a failure proves depends on whether a byte of the request may have left. `httpx.ConnectError` and
`httpx.ConnectTimeout` are raised only before the first one is handed to a connection. Every later failure is another
error, also on a connection that the server may have closed before it read anything: nobody can prove that here.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import h11
import httpx

from core.error_words import why_failed
from data.loopback import is_loopback
from data.vendors.http.reply import NoReply

SPARE_LIFE: Final = 5.0
"""Seconds for which a connection that was opened ahead may be used. Servers wait longer for a first request
(assumption: 20 seconds and more is usual)."""
_FIRST_ADDRESS: Final = 0.25
"""Seconds that a host's first address has before the next one is tried too (RFC 8305)."""
_LARGEST_HEAD: Final = 100 * 1024
"""Bytes: the largest head of a reply."""

LAST_TEST: Final = "brokerdesk_last_test"
"""The extension of a request that may have to stay here: a function that returns the code why it may not leave, or "".

A transport asks it when the connection is open and the whole request is ready, right before the call that sends it:
opening a connection, or a pause of the process, can outlast a lease.
"""


class KeptBack(NoReply):
    """A request may not leave now. No byte of it was sent."""

    def __init__(self, code: str) -> None:
        super().__init__(code, "", sent=False)


class _Connection(asyncio.Protocol):
    """One connection. What arrives is kept until it is read; nothing may arrive before the request is written."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = loop.create_future()
        """Done once the connection is closed at this end."""
        self._transport: asyncio.Transport
        self._arrived = bytearray()
        self._ended = False
        self._broke: Exception | None = None
        self._news = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # a stream has this one
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        self._news.set()

    def eof_received(self) -> None:
        self._ended = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._broke = exc
        self._news.set()
        if not self.lost.done():
            self.lost.set_result(None)

    @property
    def peer(self) -> str:
        """The address at the other end, without a zone."""
        name = self._transport.get_extra_info("peername") or ("",)
        return str(name[0]).partition("%")[0]

    @property
    def is_untouched(self) -> bool:
        """True if nothing has arrived and nobody has closed, by what this process and its system know now."""
        if self._arrived or self._ended or self._transport.is_closing():
            return False
        return not _is_readable(self._transport.get_extra_info("socket").fileno())

    def write(self, data: bytes) -> None:
        """Send the request."""
        self._transport.write(data)

    async def read(self) -> bytes:
        """Return what has arrived since the last call; b"" at the end. Raises `OSError` if the connection broke."""
        while not self._arrived and not self._ended:
            self._news.clear()
            await self._news.wait()
        data = bytes(self._arrived)
        self._arrived.clear()
        if not data and self._broke is not None:
            raise OSError(str(self._broke)) from self._broke
        return data

    def drop(self) -> None:
        """Close at once. What was not sent yet is not sent."""
        self._transport.abort()


class _Spare:
    """A connection that is opened ahead. It is dropped after `SPARE_LIFE` seconds unless it is taken before."""

    def __init__(self, opening: asyncio.Task[_Connection]) -> None:
        loop = asyncio.get_running_loop()
        self._opening = opening
        self._until = loop.time() + SPARE_LIFE
        self._timer = loop.call_later(SPARE_LIFE, self.drop)

    async def take(self) -> _Connection | None:
        """Return the connection once it is open; None if it can't be used."""
        self._timer.cancel()
        try:
            connection = await self._opening
        except (OSError, UnicodeError, NoReply, httpx.ConnectTimeout):
            return None
        except asyncio.CancelledError:
            self.drop()
            raise
        if asyncio.get_running_loop().time() < self._until and connection.is_untouched:
            return connection
        connection.drop()
        return None

    def drop(self) -> None:
        """Close the connection as soon as it is open."""
        self._timer.cancel()
        self._opening.add_done_callback(_drop_opened)

    async def dropped(self) -> None:
        """Close the connection, or give up opening it, and wait for that."""
        self.drop()
        self._opening.cancel()
        await asyncio.wait([self._opening])


def _drop_opened(opening: asyncio.Task[_Connection]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().drop()


class OneRequestTransport(httpx.AsyncBaseTransport):
    """Speaks to one origin. Each request has a connection of its own, which is closed after the reply.

    Where requests follow each other within `SPARE_LIFE` seconds, each opens the connection of the next one, so that
    the next one need not wait for its handshakes. The caller bounds the time of a whole request; the time for a
    connection is the request's own (`httpx.Timeout.connect`).
    """

    def __init__(self) -> None:
        self._spare: _Spare | None = None
        self._last = float("-inf")
        """When the last request was sent, in seconds of the event loop's clock."""
        self._open: set[_Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return the reply as soon as its head is there.

        Raises `KeptBack`, `httpx.ConnectError`, `httpx.ConnectTimeout` or `NoReply` if no byte was sent;
        `httpx.ReadError` or `httpx.RemoteProtocolError` if some may have been.
        """
        body = await request.aread()
        http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        try:
            written = _written(http, request, body)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(why_failed(error), request=request) from error
        connection = await self._connection_for(request)
        try:
            may_leave(request)
            connection.write(written)
            self._open_ahead(request)
            head = await _head(http, connection, request)
        except BaseException:
            connection.drop()
            raise
        stream = _ReplyBody(http, connection, request)
        return httpx.Response(head.status_code, headers=list(head.headers), stream=stream, request=request)

    async def aclose(self) -> None:
        """Close every connection, and wait for that."""
        if self._spare is not None:
            spare, self._spare = self._spare, None
            await spare.dropped()
        for connection in list(self._open):
            connection.drop()
        if self._open:
            await asyncio.wait([connection.lost for connection in self._open])

    async def _connection_for(self, request: httpx.Request) -> _Connection:
        """Return the connection that was opened ahead, or a new one."""
        if self._spare is not None:
            spare, self._spare = self._spare, None
            if (connection := await spare.take()) is not None:
                return connection
        try:
            return await self._connect(request)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(why_failed(error), request=request) from error

    def _open_ahead(self, request: httpx.Request) -> None:
        """Open the next connection, unless this request comes alone."""
        loop = asyncio.get_running_loop()
        follows, self._last = loop.time() < self._last + SPARE_LIFE, loop.time()
        if follows and self._spare is None:
            self._spare = _Spare(loop.create_task(self._connect(request)))

    async def _connect(self, request: httpx.Request) -> _Connection:
        """Open a connection. Raises `OSError`, `UnicodeError`, `httpx.ConnectTimeout`, `NoReply`."""
        url, loop = request.url, asyncio.get_running_loop()
        host, is_plain = url.raw_host.decode("ascii"), url.scheme == "http"
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("connect")):
                _, connection = await loop.create_connection(
                    _Connection,
                    host,
                    url.port or (80 if is_plain else 443),
                    ssl=None if is_plain else await tls_context(),
                    happy_eyeballs_delay=None if _has_one_address(host) else _FIRST_ADDRESS,
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time", request=request) from error
        self._open.add(connection)
        connection.lost.add_done_callback(lambda _: self._open.discard(connection))
        if is_plain and not is_loopback(connection.peer):
            connection.drop()
            raise NoReply("bad-url", "http:// led to another machine", sent=False, hopeless=True)
        return connection


class ProxyTransport(httpx.AsyncBaseTransport):
    """Speaks https through a proxy, with httpx's own transport. It opens no connection ahead."""

    def __init__(self, proxy: str) -> None:
        self._proxy = proxy
        self._inner: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; return the reply as soon as its head is there. Raises `KeptBack` and the errors of httpx."""
        if self._inner is None:
            self._inner = httpx.AsyncHTTPTransport(
                verify=await tls_context(),
                trust_env=False,
                proxy=self._proxy,
                limits=httpx.Limits(max_connections=100, max_keepalive_connections=0),
            )
        request.extensions = {**request.extensions, "trace": _last_test_of(request)}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._inner is not None:
            await self._inner.aclose()


class _ReplyBody(httpx.AsyncByteStream):
    """The body of a reply, as it arrives. Its end closes the connection."""

    def __init__(self, http: h11.Connection, connection: _Connection, request: httpx.Request) -> None:
        self._http = http
        self._connection = connection
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while isinstance(event := await _event(self._http, self._connection, self._request), h11.Data):
            yield bytes(event.data)

    async def aclose(self) -> None:
        """Close the connection."""
        self._connection.drop()


def may_leave(request: httpx.Request) -> None:
    """Raises `KeptBack` if a request may not leave now: see `LAST_TEST`."""
    why_held: Callable[[], str] | None = request.extensions.get(LAST_TEST)
    if why_held is not None and (code := why_held()):
        raise KeptBack(code)


def _last_test_of(request: httpx.Request) -> Callable[[str, Mapping[str, Any]], Awaitable[None]]:
    """Return what tests a request where httpcore says that it writes now. A head without its body is a broken request.

    The head of the proxy's own CONNECT is tested too; none of the request has left then.
    """

    async def before(event: str, info: Mapping[str, Any]) -> None:  # noqa: ARG001 - the form of httpcore's trace
        if event == "http11.send_request_headers.started":
            may_leave(request)
        elif event == "http11.send_request_body.started":
            try:
                may_leave(request)
            except KeptBack as held:
                raise httpx.WriteError("it was stopped before its end", request=request) from held

    return before


def _written(http: h11.Connection, request: httpx.Request, body: bytes) -> bytes:
    """Return a whole request as bytes. Raises `h11.LocalProtocolError` if it can't be written."""
    events = [
        h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw),
        *([h11.Data(body)] if body else []),
        h11.EndOfMessage(),
    ]
    return b"".join(part for event in events if (part := http.send(event)))


async def _head(http: h11.Connection, connection: _Connection, request: httpx.Request) -> h11.Response:
    """Wait for the head of the reply. Raises the errors of `_event`."""
    while not isinstance(event := await _event(http, connection, request), h11.Response):
        continue  # an interim reply, such as 102
    return event


async def _event(
    http: h11.Connection, connection: _Connection, request: httpx.Request
) -> h11.InformationalResponse | h11.Response | h11.Data | h11.EndOfMessage:
    """Return the next part of a reply. Raises `httpx.ReadError`, `httpx.RemoteProtocolError`."""
    try:
        while (event := http.next_event()) is h11.NEED_DATA:
            http.receive_data(await connection.read())
    except OSError as error:
        raise httpx.ReadError(why_failed(error), request=request) from error
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(why_failed(error), request=request) from error
    if isinstance(event, (h11.InformationalResponse, h11.Response, h11.Data, h11.EndOfMessage)):
        return event
    raise httpx.RemoteProtocolError("the connection ended without a reply", request=request)


def _has_one_address(host: str) -> bool:
    """Return True if a host is an IP address. Then there is no race between addresses to be held."""
    return ":" in host or host.replace(".", "").isdigit()


def _is_readable(file: int) -> bool:
    """Return True if a socket has something to read, an end or an error."""
    if file < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(file, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([file], [], [], 0)[0])


async def tls_context() -> ssl.SSLContext:
    """Return the TLS context of the process. A thread makes it: loading the authorities takes longer than a frame."""
    global _TLS_CONTEXT  # noqa: PLW0603 - one for the process
    if _TLS_CONTEXT is None:
        _TLS_CONTEXT = await asyncio.to_thread(_make_tls)
    return _TLS_CONTEXT


def _make_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.keylog_filename = None  # type: ignore[assignment]  # SSLKEYLOGFILE must not apply
    with suppress(NotImplementedError):
        context.set_alpn_protocols(["http/1.1"])
    return context


_TLS_CONTEXT: ssl.SSLContext | None = None
