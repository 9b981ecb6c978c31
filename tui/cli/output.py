"""How commands speak: one JSON value on stdout with --json, plain lines else; errors on stderr, never a traceback."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from core.error_words import why_failed
from core.errors import DeskError
from core.texts import mended
from tui.cells import fit, width_of
from tui.terminal_safe import safe_text


def emit_json(value: Any) -> None:
    """Print one JSON value, ASCII only, so that no text in it can drive a terminal."""
    print(ascii_json(value, indent=2))  # noqa: T201 - this is the output


def emit_json_line(value: Any) -> None:
    """Print one JSON value on one line, ASCII only, at once: a line for each event of a command that goes on."""
    print(ascii_json(value), flush=True)  # noqa: T201 - this is the output


def ascii_json(value: Any, indent: int = 0) -> str:
    """Return a value as JSON that every decoder takes: half a character is not a text for most of them.

    With an `indent` there is a line for each item, else one line for all.
    """
    import json  # noqa: PLC0415 - msgspec can't escape to ASCII

    try:  # the quick way: the indentation of the standard library is ten times as slow
        return msgspec.json.format(json.dumps(value, default=msgspec.to_builtins), indent=indent)
    except msgspec.DecodeError:  # half a character, which that way keeps and msgspec refuses
        return json.dumps(mended(msgspec.to_builtins(value)), indent=indent or None)


def say(*lines: str) -> None:
    """Print lines, each made safe for the terminal."""
    for line in lines:
        print(safe_text(line))  # noqa: T201 - this is the output


def say_table(
    rows: Iterable[Sequence[str]],
    *,
    indent: str = "",
    below: Mapping[int, Sequence[str]] = MappingProxyType({}),
) -> None:
    """Print rows with their columns aligned, the last one as long as it is.

    `below` has the lines to print below a row, by the row's number from 1.
    """
    safe = [[safe_text(cell) for cell in row] for row in rows]
    if not safe:
        return
    widths = [max(width_of(row[i]) for row in safe) for i in range(len(safe[0]) - 1)]
    for number, row in enumerate(safe, 1):
        cells = [fit(cell, width) if width else "" for cell, width in zip(row, widths, strict=False)]
        print((indent + "  ".join([*cells, row[-1]])).rstrip())  # noqa: T201 - this is the output
        say(*below.get(number, ()))


class Interrupted(DeskError):
    """A person stopped the command with Ctrl-C. The exit code is the one that a shell expects."""

    exit_code = 130


def interrupted(sending: str) -> Interrupted:
    """Return the error of a command that Ctrl-C stopped while it was sending; "" while it was not."""
    if sending:
        return Interrupted("interrupted", f"Stopped while {sending}.")
    return Interrupted("interrupted", "Stopped. No push was on its way.", when="nothing was on its way")


def stopped_at_question(otherwise: str) -> Interrupted:
    """Return the error of a command that Ctrl-C stopped at a question or before. `otherwise` is what did not happen."""
    return Interrupted("interrupted", f"Stopped. {otherwise}", when="nothing was on its way")


def broken(error: BaseException, home: str | None) -> DeskError:
    """Say that the desk itself failed, and where: never the error's own words, which may be a client's data.

    The places are kept in the home for the support bundle. `home` is what `--home` says; None without it.
    """
    from tui.wiring.files import keep_failure  # noqa: PLC0415 - few runs fail

    keep_failure(home, error, time.time())
    place = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] in ("core", "data", "tui"):
            place = f" in {module}, line {line}"
    why = f": {why_failed(error)}" if isinstance(error, (OSError, MemoryError)) else ""
    return DeskError("broken", f"brokerdesk itself failed{place}{why}.")


def complain(*lines: str) -> None:
    """Print lines on stderr, each made safe for the terminal. An empty line is left out."""
    for line in filter(None, lines):
        print(safe_text(line), file=sys.stderr)  # noqa: T201 - this is the output


def report(error: DeskError, *, as_json: bool, more: Mapping[str, Any] = MappingProxyType({})) -> int:
    """Print what went wrong and what to do now, and return the exit code. `more` are further keys of the JSON."""
    if as_json:
        emit_json({**more, "error": {"code": error.code, "message": error.message, "fix": error.fix}})
    else:
        complain(error.message, error.fix)
    return error.exit_code
