"""A command on a real terminal that asks line by line: each answer is typed when its question stands there."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.fork_server import ROOT
from tests.support.patience import LAST_RESORT, Patience, processor_time

WORK = 20.0
"""Seconds of the child's processor time after which a wait gives up."""


class Dialogue:
    """A child on a pty of its own. `said` is all that stood on its screen."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        self.process = process
        self._end = end
        self.said = ""
        self.arguments: set[str] = set()

    @classmethod
    @contextlib.contextmanager
    def with_command(cls, *arguments: str, **environment: str) -> Iterator[Dialogue]:
        """Run the command line; what is left of it at the end is killed."""
        own, childs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "tui.cli", *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONUTF8": "1", **environment},
            stdin=childs,
            stdout=childs,
            stderr=childs,
            start_new_session=True,
        )
        os.close(childs)
        try:
            yield cls(process, own)
        finally:
            process.kill()
            process.wait(LAST_RESORT)
            os.close(own)

    def answer(self, question: str, answer: str = "") -> None:
        """Wait for a question that ends in this, then type the answer."""
        self._until(lambda: self.said.rstrip("\n").endswith(": ") and question in self.said.splitlines()[-1])
        self._look_at_arguments()
        self.said += "\n"
        os.write(self._end, answer.encode() + b"\n")

    def wait_for(self, words: str) -> None:
        """Wait until its screen says this."""
        self._until(lambda: words in self.said)

    def end(self) -> int:
        """Read on to its end; gives the exit code."""
        while self._read():
            pass
        return self.process.wait(LAST_RESORT)

    def _until(self, so: Callable[[], bool]) -> None:
        patience = Patience(WORK, lambda: processor_time(self.process.pid))
        while not so():
            assert not patience.is_over, f"waited in vain:\n{self.said}"
            assert self._read(), f"it ended:\n{self.said}"

    def _read(self) -> bool:
        if not select.select([self._end], [], [], LAST_RESORT)[0]:
            return False
        try:
            came = os.read(self._end, 1 << 16)
        except OSError:  # Linux says EIO where the last of the child's side is closed
            came = b""
        self.said += re.sub(r"\r+\n", "\n", came.decode())
        return bool(came)

    def _look_at_arguments(self) -> None:
        """Note how the child, and whatever it started, appear to everybody who lists processes."""
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                group = int((folder / "stat").read_text().rpartition(")")[2].split()[3])  # its session
                if group == self.process.pid:
                    self.arguments.add((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
