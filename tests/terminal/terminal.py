"""A real terminal for a child process: a pty whose every byte is kept, and a small screen that shows what was drawn.

What a terminal would take for a command is told from what it would draw, so that a test can say which commands a
program sent, and that nothing else got through.
"""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len

from tests.support.fork_server import ROOT
from tests.support.patience import LAST_RESORT, Patience, processor_time, works

_COMMAND = re.compile(
    r"\x1b(?:\[(?P<csi>[<-?]*[0-9;:]*[ -/]*[@-~])"
    r"|(?P<string>[\]PX^_])(?P<said>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|(?P<short>[ -/]+[0-~]|[0-OQ-WYZ\\`-~]))"
)
WORK = 20.0
"""Seconds of the child's processor time after which a wait gives up."""
_DRAWN_BY = {"\r", "\n", "\x08", "\x07"}
"""The control characters that a program may send by themselves: line ends, back, bell."""


class Seen:
    """What a stream of bytes comes to on a terminal: the commands in it by shape, and the text around them.

    A shape leaves out what a command is about (where to, which colour) and keeps what it does. Raises
    UnicodeDecodeError for bytes that are not UTF-8: on many a terminal those are C1 commands.
    """

    def __init__(self, sent: bytes) -> None:
        whole = sent.decode("utf-8")
        commands: dict[str, re.Match[str]] = {}
        texts, at = list[str](), 0
        for found in _COMMAND.finditer(whole):
            texts.append(whole[at : found.start()])
            commands.setdefault(found[0], found)
            at = found.end()
        self.text = "".join((*texts, whole[at:]))
        self.shapes = {shape for found in commands.values() for shape in _shapes(found)}

    @property
    def stray(self) -> set[str]:
        """The characters outside any command that do something, or hide something, where text is drawn."""
        return {char for char in set(self.text) if char not in _DRAWN_BY and _acts(char)}


def _acts(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _shapes(found: re.Match[str]) -> set[str]:
    if found["string"]:
        return {f"string {found['string']}{found['said'].partition(';')[0]}"}
    if found["short"]:
        return {f"ESC {found['short']}"}
    said: str = found["csi"]
    if said.endswith("m") and said[0] not in "<=>?":
        return {f"SGR {code}" for code in _attributes(said[:-1])}
    if said[-1] in "hl":
        return {f"CSI {said}"}
    return {f"CSI {re.sub('[0-9;:]+', '', said)}"}


def _attributes(said: str) -> Iterator[str]:
    """Give the attributes an SGR sets; which colour it is does not count, how it is named does."""
    codes = iter(said.split(";"))
    for code in codes:
        if code in ("38", "48"):
            kind = next(codes, "")
            for _ in range({"2": 3, "5": 1}.get(kind, 0)):
                next(codes, "")
            yield f"{code};{kind}"
        else:
            yield code.lstrip("0") or "0"


class _Screen:
    """What a terminal of a size shows after what it was sent."""

    def __init__(self, columns: int, lines: int) -> None:
        self._cells = [[" "] * columns for _ in range(lines)]
        self._line = self._column = 0
        self._left = ""
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, sent: bytes) -> None:
        text = self._left + self._decode.decode(sent)
        self._left = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = _COMMAND.match(text, at)
                if found is None:  # its end is still on the way
                    self._left = text[at:]
                    return
                self._obey(found["csi"] or "")
                at = found.end()
            else:
                self._draw(text[at])
                at += 1

    def _obey(self, said: str) -> None:
        if said.endswith("H"):
            line, _, column = said[:-1].partition(";")
            self._line, self._column = int(line or 1) - 1, int(column or 1) - 1

    def _draw(self, char: str) -> None:
        if char == "\r":
            self._column = 0
        elif char == "\n":
            self._line += 1
        elif (width := cell_len(char)) and self._line < len(self._cells):
            row = self._cells[self._line]
            for offset in range(width):
                if self._column + offset < len(row):
                    row[self._column + offset] = "" if offset else char
            self._column += width

    def __str__(self) -> str:
        return "\n".join("".join(row) for row in self._cells)


