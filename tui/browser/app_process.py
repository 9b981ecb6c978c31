"""The app in a process of its own, which draws for a browser: what it draws comes out, keys and sizes go in.

The two speak in the packets of Textual's web driver: a letter for the kind, four bytes for the length, and the content.
No shell is involved, and nothing of what passes through is written anywhere. Knows no HTTP and no browser.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from msgspec import Struct

from tui.terminal_safe import safe_lines

DRIVER: Final = "tui.browser.driver:BrowserDriver"
"""What the app's process draws with, as the variable TEXTUAL_DRIVER names it."""
BEGINS: Final = b"__GANGLION__\n"
"""The line after which an app of Textual's web driver sends packets."""
DRAWN: Final = b"D"
TOLD: Final = b"M"
PATIENCE: Final = 20.0
"""Seconds in which the app has to end. It waits for a step on its way, for half of them."""
LAST_WORDS: Final = 2_000
"""How many characters of what the app says at its end are kept."""


_OWN_GROUP: Final = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""What Windows has in place of a session."""
_OSC: Final = re.compile("\x1b\\][^\x07]*\x07")


class Size(Struct, frozen=True):
    """The size of a terminal in cells, within what an app can draw."""

    width: int
    height: int

    @classmethod
    def within_limits(cls, width: int, height: int) -> Size:
        """Return a size that a browser asks for. A window can be too small or too large to draw in."""
        return cls(min(max(width, 10), 500), min(max(height, 4), 250))


class AppEnd(Struct, frozen=True):
    """How an app ended: its exit code, its last words, and what it complained of. Both are for whoever sat at it."""

    code: int
    says: str
    complains: str


def environment_for(size: Size, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an app that draws for a browser."""
    return {
        **inherited,
        "TEXTUAL_DRIVER": DRIVER,
        "TEXTUAL_COLOR_SYSTEM": "truecolor",
        "TERM": "xterm-256color",
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": str(size.width),
        "ROWS": str(size.height),
    }


class AppProcess:
    """A running app. `draw` gets what is to be drawn, `ended` hears once that the app has ended."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        size: Size,
        draw: Callable[[bytes], None],
        ended: Callable[[AppEnd], None],
    ) -> None:
        self._process = process
        self._size = size
        self._draw = draw
        self._ended = ended
        self._work = asyncio.create_task(self._run())

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        size: Size,
        draw: Callable[[bytes], None],
        ended: Callable[[AppEnd], None],
    ) -> AppProcess:
        """Start the app. Raises `OSError`.

        It has a session of its own, so that Ctrl-C reaches the server alone, which then ends the app in order.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment_for(size, os.environ),
            start_new_session=True,
            creationflags=_OWN_GROUP,
        )
        return cls(process, size, draw, ended)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    async def press(self, keys: str) -> None:
        """Send what a terminal would send. Waits while the app takes nothing in."""
        self._send(DRAWN, keys.encode("utf-8", "replace"))
        if self._process.stdin is not None:
            with suppress(ConnectionError):  # it ends, which `ended` hears
                await self._process.stdin.drain()

    def resize(self, size: Size) -> None:
        """Give the app another size."""
        self._size = size
        self.tell("resize", width=size.width, height=size.height)

    def tell(self, what: str, **more: int) -> None:
        """Tell the driver of the app something: attach, focus, blur, quit. Does not wait for an app that is busy."""
        self._send(TOLD, json.dumps({"type": what, **more}).encode())

    def _send(self, kind: bytes, content: bytes) -> None:
        entry = self._process.stdin
        if entry is not None and not entry.is_closing():
            entry.write(packet(kind, content))

    async def quit(self, patience: float = PATIENCE) -> None:
        """End the app in order. Kill it if it has not ended in time: the next start finds what was on its way."""
        self.tell("quit")
        try:
            await asyncio.wait_for(asyncio.shield(self._work), patience)
        except TimeoutError:
            self.kill()
            await self._work

    def kill(self) -> None:
        """End the process at once."""
        with suppress(ProcessLookupError):
            self._process.kill()

    # -- what the app sends ------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Take what the app sends until it has ended."""
        out, errors = self._process.stdout, self._process.stderr
        if out is None or errors is None:
            raise ValueError("the app's streams are pipes")
        complaints = asyncio.create_task(_last_of(errors))
        said = await self._take(out)
        code = await self._process.wait()
        self._ended(AppEnd(code, said, await complaints))

    async def _take(self, out: asyncio.StreamReader) -> str:
        """Take packets, and return the text that comes after the last of them. An app may begin once more."""
        said = b""
        while line := await _line_of(out):
            if line != BEGINS:
                said = (said + line)[-LAST_WORDS:]
                continue
            said = b""
            self.resize(self._size)  # an app that begins once more has the size of its first start
            with suppress(asyncio.IncompleteReadError):
                while not _is_last(received := await read_packet(out)):
                    if received[0] == DRAWN:
                        self._draw(received[1])
        self._draw(said)  # it may clear the clipboard
        return _words_in(said)


def packet(kind: bytes, content: bytes) -> bytes:
    """Return a packet as Textual's web driver reads it."""
    return b"%s%s%s" % (kind, len(content).to_bytes(4, "big"), content)


async def read_packet(out: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Return the kind and the content of the next packet. Raises `IncompleteReadError` at the end."""
    head = await out.readexactly(5)
    return head[:1], await out.readexactly(int.from_bytes(head[1:], "big"))


def _is_last(received: tuple[bytes, bytes]) -> bool:
    """Return True for the packet by which an app says that it sends no more of them."""
    kind, content = received
    return kind == TOLD and json.loads(content).get("type") == "exit"


async def _line_of(out: asyncio.StreamReader) -> bytes:
    """Return the next line, b"" at the end. Of a line that is too long, nothing but a blank comes."""
    try:
        return await out.readline()
    except ValueError:
        return b" "


async def _last_of(stream: asyncio.StreamReader) -> str:
    """Read a stream to its end, and return the end of it."""
    last = b""
    while part := await stream.read(4096):
        last = (last + part)[-LAST_WORDS:]
    return _words_in(last)


def _words_in(written: bytes) -> str:
    """Return the text of what was written to a terminal, without what is for the terminal alone."""
    return safe_lines(_OSC.sub("", written.decode("utf-8", "replace")).strip())
