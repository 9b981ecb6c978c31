"""How a command shows the progress of a long read or write: one line on stderr, if stderr is a terminal.

The line appears after a second and goes away at the end. Ctrl-C stops the work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.progress import Meter, RowProgress
from tui.cells import fit
from tui.words.waiting import rows_line


@contextmanager
def shown_progress() -> Iterator[Callable[[RowProgress], None]]:
    """Give the function that shows the progress. It shows nothing if stderr is not a terminal."""
    with progress_lines() as show:
        yield lambda progress: show(f"{rows_line(progress)} · Ctrl-C stops")


@contextmanager
def shown_meter(what: str) -> Iterator[Meter]:
    """Give a meter for the work on `what`, which shows its progress. The line goes away at the end."""
    with shown_progress() as show:
        yield Meter(what, show)


@contextmanager
def progress_lines(*, silent: bool = False) -> Iterator[Callable[[str], None]]:
    """Give a function that shows one line in place of the line before. At the end the line goes away."""
    line = ProgressLine(silent=silent)
    try:
        yield line.show
    finally:
        line.clear()


class ProgressLine:
    """One line on stderr that is written over again and again. It is silent if stderr is not a terminal."""

    def __init__(self, *, silent: bool = False) -> None:
        self.is_shown = not silent and sys.stderr is not None and sys.stderr.isatty()
        self._written = False

    def show(self, line: str) -> None:
        """Write a line in place of the line before, cut at the width of the terminal."""
        if self.is_shown:
            self._written = True
            shown = fit(line, _width() - 1)
            print(f"\r{shown}", end="", file=sys.stderr, flush=True)  # noqa: T201 - this is the output

    def clear(self) -> None:
        """Remove the line, if one was written."""
        if self._written:
            self._written = False
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)  # noqa: T201 - this is the output


def _width() -> int:
    try:
        return max(20, os.get_terminal_size(sys.stderr.fileno()).columns)
    except (OSError, ValueError):
        return 80
