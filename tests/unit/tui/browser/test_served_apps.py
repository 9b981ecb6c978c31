"""Which page shows which app: reloads, second pages, pages that go, sessions that end, and the end of it all."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from tests.support.patience import Patience
from tests.unit.tui.browser.conftest import Served, Socket, serving
from tui.browser import socket_page
from tui.browser.app_process import Size
from tui.browser.served_apps import MOST


async def pid_of(page: Socket) -> int:
    return int((await page.draws(r"<app (\d+) "))[1])


async def eventually(so: object) -> None:
    patience = Patience(5.0)
    while not so():
        assert not patience.is_over, "waited in vain"
        await asyncio.sleep(0.01)


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_keys_and_sizes_go_to_the_app_and_what_it_draws_comes_back(served: Served) -> None:
    await served.open_link()
    async with served.page(size="91x27") as page:
        await page.draws(r"<app \d+ 91x27>")
        await page.send("stdin", "é\x1b[A")
        await page.draws("<D é\x1b\\[A>")
        await page.send("resize", {"width": 120, "height": 40})
        await page.draws('"width": 120, "height": 40')
        await page.send("focus")
        await page.draws('"type": "focus"')


async def test_what_is_no_message_of_the_page_is_dropped(served: Served) -> None:
    await served.open_link()
    async with served.page() as page:
        await pid_of(page)
        for text in (
            "",
            "{",
            "[]",
            "1",
            '["stdin"]',
            '["stdin", 1]',
            '["quit"]',
            '["resize", {"width": "a"}]',
            "[" * 9_999,
        ):
            await page.socket.send_str(text)
        await page.send("stdin", "\ud800")
        await page.send("resize", {"width": 10**9, "height": -5})
        await page.draws('"width": 500, "height": 4}')
        assert "quit" not in page.drawn
        assert "<D ?>" in page.drawn


@pytest.mark.parametrize("size", ["x", "0x0", "999999x1", "-1x-1"])
async def test_a_size_that_no_app_can_draw_is_brought_within_limits(served: Served, size: str) -> None:
    await served.open_link()
    async with served.page(size=size if "x" in size and size != "x" else "ax") as page:
        found = await page.draws(r"<app \d+ (\d+)x(\d+)>")
        assert 10 <= int(found[1]) <= 500
        assert 4 <= int(found[2]) <= 250


async def test_a_page_that_is_loaded_again_finds_its_app_and_has_it_drawn_anew(served: Served) -> None:
    await served.open_link()
    async with served.page("aaaaaaaa") as page:
        pid = await pid_of(page)
    async with served.page("aaaaaaaa", "70x20") as page:
        await page.draws('"width": 70, "height": 20}.*"type": "attach"')
        (app,) = served.server.apps.running
        assert app.process.pid == pid
        assert app.expiry is not None
        assert app.expiry.cancelled()


async def test_a_connection_that_is_not_closed_yet_does_not_keep_a_page_from_its_app(served: Served) -> None:
    await served.open_link()
    async with served.page("aaaaaaaa") as lost:
        pid = await pid_of(lost)
        async with served.page("aaaaaaaa") as page:
            await page.draws("attach")
            assert (await lost.parts())["why"] == "moved"
            await lost.socket.close()
            await page.send("stdin", "still here")
            await page.draws("still here")
            assert [app.process.pid for app in served.server.apps.running] == [pid]


async def test_a_second_page_has_an_app_of_its_own(served: Served) -> None:
    await served.open_link()
    async with served.page("aaaaaaaa") as first, served.page("bbbbbbbb") as second:
        assert await pid_of(first) != await pid_of(second)
        await second.send("stdin", "for the second")
        await second.draws("for the second")
        await first.send("stdin", "for the first")
        await first.draws("for the first")
        assert "second" not in first.drawn


async def test_a_new_page_takes_the_app_that_waits_for_one(served: Served) -> None:
    await served.open_link()
    async with served.page("aaaaaaaa") as page:
        pid = await pid_of(page)
    await eventually(lambda: served.server.apps.running[0].page is None)
    async with served.page("bbbbbbbb") as page:
        await page.draws("attach")
        assert [app.process.pid for app in served.server.apps.running] == [pid]


async def test_there_are_so_many_apps_and_no_more(served: Served) -> None:
    await served.open_link()
    pages = [served.page(f"{number:08}") for number in range(MOST)]
    for page in pages:
        await page.__aenter__()
    async with served.page("99999999") as last:
        assert (await last.parts())["why"] == "too-many"
    for page in pages:
        await page.__aexit__(None, None, None)


async def test_an_app_that_nobody_comes_back_to_is_ended_in_order() -> None:
    async with serving(keep=0.01) as served:
        await served.open_link()
        async with served.page() as page:
            pid = await pid_of(page)
        await eventually(lambda: not served.server.apps.running)
        assert not is_there(pid)
        assert served.server.apps.last_words == ["The next start goes on."]


async def test_an_app_that_is_left_says_so_on_its_page(served: Served) -> None:
    await served.open_link()
    async with served.page() as page:
        await page.send("stdin", "q")
        parted = await page.parts()
        assert parted["why"] == "left"
        assert "The next start goes on." in parted["says"]
        assert "\x1b" not in parted["says"]
        assert "\x1b]52;c;IA==\x07" in page.drawn  # the clipboard of the browser is cleared
    assert served.server.apps.running == ()
    async with served.page() as page:
        await pid_of(page)


async def test_an_app_that_fails_says_so_on_its_page_and_nowhere_else(
    served: Served, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    await served.open_link()
    async with served.page() as page:
        await page.send("stdin", "x")
        assert "It failed." in (await page.parts())["says"]
    assert "exit code 3" in caplog.text or not caplog.text
    assert "It failed" not in caplog.text + "".join(capfd.readouterr())


async def test_an_app_that_can_not_be_started_is_told_to_the_page() -> None:
    async with serving(command=("/nowhere/at/all",)) as served:
        await served.open_link()
        async with served.page() as page:
            assert (await page.parts())["why"] == "not-started"


async def test_a_page_whose_session_has_ended_is_locked_and_its_keys_do_nothing(served: Served) -> None:
    await served.open_link()
    async with served.page() as page:
        await page.send("stdin", "early")
        await page.draws("early")
        served.clock.now += 599.0
        await page.send("stdin", "touched")
        await page.draws("touched")
        served.clock.now += 599.0  # the key counted
        await page.send("stdin", "again")
        await page.draws("again")
        served.clock.now += 601.0
        await page.send("stdin", "too late")
        assert (await page.parts())["why"] == "idle"
        assert "too late" not in page.drawn
    assert len(served.server.apps.running) == 1  # the desk waits for whoever opens a new link
    await served.open_link()
    async with served.page() as page:
        await page.draws("attach")


async def test_nobody_has_to_touch_a_page_for_it_to_be_locked(served: Served) -> None:
    await served.open_link()
    async with served.page() as page:
        await pid_of(page)
        served.clock.now += 600.0
        assert (await page.parts())["why"] == "idle"


async def test_the_end_of_the_server_ends_every_app_and_tells_every_page() -> None:
    async with serving() as served:
        await served.open_link()
        async with served.page("aaaaaaaa") as first, served.page("bbbbbbbb") as second:
            pids = [await pid_of(first), await pid_of(second)]
            served.running.cancel()
            assert [(await page.parts())["why"] for page in (first, second)] == ["stopped", "stopped"]
        await asyncio.wait([served.running])
        assert not any(map(is_there, pids))
        assert len(served.server.apps.last_words) == 2


async def test_an_app_that_does_not_end_is_killed() -> None:
    stubborn = "import sys,time\nsys.stdout.write('__GANGLION__\\n'); sys.stdout.flush()\ntime.sleep(1000)"
    async with serving(command=(sys.executable, "-c", stubborn)) as served:
        await served.open_link()
        async with served.page() as page:
            await eventually(lambda: served.server.apps.running)
            (app,) = served.server.apps.running
            await page.send("stdin", "x" * 1_000_000)  # more than the app's pipe holds, and it reads nothing
            await app.process.quit(patience=0.05)
            assert not is_there(app.process.pid)


async def test_a_network_that_takes_nothing_holds_no_app(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_page, "MOST_WAITING", 200_000)
    await served.open_link()
    async with served.page() as page:
        await pid_of(page)
        (app,) = served.server.apps.running
        for _ in range(3):
            app.draw(b"x" * 100_000)
        while not (await page.socket.receive()).type.name.startswith("CLOS"):
            pass
    await eventually(lambda: app.page is None)
    async with served.page() as page:
        await page.draws("attach")


def test_the_limits_of_a_size() -> None:
    assert Size.within_limits(80, 24) == Size(80, 24)
    assert Size.within_limits(0, 10_000) == Size(10, 250)
