"""The desk in a real browser: keys without a click, copy and paste, pushes at two sizes, reloads, a second tab.

Skipped where no Chromium is installed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from data.book.lock import Lock
from tests.support.chromium import Chromium, Tab
from tests.support.sandbox_home import Home, Sandbox
from tests.support.served_desk import ServedDesk

LARGE, SMALL = (1280, 800), (880, 540)
"""Sizes of a window in pixels."""
ASKS = "y  Send"
PICTURES = "BROKERDESK_BROWSER_PICTURES"
"""A variable that names a folder for pictures of the page, to be looked at."""


@pytest.fixture
async def desk(browser: Chromium, home: Home) -> AsyncIterator[ServedDesk]:
    """The desk, served. Not without a browser, so that nothing is started for a test that is skipped."""
    async with ServedDesk.running(home.path) as running:
        yield running


async def take_picture(tab: Tab, name: str) -> None:
    if folder := os.environ.get(PICTURES):
        await tab.picture(Path(folder) / f"{name}.png")


async def paste_into_filter(tab: Tab, text: str, shown: str) -> None:
    """Open the filter and paste, each when the desk is there for it: a person takes longer than a test."""
    await tab.fill_clipboard(text)
    await tab.press("/")
    await tab.until("f1 help")
    await tab.press("ctrl+v")
    await tab.until(shown)


async def say_yes(tab: Tab) -> None:
    """Press the key of a dialog that asks, until the dialog takes it: not in its first half second."""
    while ASKS in await tab.shown():
        await tab.press("y")
        await asyncio.sleep(0.1)


def page_of(desk: ServedDesk) -> str:
    """Return the address of the page, which works in a browser that has opened the link."""
    return desk.link.partition("?")[0]


async def test_a_card_and_a_note_are_pushed_in_a_browser_at_two_sizes(
    browser: Chromium, desk: ServedDesk, sandbox: Sandbox
) -> None:
    await browser.let_read_clipboard(desk.origin)
    tab = await browser.open(desk.link, *LARGE)
    await tab.until("C-1001", "p push")
    await take_picture(tab, "large")

    # what is pasted is text, and no keys
    await paste_into_filter(tab, "C-1002\x1b[201~\x1bpy", shown="C-1002[201~py")
    await tab.press("Escape")
    await tab.until("C-1001", gone="[201~")
    assert sandbox.writes() == []

    # a card, found by pasting
    await paste_into_filter(tab, "C-1002", shown="/ C-1002")
    await tab.press("Enter")
    await tab.until("▌○ C-1002", "Ready: creates")
    await tab.press("p")
    await tab.until(ASKS, "C-1002")
    await take_picture(tab, "confirm")
    await say_yes(tab)
    await tab.press("Escape")
    await tab.until("In FLEX since")
    assert any("opportunities" in seen["path"] for seen in sandbox.writes())

    # what the cursor is on is copied
    await tab.press("c")
    await tab.until("Sent to your browser's clipboard.")
    copied = await tab.clipboard()
    assert copied in [row["FLEXId"] for row in sandbox.records()["opportunities"]]

    # a note, in a smaller window
    sandbox.forget_requests()
    await tab.resize(*SMALL)
    await tab.press("Escape")
    await paste_into_filter(tab, "C-1013", shown="/ C-1013")
    await tab.press("Enter")
    await tab.until("▌● C-1013")
    await tab.press("n")
    await tab.until("w write")
    await tab.press("w")
    await tab.until("^s push")
    await tab.fill_clipboard("The valuation came back.\nAs expected.")
    await tab.press("ctrl+v")
    await tab.until("As expected.")
    await take_picture(tab, "small")
    await tab.press("ctrl+s")
    await tab.until(ASKS)
    await say_yes(tab)
    await tab.until_so(lambda: any("notes" in seen["path"] for seen in sandbox.writes()))
    await tab.until("The valuation")
    assert "The valuation came back.\nAs expected." in [note["Text"] for note in sandbox.records()["notes"]]

    assert tab.hosts == {urlsplit(desk.origin).netloc}
    assert tab.complaints == []


async def test_a_page_finds_its_desk_again_and_a_second_tab_is_told_who_writes(
    browser: Chromium, desk: ServedDesk, home: Home
) -> None:
    tab = await browser.open(desk.link, *SMALL)
    await tab.until("C-1001", "p push")
    history = await tab.call("Page.getNavigationHistory")
    assert [entry["url"] for entry in history["entries"] if "key=" in entry["url"]] == []
    await tab.press("ArrowDown", "ArrowDown")
    await tab.until("▌○ C-1006")
    await tab.press("?")
    await tab.until("CARDS", "esc close")
    await tab.reload()
    await tab.until_so(lambda: sum("page/" in url for url in tab.asked) == 2)
    await tab.until("▌○ C-100", "CARDS", "esc close")
    await tab.press("Escape")
    await tab.until("▌○ C-1006", gone="esc close")
    await tab.click_on("C-1009")  # the terminal of the new page reports the mouse, too
    await tab.until("▌○ C-1009")

    second = await browser.open(page_of(desk), *LARGE)
    holder = Lock(home.path / "test" / "book.lock").holder_now()
    assert holder is not None
    await second.until("Reading only", str(holder.pid))  # the line may break anywhere around the number
    await take_picture(second, "second")

    other = await browser.open(page_of(desk), *SMALL, context=await browser.private_context())
    assert "This desk is locked." in await other.until("press Enter")
    again = await browser.open(desk.link, *SMALL, context=await browser.private_context())
    assert "C-1" not in await again.until("press Enter")
    await take_picture(again, "locked")

    code, log = await desk.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in log
    await tab.until("brokerdesk serve has ended")
    await second.until("brokerdesk serve has ended")
    assert Lock(home.path / "test" / "book.lock").holder_now() is None
