"""What one request costs the client, next to bare httpx: with a connection for each request, and kept alive."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import httpx

from core.push.plan import System
from core.push.ports import Applied
from data.vendors.http.client import HttpClient, SystemAddress
from tests.bench.harness.figure import Figure, NotMeasured
from tests.bench.harness.runner import Run, interleave, rounds

TITLE: Final = "Requests"
INTRO: Final = (
    "A small POST to a server on loopback, one after the other. CPU of the client's process. brokerdesk uses a new"
    " connection for each request, so that a reply can belong to no other request"
    " ([decision 8](decisions/0008-a-connection-carries-one-request.md))."
)
REQUESTS: Final = 200
BODY: Final = {"FirstName": "Linh", "LastName": "Nguyen", "EmailAddress": "linh@example.com"}
SERVER: Final = """
import asyncio, json
REPLY = json.dumps({"FLEXId": "1-6D9UB", "access_token": "t", "token_type": "Bearer", "expires_in": 3600}).encode()
HEAD = b"HTTP/1.1 201 Created\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n"
async def talk(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            lines = head.lower().split(b"\\r\\n")
            size = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            await reader.readexactly(size)
            ends = b"connection: close" in lines
            status = HEAD.replace(b"201 Created", b"200 OK") if b"token" in lines[0] else HEAD
            writer.write(status % len(REPLY) + (b"connection: close\\r\\n" if ends else b"") + b"\\r\\n" + REPLY)
            await writer.drain()
            if ends:
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
async def main():
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def _serving() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


async def _ours(url: str, count: int) -> None:
    client = HttpClient(SystemAddress(System.FLEX, url, "desk", "sandbox", rate=1e9))
    try:
        for _ in range(count):
            outcome = await client.write("POST", "/contacts", BODY, lambda content: str(content["FLEXId"]))
            assert isinstance(outcome, Applied), outcome
    finally:
        await client.close()


async def _httpx(url: str, count: int, kept: int) -> None:
    limits = httpx.Limits(max_keepalive_connections=kept)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        for _ in range(count):
            (await client.post(f"{url}/contacts", json=BODY)).raise_for_status()


def _run(work: Callable[[int], Awaitable[None]]) -> Run:
    """Return a run that measures the CPU of one request in ms: what many cost more than one, so without the start."""

    def cpu(count: int) -> float:
        start = time.process_time()

        async def all_of_them() -> None:
            await work(count)

        asyncio.run(all_of_them())
        return time.process_time() - start

    def run() -> Mapping[str, float]:
        one = cpu(1)
        return {"cpu": (cpu(REQUESTS + 1) - one) / REQUESTS * 1000}

    return run


def figures() -> Iterator[Figure | NotMeasured]:
    """Yield the CPU of one request next to httpx in both ways."""
    with _serving() as url:
        found = interleave(
            {
                "brokerdesk": _run(lambda count: _ours(url, count)),
                "httpx, a connection each": _run(lambda count: _httpx(url, count, 0)),
                "httpx, kept alive": _run(lambda count: _httpx(url, count, 5)),
            },
            rounds(7),
        )
    for peer in ("httpx, a connection each", "httpx, kept alive"):
        yield found.compare("a request, CPU", "cpu", "ms", "brokerdesk", peer)
