"""Each connection carries one request, the next one is opened ahead, and what is not certain is never "not sent"."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from core.errors import Unreachable
from core.push.plan import System
from core.push.ports import LEASE_ENDED, Applied, Lost, NotSent, Outcome, Refused
from core.push.team.lease_keeper import SEND_PERMIT
from data.vendors.http import transport as connections
from data.vendors.http.client import HttpClient, SystemAddress
from tests.support.raw_server import TOKEN, reply

CREATED = reply(201, {"FLEXId": "1-6D9UB"})
TOO_LATE = reply(408, {"error": "no request came"}, connection="close")


@dataclass
class Line:
    """One connection at the server: what it got, and its two ends."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heads: list[bytes] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


Serve = Callable[[Line], Awaitable[None]]


@dataclass
class Exchange:
    """A server that notes every connection. `say` serves the lines that have something else to do than to answer."""

    url: str = ""
    lines: list[Line] = field(default_factory=list)
    say: dict[int, Serve] = field(default_factory=dict)
    """How single connections are served, by their number, from 1."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def has(self, number: int) -> None:
        """Wait until so many connections were made."""
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.lines) >= number)


async def answer(line: Line, content: bytes = CREATED) -> None:
    """Answer requests until the other side closes; a token for a token's path."""
    while True:
        head = await line.reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(part[16:]) for part in head.split(b"\r\n") if part.lower().startswith(b"content-length: ")),
            0,
        )
        await line.reader.readexactly(length)
        line.heads.append(head)
        line.writer.write(reply(200, TOKEN) if b"/token" in head.split(b"\r\n")[0] else content)
        await line.writer.drain()


@asynccontextmanager
async def serve() -> AsyncIterator[Exchange]:
    """Serve on a free port of loopback."""
    exchange = Exchange()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        exchange.lines.append(line)
        number = len(exchange.lines)
        async with exchange.changed:
            exchange.changed.notify_all()
        try:
            await exchange.say.get(number, answer)(line)
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            line.ended.set()
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    exchange.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield exchange
    finally:
        server.close()
        for line in exchange.lines:
            line.writer.close()
        await asyncio.gather(*(line.writer.wait_closed() for line in exchange.lines), return_exceptions=True)
        await server.wait_closed()


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    async with serve() as served:
        yield served


@pytest.fixture
async def wire(exchange: Exchange) -> AsyncIterator[HttpClient]:
    made = HttpClient(SystemAddress(System.FLEX, exchange.url, "desk", "s3cr3t", rate=600_000))
    yield made
    await made.close()


async def write(wire: HttpClient) -> Outcome:
    return await wire.write("POST", "/contacts", {"FirstName": "Linh"}, lambda content: content.get("FLEXId"))


# -- ahead ------------------------------------------------------------------------------------------------------


async def test_the_connection_of_the_next_request_is_open_before_it(
    exchange: Exchange, wire: HttpClient
) -> None:
    await wire.get("/a")  # with the token these are two requests in a row
    await exchange.has(3)
    assert [len(line.heads) for line in exchange.lines] == [1, 1, 0]
    await wire.get("/b")
    await exchange.has(4)
    assert [len(line.heads) for line in exchange.lines] == [1, 1, 1, 0]
    assert exchange.lines[2].heads[0].startswith(b"GET /b ")


async def test_a_request_that_comes_alone_opens_no_other_connection(
    exchange: Exchange, wire: HttpClient
) -> None:
    wire._token, wire._token_until = "tok", float("inf")
    await wire.get("/a")
    await exchange.lines[0].ended.wait()
    await wire.close()
    assert len(exchange.lines) == 1


async def test_each_connection_carries_one_request(exchange: Exchange, wire: HttpClient) -> None:
    await asyncio.gather(*(wire.get(f"/{n}") for n in range(20)))
    for n in range(20):
        await wire.get(f"/{n}")
    assert max(len(line.heads) for line in exchange.lines) == 1
    assert sum(len(line.heads) for line in exchange.lines) == wire.requests == 41
    assert len(exchange.lines) <= 42, "one connection is ahead at most"


