"""Serves the listener's app over HTTP: one request a connection, with a deadline, and a bounded number at a time.

A further connection waits in the queue of the operating system until another one has ended, so that a burst of
deliveries is late and none of it is refused. A sender that is too slow is cut off, so that it holds no place. Knows no
delivery. It loads uvicorn, so it is imported only where something listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.error_words import why_failed
from data.platform.signals import END, INTERRUPT, obeying
from data.serving.asgi import DEADLINE, PATIENCE, App, Message, Receive, Send

AT_ONCE: Final = 64
"""Connections that are open at the same time."""
QUEUE: Final = 512
"""Connections that wait in the queue of the operating system, which may allow fewer."""
GRACE: Final = 20.0
"""Seconds after its deadline when a connection is cut off whatever is under way. An answer takes milliseconds."""
RETRY: Final = 1.0
"""Seconds to wait if no connection can be taken, because the process has too many open files."""
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
log: Final = logging.getLogger("brokerdesk.listen")


class TimedConnection(H11Protocol):
    """One connection. Its request has to be complete `PATIENCE` seconds after the connection was made.

    The app learns the deadline from the scope, so that it can say what is wrong with a body that does not come.
    `left` is called when the connection has ended.
    """

    def __init__(
        self, config: uvicorn.Config, state: uvicorn.server.ServerState, left: Callable[[], None]
    ) -> None:
        super().__init__(config, state, {})
        self._left = left
        self._inner: App = self.app
        self._deadline = 0.0
        self._has_headers = False
        self._timer: asyncio.TimerHandle | None = None
        self.app = self._timed

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to count the seconds."""
        super().connection_made(transport)
        self._deadline = self.loop.time() + PATIENCE
        self._timer = self.loop.call_at(self._deadline, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)
        self._left()

    async def _timed(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hand a request to the app with its deadline. The headers are complete."""
        self._has_headers = True
        await self._inner({**scope, DEADLINE: self._deadline}, receive, send)

    def _late(self) -> None:
        """Answer a sender whose headers are not complete. What becomes of a body is the app's to say."""
        if not self._has_headers:
            log.warning("refused: too-slow (408), the headers were not complete")
            self.transport.write(_TOO_SLOW)
            self.transport.close()
        self._timer = self.loop.call_later(GRACE, self.transport.abort)


class QueueingServer(uvicorn.Server):
    """A server that takes a connection only while it has a place for it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._accepting: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections from a listening socket."""
        await super().startup([])  # uvicorn would take every connection at once
        for listener in sockets or []:
            self._accepting = asyncio.create_task(self._accept(listener))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and let those end that have begun."""
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.gather(self._accepting, return_exceptions=True)
        await super().shutdown(sockets)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        listener.setblocking(False)
        while True:
            await self._places.acquire()
            try:
                connection, _ = await loop.sock_accept(listener)
            except ConnectionError:  # the sender has gone already
                self._places.release()
                continue
            except OSError as error:
                log.warning("no connection can be taken: %s", why_failed(error))
                self._places.release()
                await asyncio.sleep(RETRY)
                continue
            await self._begin(connection)

    async def _begin(self, connection: socket.socket) -> None:
        protocol = TimedConnection(self.config, self.server_state, self._places.release)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: protocol, connection)
        except OSError:
            connection.close()
            self._places.release()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the event loop: uvicorn would raise a signal again after its end."""
        with obeying(dict.fromkeys((*INTERRUPT, *END), partial(setattr, self, "should_exit", True))):
            yield


async def serve(app: App, listener: socket.socket) -> None:
    """Serve an app on a bound and listening socket until told to end (SIGINT, SIGTERM)."""
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=TimedConnection,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,  # its own log would name addresses and paths
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    await QueueingServer(config).serve(sockets=[listener])
