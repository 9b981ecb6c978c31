"""A server of bare bytes on loopback: it answers what the test says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Speak = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]
TOKEN = b'{"access_token":"tok-1","token_type":"Bearer","expires_in":3600}'


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Raw:
    """The server. `say` holds what the next requests get; tokens are answered apart, by `token`."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    tokens: list[Asked] = field(default_factory=list)
    say: list[bytes | Speak] = field(default_factory=list)
    token: list[bytes] = field(default_factory=list)
    connections: int = 0


def reply(status: int, body: bytes | dict[str, Any] = b"{}", **headers: str) -> bytes:
    """Give the bytes of a whole reply; names of headers with _ for -."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body
    given = {"content-type": "application/json", "content-length": str(len(content))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} x\r\n{lines}\r\n".encode("latin-1") + content


@asynccontextmanager
async def serve() -> AsyncIterator[Raw]:
    """Serve on a free port of loopback."""
    raw = Raw()
    open_writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        open_writers.add(writer)
        raw.connections += 1
        try:
            await _converse(raw, reader, writer, raw.connections)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            open_writers.discard(writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    raw.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api"
    try:
        yield raw
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _converse(
    raw: Raw, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        exact = dict(line.split(": ", 1) for line in head[1:] if line)
        headers["authorization"] = next(
            (value for name, value in exact.items() if name.lower() == "authorization"), ""
        )
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, path, headers, body, connection)
        if path.endswith("/token"):
            raw.tokens.append(asked)
            what: bytes | Speak = raw.token.pop(0) if raw.token else reply(200, TOKEN)
        else:
            raw.asked.append(asked)
            what = raw.say.pop(0) if raw.say else reply(200)
        if isinstance(what, bytes):
            writer.write(what)
            await writer.drain()
        else:
            await what(asked, writer)
        if writer.is_closing():
            return


async def hang_up(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Close without a word."""
    writer.close()


async def reset(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Reset the connection."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    writer.transport.abort()


async def say_nothing(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Keep the connection open and never answer."""
    await asyncio.Event().wait()


def then_close(content: bytes) -> Speak:
    """Send these bytes and close."""

    async def speak(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()
        writer.close()

    return speak


def drip(content: bytes, pause: float) -> Speak:
    """Send byte by byte: none of the client's own time-outs ever strikes."""

    async def speak(asked: Asked, writer: asyncio.StreamWriter) -> None:
        for n in range(len(content)):
            writer.write(content[n : n + 1])
            await writer.drain()
            await asyncio.sleep(pause)

    return speak
