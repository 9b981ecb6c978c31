"""The listener's server: a slow sender is cut off and holds no place, and a burst waits instead of being refused."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from data.contacts.notice_front import NOTICES, NoticeFront
from data.contacts.notices import NoticeFiles
from data.inbox import Inbox
from data.listener import PATH, Listener, _read
from data.serving import server
from data.serving.asgi import Message, Receive, Send, answer_json, deadline_of
from data.serving.server import serve
from tests.support.patience import LAST_RESORT

HEAD = b"POST / HTTP/1.1\r\nHost: hooks.example\r\nContent-Length: 5\r\n\r\n"


class Counting:
    """An app that answers once `may_answer` is set. It is full with four requests under way."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.is_full = asyncio.Event()
        self.under_way = 0
        self.most = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _read(receive, deadline_of(scope))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way == 4:
            self.is_full.set()
        await self.may_answer.wait()
        self.under_way -= 1
        await answer_json(send, 200, {"bytes": len(body)})


@asynccontextmanager
async def serving(app: Callable[[Message, Receive, Send], object]) -> AsyncIterator[int]:
    """Serve an app on a free port until the end of the block; gives the port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(server.QUEUE)
    running = asyncio.create_task(serve(app, listener))  # type: ignore[arg-type]  # what it returns is not used
    try:
        yield int(listener.getsockname()[1])
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        listener.close()


async def sent(port: int, *pieces: bytes) -> bytes:
    """Send pieces and return everything that comes until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(LAST_RESORT):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        answer = await reader.read()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
    return answer


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PATIENCE", 0.2)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    "pieces", [(), (b"POST / HT",), (HEAD[:-2],), (HEAD[:-2], b"X: " + b"y" * 500)], ids=len
)
async def test_headers_that_do_not_come_end_the_connection(pieces: tuple[bytes, ...]) -> None:
    async with serving(Counting()) as port:
        assert (await sent(port, *pieces)).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("short")
async def test_a_sender_that_drips_is_cut_off_however_steadily_it_drips() -> None:
    async with serving(Counting()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        drops = 0
        with suppress(ConnectionError):
            while not reader.at_eof() and drops < 100_000:
                writer.write(b"x")
                await writer.drain()
                drops += 1
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.01):
                        await reader.read(1)
        assert drops < 100_000
        writer.close()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("path", [PATH, NOTICES])
async def test_a_body_that_does_not_come_is_answered_by_the_deadline(tmp_path: Path, path: str) -> None:
    listener = Listener(Inbox(tmp_path), {PATH: "hush"})
    async with serving(NoticeFront(listener, NoticeFiles(tmp_path / "notices"), lambda: ("s",))) as port:
        answer = await sent(port, HEAD.replace(b" / ", f" {path} ".encode()), b"he")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"too-slow" in answer


@pytest.mark.usefixtures("short")
async def test_the_deadline_counts_from_the_beginning_of_the_connection() -> None:
    """The seconds that the headers took are not given to the body again."""
    heard: list[float] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        heard.append(deadline_of(scope))
        await answer_json(send, 200, {})

    async with serving(app) as port:
        begun = asyncio.get_running_loop().time()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD[:20])
        await writer.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await reader.read(1)
        writer.write(HEAD[20:] + b"hello")
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()
    assert heard[0] - begun == pytest.approx(0.2, abs=0.05)


async def test_more_connections_than_places_wait_and_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AT_ONCE", 4)
    app = Counting()
    app.may_answer.clear()
    async with serving(app) as port:
        burst = [asyncio.create_task(sent(port, HEAD + b"hello")) for _ in range(30)]
        await app.is_full.wait()
        for _ in range(200):
            await asyncio.sleep(0)
        assert (app.under_way, sum(task.done() for task in burst)) == (4, 0)
        app.may_answer.set()
        answers = await asyncio.gather(*burst)
    assert [answer.split(b" ")[1] for answer in answers] == [b"200"] * 30
    assert app.most == 4


async def test_places_held_by_slow_senders_come_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "AT_ONCE", 4)
    monkeypatch.setattr(server, "PATIENCE", 0.2)
    async with serving(Counting()) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
        for _, writer in held:
            writer.write(HEAD[:10])
        assert (await sent(port, HEAD + b"hello")).startswith(b"HTTP/1.1 200 ")
        for _, writer in held:
            writer.close()


async def test_a_connection_carries_one_request() -> None:
    async with serving(Counting()) as port:
        answer = await sent(port, HEAD + b"hello")
    assert b"connection: close" in answer
    assert answer.endswith(b'{"bytes": 5}')


async def test_a_process_with_too_many_open_files_goes_on_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "RETRY", 0.0)
    loop = asyncio.get_running_loop()
    accept, failures = loop.sock_accept, [OSError(24, "Too many open files"), ConnectionAbortedError()]

    async def failing(listener: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise failures.pop()
        return await accept(listener)

    monkeypatch.setattr(loop, "sock_accept", failing)
    async with serving(Counting()) as port:
        assert (await sent(port, HEAD + b"hello")).startswith(b"HTTP/1.1 200 ")
    assert failures == []
