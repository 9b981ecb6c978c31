"""A program on a terminal of its own: when its words are on the screen, and how long a key takes to be painted."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.harness.processes import cpu_of, cpu_of_tree
from tests.support.fork_server import ROOT

COLUMNS, LINES = 132, 34
PATIENCE = 60.0
"""Seconds after which a program that says nothing counts as failed."""
END_WITHIN = 5.0
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


def without_colours(written: bytes) -> bytes:
    """Return what was written without its commands for colours, so that words of several colours are one text."""
    return _COLOUR.sub(b"", written)


@dataclass(frozen=True)
class Moment:
    """Seconds since the program was started: wall clock, processor of the program, processor of all its processes."""

    wall: float
    own: float
    tree: float


@dataclass(frozen=True)
class Painted:
    """What a key led to: seconds until the first and the last output, and of the program's processor; the output."""

    first: float
    last: float
    cpu: float
    chunks: tuple[tuple[float, bytes], ...]

    def until(self, pattern: re.Pattern[bytes]) -> float | None:
        """Return the seconds until something of a pattern was written, colours left out; None if nothing was."""
        written = b""
        for at, chunk in self.chunks:
            written += chunk
            if pattern.search(without_colours(written)):
                return at
        return None


class BenchTerminal:
    """A program that runs on a terminal."""

    def __init__(self, process: subprocess.Popen[bytes], end: int, started: float) -> None:
        self.pid = process.pid
        self._process = process
        self._end = end
        self._started = started
        self._written = b""

    @classmethod
    @contextlib.contextmanager
    def running(
        cls,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path = ROOT,
        *,
        columns: int = COLUMNS,
        lines: int = LINES,
    ) -> Iterator[BenchTerminal]:
        """Run a command on a terminal, and end it afterwards: first by SIGTERM, then by SIGKILL."""
        own, childs = pty.openpty()
        fcntl.ioctl(childs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        started = time.perf_counter()
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            stdin=childs,
            stdout=childs,
            stderr=childs,
            start_new_session=True,
        )
        os.close(childs)
        terminal = cls(process, own, started)
        try:
            yield terminal
        finally:
            terminal._finish()

    def until(self, *words: bytes, within: float = PATIENCE) -> Moment:
        """Wait until all of some words have been written, colours left out, and forget what was written up to then.

        Raises TimeoutError after `within` seconds, and RuntimeError if the program ends before.
        """
        give_up = time.perf_counter() + within
        while missing := [word for word in words if word not in self._written]:
            self._written = without_colours(
                self._written + self._read(give_up, f"{missing[0]!r} was not written")
            )
        at = Moment(time.perf_counter() - self._started, cpu_of(self.pid), cpu_of_tree(self.pid))
        self._written = self._written[max(self._written.index(word) + len(word) for word in words) :]
        return at

    def at_rest(self, quiet: float = 0.4, within: float = PATIENCE) -> None:
        """Wait until nothing has been written for `quiet` seconds, and forget what was written."""
        give_up = time.perf_counter() + within
        with contextlib.suppress(TimeoutError):
            while time.perf_counter() < give_up:
                self._read(time.perf_counter() + quiet, "at rest")
        self._written = b""

    def press(self, keys: bytes, quiet: float = 0.15, within: float = 3.0) -> Painted:
        """Press keys, and collect what is written until nothing comes for `quiet` seconds.

        Raises TimeoutError if nothing at all is written.
        """
        self._written = b""
        before, start = cpu_of(self.pid), time.perf_counter()
        os.write(self._end, keys)
        chunks = [self._chunk(start, start + within)]
        with contextlib.suppress(TimeoutError):
            while chunks[-1][0] < within:
                chunks.append(self._chunk(start, time.perf_counter() + quiet))
        return Painted(chunks[0][0], chunks[-1][0], cpu_of(self.pid) - before, tuple(chunks))

    def idle(self, seconds: float, clock: Callable[[], float] = time.perf_counter) -> None:
        """Read what is written for some seconds, without a key."""
        give_up = clock() + seconds
        with contextlib.suppress(TimeoutError):
            while clock() < give_up:
                self._read(give_up, "idle")

    def _chunk(self, start: float, give_up: float) -> tuple[float, bytes]:
        written = self._read(give_up, "nothing was written")
        return time.perf_counter() - start, written

    def _read(self, give_up: float, what: str) -> bytes:
        if not select.select([self._end], [], [], max(0.0, give_up - time.perf_counter()))[0]:
            raise TimeoutError(f"{what}; the last bytes: {self._written[-200:]!r}")
        try:
            written = os.read(self._end, 1 << 20)
        except OSError:  # Linux: the program has closed the terminal
            written = b""
        if not written:
            raise RuntimeError(f"The program ended; the last bytes: {self._written[-500:]!r}")
        return written

    def _finish(self) -> None:
        for what in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(what)
            give_up = time.perf_counter() + END_WITHIN
            while self._process.poll() is None and time.perf_counter() < give_up:
                with contextlib.suppress(OSError):
                    if select.select([self._end], [], [], 0.01)[0]:
                        os.read(self._end, 1 << 16)
        os.close(self._end)
