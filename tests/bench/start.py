"""How soon the app is there: brokerdesk on a terminal of its own beside an empty Textual app and bare Python.

Each start is measured up to its first frame, and the app's also up to its first cards: the processor time of the
process itself, and wall clock time. The starts are interleaved in random order, because a machine is not always
equally fast. Only processor time means something on a machine that does other work too. The sandbox is a process of
its own, so its processor time does not count.
"""

from __future__ import annotations

import compileall
import contextlib
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from fcntl import ioctl
from pathlib import Path
from statistics import median
from termios import TIOCSWINSZ
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
RUNS = 9
COLUMNS, LINES = 132, 34
LIST = b"Loading the cards"
FRAME = (b"1 Cards", LIST, b"Fields", b"palette")
"""What the first frame shows: the header, the list, the detail, the footer."""
DATA = (b"C-1001",)
"""What the first frame with data shows: the first card."""
EMPTY = f"""
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static({LIST.decode()!r})
Empty().run()
"""
WITHIN = 60.0
"""Seconds of wall clock after which a start that shows nothing new has failed."""


class Taken(NamedTuple):
    """What a start took up to a moment, in seconds: processor time of its process, and wall clock time."""

    cpu: float
    wall: float


class Start(NamedTuple):
    """A command to start, and the words that its terminal shows at each moment that is measured."""

    command: tuple[str, ...]
    moments: tuple[tuple[bytes, ...], ...]
    home: Path | None = None


def measure(start: Start) -> list[Taken]:
    """Start a command on a terminal and return what each of its moments took."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "BROKERDESK_HOME": str(start.home)}
        os.chdir(ROOT)
        os.execv(start.command[0], start.command)
    ioctl(terminal, TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    seen = b""
    taken: list[Taken] = []
    try:
        while len(taken) < len(start.moments):
            if not select.select([terminal], [], [], WITHIN)[0]:
                raise TimeoutError(f"{start.command} did not show {start.moments[len(taken)]}")
            seen += os.read(terminal, 65536)
            while len(taken) < len(start.moments) and all(word in seen for word in start.moments[len(taken)]):
                taken.append(Taken(_processor_time(child), time.perf_counter() - began))
        return taken
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
        _reap(child, terminal)


def _processor_time(process: int) -> float:
    """Return the seconds of processor time of a process with all its threads (Linux: `MAKE_PROCESS_CPUCLOCK`)."""
    return time.clock_gettime((~process << 3) | 2)


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


def measure_in_turns(starts: dict[str, Start], runs: int = RUNS) -> dict[str, list[list[Taken]]]:
    """Measure every start `runs` times, in random order in each round. The first round warms up and does not count."""
    taken: dict[str, list[list[Taken]]] = {name: [] for name in starts}
    for count in range(runs + 1):
        for name in random.sample(list(starts), len(starts)):
            result = measure(starts[name])
            if count:
                taken[name].append(result)
    return taken


@contextlib.contextmanager
def _running_sandbox(home: Path) -> Iterator[None]:
    """Let the sandbox of a home run, as another app on the home would."""
    command = [sys.executable, "-m", "data.sandbox", "--port", "0", "--state", str(home / "sandbox")]
    with subprocess.Popen(
        [*command, "--until-stdin-closes"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise AssertionError("each is a pipe")
        process.stdout.readline()
        yield
        process.stdin.close()


@contextlib.contextmanager
def known_starts() -> Iterator[dict[str, Start]]:
    """Give every start that is measured, ready to run: byte code is compiled and the sandboxes are seeded."""
    for room in ("core", "data", "tui"):
        compileall.compile_dir(ROOT / room, quiet=1)
    python = sys.executable
    ours = (python, "-m", "tui.cli")
    with tempfile.TemporaryDirectory() as folder:
        up, down = Path(folder, "up"), Path(folder, "down")
        measure(Start(ours, (DATA,), down))  # seeds the sandbox
        with _running_sandbox(up):
            yield {
                "bare": Start((python, "-c", f"print({LIST.decode()!r})"), ((LIST,),)),
                "empty": Start((python, "-c", EMPTY), ((LIST,),)),
                "up": Start(ours, (FRAME, DATA), up),
                "down": Start(ours, (FRAME, DATA), down),
            }


def spread(values: Sequence[float]) -> str:
    """Return the least and the most of some seconds, in milliseconds."""
    return f"{min(values) * 1000:.0f}–{max(values) * 1000:.0f}"


def figures() -> list[tuple[str, float, float, str]]:
    """Return (what, ours, the peer of the same run, unit)."""
    with known_starts() as starts:
        taken = measure_in_turns(starts)
    empty = [run[0] for run in taken["empty"]]
    frames = [run[0] for run in taken["up"]]
    rows = [
        _row("first frame, processor time, beside an empty Textual app",
             [frame.cpu for frame in frames], [frame.cpu for frame in empty]),
        _row("first frame, wall clock, beside an empty Textual app",
             [frame.wall for frame in frames], [frame.wall for frame in empty]),
        _row("first frame, processor time, beside bare Python",
             [frame.cpu for frame in frames], [run[0].cpu for run in taken["bare"]]),
    ]  # fmt: skip
    for name, sandbox in (("up", "sandbox running"), ("down", "sandbox not running")):
        data, frame = ([run[moment] for run in taken[name]] for moment in (1, 0))
        rows += [
            _row(f"first cards, processor time, {sandbox}, beside an empty Textual app",
                 [run.cpu for run in data], [run.cpu for run in empty]),
            _row(f"first cards after the first frame, wall clock, {sandbox}",
                 [after.wall - before.wall for after, before in zip(data, frame, strict=True)], ()),
        ]  # fmt: skip
    return rows


def _row(what: str, ours: Sequence[float], peer: Sequence[float]) -> tuple[str, float, float, str]:
    return (
        f"start: {what} ({spread(ours)}{' beside ' + spread(peer) if peer else ''})",
        median(ours) * 1000,
        median(peer) * 1000 if peer else 0.0,
        "ms",
    )


if __name__ == "__main__":
    for what, ours, peer, unit in figures():
        print(f"{what:110} {ours:8.1f} {peer:8.1f} {unit} {ours / peer if peer else 0:6.2f}")