class Terminal:
    """A child on a pty."""

    def __init__(
        self, process: subprocess.Popen[bytes], end: int, columns: int, lines: int, others: Sequence[int]
    ) -> None:
        self._process = process
        self._concerned = (process.pid, *others)
        self._end = end
        self._screen = _Screen(columns, lines)
        self._drawn = 0
        """How many of the bytes the screen has got: it gets the others when somebody looks at it."""
        self._sent = bytearray()
        self.ended = False

    @classmethod
    @contextlib.contextmanager
    def running(
        cls,
        *command: str,
        columns: int = 140,
        lines: int = 45,
        others: Sequence[int] = (),
        **environment: str,
    ) -> Iterator[Terminal]:
        """Run `python …` on a terminal of its own and kill what is left of it at the end.

        `others` are the processes that the child waits for: its screen is not at rest while one of them works.
        """
        own, childs = pty.openpty()
        fcntl.ioctl(childs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        settled = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "TEXTUAL_ANIMATIONS": "none",
            "PYTHONUTF8": "1",
            **environment,
        }
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=settled,
            stdin=childs,
            stdout=childs,
            stderr=childs,
            start_new_session=True,
        )
        os.close(childs)
        terminal = cls(process, own, columns, lines, others)
        try:
            yield terminal
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(LAST_RESORT)
            if terminal._end >= 0:
                os.close(own)

    @property
    def sent(self) -> bytes:
        """Every byte that the child wrote."""
        return bytes(self._sent)

    @property
    def shown(self) -> str:
        """What the screen shows now."""
        self._screen.feed(bytes(self._sent[self._drawn :]))
        self._drawn = len(self._sent)
        return str(self._screen)

    def press(self, *keys: str, quiet: float = 0.06) -> None:
        """Press keys one by one, each when the screen has come to rest after the key before."""
        for key in keys:
            os.write(self._end, key.encode())
            self._read_until_quiet(quiet)

    def type_ahead(self, keys: str) -> None:
        """Press keys at once, whatever the child does."""
        os.write(self._end, keys.encode())

    def until(self, *words: str) -> str:
        """Wait until the screen shows all of these and rests; return what it shows."""
        self.until_so(lambda: _has_all(self.shown, words), str(words))
        self._read_until_quiet(0.1)
        return self.shown

    def until_so(self, so: Callable[[], bool], what: str) -> None:
        """Wait until something is so. `what` names it."""
        patience = self._patience(WORK)
        while not so():
            assert not patience.is_over, f"waited in vain for {what}:\n{self.shown}"
            assert not self.ended, f"it ended before {what}:\n{self.sent[-3000:]!a}"
            self._read(0.05)

    def to_the_end(self, work: float = WORK) -> int:
        """Read until the child has ended, which takes `work` seconds of its processor time at most; return its code."""
        patience = self._patience(work)
        while not self.ended:
            assert not patience.is_over, f"it does not end:\n{self.shown}"
            self._read(0.05)
        return self._process.wait(LAST_RESORT)

    def send_signal(self, number: signal.Signals) -> None:
        """Send the child a signal."""
        self._process.send_signal(number)

    def close_window(self) -> None:
        """Take the terminal away, as a closed window does. The child gets no signal: it leads no terminal's session."""
        os.close(self._end)
        self._end = -1

    def ends(self, work: float = WORK) -> int:
        """Wait until the child has ended without reading from it, as `to_the_end` does; return its code."""
        patience = self._patience(work)
        while self._process.poll() is None:
            assert not patience.is_over, "it does not end"
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
        return self._process.returncode

    def _patience(self, work: float) -> Patience:
        return Patience(work, lambda: processor_time(self._process.pid))

    def _read_until_quiet(self, quiet: float) -> None:
        """Read until nothing came for `quiet` seconds and no process concerned has work to do."""
        patience = self._patience(WORK)
        if self._read(0.2) or self._at_work():
            while self._read(quiet) or self._at_work():
                assert not patience.is_over, f"it does not come to rest:\n{self.shown}"

    def _at_work(self) -> bool:
        return not self.ended and any(works(pid) for pid in self._concerned)

    def _read(self, wait: float) -> bool:
        if self.ended or not select.select([self._end], [], [], wait)[0]:
            return False
        try:
            came = os.read(self._end, 1 << 16)
        except OSError:  # Linux says EIO where the last of the child's side is closed
            came = b""
        self.ended = not came
        self._sent += came
        return bool(came)


def _has_all(shown: str, words: Sequence[str]) -> bool:
    return all(word in shown for word in words)


def run(
    arguments: Sequence[str], home: Path, *, module: str = "tui.cli", **environment: str
) -> tuple[int, bytes]:
    """Run the command line on a terminal; gives its exit code and every byte it wrote."""
    with Terminal.running(
        "-m",
        module,
        *arguments,
        "--home",
        str(home),
        NO_COLOR="1",
        **environment,  # type: ignore[arg-type]  # no variable is called columns or lines
    ) as terminal:
        return terminal.to_the_end(3 * WORK), terminal.sent
