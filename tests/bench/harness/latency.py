"""A network that is far away: passes connections on to a server on loopback, with a round trip and a wait to answer.

Its clock is that of its event loop. It knows no HTTP but the first line of a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Distance:
    """Seconds of one round trip, and until the server begins to answer a request."""

    round_trip: float
    answer: float

    def sent(self, opened: float, now: float) -> float:
        """Return when bytes that leave the client now reach the server, on a connection that was begun at `opened`."""
        return max(now, opened + self.round_trip) + self.round_trip / 2

    def answered(self, now: float) -> float:
        """Return when the client has the bytes that the server gives now."""
        return now + self.answer + self.round_trip / 2


@dataclass
class FarServer:
    """The far end of the connections: its address, and when each request left the client, with its method."""

    url: str
    requests: list[tuple[float, str]] = field(default_factory=list)


async def _pass_on(
    far: FarServer,
    host: str,
    port: int,
    distance: Distance,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    clock = asyncio.get_running_loop().time
    opened = clock()
    there, back = await asyncio.open_connection(host, port)

    async def outward() -> None:
        while data := await reader.read(1 << 16):
            now = clock()
            method, _, rest = data.partition(b" ")
            if method.isalpha() and method.isupper() and b"HTTP/1" in rest[:4096]:
                path = rest.partition(b" ")[0].decode("latin-1")
                far.requests.append((now, f"{method.decode()} {path}"))
            await asyncio.sleep(distance.sent(opened, now) - now)
            back.write(data)
        with contextlib.suppress(OSError):
            back.write_eof()

    async def homeward() -> None:
        first = True
        while data := await there.read(1 << 16):
            now = clock()
            until = distance.answered(now) if first else now
            first = False
            await asyncio.sleep(until - now)
            writer.write(data)
        with contextlib.suppress(OSError):
            writer.write_eof()

    tasks = [asyncio.create_task(outward()), asyncio.create_task(homeward())]
    try:
        await asyncio.gather(*tasks)
    except OSError:
        for task in tasks:
            task.cancel()
    finally:
        back.close()
        writer.close()


@contextlib.contextmanager
def far_away(host: str, port: int, distance: Distance) -> Iterator[FarServer]:
    """Serve a far end for a server on this machine, in a thread. Each connection carries one request."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    far = FarServer("")

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(
            lambda reader, writer: _pass_on(far, host, port, distance, reader, writer), "127.0.0.1", 0
        )

    def serve() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(begin())
        far.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait()
    try:
        yield far
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
