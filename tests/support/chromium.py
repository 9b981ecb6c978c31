"""A headless Chromium that a test drives by the DevTools protocol: keys, the clipboard, what it asks of which server.

The browser reaches no other machine. It draws without WebGL, so that the terminal in the page is text that can be read.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.support.patience import LAST_RESORT, Patience, processor_time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WORK = 40.0
"""Seconds of the processor time of all processes concerned after which a wait gives up."""
_OPTIONS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-3d-apis",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),
    "about:blank",
)
_KEYS = {
    "Enter": (13, "\r"),
    "Escape": (27, ""),
    "Tab": (9, ""),
    "ArrowDown": (40, ""),
    "ArrowUp": (38, ""),
}
"""Keys that are no character: their code, and the text that they type."""
CONTROL = 2
"""The modifier of the Control key."""


class Chromium:
    """A running browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, process: asyncio.subprocess.Process) -> None:
        self._socket = socket
        self._process = process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._tabs: dict[str, Tab] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, folder: Path) -> AsyncIterator[Chromium]:
        """Start a browser with a profile of its own in a folder, and end it with all its processes afterwards."""
        assert PROGRAM is not None
        process = await asyncio.create_subprocess_exec(
            PROGRAM,
            f"--user-data-dir={folder}",
            *_OPTIONS,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            port, path = await _devtools(folder / "DevToolsActivePort", process)
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0) as socket,
            ):
                browser = cls(socket, process)
                yield browser
                browser._reading.cancel()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    async def call(self, method: str, tab: str = "", **params: Any) -> dict[str, Any]:
        """Call a method of the protocol, of the whole browser or of a tab, and return its result."""
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        message = {"id": number, "method": method, "params": params}
        await self._socket.send_json({**message, "sessionId": tab} if tab else message)
        return await asyncio.wait_for(self._waiting[number], LAST_RESORT)

    async def _read(self) -> None:
        async for message in self._socket:
            content = message.json()
            if waiting := self._waiting.pop(content.get("id", 0), None):
                if "error" in content:
                    waiting.set_exception(AssertionError(content["error"]))
                else:
                    waiting.set_result(content["result"])
            elif tab := self._tabs.get(content.get("sessionId", "")):
                tab.heard(content["method"], content["params"])

    async def private_context(self) -> str:
        """Return a context with cookies of its own, as a private window has."""
        return str((await self.call("Target.createBrowserContext"))["browserContextId"])

    async def open(self, url: str, width: int, height: int, context: str = "") -> Tab:
        """Open an address in a new tab with a window of a size in pixels. "" is the browser's first context."""
        where = {"browserContextId": context} if context else {}
        target = (await self.call("Target.createTarget", url="about:blank", **where))["targetId"]
        session = (await self.call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self._tabs[session] = Tab(self, session, target)
        for domain in ("Network", "Page", "Runtime", "Log"):
            await tab.call(f"{domain}.enable")
        await tab.resize(width, height)
        await tab.call("Page.navigate", url=url)
        return tab

    async def let_read_clipboard(self, origin: str) -> None:
        """Let the test look into the clipboard. A page may write to it anyway."""
        wanted = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        await self.call("Browser.grantPermissions", permissions=wanted, origin=origin)

    def work(self) -> float:
        """Return the processor time of the browser's first process."""
        return processor_time(self._process.pid)


class Tab:
    """A tab of the browser. `asked` are the addresses that its page asked for; `complaints` what the console says."""

    def __init__(self, browser: Chromium, session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self._target = target
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self._columns: int | None = None

    def heard(self, event: str, about: dict[str, Any]) -> None:
        """Take note of an event."""
        match event:
            case "Network.requestWillBeSent":
                self.asked.append(about["request"]["url"])
            case "Network.webSocketCreated":
                self.asked.append(about["url"])
            case "Network.webSocketFrameSent":
                match _as_json(about["response"]["payloadData"]):
                    case ["resize", {"width": int(columns)}]:
                        self._columns = columns
                    case _:
                        pass
            case "Log.entryAdded":
                self.complaints.append(f"{about['entry']['text']} {about['entry'].get('url', '')}")
            case "Runtime.exceptionThrown":
                self.complaints.append(str(about["exceptionDetails"]))
            case _:
                pass

    @property
    def hosts(self) -> set[str]:
        """The hosts that the page asked anything of. A `data:` address asks nobody."""
        return {urlsplit(url).netloc for url in self.asked if not url.startswith("data:")}

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol for this tab."""
        return await self._browser.call(method, self._session, **params)

    async def run(self, script: str) -> Any:
        """Run a script in the page, and return its value."""
        result = await self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def resize(self, width: int, height: int) -> None:
        """Give the window a size in pixels."""
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def to_front(self) -> None:
        """Let the person look at this tab."""
        await self.call("Page.bringToFront")

    async def reload(self) -> None:
        """Load the page again."""
        await self.call("Page.reload")

    async def close(self) -> None:
        """Close the tab."""
        await self._browser.call("Target.closeTarget", targetId=self._target)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other: a character, a name of `_KEYS`, or ctrl+ and a character."""
        for key in keys:
            modifiers = CONTROL if key.startswith("ctrl+") else 0
            key = key.removeprefix("ctrl+")  # noqa: PLW2901 - the rest of it
            code, text = _KEYS[key] if key in _KEYS else (ord(key.upper()) if key.isalnum() else 0, key)
            about: dict[str, Any] = {"key": key, "modifiers": modifiers, "windowsVirtualKeyCode": code}
            if key.isalpha() and len(key) == 1:
                about["code"] = f"Key{key.upper()}"
            if modifiers:
                commands = {"v": ["paste"], "c": ["copy"]}.get(key, [])
                await self.call("Input.dispatchKeyEvent", type="rawKeyDown", commands=commands, **about)
            else:
                kind = "keyDown" if text else "rawKeyDown"
                await self.call("Input.dispatchKeyEvent", type=kind, text=text, **about)
            await self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    async def type(self, text: str) -> None:
        """Press a key for each character."""
        await self.press(*text)

    async def click_on(self, words: str) -> None:
        """Click on the middle of the line of the terminal that has these words."""
        x, y = await self.run(
            "(() => { const row = [...document.querySelectorAll('.xterm-rows > div')]"
            f".find(row => row.textContent.replaceAll('\\xa0', ' ').includes({words!r}));"
            " const box = row.getBoundingClientRect(); return [box.x + 120, box.y + box.height / 2]; })()"
        )
        about = {"x": x, "y": y, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, **about)

    async def shown(self) -> str:
        """Return what the page shows: the lines of the terminal, and what is said over it.

        After the terminal has become narrower, the page keeps the rest of each line, which nobody sees.
        """
        seen = "" if self._columns is None else f".slice(0, {self._columns})"
        said: str = await self.run(
            "[...document.querySelectorAll('.xterm-rows > div')]"
            f".map(row => row.textContent{seen}).join('\\n') + '\\n'"
            " + [...document.querySelectorAll('#notice, #remark, h1, p')].filter(box => !box.hidden)"
            ".map(box => box.textContent).join('\\n')"
        )
        return said.replace("\xa0", " ")

    async def until(self, *words: str, gone: str = "") -> str:
        """Wait until the page shows all of these words, and not the others; return what it shows."""

        def is_so(shown: str) -> bool:
            return all(word in shown for word in words) and (not gone or gone not in shown)

        patience = Patience(WORK, self._browser.work)
        while not is_so(shown := await self._shown_or_nothing()):
            assert not patience.is_over, f"waited in vain for {words}:\n{shown}\n{self.complaints}"
            await asyncio.sleep(0.1)
        return shown

    async def _shown_or_nothing(self) -> str:
        """Return what the page shows; "" while another one is loaded."""
        try:
            return await self.shown()
        except AssertionError:
            return ""

    async def until_so(self, so: Callable[[], object]) -> None:
        """Wait until something is so."""
        patience = Patience(WORK, self._browser.work)
        while not so():
            assert not patience.is_over, f"waited in vain:\n{await self._shown_or_nothing()}"
            await asyncio.sleep(0.1)

    async def clipboard(self) -> str:
        """Return the text in the clipboard."""
        text: str = await self.run("Clipboard.prototype.readText.call(navigator.clipboard)")
        return text

    async def fill_clipboard(self, text: str) -> None:
        """Put a text into the clipboard, as another program would."""
        await self.run(f"Clipboard.prototype.writeText.call(navigator.clipboard, {text!r})")

    async def picture(self, file: Path) -> None:
        """Write what the tab shows into a file (PNG)."""
        taken = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(file.write_bytes, base64.b64decode(taken["data"]))


def _as_json(text: str) -> Any:
    """Return a frame's content, or None for bytes."""
    try:
        return json.loads(text)
    except ValueError:
        return None


async def _devtools(file: Path, process: asyncio.subprocess.Process) -> tuple[str, str]:
    """Wait for the file in which the browser writes its port and path."""
    patience = Patience(WORK, lambda: processor_time(process.pid))
    while True:
        with contextlib.suppress(OSError, ValueError):
            port, path = (await asyncio.to_thread(file.read_text)).split("\n")
            return port, path
        assert not patience.is_over, "the browser does not start"
        assert process.returncode is None, f"the browser ended with {process.returncode}"
        await asyncio.sleep(0.05)
