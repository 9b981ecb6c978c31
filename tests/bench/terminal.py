"""A program on a terminal of its own: how long a key takes to its first output, and how much processor time it takes.

A pilot's key press alone costs a tenth of a second, so keys are measured here.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSWINSZ
from types import TracebackType

QUIET = 0.1
"""Seconds without output after which a program has answered."""
_CONTROLS = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What followed a key: milliseconds to the first and to the last output, ms of processor time, and the output."""

    first: float
    last: float
    cpu: float
    output: bytes
    moments: tuple[tuple[float, bytes], ...]

    def when(self, text: bytes) -> float | None:
        """Return the ms to the output that holds a text; None if none does."""
        return next((at for at, piece in self.moments if text in piece), None)


class Terminal:
    """Runs a program of this tree on a terminal. Use it as a context manager, which ends the program."""

    def __init__(self, arguments: Sequence[str], size: tuple[int, int] = (120, 34)) -> None:
        self._arguments = [sys.executable, *arguments]
        self._size = size
        self._pid = self._file = -1

    def __enter__(self) -> Terminal:
        self._pid, self._file = pty.fork()
        if self._pid == 0:
            os.chdir(ROOT)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", PYTHONPATH=str(ROOT))
            os.execv(self._arguments[0], self._arguments)
        width, height = self._size
        ioctl(self._file, TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._file)

    def until(self, so: Callable[[bytes], bool], limit: float = 120.0) -> bytes:
        """Read until all that was written so far is as wanted, and the program rests. Raises `TimeoutError`.

        `so` gets the text without colours and places.
        """
        written, end = b"", time.perf_counter() + limit
        while not so(_CONTROLS.sub(b"", written)):
            if time.perf_counter() > end:
                raise TimeoutError(written[-2000:])
            written += b"".join(piece for _, piece in self._read(0.3, 1.0))
        return written + b"".join(piece for _, piece in self._read(0.5, 10.0))

    def press(self, key: bytes) -> Answer:
        """Press a key and wait for what follows. Raises `TimeoutError` if nothing does."""
        cpu, start = self.cpu(), time.perf_counter()
        os.write(self._file, key)
        if not select.select([self._file], [], [], 5.0)[0]:
            raise TimeoutError(key)
        moments = tuple(((at - start) * 1000, piece) for at, piece in self._read(QUIET, 5.0))
        output = b"".join(piece for _, piece in moments)
        return Answer(moments[0][0], moments[-1][0], self.cpu() - cpu, output, moments)

    def cpu(self) -> float:
        """Return the processor time of the program's threads so far, in ms."""
        spent = 0
        for task in Path(f"/proc/{self._pid}/task").iterdir():
            with suppress(OSError):
                spent += int((task / "schedstat").read_text("ascii").split()[0])
        return spent / 1e6

    def _read(self, quiet: float, limit: float) -> list[tuple[float, bytes]]:
        """Return what comes until nothing came for `quiet` seconds, at most for `limit` seconds, with the times."""
        pieces: list[tuple[float, bytes]] = []
        end = time.perf_counter() + limit
        while time.perf_counter() < end and select.select([self._file], [], [], quiet)[0]:
            try:
                piece = os.read(self._file, 1 << 20)
            except OSError:
                break
            pieces.append((time.perf_counter(), piece))
        return pieces
