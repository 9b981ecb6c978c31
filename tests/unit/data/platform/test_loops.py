"""A server outlives clients that leave before they are taken, on every system."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

import pytest

from data.platform import WINDOWS
from data.platform.loops import new_loop, run
from tests.support.patience import LAST_RESORT

LINGER = struct.pack("hh" if WINDOWS else "ii", 1, 0)
"""Closes a connection with a reset. The two numbers have another size on Windows."""
CLIENTS = 20


def _leave(port: int) -> None:
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
    client.close()


async def _who_is_answered(reports: list[object]) -> list[bytes]:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reports.append(context))
    answers = []
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for _ in range(3):
            for _ in range(CLIENTS):
                _leave(port)  # the loop stands still meanwhile and takes none of them
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            answers.append(await asyncio.wait_for(reader.read(), LAST_RESORT))
            writer.close()
    return answers


def test_a_server_goes_on_when_clients_leave_before_they_are_taken() -> None:
    reports: list[object] = []
    assert run(_who_is_answered(reports)) == [b"hello"] * 3
    assert reports == []


def test_a_coroutine_is_run_to_its_result_and_its_error_is_raised() -> None:
    async def seven() -> int:
        return 7

    async def fail() -> None:
        raise LookupError("gone")

    assert run(seven()) == 7
    with pytest.raises(LookupError, match="gone"):
        run(fail())


def test_a_new_loop_can_be_closed_unused() -> None:
    loop = new_loop()
    loop.close()
    assert loop.is_closed()
    assert sys.platform != "win32" or type(loop).__name__ == "PatientLoop"
