"""How soon the first screen is there, in a terminal: brokerdesk beside an empty Textual app and bare Python.

Each is started in a pty of its own, several times in turns; what counts is the median of the time until the words of
the first screen have been written to the terminal. Byte code is compiled first.
"""

from __future__ import annotations

import compileall
import contextlib
import os
import pty
import select
import signal
import struct
import sys
import tempfile
import time
from fcntl import ioctl
from pathlib import Path
from statistics import median
from termios import TIOCSWINSZ

ROOT = Path(__file__).resolve().parents[2]
RUNS = 9
EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static("Loading the cards")
Empty().run()
"""


def _seconds(command: list[str], words: bytes, home: Path) -> float:
    """Give the seconds from the start of a command until its terminal was sent these words."""
    start = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"BROKERDESK_HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.chdir(ROOT)
        os.execv(command[0], command)
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", 34, 132, 0, 0))
    seen = b""
    try:
        while words not in seen:
            if not select.select([terminal], [], [], 20)[0]:
                raise TimeoutError(f"{command} did not say {words!r}")
            seen += os.read(terminal, 65536)
        return time.perf_counter() - start
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
        _reap(child, terminal)


def _reap(child: int, terminal: int) -> None:
    give_up = time.perf_counter() + 10
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        with contextlib.suppress(OSError):
            if select.select([terminal], [], [], 0.02)[0]:
                os.read(terminal, 65536)
        if time.perf_counter() > give_up:
            os.kill(child, signal.SIGKILL)
            give_up += 10
    os.close(terminal)


def figures() -> list[tuple[str, float, float, str]]:
    """Give (what, ours, the peer of the same run, unit)."""
    for room in ("core", "data", "tui"):
        compileall.compile_dir(ROOT / room, quiet=1)
    bare = [sys.executable, "-c", "print('Loading the cards')"]
    empty = [sys.executable, "-c", EMPTY]
    ours = [sys.executable, "-m", "tui.cli"]
    taken: dict[str, list[float]] = {"bare": [], "empty": [], "ours": []}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for _ in range(RUNS):
            for name, command in (("bare", bare), ("empty", empty), ("ours", ours)):
                taken[name].append(_seconds(command, b"Loading the cards", home))
    middle = {name: median(times) * 1000 for name, times in taken.items()}
    return [
        ("start: first screen, beside an empty Textual app", middle["ours"], middle["empty"], "ms"),
        ("start: first screen, beside bare Python", middle["ours"], middle["bare"], "ms"),
    ]


if __name__ == "__main__":
    for what, mine, peer, unit in figures():
        print(f"{what:60} {mine:10.1f} {peer:10.1f} {unit}")
