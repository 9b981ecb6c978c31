"""The standard streams of the process: no text, encoding, full disk or missing stream ends a command in its middle.

`prepare` is called once, at the start of the process, and `silence_libraries` before its command.
Docs: docs/commands.md, "Where the output goes".
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import IO, Any, Final, TextIO, cast

from tui.wiring.platform import WINDOWS

PLAIN: Final = "brokerdesk-plain"
"""The name of our way to write a character that the encoding of a stream lacks."""

SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "…": ".",
        "·": "-",
        "•": "*",
        "‐": "-",
        "–": "-",
        "—": "-",
        "―": "-",
        "−": "-",
        "‖": "|",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "→": ">",
        "←": "<",
        "↑": "^",
        "↓": "v",
        "↕": "|",
        "↔": "-",
        "⇄": "=",
        "⇒": ">",
        "≠": "#",
        "≈": "~",
        "≤": "<",
        "≥": ">",
        "×": "x",
        "÷": "/",
        "✓": "+",
        "✔": "+",
        "✗": "x",
        "✘": "x",
        "●": "*",
        "○": "o",
        "☐": "_",
        "◐": "@",
        "◔": "@",
        "◌": ".",
        "◆": "*",
        "◇": "o",
        "◈": "@",
        "◦": "o",
        "✎": "/",
        "■": "#",
        "□": "o",
        "▪": "*",
        "▲": "^",
        "△": "^",
        "▼": "v",
        "▽": "v",
        "▾": "v",
        "▴": "^",
        "▸": ">",
        "▶": ">",
        "▹": ">",
        "◂": "<",
        "◀": "<",
        "★": "*",
        "☆": "*",
        "⚠": "!",
        "⏎": "<",
        "↵": "<",
        "⇧": "^",
        "§": "S",
        "\u00a0": " ",
        "\N{REPLACEMENT CHARACTER}": "?",
    }
)
"""What is written for a sign of ours: one cell for one cell, so that columns stay in line."""
_FRAMES: Final = range(0x2500, 0x25A0)
"""Unicode's lines, corners and blocks."""


def prepare() -> None:
    """Make the standard streams safe to use, whatever the process was started with.

    A stream that is closed becomes the null device; so does its descriptor, which the next file would get otherwise:
    what is printed would be written into that file. Output that can't be written is dropped, and `lost` says why.
    """
    codecs.register_error(PLAIN, _plainer)
    if WINDOWS and not os.environ.get("PYTHONIOENCODING"):
        _use_utf8_in_pipes((sys.stdin, sys.stdout, sys.stderr))
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, which is this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - open for as long as the process
    sys.stdout = _lasting(sys.stdout)
    sys.stderr = _lasting(sys.stderr)


def _use_utf8_in_pipes(streams: Iterable[TextIO | None]) -> None:
    """Let pipes and files carry UTF-8, as they do on other systems.

    Windows gives them the code page of its language, such as cp1252: a name that it lacks would be lost on the way out,
    and a UTF-8 file that is piped in would be read as other letters. A console has an encoding of its own.
    """
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")


def print_json_as_utf8() -> None:
    """Let stdout carry UTF-8, whatever the encoding of the terminal: JSON is read by programs, which expect that."""
    if isinstance(sys.stdout, LastingText):
        sys.stdout.reconfigure(encoding="utf-8")


def lost() -> OSError | None:
    """Return why a part of stdout could not be written; None if everything was, or if the reader has left.

    A reader that has left, as `head` does, has read what it wanted.
    """
    if not isinstance(sys.stdout, LastingText):
        return None
    sys.stdout.flush()
    error = sys.stdout.lost
    return None if error is None or error.errno in _READER_HAS_LEFT else error


_READER_HAS_LEFT: Final = (errno.EPIPE, errno.ECONNRESET, *((errno.EINVAL,) if WINDOWS else ()))
"""What a system says of a pipe that nobody reads; Windows says EINVAL."""


