"""`brokerdesk serve` as a process: its links, its end, and what becomes of the app when it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest

import tui.browser
from data.book.lock import Lock
from tests.support.fork_server import ROOT
from tests.support.patience import LAST_RESORT, Patience, processor_time
from tests.support.sandbox_home import Home
from tests.support.served_desk import ServedDesk
from tui.browser.app_process import Size, environment_for

WORK = 20.0


@contextlib.asynccontextmanager
async def page(desk: ServedDesk, link: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a link as a browser does, and connect as its page does."""
    async with aiohttp.ClientSession() as session:
        answer = await session.get(link)
        assert answer.status == 200, await answer.text()
        headers = {"Origin": desk.origin, "Cookie": answer.headers["Set-Cookie"].split(";")[0]}
        place = link.partition("?")[0]
        async with session.ws_connect(f"{place}page/aaaaaaaa?width=120&height=30", headers=headers) as socket:
            yield socket


async def drawn_until(socket: aiohttp.ClientWebSocketResponse, words: str) -> None:
    drawn = ""
    while words not in drawn:
        message = await socket.receive(LAST_RESORT)
        assert message.type is aiohttp.WSMsgType.BINARY, f"{message!r} came after {drawn[-2000:]!r}"
        drawn += message.data.decode("utf-8", "replace")


def lock_of(home: Home) -> Lock:
    return Lock(home.path / "test" / "book.lock")


async def book_is_free(home: Home, pid: int) -> None:
    patience = Patience(WORK, lambda: processor_time(pid))
    while lock_of(home).holder_now() is not None:
        assert not patience.is_over, "the book is not given back"
        await asyncio.sleep(0.05)


async def test_enter_prints_a_new_link_and_ctrl_c_ends_server_and_desk(home: Home) -> None:
    async with ServedDesk.running(home.path) as desk:
        first = desk.link
        second = await desk.new_link()
        assert first != second
        async with aiohttp.ClientSession() as session:
            assert (await session.get(first)).status == 401
        async with page(desk, second) as socket:
            await drawn_until(socket, "C-1001")
            holder = lock_of(home).holder_now()
            assert holder is not None
            assert holder.pid != desk.process.pid
            code, log = await desk.end(signal.SIGINT)
    assert code == 0
    assert lock_of(home).holder_now() is None
    lines = [re.sub(r"^[\d-]+ [\d:]+ ", "", line) for line in log.splitlines()]
    assert lines == ["refused (401): This desk is locked.", "a browser has opened the link"]


async def test_an_app_whose_server_is_killed_ends_and_frees_the_book(home: Home) -> None:
    async with ServedDesk.running(home.path) as desk, page(desk, desk.link) as socket:
        await drawn_until(socket, "C-1001")
        holder = lock_of(home).holder_now()
        assert holder is not None
        desk.process.kill()
        await desk.process.wait()
        await book_is_free(home, holder.pid)


async def test_an_app_that_hears_nothing_more_from_its_server_ends(home: Home) -> None:
    app = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tui.cli", "--home", str(home.path)),
        cwd=ROOT,
        env=environment_for(Size(120, 30), os.environ),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert app.stdin is not None
    assert app.stdout is not None
    drawn = b""
    while b"C-1001" not in drawn:
        drawn += await asyncio.wait_for(app.stdout.read(4096), LAST_RESORT)
    app.stdin.close()
    while await asyncio.wait_for(app.stdout.read(4096), LAST_RESORT):
        pass
    assert await asyncio.wait_for(app.wait(), LAST_RESORT) == 0
    assert lock_of(home).holder_now() is None


def test_an_address_that_others_reach_is_refused_without_tls_in_front(home: Home) -> None:
    for more in (("--host", "0.0.0.0"), ("--host", "::"), ("--host", "desk.example.com")):
        code, _, complaint = home.say("serve", *more)
        assert code == 2
        assert "--public-url" in complaint


@pytest.mark.parametrize("minutes", ["0", "-1", "1441", "x", "1.5", "99999999999999"])
def test_a_number_of_minutes_is_one_to_a_day(home: Home, minutes: str) -> None:
    with pytest.raises(SystemExit) as refused:
        home.say("serve", "--idle", minutes)
    assert refused.value.code == 2


def test_without_the_extra_it_says_what_to_install(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve", None)  # so that to import it fails
    monkeypatch.delitem(sys.modules, "tui.browser.server", raising=False)
    monkeypatch.delattr(tui.browser, "server", raising=False)
    code, _, complaint = home.say("serve", "--host", "0.0.0.0")
    assert code == 2
    assert "its extra serve (docs/install.md, Extras)" in complaint