async def test_a_connection_that_nobody_needed_is_closed_after_a_while(
    exchange: Exchange, wire: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SPARE_LIFE", 0.05)
    wire._token, wire._token_until = "tok", float("inf")
    await asyncio.gather(wire.get("/a"), wire.get("/b"))
    await exchange.has(3)
    await exchange.lines[2].ended.wait()
    assert exchange.lines[2].heads == []


async def test_a_connection_that_grew_old_while_the_process_stood_still_is_not_used(
    exchange: Exchange, wire: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer can't close it while nothing runs."""
    await wire.get("/a")
    await exchange.has(3)
    spare = wire._client._transport._spare  # type: ignore[attr-defined]  # there is no other way to stop the time
    spare._until = asyncio.get_running_loop().time()
    await wire.get("/b")
    assert exchange.lines[2].heads == []


@pytest.mark.parametrize("seen", [True, False], ids=["seen by the loop", "still in the system"])
@pytest.mark.parametrize("closes", [True, False])
async def test_a_connection_on_which_something_came_before_its_request_is_never_used(
    exchange: Exchange, wire: HttpClient, seen: bool, closes: bool
) -> None:
    """A server may say 408 where no request came. That is not an answer to the request that would follow."""
    go, gone = asyncio.Event(), asyncio.Event()

    async def speak_first(line: Line) -> None:
        await go.wait()
        line.writer.write(TOO_LATE)
        if closes:
            line.writer.close()
        gone.set()

    exchange.say[3] = speak_first
    await wire.get("/a")
    await exchange.has(3)
    go.set()
    if seen:
        await gone.wait()
        for _ in range(20):
            await asyncio.sleep(0)
    else:
        spare = wire._client._transport._spare  # type: ignore[attr-defined]  # the loop must not run in between
        connection = await spare._opening
        connection._transport.pause_reading()
        await gone.wait()
        for _ in range(20):
            await asyncio.sleep(0)
    assert isinstance(await write(wire), Applied)
    assert exchange.lines[2].heads == []


async def test_a_connection_that_ended_before_its_request_is_never_used(
    exchange: Exchange, wire: HttpClient
) -> None:
    ended = asyncio.Event()

    async def close(line: Line) -> None:
        line.writer.close()
        await line.writer.wait_closed()
        ended.set()

    exchange.say[3] = close
    await wire.get("/a")
    await ended.wait()
    assert isinstance(await write(wire), Applied)
    assert exchange.lines[2].heads == []


async def test_a_connection_ahead_that_can_not_be_made_is_made_anew(
    exchange: Exchange, wire: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    make, tries = loop.create_connection, 0

    async def third_fails(*args: object, **named: object) -> object:
        nonlocal tries
        tries += 1
        if tries == 3:
            raise ConnectionRefusedError
        return await make(*args, **named)

    monkeypatch.setattr(loop, "create_connection", third_fails)
    await wire.get("/a")
    assert isinstance(await write(wire), Applied)
    assert tries >= 4


# -- what is certain --------------------------------------------------------------------------------------------


async def close_unread(line: Line) -> None:
    """Close as soon as something comes, and read none of it: the client can't know that."""
    await line.reader.read(1)
    line.writer.transport.abort()


async def read_and_close(line: Line) -> None:
    line.heads.append(await line.reader.readuntil(b"\r\n\r\n"))
    line.writer.close()


async def reset(line: Line) -> None:
    line.heads.append(await line.reader.readuntil(b"\r\n\r\n"))
    connection: socket.socket = line.writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    line.writer.transport.abort()


async def half_a_reply(line: Line) -> None:
    line.heads.append(await line.reader.readuntil(b"\r\n\r\n"))
    line.writer.write(CREATED[:-5])
    line.writer.close()


async def no_http(line: Line) -> None:
    line.heads.append(await line.reader.readuntil(b"\r\n\r\n"))
    line.writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


async def too_late(line: Line) -> None:
    line.heads.append(await line.reader.readuntil(b"\r\n\r\n"))
    line.writer.write(TOO_LATE)


@pytest.mark.parametrize("number", [2, 3], ids=["its own", "opened ahead"])
@pytest.mark.parametrize("fault", [close_unread, read_and_close, reset, half_a_reply, no_http, too_late])
async def test_whatever_becomes_of_a_request_that_was_written_nobody_calls_it_not_sent(
    exchange: Exchange, wire: HttpClient, fault: Serve, number: int
) -> None:
    exchange.say[number] = fault
    if number == 3:
        await wire.get("/a")
        await exchange.has(3)
    before = wire.requests
    assert isinstance(await write(wire), Lost)
    sent = [head for line in exchange.lines for head in line.heads if head.startswith(b"POST /contacts")]
    assert len(sent) <= 1
    assert wire.requests - before == (1 if number == 3 else 2)


async def test_where_no_connection_can_be_made_any_more_nothing_was_sent(exchange: Exchange) -> None:
    async with serve() as gone:
        wire = HttpClient(SystemAddress(System.FLEX, gone.url, "desk", "s3cr3t", rate=600_000))
        await wire.get("/a")
        await gone.has(3)
    assert isinstance(await write(wire), NotSent)
    with pytest.raises(Unreachable):
        await wire.get("/a")
    await wire.close()


@pytest.mark.parametrize("ahead", [False, True], ids=["new connection", "opened ahead"])
async def test_a_lease_that_ends_while_the_connection_is_got_ready_keeps_the_request_here(
    exchange: Exchange, wire: HttpClient, ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was paused there sends nothing late: another sender may have taken the push over."""
    if ahead:
        await wire.get("/a")
        await exchange.has(3)
    else:
        wire._token, wire._token_until = "tok", float("inf")
    before, answered = wire.requests, wire.last_answer
    lasts = True
    get_ready = connections.OneRequestTransport._connection_for

    async def take_long(*args: object) -> connections._Connection:
        nonlocal lasts
        connection = await get_ready(*args)  # type: ignore[arg-type]  # what it is called with
        lasts = False
        return connection

    monkeypatch.setattr(connections.OneRequestTransport, "_connection_for", take_long)
    SEND_PERMIT.set(lambda seconds: lasts)
    outcome = await write(wire)
    assert isinstance(outcome, NotSent)
    assert outcome.code == LEASE_ENDED
    line = 2 if ahead else 0
    await exchange.has(line + 1)
    await exchange.lines[line].ended.wait()
    assert exchange.lines[line].heads == []
    assert (wire.requests, wire.last_answer) == (before, answered)


async def test_a_refusal_that_comes_before_the_whole_request_was_taken_is_read(
    exchange: Exchange, wire: HttpClient
) -> None:
    async def refuse(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        line.writer.write(reply(413, {"error": "too large"}))
        await line.writer.drain()

    exchange.say[2] = refuse
    outcome = await wire.write("POST", "/notes", {"text": "x" * 8_000_000}, lambda content: "1")
    assert isinstance(outcome, Refused)


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 102 x\r\n\r\n" + CREATED,
        b'HTTP/1.1 201 x\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{"FLEXId\r\n6\r\n":"1"}\r\n0\r\n\r\n',
    ],
    ids=["interim", "chunked"],
)
async def test_replies_in_other_forms_are_read(exchange: Exchange, wire: HttpClient, content: bytes) -> None:
    async def say(line: Line) -> None:
        await answer(line, content)

    exchange.say[2] = say
    assert isinstance(await write(wire), Applied)


async def test_a_reply_that_ends_with_its_connection_is_read(exchange: Exchange, wire: HttpClient) -> None:
    async def say(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        line.writer.write(b'HTTP/1.0 201 x\r\n\r\n{"FLEXId":"1"}')
        line.writer.close()

    exchange.say[2] = say
    assert isinstance(await write(wire), Applied)


# -- the end ----------------------------------------------------------------------------------------------------


async def test_closing_closes_what_was_opened_ahead(exchange: Exchange, wire: HttpClient) -> None:
    await wire.get("/a")
    await exchange.has(3)
    await wire.close()
    await exchange.lines[2].ended.wait()


async def test_a_request_that_is_cancelled_closes_its_connection(
    exchange: Exchange, wire: HttpClient
) -> None:
    asked = asyncio.Event()

    async def stay(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        asked.set()

    exchange.say[2] = stay
    task = asyncio.create_task(wire.get("/a"))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await exchange.lines[1].ended.wait()


async def test_requests_leave_nothing_in_memory(exchange: Exchange, wire: HttpClient) -> None:
    for n in range(20):
        await wire.get(f"/{n}")
    gc.collect()
    kept = [thing for thing in gc.get_objects() if type(thing) is connections._Connection]
    assert len(kept) <= 2, "the last one, and the one that is ahead"