def checked(code: int) -> int:
    """Return the exit code of a process whose command ended with `code`: 1 for a 0 whose output is lost, and say so."""
    if (error := lost()) is None:
        return code
    from core.error_words import why_failed  # noqa: PLC0415 - the help and the version do without
    from core.errors import DeskError  # noqa: PLC0415 - as above
    from tui.cli.output import report  # noqa: PLC0415 - as above

    return code or report(
        DeskError("output-lost", f"The output could not be written: {why_failed(error)}."), as_json=False
    )


class LastingText(io.TextIOWrapper):
    """Text output that never raises `OSError`: after the first one, what is written is dropped."""

    def __init__(self, like: io.TextIOWrapper) -> None:
        self._like = like  # which closes its file when it is collected
        buffer = like.buffer
        self._bytes = _LastingBytes(cast("io.RawIOBase", getattr(buffer, "raw", buffer)))
        super().__init__(
            io.BufferedWriter(self._bytes),
            encoding=like.encoding,
            errors=PLAIN,
            line_buffering=bool(like.line_buffering or like.write_through),
        )

    @property
    def lost(self) -> OSError | None:
        """The first error of writing; None without one."""
        return self._bytes.lost


class _LastingBytes(io.RawIOBase):
    """Bytes for a file that belongs to somebody else. It is never closed here."""

    def __init__(self, file: io.RawIOBase) -> None:
        super().__init__()
        self._file = file
        self.lost: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Write bytes and return how many; all of them once an error has come."""
        if self.lost is None:
            try:
                while (written := self._file.write(data)) is None:  # a terminal that must not block is busy
                    select.select((), (self._file,), ())
            except OSError as error:
                self.lost = error
            else:
                return written
        return len(data)

    def isatty(self) -> bool:
        return self._file.isatty()

    def fileno(self) -> int:
        return self._file.fileno()


def _lasting(stream: TextIO | None) -> TextIO:
    """Return a stream that lasts. A stream that is not the process's own, as in a test, stays as it is."""
    if stream is None:
        stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open for as long as the process
    if not isinstance(stream, io.TextIOWrapper) or isinstance(stream, LastingText):
        return stream
    stream.flush()
    return LastingText(stream)


def draw_plainly(stream: IO[str] | None) -> None:
    """Let the stream that the app draws on replace what its encoding lacks, cell for cell."""
    codecs.register_error(PLAIN, _plainer)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=PLAIN)


def _plainer(error: UnicodeError) -> tuple[str, int]:
    """Honours `codecs.register_error`: return what is written instead, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(plain_sign, error.object[error.start : error.end])), error.end


def plain_sign(char: str) -> str:
    """Return ASCII of the same width in cells for a character.

    A sign gets one that looks like it. A letter gets a question mark, never another letter: what is shown of a name
    must not be another name.
    """
    if char in SIGNS:
        return SIGNS[char]
    if ord(char) in _FRAMES:
        return _frame(unicodedata.name(char))
    from rich.cells import cell_len  # noqa: PLC0415 - most terminals lack nothing

    return "?" * cell_len(char)


def _frame(name: str) -> str:
    if "SHADE" in name or "BLOCK" in name or "QUADRANT" in name:
        return "|" if name.startswith(("LEFT", "RIGHT")) else "#"
    if "AND" in name.split() or "DIAGONAL" in name or "ARC" in name:
        return "+"
    return "-" if "HORIZONTAL" in name or "LEFT" in name or "RIGHT" in name else "|"


def silence_libraries() -> None:
    """Keep the warnings of libraries off the terminal: they are about the code, and nobody who sees them can act.

    `python -W` has them shown.
    """
    import logging  # noqa: PLC0415 - asyncio loads it anyway; the help and the version do without
    import warnings  # noqa: PLC0415 - as above

    if sys.warnoptions:
        return
    warnings.simplefilter("ignore")
    logging.getLogger().addHandler(logging.NullHandler())  # without any, the first warning goes to stderr
