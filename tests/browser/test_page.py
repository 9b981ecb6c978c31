"""What the page says when it shows the desk no more, and how a person comes back; with a small program as the app."""

from __future__ import annotations

from tests.support.chromium import Chromium
from tests.unit.tui.browser.conftest import serving

SIZE = (800, 500)


async def test_a_page_says_why_it_ends_and_leads_back(browser: Chromium) -> None:
    async with serving() as served:
        tab = await browser.open(served.server.guard.new_link(), *SIZE)
        await tab.until("<app ")

        # left, and opened again
        await tab.press("q")
        await tab.until("You have left the desk.", "The next start goes on.", "Press Enter", gone="\x1b")
        await tab.press("x")  # no key of the desk any more
        await tab.press("Enter")
        await tab.until("<app ", gone="You have left")
        (app,) = served.server.apps.running

        # a connection that breaks comes back by itself
        for page in tuple(served.server._pages):
            page.end()
        await tab.until("The connection is lost.")
        await tab.until('"type": "attach"', gone="The connection is lost.")
        assert served.server.apps.running == (app,)

        # another tab with the same name shows the desk
        second = await browser.open(f"{served.origin}{served.place}", *SIZE)
        await second.until("<app ")
        name = await tab.run("sessionStorage.getItem('page')")
        await second.run(f"sessionStorage.setItem('page', '{name}')")
        await second.reload()
        await tab.until("The desk is shown in another tab.")
        await tab.to_front()
        await tab.press("Enter")
        await second.until("The desk is shown in another tab.")

        # locked
        served.clock.now += 600.0
        await tab.until("This desk is locked.", "press Enter", gone="<app")
        assert tab.hosts == second.hosts == {f"127.0.0.1:{served.port}"}


async def test_the_page_says_it_if_the_browser_does_not_let_it_copy(browser: Chromium) -> None:
    async with serving() as served:
        tab = await browser.open(served.server.guard.new_link(), *SIZE)
        await tab.until("<app ")
        (app,) = served.server.apps.running
        await browser.call(
            "Browser.setPermission",
            permission={"name": "clipboard-write", "allowWithoutSanitization": False},
            setting="denied",
            origin=served.origin,
        )
        app.draw(b"\x1b]52;c;QQ==\x07")
        await tab.until("The browser did not let the desk copy.")
